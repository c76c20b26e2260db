//! Pod templates as objects. Upstream: `pkg/apis/core/validation/validation.go` (`ValidatePodTemplate`).

use crate::api::Errors;
use crate::api::validation::{At, labels, pod_spec, warnings};
use crate::model::Object;

/// Finds what is wrong with a new template.
pub(crate) fn validate(template: &Object, errors: &mut Errors) {
    let root = At::root(template);
    validate_template(&root.field("template"), errors);
}

/// What may be wrong with a template that is accepted.
pub(crate) fn warn(template: &Object, warnings: &mut Vec<String>) {
    let root = At::root(template);
    warnings::of_pod_spec(&root.field("template").field("spec"), warnings);
}

/// The part that every workload's template shares: labels, annotations and the pod's spec.
pub(super) fn validate_template(template: &At<'_>, errors: &mut Errors) {
    validate_labels(template, errors);
    pod_spec::validate(&template.field("spec"), errors);
}

/// Labels and annotations, whose paths leave `metadata` out as upstream's do.
pub(super) fn validate_labels(template: &At<'_>, errors: &mut Errors) {
    let metadata = template.field("metadata");
    labels::validate(&metadata.field("labels").below(template), errors);
    labels::validate_annotations(&metadata.field("annotations").below(template), errors);
}
