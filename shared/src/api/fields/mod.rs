//! Sets of fields: which parts of an object a manager has set, and how two objects differ.
//!
//! Upstream: `sigs.k8s.io/structured-merge-diff` (`fieldpath`, `typed`), `k8s.io/apimachinery/pkg/util/managedfields`.
//! Pure: knows nothing of requests. The schema says what a leaf is and by which keys the items of a list are told apart.

mod compare;
mod managed;
mod merge;
mod set;
mod shape;
mod typed;

pub(super) use compare::compare;
pub(super) use managed::{
    Entry, Operation, before_first_apply, read as read_managed, stripped, track, write as write_managed,
};
pub(super) use merge::{merge, prune};
pub(super) use set::Set;
pub(super) use shape::Shape;
pub(super) use typed::{check, set_of};
