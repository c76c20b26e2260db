//! `apps/v1` `DaemonSet`. Upstream: `pkg/registry/apps/daemonset/strategy.go`, `pkg/apis/apps/v1/{defaults,conversion}.go`.

use crate::api::printing::{age, labels, number, of_containers};
use crate::api::registry::Fidelity;
use crate::api::resources::deployment::selector;
use crate::api::resources::pod_spec::default_pod_spec;
use crate::api::resources::workload::{default, default_empty, next_generation, within};
use crate::api::validation::every_kind::daemon_set;
use crate::api::{Column, Resource};
use crate::model::{Object, Value};

/// Counts the changes of the template; in the API's first version it was a field of the spec.
const TEMPLATE_GENERATION: &str = "deprecated.daemonset.template.generation";

/// The registration.
pub(super) const RESOURCE: Resource = Resource {
    fidelity: Fidelity::Approximated("no controller makes its pods yet"),
    group: "apps",
    kind: "DaemonSet",
    plural: "daemonsets",
    singular: "daemonset",
    short_names: &["ds"],
    categories: &["all"],
    subresources: &["status"],
    default: default_daemon_set,
    prepare_for_create,
    prepare_for_update,
    validate: daemon_set::validate,
    validate_update: daemon_set::validate_update,
    validate_status: daemon_set::validate_status,
    warn: daemon_set::warn,
    columns: &[
        Column::new("DESIRED", |it, _| number(it.at("status.desiredNumberScheduled"))),
        Column::new("CURRENT", |it, _| number(it.at("status.currentNumberScheduled"))),
        Column::new("READY", |it, _| number(it.at("status.numberReady"))),
        Column::new("UP-TO-DATE", |it, _| number(it.at("status.updatedNumberScheduled"))),
        Column::new("AVAILABLE", |it, _| number(it.at("status.numberAvailable"))),
        Column::new("NODE SELECTOR", |it, _| labels(it.at("spec.template.spec.nodeSelector"))),
        Column::new("AGE", age),
        Column::wide("CONTAINERS", |it, _| of_containers(it.at("spec.template.spec"), "name")),
        Column::wide("IMAGES", |it, _| of_containers(it.at("spec.template.spec"), "image")),
        Column::wide("SELECTOR", |it, _| selector(it)),
    ],
    ..Resource::NONE
};

fn default_daemon_set(set: &mut Object) {
    within(set, "spec", |spec| {
        default_empty(spec, "updateStrategy.type", "RollingUpdate");
        if spec.at("updateStrategy.type").str() == "RollingUpdate" {
            default(spec, "updateStrategy.rollingUpdate.maxUnavailable", 1);
            default(spec, "updateStrategy.rollingUpdate.maxSurge", 0);
        }
        default(spec, "revisionHistoryLimit", 10);
        within(spec, "template", |template| within(template, "spec", default_pod_spec));
    });
}

fn prepare_for_create(set: &mut Object) {
    set.set("metadata.generation", 1);
    let counts = ["currentNumberScheduled", "numberMisscheduled", "desiredNumberScheduled", "numberReady"];
    set.set("status", Value::Map(counts.into_iter().map(|it| (it.into(), 0.into())).collect()));
    note(set, 1);
}

/// Nobody but the server counts the template's changes.
fn prepare_for_update(new: &mut Object, old: &Object) {
    next_generation(new, old);
    let counted = old.annotation(TEMPLATE_GENERATION).and_then(|it| it.parse().ok()).unwrap_or(0);
    let changed = new.at("spec.template") != old.at("spec.template");
    note(new, counted + i64::from(changed));
}

fn note(set: &mut Object, generation: i64) {
    let text = generation.to_string();
    if set.annotation(TEMPLATE_GENERATION) != Some(&text) {
        set.entry("metadata.annotations").map_mut().insert(TEMPLATE_GENERATION, text);
    }
}
