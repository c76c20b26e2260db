//! What the value of a mutation makes of an object.
//!
//! Upstream: `plugin/policy/mutating/patch/{smd,json_patch}.go`, `pkg/cel/mutation/dynamic/objects.go`.
//! `DIFFERENCE`: objects of custom resources are merged by their maps alone, since nothing says which lists have keys.

use crate::api::fields::{self, Shape};
use crate::api::patch;
use crate::cel::Val;
use crate::model::schema::{Kind, Schema};
use crate::model::{Object, Value};

/// The object with everything that an apply configuration says.
///
/// # Errors
/// It does not fit the object's type, or would replace what can only be replaced as a whole.
pub(super) fn apply(object: &Object, configuration: &Val) -> Result<Object, String> {
    check_names(configuration, "Object").map_err(|why| format!("type mismatch: {why}"))?;
    let mut applied = configuration.to_value().ok_or("apply configuration has a value that no object can hold")?;
    applied.set("apiVersion", object.get("apiVersion"));
    applied.set("kind", object.get("kind"));
    let Some(id) = Schema::get().find(object.api_version(), object.kind()) else {
        return Ok(Object(merge_maps(object, &applied)));
    };
    let shape = Shape::Struct(Schema::get(), id);
    let wrong = |why: String| format!("error applying patch: {why}");
    fields::check(&applied, shape, &mut String::new())
        .map_err(|why| wrong(format!("failed to convert patch object to typed object: {why}")))?;
    let mut atomics = Vec::new();
    find_atomics(&applied, shape, &mut String::new(), &mut atomics);
    if !atomics.is_empty() {
        let places = atomics.join(", ");
        return Err(wrong(format!(
            "invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: {places}"
        )));
    }
    Ok(Object(fields::merge(object, &applied, shape)))
}

/// The object after the steps of a JSON patch.
///
/// # Errors
/// A step does not fit.
pub(super) fn patch(object: &Object, steps: &Val) -> Result<Object, String> {
    let steps = steps.to_value().ok_or("JSONPatch has a value that no object can hold")?;
    patch::apply_json(object, &steps).map_err(|it| {
        let prefix = "the server rejected our request due to an error in our request: ";
        it.message.strip_prefix(prefix).unwrap_or(&it.message).to_owned()
    })
}

/// Each message must be named after the place where it stands.
fn check_names(value: &Val, wanted: &str) -> Result<(), String> {
    match value {
        Val::Struct(it) if it.name != wanted => Err(format!(
            "unexpected type name \"{}\", expected \"{wanted}\", which matches field name path from root Object type",
            it.name
        )),
        Val::Struct(it) => {
            it.fields.iter().try_for_each(|(name, value)| check_names(value, &format!("{wanted}.{name}")))
        }
        Val::List(it) => it.iter().try_for_each(|it| check_names(&it, wanted)),
        Val::Map(it) => it.entries().iter().try_for_each(|(_, it)| check_names(it, wanted)),
        Val::Optional(Some(it)) => check_names(it, wanted),
        _ => Ok(()),
    }
}

/// The places where a value would be replaced as a whole that has parts.
fn find_atomics(value: &Value, shape: Shape<'_>, path: &mut String, found: &mut Vec<String>) {
    let length = path.len();
    match shape {
        Shape::Leaf(Kind::List(_) | Kind::Map(_) | Kind::Object(_)) if !value.is_null() => found.push(path.clone()),
        Shape::Leaf(_) | Shape::Scalars(_) | Shape::Deduced => {}
        Shape::Struct(..) | Shape::Map(..) => {
            for (name, value) in value.fields() {
                path.push('.');
                path.push_str(name);
                if let Some(inner) = shape.child(name) {
                    find_atomics(value, inner, path, found);
                }
                path.truncate(length);
            }
        }
        Shape::Keyed(keys, schema, id) => {
            for item in value.items() {
                let keys: Vec<_> = keys.iter().filter(|key| !item.get(key).is_null()).collect();
                let keys: Vec<_> = keys.iter().map(|key| format!("{key}={}", item.get(key).to_json())).collect();
                path.push('[');
                path.push_str(&keys.join(","));
                path.push(']');
                find_atomics(item, Shape::Struct(schema, id), path, found);
                path.truncate(length);
            }
        }
    }
}

fn merge_maps(old: &Value, new: &Value) -> Value {
    if old.as_map().is_none() || new.as_map().is_none() {
        return new.clone();
    }
    let mut merged = old.clone();
    for (name, value) in new.fields() {
        let value = merge_maps(old.get(name), value);
        merged.map_mut().insert(name.clone(), value);
    }
    merged
}
