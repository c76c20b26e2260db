//! Faults: what can go wrong in a cluster, on demand.

use crate::api::{Request, Target, Verb};
use crate::cluster::Cluster;
use crate::cluster::agenda::Part;
use crate::model::key::resources::NODES;
use crate::model::{Key, Span, Text};
use crate::sim;
use crate::trace::{Action, ActionKind, Cause};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A fault, or the end of one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fault {
    /// Kills a container's process with SIGKILL.
    KillContainer {
        /// The pod.
        pod: Key,
        /// The container's name.
        container: Text,
    },
    /// Makes a container use more memory than its limit.
    OutOfMemory {
        /// The pod.
        pod: Key,
        /// The container's name.
        container: Text,
    },
    /// Containers of an image exit with code 1 soon after each start.
    CrashLoop {
        /// `nginx:1.27`.
        image: Text,
        /// False ends the fault.
        on: bool,
    },
    /// A node loses power or network: no heartbeats, no reports.
    NodeDown {
        /// The node.
        node: Text,
        /// False brings it back.
        on: bool,
    },
    /// Pulls take `factor` times as long on all nodes; 1 ends the fault.
    SlowPull {
        /// At least 1.
        factor: u32,
    },
    /// Watches of one part of the cluster deliver late.
    DelayWatch {
        /// `controllers`, `scheduler` or a node's name.
        process: Text,
        /// By how much; zero ends the fault.
        by: Span,
    },
    /// Connections to a port of a pod are refused.
    RefusePort {
        /// The pod.
        pod: Key,
        /// The port.
        port: u16,
        /// False ends the fault.
        on: bool,
    },
    /// A node is added to the cluster.
    AddNode,
    /// A node is taken out of the cluster for good: its machine and its Node object.
    RemoveNode {
        /// The node.
        node: Text,
    },
}

/// How long a container of a crash-looping image runs before it exits.
const CRASH_AFTER: Span = Span::millis(600);
/// What watches of the controllers are called in [`Fault::DelayWatch`].
const CONTROLLERS: &str = "controllers";
/// What the watch of the scheduler is called in [`Fault::DelayWatch`].
const SCHEDULER: &str = "scheduler";

impl fmt::Display for Fault {
    /// In a few words, as the timeline and the trace show it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::KillContainer { pod, container } => write!(f, "kill container {container} of {}", pod.name),
            Self::OutOfMemory { pod, container } => {
                write!(f, "exhaust memory of container {container} of {}", pod.name)
            }
            Self::CrashLoop { image, on: true } => write!(f, "crash-loop {image}"),
            Self::CrashLoop { image, on: false } => write!(f, "stop crash-looping {image}"),
            Self::NodeDown { node, on: true } => write!(f, "take {node} down"),
            Self::NodeDown { node, on: false } => write!(f, "bring {node} back"),
            Self::SlowPull { factor: 1 } => f.write_str("pull images at normal speed"),
            Self::SlowPull { factor } => write!(f, "pull images {factor} times slower"),
            Self::DelayWatch { process, by: Span::ZERO } => write!(f, "deliver to {process} in time"),
            Self::DelayWatch { process, by } => write!(f, "deliver to {process} {} ms late", by.as_millis()),
            Self::RefusePort { pod, port, on: true } => write!(f, "refuse port {port} of {}", pod.name),
            Self::RefusePort { pod, port, on: false } => write!(f, "accept port {port} of {}", pod.name),
            Self::AddNode => f.write_str("add a node"),
            Self::RemoveNode { node } => write!(f, "remove {node}"),
        }
    }
}

impl Cluster {
    /// Lets a fault happen, or ends it, as an action of the trace. One about something that is not there does nothing more.
    pub fn inject(&mut self, fault: &Fault) {
        let title = fault.to_string().into();
        let kind = ActionKind::Fault;
        let cause = Cause::Action(self.act(Action { time: self.now(), title, kind, files: Vec::new() }));
        match fault {
            Fault::KillContainer { pod, container } => {
                self.on_pod(pod, cause, |uid| sim::Fault::KillContainer { pod: uid, container: container.clone() });
            }
            Fault::OutOfMemory { pod, container } => {
                self.on_pod(pod, cause, |uid| sim::Fault::OutOfMemory { pod: uid, container: container.clone() });
            }
            Fault::RefusePort { pod, port, on } => self.on_pod(pod, cause, |uid| match on {
                true => sim::Fault::RefusePort { pod: uid, port: *port },
                false => sim::Fault::AcceptPort { pod: uid, port: *port },
            }),
            Fault::CrashLoop { image, on } => self.on_all(
                cause,
                &match on {
                    true => sim::Fault::CrashImage { image: image.clone(), after: CRASH_AFTER },
                    false => sim::Fault::HealImage { image: image.clone() },
                },
            ),
            Fault::SlowPull { factor } => self.on_all(cause, &sim::Fault::SlowPulls { factor: (*factor).max(1) }),
            Fault::NodeDown { node, on } => {
                let fault = if *on { sim::Fault::LoseNode } else { sim::Fault::ReturnNode };
                self.on_node(node, fault, cause);
            }
            Fault::DelayWatch { process, by } => self.delay(process, *by),
            Fault::AddNode => drop(self.add_node(cause)),
            Fault::RemoveNode { node } => self.remove(node, cause),
        }
    }

    fn on_pod(&mut self, pod: &Key, cause: Cause, fault: impl FnOnce(Text) -> sim::Fault) {
        let Some(object) = self.store().get(pod) else { return };
        let (node, fault) = (object.at("spec.nodeName").text(), fault(object.uid()));
        self.on_node(&node, fault, cause);
    }

    fn on_all(&mut self, cause: Cause, fault: &sim::Fault) {
        for node in self.node_names() {
            self.on_node(&node, fault.clone(), cause);
        }
    }

    fn delay(&mut self, process: &str, by: Span) {
        let by = Span(by.0.max(0));
        match process {
            CONTROLLERS => self.feeds.entry(Part::ControllerFeed).or_default().late = by,
            SCHEDULER => self.feeds.entry(Part::SchedulerFeed).or_default().late = by,
            node => self.delay_node(node, by),
        }
    }

    fn remove(&mut self, node: &str, cause: Cause) {
        self.remove_node(node);
        let target = Target { resource: NODES, version: "v1".into(), name: node.into(), ..Target::default() };
        self.request(&Request::new(Verb::Delete, target), cause);
    }
}
