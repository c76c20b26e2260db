//! Labels, annotations and label selectors.
//!
//! Upstream: `k8s.io/apimachinery/pkg/apis/meta/v1/validation`, `pkg/api/validation` (`ValidateAnnotations`).

use crate::api::Errors;
use crate::api::validation::At;
use crate::model::{Value, names};

/// All annotations of an object together, in bytes.
const ANNOTATIONS_MAX_BYTES: usize = 256 * 1024;

/// A map of labels.
pub(super) fn validate(labels: &At<'_>, errors: &mut Errors) {
    for (key, value) in labels.fields() {
        errors.invalid_each(labels, &key.into(), names::label_key(key));
        errors.invalid_each(labels, value, names::label_value(value.str()));
    }
}

/// A label's key alone.
pub(super) fn validate_key(key: &At<'_>, errors: &mut Errors) {
    errors.bad_each(key, names::label_key(key.str()));
}

/// A map of annotations; their keys may have capitals, their values are any text.
pub(super) fn validate_annotations(annotations: &At<'_>, errors: &mut Errors) {
    let mut bytes = 0;
    for (key, value) in annotations.fields() {
        errors.invalid_each(annotations, &key.into(), names::label_key(&key.to_lowercase()));
        bytes += key.len() + value.str().len();
    }
    if bytes > ANNOTATIONS_MAX_BYTES {
        errors.too_long(annotations, ANNOTATIONS_MAX_BYTES);
    }
}

/// A `metav1.LabelSelector`; a missing one is for the caller to judge.
pub(super) fn validate_selector(selector: &At<'_>, errors: &mut Errors) {
    validate(&selector.field("matchLabels"), errors);
    for requirement in selector.field("matchExpressions").each() {
        let values = requirement.field("values");
        match requirement.get("operator").str() {
            "In" | "NotIn" if values.is_empty() => {
                errors.required(&values, "must be specified when `operator` is 'In' or 'NotIn'");
            }
            "Exists" | "DoesNotExist" if !values.is_empty() => {
                errors.forbidden(&values, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
            }
            "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
            _ => errors.bad(&requirement.field("operator"), "not a valid selector operator"),
        }
        validate_key(&requirement.field("key"), errors);
        for value in values.each() {
            errors.bad_each(&value, names::label_value(value.str()));
        }
    }
}

/// A selector as the API's errors show it: the fields in the order of Go's struct.
pub(super) fn selector_in_go_order(selector: &Value) -> String {
    let fields = ["matchLabels", "matchExpressions"];
    let given = fields.iter().filter(|it| !selector.get(it).is_empty());
    let shown: Vec<String> = given.map(|it| format!("\"{it}\":{}", selector.get(it))).collect();
    format!("{{{}}}", shown.join(","))
}

/// The selector itself is wrong.
pub(super) fn bad_selector(selector: &At<'_>, detail: &str, errors: &mut Errors) {
    let shown = selector_in_go_order(selector);
    errors.push("FieldValueInvalid", selector, format!("Invalid value: {shown}: {detail}"));
}
