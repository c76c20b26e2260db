//! What many kinds share: filling a field, lists of structures, generation, the status kept apart.

use crate::model::{Object, Value};

/// Puts `value` at `field` if nothing is there.
pub(super) fn default(place: &mut Value, field: &str, value: impl Into<Value>) {
    if place.at(field).is_null() {
        place.set(field, value);
    }
}

/// Puts `value` at `field` if nothing or an empty value is there.
pub(super) fn default_empty(place: &mut Value, field: &str, value: impl Into<Value>) {
    if place.at(field).is_empty() {
        place.set(field, value);
    }
}

/// Lets `change` work on the field of a map; what it leaves alone stays shared with other revisions.
pub(super) fn within(place: &mut Value, field: &str, change: impl FnOnce(&mut Value)) {
    let old = place.get(field);
    if old.is_null() {
        return;
    }
    let mut new = old.clone();
    change(&mut new);
    if new != *place.get(field) {
        place.map_mut().insert(field, new);
    }
}

/// Lets `change` work on each item of the list in a field; what it leaves alone stays shared.
pub(super) fn each(place: &mut Value, field: &str, change: impl Fn(&mut Value)) {
    for index in 0..place.get(field).items().len() {
        let old = &place.get(field).items()[index];
        let mut new = old.clone();
        change(&mut new);
        if new != *old {
            place.map_mut().entry(field).list_mut()[index] = new;
        }
    }
}

/// Gives `new` the value that `old` has at a dotted path.
pub(crate) fn keep(new: &mut Object, old: &Object, field: &str) {
    let kept = old.at(field);
    if new.at(field) == kept {
        return;
    }
    match kept {
        Value::Null => drop(new.remove(field)),
        _ => new.set(field, kept),
    }
}

/// A new object of a kind with a generation starts at 1 with an empty status.
pub(super) fn start_generation(object: &mut Object) {
    object.set("metadata.generation", 1);
    object.set("status", Value::map());
}

/// Keeps the old status; a changed spec is a new generation.
pub(super) fn next_generation(new: &mut Object, old: &Object) {
    keep(new, old, "status");
    count_generation(new, old);
}

/// A changed spec is a new generation.
pub(super) fn count_generation(new: &mut Object, old: &Object) {
    let generation = old.generation() + i64::from(new.get("spec") != old.get("spec"));
    if new.generation() != generation {
        new.set("metadata.generation", generation);
    }
}
