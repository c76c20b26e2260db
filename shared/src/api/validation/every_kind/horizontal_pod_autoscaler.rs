//! Autoscalers, in the form of `autoscaling/v2`. Upstream: `pkg/apis/autoscaling/validation/validation.go`.

use crate::api::Errors;
use crate::api::validation::At;
use crate::api::validation::every_kind::{metrics, template};
use crate::model::{Object, names};

/// The longest stabilization window, in seconds.
const WINDOW_MAX_SECONDS: i64 = 3_600;
/// The longest period of a scaling policy, in seconds.
const PERIOD_MAX_SECONDS: i64 = 1_800;

/// Finds what is wrong with an autoscaler; `old` is what it was before a change.
pub(crate) fn validate(autoscaler: &Object, old: Option<&Object>, errors: &mut Errors) {
    let root = At::root(autoscaler);
    let spec = root.field("spec");
    let (least, most) = (spec.field("minReplicas"), spec.field("maxReplicas"));
    let lowest = i64::from(old.is_none_or(|it| it.at("spec.minReplicas").as_int() != Some(0)));
    if least.as_int().is_some_and(|it| it < lowest) {
        errors.bad(&least, &format!("must be greater than or equal to {lowest}"));
    }
    match most.int_or(0) {
        0 => errors.required(&most, "must be set and greater than 0"),
        ..0 => errors.bad(&most, "must be greater than 0"),
        1.. => {}
    }
    if least.as_int().is_some_and(|it| most.int_or(0) < it) {
        errors.invalid(&most, &most.int_or(0).into(), "must be greater than or equal to `minReplicas`");
    }
    validate_target(&spec.field("scaleTargetRef"), errors);
    metrics::validate(&spec.field("metrics"), least.as_int() == Some(0), errors);
    let behavior = spec.field("behavior");
    for field in ["scaleUp", "scaleDown"] {
        validate_rules(&behavior.field(field), errors);
    }
}

/// An object in any group: what is scaled, or what a metric is about.
pub(super) fn validate_reference(reference: &At<'_>, errors: &mut Errors) {
    for field in ["kind", "name"] {
        let at = reference.field(field);
        if errors.needs(&at) {
            errors.bad_each(&at, names::path_segment(at.str()));
        }
    }
}

/// What is scaled is in a group; alone of the core group, replication controllers can be.
fn validate_target(target: &At<'_>, errors: &mut Errors) {
    validate_reference(target, errors);
    let version = target.field("apiVersion");
    match version.str().matches('/').count() {
        0 if target.get("kind").str() == "ReplicationController" && version.str() == "v1" => {}
        0 => errors.invalid(&version, &version.str().into(), "apiVersion must specify API group"),
        1 if version.str().starts_with('/') => errors.bad(&version, "apiVersion must specify API group"),
        1 => {}
        _ => errors.bad(&version, &format!("unexpected GroupVersion string: {}", version.str())),
    }
}

fn validate_rules(rules: &At<'_>, errors: &mut Errors) {
    if !rules.is_set() {
        return;
    }
    let window = rules.field("stabilizationWindowSeconds");
    if window.int_or(0) < 0 {
        errors.bad(&window, "must be greater than or equal to zero");
    }
    if window.int_or(0) > WINDOW_MAX_SECONDS {
        errors.bad(&window, &format!("must be less than or equal to {WINDOW_MAX_SECONDS}"));
    }
    let select = rules.field("selectPolicy");
    if select.is_set() {
        errors.one_of(&select, &["Disabled", "Max", "Min"]);
    }
    let policies = rules.field("policies");
    if policies.is_empty() {
        errors.required(&policies, "must specify at least one Policy");
    }
    for policy in policies.each() {
        errors.one_of(&policy.field("type"), &["Percent", "Pods"]);
        let (value, period) = (policy.field("value"), policy.field("periodSeconds"));
        for at in [&value, &period] {
            if at.int_or(0) <= 0 {
                errors.invalid(at, &at.int_or(0).into(), "must be greater than zero");
            }
        }
        if period.int_or(0) > PERIOD_MAX_SECONDS {
            errors.bad(&period, &format!("must be less than or equal to {PERIOD_MAX_SECONDS}"));
        }
    }
}

/// Finds what is wrong with a change of the status.
pub(crate) fn validate_status(new: &Object, _: &Object, errors: &mut Errors) {
    let root = At::root(new);
    template::counts(&root.field("status"), &["currentReplicas", "desiredReplicas"], errors);
}
