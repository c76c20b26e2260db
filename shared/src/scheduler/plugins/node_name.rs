//! Holds a pod to the node it names. Upstream: `plugins/nodename/node_name.go`.

use crate::scheduler::node::{Node, NodeFacts};
use crate::scheduler::plugins::Plugin;
use crate::scheduler::pod::PodFacts;
use crate::scheduler::retry::Retry;
use crate::scheduler::situation::Situation;
use crate::scheduler::verdict::{Cure, Verdict};

/// One line of the registry.
pub(super) const PLUGIN: Plugin = Plugin {
    name: "NodeName",
    retry_on: &[Retry::NodeAdded],
    helps: |pod, event| event.node_now(|node| is_named(pod, node)),
    filter: Some(filter),
    ..Plugin::NONE
};

fn filter(situation: &Situation<'_>, node: &Node) -> Verdict {
    let named = is_named(situation.pod, node.facts());
    Verdict::fits_or(named, "node(s) didn't match the requested node name", Cure::Change)
}

fn is_named(pod: &PodFacts, node: &NodeFacts) -> bool {
    pod.node_name.is_empty() || pod.node_name == node.name
}
