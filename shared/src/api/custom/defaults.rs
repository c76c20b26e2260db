//! Fills in the defaults of a structural schema, and takes nulls away where null is no value.
//!
//! Upstream: `k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting/{algorithm,prunenulls}.go`.

use crate::api::custom::below;
use crate::model::Value;

/// Fills `value`, whose schema this is, from the top down; what has everything stays shared.
pub(super) fn fill(value: &mut Value, schema: &Value) {
    match value {
        Value::Map(_) => {
            fill_missing(value, schema);
            fill_fields(value, schema);
        }
        Value::List(_) => fill_items(value, schema.get("items")),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Text(_) => {}
    }
}

fn fill_items(value: &mut Value, schema: &Value) {
    if schema.is_null() {
        return;
    }
    for index in 0..value.items().len() {
        let mut item = value.items()[index].clone();
        fill(&mut item, schema);
        if item != value.items()[index] {
            value.list_mut()[index] = item;
        }
    }
}

/// Declared fields that are not there, or are null and may not be.
fn fill_missing(value: &mut Value, schema: &Value) {
    for (name, property) in schema.get("properties").fields() {
        let there = value.as_map().and_then(|it| it.get(name));
        let is_missing = there.is_none_or(|it| it.is_null() && !property.get("nullable").is_true());
        let default = property.get("default");
        if is_missing && !default.is_null() {
            value.map_mut().insert(name.clone(), default.clone());
        } else if is_missing && there.is_some() {
            value.map_mut().remove(name);
        }
    }
}

fn fill_fields(value: &mut Value, schema: &Value) {
    let fields: Vec<_> = value.fields().to_vec();
    for (name, field) in fields {
        let inner = below(schema, &name);
        if inner.as_map().is_none() {
            continue;
        }
        let mut filled = field.clone();
        if field.is_null() && !inner.get("nullable").is_true() && !inner.get("default").is_null() {
            filled = inner.get("default").clone();
        }
        fill(&mut filled, inner);
        if filled != field {
            value.map_mut().insert(name, filled);
        }
    }
}
