//! Spreads pods over hosts, zones or any other domain of nodes.
//!
//! Upstream: `plugins/podtopologyspread` (`plugin.go`, `filtering.go`, `scoring.go`).

use crate::scheduler::node::{Node, NodeFacts};
use crate::scheduler::plugins::{Plugin, SCORE_MAX, Score};
use crate::scheduler::pod::PodFacts;
use crate::scheduler::retry::{Event, Retry};
use crate::scheduler::situation::Situation;
use crate::scheduler::spread::{Constraint, Strength};
use crate::scheduler::verdict::{Cure, Verdict};

/// One line of the registry.
pub(super) const PLUGIN: Plugin = Plugin {
    name: "PodTopologySpread",
    retry_on: &[
        Retry::NodeAdded,
        Retry::NodeRemoved,
        Retry::NodeLabels,
        Retry::NodeTaints,
        Retry::PodGone,
        Retry::PodPlaced,
        Retry::PodChanged,
    ],
    helps,
    filter: Some(filter),
    score: Some(Score { weight: 2, applies: |situation| !situation.softs.all.is_empty(), of: score, normalize }),
};

/// The raw score of a node that lacks a constraint's label.
const IGNORED: i64 = -1;

const NO_LABEL: &str = "node(s) didn't match pod topology spread constraints (missing required label)";

fn filter(situation: &Situation<'_>, node: &Node) -> Verdict {
    for hard in &situation.hards {
        let Some(domain) = hard.constraint.domain(node.facts()) else {
            return Verdict::rejected(NO_LABEL, Cure::Change);
        };
        if hard.skew(domain) > hard.constraint.max_skew {
            return Verdict::rejected("node(s) didn't match pod topology spread constraints", Cure::Preemption);
        }
    }
    Verdict::Fits
}

/// A pod helps if it is counted; a node if it has, or had, the labels of all constraints.
fn helps(pod: &PodFacts, event: &Event<'_>) -> bool {
    let constraints = Constraint::declared(pod, Strength::Hard);
    let counted = |node: &NodeFacts| constraints.iter().all(|it| it.domain(node).is_some());
    match event {
        Event::Pod { pod: other, .. } => constraints.iter().any(|it| it.counts(pod, other)),
        Event::Node { before, after } => before.is_some_and(counted) || after.is_some_and(counted),
    }
}

/// How crowded the node's domains are: less is better.
#[allow(clippy::cast_possible_truncation, reason = "counts of pods are far below 2^52")]
fn score(situation: &Situation<'_>, node: &Node) -> i64 {
    if !situation.softs.includes(node.facts()) {
        return IGNORED;
    }
    situation.softs.all.iter().map(|it| it.score(node)).sum::<f64>().round() as i64
}

fn normalize(scores: &mut [i64]) {
    let counted = scores.iter().copied().filter(|it| *it != IGNORED);
    let (least, most) = (counted.clone().min().unwrap_or(0), counted.max().unwrap_or(0));
    for it in scores {
        *it = match *it {
            IGNORED => 0,
            _ if most == 0 => SCORE_MAX,
            raw => SCORE_MAX * (most + least - raw) / most,
        };
    }
}
