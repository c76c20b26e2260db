//! The counts of a Deployment's status, and whether enough pods are available.
//!
//! Upstream: `pkg/controller/deployment/sync.go` (`calculateStatus`, `syncDeploymentStatus`).

use super::rollout::Rollout;
use super::sets::{actual, available, ready, replicas};
use super::strategy::max_unavailable;
use crate::controllers::conditions::{Condition, find, put, put_count};
use crate::model::{Time, Value};

/// Writes the counts, if they changed, and looks at no progress.
pub(super) fn write(rollout: &mut Rollout<'_>) {
    let status = calculate(rollout);
    write_changed(rollout, status);
}

/// Writes a status, if it differs from the one there is; true if it does.
pub(super) fn write_changed(rollout: &mut Rollout<'_>, status: Value) -> bool {
    if status == *rollout.deployment.get("status") {
        return false;
    }
    let count = |field: &str| status.get(field).int_or(0);
    let reason = format!(
        "counted {}, {} of them new, {} ready, {} available",
        count("replicas"),
        count("updatedReplicas"),
        count("readyReplicas"),
        count("availableReplicas")
    );
    rollout.write_status(status, reason);
    true
}

/// The status that the sets add up to, with the conditions there are and a fresh Available.
pub(super) fn calculate(rollout: &Rollout<'_>) -> Value {
    let there = rollout.total(available);
    let mut status = Value::map();
    for field in ["collisionCount", "conditions"] {
        let kept = rollout.deployment.get("status").get(field);
        if !kept.is_null() {
            status.set(field, kept);
        }
    }
    put_count(&mut status, "observedGeneration", rollout.deployment.generation());
    put_count(&mut status, "replicas", rollout.total(actual));
    put_count(&mut status, "updatedReplicas", rollout.new.as_ref().map_or(0, actual));
    put_count(&mut status, "readyReplicas", rollout.total(ready));
    put_count(&mut status, "availableReplicas", there);
    put_count(&mut status, "unavailableReplicas", (rollout.total(replicas) - there).max(0));
    if let Some(count) = terminating(rollout) {
        status.set("terminatingReplicas", count);
    }
    let enough = there >= rollout.replicas() - max_unavailable(&rollout.deployment);
    availability(enough).put(&mut status, rollout.view.now);
    status
}

/// The pods that are going; unknown while a set that was looked after does not say.
fn terminating(rollout: &Rollout<'_>) -> Option<i64> {
    let of = |set: &crate::model::Object| match set.at("status.terminatingReplicas").as_int() {
        None if set.at("status.observedGeneration").int_or(0) == 0 => Some(0),
        count => count,
    };
    rollout.old.iter().chain(&rollout.new).map(of).sum()
}

fn availability(enough: bool) -> Condition {
    if enough {
        let message = "Deployment has minimum availability.";
        return Condition::new("Available", "True", "MinimumReplicasAvailable", message);
    }
    let message = "Deployment does not have minimum availability.";
    Condition::new("Available", "False", "MinimumReplicasUnavailable", message)
}

impl Condition {
    /// Puts the condition into a Deployment's status, unless it says the same already.
    ///
    /// Upstream: `SetDeploymentCondition`: equal status and reason is the same, and an equal status keeps its time.
    pub(super) fn put(&self, status: &mut Value, now: Time) {
        let current = find(status, self.kind);
        let same_status = current.get("status").str() == self.status;
        if same_status && current.get("reason").str() == self.reason {
            return;
        }
        let since = if same_status { current.get("lastTransitionTime").clone() } else { now.to_string().into() };
        self.replace(status, now, since);
    }

    /// Puts the condition into a Deployment's status, whatever was there; it holds `since` then.
    pub(super) fn replace(&self, status: &mut Value, now: Time, since: Value) {
        let mut value = self.to_value(now);
        value.set("lastUpdateTime", now.to_string());
        value.set("lastTransitionTime", since);
        put(status, value);
    }
}
