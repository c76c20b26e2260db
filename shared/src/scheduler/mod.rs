//! The scheduler: which pod is next, and which node it goes to.
//!
//! Upstream: `pkg/scheduler/schedule_one.go`, `pkg/scheduler/backend/queue`, `pkg/scheduler/framework`.
//! Knows nothing of controllers and kubelets; binds by writing a Binding.

mod affinity;
mod fleet;
mod groups;
mod node;
mod outcome;
mod plugins;
mod pod;
mod queue;
mod resources;
mod retry;
mod select;
mod situation;
mod verdict;

#[cfg(test)]
mod tests;

use crate::model::key::resources::{NODES, PODS};
use crate::model::{Chance, Key, Object, Time};
use crate::plan::Plan;
use crate::scheduler::fleet::{Certainty, Fleet};
use crate::scheduler::node::NodeFacts;
use crate::scheduler::pod::{PodFacts, is_finished};
use crate::scheduler::queue::{Failure, Queue, Waiting};
use crate::scheduler::retry::{Event, Retry};
use crate::scheduler::select::{Selection, Start, any_rejecter, select};
use crate::scheduler::situation::Situation;
use crate::store::Change;
use crate::trace::Revision;
use std::sync::Arc;

/// The name that pods ask for in `spec.schedulerName`, and the source of its events.
pub const NAME: &str = "default-scheduler";

/// The scheduler's memory: its queue and what it knows of nodes and pods.
#[derive(Clone, Debug)]
pub struct Scheduler {
    queue: Queue,
    fleet: Fleet,
    start: Start,
    chance: Chance,
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

impl Default for Scheduler {
    /// A scheduler that settles equal scores by the seed 0.
    fn default() -> Self {
        Self::new(Chance::new(0))
    }
}

impl Scheduler {
    /// A scheduler that knows of no node and no pod, and settles equal scores by `chance`.
    pub fn new(chance: Chance) -> Self {
        Self { queue: Queue::default(), fleet: Fleet::default(), start: Start::default(), chance }
    }

    /// Takes in one change that its watch delivered.
    pub fn observe(&mut self, change: &Change, now: Time) {
        if change.key.resource == PODS {
            self.observe_pod(change, now);
        } else if change.key.resource == NODES {
            self.observe_node(change, now);
        }
    }

    /// When there is something to schedule: now or earlier for a pod that is ready, later for one that backs off.
    pub fn next_due(&self) -> Option<Time> {
        self.queue.next_due()
    }

    /// Schedules the next pod, if one is due. The pod counts as placed (assumed) until its binding is observed.
    pub fn cycle(&mut self, now: Time) -> Option<Cycle> {
        if self.next_due()? > now {
            return None;
        }
        let mut waiting = self.queue.pop(now)?;
        let woken_by = std::mem::take(&mut waiting.woken_by);
        let pod = waiting.pod.key.clone();
        let plan = if waiting.pod.object.is_terminating() {
            outcome::skip(&waiting.pod)
        } else if self.fleet.order().is_empty() {
            self.give_up(waiting, Failure::Error, "no nodes available to schedule pods", now)
        } else {
            self.try_to_place(waiting, now)
        };
        Some(Cycle { pod, plan, woken_by })
    }

    /// Learns that the plan of `pod`'s last cycle was refused: forgets the assumed placement and tries again later.
    pub fn refused(&mut self, pod: &Key, now: Time) {
        if self.fleet.certainty(pod) != Some(Certainty::Assumed) {
            return;
        }
        if let Some(pod) = self.fleet.displace(pod) {
            self.wake(&Event::Pod { pod: &pod, kind: Retry::PodGone }, Revision::default(), now);
            self.queue.put_failed(pod, now);
        }
    }

    fn try_to_place(&mut self, waiting: Waiting, now: Time) -> Plan {
        let situation = Situation::new(&waiting.pod, &self.fleet);
        match select(&situation, &mut self.start, &mut self.chance) {
            Selection::Nodes(nodes) => {
                let plan = outcome::bind(&waiting.pod, &nodes, &self.fleet);
                let node = self.fleet.node(nodes[0].slot).name().clone();
                self.fleet.place(waiting.pod, &node, Certainty::Assumed);
                plan
            }
            Selection::Nothing(mut diagnosis) => {
                diagnosis.preemption = preemption_says(&diagnosis);
                self.give_up(waiting, Failure::Rejected(diagnosis.by), &diagnosis.message(), now)
            }
        }
    }

    fn give_up(&mut self, waiting: Waiting, failure: Failure, message: &str, now: Time) -> Plan {
        let plan = outcome::fail(&waiting.pod, message, now);
        self.queue.put_back(waiting, failure, now);
        plan
    }

    fn observe_node(&mut self, change: &Change, now: Time) {
        let name = &change.key.name;
        let after = change.after.as_ref().map(|node| Arc::new(NodeFacts::read(node)));
        let before = match &after {
            Some(facts) => self.fleet.put_node(facts.clone()),
            None => self.fleet.remove_node(name),
        };
        let event = Event::Node { before: before.as_deref(), after: after.as_deref() };
        self.wake(&event, change.revision, now);
    }

    fn observe_pod(&mut self, change: &Change, now: Time) {
        match change.after.as_ref().filter(|pod| !is_finished(pod)) {
            None => self.lose(change, now),
            Some(pod) if !pod.at("spec.nodeName").is_empty() => self.see_placed(pod, change, now),
            Some(pod) => self.see_waiting(pod, change, now),
        }
    }

    fn lose(&mut self, change: &Change, now: Time) {
        self.queue.remove(&change.key);
        if let Some(pod) = self.fleet.displace(&change.key) {
            self.wake(&Event::Pod { pod: &pod, kind: Retry::PodGone }, change.revision, now);
        }
    }

    fn see_placed(&mut self, object: &Object, change: &Change, now: Time) {
        self.queue.remove(&change.key);
        if self.fleet.placed(&change.key).is_some_and(|it| it.same_for_scheduling(object)) {
            return;
        }
        let known = self.fleet.certainty(&change.key);
        let pod = Arc::new(PodFacts::read(object));
        self.fleet.place(pod.clone(), pod.node_name(), Certainty::Bound);
        let kind = if known == Some(Certainty::Bound) { Retry::PodChanged } else { Retry::PodPlaced };
        self.wake(&Event::Pod { pod: &pod, kind }, change.revision, now);
    }

    fn see_waiting(&mut self, object: &Object, change: &Change, now: Time) {
        let ours = matches!(object.at("spec.schedulerName").str(), "" | NAME);
        if ours && self.fleet.certainty(&change.key).is_none() {
            self.queue.put(Arc::new(PodFacts::read(object)), change.revision, now);
        }
    }

    /// Puts those waiting pods back into play whose rejection the event may turn.
    fn wake(&mut self, event: &Event<'_>, revision: Revision, now: Time) {
        let kinds = event.kinds();
        self.queue.wake(revision, now, |waiting| {
            any_rejecter(waiting.rejected_by, |plugin| {
                plugin.retry_on.iter().any(|it| kinds.contains(it)) && (plugin.helps)(&waiting.pod, event)
            })
        });
    }
}

fn preemption_says(diagnosis: &verdict::Diagnosis) -> String {
    let victims = select::curable(diagnosis).count();
    let rest = diagnosis.nodes - victims;
    let mut parts: Vec<_> =
        [(victims, "No preemption victims found for incoming pod"), (rest, "Preemption is not helpful for scheduling")]
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, reason)| format!("{count} {reason}"))
            .collect();
    parts.sort();
    let nodes = diagnosis.nodes;
    format!("no new claims to deallocate, preemption: 0/{nodes} nodes are available: {}.", parts.join(", "))
}
