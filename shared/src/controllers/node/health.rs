//! When a node was last heard of, and what is said once it was not for too long.
//!
//! Upstream: `tryUpdateNodeHealth`, `pkg/controller/util/node/controller_utils.go` (`MarkPodsNotReady`).

use crate::controllers::pods::{is_ready as is_pod_ready, key_of};
use crate::model::key::resources::{LEASES, PODS};
use crate::model::{Key, Object, Span, Time, Value};
use crate::plan::{EventDraft, View, Write};

/// How long a node may be silent: `--node-monitor-grace-period`.
const GRACE: Span = Span::seconds(50);
/// How long a node may take to say anything at all: `--node-startup-grace-period`.
const STARTUP_GRACE: Span = Span::seconds(60);
/// The namespace of the nodes' leases.
const LEASE_NAMESPACE: &str = "kube-node-lease";
/// The conditions that nobody knows about a silent node.
const CONDITIONS: [&str; 4] = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"];

/// `True`, `False` or `Unknown`; a node that never said anything is Unknown.
pub(super) fn ready_word(node: &Object) -> &str {
    let word = node.condition("Ready").get("status").str();
    if word.is_empty() { "Unknown" } else { word }
}

/// True if the Ready condition is True.
pub(super) fn is_ready(node: &Object) -> bool {
    ready_word(node) == "True"
}

/// Until when silence is no reason to worry.
pub(super) fn deadline(node: &Object, view: &View<'_>) -> Time {
    let grace = if node.condition("Ready").is_null() { STARTUP_GRACE } else { GRACE };
    last_heard(node, view) + grace
}

/// The node's last heartbeat, by its lease or its status; its creation if it never said anything.
fn last_heard(node: &Object, view: &View<'_>) -> Time {
    let ready = node.condition("Ready");
    let lease = view.cache.get(&Key::new(LEASES, LEASE_NAMESPACE, node.name()));
    let renewed = lease.and_then(|it| Time::parse(it.at("spec.renewTime").str()));
    let posted = if ready.is_null() { node.created() } else { Time::parse(ready.get("lastHeartbeatTime").str()) };
    renewed.max(posted).unwrap_or_default()
}

/// Marks every condition of a silent node as unknown, once.
pub(super) fn unknown(key: &Key, node: &Object, view: &View<'_>) -> Option<Write> {
    let mut changed = node.clone();
    let conditions = changed.entry("status.conditions").list_mut();
    for kind in CONDITIONS {
        match conditions.iter_mut().find(|it| it.get("type").str() == kind) {
            None => conditions.push(never_posted(kind, node, view.now)),
            Some(it) if it.get("status").str() != "Unknown" => stop_posting(it, view.now),
            Some(_) => {}
        }
    }
    if changed == *node {
        return None;
    }
    let silent = view.now - last_heard(node, view);
    let reason = format!("the kubelet of {} was last heard {} s ago", key.name, silent.as_seconds());
    let write = Write::update_status(key, changed, reason);
    let message = format!("Node {} status is now: NodeNotReady", key.name);
    let write = write.following(&Key::new(LEASES, LEASE_NAMESPACE, key.name.clone()), "spec.renewTime");
    Some(if is_ready(node) { write.announcing(EventDraft::normal(node, "NodeNotReady", message)) } else { write })
}

fn never_posted(kind: &str, node: &Object, now: Time) -> Value {
    Value::from([
        ("type", kind.into()),
        ("status", "Unknown".into()),
        ("reason", "NodeStatusNeverUpdated".into()),
        ("message", "Kubelet never posted node status.".into()),
        ("lastHeartbeatTime", node.metadata().get("creationTimestamp").clone()),
        ("lastTransitionTime", now.to_string().into()),
    ])
}

fn stop_posting(condition: &mut Value, now: Time) {
    condition.set("status", "Unknown");
    condition.set("reason", "NodeStatusUnknown");
    condition.set("message", "Kubelet stopped posting node status.");
    condition.set("lastTransitionTime", now.to_string());
}

/// Takes Ready from the pods of a node that is no longer heard of, so that no Service sends anything there.
pub(super) fn pods_not_ready(key: &Key, node: &Object, view: &View<'_>) -> Vec<Write> {
    let silent = node.condition("Ready").get("status").str() == "Unknown";
    let pods = view.cache.pods_on(&key.name).filter(|pod| silent && is_pod_ready(pod));
    pods.map(|pod| pod_not_ready(key, pod, view.now)).collect()
}

fn pod_not_ready(node: &Key, pod: &Object, now: Time) -> Write {
    let mut changed = pod.clone();
    let conditions = changed.entry("status.conditions").list_mut();
    for condition in conditions.iter_mut().filter(|it| it.get("type").str() == "Ready") {
        condition.set("status", "False");
        condition.set("lastTransitionTime", now.to_string());
    }
    let reason = format!("took Ready from {}: its node {} is not heard of", pod.name(), node.name);
    Write::update_status(&key_of(PODS, pod), changed, reason)
        .tolerating(&["NotFound"])
        .following(node, "status.conditions")
        .announcing(EventDraft::warning(pod, "NodeNotReady", "Node is not ready"))
}
