//! Makes room for a more important pod by deleting less important ones.
//!
//! Upstream: `pkg/scheduler/framework/preemption/preemption.go`, `plugins/defaultpreemption/default_preemption.go`.
//! Left out: `PodDisruptionBudgets` are not looked at, so no victim counts as a violation. Less important pods that were
//! nominated for the chosen node lose their nomination here, but their status keeps it until they are tried again.

use crate::api::PatchKind;
use crate::model::{Chance, Order, Text, Time, Value};
use crate::plan::{EventDraft, Write};
use crate::scheduler::NAME;
use crate::scheduler::fleet::{Fleet, Slot};
use crate::scheduler::node::Node;
use crate::scheduler::pod::PodFacts;
use crate::scheduler::select::{curable, filter_node};
use crate::scheduler::situation::Situation;
use crate::scheduler::verdict::{Diagnosis, Rejection};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

/// At least so many nodes are tried for victims, if there are as many.
const CANDIDATES_MIN: usize = 100;

/// The share of nodes tried for victims, in percent.
const CANDIDATES_PERCENT: usize = 10;

/// What upstream's other plugin says whenever nothing can be done.
const NO_CLAIMS: &str = "no new claims to deallocate";

/// A node that would do without some of its pods.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    /// The node.
    pub(crate) slot: Slot,
    /// The pods that would have to go, most important first.
    pub(crate) victims: Vec<Arc<PodFacts>>,
}

/// What preemption comes to.
#[derive(Clone, Debug)]
pub(crate) enum Preemption {
    /// These pods shall go.
    Possible(Candidate),
    /// Nothing can be done, in the words of the API.
    Impossible(String),
    /// Nothing is tried, in the words of the API; a nomination stays.
    NotEligible(String),
}

/// Looks for pods whose going would make room.
pub(crate) fn preempt(situation: &Situation<'_>, diagnosis: &Diagnosis, chance: &mut Chance) -> Preemption {
    if let Some(why) = not_eligible(situation, diagnosis) {
        return Preemption::NotEligible(format!("{NO_CLAIMS}, preemption: {why}"));
    }
    let slots: Vec<Slot> = curable(diagnosis).collect();
    let enough = (slots.len() * CANDIDATES_PERCENT / 100).max(CANDIDATES_MIN);
    let start = usize::try_from(chance.below(u64::try_from(slots.len()).unwrap_or(0))).unwrap_or(0);
    let (mut candidates, mut failed) = (Vec::new(), BTreeMap::<Text, usize>::new());
    for &slot in slots[start..].iter().chain(&slots[..start]) {
        match victims(situation, slot) {
            Ok(victims) => candidates.push(Candidate { slot, victims }),
            Err(reasons) => reasons.into_iter().for_each(|it| *failed.entry(it).or_default() += 1),
        }
        if candidates.len() == enough {
            break;
        }
    }
    match best(candidates) {
        Some(candidate) => Preemption::Possible(candidate),
        None => Preemption::Impossible(impossible(diagnosis.nodes, slots.len(), failed)),
    }
}

/// The writes that let the victims go.
pub(crate) fn evictions(pod: &PodFacts, candidate: &Candidate, fleet: &Fleet, now: Time) -> Vec<Write> {
    let node = fleet.node(candidate.slot).name();
    candidate.victims.iter().flat_map(|victim| [mark(victim, now), evict(pod, victim, node)]).collect()
}

fn mark(victim: &PodFacts, now: Time) -> Write {
    let mut condition = Value::from([
        ("type", "DisruptionTarget".into()),
        ("status", "True".into()),
        ("reason", "PreemptionByScheduler".into()),
        ("message", format!("{NAME}: preempting to accommodate a higher priority pod").into()),
        ("lastProbeTime", Value::Null),
        ("lastTransitionTime", now.to_string().into()),
    ]);
    if victim.object.generation() > 0 {
        condition.set("observedGeneration", victim.object.generation());
    }
    let patch = Value::from([("status", Value::from([("conditions", vec![condition].into())]))]);
    let write = Write::patch(&victim.key, "status", PatchKind::StrategicMerge, patch, "it has to make room");
    write.tolerating(&["NotFound"])
}

fn evict(pod: &PodFacts, victim: &PodFacts, node: &str) -> Write {
    let why =
        format!("makes room on {node} for {}, priority {} over {}", pod.key.path(), pod.priority, victim.priority);
    let message = format!("Preempted by pod {} on node {node}", pod.object.uid());
    let write = Write::delete(&victim.key, &victim.object.uid(), why);
    write.following(&pod.key, "spec.priority").announcing(EventDraft::normal(&victim.object, "Preempted", message))
}

fn not_eligible(situation: &Situation<'_>, diagnosis: &Diagnosis) -> Option<&'static str> {
    let pod = situation.pod;
    if pod.object.at("spec.preemptionPolicy").str() == "Never" {
        return Some("not eligible due to preemptionPolicy=Never.");
    }
    let slot = situation.fleet.find(situation.fleet.nomination(&pod.key)?)?;
    let hopeless = || diagnosis.rejections.iter().any(|(it, _)| *it == slot) && curable(diagnosis).all(|it| it != slot);
    let leaving = |other: &Arc<PodFacts>| other.object.is_terminating() && other.priority < pod.priority;
    let waits = situation.fleet.node(slot).pods.values().any(leaving);
    (waits && !hopeless()).then_some("not eligible due to a terminating pod on the nominated node.")
}

/// The fewest and least important pods whose going lets the pod fit; otherwise why not even all of them would do.
fn victims(situation: &Situation<'_>, slot: Slot) -> Result<Vec<Arc<PodFacts>>, Vec<Text>> {
    let pods = situation.fleet.node(slot).pods.values();
    let mut lesser: Vec<_> = pods.filter(|it| it.priority < situation.pod.priority).cloned().collect();
    if lesser.is_empty() {
        return Err(vec![Text::new_static("No preemption victims found for incoming pod")]);
    }
    lesser.order_by_key(|it| (Reverse(it.priority), started(it), it.key.clone()));
    let mut trial = Trial::new(situation, slot);
    for it in &lesser {
        trial.take(it);
    }
    trial.filter().map_err(|rejection| rejection.reasons)?;
    lesser.retain(|it| !trial.spares(it));
    Ok(lesser)
}

/// When the pod started; one that did not counts as starting after all others.
fn started(pod: &PodFacts) -> Time {
    Time::parse(pod.object.at("status.startTime").str()).unwrap_or(Time(i64::MAX))
}

/// Upstream's order of preference: the least important most important victim, the least sum of priorities, the fewest
/// victims, the latest start of the most important ones, the first found.
fn best(candidates: Vec<Candidate>) -> Option<Candidate> {
    candidates.into_iter().min_by_key(|it| {
        let highest = it.victims.iter().map(|it| it.priority).max().unwrap_or(i64::MIN);
        let sum: i128 = it.victims.iter().map(|it| i128::from(it.priority) + (1 << 31)).sum();
        let earliest = it.victims.iter().filter(|it| it.priority == highest).map(|it| started(it)).min();
        (highest, sum, it.victims.len(), Reverse(earliest))
    })
}

fn impossible(nodes: usize, tried: usize, mut reasons: BTreeMap<Text, usize>) -> String {
    if nodes > tried {
        reasons.insert(Text::new_static("Preemption is not helpful for scheduling"), nodes - tried);
    }
    let mut parts: Vec<_> = reasons.into_iter().map(|(reason, count)| format!("{count} {reason}")).collect();
    parts.order();
    format!("{NO_CLAIMS}, preemption: 0/{nodes} nodes are available: {}.", parts.join(", "))
}

/// A node from which pods are taken to see what would be.
struct Trial<'a> {
    situation: Situation<'a>,
    node: Node,
}

impl<'a> Trial<'a> {
    fn new(situation: &Situation<'a>, slot: Slot) -> Self {
        let mut node = situation.fleet.node(slot).clone();
        situation.fleet.nominated(slot, situation.pod).for_each(|it| node.admit(it));
        Self { situation: situation.clone(), node }
    }

    fn filter(&self) -> Result<(), Rejection> {
        filter_node(&self.situation, &self.node).map_err(|(_, rejection)| rejection)
    }

    fn take(&mut self, pod: &Arc<PodFacts>) {
        self.node.expel(pod);
        self.recount(pod, -1);
    }

    /// Puts a pod back if there is room for it beside the incoming one; tells if so.
    fn spares(&mut self, pod: &Arc<PodFacts>) -> bool {
        self.node.admit(pod);
        self.recount(pod, 1);
        let spared = self.filter().is_ok();
        if !spared {
            self.take(pod);
        }
        spared
    }

    fn recount(&mut self, pod: &PodFacts, by: i64) {
        for hard in &mut self.situation.hards {
            hard.recount(self.situation.pod, pod, self.node.facts(), by);
        }
    }
}
