//! `apps/v1` Deployment. Upstream: `pkg/registry/apps/deployment/strategy.go`, `pkg/apis/apps/v1/defaults.go`.

use crate::api::printing::{age, number, of_containers};
use crate::api::resources::pod_spec::default_pod_spec;
use crate::api::resources::workload::{count_generation, default, default_empty, keep, start_generation, within};
use crate::api::validation;
use crate::api::{Column, Resource};
use crate::model::{Object, selector};

/// The registration.
pub(super) const RESOURCE: Resource = Resource {
    group: "apps",
    kind: "Deployment",
    plural: "deployments",
    singular: "deployment",
    short_names: &["deploy"],
    categories: &["all"],
    subresources: &["status", "scale"],
    default: default_deployment,
    prepare_for_create: start_generation,
    prepare_for_update,
    prepare_for_status,
    validate: validation::workload::validate_deployment,
    validate_update: validation::workload::validate_deployment_update,
    warn: validation::workload::warn,
    columns: &[
        Column::new("READY", |it, _| {
            format!("{}/{}", number(it.at("status.readyReplicas")), number(it.at("spec.replicas")))
        }),
        Column::new("UP-TO-DATE", |it, _| number(it.at("status.updatedReplicas"))),
        Column::new("AVAILABLE", |it, _| number(it.at("status.availableReplicas"))),
        Column::new("AGE", age),
        Column::wide("CONTAINERS", |it, _| of_containers(it.at("spec.template.spec"), "name")),
        Column::wide("IMAGES", |it, _| of_containers(it.at("spec.template.spec"), "image")),
        Column::wide("SELECTOR", |it, _| selector(it)),
    ],
    ..Resource::NONE
};

fn default_deployment(deployment: &mut Object) {
    within(deployment, "spec", |spec| {
        default(spec, "replicas", 1);
        default(spec, "revisionHistoryLimit", 10);
        default(spec, "progressDeadlineSeconds", 600);
        default_empty(spec, "strategy.type", "RollingUpdate");
        if spec.at("strategy.type").str() == "RollingUpdate" {
            default(spec, "strategy.rollingUpdate.maxUnavailable", "25%");
            default(spec, "strategy.rollingUpdate.maxSurge", "25%");
        }
        within(spec, "template", |template| within(template, "spec", default_pod_spec));
    });
}

/// Annotations count as a change of the spec, since they are copied to the replica sets.
fn prepare_for_update(new: &mut Object, old: &Object) {
    keep(new, old, "status");
    count_generation(new, old);
    let annotations = |it: &Object| it.metadata().get("annotations").clone();
    if new.generation() == old.generation() && annotations(new) != annotations(old) {
        new.set("metadata.generation", old.generation() + 1);
    }
}

fn prepare_for_status(new: &mut Object, old: &Object) {
    keep(new, old, "spec");
    keep(new, old, "metadata.labels");
}

/// The column SELECTOR.
pub(super) fn selector(object: &Object) -> String {
    selector::describe(object.at("spec.selector"))
}
