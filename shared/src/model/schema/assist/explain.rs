//! What the field under a cursor is.

use super::context::{Context, Spot, context};
use super::{Kind, Schema, Step, characters_before, follow, kind_words};
use crate::model::yaml;

/// What a field is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hover {
    /// Its path: `spec.strategy.rollingUpdate.maxUnavailable`.
    pub path: String,
    /// What its value is, in words.
    pub kind: String,
    /// The type that has it, `apps.v1.DeploymentSpec`, and its name there: the key of its description.
    pub type_name: String,
    /// Its name in that type.
    pub field: String,
    /// The document's `apiVersion`.
    pub api_version: String,
    /// The document's `kind`.
    pub object_kind: String,
    /// True if it must be given.
    pub required: bool,
    /// What it is when left out; empty if unknown.
    pub default: String,
    /// The words that it can be; empty if any.
    pub one_of: Vec<String>,
}

/// What the field at a line and column of `text` is; none where the schema knows nothing.
pub fn hover(text: &str, line: u32, column: u32) -> Option<Hover> {
    let schema = Schema::get();
    let context = key_context(text, line)?;
    let steps = parsed_steps(text, line, column).unwrap_or_else(|| context.steps.clone());
    let root = context.root(schema)?;
    let found = follow(schema, &root, &steps)?;
    let (owner, field) = found.field?;
    let words = schema.words(field).map(|it| it.words.iter().map(ToString::to_string).collect());
    Some(Hover {
        path: path_of(&steps),
        kind: kind_words(schema, found.kind),
        type_name: schema.type_of(owner).name.to_string(),
        field: field.name.to_string(),
        required: field.required,
        default: field.default.as_deref().unwrap_or_default().into(),
        one_of: if matches!(found.kind, Kind::Object(_)) { Vec::new() } else { words.unwrap_or_default() },
        api_version: context.api_version,
        object_kind: context.kind,
    })
}

/// The context at the end of the line's key, wherever on the line the cursor is.
fn key_context(text: &str, line: u32) -> Option<Context> {
    let whole = text.lines().nth(usize::try_from(line.checked_sub(1)?).ok()?)?;
    let end = whole.find(": ").map_or(whole.trim_end().len(), |at| at + 1);
    let column = super::column_after(whole, whole[..end].chars().count());
    let found = context(text, line, column).or_else(|| context(text, line, 1))?;
    matches!(found.spot, Spot::Value(_) | Spot::Key(_)).then_some(found)
}

/// The way to the innermost node, from a document that can be read.
fn parsed_steps(text: &str, line: u32, column: u32) -> Option<Vec<Step>> {
    let number = usize::try_from(line).ok()?;
    let characters = characters_before(text.lines().nth(number.checked_sub(1)?)?, column);
    let documents = yaml::parse(text);
    let holds = |it: &&yaml::Document| it.errors.is_empty() && it.path_at(number, characters).is_some();
    let document = documents.iter().find(holds)?;
    let path = document.path_at(number, characters)?;
    (!path.is_empty()).then(|| steps_of(path))
}

/// Steps of a path such as `spec.containers[0].image`; keys that hold dots fall apart, which only a map's keys do.
fn steps_of(path: &str) -> Vec<Step> {
    let parts = path.split('.').flat_map(|part| {
        let mut names = part.split('[');
        let name = names.next().filter(|it| !it.is_empty()).map(|it| Step::Name(it.into()));
        name.into_iter().chain(names.map(|_| Step::Item)).collect::<Vec<_>>()
    });
    parts.collect()
}

fn path_of(steps: &[Step]) -> String {
    let names = steps.iter().filter_map(|it| match it {
        Step::Name(name) => Some(name.as_str()),
        Step::Item => None,
    });
    names.collect::<Vec<_>>().join(".")
}
