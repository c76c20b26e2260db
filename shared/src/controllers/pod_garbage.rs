//! Deletes pods that nobody else will: those of nodes that are gone, and those that were to go before they had a node.
//!
//! Upstream: `pkg/controller/podgc/gc_controller.go`.
//! Left out: the deletion of the oldest ended pods above 12 500. Differs: a timer per node instead of a look at every pod
//! each 20 s.

use super::eviction::disruption;
use crate::controllers::pods::{is_terminal, key_of, node_of};
use crate::model::key::resources::{NODES, PODS};
use crate::model::{Key, Object, Span};
use crate::plan::{Controller, Enqueue, Plan, View, Watch, Write};
use crate::store::Change;

/// The control loop; its keys are those of nodes that are gone and of pods without a node.
pub(super) const CONTROLLER: Controller = Controller {
    name: "pod-garbage-collector-controller",
    watches: &[Watch { resource: "nodes", enqueue: of_node }, Watch { resource: "pods", enqueue: of_pod }],
    reconcile,
};

/// How long a node may be gone before its pods go too.
const QUARANTINE: Span = Span::seconds(40);

const OUT_OF_SERVICE: &str = "node.kubernetes.io/out-of-service";

/// Decides about the pods of one node, or about one pod without a node.
fn reconcile(key: &Key, view: &View<'_>) -> Plan {
    if key.resource == PODS {
        return unscheduled(key, view);
    }
    match view.cache.get(key) {
        None => orphaned(key, view),
        Some(node) if is_out_of_service(node) => stopped(key, view),
        Some(_) => Plan::nothing(),
    }
}

fn orphaned(node: &Key, view: &View<'_>) -> Plan {
    let mut plan = Plan::nothing();
    for pod in view.cache.pods_on(&node.name) {
        let key = key_of(PODS, pod);
        let message = "PodGC: node no longer exists";
        plan.writes.extend(disruption(&key, pod, "DeletionByPodGC", message, view.now));
        plan.write(
            forced(&key, pod, format!("its node {} no longer exists", node.name)).following(node, "metadata.name"),
        );
    }
    described(plan, format!("no node {}", node.name))
}

/// Pods that should stop on a node that somebody declared dead.
fn stopped(node: &Key, view: &View<'_>) -> Plan {
    let mut plan = Plan::nothing();
    for pod in view.cache.pods_on(&node.name).filter(|it| it.is_terminating()) {
        let key = key_of(PODS, pod);
        plan.write(
            forced(&key, pod, format!("its node {} is out of service", node.name)).following(node, "spec.taints"),
        );
    }
    described(plan, format!("node {} out of service", node.name))
}

fn unscheduled(key: &Key, view: &View<'_>) -> Plan {
    let pod = view.cache.get(key).filter(|it| it.is_terminating() && node_of(it).is_empty());
    let mut plan = Plan::nothing();
    if let Some(pod) = pod {
        plan.write(forced(key, pod, "it was to go before it had a node".to_owned()));
    }
    described(plan, "a terminating Pod without a node".to_owned())
}

fn described(plan: Plan, observed: String) -> Plan {
    if plan.writes.is_empty() {
        return plan;
    }
    Plan { observed: observed.into(), desired: "no Pod there".into(), ..plan }
}

fn forced(key: &Key, pod: &Object, reason: String) -> Write {
    Write::delete(key, &pod.uid(), reason).grace(0)
}

fn is_out_of_service(node: &Object) -> bool {
    let ready = node.condition("Ready").get("status").str() == "True";
    !ready && node.at("spec.taints").items().iter().any(|it| it.get("key").str() == OUT_OF_SERVICE)
}

/// A node that is gone is looked at after the quarantine; one that is declared dead at once.
fn of_node(change: &Change, _: &View<'_>, queue: &mut Vec<Enqueue>) {
    match &change.after {
        None => queue.push(Enqueue { key: change.key.clone(), after: QUARANTINE }),
        Some(node) if is_out_of_service(node) => queue.push(Enqueue::now(change.key.clone())),
        Some(_) => {}
    }
}

/// A pod bound to a node that is not there, or that was to go before it had one.
fn of_pod(change: &Change, view: &View<'_>, queue: &mut Vec<Enqueue>) {
    let Some(pod) = change.after.as_ref().filter(|it| !is_terminal(it) || it.is_terminating()) else { return };
    let node = Key::new(NODES, "", node_of(pod));
    let bound_now = change.before.as_ref().is_none_or(|before| node_of(before) != node_of(pod));
    match view.cache.get(&node) {
        _ if node.name.is_empty() && pod.is_terminating() => queue.push(Enqueue::now(change.key.clone())),
        None if !node.name.is_empty() && bound_now => queue.push(Enqueue { key: node, after: QUARANTINE }),
        Some(it) if pod.is_terminating() && is_out_of_service(it) => queue.push(Enqueue::now(node)),
        _ => {}
    }
}
