//! Node selectors and node affinity, required and preferred. Upstream: `plugins/nodeaffinity/node_affinity.go`.

use crate::scheduler::node::{Node, NodeFacts};
use crate::scheduler::plugins::{Plugin, Score, up_to_most};
use crate::scheduler::pod::PodFacts;
use crate::scheduler::retry::Retry;
use crate::scheduler::situation::Situation;
use crate::scheduler::verdict::{Cure, Verdict};

/// One line of the registry.
pub(super) const PLUGIN: Plugin = Plugin {
    name: "NodeAffinity",
    retry_on: &[Retry::NodeAdded, Retry::NodeLabels],
    helps: |pod, event| event.node_now(|node| admits(pod, node)),
    filter: Some(filter),
    score: Some(Score {
        weight: 2,
        applies: |situation| !situation.pod.affinity.preferred.is_empty(),
        of: score,
        normalize: up_to_most,
    }),
};

fn filter(situation: &Situation<'_>, node: &Node) -> Verdict {
    let admitted = admits(situation.pod, node.facts());
    Verdict::fits_or(admitted, "node(s) didn't match Pod's node affinity/selector", Cure::Change)
}

/// True if the node has all that the pod requires of labels and name.
pub(crate) fn admits(pod: &PodFacts, node: &NodeFacts) -> bool {
    pod.affinity.asks_nothing() || pod.affinity.admits(&node.name, &node.labels)
}

/// The sum of the weights of the preferences that the node meets.
fn score(situation: &Situation<'_>, node: &Node) -> i64 {
    let facts = node.facts();
    let met = situation.pod.affinity.preferred.iter().filter(|(_, term)| term.holds(&facts.name, &facts.labels));
    met.map(|(weight, _)| weight).sum()
}
