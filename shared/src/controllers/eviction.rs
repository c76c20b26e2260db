//! Deletes pods from nodes whose `NoExecute` taints they do not tolerate, or no longer.
//!
//! Upstream: `pkg/controller/tainteviction/taint_eviction.go`.
//! Left out: the event that a deletion was called off. Differs: the time of toleration is counted from `timeAdded` of the
//! node's oldest `NoExecute` taint instead of from when this controller noticed it.

use crate::controllers::pods::{is_terminal, key_of, node_of};
use crate::model::key::resources::{NODES, PODS};
use crate::model::{Key, Object, Span, Time, Value};
use crate::plan::{Controller, Enqueue, EventDraft, Plan, View, Watch, Write};
use crate::store::Change;

/// The control loop.
pub(super) const CONTROLLER: Controller = Controller {
    name: "taint-eviction-controller",
    watches: &[Watch { resource: "nodes", enqueue: of_node }, Watch { resource: "pods", enqueue: of_pod }],
    reconcile,
};

/// How long a pod puts up with its node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Patience {
    /// A taint is not tolerated at all.
    None,
    /// Until this time.
    Until(Time),
    /// As long as the taints stay as they are.
    Endless,
}

/// Decides whether the pod at `key` may stay on its node.
fn reconcile(key: &Key, view: &View<'_>) -> Plan {
    let Some(pod) = view.cache.get(key).filter(|it| !it.is_terminating()) else { return Plan::nothing() };
    let node = Key::new(NODES, "", node_of(pod));
    let Some(taints) = view.cache.get(&node).map(no_execute) else { return Plan::nothing() };
    match patience(pod, &taints) {
        Patience::Endless => Plan::nothing(),
        Patience::Until(time) if time > view.now => Plan { requeue_after: Some(time - view.now), ..Plan::nothing() },
        Patience::None | Patience::Until(_) => evict(key, pod, &node, &taints, view.now),
    }
}

fn no_execute(node: &Object) -> Vec<&Value> {
    node.at("spec.taints").items().iter().filter(|it| it.get("effect").str() == "NoExecute").collect()
}

fn patience(pod: &Object, taints: &[&Value]) -> Patience {
    let tolerations = pod.at("spec.tolerations").items();
    let used: Vec<_> = taints.iter().filter_map(|taint| tolerations.iter().find(|it| tolerates(it, taint))).collect();
    if used.len() < taints.len() {
        return Patience::None;
    }
    let seconds = used.iter().filter_map(|it| it.get("tolerationSeconds").as_int()).min();
    let since = taints.iter().filter_map(|it| Time::parse(it.get("timeAdded").str())).min();
    match (seconds, since) {
        (Some(..=0), _) => Patience::None,
        (Some(seconds), Some(since)) => Patience::Until(since + Span::seconds(seconds)),
        _ => Patience::Endless,
    }
}

/// True if a toleration covers a taint.
///
/// Upstream: `k8s.io/api/core/v1/toleration.go` (`ToleratesTaint`).
fn tolerates(toleration: &Value, taint: &Value) -> bool {
    let of = |field: &str| toleration.get(field).str();
    let effect = of("effect").is_empty() || of("effect") == taint.get("effect").str();
    let key = of("key").is_empty() || of("key") == taint.get("key").str();
    let value = match of("operator") {
        "" | "Equal" => of("value") == taint.get("value").str(),
        "Exists" => true,
        _ => false,
    };
    effect && key && value
}

fn evict(key: &Key, pod: &Object, node: &Key, taints: &[&Value], now: Time) -> Plan {
    let names: Vec<&str> = taints.iter().map(|it| it.get("key").str()).collect();
    let names = names.join(", ");
    let mut plan = Plan::nothing();
    plan.observed = format!("node {} has {names}", node.name).into();
    plan.desired = "no Pod that does not tolerate it".into();
    let message = format!("Marking for deletion Pod {}", key.path());
    plan.events.push(EventDraft::normal(pod, "TaintManagerEviction", message));
    let why = "Taint manager: deleting due to NoExecute taint";
    plan.writes.extend(disruption(key, pod, "DeletionByTaintManager", why, now));
    let reason = format!("node {} has {names}, which this Pod does not tolerate any longer", node.name);
    let write = Write::delete(key, &pod.uid(), reason);
    plan.write(write.following(node, "spec.taints").following(key, "spec.tolerations"));
    plan
}

/// Says on a pod that something else than its owner ends it; unless it says so already.
pub(super) fn disruption(key: &Key, pod: &Object, reason: &str, message: &str, now: Time) -> Option<Write> {
    let mut changed = pod.clone();
    let there = pod.condition("DisruptionTarget");
    if there.get("status").str() == "True" && there.get("reason").str() == reason {
        return None;
    }
    let condition = Value::from([
        ("type", "DisruptionTarget".into()),
        ("status", "True".into()),
        ("reason", reason.into()),
        ("message", message.into()),
        ("lastTransitionTime", now.to_string().into()),
    ]);
    let mut status = changed.get("status").clone();
    crate::controllers::conditions::put(&mut status, condition);
    if reason == "DeletionByPodGC" && !is_terminal(pod) {
        status.set("phase", "Failed");
    }
    changed.set("status", status);
    Some(Write::update_status(key, changed, message).tolerating(&["NotFound"]))
}

/// New taints wake the pods of the node.
fn of_node(change: &Change, view: &View<'_>, queue: &mut Vec<Enqueue>) {
    let taints = |node: &Option<Object>| node.as_ref().map(|it| it.at("spec.taints").clone()).unwrap_or_default();
    let changed = taints(&change.before) != taints(&change.after);
    let harsh = change.after.as_ref().is_some_and(|node| !no_execute(node).is_empty());
    if changed && harsh {
        queue.extend(view.cache.pods_on(&change.key.name).map(|pod| Enqueue::now(key_of(PODS, pod))));
    }
}

/// A pod that comes to a node with such taints is looked at.
fn of_pod(change: &Change, view: &View<'_>, queue: &mut Vec<Enqueue>) {
    let Some(pod) = &change.after else { return };
    let spec = |pod: &Object, field: &str| pod.get("spec").get(field).clone();
    let same = |field: &str| change.before.as_ref().is_some_and(|before| spec(before, field) == spec(pod, field));
    if same("nodeName") && same("tolerations") {
        return;
    }
    let node = view.cache.get(&Key::new(NODES, "", node_of(pod)));
    if node.is_some_and(|it| !no_execute(it).is_empty()) {
        queue.push(Enqueue::now(change.key.clone()));
    }
}
