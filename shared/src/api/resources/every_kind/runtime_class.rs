//! `node.k8s.io/v1` `RuntimeClass`. Upstream: `pkg/registry/node/runtimeclass/strategy.go`.

use crate::api::printing::age;
use crate::api::validation::every_kind::runtime_class;
use crate::api::{Column, Resource, Scope};

/// The registration.
pub(super) const RESOURCE: Resource = Resource {
    group: "node.k8s.io",
    kind: "RuntimeClass",
    plural: "runtimeclasses",
    singular: "runtimeclass",
    scope: Scope::Cluster,
    validate: runtime_class::validate,
    validate_update: runtime_class::validate_update,
    columns: &[Column::new("HANDLER", |it, _| it.get("handler").str().to_owned()), Column::new("AGE", age)],
    ..Resource::NONE
};
