//! Makes an object of what a client sent, as Go's JSON reader and writer would: unknown fields are named and dropped, wrong
//! types are refused, quantities and times get their canonical form, and what Go leaves out when empty is left out.
//!
//! Upstream: `sigs.k8s.io/json` (a fork of Go's `encoding/json`), `k8s.io/apimachinery/pkg/runtime/serializer/json`; empty
//! lists and maps become unset as they do on their way through protobuf storage. Defaults are not filled in here.

mod base64;
mod duplicates;
mod moment;

pub use duplicates::duplicate_fields;

use crate::model::names::quote;
use crate::model::schema::{Field, Kind, Presence, Schema, TypeId};
use crate::model::{List, Map, Quantity, Text, Value, short};
use std::cmp::Ordering;
use std::fmt::Write as _;

/// How many unknown fields are named.
pub const UNKNOWN_FIELDS_MAX: usize = 100;

/// What became of a client's value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Decoded {
    /// The object in its canonical form; incomplete if there is an error.
    pub value: Value,
    /// Each unknown field: `unknown field "spec.foo"`.
    pub unknown: Vec<String>,
    /// Why the value is no such object: the first wrong type, quantity, time or base64 text.
    pub error: Option<String>,
}

impl Decoded {
    /// What a strict reader says: the error, or else all that is unknown.
    pub fn strict_error(&self) -> Option<String> {
        let unknown = || (!self.unknown.is_empty()).then(|| strict_error(&self.unknown));
        self.error.clone().or_else(unknown)
    }
}

/// `strict decoding error: unknown field "a", unknown field "b"`.
pub fn strict_error(problems: &[String]) -> String {
    format!("strict decoding error: {}", problems.join(", "))
}

/// How the API says that an object of `kind` in `version` cannot be read as an `expected`.
///
/// The version is that of the group: `v1` for `apps/v1`.
pub fn cannot_handle(kind: &str, version: &str, expected: &str, reason: &str) -> String {
    format!("{kind} in version {} cannot be handled as a {expected}: {reason}", quote(version))
}

/// Reads `value` as the type `id` of the built-in schema.
pub fn decode(value: &Value, id: TypeId) -> Decoded {
    decode_with(Schema::get(), value, id)
}

/// Reads `value` as the type `id` of `schema`.
pub fn decode_with(schema: &Schema, value: &Value, id: TypeId) -> Decoded {
    let mut decoder = Decoder { schema, place: Place::default(), unknown: Vec::new(), error: None, kept: Vec::new() };
    let value = match value {
        Value::Map(map) => decoder.object(map, id),
        Value::Null => decoder.object(&Map::default(), id),
        other => {
            decoder.wrong_type(word(other), &schema.type_of(id).go_name());
            Value::map()
        }
    };
    Decoded { value, unknown: decoder.unknown, error: decoder.error }
}

/// Why a value cannot be of a kind.
pub(crate) enum LeafError {
    /// It is of another type.
    WrongType,
    /// It cannot be read; the API's text.
    Unreadable(String),
}

/// Whether a value can be of a kind that has no fields or items.
pub(crate) fn check_leaf(kind: &Kind, value: &Value) -> Result<(), LeafError> {
    let read = match (kind, value) {
        (_, Value::Null)
        | (Kind::Any, _)
        | (Kind::Bool, Value::Bool(_))
        | (Kind::Text | Kind::IntOrString, Value::Text(_))
        | (Kind::Int64, Value::Int(_))
        | (Kind::Float, Value::Int(_) | Value::Float(_)) => Ok(()),
        (Kind::Int32 | Kind::IntOrString, Value::Int(number)) => {
            i32::try_from(*number).map(drop).map_err(|_| format!("{number} does not fit in 32 bits"))
        }
        (Kind::Quantity, _) => Quantity::from_value(value).map(drop).map_err(|error| error.to_string()),
        (Kind::Time, Value::Text(text)) => moment::time(text).map(drop),
        (Kind::MicroTime, Value::Text(text)) => moment::micro_time(text).map(drop),
        (Kind::Bytes, Value::Text(text)) => base64::canonical(text).map(drop),
        _ => return Err(LeafError::WrongType),
    };
    read.map_err(LeafError::Unreadable)
}

/// Where the reader is.
#[derive(Default)]
struct Place {
    /// The path with indexes and keys, as strict errors name it: `spec.containers[0].foo`.
    path: String,
    /// The path of struct fields alone, as Go's type errors name it: `spec.containers.foo`.
    fields: String,
    /// The struct whose field is being read.
    type_id: Option<TypeId>,
}

struct Decoder<'a> {
    schema: &'a Schema,
    place: Place,
    unknown: Vec<String>,
    error: Option<String>,
    /// The fields read so far of the objects that are being read, the outermost first.
    kept: Vec<(Text, Value)>,
}

impl Decoder<'_> {
    fn object(&mut self, map: &Map, id: TypeId) -> Value {
        let schema = self.schema;
        let fields = &schema.type_of(id).fields;
        let outer = self.place.type_id.replace(id);
        let mut given = map.iter().peekable();
        let from = self.kept.len();
        // Both are sorted by name, so one pass meets each field and each key once.
        for field in fields {
            let value = loop {
                match given.peek().map(|(name, _)| short::order(name, &field.name)) {
                    Some(Ordering::Less) => given.next().into_iter().for_each(|(name, _)| self.unknown_field(name)),
                    Some(Ordering::Equal) => break given.next().map_or(&Value::Null, |(_, value)| value),
                    Some(Ordering::Greater) | None => break &Value::Null,
                }
            };
            if value.is_null() && matches!(field.presence, Presence::IfSet | Presence::IfNotEmpty) {
                continue;
            }
            let value = self.field(field, value);
            if !field.omits(&value) {
                self.kept.push((field.name.clone(), value));
            }
        }
        for (name, _) in given {
            self.unknown_field(name);
        }
        let kept = self.kept.drain(from..).collect();
        self.place.type_id = outer;
        Value::Map(kept)
    }

    fn field(&mut self, field: &Field, value: &Value) -> Value {
        if value.is_null() {
            return self.unset(field);
        }
        let lengths = (self.place.path.len(), self.place.fields.len());
        push_name(&mut self.place.path, &field.name);
        push_name(&mut self.place.fields, &field.name);
        let decoded = self.value(&field.kind, field, value);
        self.place.path.truncate(lengths.0);
        self.place.fields.truncate(lengths.1);
        match decoded {
            Value::List(it) if it.is_empty() => Value::Null,
            Value::Map(it) if it.is_empty() && matches!(field.kind, Kind::Map(_)) => Value::Null,
            Value::Null => self.unset(field),
            other => other,
        }
    }

    /// What an unset field holds.
    fn unset(&self, field: &Field) -> Value {
        match field.presence {
            Presence::Always => self.zero(&field.kind),
            Presence::AlwaysOrNull | Presence::IfSet | Presence::IfNotEmpty => Value::Null,
        }
    }

    /// Go's zero value of a kind, as it is written.
    fn zero(&self, kind: &Kind) -> Value {
        match kind {
            Kind::Bool => false.into(),
            Kind::Int32 | Kind::Int64 | Kind::Float | Kind::IntOrString => 0.into(),
            Kind::Text => "".into(),
            Kind::Quantity => "0".into(),
            Kind::Object(id) => {
                let fields = self.schema.type_of(*id).fields.iter();
                let always =
                    fields.map(|field| (field, self.unset(field))).filter(|(field, value)| !field.omits(value));
                Value::Map(always.map(|(field, value)| (field.name.clone(), value)).collect())
            }
            Kind::Bytes | Kind::Time | Kind::MicroTime | Kind::Any | Kind::List(_) | Kind::Map(_) => Value::Null,
        }
    }

    fn value(&mut self, kind: &Kind, field: &Field, value: &Value) -> Value {
        match (kind, value) {
            (Kind::Any, _)
            | (Kind::Bool, Value::Bool(_))
            | (Kind::Text | Kind::IntOrString, Value::Text(_))
            | (Kind::Int64, Value::Int(_))
            | (Kind::Float, Value::Int(_) | Value::Float(_)) => value.clone(),
            (Kind::Int32 | Kind::IntOrString, Value::Int(number)) if i32::try_from(*number).is_ok() => value.clone(),
            (Kind::Int32 | Kind::Int64 | Kind::IntOrString, Value::Int(_) | Value::Float(_)) => {
                self.wrong(&format!("number {}", go_number(value)), kind, field)
            }
            (Kind::Quantity, _) => self.parsed(Quantity::from_value(value).map_err(|error| error.to_string())),
            (Kind::Time, Value::Text(text)) if moment::is_canonical(text) => value.clone(),
            (Kind::Time, Value::Text(text)) => self.parsed(moment::time(text)),
            (Kind::MicroTime, Value::Text(text)) => self.parsed(moment::micro_time(text)),
            (Kind::Bytes, Value::Text(text)) => self.parsed(base64::canonical(text)),
            (Kind::Object(id), Value::Map(map)) => self.object(map, *id),
            (Kind::List(inner), Value::List(list)) => self.list(inner, field, list),
            (Kind::Map(inner), Value::Map(map)) => self.map(inner, field, map),
            _ => self.wrong(word(value), kind, field),
        }
    }

    fn list(&mut self, inner: &Kind, field: &Field, list: &List) -> Value {
        let mut item = |(index, value): (usize, &Value)| {
            let length = self.place.path.len();
            push_index(&mut self.place.path, index);
            let decoded = self.item(inner, field, value);
            self.place.path.truncate(length);
            decoded
        };
        list.iter().enumerate().map(&mut item).collect()
    }

    fn map(&mut self, inner: &Kind, field: &Field, map: &Map) -> Value {
        let mut entry = |(key, value): &(Text, Value)| {
            let length = self.place.path.len();
            push_name(&mut self.place.path, key);
            let decoded = self.item(inner, field, value);
            self.place.path.truncate(length);
            (key.clone(), decoded)
        };
        Value::Map(map.iter().map(&mut entry).collect())
    }

    fn item(&mut self, inner: &Kind, field: &Field, value: &Value) -> Value {
        let decoded = if value.is_null() { Value::Null } else { self.value(inner, field, value) };
        if decoded.is_null() { self.zero(inner) } else { decoded }
    }

    fn parsed(&mut self, parsed: Result<impl Into<Value>, String>) -> Value {
        match parsed {
            Ok(value) => value.into(),
            Err(error) => {
                self.error.get_or_insert(error);
                Value::Null
            }
        }
    }

    fn wrong(&mut self, found: &str, kind: &Kind, field: &Field) -> Value {
        let name = self.go_name(kind, field);
        self.wrong_type(found, &name);
        Value::Null
    }

    /// Go's name of the kind, which is the whole field's or that of something in it.
    fn go_name(&self, kind: &Kind, field: &Field) -> String {
        let Some(named) = &field.go_type else { return self.schema.go_name(kind) };
        let package = self.place.type_id.map_or("v1", |id| self.schema.type_of(id).package());
        let package = if named == "UID" { "types" } else { package };
        let item = named.strip_prefix("[]").unwrap_or(named);
        match (kind, &field.kind) {
            (Kind::List(_), Kind::List(_)) if item.len() < named.len() => format!("[]{package}.{item}"),
            (Kind::Text, Kind::Map(_)) => "string".into(),
            (Kind::Object(_), _) => self.schema.go_name(kind),
            _ if named.contains('[') && item.len() == named.len() => self.schema.go_name(kind),
            _ => format!("{package}.{item}"),
        }
    }

    fn wrong_type(&mut self, found: &str, wanted: &str) {
        if self.error.is_some() {
            return;
        }
        let into = match self.place.type_id {
            Some(id) => format!("Go struct field {}.{}", self.schema.type_of(id).short_name(), self.place.fields),
            None => "Go value".into(),
        };
        self.error = Some(format!("json: cannot unmarshal {found} into {into} of type {wanted}"));
    }

    fn unknown_field(&mut self, name: &str) {
        if self.unknown.len() >= UNKNOWN_FIELDS_MAX {
            return;
        }
        let mut path = self.place.path.clone();
        push_name(&mut path, name);
        self.unknown.push(format!("unknown field {}", quote(&path)));
    }
}

fn push_name(path: &mut String, name: &str) {
    if !path.is_empty() {
        path.push('.');
    }
    path.push_str(name);
}

fn push_index(path: &mut String, index: usize) {
    // Writing to a string cannot fail.
    let _ = write!(path, "[{index}]");
}

/// What Go calls a JSON value in its errors.
fn word(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Int(_) | Value::Float(_) => "number",
        Value::Text(_) => "string",
        Value::List(_) => "array",
        Value::Map(_) => "object",
    }
}

/// A number as Go's writer has it.
fn go_number(value: &Value) -> String {
    match value {
        Value::Float(it) if it.fract() == 0.0 && it.abs() >= 1e21 => format!("{it:e}").replace('e', "e+"),
        Value::Float(it) => it.to_string(),
        other => other.to_json(),
    }
}

#[cfg(test)]
mod tests;
