//! Takes away the fields that a structural schema does not know.
//!
//! Upstream: `k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning/algorithm.go`.

use crate::api::custom::{below, keeps_unknown};
use crate::model::Value;
use crate::model::decode::UNKNOWN_FIELDS_MAX;

/// The fields that every object has.
const OBJECT_FIELDS: [&str; 3] = ["apiVersion", "kind", "metadata"];

/// Takes unknown fields of a whole object away and names them: `unknown field "spec.foo"`.
pub(super) fn prune(object: &mut Value, schema: &Value, unknown: &mut Vec<String>) {
    prune_fields(object, schema, &mut String::new(), IsObject::Yes, unknown);
}

/// True if a value with this schema has no field that the schema does not know.
pub(super) fn is_pruned(value: &Value, schema: &Value) -> bool {
    let mut unknown = Vec::new();
    prune_value(&mut value.clone(), schema, &mut String::new(), &mut unknown);
    unknown.is_empty()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum IsObject {
    Yes,
    No,
}

fn prune_value(value: &mut Value, schema: &Value, path: &mut String, unknown: &mut Vec<String>) {
    match value {
        Value::Map(_) => {
            let embedded = schema.get("x-kubernetes-embedded-resource").is_true();
            let is_object = if embedded { IsObject::Yes } else { IsObject::No };
            prune_fields(value, schema, path, is_object, unknown);
        }
        Value::List(_) => {
            let items = schema.get("items");
            for index in 0..value.items().len() {
                let mut item = value.items()[index].clone();
                at(path, &format!("[{index}]"), |path| prune_value(&mut item, items, path, unknown));
                if item != value.items()[index] {
                    value.list_mut()[index] = item;
                }
            }
        }
        _ => {}
    }
}

fn prune_fields(value: &mut Value, schema: &Value, path: &mut String, is_object: IsObject, unknown: &mut Vec<String>) {
    let fields: Vec<_> = value.fields().to_vec();
    for (name, field) in fields {
        if is_object == IsObject::Yes && OBJECT_FIELDS.contains(&name.as_str()) {
            continue;
        }
        let inner = below(schema, &name);
        let step = if path.is_empty() { name.to_string() } else { format!(".{name}") };
        if inner.as_map().is_some() {
            let mut pruned = field.clone();
            at(path, &step, |path| prune_value(&mut pruned, inner, path, unknown));
            if pruned != field {
                value.map_mut().insert(name, pruned);
            }
        } else if !keeps_unknown(schema) {
            value.map_mut().remove(&name);
            if unknown.len() < UNKNOWN_FIELDS_MAX {
                unknown.push(format!("unknown field \"{path}{step}\""));
            }
        }
    }
}

fn at(path: &mut String, step: &str, visit: impl FnOnce(&mut String)) {
    let length = path.len();
    path.push_str(step);
    visit(path);
    path.truncate(length);
}
