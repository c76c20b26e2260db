//! Whether a rollout comes along, is done, or is stuck.
//!
//! Upstream: `pkg/controller/deployment/progress.go`, `sync.go` (`checkPausedConditions`), `deployment_util.go`
//! (`DeploymentComplete`, `DeploymentProgressing`, `DeploymentTimedOut`).

use super::history::UNLIMITED;
use super::rollout::Rollout;
use super::status::{calculate, write_changed};
use crate::controllers::conditions::{Condition, find, put, take};
use crate::model::{Object, Span, Text, Time, Value};

/// Added to a deadline, so that the clock has surely passed it.
const SLACK: Span = Span::seconds(1);

/// A Progressing condition.
pub(super) fn progressing(status: &'static str, reason: &'static str, message: impl Into<Text>) -> Condition {
    Condition::new("Progressing", status, reason, message)
}

/// True if the Deployment wants to hear of a lack of progress.
pub(super) fn has_deadline(deployment: &Object) -> bool {
    deployment.at("spec.progressDeadlineSeconds").as_int().is_some_and(|it| it != UNLIMITED)
}

/// True if the last written status says that every wanted pod is new and available.
pub(super) fn is_complete(rollout: &Rollout<'_>) -> bool {
    completes(rollout, rollout.deployment.get("status"))
}

fn completes(rollout: &Rollout<'_>, status: &Value) -> bool {
    let all = |field: &str| status.get(field).int_or(0) == rollout.replicas();
    let observed = status.get("observedGeneration").int_or(0) >= rollout.deployment.generation();
    all("updatedReplicas") && all("replicas") && all("availableReplicas") && observed
}

/// Says when a Deployment is paused and when it goes on, so that a pause does not count as a lack of progress.
pub(super) fn note_pause(rollout: &mut Rollout<'_>) {
    let mut status = rollout.deployment.get("status").clone();
    let reason = find(&status, "Progressing").get("reason").text();
    if !has_deadline(&rollout.deployment) || reason == "ProgressDeadlineExceeded" {
        return;
    }
    let condition = match (rollout.is_paused(), reason == "DeploymentPaused") {
        (true, false) => progressing("Unknown", "DeploymentPaused", "Deployment is paused"),
        (false, true) => progressing("Unknown", "DeploymentResumed", "Deployment is resumed"),
        _ => return,
    };
    condition.put(&mut status, rollout.view.now);
    rollout.write_status(status, condition.message);
}

/// Writes counts and progress, if they changed; otherwise asks to be woken at the deadline.
pub(super) fn write(rollout: &mut Rollout<'_>) {
    let mut status = calculate(rollout);
    if has_deadline(&rollout.deployment) {
        judge(rollout, &mut status);
    } else {
        take(&mut status, "Progressing");
    }
    match replica_failure(rollout) {
        Some(failure) => put_failure(&mut status, failure),
        None => take(&mut status, "ReplicaFailure"),
    }
    if !write_changed(rollout, status) {
        rollout.plan.requeue_after = until_deadline(rollout);
    }
}

/// Brings the Progressing condition up to date.
fn judge(rollout: &Rollout<'_>, status: &mut Value) {
    let current = find(rollout.deployment.get("status"), "Progressing").clone();
    let done_before = current.get("reason").str() == "NewReplicaSetAvailable";
    if done_before && status.get("replicas").int_or(0) == status.get("updatedReplicas").int_or(0) {
        return;
    }
    let now = rollout.view.now;
    let subject = subject(rollout);
    if completes(rollout, status) {
        let message = format!("{subject} has successfully progressed.");
        progressing("True", "NewReplicaSetAvailable", message).put(status, now);
    } else if progressed(rollout.deployment.get("status"), status) {
        let held = current.get("status").str() == "True";
        let since = if held { current.get("lastTransitionTime").clone() } else { now.to_string().into() };
        let message = format!("{subject} is progressing.");
        progressing("True", "ReplicaSetUpdated", message).replace(status, now, since);
    } else if timed_out(rollout, status) {
        let message = format!("{subject} has timed out progressing.");
        progressing("False", "ProgressDeadlineExceeded", message).put(status, now);
    }
}

fn subject(rollout: &Rollout<'_>) -> String {
    match &rollout.new {
        Some(set) => format!("ReplicaSet \"{}\"", set.name()),
        None => format!("Deployment \"{}\"", rollout.deployment.name()),
    }
}

/// True if there are more new, ready or available pods than before, or fewer old ones.
fn progressed(before: &Value, after: &Value) -> bool {
    let count = |status: &Value, field: &str| status.get(field).int_or(0);
    let grew = |field: &str| count(after, field) > count(before, field);
    let old = |status: &Value| count(status, "replicas") - count(status, "updatedReplicas");
    grew("updatedReplicas") || old(after) < old(before) || grew("readyReplicas") || grew("availableReplicas")
}

fn timed_out(rollout: &Rollout<'_>, status: &Value) -> bool {
    let condition = find(status, "Progressing");
    match condition.get("reason").str() {
        "" | "NewReplicaSetAvailable" => false,
        "ProgressDeadlineExceeded" => true,
        _ => deadline(rollout, condition).is_some_and(|deadline| deadline < rollout.view.now),
    }
}

fn deadline(rollout: &Rollout<'_>, condition: &Value) -> Option<Time> {
    let seconds = rollout.deployment.at("spec.progressDeadlineSeconds").as_int()?;
    Some(Time::parse(condition.get("lastUpdateTime").str())? + Span::seconds(seconds))
}

/// How long until a rollout that stands still is late.
///
/// Upstream: `requeueStuckDeployment`, which goes round with a back-off in the last second.
fn until_deadline(rollout: &Rollout<'_>) -> Option<Span> {
    let status = rollout.deployment.get("status");
    let condition = find(status, "Progressing");
    let over = completes(rollout, status) || condition.get("reason").str() == "ProgressDeadlineExceeded";
    if over || condition.is_null() || !has_deadline(&rollout.deployment) {
        return None;
    }
    let left = deadline(rollout, condition)? - rollout.view.now;
    if left < Span::ZERO && condition.get("reason").str() == "NewReplicaSetAvailable" {
        return None;
    }
    Some(left.max(Span::ZERO) + SLACK)
}

/// The failure that a set reports, the new one's before the others'.
fn replica_failure(rollout: &Rollout<'_>) -> Option<Value> {
    let sets = rollout.new.iter().chain(&rollout.old);
    sets.map(|set| set.condition("ReplicaFailure")).find(|it| !it.is_null()).cloned()
}

fn put_failure(status: &mut Value, mut failure: Value) {
    let current = find(status, "ReplicaFailure");
    let same = |field: &str| current.get(field) == failure.get(field);
    if same("status") && same("reason") {
        return;
    }
    let since = if same("status") { current } else { &failure }.get("lastTransitionTime").clone();
    failure.set("lastUpdateTime", failure.get("lastTransitionTime").clone());
    failure.set("lastTransitionTime", since);
    put(status, failure);
}
