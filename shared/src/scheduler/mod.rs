//! The scheduler: which pod is next, and which node it goes to.
//!
//! Upstream: `pkg/scheduler/schedule_one.go`, `pkg/scheduler/backend/queue`, `pkg/scheduler/framework`.
//! Left out: inter-pod affinity, volumes, resource claims, extenders, profiles and pod groups; see `plugins` and
//! `preemption`.
//! The condition of a gated pod is written by the API server.
//! Reading order: `resources`, `affinity`, `pod`, `node`, `fleet` (facts) → `plugins`, `spread` (verdicts) → `select`,
//! `preemption` (choice) → `outcome` (writes) → `queue`, `retry` (when).
//!
//! Knows nothing of controllers and kubelets; binds by writing a Binding.

mod affinity;
mod fleet;
mod groups;
mod node;
mod outcome;
mod owners;
mod plugins;
mod pod;
mod preemption;
mod queue;
mod resources;
mod retry;
mod select;
mod situation;
mod spread;
mod verdict;

#[cfg(test)]
mod tests;

use crate::model::key::resources::{NODES, PODS};
use crate::model::{Chance, Key, Object, Text, Time};
use crate::plan::Plan;
use crate::scheduler::fleet::{Certainty, Fleet};
use crate::scheduler::node::NodeFacts;
use crate::scheduler::owners::Owners;
use crate::scheduler::pod::{PodFacts, is_finished};
use crate::scheduler::preemption::{Preemption, preempt};
use crate::scheduler::queue::{Failure, Queue, Waiting};
use crate::scheduler::retry::{Event, Retry};
use crate::scheduler::select::{Selection, Start, any_rejecter, select};
use crate::scheduler::situation::Situation;
use crate::scheduler::verdict::Diagnosis;
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
    owners: Owners,
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
        Self {
            queue: Queue::default(),
            fleet: Fleet::default(),
            owners: Owners::default(),
            start: Start::default(),
            chance,
        }
    }

    /// Takes in one change that its watch delivered.
    pub fn observe(&mut self, change: &Change, now: Time) {
        if change.key.resource == PODS {
            self.observe_pod(change, now);
        } else if change.key.resource == NODES {
            self.observe_node(change, now);
        } else {
            self.owners.observe(change);
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
        let mut situation = Situation::new(&waiting.pod, &self.fleet);
        match select(&mut situation, &self.owners, &mut self.start, &mut self.chance) {
            Selection::Nodes(nodes) => {
                let plan = outcome::bind(&waiting.pod, &nodes, &self.fleet);
                let node = self.fleet.node(nodes[0].slot).name().clone();
                self.fleet.place(&waiting.pod, &node, Certainty::Assumed);
                plan
            }
            Selection::Nothing(diagnosis) => {
                let preemption = preempt(&situation, &diagnosis, &mut self.chance);
                self.make_room(waiting, diagnosis, preemption, now)
            }
        }
    }

    /// No node will do as it is: lets less important pods go, or says why that would not help.
    fn make_room(&mut self, waiting: Waiting, mut diagnosis: Diagnosis, preemption: Preemption, now: Time) -> Plan {
        let mut nomination = self.fleet.nomination(&waiting.pod.key).cloned().unwrap_or_default();
        let mut evictions = Vec::new();
        match preemption {
            Preemption::Possible(candidate) => {
                evictions = preemption::evictions(&waiting.pod, &candidate, &self.fleet, now);
                nomination = self.fleet.node(candidate.slot).name().clone();
                self.fleet.outrank(&waiting.pod, &nomination);
            }
            Preemption::Impossible(why) => (diagnosis.preemption, nomination) = (why, Text::default()),
            Preemption::NotEligible(why) => diagnosis.preemption = why,
        }
        self.fleet.nominate(waiting.pod.clone(), nomination);
        let mut plan = self.give_up(waiting, Failure::Rejected(diagnosis.by), &diagnosis.message(), now);
        plan.writes.extend(evictions);
        plan
    }

    fn give_up(&mut self, waiting: Waiting, failure: Failure, message: &str, now: Time) -> Plan {
        let nomination = self.fleet.nomination(&waiting.pod.key).map_or("", Text::as_str);
        let plan = outcome::fail(&waiting.pod, message, nomination, now);
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
        self.fleet.forget_nomination(&change.key);
        if let Some(pod) = self.fleet.displace(&change.key) {
            self.wake(&Event::Pod { pod: &pod, kind: Retry::PodGone }, change.revision, now);
        }
    }

    fn see_placed(&mut self, object: &Object, change: &Change, now: Time) {
        self.queue.remove(&change.key);
        if self.fleet.placed(&change.key).is_some_and(|it| it.same_for_scheduling(object)) {
            self.fleet.renew(&change.key, object);
            return;
        }
        let known = self.fleet.certainty(&change.key);
        let pod = Arc::new(PodFacts::read(object));
        self.fleet.place(&pod, &pod.node_name, Certainty::Bound);
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
