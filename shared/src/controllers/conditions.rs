//! `status.conditions` of workloads, and counts that are left out when they are zero.
//!
//! Upstream: `SetDeploymentCondition`, `SetCondition` of `ReplicaSets`: a replaced condition moves to the end.

use crate::model::{Text, Time, Value};

/// A condition to be put into a status.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Condition {
    /// `Progressing`.
    pub(crate) kind: &'static str,
    /// `True`, `False` or `Unknown`.
    pub(crate) status: &'static str,
    /// `NewReplicaSetCreated`.
    pub(crate) reason: Text,
    /// What people read.
    pub(crate) message: Text,
}

impl Condition {
    /// A condition.
    pub(crate) fn new(
        kind: &'static str,
        status: &'static str,
        reason: impl Into<Text>,
        message: impl Into<Text>,
    ) -> Self {
        Self { kind, status, reason: reason.into(), message: message.into() }
    }

    /// The entry as the API writes it, changed at `now`.
    pub(crate) fn to_value(&self, now: Time) -> Value {
        Value::from([
            ("type", self.kind.into()),
            ("status", self.status.into()),
            ("reason", (&self.reason).into()),
            ("message", (&self.message).into()),
            ("lastTransitionTime", now.to_string().into()),
        ])
    }
}

/// The condition `kind` of a status; null without it.
pub(crate) fn find<'a>(status: &'a Value, kind: &str) -> &'a Value {
    const NONE: &Value = &Value::Null;
    status.get("conditions").items().iter().find(|it| it.get("type").str() == kind).unwrap_or(NONE)
}

/// Puts a condition at the end of a status, in place of an earlier one of its type.
pub(crate) fn put(status: &mut Value, condition: Value) {
    let kind = condition.get("type").text();
    let conditions = status.entry("conditions").list_mut();
    conditions.retain(|it| it.get("type").str() != kind);
    conditions.push(condition);
}

/// Takes a condition away from a status.
pub(crate) fn take(status: &mut Value, kind: &str) {
    if find(status, kind).is_null() {
        return;
    }
    status.entry("conditions").list_mut().retain(|it| it.get("type").str() != kind);
    if status.get("conditions").is_empty() {
        status.remove("conditions");
    }
}

/// Puts a count into a status; zero is left out.
pub(crate) fn put_count(status: &mut Value, field: &str, count: i64) {
    match count {
        0 => drop(status.remove(field)),
        _ => status.set(field, count),
    }
}
