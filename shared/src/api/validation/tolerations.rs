//! Tolerations. Upstream: `pkg/apis/core/validation/validation.go` (`ValidateTolerations`).

use crate::api::Errors;
use crate::api::validation::{At, labels};
use crate::model::names;

/// All tolerations of a pod spec.
pub(super) fn validate(tolerations: &At<'_>, errors: &mut Errors) {
    for toleration in tolerations.each() {
        let (key, operator, effect) =
            (toleration.field("key"), toleration.field("operator"), toleration.field("effect"));
        if !key.is_empty() {
            labels::validate_key(&key, errors);
        } else if operator.str() != "Exists" {
            let detail = "operator must be Exists when `key` is empty, which means \"match all values and all keys\"";
            errors.invalid(&operator, &operator.str().into(), detail);
        }
        if toleration.get("tolerationSeconds").as_int().is_some() && effect.str() != "NoExecute" {
            let detail = "effect must be 'NoExecute' when `tolerationSeconds` is set";
            errors.invalid(&effect, &effect.str().into(), detail);
        }
        let value = toleration.get("value");
        match operator.str() {
            "Equal" | "" => {
                let wrong = names::label_value(value.str());
                if !wrong.is_empty() {
                    errors.invalid(&operator, value, &wrong.join(";"));
                }
            }
            "Exists" if !value.is_empty() => {
                errors.invalid(&operator, value, "value must be empty when `operator` is 'Exists'");
            }
            "Exists" => {}
            _ => errors.one_of(&operator, &["Equal", "Exists"]),
        }
        if !effect.is_empty() {
            errors.one_of(&effect, &["NoExecute", "NoSchedule", "PreferNoSchedule"]);
        }
    }
}
