//! Which pods go first when there are too many.
//!
//! Upstream: `pkg/controller/controller_utils.go` (`ActivePodsWithRanks`), `getPodsRankedByRelatedPodsOnSameNode`.

use super::Seen;
use crate::controllers::pods::{is_active, node_of};
use crate::model::{Object, Order, Time, Value};
use crate::store::Member;
use std::cmp::{Ordering, Reverse};
use std::collections::BTreeMap;

/// A pod and what decides about its place, read once.
struct Ranked<'a> {
    pod: &'a Object,
    has_node: bool,
    phase: u8,
    ready: bool,
    cost: i32,
    /// The active pods, of all sets with the same owner, on its node.
    neighbours: usize,
    ready_since: Option<Time>,
    restarts: i64,
    sidecar_restarts: i64,
}

/// One criterion: in words, and as an order in which the lesser pod goes first.
struct Criterion {
    why: &'static str,
    compare: fn(&Ranked<'_>, &Ranked<'_>, Time) -> Ordering,
}

/// The criteria; the first that tells two pods apart decides.
static CRITERIA: [Criterion; 9] = [
    Criterion { why: "it has no node yet", compare: |a, b, _| a.has_node.cmp(&b.has_node) },
    Criterion { why: "it has come less far", compare: |a, b, _| a.phase.cmp(&b.phase) },
    Criterion { why: "it is not Ready", compare: |a, b, _| a.ready.cmp(&b.ready) },
    Criterion { why: "its deletion cost is lower", compare: |a, b, _| a.cost.cmp(&b.cost) },
    Criterion { why: "more of its kind share its node", compare: |a, b, _| b.neighbours.cmp(&a.neighbours) },
    Criterion { why: "it was Ready for a shorter time", compare: by_ready_time },
    Criterion { why: "it restarted more often", compare: |a, b, _| b.restarts.cmp(&a.restarts) },
    Criterion {
        why: "its sidecars restarted more often",
        compare: |a, b, _| b.sidecar_restarts.cmp(&a.sidecar_restarts),
    },
    Criterion { why: "it is younger", compare: |a, b, now| younger_first(a, b, a.pod.created(), b.pod.created(), now) },
];

/// The `count` pods to delete, each with the criterion that set it apart from the first pod that stays.
pub(super) fn victims<'a>(seen: &'a Seen<'a>, count: usize) -> Vec<(&'a Object, &'static str)> {
    let now = seen.view.now;
    let mut pods = ranked(seen);
    if count >= pods.len() {
        return pods.into_iter().map(|it| (it.pod, "")).collect();
    }
    pods.order_by(|a, b| compare(a, b, now).0);
    let (go, stay) = pods.split_at(count);
    go.iter().map(|it| (it.pod, compare(it, &stay[0], now).1)).collect()
}

fn compare(a: &Ranked<'_>, b: &Ranked<'_>, now: Time) -> (Ordering, &'static str) {
    let mut verdicts = CRITERIA.iter().map(|it| ((it.compare)(a, b, now), it.why));
    verdicts.find(|(order, _)| order.is_ne()).unwrap_or((Ordering::Equal, "none differs"))
}

/// The pods of the set, with how many of their family share their nodes.
fn ranked<'a>(seen: &'a Seen<'a>) -> Vec<Ranked<'a>> {
    let mut on_node: BTreeMap<&str, usize> = BTreeMap::new();
    for pod in family(seen).filter(|pod| is_active(pod)) {
        *on_node.entry(node_of(pod)).or_default() += 1;
    }
    let neighbours = |pod: &Member| on_node.get(node_of(&pod.object)).copied().unwrap_or(0);
    seen.active_pods().into_iter().map(|pod| read(pod, neighbours(pod))).collect()
}

fn read(member: &Member, neighbours: usize) -> Ranked<'_> {
    let (pod, facts) = (&member.object, member.facts);
    Ranked {
        pod,
        has_node: !node_of(pod).is_empty(),
        phase: phase(pod),
        ready: facts.ready_since.is_some(),
        cost: cost(pod),
        neighbours,
        ready_since: facts.ready_since,
        restarts: most_restarts(pod.at("status.containerStatuses")),
        sidecar_restarts: most_restarts(pod.at("status.initContainerStatuses")),
    }
}

/// The pods of every `ReplicaSet` that this set's owner has; none if nobody owns it.
fn family<'a>(seen: &Seen<'a>) -> impl Iterator<Item = &'a Object> {
    let cache = seen.view.cache;
    let owner = seen.set.controller().map(|it| it.uid);
    let siblings = owner.into_iter().flat_map(|uid| cache.owned_by(&uid)).filter(|it| it.kind() == "ReplicaSet");
    siblings.flat_map(|set| cache.owned_by(&set.uid())).filter(|it| it.kind() == "Pod")
}

fn phase(pod: &Object) -> u8 {
    match pod.at("status.phase").str() {
        "Pending" => 0,
        "Unknown" => 1,
        _ => 2,
    }
}

fn cost(pod: &Object) -> i32 {
    pod.annotation("controller.kubernetes.io/pod-deletion-cost").and_then(|text| text.parse().ok()).unwrap_or(0)
}

fn most_restarts(statuses: &Value) -> i64 {
    statuses.items().iter().map(|it| it.get("restartCount").int_or(0)).max().unwrap_or(0)
}

fn by_ready_time(a: &Ranked<'_>, b: &Ranked<'_>, now: Time) -> Ordering {
    if a.ready && b.ready { younger_first(a, b, a.ready_since, b.ready_since, now) } else { Ordering::Equal }
}

/// Younger pods first, in steps that double with age; within one step the uid decides, which is as good as chance.
fn younger_first(a: &Ranked<'_>, b: &Ranked<'_>, at: Option<Time>, bt: Option<Time>, now: Time) -> Ordering {
    match (at, bt) {
        (Some(at), Some(bt)) if at != bt => {
            age_step(at, now).cmp(&age_step(bt, now)).then_with(|| a.pod.uid().cmp(&b.pod.uid()))
        }
        (Some(_), Some(_)) | (None, None) => Ordering::Equal,
        _ => Reverse(at.is_none()).cmp(&Reverse(bt.is_none())),
    }
}

/// The binary logarithm of an age in nanoseconds; -1 for no age.
fn age_step(since: Time, now: Time) -> i64 {
    let nanos = i128::from((now - since).0) * 1_000;
    u128::try_from(nanos).ok().and_then(u128::checked_ilog2).map_or(-1, i64::from)
}
