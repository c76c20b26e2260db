//! Brings the pods of a Deployment to its template, a few at a time, by scaling `ReplicaSets` up and down.
//!
//! Upstream: `pkg/controller/deployment/deployment_controller.go` (`syncDeployment`).
//! Left out: the rollback annotation of `extensions/v1beta1`. Differs: what one sync would write twice is written once where
//! upstream's second write ends in a conflict and another sync.

mod history;
mod progress;
mod recreate;
mod rolling;
mod rollout;
mod scale;
mod scaling;
mod sets;
mod status;
mod strategy;
mod sync;

#[cfg(test)]
mod tests;

use crate::controllers::pods::key_of;
use crate::model::key::resources::{DEPLOYMENTS, PODS, REPLICA_SETS};
use crate::model::{Key, Object, Selector, Text};
use crate::plan::{Controller, Enqueue, EventDraft, Plan, View, Watch};
use crate::store::Change;
use rollout::Rollout;
pub use scaling::Scaling;

/// The control loop.
pub(super) const CONTROLLER: Controller = Controller {
    name: "deployment-controller",
    watches: &[
        Watch {
            resource: "deployments.apps",
            enqueue: |change, _, queue| queue.push(Enqueue::now(change.key.clone())),
        },
        Watch { resource: "replicasets.apps", enqueue: of_replica_set },
        Watch { resource: "pods", enqueue: of_deleted_pod },
    ],
    reconcile,
};

/// Decides the writes that bring the Deployment at `key` one step closer to its spec.
fn reconcile(key: &Key, view: &View<'_>) -> Plan {
    let Some(deployment) = view.cache.get(key) else { return Plan::nothing() };
    let Ok(selector) = Selector::from_object(deployment.at("spec.selector")) else { return Plan::nothing() };
    if selector.is_everything() {
        return selects_all(deployment);
    }
    let mut rollout = Rollout::open(key, deployment, &selector, view);
    step(&mut rollout);
    rollout.plan
}

/// One pass: pause and resume, revisions, scaling, then the strategy.
fn step(rollout: &mut Rollout<'_>) {
    if rollout.deployment.is_terminating() {
        return status::write(rollout);
    }
    progress::note_pause(rollout);
    if sync::revise(rollout).is_break() {
        return;
    }
    if rollout.is_paused() || scale::is_scaling_event(rollout) {
        scale::scale(rollout);
        if rollout.is_paused() {
            history::clean_up(rollout);
        }
        return status::write(rollout);
    }
    match rollout.deployment.at("spec.strategy.type").str() {
        "Recreate" => recreate::roll_out(rollout),
        _ => rolling::roll_out(rollout),
    }
}

fn selects_all(deployment: &Object) -> Plan {
    let message = "This deployment is selecting all pods. A non-empty selector is required.";
    Plan { events: vec![EventDraft::warning(deployment, "SelectingAll", message)], ..Plan::nothing() }
}

/// A changed `ReplicaSet` wakes its Deployment, before and after; an orphan wakes every one that would adopt it.
fn of_replica_set(change: &Change, view: &View<'_>, queue: &mut Vec<Enqueue>) {
    for set in [&change.before, &change.after].into_iter().flatten() {
        let found = owner_of(set, view).map(|it| key_of(DEPLOYMENTS, it));
        queue.extend(found.filter(|key| !queue.iter().any(|it| it.key == *key)).map(Enqueue::now));
    }
    match &change.after {
        Some(set) if set.controller().is_none() => queue.extend(would_adopt(set, view).map(Enqueue::now)),
        _ => {}
    }
}

fn would_adopt<'a>(set: &'a Object, view: &View<'a>) -> impl Iterator<Item = Key> + use<'a> {
    let selects = |deployment: &&Object| {
        let selector = Selector::from_object(deployment.at("spec.selector"));
        selector.is_ok_and(|it| !it.is_everything() && it.matches(set.metadata().get("labels")))
    };
    let all = view.cache.list_in(&DEPLOYMENTS, set.metadata().get("namespace").str());
    all.filter(selects).map(|it| key_of(DEPLOYMENTS, it))
}

/// The last pod to go wakes a Deployment that recreates.
fn of_deleted_pod(change: &Change, view: &View<'_>, queue: &mut Vec<Enqueue>) {
    let (Some(pod), None) = (&change.before, &change.after) else { return };
    let Some(owner) = pod.controller().filter(|it| it.kind == "ReplicaSet") else { return };
    let Some(set) = view.cache.get(&Key::new(REPLICA_SETS, pod.namespace(), owner.name)) else { return };
    let Some(deployment) = owner_of(set, view) else { return };
    if deployment.at("spec.strategy.type").str() == "Recreate" && pods_of(deployment, view) == 0 {
        queue.push(Enqueue::now(key_of(DEPLOYMENTS, deployment)));
    }
}

fn owner_of<'a>(set: &Object, view: &View<'a>) -> Option<&'a Object> {
    let owner = set.controller().filter(|it| it.kind == "Deployment")?;
    let key = Key::new(DEPLOYMENTS, set.namespace(), owner.name);
    view.cache.get(&key).filter(|it| it.uid() == owner.uid)
}

fn pods_of(deployment: &Object, view: &View<'_>) -> usize {
    let sets: Vec<Text> = view.cache.owned_by(&deployment.uid()).map(Object::uid).collect();
    let pods = sets.iter().flat_map(|uid| view.cache.owned_keys(uid));
    pods.filter(|key| key.resource == PODS).count()
}
