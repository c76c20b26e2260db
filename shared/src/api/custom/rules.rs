//! Rules in CEL (`x-kubernetes-validations`) in the API's own words.
//!
//! Upstream: `k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel/validation.go`, `pkg/registry/customresource/strategy.go`.
//! The rules themselves are [`crate::cel::rules`]; they are compiled when a definition is read.

use crate::api::Errors;
use crate::cel::rules::{Finding, Rules};
use crate::model::Value;

/// Findings after which rules are not looked at: the object does not have the types that they were compiled for.
pub(super) const BLOCKING: &[&str] = &[
    "FieldValueNotSupported",
    "FieldValueRequired",
    "FieldValueTooLong",
    "FieldValueTooMany",
    "FieldValueTypeInvalid",
];

/// What is said when blocking findings keep rules from being looked at.
const NOT_CHECKED: &str = "some validation rules were not checked because the object was invalid; correct the existing errors to complete validation";

/// Looks at an object, and at what it was before, by the rules of its schema; unless findings so far forbid it.
///
/// Gives what is only warned of: parts that were as wrong before.
pub(super) fn check(
    rules: &Rules,
    (object, old): (&Value, Option<&Value>),
    blocked: bool,
    errors: &mut Errors,
) -> Vec<String> {
    if rules.is_empty() {
        return Vec::new();
    }
    if blocked {
        errors.push("FieldValueInvalid", "<nil>", format!("Invalid value: null: {NOT_CHECKED}"));
        return Vec::new();
    }
    let (old, new): (Vec<_>, Vec<_>) = rules.check(object, old).into_iter().partition(|it| it.was_so);
    for finding in new {
        tell(finding, errors);
    }
    let mut warnings = Errors::default();
    for finding in old {
        tell(finding, &mut warnings);
    }
    warnings.0.into_iter().map(|it| format!("{}: {}", it.field, it.message)).collect()
}

/// A finding as the API says it.
pub(super) fn tell(finding: Finding, errors: &mut Errors) {
    let Finding { path, reason, value, message, .. } = finding;
    let place = if path.is_empty() { "<nil>".to_owned() } else { path };
    match (reason, value) {
        ("FieldValueForbidden", _) => errors.forbidden(place, &message),
        ("FieldValueRequired", _) => errors.required(place, &message),
        ("FieldValueDuplicate", Some(value)) => errors.duplicate(place, &value),
        ("FieldValueDuplicate", None) => errors.push(reason, place, "Duplicate value".to_owned()),
        (_, Some(value)) => errors.invalid(place, &value, &message),
        (_, None) => errors.push("FieldValueInvalid", place, format!("Invalid value: {message}")),
    }
}
