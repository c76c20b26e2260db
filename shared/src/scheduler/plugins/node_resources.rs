//! Room for the pod's requests, and two opinions about which room is best.
//!
//! Upstream: `plugins/noderesources` (`fit.go`, `least_allocated.go`, `balanced_allocation.go`, `resource_allocation.go`).

use crate::model::Text;
use crate::scheduler::node::{Node, NodeFacts};
use crate::scheduler::plugins::{Plugin, SCORE_MAX, Score, as_is};
use crate::scheduler::pod::PodFacts;
use crate::scheduler::resources::Resources;
use crate::scheduler::retry::{Event, Retry};
use crate::scheduler::situation::Situation;
use crate::scheduler::verdict::{Cure, Rejection, Verdict};

/// Filters by room, and prefers the node with the largest free share (`LeastAllocated`).
pub(super) const FIT: Plugin = Plugin {
    name: "NodeResourcesFit",
    retry_on: &[Retry::NodeAdded, Retry::NodeAllocatable, Retry::PodGone],
    helps,
    filter: Some(filter),
    score: Some(Score { weight: 1, applies: |_| true, of: least_allocated, normalize: as_is }),
};

/// Prefers the node whose CPU and memory the pod brings into balance.
pub(super) const BALANCED: Plugin = Plugin {
    name: "NodeResourcesBalancedAllocation",
    score: Some(Score {
        weight: 1,
        applies: |situation| situation.pod.requests.milli_cpu != 0 || situation.pod.requests.memory != 0,
        of: balanced,
        normalize: as_is,
    }),
    ..Plugin::NONE
};

fn filter(situation: &Situation<'_>, node: &Node) -> Verdict {
    let requests = &situation.pod.requests;
    let full = i64::try_from(node.pods.len()).unwrap_or(i64::MAX) >= node.facts().pods_max;
    if !full && fits(requests, &node.facts().allocatable, &node.requested) {
        return Verdict::Fits;
    }
    let mut rejection = Rejection { reasons: Vec::new(), cure: Cure::Preemption };
    if full {
        rejection.reasons.push(Text::new_static("Too many pods"));
    }
    for (name, wanted, allocatable, used) in amounts(requests, &node.facts().allocatable, &node.requested) {
        if wanted > 0 && wanted > allocatable - used {
            rejection.reasons.push(smol_str::format_smolstr!("Insufficient {name}"));
            if wanted > allocatable {
                rejection.cure = Cure::Change;
            }
        }
    }
    Verdict::Rejected(rejection)
}

fn fits(requests: &Resources, allocatable: &Resources, used: &Resources) -> bool {
    amounts(requests, allocatable, used).all(|(_, wanted, has, used)| wanted <= 0 || wanted <= has - used)
}

/// Each resource that may be asked for: name, asked, allocatable, used.
fn amounts<'a>(
    requests: &'a Resources,
    allocatable: &'a Resources,
    used: &'a Resources,
) -> impl Iterator<Item = (&'a str, i64, i64, i64)> {
    let named = [
        ("cpu", requests.milli_cpu, allocatable.milli_cpu, used.milli_cpu),
        ("memory", requests.memory, allocatable.memory, used.memory),
        ("ephemeral-storage", requests.storage, allocatable.storage, used.storage),
    ];
    let others = requests.others.iter();
    let others = others.map(|(name, wanted)| (name.as_str(), *wanted, allocatable.other(name), used.other(name)));
    named.into_iter().chain(others)
}

/// A pod that goes always helps; a node only if the pod would fit it when empty, and did not before.
fn helps(pod: &PodFacts, event: &Event<'_>) -> bool {
    let room = |node: &NodeFacts| node.pods_max > 0 && fits(&pod.requests, &node.allocatable, &Resources::default());
    match event {
        Event::Pod { .. } => true,
        Event::Node { before: None, after } => after.is_some_and(room),
        Event::Node { before: Some(before), after } => after.is_some_and(|it| room(it) && gained(pod, before, it)),
    }
}

/// True if the node has more than before of something that the pod asks for.
fn gained(pod: &PodFacts, before: &NodeFacts, after: &NodeFacts) -> bool {
    let mut both = amounts(&pod.requests, &after.allocatable, &before.allocatable);
    after.pods_max > before.pods_max || both.any(|(_, wanted, now, then)| wanted > 0 && now > then)
}

/// The mean over CPU and memory of the share that stays free.
fn least_allocated(situation: &Situation<'_>, node: &Node) -> i64 {
    let (pod, allocatable) = (&situation.pod.scored, &node.facts().allocatable);
    let shares = [
        (allocatable.milli_cpu, node.scored.milli_cpu + pod.milli_cpu),
        (allocatable.memory, node.scored.memory + pod.memory),
    ];
    let (mut sum, mut weights) = (0, 0);
    for (capacity, used) in shares.into_iter().filter(|(capacity, _)| *capacity > 0) {
        sum += (capacity - used).max(0) * SCORE_MAX / capacity;
        weights += 1;
    }
    if weights == 0 { 0 } else { sum / weights }
}

/// 75 where the pod does not change the balance of CPU and memory, up to 100 where it mends it, down to 50 where it spoils
/// it.
fn balanced(situation: &Situation<'_>, node: &Node) -> i64 {
    let (requests, allocatable) = (&situation.pod.requests, &node.facts().allocatable);
    let used = &node.requested;
    let with = balance(used.milli_cpu + requests.milli_cpu, used.memory + requests.memory, allocatable);
    let without = balance(used.milli_cpu, used.memory, allocatable);
    SCORE_MAX / 2 + (SCORE_MAX / 2 + with - without) / 2
}

/// 100 less the standard deviation of the used shares, which of two is half their distance.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "shares are computed so upstream")]
fn balance(milli_cpu: i64, memory: i64, allocatable: &Resources) -> i64 {
    if allocatable.milli_cpu == 0 || allocatable.memory == 0 {
        return SCORE_MAX;
    }
    let share = |used: i64, all: i64| (used as f64 / all as f64).min(1.0);
    let deviation = (share(milli_cpu, allocatable.milli_cpu) - share(memory, allocatable.memory)).abs() / 2.0;
    ((1.0 - deviation) * SCORE_MAX as f64) as i64
}
