//! Checks an applied object against the schema, and the set of fields that it holds.
//!
//! Upstream: `structured-merge-diff/typed/{validate,tofieldset}.go`.

use crate::api::fields::set::{Set, field, shown};
use crate::api::fields::shape::{Shape, item_key, key_of};
use crate::model::schema::Kind;
use crate::model::{Text, Value};

/// Finds the first thing that does not fit: `.spec.foo: field not declared in schema`.
///
/// # Errors
/// The path and what is wrong there.
pub(crate) fn check(value: &Value, shape: Shape<'_>, path: &mut String) -> Result<(), String> {
    match (shape, value) {
        (_, Value::Null) | (Shape::Deduced, _) => Ok(()),
        (Shape::Leaf(kind), _) => check_leaf(value, kind, path),
        (Shape::Struct(..) | Shape::Map(..), Value::Map(_)) => {
            value.fields().iter().try_for_each(|(name, it)| check_field(name, it, shape, path))
        }
        (Shape::Struct(..) | Shape::Map(..), _) => Err(format!("{path}: expected map, got {}", go_value(value))),
        (Shape::Keyed(keys, schema, id), Value::List(items)) => {
            let mut seen: Vec<Text> = Vec::new();
            for (index, item) in items.iter().enumerate() {
                let key = key_of(item, keys, schema, id).map_err(|key| {
                    format!("{path}: element {index}: associative list with keys has an element that omits key field {key:?} (and doesn't have default value)")
                })?;
                duplicate(&key, &mut seen, path)?;
                below(&key, path, |path| check(item, Shape::Struct(schema, id), path))?;
            }
            Ok(())
        }
        (Shape::Scalars(kind), Value::List(items)) => {
            let mut seen: Vec<Text> = Vec::new();
            for item in items.iter() {
                duplicate(&item_key(item), &mut seen, path)?;
                check_leaf(item, kind, path)?;
            }
            Ok(())
        }
        (Shape::Keyed(..) | Shape::Scalars(_), _) => Err(format!("{path}: expected list, got {}", go_value(value))),
    }
}

fn duplicate(key: &Text, seen: &mut Vec<Text>, path: &str) -> Result<(), String> {
    if seen.contains(key) {
        return Err(format!("{path}: duplicate entries for key {}", shown(key)));
    }
    seen.push(key.clone());
    Ok(())
}

fn below(
    element: &str,
    path: &mut String,
    check: impl FnOnce(&mut String) -> Result<(), String>,
) -> Result<(), String> {
    let length = path.len();
    path.push_str(&shown(element));
    let result = check(path);
    path.truncate(length);
    result
}

fn check_field(name: &str, value: &Value, shape: Shape<'_>, path: &mut String) -> Result<(), String> {
    below(&field(name), path, |path| match shape.child(name) {
        Some(inner) => check(value, inner, path),
        None => Err(format!("{path}: field not declared in schema")),
    })
}

fn check_leaf(value: &Value, kind: &Kind, path: &str) -> Result<(), String> {
    let wanted = match (kind, value) {
        (Kind::Bool, Value::Bool(_))
        | (
            Kind::Int32 | Kind::Int64 | Kind::Float | Kind::Quantity | Kind::IntOrString,
            Value::Int(_) | Value::Float(_),
        )
        | (
            Kind::Quantity | Kind::IntOrString | Kind::Text | Kind::Bytes | Kind::Time | Kind::MicroTime,
            Value::Text(_),
        )
        | (Kind::List(_), Value::List(_))
        | (Kind::Object(_) | Kind::Map(_), Value::Map(_))
        | (Kind::Any, _)
        | (_, Value::Null) => return Ok(()),
        (Kind::Bool, _) => "boolean",
        (Kind::Int32 | Kind::Int64 | Kind::Float, _) => "numeric (int or float)",
        (Kind::List(_), _) => "list",
        (Kind::Object(_) | Kind::Map(_), _) => "map",
        (Kind::Text | Kind::Bytes | Kind::Time | Kind::MicroTime | Kind::Quantity | Kind::IntOrString, _) => "string",
    };
    let found = match (wanted, value) {
        ("numeric (int or float)" | "boolean", Value::Text(_)) => "string".to_owned(),
        _ => go_value(value),
    };
    Err(format!("{path}: expected {wanted}, got {found}"))
}

/// A value as Go's `%v` shows upstream's wrapper of it.
fn go_value(value: &Value) -> String {
    match value {
        Value::Map(_) | Value::List(_) => format!("&{{{}}}", go_plain(value)),
        other => format!("&value.valueUnstructured{{Value:{}}}", other.to_json()),
    }
}

fn go_plain(value: &Value) -> String {
    match value {
        Value::Map(_) => {
            let fields: Vec<String> =
                value.fields().iter().map(|(key, it)| format!("{key}:{}", go_plain(it))).collect();
            format!("map[{}]", fields.join(" "))
        }
        Value::List(items) => format!("[{}]", items.iter().map(go_plain).collect::<Vec<_>>().join(" ")),
        Value::Text(text) => text.to_string(),
        other => other.to_json(),
    }
}

/// The fields that an applied object holds.
pub(crate) fn set_of(value: &Value, shape: Shape<'_>) -> Set {
    let mut set = Set::default();
    match shape {
        Shape::Leaf(_) => return Set::leaf(),
        Shape::Struct(schema, id) => {
            for (name, it) in value.fields() {
                if let Some(inner) = shape.child(name) {
                    let mut child = set_of(it, inner);
                    let bare = it.is_null() || it.as_map().is_some_and(crate::model::Map::is_empty);
                    child.member |= bare || schema.type_of(id).field(name).is_none();
                    set.put(field(name), child);
                }
            }
        }
        Shape::Deduced if value.as_map().is_none() => return Set::leaf(),
        Shape::Map(..) | Shape::Deduced => {
            for (name, it) in value.fields() {
                let Some(inner) = shape.child(name) else { continue };
                let child = Set { member: true, ..set_of(it, inner) };
                set.put(field(name), child);
            }
        }
        Shape::Keyed(keys, schema, id) => {
            for item in value.items() {
                if let Ok(key) = key_of(item, keys, schema, id) {
                    set.put(key, Set { member: true, ..set_of(item, Shape::Struct(schema, id)) });
                }
            }
        }
        Shape::Scalars(_) => {
            for item in value.items() {
                set.put(item_key(item), Set::leaf());
            }
        }
    }
    set
}
