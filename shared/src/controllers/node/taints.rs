//! The taints that a node's conditions call for.
//!
//! Upstream: `doNoScheduleTaintingPass`, `processTaintBaseEviction`, `handleDisruption`.

use super::health;
use crate::api::PatchKind;
use crate::model::key::resources::NODES;
use crate::model::{Key, Object, Time, Value};
use crate::plan::{View, Write};

const NOT_READY: &str = "node.kubernetes.io/not-ready";
const UNREACHABLE: &str = "node.kubernetes.io/unreachable";
const UNSCHEDULABLE: &str = "node.kubernetes.io/unschedulable";

/// Conditions that must not be True, and the taints for when they are.
const PRESSURE: [(&str, &str); 4] = [
    ("MemoryPressure", "node.kubernetes.io/memory-pressure"),
    ("DiskPressure", "node.kubernetes.io/disk-pressure"),
    ("NetworkUnavailable", "node.kubernetes.io/network-unavailable"),
    ("PIDPressure", "node.kubernetes.io/pid-pressure"),
];

/// Brings the node's taints in line with its conditions.
pub(super) fn write(key: &Key, node: &Object, view: &View<'_>) -> Option<Write> {
    let there = node.at("spec.taints").items();
    let wanted = wanted(node, view);
    let mut taints: Vec<Value> =
        there.iter().filter(|it| !is_ours(it) || wanted.contains(&name(it))).cloned().collect();
    for it in wanted.iter().filter(|it| !taints.iter().any(|there| name(there) == **it)).collect::<Vec<_>>() {
        taints.push(taint(it.0, it.1, view.now));
    }
    for it in taints.iter_mut().filter(|it| it.get("effect").str() == "NoExecute" && it.get("timeAdded").is_null()) {
        it.set("timeAdded", view.now.to_string());
    }
    (taints != there).then(|| patch(key, node, taints))
}

fn patch(key: &Key, node: &Object, taints: Vec<Value>) -> Write {
    let listed: Vec<String> =
        taints.iter().map(|it| format!("{}:{}", it.get("key").str(), it.get("effect").str())).collect();
    let all = if listed.is_empty() { "none".to_owned() } else { listed.join(", ") };
    let reason = format!("Ready is {}, so the taints are {all}", health::ready_word(node));
    let mut patch = Value::map();
    patch.set("metadata.resourceVersion", node.metadata().get("resourceVersion"));
    patch.set("spec.taints", if taints.is_empty() { Value::Null } else { taints.into() });
    let write = Write::patch(key, "", PatchKind::Merge, patch, reason);
    write.following(key, "status.conditions").following(key, "spec.unschedulable")
}

/// The taints, as key and effect, that the node should have.
fn wanted(node: &Object, view: &View<'_>) -> Vec<(&'static str, &'static str)> {
    let mut all = Vec::new();
    let lost = match health::ready_word(node) {
        "True" => None,
        "False" => Some(NOT_READY),
        _ => Some(UNREACHABLE),
    };
    all.extend(lost.map(|key| (key, "NoSchedule")));
    let pressed = PRESSURE.iter().filter(|(kind, _)| node.condition(kind).get("status").str() == "True");
    all.extend(pressed.map(|(_, key)| (*key, "NoSchedule")));
    if node.at("spec.unschedulable").is_true() {
        all.push((UNSCHEDULABLE, "NoSchedule"));
    }
    if !node.condition("Ready").is_null() && view.cache.list(&NODES).any(health::is_ready) {
        all.extend(lost.map(|key| (key, "NoExecute")));
    }
    all
}

fn name(taint: &Value) -> (&str, &str) {
    (taint.get("key").str(), taint.get("effect").str())
}

/// True for a taint that follows from a condition and that nobody else may set.
fn is_ours(taint: &Value) -> bool {
    let (key, effect) = name(taint);
    let lost = key == NOT_READY || key == UNREACHABLE;
    let other = key == UNSCHEDULABLE || PRESSURE.iter().any(|(_, it)| *it == key);
    (lost && matches!(effect, "NoSchedule" | "NoExecute")) || (other && effect == "NoSchedule")
}

fn taint(key: &str, effect: &str, now: Time) -> Value {
    Value::from([("key", key.into()), ("effect", effect.into()), ("timeAdded", now.to_string().into())])
}
