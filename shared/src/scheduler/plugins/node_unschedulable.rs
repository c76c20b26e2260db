//! Keeps pods off cordoned nodes. Upstream: `plugins/nodeunschedulable/node_unschedulable.go`.

use crate::model::Text;
use crate::scheduler::affinity::Taint;
use crate::scheduler::node::{Node, NodeFacts};
use crate::scheduler::plugins::Plugin;
use crate::scheduler::pod::PodFacts;
use crate::scheduler::retry::Retry;
use crate::scheduler::situation::Situation;
use crate::scheduler::verdict::{Cure, Verdict};

/// One line of the registry.
pub(super) const PLUGIN: Plugin = Plugin {
    name: "NodeUnschedulable",
    retry_on: &[Retry::NodeAdded, Retry::NodeTaints],
    helps: |pod, event| event.node_now(|node| takes(pod, node)),
    filter: Some(filter),
    ..Plugin::NONE
};

fn filter(situation: &Situation<'_>, node: &Node) -> Verdict {
    Verdict::fits_or(takes(situation.pod, node.facts()), "node(s) were unschedulable", Cure::Change)
}

/// A cordon counts as a taint, which daemons tolerate.
fn takes(pod: &PodFacts, node: &NodeFacts) -> bool {
    const CORDON: Taint = Taint {
        key: Text::new_static("node.kubernetes.io/unschedulable"),
        value: Text::new_static(""),
        effect: Text::new_static("NoSchedule"),
    };
    !node.unschedulable || CORDON.is_tolerated(&pod.tolerations)
}
