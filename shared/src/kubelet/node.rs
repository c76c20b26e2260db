//! The Node object and its lease: who this node is and that it is alive.
//!
//! Upstream: `pkg/kubelet/kubelet_node_status.go`, `pkg/kubelet/nodestatus/setters.go`,
//! `k8s.io/component-helpers/apimachinery/lease/controller.go`.

use super::runtime::ImageInfo;
use crate::model::key::resources::{LEASES, NODES};
use crate::model::{Key, Object, Order, Span, Text, Time, Value};
use crate::plan::{EventDraft, Write};
use smol_str::format_smolstr;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How often the lease is renewed.
pub(super) const LEASE_PERIOD: Span = Span::seconds(10);
/// How often the node looks whether its status changed.
pub(super) const STATUS_PERIOD: Span = Span::seconds(10);
/// How often the status is written even if nothing changed.
pub(super) const REPORT_PERIOD: Span = Span::seconds(300);
/// How many images a node's status lists at most.
const IMAGES_MAX: usize = 50;

/// Type, status, reason and message of the conditions of a healthy node, in the order in which they are written.
const CONDITIONS: [(&str, &str, &str, &str); 4] = [
    ("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
];

/// The key of a node.
pub(super) fn key(name: &Text) -> Key {
    Key::new(NODES, "", name.clone())
}

/// The node with its status as of now; `stored` is the object that others see.
pub(super) fn with_status(
    node: &Object,
    stored: Option<&Object>,
    images: &BTreeMap<Text, Arc<ImageInfo>>,
    now: Time,
) -> Object {
    let mut new = stored.unwrap_or(node).clone();
    let mut status = stored.map_or(Value::map(), |it| it.get("status").clone());
    for field in ["capacity", "allocatable", "addresses", "nodeInfo", "daemonEndpoints"] {
        status.set(field, node.at("status").get(field));
    }
    let conditions: Value = conditions(stored, now).into();
    status.set("conditions", conditions);
    let images = images_status(images);
    if !images.is_empty() {
        status.set("images", images);
    }
    new.set("status", status);
    new
}

fn conditions(stored: Option<&Object>, now: Time) -> Vec<Value> {
    let own = CONDITIONS.iter().map(|(kind, status, reason, message)| {
        let old = stored.map_or(&Value::Null, |it| it.condition(kind));
        let since = if old.get("status").str() == *status { old.get("lastTransitionTime").text() } else { "".into() };
        Value::from([
            ("type", Value::from(*kind)),
            ("status", Value::from(*status)),
            ("reason", Value::from(*reason)),
            ("message", Value::from(*message)),
            ("lastHeartbeatTime", now.to_string().into()),
            ("lastTransitionTime", if since.is_empty() { now.to_string().into() } else { since.into() }),
        ])
    });
    let others = stored.map_or(&[][..], |it| it.at("status.conditions").items()).iter();
    let others = others.filter(|it| !CONDITIONS.iter().any(|own| own.0 == it.get("type").str()));
    own.chain(others.cloned()).collect()
}

/// The images on the node, largest first.
fn images_status(images: &BTreeMap<Text, Arc<ImageInfo>>) -> Vec<Value> {
    let mut all: Vec<&ImageInfo> = images.values().map(Arc::as_ref).collect();
    all.order_by(|a, b| b.size.cmp(&a.size).then(a.full_name.cmp(&b.full_name)));
    let entry = |it: &ImageInfo| {
        let names: Value = [&it.digest, &it.full_name].into_iter().collect();
        Value::from([("names", names), ("sizeBytes", it.size.into())])
    };
    all.into_iter().take(IMAGES_MAX).map(entry).collect()
}

/// True if two node objects differ in more than their heartbeats.
pub(super) fn differs(new: &Object, stored: &Object) -> bool {
    let without = |node: &Object| {
        let mut status = node.get("status").clone();
        for condition in status.entry("conditions").list_mut() {
            condition.remove("lastHeartbeatTime");
        }
        status
    };
    without(new) != without(stored)
}

/// A lease, new or renewed.
pub(super) fn lease(node: &Text, uid: &Text, now: Time) -> Object {
    let mut lease = Object::new("coordination.k8s.io/v1", "Lease", "kube-node-lease", node);
    if !uid.is_empty() {
        let owner = Value::from([
            ("apiVersion", "v1".into()),
            ("kind", "Node".into()),
            ("name", node.into()),
            ("uid", uid.into()),
        ]);
        lease.set("metadata.ownerReferences", Value::from(vec![owner]));
    }
    lease.set("spec.holderIdentity", node);
    lease.set("spec.leaseDurationSeconds", 40);
    lease.set("spec.renewTime", now.to_micro_string());
    lease
}

/// The key of a node's lease.
pub(super) fn lease_key(node: &Text) -> Key {
    Key::new(LEASES, "kube-node-lease", node.clone())
}

/// The request that makes the lease.
pub(super) fn create_lease(lease: Object) -> Write {
    Write::create(LEASES, lease, "its node registered").tolerating(&["AlreadyExists", "NotFound"])
}

/// An event about the node itself, whose uid is its name as kubelets write it.
pub(super) fn event(node: &Text, reason: &str, message: impl Into<Text>) -> EventDraft {
    let mut about = Object::new("v1", "Node", "", node);
    about.set("metadata.uid", node);
    about.remove("apiVersion");
    EventDraft::normal(&about, reason, message)
}

/// The events of a start.
pub(super) fn start_events(node: &Text) -> Vec<EventDraft> {
    let status = |word: &str| event(node, word, format_smolstr!("Node {node} status is now: {word}"));
    vec![
        event(node, "Starting", "Starting kubelet."),
        status("NodeHasSufficientMemory"),
        status("NodeHasNoDiskPressure"),
        status("NodeHasSufficientPID"),
        event(node, "NodeAllocatableEnforced", "Updated Node Allocatable limit across pods"),
        status("NodeReady"),
    ]
}
