//! `v1` `ServiceAccount`. Upstream: `pkg/registry/core/serviceaccount/strategy.go`.

use crate::api::printing::age;
use crate::api::registry::Deletion;
use crate::api::{Column, Resource};

/// The registration.
pub(super) const RESOURCE: Resource = Resource {
    kind: "ServiceAccount",
    plural: "serviceaccounts",
    singular: "serviceaccount",
    short_names: &["sa"],
    #[cfg(feature = "every-kind")]
    subresources: &["token"],
    columns: &[Column::new("AGE", age)],
    deletion: Deletion { answers_object: true, ..Deletion::PLAIN },
    ..Resource::NONE
};
