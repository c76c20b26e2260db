//! `apps/v1` ReplicaSet. Upstream: `pkg/registry/apps/replicaset/strategy.go`.

use crate::api::Resource;
use crate::api::resources::workload::{default, default_pod_spec, next_generation, start_generation};

/// The registration.
pub(super) const RESOURCE: Resource = Resource {
    group: "apps",
    kind: "ReplicaSet",
    plural: "replicasets",
    singular: "replicaset",
    short_names: &["rs"],
    categories: &["all"],
    subresources: &["status", "scale"],
    default: |set| {
        default(set, "spec.replicas", 1.into());
        default_pod_spec(set.entry("spec.template.spec"));
    },
    prepare_for_create: start_generation,
    prepare_for_update: next_generation,
    ..Resource::NONE
};
