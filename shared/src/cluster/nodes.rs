//! The nodes at work: each is a kubelet that decides and a simulated machine that carries out.

use crate::api::Status;
use crate::cluster::agenda::Part;
use crate::cluster::{Cluster, Ended, NodeState, Pull};
use crate::kubelet::{Command, Context, Effect, Input, Kubelet, Profile, Report};
use crate::model::key::resources::{NODES, PODS};
use crate::model::{Chance, Key, Span, Text, Time};
use crate::plan::{Plan, Write};
use crate::sim::{self, Catalog, NodeConfig, SimNode};
use crate::store::Change;
use crate::trace::{Actor, Cause, ReconcileId, Revision, Trigger};
use std::collections::BTreeMap;

/// All nodes.
#[derive(Clone, Debug)]
pub(crate) struct Nodes {
    chance: Chance,
    profile: Profile,
    pub(crate) by_index: BTreeMap<u32, Node>,
    by_name: BTreeMap<Text, u32>,
    made: u32,
}

/// A node.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) name: Text,
    pub(crate) kubelet: Kubelet,
    pub(crate) machine: SimNode,
    /// By how much its watch is late, as a fault.
    pub(crate) late: Span,
    /// Changes that its late watch, or its lost network, has still to deliver, by their revision, and when.
    held: BTreeMap<Revision, Time>,
    /// What made it start; a trigger of its first step.
    cause: Cause,
    pub(crate) started: bool,
    /// The newest change it was given.
    pub(crate) seen: Revision,
    /// The last decision about each pod, for which a later timer was set.
    decided: BTreeMap<Key, ReconcileId>,
    /// What was taken in about a pod without a decision yet.
    unspent: BTreeMap<Key, Trigger>,
}

impl Nodes {
    pub(crate) fn new(chance: Chance, profile: Profile) -> Self {
        Self { chance, profile, by_index: BTreeMap::new(), by_name: BTreeMap::new(), made: 0 }
    }

    pub(crate) fn config(&self, index: u32) -> NodeConfig {
        match self.profile {
            Profile::Faithful => NodeConfig::new(smol_str::format_smolstr!("node-{index}"), index),
            Profile::Ideal => NodeConfig::ideal(index),
        }
    }

    /// The node of a name.
    pub(crate) fn named(&self, name: &str) -> Option<&Node> {
        self.by_index.get(self.by_name.get(name)?)
    }

    pub(crate) fn named_mut(&mut self, name: &str) -> Option<(u32, &mut Node)> {
        let index = *self.by_name.get(name)?;
        self.by_index.get_mut(&index).map(|node| (index, node))
    }
}

impl Cluster {
    /// Adds a machine, whose kubelet will register it.
    pub(crate) fn add_node(&mut self, cause: Cause) -> Text {
        let index = self.nodes.made + 1;
        self.put_node(index, cause)
    }

    /// Puts up the machine of a number; its kubelet starts because of `cause`.
    pub(crate) fn put_node(&mut self, index: u32, cause: Cause) -> Text {
        self.nodes.made = self.nodes.made.max(index);
        let config = self.nodes.config(index);
        let name = config.name.clone();
        let kubelet = Kubelet::with_profile(&config.object(), config.profile);
        let machine = SimNode::new(config, self.nodes.chance.fork(), Catalog::default());
        let node = Node {
            name: name.clone(),
            kubelet,
            machine,
            late: Span::ZERO,
            held: BTreeMap::new(),
            cause,
            started: false,
            seen: Revision(0),
            decided: BTreeMap::new(),
            unspent: BTreeMap::new(),
        };
        self.nodes.by_index.insert(index, node);
        self.nodes.by_name.insert(name.clone(), index);
        self.agenda.wake(Part::Node(index), self.now);
        name
    }

    /// Takes a machine away for good; its Node object is the caller's to delete.
    pub(crate) fn remove_node(&mut self, name: &str) {
        if let Some(index) = self.nodes.by_name.remove(name) {
            self.nodes.by_index.remove(&index);
        }
    }

    /// The kubelets' watches deliver what is due.
    pub(crate) fn deliver_to_kubelets(&mut self) {
        for change in self.due_changes(Part::KubeletFeed) {
            let Some(index) = node_of(&change).and_then(|name| self.nodes.by_name.get(&name).copied()) else {
                continue;
            };
            let now = self.now;
            let Some(node) = self.nodes.by_index.get_mut(&index) else { continue };
            if node.late > Span::ZERO || node.machine.is_lost() || !node.held.is_empty() {
                node.held.insert(change.revision, now + node.late);
                self.agenda.wake(Part::Node(index), now + node.late);
            } else {
                self.deliver_to_kubelet(index, &change);
            }
        }
    }

    pub(crate) fn deliver_to_kubelet(&mut self, index: u32, change: &Change) {
        if let Some(node) = self.nodes.by_index.get_mut(&index) {
            node.seen = change.revision;
        }
        let trigger = Trigger::Write(change.revision);
        let input = if change.key.resource == NODES { Input::Node(change) } else { Input::Pod(change) };
        self.kubelet_step(index, input, &change.key, &trigger);
        self.wake_node(index);
    }

    /// A node goes on: its start, late deliveries, what the machine reports, the kubelet's timers.
    pub(crate) fn work_on_node(&mut self, index: u32) {
        self.start_kubelet(index);
        self.deliver_held(index);
        let now = self.now;
        let reports = self.nodes.by_index.get_mut(&index).map(|node| node.machine.due(now)).unwrap_or_default();
        for report in reports {
            self.deliver_report(index, report);
        }
        let wants_timer =
            |node: &Node| !node.machine.is_lost() && node.kubelet.next_due().is_some_and(|due| due <= now);
        if self.nodes.by_index.get(&index).is_some_and(wants_timer) {
            let key = self.node_key(index);
            let trigger = Trigger::Node { what: Text::new_static("timer"), cause: Cause::Bootstrap };
            self.kubelet_step(index, Input::Timer, &key, &trigger);
        }
        self.wake_node(index);
    }

    fn start_kubelet(&mut self, index: u32) {
        let Some(node) = self.nodes.by_index.get_mut(&index).filter(|node| !node.started) else { return };
        node.started = true;
        let trigger = Trigger::Node { what: Text::new_static("kubelet started"), cause: node.cause };
        let key = self.node_key(index);
        self.kubelet_step(index, Input::Start, &key, &trigger);
    }

    fn deliver_held(&mut self, index: u32) {
        let now = self.now;
        loop {
            let Some(node) = self.nodes.by_index.get_mut(&index) else { return };
            let may_go = |due: Time| due <= now && !node.machine.is_lost();
            let Some((&revision, _)) = node.held.first_key_value().filter(|(_, due)| may_go(**due)) else { return };
            node.held.remove(&revision);
            if let Some(change) = self.store().change(revision).cloned() {
                self.deliver_to_kubelet(index, &change);
            }
        }
    }

    fn deliver_report(&mut self, index: u32, report: Report) {
        let what = report.describe();
        let key = self.pod_of(index, &report.pod).unwrap_or_else(|| self.node_key(index));
        let trigger = Trigger::Node { what, cause: report.cause.unwrap_or(Cause::Bootstrap) };
        self.kubelet_step(index, Input::Runtime(report), &key, &trigger);
    }

    fn pod_of(&self, index: u32, uid: &str) -> Option<Key> {
        self.nodes.by_index.get(&index)?.kubelet.pod_key(uid)
    }

    fn node_key(&self, index: u32) -> Key {
        let name = self.nodes.by_index.get(&index).map(|node| node.name.clone()).unwrap_or_default();
        Key::new(NODES, "", name)
    }

    fn wake_node(&mut self, index: u32) {
        let Some(node) = self.nodes.by_index.get(&index) else { return };
        let own = [node.kubelet.next_due(), node.held.values().next().copied()];
        let own = if node.machine.is_lost() { [None, None] } else { own };
        let due = [own[0], own[1], node.machine.next_due()].into_iter().flatten().min();
        if let Some(due) = due {
            self.agenda.wake(Part::Node(index), due.max(self.now));
        }
    }

    /// Lets a kubelet take in one thing and carries out what it wants, as one decision of the trace.
    fn kubelet_step(&mut self, index: u32, input: Input<'_>, about: &Key, trigger: &Trigger) {
        let Some(node) = self.nodes.by_index.get_mut(&index) else { return };
        if node.machine.is_lost() {
            return;
        }
        let context = Context { now: self.now, store: self.api.store() };
        let effects = node.kubelet.step(input, context);
        self.carry_out_effects(index, effects, about, trigger);
    }

    /// Carries out what a kubelet wants. A note ends the effects of one decision and says what it was about.
    fn carry_out_effects(&mut self, index: u32, effects: Vec<Effect>, about: &Key, trigger: &Trigger) {
        let mut refusals: Vec<(Write, Status)> = Vec::new();
        let decisions = decisions(effects, about);
        if decisions.is_empty() {
            self.keep_trigger(index, about, trigger);
        }
        for decision in decisions {
            refusals.extend(self.carry_out_decision(index, decision, trigger));
        }
        for (write, status) in refusals {
            self.kubelet_step(index, Input::Refused(&write, &status), about, trigger);
        }
    }

    fn carry_out_decision(&mut self, index: u32, decision: Decision, trigger: &Trigger) -> Vec<(Write, Status)> {
        let mut refusals = Vec::new();
        let Some(node) = self.nodes.by_index.get(&index) else { return refusals };
        let (actor, seen) = (Actor::Kubelet(node.name.clone()), node.seen);
        let triggers = self.spend_triggers(index, &decision.about, trigger);
        let id = self.begin(&actor, &decision.about, triggers, seen, &decision.words);
        self.note_decision(index, &decision.about, id);
        let cause = Cause::Reconcile(id);
        for effect in decision.effects {
            match effect {
                Effect::Note { .. } => {}
                Effect::Runtime(command) => self.order(index, command, cause),
                Effect::Event(event) => self.announce(&event, &actor, cause),
                Effect::Write(write) => {
                    let sent = self.carry_out(&write, &actor, cause);
                    refusals.extend(sent.refused.map(|status| (*write, status)));
                }
            }
        }
        self.trace.finish(id, self.now, Ended::Done.outcome());
        refusals
    }

    /// What a pod's kubelet took in and will act on later is a trigger of that later decision.
    fn keep_trigger(&mut self, index: u32, about: &Key, trigger: &Trigger) {
        if let (Some(node), Trigger::Node { cause: Cause::Action(_) | Cause::Reconcile(_), .. }) =
            (self.nodes.by_index.get_mut(&index), trigger)
        {
            node.unspent.insert(about.clone(), trigger.clone());
        }
    }

    /// What woke a decision, the most telling last: what was kept for it, or the decision that set its timer.
    fn spend_triggers(&mut self, index: u32, about: &Key, trigger: &Trigger) -> Vec<Trigger> {
        let Some(node) = self.nodes.by_index.get_mut(&index) else { return Vec::new() };
        let timer = matches!(trigger, Trigger::Node { cause: Cause::Bootstrap, .. });
        let earlier = node.decided.get(about).filter(|_| timer).map(|id| Trigger::Timer(*id));
        let mut triggers = vec![earlier.unwrap_or_else(|| trigger.clone())];
        triggers.extend(node.unspent.remove(about));
        triggers
    }

    fn note_decision(&mut self, index: u32, about: &Key, id: ReconcileId) {
        let gone = self.store().get(about).is_none();
        let Some(node) = self.nodes.by_index.get_mut(&index) else { return };
        if gone {
            node.decided.remove(about);
        } else {
            node.decided.insert(about.clone(), id);
        }
    }

    fn order(&mut self, index: u32, command: Command, cause: Cause) {
        let now = self.now;
        if let Some(node) = self.nodes.by_index.get_mut(&index) {
            node.machine.execute_because(command, Some(cause), now);
        }
    }

    /// Runs a command in a container: standard output, standard error, exit code.
    pub(crate) fn exec_on(
        &mut self,
        node: &str,
        pod: &str,
        container: &str,
        words: &[Text],
    ) -> Result<(String, String, i32), Text> {
        let now = self.now;
        let (index, node) = self.nodes.named_mut(node).ok_or_else(|| Text::new_static("the node is gone"))?;
        if node.machine.is_lost() {
            return Err(Text::new_static("the node cannot be reached"));
        }
        let answer = node.machine.exec(pod, container, words, now);
        self.wake_node(index);
        answer
    }

    /// Lets a fault happen on a node's machine, and the node go on.
    pub(crate) fn on_node(&mut self, name: &str, fault: sim::Fault, cause: Cause) {
        let now = self.now;
        let Some((index, node)) = self.nodes.named_mut(name) else { return };
        node.machine.fault(fault, Some(cause), now);
        self.wake_node(index);
    }

    /// Lets a kubelet's watch be late.
    pub(crate) fn delay_node(&mut self, name: &str, by: Span) {
        if let Some((_, node)) = self.nodes.named_mut(name) {
            node.late = by;
        }
    }

    /// The names of all machines, in the order in which they came.
    pub(crate) fn node_names(&self) -> Vec<Text> {
        self.nodes.by_index.values().map(|node| node.name.clone()).collect()
    }

    /// How many machines there are.
    pub fn node_count(&self) -> usize {
        self.nodes.by_index.len()
    }

    /// What the nodes are busy with.
    pub fn node_states(&self) -> Vec<NodeState> {
        self.nodes.by_index.values().map(|node| node.state(self.now)).collect()
    }
}

impl Node {
    /// The oldest change that it has still to be told of.
    #[cfg(feature = "every-kind")]
    pub(crate) fn oldest_held(&self) -> Option<Revision> {
        self.held.first_key_value().map(|(revision, _)| *revision)
    }

    fn state(&self, now: Time) -> NodeState {
        let (cpu, memory) = self.machine.load(now);
        let pull = |pull: &crate::sim::PullProgress| Pull {
            pod: self.kubelet.pod_key(&pull.pod).unwrap_or_default(),
            image: pull.image.clone(),
            done: pull.done.unsigned_abs(),
            total: pull.total.unsigned_abs(),
        };
        NodeState {
            name: self.name.clone(),
            up: !self.machine.is_lost(),
            pulls: self.machine.pulls(now).iter().map(pull).collect(),
            cpu_millis: cpu.unsigned_abs(),
            memory_bytes: memory.unsigned_abs(),
        }
    }
}

/// One decision of a kubelet: what it was about, what it saw and wanted, and its effects.
struct Decision {
    about: Key,
    words: Plan,
    effects: Vec<Effect>,
}

/// Splits a step's effects into decisions; effects without a note are about `about`.
fn decisions(effects: Vec<Effect>, about: &Key) -> Vec<Decision> {
    let mut all = Vec::new();
    let mut open = Vec::new();
    for effect in effects {
        match effect {
            Effect::Note { about, observed, desired } => {
                let words = Plan { observed, desired, ..Plan::nothing() };
                all.push(Decision { about, words, effects: std::mem::take(&mut open) });
            }
            Effect::Write(_) | Effect::Event(_) | Effect::Runtime(_) => open.push(effect),
        }
    }
    if !open.is_empty() {
        all.push(Decision { about: about.clone(), words: Plan::nothing(), effects: open });
    }
    all.retain(|decision| !decision.effects.is_empty());
    all
}

/// The node whose kubelet watches what changed.
fn node_of(change: &Change) -> Option<Text> {
    if change.key.resource == NODES {
        return Some(change.key.name.clone());
    }
    if change.key.resource != PODS {
        return None;
    }
    let object = change.after.as_ref().or(change.before.as_ref())?;
    Some(object.at("spec.nodeName").text()).filter(|name| !name.is_empty())
}
