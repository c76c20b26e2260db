//! Deployments and replica sets. Upstream: `pkg/apis/apps/validation/validation.go`.

use crate::api::Errors;
use crate::api::validation::{At, IMMUTABLE, labels, pod_spec, warnings};
use crate::model::{IntOrString, Object, Selector, Value, names};

const NOT_MATCHING: &str = "`selector` does not match template `labels`";

/// Finds what is wrong with a new deployment.
pub(crate) fn validate_deployment(deployment: &Object, errors: &mut Errors) {
    let root = At::root(deployment);
    let spec = root.field("spec");
    errors.not_negative(&spec.field("replicas"));
    validate_selector_and_template(&spec, errors);
    validate_strategy(&spec.field("strategy"), errors);
    errors.not_negative(&spec.field("minReadySeconds"));
    errors.not_negative(&spec.field("revisionHistoryLimit"));
    let deadline = spec.field("progressDeadlineSeconds");
    errors.not_negative(&deadline);
    if deadline.as_int().is_some_and(|it| it <= spec.get("minReadySeconds").int_or(0)) {
        errors.bad(&deadline, "must be greater than minReadySeconds");
    }
}

/// Finds what is wrong with a change of a deployment.
pub(crate) fn validate_deployment_update(new: &Object, old: &Object, errors: &mut Errors) {
    if new.get("spec") != old.get("spec") {
        validate_deployment(new, errors);
        selector_is_immutable(new, old, errors);
    }
}

/// Finds what is wrong with a new replica set.
pub(crate) fn validate_replica_set(set: &Object, errors: &mut Errors) {
    let root = At::root(set);
    let spec = root.field("spec");
    errors.not_negative(&spec.field("replicas"));
    errors.not_negative(&spec.field("minReadySeconds"));
    validate_selector_and_template(&spec, errors);
}

/// Finds what is wrong with a change of a replica set.
pub(crate) fn validate_replica_set_update(new: &Object, old: &Object, errors: &mut Errors) {
    if new.get("spec") != old.get("spec") {
        validate_replica_set(new, errors);
        selector_is_immutable(new, old, errors);
    }
}

/// What may be wrong with the template of a deployment or replica set that is accepted.
pub(crate) fn warn(workload: &Object, warnings: &mut Vec<String>) {
    let root = At::root(workload);
    let spec = root.field("spec");
    let template = spec.field("template");
    warnings::of_pod_spec(&template.field("spec"), warnings);
}

fn selector_is_immutable(new: &Object, old: &Object, errors: &mut Errors) {
    let root = At::root(new);
    let spec = root.field("spec");
    if spec.get("selector") != old.at("spec.selector") {
        labels::bad_selector(&spec.field("selector"), IMMUTABLE, errors);
    }
}

fn validate_selector_and_template(spec: &At<'_>, errors: &mut Errors) {
    let selector = spec.field("selector");
    if selector.is_set() {
        labels::validate_selector(&selector, errors);
        if selector.get("matchLabels").is_empty() && selector.get("matchExpressions").is_empty() {
            labels::bad_selector(&selector, "empty selector is invalid for deployment", errors);
        }
    } else {
        errors.required(&selector, "");
    }
    match Selector::from_object(&selector) {
        Ok(parsed) => validate_template(&spec.field("template"), &parsed, errors),
        Err(_) => labels::bad_selector(&selector, "invalid label selector", errors),
    }
}

fn validate_template(template: &At<'_>, selector: &Selector, errors: &mut Errors) {
    let metadata = template.field("metadata");
    let own = metadata.field("labels");
    if !selector.is_everything() && !selector.matches(&own) {
        errors.bad(&own, NOT_MATCHING);
    }
    // The paths leave `metadata` out, as upstream's do.
    labels::validate(&own.below(template), errors);
    labels::validate_annotations(&metadata.field("annotations").below(template), errors);
    let spec = template.field("spec");
    pod_spec::validate(&spec, errors);
    let policy = spec.field("restartPolicy");
    if !policy.is_empty() {
        errors.one_of(&policy, &["Always"]);
    }
    let deadline = spec.field("activeDeadlineSeconds");
    if deadline.is_set() {
        errors.forbidden(&deadline, "activeDeadlineSeconds in ReplicaSet is not Supported");
    }
}

fn validate_strategy(strategy: &At<'_>, errors: &mut Errors) {
    let rolling = strategy.field("rollingUpdate");
    match strategy.get("type").str() {
        "Recreate" if rolling.is_set() => {
            errors.forbidden(&rolling, "may not be specified when strategy `type` is 'Recreate'");
        }
        "Recreate" => {}
        "RollingUpdate" => validate_rolling(&rolling, errors),
        kind => {
            let shown = format!("{{\"Type\":{},\"RollingUpdate\":{}}}", names::quote(kind), rolling.value());
            let list = "supported values: \"Recreate\", \"RollingUpdate\"";
            errors.push("FieldValueNotSupported", strategy, format!("Unsupported value: {shown}: {list}"));
        }
    }
}

fn validate_rolling(rolling: &At<'_>, errors: &mut Errors) {
    let (unavailable, surge) = (rolling.field("maxUnavailable"), rolling.field("maxSurge"));
    number_or_percent(&unavailable, errors);
    number_or_percent(&surge, errors);
    if is_zero(&unavailable) && is_zero(&surge) {
        errors.bad(&unavailable, "may not be 0 when `maxSurge` is 0");
    }
    not_over_100_percent(&unavailable, errors);
}

/// A percentage, if it is one, of at most 100.
pub(super) fn not_over_100_percent(at: &At<'_>, errors: &mut Errors) {
    let percent = IntOrString::read(at).and_then(|it| it.percent());
    if percent.is_some_and(|it| it > 100) {
        errors.bad(at, "must not be greater than 100%");
    }
}

/// True for 0, `0%` and nothing.
pub(super) fn is_zero(value: &Value) -> bool {
    IntOrString::read(value).is_none_or(|it| it.percent().unwrap_or_else(|| it.int_value()) == 0)
}

/// A number that is not negative, or a percentage.
pub(super) fn number_or_percent(at: &At<'_>, errors: &mut Errors) {
    match at.value() {
        Value::Text(text) => errors.bad_each(at, names::percent(text)),
        _ => errors.not_negative(at),
    }
}
