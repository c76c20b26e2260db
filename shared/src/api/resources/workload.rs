//! What the kinds with a pod template share: defaults of the pod spec, generation, the status kept apart.

use crate::model::{Object, Value};

/// Fills in the defaults of a `PodSpec`.
///
/// Upstream: `pkg/apis/core/v1/defaults.go`, `SetDefaults_PodSpec` and `SetDefaults_Container`.
pub(super) fn default_pod_spec(spec: &mut Value) {
    for (field, value) in [
        ("dnsPolicy", Value::from("ClusterFirst")),
        ("restartPolicy", Value::from("Always")),
        ("schedulerName", Value::from("default-scheduler")),
        ("securityContext", Value::map()),
        ("terminationGracePeriodSeconds", Value::from(30)),
    ] {
        default(spec, field, value);
    }
    for container in spec.entry("containers").list_mut() {
        default_container(container);
    }
}

fn default_container(container: &mut Value) {
    let image = container.get("image").text();
    let policy = if image.ends_with(":latest") || !image.contains(':') { "Always" } else { "IfNotPresent" };
    for (field, value) in [
        ("imagePullPolicy", Value::from(policy)),
        ("resources", Value::map()),
        ("terminationMessagePath", Value::from("/dev/termination-log")),
        ("terminationMessagePolicy", Value::from("File")),
    ] {
        default(container, field, value);
    }
}

/// Puts `value` at `field` if nothing is there.
pub(super) fn default(place: &mut Value, field: &str, value: Value) {
    if place.at(field).is_null() {
        place.set(field, value);
    }
}

/// A new object of a kind with a generation starts at 1 with an empty status.
pub(super) fn start_generation(object: &mut Object) {
    object.set("metadata.generation", 1);
    object.set("status", Value::map());
}

/// Keeps the old status; a changed spec is a new generation.
pub(super) fn next_generation(new: &mut Object, old: &Object) {
    new.set("status", old.get("status"));
    let changed = i64::from(new.get("spec") != old.get("spec"));
    new.set("metadata.generation", old.generation() + changed);
}
