//! `v1` `ResourceQuota`. Upstream: `pkg/registry/core/resourcequota/strategy.go`, `printResourceQuota`.

use crate::api::printing::age;
use crate::api::registry::Deletion;
use crate::api::resources::keep;
use crate::api::resources::pod_spec::canonical_amounts;
use crate::api::resources::workload::within;
use crate::api::validation::every_kind::resource_quota;
use crate::api::{Column, Resource};
use crate::model::{Object, Value};

/// The registration.
pub(super) const RESOURCE: Resource = Resource {
    kind: "ResourceQuota",
    plural: "resourcequotas",
    singular: "resourcequota",
    short_names: &["quota"],
    subresources: &["status"],
    default: |it| {
        within(it, "spec", |spec| within(spec, "hard", canonical_amounts));
        for list in ["hard", "used"] {
            within(it, "status", |status| within(status, list, canonical_amounts));
        }
    },
    prepare_for_create: |it| it.set("status", Value::map()),
    prepare_for_update: |new, old| keep(new, old, "status"),
    validate: resource_quota::validate,
    validate_update: resource_quota::validate_update,
    columns: &[
        Column::new("REQUEST", |it, _| amounts(it, |name| !name.starts_with("limits."))),
        Column::new("LIMIT", |it, _| amounts(it, |name| name.starts_with("limits."))),
        Column::new("AGE", age),
    ],
    deletion: Deletion { answers_object: true, ..Deletion::PLAIN },
    ..Resource::NONE
};

/// `pods: 2/10, services: 1/5`.
fn amounts(quota: &Object, wanted: impl Fn(&str) -> bool) -> String {
    let used = |name: &str| match quota.at("status.used").get(name).str() {
        "" => "0".to_owned(),
        text => text.to_owned(),
    };
    let hard = quota.at("status.hard").fields().iter().filter(|(name, _)| wanted(name));
    hard.map(|(name, most)| format!("{name}: {}/{}", used(name), most.str())).collect::<Vec<_>>().join(", ")
}
