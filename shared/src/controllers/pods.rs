//! What controllers read off pods, and the pod that a template describes.
//!
//! Upstream: `pkg/controller/controller_utils.go`, `pkg/api/v1/pod/util.go`.
//! Knows nothing of which controller asks.

use crate::model::{Key, Object, OwnerReference, Span, Text, Time, Value, names};
use crate::store::Member;

/// True once every container has stopped for good.
pub(crate) fn is_terminal(pod: &Object) -> bool {
    matches!(pod.at("status.phase").str(), "Succeeded" | "Failed")
}

/// True for a pod that counts: it may run, and nobody asked for it to go.
pub(crate) fn is_active(pod: &Object) -> bool {
    !is_terminal(pod) && !pod.is_terminating()
}

/// True if the Ready condition is True.
pub(crate) fn is_ready(pod: &Object) -> bool {
    pod.condition("Ready").get("status").str() == "True"
}

/// When a Ready pod counts as available: `min_ready_seconds` after it became Ready.
pub(crate) fn available_from(pod: &Member, min_ready_seconds: i64) -> Option<Time> {
    let since = pod.facts.ready_since?;
    Some(if min_ready_seconds > 0 { since + Span::seconds(min_ready_seconds) } else { Time::default() })
}

/// True for a pod that has been Ready for `min_ready_seconds`.
pub(crate) fn is_available(pod: &Member, min_ready_seconds: i64, now: Time) -> bool {
    available_from(pod, min_ready_seconds).is_some_and(|from| from <= now)
}

/// The node a pod is bound to; empty before.
pub(crate) fn node_of(pod: &Object) -> &str {
    pod.at("spec.nodeName").str()
}

/// The key of a stored object of `resource`.
pub(crate) fn key_of(resource: crate::model::ResourceName, object: &Object) -> Key {
    Key::new(resource, object.namespace(), object.name())
}

/// The pod that `owner` makes from a pod template; the API server names it.
///
/// Upstream: `GetPodFromTemplate`.
pub(crate) fn from_template(template: &Value, owner: &Object) -> Object {
    let mut pod = Object(Value::from([("apiVersion", "v1".into()), ("kind", "Pod".into())]));
    for field in ["labels", "annotations", "finalizers"] {
        let value = template.get("metadata").get(field);
        if !value.is_empty() {
            pod.set(&format!("metadata.{field}"), value);
        }
    }
    pod.set("metadata.generateName", name_prefix(&owner.name()));
    pod.set("metadata.namespace", owner.namespace());
    let reference = OwnerReference::controlled_by(owner).to_value();
    pod.set("metadata.ownerReferences", Value::from(vec![reference]));
    pod.set("spec", template.get("spec"));
    pod
}

/// `web-7d4b9c-`, or without the dash where that would be no name.
fn name_prefix(owner: &str) -> Text {
    let dashed = format!("{owner}-");
    if names::dns1123_subdomain(&names::mask_trailing_dash(&dashed)).is_empty() { dashed.into() } else { owner.into() }
}
