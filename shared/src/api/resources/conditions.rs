//! Conditions of a status: set one, keeping its transition time if its status stays.

use crate::model::{Object, Time, Value};

/// Sets the condition `kind` of a pod to `status`.
pub(crate) fn set(object: &mut Object, kind: &str, status: &str, now: Time) {
    let old = object.condition(kind).clone();
    if old.get("status").str() == status && old.get("reason").is_null() {
        return;
    }
    let since =
        if old.get("status").str() == status { old.get("lastTransitionTime").clone() } else { now.to_string().into() };
    let new = Value::from([
        ("type", kind.into()),
        ("status", status.into()),
        ("lastProbeTime", Value::Null),
        ("lastTransitionTime", since),
    ]);
    let conditions = object.entry("status.conditions").list_mut();
    match conditions.iter_mut().find(|it| it.get("type").str() == kind) {
        Some(place) => *place = new,
        None => conditions.push(new),
    }
}
