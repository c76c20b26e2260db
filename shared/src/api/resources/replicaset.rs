//! `apps/v1` `ReplicaSet`. Upstream: `pkg/registry/apps/replicaset/strategy.go`, `pkg/apis/apps/v1/defaults.go`.

use crate::api::printing::{age, number, of_containers};
use crate::api::resources::deployment::selector;
use crate::api::resources::pod_spec::default_pod_spec;
use crate::api::resources::workload::{default, next_generation, within};
use crate::api::validation;
use crate::api::{Column, Resource};
use crate::model::{Object, Value};

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
        within(set, "spec", |spec| {
            default(spec, "replicas", 1);
            within(spec, "template", |template| within(template, "spec", default_pod_spec));
        });
    },
    prepare_for_create,
    prepare_for_update: next_generation,
    validate: validation::workload::validate_replica_set,
    validate_update: validation::workload::validate_replica_set_update,
    selectable: &[("status.replicas", |it| number(it.at("status.replicas")).into())],
    warn: validation::workload::warn,
    columns: &[
        Column::new("DESIRED", |set, _| number(set.at("spec.replicas"))),
        Column::new("CURRENT", |set, _| number(set.at("status.replicas"))),
        Column::new("READY", |set, _| number(set.at("status.readyReplicas"))),
        Column::new("AGE", age),
        Column::wide("CONTAINERS", |set, _| of_containers(set.at("spec.template.spec"), "name")),
        Column::wide("IMAGES", |set, _| of_containers(set.at("spec.template.spec"), "image")),
        Column::wide("SELECTOR", |set, _| selector(set)),
    ],
    ..Resource::NONE
};

fn prepare_for_create(set: &mut Object) {
    set.set("metadata.generation", 1);
    set.set("status", Value::from([("replicas", 0.into())]));
}
