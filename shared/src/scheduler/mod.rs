//! The scheduler: which pod is next, and which node it goes to.
//!
//! Upstream: `pkg/scheduler/schedule_one.go`, `pkg/scheduler/backend/queue`, `pkg/scheduler/framework`.
//! Knows nothing of controllers and kubelets; binds by writing a Binding.

use crate::model::{Key, Time};
use crate::plan::Plan;
use crate::store::Change;
use crate::trace::Revision;

/// The scheduler's memory: its queue and what it knows of nodes and pods.
#[derive(Clone, Debug, Default)]
pub struct Scheduler {
    seen: Revision,
}

/// One scheduling cycle: the pod it was about and what it decided.
#[derive(Clone, Debug, PartialEq)]
pub struct Cycle {
    /// The pod.
    pub pod: Key,
    /// The binding, or the condition and event that say why there is none.
    pub plan: Plan,
    /// The changes that put the pod on the queue, newest last; empty for another try after a back-off.
    pub woken_by: Vec<Revision>,
}

impl Scheduler {
    /// Takes in one change that its watch delivered.
    pub fn observe(&mut self, change: &Change, _now: Time) {
        self.seen = change.revision;
    }

    /// When there is something to schedule: now or earlier for a pod that is ready, later for one that backs off.
    pub fn next_due(&self) -> Option<Time> {
        None
    }

    /// Schedules the next pod, if one is due. The pod counts as placed (assumed) until its binding is observed.
    pub fn cycle(&mut self, _now: Time) -> Option<Cycle> {
        None
    }

    /// Learns that the plan of `pod`'s last cycle was refused: forgets the assumed placement and tries again later.
    pub fn refused(&mut self, _pod: &Key, _now: Time) {}
}
