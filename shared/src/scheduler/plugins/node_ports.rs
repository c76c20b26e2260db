//! Gives each host port to one pod per node. Upstream: `plugins/nodeports/node_ports.go`.

use crate::scheduler::node::Node;
use crate::scheduler::plugins::Plugin;
use crate::scheduler::pod::{HostPort, PodFacts};
use crate::scheduler::retry::{Event, Retry};
use crate::scheduler::situation::Situation;
use crate::scheduler::verdict::{Cure, Verdict};

/// One line of the registry.
pub(super) const PLUGIN: Plugin = Plugin {
    name: "NodePorts",
    retry_on: &[Retry::NodeAdded, Retry::PodGone],
    helps,
    filter: Some(filter),
    ..Plugin::NONE
};

fn filter(situation: &Situation<'_>, node: &Node) -> Verdict {
    let free = !conflict(&situation.pod.ports, &node.ports);
    Verdict::fits_or(free, "node(s) didn't have free ports for the requested pod ports", Cure::Preemption)
}

fn helps(pod: &PodFacts, event: &Event<'_>) -> bool {
    match event {
        Event::Node { .. } => true,
        Event::Pod { pod: gone, .. } => conflict(&pod.ports, &gone.ports),
    }
}

fn conflict(wanted: &[HostPort], used: &[HostPort]) -> bool {
    wanted.iter().any(|it| used.iter().any(|other| it.conflicts(other)))
}
