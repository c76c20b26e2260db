//! Daemon sets. Upstream: `pkg/apis/apps/validation/validation.go` (`ValidateDaemonSet`).

use crate::api::Errors;
use crate::api::validation::every_kind::template;
use crate::api::validation::workload::{is_zero, not_over_100_percent, number_or_percent};
use crate::api::validation::{At, IMMUTABLE, labels, warnings};
use crate::model::{Object, Selector, names};

/// Finds what is wrong with a new set.
pub(crate) fn validate(set: &Object, errors: &mut Errors) {
    let root = At::root(set);
    let spec = root.field("spec");
    let (selector, pods) = (spec.field("selector"), spec.field("template"));
    labels::validate_selector(&selector, errors);
    if let Ok(parsed) = Selector::from_object(&selector) {
        template::matches(&pods, selector.is_set().then_some(&parsed), errors);
    }
    let empty = selector.get("matchLabels").is_empty() && selector.get("matchExpressions").is_empty();
    if selector.is_set() && empty {
        labels::bad_selector(&selector, "empty selector is invalid for daemonset", errors);
    }
    template::validate_endless(&pods, "DaemonSet", errors);
    errors.not_negative(&spec.field("minReadySeconds"));
    validate_strategy(&spec.field("updateStrategy"), errors);
    errors.not_negative(&spec.field("revisionHistoryLimit"));
}

fn validate_strategy(strategy: &At<'_>, errors: &mut Errors) {
    let rolling = strategy.field("rollingUpdate");
    match strategy.get("type").str() {
        "OnDelete" => {}
        "RollingUpdate" if !rolling.is_set() => errors.required(&rolling, ""),
        "RollingUpdate" => validate_rolling(&rolling, errors),
        kind => {
            let shown = format!("{{\"Type\":{},\"RollingUpdate\":{}}}", names::quote(kind), rolling.value());
            let list = "supported values: \"RollingUpdate\", \"OnDelete\"";
            errors.push("FieldValueNotSupported", strategy, format!("Unsupported value: {shown}: {list}"));
        }
    }
}

fn validate_rolling(rolling: &At<'_>, errors: &mut Errors) {
    let (unavailable, surge) = (rolling.field("maxUnavailable"), rolling.field("maxSurge"));
    for field in [&unavailable, &surge] {
        number_or_percent(field, errors);
    }
    for field in [&unavailable, &surge] {
        not_over_100_percent(field, errors);
    }
    match (is_zero(&unavailable), is_zero(&surge)) {
        (false, false) => errors.bad(&surge, "may not be set when maxUnavailable is non-zero"),
        (true, true) => errors.required(&unavailable, "cannot be 0 when maxSurge is 0"),
        (true, false) | (false, true) => {}
    }
}

/// Finds what is wrong with a change.
pub(crate) fn validate_update(new: &Object, old: &Object, errors: &mut Errors) {
    if new.get("spec") == old.get("spec") {
        return;
    }
    validate(new, errors);
    if new.at("spec.selector") != old.at("spec.selector") {
        let root = At::root(new);
        let spec = root.field("spec");
        labels::bad_selector(&spec.field("selector"), IMMUTABLE, errors);
    }
}

/// Finds what is wrong with a change of the status.
pub(crate) fn validate_status(new: &Object, old: &Object, errors: &mut Errors) {
    let root = At::root(new);
    let status = root.field("status");
    let fields = [
        "currentNumberScheduled",
        "numberMisscheduled",
        "desiredNumberScheduled",
        "numberReady",
        "observedGeneration",
        "updatedNumberScheduled",
        "numberAvailable",
        "numberUnavailable",
    ];
    template::counts(&status, &fields, errors);
    template::collisions(&status, old, errors);
}

/// What may be wrong with a set that is accepted.
pub(crate) fn warn(set: &Object, warnings: &mut Vec<String>) {
    let root = At::root(set);
    let spec = root.field("spec");
    warnings::of_pod_spec(&spec.field("template").field("spec"), warnings);
}
