//! The scheduler's plugins: each is one file here and one line in [`PLUGINS`].
//!
//! Upstream: `pkg/scheduler/apis/config/v1/default_plugins.go` (order and weights), `pkg/scheduler/framework/plugins`.
//! Left out: `InterPodAffinity`, the volume plugins and `DynamicResources`; pods that ask for them are placed without.

mod image_locality;
mod node_affinity;
mod node_name;
mod node_ports;
mod node_resources;
mod node_unschedulable;
mod pod_topology_spread;
mod taint_toleration;

pub(crate) use node_affinity::admits;
pub(crate) use taint_toleration::tolerates;

use crate::scheduler::node::Node;
use crate::scheduler::pod::PodFacts;
use crate::scheduler::retry::{Event, Retry};
use crate::scheduler::situation::Situation;
use crate::scheduler::verdict::Verdict;

/// The best score that a node can get from one plugin, before its weight.
pub(crate) const SCORE_MAX: i64 = 100;

/// A filter, a score, or both.
#[derive(Clone, Copy)]
pub(crate) struct Plugin {
    /// As upstream names it.
    pub(crate) name: &'static str,
    /// The events that can turn its rejection.
    pub(crate) retry_on: &'static [Retry],
    /// Whether such an event can help this pod; may say yes in vain, must not say no in vain.
    pub(crate) helps: fn(&PodFacts, &Event<'_>) -> bool,
    /// Whether the pod can be on the node.
    pub(crate) filter: Option<fn(&Situation<'_>, &Node) -> Verdict>,
    /// How good the node is.
    pub(crate) score: Option<Score>,
}

/// How a plugin scores.
#[derive(Clone, Copy)]
pub(crate) struct Score {
    /// How much it counts.
    pub(crate) weight: i64,
    /// Whether it has an opinion about this pod at all.
    pub(crate) applies: fn(&Situation<'_>) -> bool,
    /// The raw score.
    pub(crate) of: fn(&Situation<'_>, &Node) -> i64,
    /// Brings the raw scores of all nodes to 0 to [`SCORE_MAX`].
    pub(crate) normalize: fn(&mut [i64]),
}

/// All plugins, in the order in which they filter.
pub(crate) const PLUGINS: &[Plugin] = &[
    node_unschedulable::PLUGIN,
    node_name::PLUGIN,
    taint_toleration::PLUGIN,
    node_affinity::PLUGIN,
    node_ports::PLUGIN,
    node_resources::FIT,
    pod_topology_spread::PLUGIN,
    node_resources::BALANCED,
    image_locality::PLUGIN,
];

impl Plugin {
    /// Neither filters nor scores.
    const NONE: Self = Self { name: "", retry_on: &[], helps: |_, _| true, filter: None, score: None };
}

/// Leaves scores as they are.
fn as_is(_: &mut [i64]) {}

/// The most becomes [`SCORE_MAX`], the rest in proportion.
fn up_to_most(scores: &mut [i64]) {
    let most = scores.iter().copied().max().unwrap_or(0);
    if most > 0 {
        for it in scores {
            *it = SCORE_MAX * *it / most;
        }
    }
}

/// The most becomes 0, nothing becomes [`SCORE_MAX`], the rest in proportion.
fn down_from_most(scores: &mut [i64]) {
    up_to_most(scores);
    for it in scores {
        *it = SCORE_MAX - *it;
    }
}
