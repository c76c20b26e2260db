//! Finds the nodes that will do, scores them, and picks one.
//!
//! Upstream: `pkg/scheduler/schedule_one.go` (`schedulePod`, `findNodesThatFitPod`, `prioritizeNodes`, `selectHost`).
//! Differs: nodes are tried one after the other, so exactly as many are found as are looked for; equal scores are settled by
//! the seeded generator.

use crate::model::{Chance, Text};
use crate::scheduler::fleet::Slot;
use crate::scheduler::node::Node;
use crate::scheduler::owners::Owners;
use crate::scheduler::plugins::{PLUGINS, Score};
use crate::scheduler::situation::Situation;
use crate::scheduler::verdict::{Cure, Diagnosis, Rejecters, Rejection, Verdict};

/// Below this number of nodes all are looked at; above it, at least so many that fit are looked for.
const NODES_SCORED_MIN: usize = 100;

/// The least share of nodes that fit to look for, in percent.
const PERCENT_SCORED_MIN: usize = 5;

/// A node and its total score.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Scored {
    /// The node.
    pub(crate) slot: Slot,
    /// The weighted sum of the plugins' scores; 0 if there was nothing to compare.
    pub(crate) score: i64,
}

/// The nodes that fit, best first, or why there are none.
#[derive(Clone, Debug)]
pub(crate) enum Selection {
    /// At least one node; the first is the choice.
    Nodes(Vec<Scored>),
    /// No node will do.
    Nothing(Diagnosis),
}

/// Where the search goes on, so that every node has its turn.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Start(pub(crate) usize);

/// Picks a node for the situation's pod.
pub(crate) fn select(
    situation: &mut Situation<'_>,
    owners: &Owners,
    start: &mut Start,
    chance: &mut Chance,
) -> Selection {
    let order = situation.fleet.order();
    let mut diagnosis = Diagnosis { nodes: order.len(), ..Diagnosis::default() };
    let fitting = match (nominated(situation), situation.pod.affinity.named_nodes()) {
        (Some(slot), _) => vec![slot],
        (None, None) => search(situation, start, &mut diagnosis),
        (None, Some(names)) => among(situation, &names, &mut diagnosis),
    };
    match fitting[..] {
        [] => Selection::Nothing(diagnosis),
        [slot] => Selection::Nodes(vec![Scored { slot, score: 0 }]),
        _ => {
            situation.prepare_scores(&fitting, owners);
            Selection::Nodes(ranked(score(situation, fitting), chance))
        }
    }
}

/// What all filters say about a node, also with the pods for which room is kept there; and which of them rejected.
fn filter(situation: &Situation<'_>, slot: Slot) -> Result<(), (usize, Rejection)> {
    let node = situation.fleet.node(slot);
    let mut expected = situation.fleet.nominated(slot, situation.pod).peekable();
    if expected.peek().is_some() {
        let mut crowded = node.clone();
        expected.for_each(|it| crowded.admit(it));
        filter_node(situation, &crowded)?;
    }
    filter_node(situation, node)
}

/// What all filters say about a node as it is, and which of them rejected.
pub(crate) fn filter_node(situation: &Situation<'_>, node: &Node) -> Result<(), (usize, Rejection)> {
    for (index, plugin) in PLUGINS.iter().enumerate() {
        let Some(filter) = plugin.filter else { continue };
        if let Verdict::Rejected(rejection) = filter(situation, node) {
            return Err((index, rejection));
        }
    }
    Ok(())
}

/// The node that the pod waits for, if it will do by now.
fn nominated(situation: &Situation<'_>) -> Option<Slot> {
    let slot = situation.fleet.find(situation.fleet.nomination(&situation.pod.key)?)?;
    filter(situation, slot).is_ok().then_some(slot)
}

fn search(situation: &Situation<'_>, start: &mut Start, diagnosis: &mut Diagnosis) -> Vec<Slot> {
    let order = situation.fleet.order();
    let wanted = wanted(order.len());
    let mut fitting = Vec::with_capacity(wanted);
    let mut looked_at = 0;
    let turn = start.0.min(order.len());
    for &slot in order[turn..].iter().chain(&order[..turn]) {
        if fitting.len() == wanted {
            break;
        }
        looked_at += 1;
        look(situation, slot, diagnosis, &mut fitting);
    }
    start.0 = if order.is_empty() { 0 } else { (turn + looked_at) % order.len() };
    fitting
}

/// Looks only at nodes that the pod names; daemons do.
fn among(situation: &Situation<'_>, names: &[Text], diagnosis: &mut Diagnosis) -> Vec<Slot> {
    let mut fitting = Vec::new();
    if names.is_empty() {
        diagnosis.pod = Some(Text::new_static("pod affinity terms conflict"));
    }
    diagnosis.others = Some(Text::new_static("node(s) didn't satisfy plugin(s) [NodeAffinity]"));
    if let Some(plugin) = PLUGINS.iter().position(|it| it.name == "NodeAffinity") {
        diagnosis.by.insert(plugin);
    }
    for slot in names.iter().filter_map(|name| situation.fleet.find(name)) {
        look(situation, slot, diagnosis, &mut fitting);
    }
    fitting
}

fn look(situation: &Situation<'_>, slot: Slot, diagnosis: &mut Diagnosis, fitting: &mut Vec<Slot>) {
    match filter(situation, slot) {
        Ok(()) => fitting.push(slot),
        Err((plugin, rejection)) => {
            diagnosis.by.insert(plugin);
            diagnosis.rejections.push((slot, rejection));
        }
    }
}

/// How many fitting nodes to look for.
fn wanted(nodes: usize) -> usize {
    if nodes < NODES_SCORED_MIN {
        return nodes;
    }
    let percent = 50_usize.saturating_sub(nodes / 125).max(PERCENT_SCORED_MIN);
    (nodes * percent / 100).max(NODES_SCORED_MIN)
}

fn score(situation: &Situation<'_>, fitting: Vec<Slot>) -> Vec<Scored> {
    let mut totals: Vec<_> = fitting.into_iter().map(|slot| Scored { slot, score: 0 }).collect();
    let mut raw = Vec::with_capacity(totals.len());
    for score in PLUGINS.iter().filter_map(|it| it.score).filter(|it| (it.applies)(situation)) {
        add(situation, score, &mut totals, &mut raw);
    }
    totals
}

fn add(situation: &Situation<'_>, score: Score, totals: &mut [Scored], raw: &mut Vec<i64>) {
    raw.clear();
    raw.extend(totals.iter().map(|it| (score.of)(situation, situation.fleet.node(it.slot))));
    (score.normalize)(raw);
    for (total, raw) in totals.iter_mut().zip(raw) {
        total.score += score.weight * *raw;
    }
}

/// Best first; which of several best comes first is drawn.
fn ranked(mut nodes: Vec<Scored>, chance: &mut Chance) -> Vec<Scored> {
    nodes.sort_by_key(|it| std::cmp::Reverse(it.score));
    let best = nodes.iter().take_while(|it| it.score == nodes[0].score).count();
    let drawn = chance.below(u64::try_from(best).unwrap_or(1));
    nodes.swap(0, usize::try_from(drawn).unwrap_or(0));
    nodes
}

/// The nodes that would do if other pods went away.
pub(crate) fn curable(diagnosis: &Diagnosis) -> impl Iterator<Item = Slot> {
    diagnosis.rejections.iter().filter(|(_, it)| it.cure == Cure::Preemption).map(|(slot, _)| *slot)
}

/// True if one of the plugins that rejected a pod says `helps` of an event.
pub(crate) fn any_rejecter(by: Rejecters, helps: impl Fn(&crate::scheduler::plugins::Plugin) -> bool) -> bool {
    by.is_empty() || PLUGINS.iter().enumerate().any(|(index, plugin)| by.contains(index) && helps(plugin))
}
