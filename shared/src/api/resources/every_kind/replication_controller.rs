//! `v1` `ReplicationController`. Upstream: `pkg/registry/core/replicationcontroller/strategy.go`, `pkg/apis/core/v1/defaults.go`.

use crate::api::printing::{age, labels, number, of_containers};
use crate::api::registry::{Deletion, Fidelity};
use crate::api::resources::pod_spec::default_pod_spec;
use crate::api::resources::workload::{default, next_generation, within};
use crate::api::validation::every_kind::replication_controller;
use crate::api::{Column, Propagation, Resource};
use crate::model::{Object, Value};

/// The registration.
pub(super) const RESOURCE: Resource = Resource {
    fidelity: Fidelity::Approximated("no controller makes its pods yet"),
    kind: "ReplicationController",
    plural: "replicationcontrollers",
    singular: "replicationcontroller",
    short_names: &["rc"],
    categories: &["all"],
    subresources: &["status", "scale"],
    default: default_controller,
    prepare_for_create: |it| {
        it.set("metadata.generation", 1);
        it.set("status", Value::from([("replicas", 0.into())]));
    },
    prepare_for_update: next_generation,
    validate: replication_controller::validate,
    validate_update: |new, _, errors| replication_controller::validate(new, errors),
    warn: replication_controller::warn,
    selectable: &[("status.replicas", |it| number(it.at("status.replicas")).into())],
    columns: &[
        Column::new("DESIRED", |it, _| number(it.at("spec.replicas"))),
        Column::new("CURRENT", |it, _| number(it.at("status.replicas"))),
        Column::new("READY", |it, _| number(it.at("status.readyReplicas"))),
        Column::new("AGE", age),
        Column::wide("CONTAINERS", |it, _| of_containers(it.at("spec.template.spec"), "name")),
        Column::wide("IMAGES", |it, _| of_containers(it.at("spec.template.spec"), "image")),
        Column::wide("SELECTOR", |it, _| labels(it.at("spec.selector"))),
    ],
    deletion: Deletion { dependants: Propagation::Orphan, ..Deletion::PLAIN },
    ..Resource::NONE
};

/// The template's labels are those of the controller and its selector, unless it has its own.
fn default_controller(controller: &mut Object) {
    let own = controller.at("spec.template.metadata.labels").clone();
    if !own.is_empty() {
        for field in ["spec.selector", "metadata.labels"] {
            if controller.at(field).is_empty() {
                controller.set(field, own.clone());
            }
        }
    }
    within(controller, "spec", |spec| {
        default(spec, "replicas", 1);
        within(spec, "template", |template| within(template, "spec", default_pod_spec));
    });
}
