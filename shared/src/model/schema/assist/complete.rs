//! What may be typed at a cursor.

use super::context::{Context, Spot, context};
use super::{Field, Kind, Schema, Step, follow, kind_words};
use crate::model::{Order, Text};

/// How many completions are given.
const COMPLETIONS_MAX: usize = 300;

/// One thing that may be typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// The field, word or kind.
    pub label: String,
    /// Its type, in a word or two.
    pub detail: String,
    /// What to put in the text: the label, with a colon and the start of what follows for a field.
    pub insert: String,
}

/// What may be typed at a line and column of `text`; required fields first.
pub fn complete(text: &str, line: u32, column: u32) -> Vec<Completion> {
    let schema = Schema::get();
    let Some(context) = context(text, line, column) else { return Vec::new() };
    let mut found = match &context.spot {
        Spot::Key(typed) => keys(schema, &context, typed),
        Spot::Value(typed) => values(schema, &context, typed),
    };
    found.truncate(COMPLETIONS_MAX);
    found
}

fn keys(schema: &Schema, context: &Context, typed: &str) -> Vec<Completion> {
    let Some(root) = context.root(schema) else {
        return if context.steps.is_empty() { first_keys(context, typed) } else { Vec::new() };
    };
    let Some(found) = follow(schema, &root, &context.steps) else { return Vec::new() };
    match found.kind {
        Kind::Object(id) => {
            let fields = schema.type_of(*id).fields.iter();
            let mut fields: Vec<_> = fields.filter(|it| is_wanted(context, &it.name, typed)).collect();
            fields.order_by_key(|it| !it.required);
            fields.into_iter().map(|it| field(schema, it)).collect()
        }
        // Behind the dash of a list of words.
        kind => words(schema, kind, found.field.map(|(_, field)| field), typed),
    }
}

/// The keys that tell what a document is.
fn first_keys(context: &Context, typed: &str) -> Vec<Completion> {
    let names = ["apiVersion", "kind", "metadata"].into_iter().filter(|it| is_wanted(context, it, typed));
    names.map(|name| Completion { label: name.into(), detail: "string".into(), insert: format!("{name}: ") }).collect()
}

fn is_wanted(context: &Context, name: &str, typed: &str) -> bool {
    starts(name, typed) && !context.siblings.iter().any(|it| it == name)
}

fn starts(name: &str, typed: &str) -> bool {
    name.get(..typed.len()).is_some_and(|start| start.eq_ignore_ascii_case(typed))
}

fn field(schema: &Schema, field: &Field) -> Completion {
    let required = if field.required { ", required" } else { "" };
    let after = match field.kind {
        Kind::Object(_) | Kind::List(_) | Kind::Map(_) => ":",
        _ => ": ",
    };
    Completion {
        label: field.name.to_string(),
        detail: format!("{}{required}", kind_words(schema, &field.kind)),
        insert: format!("{}{after}", field.name),
    }
}

fn values(schema: &Schema, context: &Context, typed: &str) -> Vec<Completion> {
    match &context.steps[..] {
        [Step::Name(name)] if name == "kind" => return kinds(schema, context, typed),
        [Step::Name(name)] if name == "apiVersion" => return api_versions(schema, context, typed),
        _ => {}
    }
    let Some(root) = context.root(schema) else { return Vec::new() };
    let Some(found) = follow(schema, &root, &context.steps) else { return Vec::new() };
    words(schema, found.kind, found.field.map(|(_, field)| field), typed)
}

fn words(schema: &Schema, kind: &Kind, field: Option<&Field>, typed: &str) -> Vec<Completion> {
    let known = field.and_then(|field| schema.words(field)).map(|it| it.words.iter().map(Text::as_str).collect());
    let words: Vec<&str> = match kind {
        Kind::Bool => vec!["true", "false"],
        Kind::Text => known.unwrap_or_default(),
        _ => Vec::new(),
    };
    let default = field.and_then(|it| it.default.as_deref());
    let detail = |word: &str| if default == Some(word) { "default" } else { "" }.to_owned();
    let wanted = words.into_iter().filter(|word| starts(word, typed));
    wanted.map(|word| Completion { label: word.into(), detail: detail(word), insert: word.into() }).collect()
}

fn kinds(schema: &Schema, context: &Context, typed: &str) -> Vec<Completion> {
    let version =
        |group: &str, version: &str| if group.is_empty() { version.into() } else { format!("{group}/{version}") };
    let all = schema.kinds().iter().map(|it| (it.kind.as_str(), version(&it.group, &it.version)));
    let fits = |(kind, version): &(&str, String)| {
        starts(kind, typed) && (context.api_version.is_empty() || context.api_version == *version)
    };
    let mut found: Vec<_> = all.filter(fits).collect();
    found.order();
    found
        .into_iter()
        .map(|(kind, version)| Completion { label: kind.into(), detail: version, insert: kind.into() })
        .collect()
}

fn api_versions(schema: &Schema, context: &Context, typed: &str) -> Vec<Completion> {
    let fits = |kind: &str| context.kind.is_empty() || context.kind == kind;
    let all = schema.kinds().iter().filter(|it| fits(&it.kind));
    let mut found: Vec<String> = all
        .map(|it| if it.group.is_empty() { it.version.to_string() } else { format!("{}/{}", it.group, it.version) })
        .filter(|it| starts(it, typed))
        .collect();
    found.order();
    found.dedup();
    found.into_iter().map(|it| Completion { label: it.clone(), detail: String::new(), insert: it }).collect()
}
