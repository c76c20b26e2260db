//! A pod that is no template: what its spec must hold, and what an update may change.
//!
//! Upstream: `pkg/apis/core/validation/validation.go` (`ValidatePodCreate`, `ValidatePodUpdate`).

use crate::api::Errors;
use crate::api::validation::{At, pod_spec, pod_update, warnings};
use crate::model::Object;

/// Finds what is wrong with a new pod.
pub(crate) fn validate(pod: &Object, errors: &mut Errors) {
    let root = At::root(pod);
    let spec = root.field("spec");
    pod_spec::validate(&spec, errors);
    validate_images(&spec, errors);
    let ephemeral = spec.field("ephemeralContainers");
    if !ephemeral.is_empty() {
        errors.forbidden(&ephemeral, "cannot be set on create");
    }
    if !spec.get("nodeName").is_empty() && !spec.get("schedulingGates").is_empty() {
        errors.forbidden(&spec.field("nodeName"), "cannot be set until all schedulingGates have been cleared");
    }
}

/// Finds what is wrong with a change.
pub(crate) fn validate_update(new: &Object, old: &Object, errors: &mut Errors) {
    if new.get("spec") == old.get("spec") {
        return;
    }
    let root = At::root(new);
    let spec = root.field("spec");
    pod_spec::validate(&spec, errors);
    validate_images(&spec, errors);
    pod_update::validate(&spec, old.get("spec"), errors);
}

/// Finds what is wrong with the spec of a pod that may have ephemeral containers.
pub(crate) fn validate_spec(pod: &Object, errors: &mut Errors) {
    pod_spec::validate(&At::root(pod).field("spec"), errors);
}

/// In templates a space around an image was always let through.
fn validate_images(spec: &At<'_>, errors: &mut Errors) {
    for field in ["containers", "initContainers"] {
        for container in spec.field(field).each() {
            let image = container.get("image").str();
            if image.trim() != image {
                errors.bad(&container.field("image"), "must not have leading or trailing whitespace");
            }
        }
    }
}

/// What may be wrong with a pod that is accepted.
pub(crate) fn warn(pod: &Object, warnings: &mut Vec<String>) {
    warnings::of_pod_spec(&At::root(pod).field("spec"), warnings);
}
