//! What is wrong in a text, where, and what would be right.

use super::{Schema, column_after, kind_words, nearest};
use crate::model::decode::{LeafError, check_leaf};
use crate::model::names::quote;
use crate::model::schema::{Field, Kind, TypeId, split_api_version};
use crate::model::yaml::{self, Document, Span};
use crate::model::{Map, Order, Text, Value};

/// How many problems of one text are given.
const DIAGNOSTICS_MAX: usize = 200;

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The API would refuse the document.
    Error,
    /// The API would take it, perhaps not as it is meant.
    Warning,
}

/// A problem of a text, on one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Where it begins.
    pub line: u32,
    /// Where it begins.
    pub column: u32,
    /// Where it ends, on the same line.
    pub end_column: u32,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// The text to put there instead, if one is known.
    pub fix: Option<String>,
}

/// All problems of `text`, document by document.
pub fn diagnose(text: &str) -> Vec<Diagnostic> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for document in &yaml::parse(text) {
        let mut checker = Checker { document, lines: &lines, found: Vec::new() };
        checker.check();
        checker.found.order_by_key(|it| (it.line, it.column));
        found.append(&mut checker.found);
    }
    found.truncate(DIAGNOSTICS_MAX);
    found
}

/// What of a node a problem is about.
#[derive(Clone, Copy)]
enum Part {
    Key,
    Value,
}

struct Checker<'a> {
    document: &'a Document,
    lines: &'a [&'a str],
    found: Vec<Diagnostic>,
}

impl Checker<'_> {
    fn check(&mut self) {
        for problem in &self.document.errors {
            self.put(problem.span, Severity::Error, problem.message.clone(), None);
        }
        for twice in &self.document.duplicates {
            let message = format!("key {} is set twice; the last one counts", quote(&twice.path));
            self.put(twice.value, Severity::Warning, message, None);
        }
        if self.document.errors.is_empty() {
            self.object(&self.document.value, "");
        }
    }

    fn object(&mut self, value: &Value, path: &str) {
        let Some(map) = value.as_map() else {
            return self.error(path, Part::Value, "invalid object to validate".into(), None);
        };
        let (api_version, kind) = (value.get("apiVersion").str(), value.get("kind").str());
        if api_version == "v1" && kind == "List" {
            for (index, item) in value.get("items").items().iter().enumerate() {
                self.object(item, &join(path, &format!("items[{index}]")));
            }
            return;
        }
        for (name, text) in [("apiVersion", api_version), ("kind", kind)] {
            if text.is_empty() {
                self.error(path, Part::Value, format!("{name} not set"), None);
            }
        }
        if api_version.is_empty() || kind.is_empty() {
            return;
        }
        match Schema::get().find(api_version, kind) {
            Some(id) => {
                self.fields(map, id, path);
                self.name(value, kind, path);
            }
            None => self.unknown_kind(api_version, kind, path),
        }
    }

    /// What is stored needs a name; what is only asked, a review, does not.
    fn name(&mut self, value: &Value, kind: &str, path: &str) {
        let named = !value.at("metadata.name").is_null() || !value.at("metadata.generateName").is_null();
        if named || kind.ends_with("Review") || matches!(kind, "Status" | "DeleteOptions") {
            return;
        }
        let place = if value.get("metadata").is_null() { "kind" } else { "metadata" };
        let path_of_name = join(path, "metadata.name");
        let message = format!("{path_of_name}: Required value: name or generateName is required");
        self.error(&join(path, place), Part::Key, message, None);
    }

    fn unknown_kind(&mut self, api_version: &str, kind: &str, path: &str) {
        let all = Schema::get().kinds();
        let mut message = format!("no matches for kind {} in version {}", quote(kind), quote(api_version));
        if let Some(what_became_of_it) = crate::model::retired::kind(api_version, kind) {
            message = format!("{message}: {what_became_of_it}");
        }
        let (group, version) = split_api_version(api_version);
        let same_kind = all.iter().find(|it| it.kind == kind);
        let of_version = all.iter().filter(|it| it.group == group && it.version == version);
        let ours = all.iter().any(|it| it.group == group);
        if let Some(kind) = nearest(kind, of_version.map(|it| it.kind.as_str())) {
            self.error(&join(path, "kind"), Part::Value, message, Some(kind.into()));
        } else if let Some(right) = same_kind {
            let fix = if right.group.is_empty() {
                right.version.to_string()
            } else {
                format!("{}/{}", right.group, right.version)
            };
            self.error(&join(path, "apiVersion"), Part::Value, message, Some(fix));
        } else if ours {
            let fix = nearest(kind, all.iter().map(|it| it.kind.as_str())).map(Into::into);
            self.error(&join(path, "kind"), Part::Value, message, fix);
        } else {
            let message = format!("{message}; a CustomResourceDefinition must bring it");
            self.at(&join(path, "kind"), Part::Value, Severity::Warning, message, None);
        }
    }

    fn fields(&mut self, map: &Map, id: TypeId, path: &str) {
        let schema = Schema::get();
        let one = schema.type_of(id);
        for (name, value) in map {
            let here = join(path, name);
            match one.field(name) {
                Some(field) if !value.is_null() => self.value(&field.kind, field, value, &here),
                Some(_) => {}
                None => {
                    let absent = one.fields.iter().map(|it| it.name.as_str()).filter(|it| !map.contains_key(it));
                    let fix = nearest(name, absent).map(Into::into);
                    self.error(&here, Part::Key, format!("unknown field {}", quote(&here)), fix);
                }
            }
        }
        for field in one.fields.iter().filter(|it| it.required && map.get(&it.name).is_none_or(Value::is_null)) {
            self.error(path, Part::Key, format!("{}: Required value", join(path, &field.name)), None);
        }
    }

    fn value(&mut self, kind: &Kind, field: &Field, value: &Value, path: &str) {
        match (kind, value) {
            (Kind::Object(id), Value::Map(map)) => self.fields(map, *id, path),
            (Kind::List(inner), Value::List(list)) => {
                for (index, item) in list.iter().enumerate().filter(|(_, it)| !it.is_null()) {
                    self.value(inner, field, item, &format!("{path}[{index}]"));
                }
            }
            (Kind::Map(inner), Value::Map(map)) => {
                for (key, item) in map.iter().filter(|(_, it)| !it.is_null()) {
                    self.value(inner, field, item, &join(path, key));
                }
            }
            (Kind::Text, Value::Text(text)) => self.word(field, text, path),
            _ => self.leaf(kind, value, path),
        }
    }

    fn word(&mut self, field: &Field, text: &str, path: &str) {
        let Some(words) = Schema::get().words(field).filter(|it| it.closed) else { return };
        if text.is_empty() || words.words.iter().any(|it| it == text) {
            return;
        }
        let supported: Vec<_> = words.words.iter().map(|it| quote(it)).collect();
        let message = format!("{path}: Unsupported value: {}: supported values: {}", quote(text), supported.join(", "));
        let fix = nearest(text, words.words.iter().map(Text::as_str)).map(Into::into);
        self.error(path, Part::Value, message, fix);
    }

    fn leaf(&mut self, kind: &Kind, value: &Value, path: &str) {
        let message = match check_leaf(kind, value) {
            Ok(()) => return,
            Err(LeafError::Unreadable(text)) => text,
            Err(LeafError::WrongType) => {
                let wanted = kind_words(Schema::get(), kind);
                format!("must be {}, not {}", with_article(&wanted), with_article(word_of(value)))
            }
        };
        let fix = match (kind, value) {
            (Kind::Text, Value::Bool(_) | Value::Int(_) | Value::Float(_)) => self.source(path).map(|it| quote(&it)),
            (Kind::Int32 | Kind::Int64, Value::Text(text)) if text.parse::<i64>().is_ok() => Some(text.to_string()),
            (Kind::Bool, Value::Text(text)) if matches!(text.as_str(), "true" | "false") => Some(text.to_string()),
            _ => None,
        };
        self.error(path, Part::Value, format!("{path}: {message}"), fix);
    }

    /// The text of the value at a path, if it is on one line.
    fn source(&self, path: &str) -> Option<String> {
        let span = self.document.span(path)?;
        let line = self.lines.get(span.start.line.checked_sub(1)?)?;
        let one_line = span.end.line == span.start.line;
        one_line.then(|| line.chars().skip(span.start.column).take(span.end.column - span.start.column).collect())
    }

    fn error(&mut self, path: &str, part: Part, message: String, fix: Option<String>) {
        self.at(path, part, Severity::Error, message, fix);
    }

    fn at(&mut self, path: &str, part: Part, severity: Severity, message: String, fix: Option<String>) {
        let key = self.document.key_span(path);
        let value = self.document.span(path);
        let span = match part {
            Part::Key => key.or(value),
            Part::Value => value.or(key),
        };
        self.put(span.unwrap_or_default(), severity, message, fix);
    }

    fn put(&mut self, span: Span, severity: Severity, message: String, fix: Option<String>) {
        let number = span.start.line.max(1);
        let line = self.lines.get(number - 1).copied().unwrap_or_default();
        let one_line = span.end.line == span.start.line && span.end.column > span.start.column;
        let end = if one_line { span.end.column } else { line.trim_end().chars().count() };
        let column = column_after(line, span.start.column);
        self.found.push(Diagnostic {
            line: u32::try_from(number).unwrap_or(u32::MAX),
            column,
            end_column: column_after(line, end).max(column),
            severity,
            message,
            fix: fix.filter(|_| one_line),
        });
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn word_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Int(_) => "integer",
        Value::Float(_) => "number",
        Value::Text(_) => "string",
        Value::List(_) => "list",
        Value::Map(_) => "map",
    }
}

fn with_article(words: &str) -> String {
    let article = if words.starts_with(['a', 'e', 'i', 'o', 'u', 'A', 'E', 'I', 'O']) { "an" } else { "a" };
    format!("{article} {words}")
}
