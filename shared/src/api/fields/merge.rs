//! Merges an applied object into the stored one, and takes away what is applied no more.
//!
//! Upstream: `structured-merge-diff/typed/{merge,remove}.go`, `merge/update.go` (`prune`).

use crate::api::fields::set::Set;
use crate::api::fields::shape::{Shape, item_key, items, key_of};
use crate::model::{List, Map, Text, Value};

/// `old` with everything that `applied` says.
pub(crate) fn merge(old: &Value, applied: &Value, shape: Shape<'_>) -> Value {
    match (shape, old, applied) {
        (Shape::Struct(..) | Shape::Map(..) | Shape::Deduced, Value::Map(_), Value::Map(_)) => {
            merge_fields(old, applied, shape)
        }
        (Shape::Keyed(..) | Shape::Scalars(_), Value::List(_), Value::List(_)) => merge_items(old, applied, shape),
        _ => applied.clone(),
    }
}

fn merge_fields(old: &Value, applied: &Value, shape: Shape<'_>) -> Value {
    let mut merged = old.clone();
    for (name, value) in applied.fields() {
        let new = shape.child(name).map_or_else(|| value.clone(), |inner| merge(old.get(name), value, inner));
        if new != *old.get(name) || !old.as_map().is_some_and(|it| it.contains_key(name)) {
            merged.map_mut().insert(name.clone(), new);
        }
    }
    merged
}

/// The order is that of the applied items; what others own keeps its place before the item that it stood before.
fn merge_items(old: &Value, applied: &Value, shape: Shape<'_>) -> Value {
    let (before, new) = (items(old, shape), items(applied, shape));
    let has = |list: &[(Text, &Value)], key: &Text| list.iter().any(|(other, _)| other == key);
    let mut merged: Vec<(Text, Value)> = Vec::with_capacity(before.len() + new.len());
    let (mut left, mut right) = (before.iter().peekable(), new.iter().peekable());
    loop {
        while left.next_if(|(key, _)| merged.iter().any(|(done, _)| done == key)).is_some() {}
        if let Some((key, value)) = left.next_if(|(key, _)| !has(&new, key)) {
            merged.push((key.clone(), (*value).clone()));
        } else if let Some((key, value)) = right.next() {
            let there = before.iter().find(|(other, _)| other == key).map_or(&Value::Null, |(_, it)| *it);
            let inner = if let Shape::Keyed(_, schema, id) = shape { Some(Shape::Struct(schema, id)) } else { None };
            merged.push((key.clone(), inner.map_or_else(|| (*value).clone(), |inner| merge(there, value, inner))));
        } else {
            break;
        }
    }
    merged.into_iter().map(|(_, value)| value).collect()
}

/// `value` without the fields of `last` that nobody owns any more.
pub(crate) fn prune(value: &Value, last: &Set, owned: &Set, shape: Shape<'_>) -> Value {
    match (shape, value) {
        (Shape::Struct(..) | Shape::Map(..) | Shape::Deduced, Value::Map(map)) => {
            let kept = map.iter().filter_map(|(name, it)| {
                let element = crate::api::fields::set::field(name);
                Some((name.clone(), pruned_child(it, &element, last, owned, shape.child(name))?))
            });
            Value::Map(kept.collect::<Map>())
        }
        (Shape::Keyed(keys, schema, id), Value::List(items)) => {
            let kept = items.iter().filter_map(|it| match key_of(it, keys, schema, id) {
                Ok(element) => pruned_child(it, &element, last, owned, Some(Shape::Struct(schema, id))),
                Err(_) => Some(it.clone()),
            });
            Value::List(kept.collect::<List>())
        }
        (Shape::Scalars(_), Value::List(items)) => {
            let kept = items.iter().filter_map(|it| pruned_child(it, &item_key(it), last, owned, None));
            Value::List(kept.collect::<List>())
        }
        _ => value.clone(),
    }
}

fn pruned_child(value: &Value, element: &Text, last: &Set, owned: &Set, shape: Option<Shape<'_>>) -> Option<Value> {
    let Some(last) = last.children.get(element) else { return Some(value.clone()) };
    let owned = owned.children.get(element)?;
    Some(shape.map_or_else(|| value.clone(), |shape| prune(value, last, owned, shape)))
}
