//! `scheduling.k8s.io/v1` `PriorityClass`. Upstream: `pkg/registry/scheduling/priorityclass/strategy.go`,
//! `pkg/registry/scheduling/rest/storage_scheduling.go`.

use crate::api::printing::{age, number};
use crate::api::resources::workload::default;
use crate::api::validation::every_kind::priority_class::{self, SYSTEM_CLASSES};
use crate::api::{Column, Resource, Scope};
use crate::model::Object;

/// The registration.
pub(super) const RESOURCE: Resource = Resource {
    group: "scheduling.k8s.io",
    kind: "PriorityClass",
    plural: "priorityclasses",
    singular: "priorityclass",
    short_names: &["pc"],
    scope: Scope::Cluster,
    default: |it| default(it, "preemptionPolicy", "PreemptLowerPriority"),
    prepare_for_create: |it| it.set("metadata.generation", 1),
    validate: priority_class::validate,
    validate_update: priority_class::validate_update,
    columns: &[
        Column::new("VALUE", |it, _| number(it.get("value"))),
        Column::new("GLOBAL-DEFAULT", |it, _| it.get("globalDefault").is_true().to_string()),
        Column::new("AGE", age),
        Column::new("PreemptionPolicy", |it, _| it.get("preemptionPolicy").str().to_owned()),
    ],
    ..Resource::NONE
};

/// The classes that the API server makes for itself.
pub(crate) fn system_classes() -> impl Iterator<Item = Object> {
    SYSTEM_CLASSES.iter().map(|(name, value)| {
        let mut class = Object::new("scheduling.k8s.io/v1", "PriorityClass", "", name);
        let (verb, detail) = match *name {
            "system-node-critical" => ("must", "not be moved from their current node."),
            _ => ("must run in the cluster, but can", "be moved to another node if necessary."),
        };
        class.set("description", format!("Used for system critical pods that {verb} {detail}"));
        class.set("value", *value);
        class
    })
}
