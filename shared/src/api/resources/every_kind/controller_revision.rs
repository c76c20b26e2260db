//! `apps/v1` `ControllerRevision`. Upstream: `pkg/registry/apps/controllerrevision/strategy.go`, `printControllerRevision`.

use crate::api::printing::{age, number, or_none};
use crate::api::validation::every_kind::controller_revision;
use crate::api::{Column, Resource};
use crate::model::Object;

/// The registration.
pub(super) const RESOURCE: Resource = Resource {
    group: "apps",
    kind: "ControllerRevision",
    plural: "controllerrevisions",
    singular: "controllerrevision",
    validate: controller_revision::validate,
    validate_update: controller_revision::validate_update,
    columns: &[
        Column::new("CONTROLLER", |it, _| or_none(&controller(it))),
        Column::new("REVISION", |it, _| number(it.get("revision"))),
        Column::new("AGE", age),
    ],
    ..Resource::NONE
};

/// `statefulset.apps/web`; empty without a controller.
fn controller(revision: &Object) -> String {
    let Some(owner) = revision.controller() else { return String::new() };
    let group = owner.api_version.split_once('/').map_or("", |(group, _)| group);
    let dot = if group.is_empty() { "" } else { "." };
    format!("{}{dot}{group}/{}", owner.kind.to_lowercase(), owner.name)
}
