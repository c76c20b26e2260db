//! The rules of structural schemas: every field has one type, and conditions only narrow it.
//!
//! Upstream: `k8s.io/apiextensions-apiserver/pkg/apiserver/schema/{validation,complete,convert}.go`.

use super::schema::children;
use crate::api::Errors;
use crate::model::Value;

/// How deep a schema may nest.
const DEPTH_MAX: usize = 64;
/// Fields that belong to the structure, and not into conditions.
const STRUCTURE: &[&str] = &[
    "additionalProperties",
    "default",
    "description",
    "nullable",
    "title",
    "type",
    "x-kubernetes-embedded-resource",
    "x-kubernetes-int-or-string",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-list-type",
    "x-kubernetes-map-type",
    "x-kubernetes-preserve-unknown-fields",
    "x-kubernetes-validations",
];

/// Where a schema stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Root,
    Item,
    Field,
}

/// What keeps a schema from being structural.
pub(crate) fn problems(schema: &Value, path: &str) -> Errors {
    let mut errors = Errors::default();
    if !schema.is_null() {
        invariants(schema, path, Level::Root, 0, &mut errors);
        completeness(schema, path, 0, &mut errors);
    }
    errors
}

fn invariants(schema: &Value, path: &str, level: Level, depth: usize, errors: &mut Errors) {
    if depth >= DEPTH_MAX {
        return errors.forbidden(path, &format!("must not nest deeper than {DEPTH_MAX} levels"));
    }
    validate_type(schema, path, level, errors);
    if schema.get("type").str() == "array" && schema.get("items").is_null() {
        errors.required(format!("{path}.items"), "must be specified");
    }
    if level == Level::Root && schema.get("additionalProperties").as_map().is_some() {
        errors.forbidden(format!("{path}.additionalProperties"), "must not be used at the root");
    }
    let embedded = schema.get("x-kubernetes-embedded-resource").is_true();
    if embedded && schema.get("type").str() != "object" {
        let detail = "must be object if x-kubernetes-embedded-resource is true";
        errors.invalid(format!("{path}.type"), schema.get("type"), detail);
    }
    if embedded && schema.get("properties").is_empty() && !keeps(schema) {
        errors.required(
            format!("{path}.properties"),
            "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields",
        );
    }
    if embedded || level == Level::Root {
        validate_own_fields(schema, path, errors);
    }
    for (field, level) in [("items", Level::Item), ("additionalProperties", Level::Field)] {
        if schema.get(field).as_map().is_some() {
            invariants(schema.get(field), &format!("{path}.{field}"), level, depth + 1, errors);
        }
    }
    for (name, it) in schema.get("properties").fields() {
        invariants(it, &format!("{path}.properties[{name}]"), Level::Field, depth + 1, errors);
    }
    conditions(schema, path, |it, path| validate_condition(schema, it, &path, errors));
}

fn keeps(schema: &Value) -> bool {
    schema.get("x-kubernetes-preserve-unknown-fields").is_true()
}

fn validate_type(schema: &Value, path: &str, level: Level, errors: &mut Errors) {
    let (kind, place) = (schema.get("type"), format!("{path}.type"));
    let is_int_or_string = schema.get("x-kubernetes-int-or-string").is_true();
    match (kind.str(), level) {
        ("", Level::Root) => errors.required(place, "must not be empty at the root"),
        ("", _) if is_int_or_string || keeps(schema) => {}
        ("", Level::Item) => errors.required(place, "must not be empty for specified array items"),
        ("", Level::Field) => errors.required(place, "must not be empty for specified object fields"),
        (it, Level::Root) if it != "object" => errors.invalid(place, kind, "must be object at the root"),
        _ if is_int_or_string => errors.invalid(place, kind, "must be empty if x-kubernetes-int-or-string is true"),
        ("object" | "array" | "string" | "boolean" | "integer" | "number", _) => {}
        _ => errors.unsupported(place, kind, &["array", "boolean", "integer", "number", "object", "string"]),
    }
}

/// `apiVersion`, `kind` and `metadata` are what they are for every object.
fn validate_own_fields(schema: &Value, path: &str, errors: &mut Errors) {
    for (name, wanted) in [("apiVersion", "string"), ("kind", "string"), ("metadata", "object")] {
        let own = schema.get("properties").get(name);
        if own.is_null() {
            continue;
        }
        let path = format!("{path}.properties[{name}]");
        if own.get("type").str() != wanted {
            errors.invalid(format!("{path}.type"), own.get("type"), &format!("must be {wanted}"));
        }
        let extra = |(field, _): &(crate::model::Text, Value)| matches!(field.as_str(), "name" | "generateName");
        if name == "metadata" && !own.get("properties").fields().iter().all(extra) {
            let why =
                "must not specify anything other than name and generateName, but metadata is implicitly specified";
            errors.forbidden(path, why);
        }
    }
}

/// The conditions of a schema, with their paths.
fn conditions(schema: &Value, path: &str, mut visit: impl FnMut(&Value, String)) {
    if schema.get("not").as_map().is_some() {
        visit(schema.get("not"), format!("{path}.not"));
    }
    for field in ["allOf", "anyOf", "oneOf"] {
        for (index, it) in schema.get(field).items().iter().enumerate() {
            visit(it, format!("{path}.{field}[{index}]"));
        }
    }
}

fn validate_condition(outer: &Value, condition: &Value, path: &str, errors: &mut Errors) {
    let by_type = outer.get("x-kubernetes-int-or-string").is_true();
    for field in STRUCTURE.iter().filter(|it| !(by_type && **it == "type")) {
        if !condition.get(field).is_empty() {
            let why =
                if *field == "type" { "must be empty to be structural" } else { "must be undefined to be structural" };
            errors.forbidden(format!("{path}.{field}"), why);
        }
    }
    children(condition, path, |it, path, _| validate_condition(outer, it, &path, errors));
}

/// What a condition speaks of must be part of the structure.
fn completeness(schema: &Value, path: &str, depth: usize, errors: &mut Errors) {
    if depth >= DEPTH_MAX {
        return;
    }
    conditions(schema, path, |it, at| complete(it, &at, schema, path, errors));
    for field in ["items", "additionalProperties"] {
        if schema.get(field).as_map().is_some() {
            completeness(schema.get(field), &format!("{path}.{field}"), depth + 1, errors);
        }
    }
    for (name, it) in schema.get("properties").fields() {
        completeness(it, &format!("{path}.properties[{name}]"), depth + 1, errors);
    }
}

fn complete(condition: &Value, at: &str, schema: &Value, path: &str, errors: &mut Errors) {
    for (name, it) in condition.get("properties").fields() {
        let (inner, own) = (format!("{at}.properties[{name}]"), format!("{path}.properties[{name}]"));
        match schema.get("properties").get(name) {
            Value::Null => errors.required(own, &format!("because it is defined in {inner}")),
            found => complete(it, &inner, found, &own, errors),
        }
    }
    let items = condition.get("items");
    if items.as_map().is_some() {
        let (inner, own) = (format!("{at}.items"), format!("{path}.items"));
        match schema.get("items") {
            Value::Null => errors.required(own, &format!("because it is defined in {inner}")),
            found => complete(items, &inner, found, &own, errors),
        }
    }
    conditions(condition, at, |it, at| complete(it, &at, schema, path, errors));
}
