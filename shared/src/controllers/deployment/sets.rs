//! What a rollout reads off a `ReplicaSet`, and the orders in which it goes through several.
//!
//! Upstream: `pkg/controller/controller_utils.go` (`ReplicaSetsByCreationTimestamp`, `ReplicaSetsBySizeOlder`, …).

use crate::model::Object;
use std::cmp::{Ordering, Reverse};

/// `spec.replicas`.
pub(super) fn replicas(set: &Object) -> i64 {
    set.at("spec.replicas").int_or(0)
}

/// `status.replicas`: the pods that it has.
pub(super) fn actual(set: &Object) -> i64 {
    set.at("status.replicas").int_or(0)
}

/// `status.readyReplicas`.
pub(super) fn ready(set: &Object) -> i64 {
    set.at("status.readyReplicas").int_or(0)
}

/// `status.availableReplicas`.
pub(super) fn available(set: &Object) -> i64 {
    set.at("status.availableReplicas").int_or(0)
}

/// Oldest first; of equal age by name.
pub(super) fn older_first(a: &Object, b: &Object) -> Ordering {
    a.created().cmp(&b.created()).then_with(|| a.name().cmp(&b.name()))
}

/// Newest first.
pub(super) fn newer_first(a: &Object, b: &Object) -> Ordering {
    older_first(b, a)
}

/// Largest first; of equal size the older.
pub(super) fn larger_then_older(a: &Object, b: &Object) -> Ordering {
    Reverse(replicas(a)).cmp(&Reverse(replicas(b))).then_with(|| older_first(a, b))
}

/// Largest first; of equal size the newer.
pub(super) fn larger_then_newer(a: &Object, b: &Object) -> Ordering {
    Reverse(replicas(a)).cmp(&Reverse(replicas(b))).then_with(|| newer_first(a, b))
}
