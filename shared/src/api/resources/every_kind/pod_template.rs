//! `v1` `PodTemplate`. Upstream: `pkg/registry/core/podtemplate/strategy.go`, `printPodTemplate`.

use crate::api::printing::{labels, of_containers};
use crate::api::registry::Deletion;
use crate::api::resources::pod_spec::default_pod_spec;
use crate::api::resources::workload::within;
use crate::api::validation::every_kind::pod_template;
use crate::api::{Column, Resource};
use crate::model::Object;

/// The registration.
pub(super) const RESOURCE: Resource = Resource {
    kind: "PodTemplate",
    plural: "podtemplates",
    singular: "podtemplate",
    default: |it| within(it, "template", |template| within(template, "spec", default_pod_spec)),
    prepare_for_create: |it| it.set("metadata.generation", 1),
    prepare_for_update: count_generation,
    validate: pod_template::validate,
    validate_update: |new, _, errors| pod_template::validate(new, errors),
    warn: pod_template::warn,
    columns: &[
        Column::new("CONTAINERS", |it, _| of_containers(it.at("template.spec"), "name")),
        Column::new("IMAGES", |it, _| of_containers(it.at("template.spec"), "image")),
        Column::new("POD LABELS", |it, _| labels(it.at("template.metadata.labels"))),
    ],
    deletion: Deletion { answers_object: true, ..Deletion::PLAIN },
    ..Resource::NONE
};

/// A changed template is a new generation.
fn count_generation(new: &mut Object, old: &Object) {
    let generation = old.generation() + i64::from(new.get("template") != old.get("template"));
    if new.generation() != generation {
        new.set("metadata.generation", generation);
    }
}
