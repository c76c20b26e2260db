//! `RollingUpdate`: up with the new set while the surge allows, down with the old ones while enough pods are available.
//!
//! Upstream: `pkg/controller/deployment/rolling.go`, `deployment_util.go` (`NewRSNewReplicas`).

use super::rollout::{Rollout, Which};
use super::scale::{SIZE, SURGE, UNAVAILABLE, scale_to};
use super::sets::{available, older_first, replicas};
use super::strategy::{is_rolling, max_surge, max_unavailable};
use super::{history, progress, sync};
use crate::controllers::pods::key_of;
use crate::model::key::resources::REPLICA_SETS;
use crate::model::{Object, Order};
use crate::trace::FieldRef;

/// One step of a rolling update.
pub(super) fn roll_out(rollout: &mut Rollout<'_>) {
    if sync::create(rollout).is_break() {
        return;
    }
    if !scale_up(rollout) && !scale_down(rollout) && progress::is_complete(rollout) {
        history::clean_up(rollout);
    }
    progress::write(rollout);
}

/// The size of the new set, which has `current` pods, when as many are added as the strategy allows.
pub(super) fn new_set_size(rollout: &Rollout<'_>, current: i64) -> i64 {
    let wanted = rollout.replicas();
    if !is_rolling(&rollout.deployment) {
        return wanted;
    }
    let total = rollout.total(replicas);
    let most = wanted + max_surge(&rollout.deployment);
    if total >= most { current } else { current + (most - total).min(wanted - current) }
}

/// Scales the new set towards the Deployment's size.
///
/// Upstream: `reconcileNewReplicaSet`.
fn scale_up(rollout: &mut Rollout<'_>) -> bool {
    let (wanted, current) = (rollout.replicas(), rollout.size(Which::New));
    if current > wanted {
        return scale_to(rollout, Which::New, wanted, &format!("spec.replicas is {wanted}"), &[SIZE]);
    }
    let size = new_set_size(rollout, current);
    let surge = max_surge(&rollout.deployment);
    let why = format!("room for {} more under maxSurge {surge}", number(size - current));
    scale_to(rollout, Which::New, size, &why, &[SIZE, SURGE])
}

fn number(count: i64) -> String {
    if count == 1 { "one".to_owned() } else { count.to_string() }
}

/// Scales the old sets down, unhealthy pods first.
///
/// Upstream: `reconcileOldReplicaSets`.
fn scale_down(rollout: &mut Rollout<'_>) -> bool {
    let least = rollout.replicas() - max_unavailable(&rollout.deployment);
    let new_unavailable = rollout.new.as_ref().map_or(0, |set| replicas(set) - available(set));
    let spare = rollout.total(replicas) - least - new_unavailable;
    if rollout.old.iter().all(|set| replicas(set) == 0) || spare <= 0 || rollout.old.iter().any(lags) {
        return false;
    }
    let first = rollout.plan.writes.len();
    let down = clean_up_unhealthy(rollout, spare) + scale_down_healthy(rollout, least);
    follow_new_set(rollout, first);
    down > 0
}

/// True for a set whose status still counts pods that it is about to delete: what is available is not known then.
///
/// Upstream ends such a sync with an error, in `cleanupUnhealthyReplicas`, and tries again.
fn lags(set: &Object) -> bool {
    replicas(set) > 0 && available(set) > replicas(set)
}

/// Takes pods that are not available from the old sets, oldest set first: they keep nothing running.
fn clean_up_unhealthy(rollout: &mut Rollout<'_>, spare: i64) -> i64 {
    let mut down = 0;
    for which in old_by_age(rollout) {
        let size = rollout.size(which);
        let unhealthy = size - rollout.set(which).map_or(0, available);
        let count = unhealthy.min(spare - down);
        if size > 0 && unhealthy != 0 && count > 0 {
            let why = format!("{} of its Pods are not available", number(unhealthy));
            scale_to(rollout, which, size - count, &why, &[SIZE, UNAVAILABLE]);
            down += count;
        }
    }
    down
}

/// Takes available pods from the old sets, oldest set first, as long as `least` stay available.
fn scale_down_healthy(rollout: &mut Rollout<'_>, least: i64) -> i64 {
    let spare = rollout.total(available) - least;
    let mut down = 0;
    for which in old_by_age(rollout) {
        let size = rollout.size(which);
        let count = size.min(spare - down);
        if count > 0 {
            let unavailable = max_unavailable(&rollout.deployment);
            let why = format!("{} available, {least} must be under maxUnavailable {unavailable}", spare + least - down);
            scale_to(rollout, which, size - count, &why, &[SIZE, UNAVAILABLE]);
            down += count;
        }
    }
    down
}

fn old_by_age(rollout: &Rollout<'_>) -> Vec<Which> {
    let mut old: Vec<usize> = (0..rollout.old.len()).collect();
    old.order_by(|a, b| older_first(&rollout.old[*a], &rollout.old[*b]));
    old.into_iter().map(Which::Old).collect()
}

/// An old set goes down because of the template, and because pods of the new one are available.
fn follow_new_set(rollout: &mut Rollout<'_>, first: usize) {
    let template = FieldRef::new(rollout.key, "spec.template");
    let set = rollout.new.as_ref().filter(|set| available(set) > 0);
    let ready = set.map(|set| FieldRef::new(&key_of(REPLICA_SETS, set), "status.availableReplicas"));
    for write in &mut rollout.plan.writes[first..] {
        write.follows.push(template.clone());
        write.follows.extend(ready.clone());
    }
}
