//! `v1` `ConfigMap`. Upstream: `pkg/registry/core/configmap/strategy.go`.

use crate::api::printing::age;
use crate::api::validation;
use crate::api::{Column, Resource};

/// The registration.
pub(super) const RESOURCE: Resource = Resource {
    kind: "ConfigMap",
    plural: "configmaps",
    singular: "configmap",
    short_names: &["cm"],
    validate: validation::config::validate_config_map,
    validate_update: validation::config::validate_config_map_update,
    columns: &[
        Column::new("DATA", |it, _| (it.get("data").fields().len() + it.get("binaryData").fields().len()).to_string()),
        Column::new("AGE", age),
    ],
    ..Resource::NONE
};
