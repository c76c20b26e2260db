//! What the parts of the cluster are busy with, for people who watch.

use crate::cluster::Cluster;
use crate::controllers::CONTROLLERS;
use crate::model::key::resources::{LEASES, NODES};
use crate::model::{Key, Span, Text, Time};
use crate::trace::{Actor, Effect, ReconcileId, Record};
use serde::{Deserialize, Serialize};

/// How many waiting keys of a queue are told.
const QUEUE_TOLD: usize = 50;

/// A control loop, the scheduler or a kubelet, as it is now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LoopState {
    /// `deployment-controller`.
    pub name: Text,
    /// The reconcile under way.
    pub busy: Option<ReconcileId>,
    /// The keys that wait, first come first.
    pub queue: Vec<Key>,
    /// The next key that comes back after a back-off or timer, and when.
    pub next: Option<(Key, Time)>,
}

/// What a node is busy with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodeState {
    /// The node.
    pub name: Text,
    /// False while a fault keeps it down.
    pub up: bool,
    /// The images being pulled.
    pub pulls: Vec<Pull>,
    /// Processor time in use, in thousandths of a core.
    pub cpu_millis: u64,
    /// Memory in use, in bytes.
    pub memory_bytes: u64,
}

/// An image being pulled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pull {
    /// The pod it is pulled for.
    pub pod: Key,
    /// The image.
    pub image: Text,
    /// Bytes that are here.
    pub done: u64,
    /// Bytes in all.
    pub total: u64,
}

impl Cluster {
    /// What the controllers and the scheduler are busy with.
    pub fn loop_states(&self) -> Vec<LoopState> {
        let controllers = self.loops.iter().zip(CONTROLLERS).map(|(it, controller)| LoopState {
            name: Text::new_static(controller.name),
            busy: it.run.as_ref().map(|run| run.id),
            queue: it.queue.waiting().take(QUEUE_TOLD).cloned().collect(),
            next: it.queue.next_delayed().map(|(key, time)| (key.clone(), time)),
        });
        let scheduler = LoopState {
            name: Text::new_static("default-scheduler"),
            busy: self.scheduling.as_ref().map(|run| run.id),
            queue: Vec::new(),
            next: None,
        };
        controllers.chain([scheduler]).collect()
    }

    /// True if nothing is under way, and nothing but heartbeats of nodes was written for `span`.
    pub fn is_quiet_for(&self, span: Span) -> bool {
        let busy = self.scheduling.is_some() || self.loops.iter().any(|it| it.run.is_some());
        let records = self.trace().records().iter().rev();
        let mut recent = records.take_while(|it| self.now() - it.time <= span);
        !busy && recent.all(is_heartbeat)
    }

    /// True if anything but heartbeats of nodes was written after the first `count` records.
    pub fn has_written_since(&self, count: usize) -> bool {
        !self.trace().records().iter().skip(count).all(is_heartbeat)
    }
}

fn is_heartbeat(record: &Record) -> bool {
    let by_kubelet = matches!(record.actor, Actor::Kubelet(_));
    by_kubelet && record.effect == Effect::Updated && [LEASES, NODES].contains(&record.key.resource)
}
