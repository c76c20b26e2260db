//! Empties a namespace that is to go, pods first, and then lets it go.
//!
//! Upstream: `pkg/controller/namespace/deletion/namespaced_resources_deleter.go`.
//! Differs: what is in the namespace is read from the cache and deleted object by object, instead of by collections.

mod conditions;

#[cfg(test)]
mod tests;

use crate::api::Propagation;
use crate::controllers::pods::{is_terminal, key_of};
use crate::model::key::resources::PODS;
use crate::model::{Key, Object, ResourceName, Span, Value};
use crate::plan::{Controller, Enqueue, Plan, View, Watch, Write};
use conditions::Remains;

/// The control loop.
pub(super) const CONTROLLER: Controller = Controller {
    name: "namespace-controller",
    watches: &[Watch {
        resource: "namespaces",
        enqueue: |change, _, queue| queue.push(Enqueue::now(change.key.clone())),
    }],
    reconcile,
};

/// The most objects that one reconcile deletes.
const DELETIONS_MAX: usize = 500;

/// How long objects with finalizers are given, in seconds.
const FINALIZER_SECONDS: i64 = 15;

/// What one reconcile of a namespace sees: one stage of its content.
type Content<'a> = Vec<(&'a ResourceName, &'a Object)>;

/// Decides what comes next on the way of the namespace at `key` to its end.
fn reconcile(key: &Key, view: &View<'_>) -> Plan {
    let Some(namespace) = view.cache.get(key).filter(|it| it.is_terminating()) else { return Plan::nothing() };
    if namespace.at("spec.finalizers").is_empty() {
        return Plan::nothing();
    }
    let content = stage(&key.name, view);
    let mut plan = Plan::nothing();
    plan.observed = objects(&content).into();
    plan.desired = "an empty namespace".into();
    let fresh: Vec<_> = content.iter().filter(|(_, it)| !it.is_terminating()).take(DELETIONS_MAX).collect();
    if fresh.is_empty() {
        settle(key, namespace, &content, view, &mut plan);
    } else {
        plan.writes.extend(fresh.into_iter().map(|(resource, it)| deletion(key, resource, it)));
        plan.requeue_after = Some(Span::millis(1));
    }
    plan
}

/// The pods of a namespace, or everything in it once there are none.
fn stage<'a>(namespace: &'a str, view: &View<'a>) -> Content<'a> {
    let of = |resource: &'a ResourceName| view.cache.list_in(resource, namespace).map(move |it| (resource, it));
    let resources = || view.cache.resources().map(|(resource, _)| resource);
    let pods: Content<'a> = resources().filter(|it| **it == PODS).flat_map(of).collect();
    if pods.is_empty() { resources().flat_map(of).collect() } else { pods }
}

fn deletion(key: &Key, resource: &ResourceName, object: &Object) -> Write {
    let reason = format!("deleted {}: namespace {} is to go", object.name(), key.name);
    let write = Write::delete(&key_of(resource.clone(), object), &object.uid(), reason);
    write.propagation(Propagation::Background).following(key, "metadata.deletionTimestamp")
}

/// Says what remains and waits for it, or lets the namespace go.
fn settle(key: &Key, namespace: &Object, content: &Content<'_>, view: &View<'_>, plan: &mut Plan) {
    let remains = Remains::count(content);
    let estimate = estimate(namespace, content, view);
    let stuck = estimate == 0 && !content.is_empty() && remains.by_finalizer.is_empty();
    let failure = stuck.then(|| conditions::unexpected(&key.name, content)).flatten();
    let status = conditions::status(namespace, &remains, failure.as_deref(), view.now);
    if status != *namespace.get("status") {
        let mut changed = namespace.clone();
        changed.set("status", status);
        plan.write(Write::update_status(key, changed, format!("{} left in it", objects(content))));
    } else if let Some(failure) = failure {
        plan.error = Some(failure.into());
        return;
    }
    if content.is_empty() {
        plan.write(finalization(key, namespace));
    } else {
        let seconds = if estimate == 0 { FINALIZER_SECONDS } else { estimate };
        plan.requeue_after = Some(Span::seconds(seconds / 2 + 1));
    }
}

fn objects(content: &Content<'_>) -> String {
    format!("{} object{}", content.len(), if content.len() == 1 { "" } else { "s" })
}

/// The longest grace period, in seconds, of a pod that still runs; 0 once it has passed since the namespace was deleted.
fn estimate(namespace: &Object, content: &Content<'_>, view: &View<'_>) -> i64 {
    let running = content.iter().filter(|(resource, it)| **resource == PODS && !is_terminal(it));
    let longest = running.map(|(_, it)| it.at("spec.terminationGracePeriodSeconds").int_or(0)).max().unwrap_or(0);
    let passed = namespace.deletion_time().map_or(0, |since| (view.now - since).as_seconds());
    if passed >= longest { 0 } else { longest }
}

fn finalization(key: &Key, namespace: &Object) -> Write {
    let mut freed = namespace.clone();
    freed.remove("metadata.resourceVersion");
    let kept = namespace.at("spec.finalizers").items().iter().filter(|it| it.str() != "kubernetes");
    freed.set("spec.finalizers", kept.cloned().collect::<Vec<Value>>());
    let mut write = Write::update(key, freed, "nothing is left in it");
    write.request.target.subresource = "finalize".into();
    write.tolerating(&["NotFound"]).following(key, "metadata.deletionTimestamp")
}
