//! `coordination.k8s.io/v1` Lease. Upstream: `pkg/registry/coordination/lease/strategy.go`.

use crate::api::printing::age;
use crate::api::validation;
use crate::api::{Column, Resource};

/// The registration.
pub(super) const RESOURCE: Resource = Resource {
    group: "coordination.k8s.io",
    kind: "Lease",
    plural: "leases",
    singular: "lease",
    validate: validation::lease::validate,
    validate_update: |new, _, errors| validation::lease::validate(new, errors),
    columns: &[Column::new("HOLDER", |it, _| it.at("spec.holderIdentity").str().to_owned()), Column::new("AGE", age)],
    ..Resource::NONE
};
