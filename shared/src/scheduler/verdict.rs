//! What plugins say about a node, and the sentence that becomes of it when no node will do.
//!
//! Upstream: `pkg/scheduler/framework/types.go` (`FitError`, `Diagnosis`).

use crate::model::{Order, Text};
use crate::scheduler::fleet::Slot;
use std::collections::BTreeMap;

/// What a plugin says about a pod and a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The plugin has nothing against it.
    Fits,
    /// The node will not do.
    Rejected(Rejection),
}

/// Why a node will not do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rejection {
    /// In the words of the API: `Insufficient cpu`.
    pub(crate) reasons: Vec<Text>,
    /// Whether it would do if other pods went away.
    pub(crate) cure: Cure,
}

/// What could turn a rejection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cure {
    /// Other pods going away (upstream: `Unschedulable`).
    Preemption,
    /// Only a change of the node or the pod (upstream: `UnschedulableAndUnresolvable`).
    Change,
}

/// The plugins that rejected a node, by their bits in the registry's order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rejecters(pub(crate) u32);

/// Why no node will do.
#[derive(Clone, Debug, Default)]
pub(crate) struct Diagnosis {
    /// How many nodes there are.
    pub(crate) nodes: usize,
    /// What each looked-at node was rejected for.
    pub(crate) rejections: Vec<(Slot, Rejection)>,
    /// What holds for every node that was not looked at.
    pub(crate) others: Option<Text>,
    /// What holds for the pod, whatever the node.
    pub(crate) pod: Option<Text>,
    /// Who rejected.
    pub(crate) by: Rejecters,
    /// What preemption said.
    pub(crate) preemption: String,
}

impl Verdict {
    /// Rejected for one reason.
    pub(crate) fn rejected(reason: &'static str, cure: Cure) -> Self {
        Self::Rejected(Rejection { reasons: vec![Text::new_static(reason)], cure })
    }

    /// [`Verdict::Fits`] if `fits`, otherwise rejected for one reason.
    pub(crate) fn fits_or(fits: bool, reason: &'static str, cure: Cure) -> Self {
        if fits { Self::Fits } else { Self::rejected(reason, cure) }
    }
}

impl Rejecters {
    /// Adds the plugin with this place in the registry.
    pub(crate) fn insert(&mut self, plugin: usize) {
        self.0 |= 1 << plugin;
    }

    /// True if the plugin with this place is among them.
    pub(crate) fn contains(self, plugin: usize) -> bool {
        self.0 & (1 << plugin) != 0
    }

    /// True without any.
    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl Diagnosis {
    /// The sentence of the `PodScheduled` condition and the `FailedScheduling` event.
    pub(crate) fn message(&self) -> String {
        let reasons = self.pod.as_ref().map_or_else(|| self.histogram(), ToString::to_string);
        let reasons = if reasons.is_empty() { reasons } else { format!(" {reasons}.") };
        let preemption = if self.preemption.is_empty() { "" } else { " " };
        format!("0/{} nodes are available:{reasons}{preemption}{}", self.nodes, self.preemption)
    }

    /// How many nodes were rejected for each reason, sorted as text.
    fn histogram(&self) -> String {
        let mut counts = BTreeMap::<&Text, usize>::new();
        for reason in self.rejections.iter().flat_map(|(_, it)| &it.reasons) {
            *counts.entry(reason).or_default() += 1;
        }
        if let Some(reason) = &self.others {
            *counts.entry(reason).or_default() += self.nodes - self.rejections.len();
        }
        let counted = counts.into_iter().filter(|(_, count)| *count > 0);
        let mut parts: Vec<_> = counted.map(|(reason, count)| format!("{count} {reason}")).collect();
        parts.order();
        parts.join(", ")
    }
}
