//! Scales sets: one of them to a size, or all of them in proportion when the Deployment's size changed under way.
//!
//! Upstream: `pkg/controller/deployment/sync.go` (`scale`, `scaleReplicaSet`, `isScalingEvent`),
//! `deployment_util.go` (`GetProportion`, `FindActiveOrLatest`, `IsSaturated`).

use super::history::{DESIRED, MAX, note_size};
use super::rollout::{Rollout, Which};
use super::scaling::Scaling;
use super::sets::{actual, available, larger_then_newer, larger_then_older, replicas};
use super::strategy::{is_rolling, max_surge};
use crate::controllers::pods::key_of;
use crate::model::key::resources::REPLICA_SETS;
use crate::model::{Object, Order};
use crate::plan::{EventDraft, Write};

/// The fields of the Deployment that sizes follow.
pub(super) const SIZE: &str = "spec.replicas";
/// The same.
pub(super) const SURGE: &str = "spec.strategy.rollingUpdate.maxSurge";
/// The same.
pub(super) const UNAVAILABLE: &str = "spec.strategy.rollingUpdate.maxUnavailable";

/// Scales a set and announces it; false if it has that size already.
pub(super) fn scale_to(rollout: &mut Rollout<'_>, which: Which, size: i64, why: &str, follows: &[&str]) -> bool {
    rollout.size(which) != size && resize(rollout, which, size, why, follows)
}

/// The same, and notes the Deployment's size on a set that keeps its own; true if the size changed.
fn resize(rollout: &mut Rollout<'_>, which: Which, size: i64, why: &str, follows: &[&str]) -> bool {
    let Some(set) = rollout.set(which).cloned() else { return false };
    let from = replicas(&set);
    let mut next = set.clone();
    next.set("spec.replicas", size);
    note_size(&rollout.deployment, &mut next);
    if next == set {
        return false;
    }
    let mut write = scale_write(rollout, &set, next.clone(), why);
    for path in follows {
        write = write.following(rollout.key, path);
    }
    rollout.plan.write(write);
    rollout.replace(which, next);
    from != size
}

fn scale_write(rollout: &Rollout<'_>, set: &Object, next: Object, why: &str) -> Write {
    let (from, to, name) = (replicas(set), replicas(&next), set.name());
    let key = key_of(REPLICA_SETS, set);
    if from == to {
        return Write::update(&key, next, format!("noted the Deployment's size on ReplicaSet {name}"));
    }
    let way = if from < to { "up" } else { "down" };
    let reason = Scaling { set: name.clone(), made_as: None, from, to, why: why.into() }.to_string();
    let message = format!("Scaled {way} replica set {name} from {from} to {to}");
    let event = EventDraft::normal(&rollout.deployment, "ScalingReplicaSet", message);
    Write::update(&key, next, reason).announcing(event)
}

/// True if an active set was last scaled for another size of the Deployment.
pub(super) fn is_scaling_event(rollout: &Rollout<'_>) -> bool {
    let differs = |set: &Object| noted(set, DESIRED).is_some_and(|desired| desired != rollout.replicas());
    rollout.active().into_iter().filter_map(|it| rollout.set(it)).any(differs)
}

fn noted(set: &Object, annotation: &str) -> Option<i64> {
    set.annotation(annotation)?.parse().ok()
}

/// Brings the sets to the Deployment's size without rolling anything out.
pub(super) fn scale(rollout: &mut Rollout<'_>) {
    if let Some(only) = active_or_latest(rollout) {
        let why = format!("spec.replicas is {}", rollout.replicas());
        scale_to(rollout, only, rollout.replicas(), &why, &[SIZE]);
        return;
    }
    if is_saturated(rollout) {
        for old in rollout.active().into_iter().filter(|it| *it != Which::New) {
            scale_to(rollout, old, 0, "the new ReplicaSet has every Pod that is wanted", &[SIZE]);
        }
        return;
    }
    if is_rolling(&rollout.deployment) {
        scale_in_proportion(rollout);
    }
}

/// The only active set, or the latest if none is active; none if several are.
fn active_or_latest(rollout: &Rollout<'_>) -> Option<Which> {
    match rollout.active().as_slice() {
        [] if rollout.new.is_some() => Some(Which::New),
        [] => (!rollout.old.is_empty()).then_some(Which::Old(0)),
        [only] => Some(*only),
        _ => None,
    }
}

fn is_saturated(rollout: &Rollout<'_>) -> bool {
    let wanted = rollout.replicas();
    let full =
        |set: &Object| replicas(set) == wanted && noted(set, DESIRED) == Some(wanted) && available(set) == wanted;
    rollout.new.as_ref().is_some_and(full)
}

/// Shares what is to be added or taken away among the active sets, in proportion to their sizes, largest first.
fn scale_in_proportion(rollout: &mut Rollout<'_>) {
    let active = rollout.active();
    let total: i64 = active.iter().map(|it| rollout.size(*it)).sum();
    let wanted = rollout.replicas();
    let allowed = if wanted > 0 { wanted + max_surge(&rollout.deployment) } else { 0 };
    let to_add = allowed - total;
    let sizes = proportions(rollout, active, to_add);
    let why = format!("its share of {allowed} = replicas {wanted} + maxSurge {}", allowed - wanted);
    for (which, size) in sizes {
        resize(rollout, which, size, &why, &[SIZE, SURGE]);
    }
}

fn proportions(rollout: &Rollout<'_>, mut active: Vec<Which>, to_add: i64) -> Vec<(Which, i64)> {
    let order = if to_add > 0 { larger_then_newer } else { larger_then_older };
    active.order_by(|a, b| match (rollout.set(*a), rollout.set(*b)) {
        (Some(a), Some(b)) if to_add != 0 => order(a, b),
        _ => std::cmp::Ordering::Equal,
    });
    let mut added = 0;
    let mut sizes = Vec::new();
    for which in active {
        let share = rollout.set(which).map_or(0, |set| proportion(&rollout.deployment, set, to_add, added));
        added += share;
        sizes.push((which, rollout.size(which) + share));
    }
    if let Some((_, largest)) = sizes.first_mut() {
        *largest = (*largest + to_add - added).max(0);
    }
    sizes
}

/// What of `to_add`, of which `added` is given out already, falls to one set.
fn proportion(deployment: &Object, set: &Object, to_add: i64, added: i64) -> i64 {
    if replicas(set) == 0 || to_add == 0 || to_add == added {
        return 0;
    }
    let (fraction, left) = (fraction(deployment, set), to_add - added);
    if to_add > 0 { fraction.min(left) } else { fraction.max(left) }
}

/// How many pods a set would gain or lose if it kept its share of the Deployment.
fn fraction(deployment: &Object, set: &Object) -> i64 {
    let wanted = deployment.at("spec.replicas").int_or(1);
    if wanted == 0 {
        return -replicas(set);
    }
    let noted = noted(set, MAX).unwrap_or_else(|| actual(deployment));
    if noted <= 0 {
        return 0;
    }
    let product = replicas(set) * (wanted + max_surge(deployment));
    (2 * product + noted).div_euclid(2 * noted) - replicas(set)
}
