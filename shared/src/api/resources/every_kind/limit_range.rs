//! `v1` `LimitRange`. Upstream: `pkg/registry/core/limitrange/strategy.go`, `pkg/apis/core/v1/defaults.go`.

use crate::api::resources::pod_spec::canonical_amounts;
use crate::api::resources::workload::{each, within};
use crate::api::validation::every_kind::limit_range;
use crate::api::{Column, Resource};
use crate::model::Value;

/// The registration.
pub(super) const RESOURCE: Resource = Resource {
    kind: "LimitRange",
    plural: "limitranges",
    singular: "limitrange",
    short_names: &["limits"],
    default: |it| within(it, "spec", |spec| each(spec, "limits", default_limit)),
    validate: limit_range::validate,
    validate_update: |new, _, errors| limit_range::validate(new, errors),
    columns: &[Column::new("CREATED AT", |it, _| it.metadata().get("creationTimestamp").str().to_owned())],
    ..Resource::NONE
};

/// Containers without a limit get the most they may have, and request their limit, or the least.
fn default_limit(limit: &mut Value) {
    for list in ["default", "defaultRequest", "max", "maxLimitRequestRatio", "min"] {
        within(limit, list, canonical_amounts);
    }
    if limit.get("type").str() != "Container" {
        return;
    }
    for (from, to) in [("max", "default"), ("default", "defaultRequest"), ("min", "defaultRequest")] {
        for (name, amount) in limit.get(from).clone().fields() {
            if limit.get(to).get(name).is_null() {
                limit.entry(to).map_mut().insert(name.clone(), amount.clone());
            }
        }
    }
}
