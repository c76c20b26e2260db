//! Replication controllers. Upstream: `pkg/apis/core/validation/validation.go` (`ValidateReplicationController`).

use crate::api::Errors;
use crate::api::validation::every_kind::template;
use crate::api::validation::{At, warnings};
use crate::model::{Object, Selector, Value};

/// Finds what is wrong with a controller, new or changed.
pub(crate) fn validate(controller: &Object, errors: &mut Errors) {
    let root = At::root(controller);
    let spec = root.field("spec");
    errors.not_negative(&spec.field("minReadySeconds"));
    let selector = spec.field("selector");
    errors.needs(&selector);
    errors.not_negative(&spec.field("replicas"));
    let pods = spec.field("template");
    if !pods.is_set() {
        return errors.required(&pods, "");
    }
    let labels = Value::from([("matchLabels", selector.value().clone())]);
    if let Ok(parsed) = Selector::from_object(&labels)
        && !selector.is_empty()
    {
        template::matches(&pods, Some(&parsed), errors);
    }
    template::validate_endless(&pods, "ReplicationController", errors);
}

/// What may be wrong with a controller that is accepted.
pub(crate) fn warn(controller: &Object, warnings: &mut Vec<String>) {
    template::warn_of_name(controller, warnings);
    let root = At::root(controller);
    let spec = root.field("spec");
    warnings::of_pod_spec(&spec.field("template").field("spec"), warnings);
}
