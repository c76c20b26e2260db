//! `v1` Pod. Upstream: `pkg/registry/core/pod/strategy.go`, `pkg/apis/core/v1/defaults.go`.

use crate::api::Resource;
use crate::api::resources::workload;
use crate::model::{Object, Value};

/// The registration.
pub(super) const RESOURCE: Resource = Resource {
    kind: "Pod",
    plural: "pods",
    singular: "pod",
    short_names: &["po"],
    categories: &["all"],
    subresources: &["status", "binding", "eviction", "log", "exec"],
    default: |pod| workload::default_pod_spec(pod.entry("spec")),
    prepare_for_create,
    ..Resource::NONE
};

fn prepare_for_create(pod: &mut Object) {
    pod.set("metadata.generation", 1);
    pod.set("status", Value::from([("phase", "Pending".into()), ("qosClass", "BestEffort".into())]));
}
