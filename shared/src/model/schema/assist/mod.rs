//! What an editor shows of a user's YAML: completions, what a field is, and problems with their fixes.
//!
//! Lines and columns count from 1, columns in UTF-16 units, as editors count them.
//! Knows nothing of an editor, of a cluster, or of custom resources.

mod complete;
mod context;
mod diagnose;
mod explain;

pub use complete::{Completion, complete};
pub use diagnose::{Diagnostic, Severity, diagnose};
pub use explain::{Hover, hover};

use super::{Field, Kind, Schema, TypeId};

/// A step of a path: into a field or key, or into a list's item.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Name(String),
    Item,
}

/// What stands at a path: the kind of value, and the field that it belongs to.
struct Found<'a> {
    kind: &'a Kind,
    /// The innermost field on the way, with the type that has it.
    field: Option<(TypeId, &'a Field)>,
}

/// Follows `steps` from a type; none where the schema knows nothing.
fn follow<'a>(schema: &'a Schema, root: &'a Kind, steps: &[Step]) -> Option<Found<'a>> {
    let start = Found { kind: root, field: None };
    steps.iter().try_fold(start, |found, step| match (found.kind, step) {
        (Kind::Object(id), Step::Name(name)) => {
            let field = schema.type_of(*id).field(name)?;
            Some(Found { kind: &field.kind, field: Some((*id, field)) })
        }
        (Kind::Map(inner), Step::Name(_)) | (Kind::List(inner), Step::Item) => Some(Found { kind: inner, ..found }),
        _ => None,
    })
}

/// A kind of value in words: `list of Container`.
fn kind_words(schema: &Schema, kind: &Kind) -> String {
    match kind {
        Kind::Bool => "boolean".into(),
        Kind::Int32 | Kind::Int64 => "integer".into(),
        Kind::Float => "number".into(),
        Kind::Text => "string".into(),
        Kind::Bytes => "string (base64)".into(),
        Kind::Time | Kind::MicroTime => "time".into(),
        Kind::Quantity => "quantity".into(),
        Kind::IntOrString => "integer or string".into(),
        Kind::Any => "anything".into(),
        Kind::Object(id) => schema.type_of(*id).short_name().into(),
        Kind::List(inner) => format!("list of {}", kind_words(schema, inner)),
        Kind::Map(inner) => format!("map of {}", kind_words(schema, inner)),
    }
}

/// Characters before a column in UTF-16 units that counts from 1.
fn characters_before(line: &str, column: u32) -> usize {
    let wanted = usize::try_from(column.saturating_sub(1)).unwrap_or(usize::MAX);
    let units = line.chars().scan(0, |sum, it| {
        *sum += it.len_utf16();
        Some(*sum)
    });
    units.take_while(|units| *units <= wanted).count()
}

/// The column, in UTF-16 units from 1, behind `characters` characters of a line.
fn column_after(line: &str, characters: usize) -> u32 {
    let units: usize = line.chars().take(characters).map(char::len_utf16).sum();
    u32::try_from(units + 1).unwrap_or(u32::MAX)
}

/// The one of `words` that `wrong` was most likely meant to be.
fn nearest<'a>(wrong: &str, words: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    /// A typing error every so many characters is forgiven.
    const CHARACTERS_PER_ERROR: usize = 3;
    let most = (wrong.chars().count() / CHARACTERS_PER_ERROR).clamp(1, 3);
    let rated = words.map(|word| (distance(&wrong.to_lowercase(), &word.to_lowercase()), word));
    rated.filter(|(errors, _)| *errors <= most).min_by_key(|(errors, _)| *errors).map(|(_, word)| word)
}

/// How many insertions, deletions and replacements lead from `a` to `b`.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests;
