//! What may stand in `x-kubernetes-validations`.
//!
//! Upstream: `ValidateCustomResourceDefinitionOpenAPISchema`, the part about rules.

use crate::api::Errors;
use crate::api::custom::declared_defaults;
use crate::cel::rules::{Costs, Shown, compiled, field_path};
use crate::model::Value;

/// Reasons that a rule can give.
const REASONS: &[&str] = &["FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"];

/// One rule of a schema, as far as it can be judged without reading its expressions.
pub(super) fn validate(rule: &Value, schema: &Value, path: &str, errors: &mut Errors) {
    let (source, message) = (rule.get("rule").str().trim(), rule.get("message"));
    if source.is_empty() {
        errors.required(format!("{path}.rule"), "rule is not specified");
    } else if !message.str().is_empty() && message.str().trim().is_empty() {
        errors.invalid(format!("{path}.message"), message, "message must be non-empty if specified");
    } else if has_newlines(message.str().trim()) {
        errors.invalid(format!("{path}.message"), message, "message must not contain line breaks");
    } else if has_newlines(source) && message.str().is_empty() {
        errors.required(format!("{path}.message"), "message must be specified if rule contains line breaks");
    }
    let expression = rule.get("messageExpression").str();
    if !expression.is_empty() && expression.trim().is_empty() {
        errors.required(format!("{path}.messageExpression"), "messageExpression must be non-empty if specified");
    }
    let reason = rule.get("reason");
    if !reason.is_null() && !REASONS.contains(&reason.str()) {
        errors.unsupported(format!("{path}.reason"), reason, REASONS);
    }
    validate_field_path(rule.get("fieldPath"), schema, &format!("{path}.fieldPath"), errors);
}

fn validate_field_path(place: &Value, schema: &Value, path: &str, errors: &mut Errors) {
    if place.str().is_empty() {
        return;
    }
    if place.str().trim().is_empty() {
        errors.invalid(path, place, "fieldPath must be non-empty if specified");
    }
    if has_newlines(place.str()) {
        errors.invalid(path, place, "fieldPath must not contain line breaks");
    }
    if field_path(place.str(), schema).is_none() {
        errors.invalid(path, place, "fieldPath must be a valid path");
    }
}

fn has_newlines(text: &str) -> bool {
    text.contains(['\n', '\r'])
}

/// The defaults and the expressions of all rules of a schema, which is right otherwise.
pub(super) fn compile(schema: &Value, path: &str, costs: Costs, errors: &mut Errors) {
    let rules = compiled(schema);
    let wrong = declared_defaults::wrong(schema, &rules, path);
    if !wrong.0.is_empty() {
        return errors.0.extend(wrong.0);
    }
    for wrong in rules.wrong(path, costs) {
        match wrong.shown {
            Shown::Nothing => errors.forbidden(wrong.path, &wrong.detail),
            Shown::Value(it) => errors.invalid(wrong.path, &it, &wrong.detail),
            Shown::Rule(it) => {
                let message = format!("Invalid value: {}: {}", shown(&it), wrong.detail);
                errors.push("FieldValueInvalid", wrong.path, message);
            }
        }
    }
}

/// The rule as Go's internal type shows it.
fn shown(rule: &Value) -> String {
    let text = |field: &str| Value::from(rule.get(field).str()).to_json();
    format!(
        "{{\"Rule\":{},\"Message\":{},\"MessageExpression\":{},\"Reason\":{},\"FieldPath\":{},\"OptionalOldSelf\":{}}}",
        text("rule"),
        text("message"),
        text("messageExpression"),
        rule.get("reason"),
        text("fieldPath"),
        rule.get("optionalOldSelf"),
    )
}
