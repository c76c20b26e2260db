//! Disruption budgets. Upstream: `pkg/apis/policy/validation/validation.go` (`ValidatePodDisruptionBudget`).

use crate::api::Errors;
use crate::api::validation::every_kind::template;
use crate::api::validation::workload::{not_over_100_percent, number_or_percent};
use crate::api::validation::{At, labels};
use crate::model::Object;

/// Finds what is wrong with a budget, new or changed.
pub(crate) fn validate(budget: &Object, errors: &mut Errors) {
    let root = At::root(budget);
    let spec = root.field("spec");
    let (least, most) = (spec.field("minAvailable"), spec.field("maxUnavailable"));
    if least.is_set() && most.is_set() {
        let selector = match spec.get("selector") {
            it if it.is_null() => "null".into(),
            it => labels::selector_in_go_order(it),
        };
        // The fields as upstream's internal struct has them.
        let shown = format!(
            "{{\"MinAvailable\":{},\"Selector\":{selector},\"MaxUnavailable\":{},\"UnhealthyPodEvictionPolicy\":{}}}",
            least.value(),
            most.value(),
            spec.get("unhealthyPodEvictionPolicy")
        );
        let detail = "minAvailable and maxUnavailable cannot be both set";
        errors.push("FieldValueInvalid", &spec, format!("Invalid value: {shown}: {detail}"));
    }
    for amount in [&least, &most] {
        if amount.is_set() {
            number_or_percent(amount, errors);
            not_over_100_percent(amount, errors);
        }
    }
    labels::validate_selector(&spec.field("selector"), errors);
    let policy = spec.field("unhealthyPodEvictionPolicy");
    if policy.is_set() {
        errors.one_of(&policy, &["AlwaysAllow", "IfHealthyBudget"]);
    }
}

/// Finds what is wrong with a change of the status.
pub(crate) fn validate_status(new: &Object, _: &Object, errors: &mut Errors) {
    let root = At::root(new);
    let counts = ["disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods"];
    template::counts(&root.field("status"), &counts, errors);
}
