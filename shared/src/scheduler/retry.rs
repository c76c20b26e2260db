//! What happens in the cluster that can help a pod which found no node, and which plugins it can help.
//!
//! Upstream: `pkg/scheduler/eventhandlers.go`, `EventsToRegister` and the queueing hints of each plugin.

use crate::scheduler::node::NodeFacts;
use crate::scheduler::pod::PodFacts;

/// A kind of event; plugins say which of them can turn their refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Retry {
    /// A node was added.
    NodeAdded,
    /// A node went away.
    NodeRemoved,
    /// A node's labels changed.
    NodeLabels,
    /// A node's taints, or whether it takes pods at all, changed.
    NodeTaints,
    /// What a node has to give changed.
    NodeAllocatable,
    /// A pod that had a node is gone or finished.
    PodGone,
    /// A pod got a node.
    PodPlaced,
    /// The labels of a pod that has a node changed, or its deletion began.
    PodChanged,
}

/// What happened.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Event<'a> {
    /// To a node: what it was and is; `None` before it was added or after it was removed.
    Node {
        /// Before.
        before: Option<&'a NodeFacts>,
        /// After.
        after: Option<&'a NodeFacts>,
    },
    /// To a pod that has, or had, a node.
    Pod {
        /// The pod.
        pod: &'a PodFacts,
        /// What happened to it.
        kind: Retry,
    },
}

impl Event<'_> {
    /// The kinds of event that it is.
    pub(crate) fn kinds(&self) -> Vec<Retry> {
        match self {
            Event::Pod { kind, .. } => vec![*kind],
            Event::Node { before: None, .. } => vec![Retry::NodeAdded],
            Event::Node { after: None, .. } => vec![Retry::NodeRemoved],
            Event::Node { before: Some(before), after: Some(after) } => changes(before, after),
        }
    }

    /// True if it gave a node the property `fits`, which the node lacked or did not exist before.
    pub(crate) fn node_now(&self, fits: impl Fn(&NodeFacts) -> bool) -> bool {
        match self {
            Event::Pod { .. } => false,
            Event::Node { before, after } => after.is_some_and(&fits) && !before.is_some_and(&fits),
        }
    }
}

fn changes(before: &NodeFacts, after: &NodeFacts) -> Vec<Retry> {
    let taints = before.taints != after.taints || before.unschedulable != after.unschedulable;
    let room = before.allocatable != after.allocatable || before.pods_max != after.pods_max;
    let all = [
        (before.labels != after.labels, Retry::NodeLabels),
        (taints, Retry::NodeTaints),
        (room, Retry::NodeAllocatable),
    ];
    all.into_iter().filter(|(changed, _)| *changed).map(|(_, kind)| kind).collect()
}
