//! The metrics of an autoscaler. Upstream: `pkg/apis/autoscaling/validation/validation.go` (`validateMetricSpec`).

use crate::api::Errors;
use crate::api::validation::every_kind::claim::positive;
use crate::api::validation::every_kind::horizontal_pod_autoscaler::validate_reference;
use crate::api::validation::{At, labels, resource_amounts};
use crate::model::names;

/// The types of a metric with their fields, in the order in which upstream looks at the fields.
const SOURCES: [(&str, &str); 5] = [
    ("Object", "object"),
    ("External", "external"),
    ("Pods", "pods"),
    ("Resource", "resource"),
    ("ContainerResource", "containerResource"),
];
const TYPES: &[&str] = &["ContainerResource", "External", "Object", "Pods", "Resource"];

/// Finds what is wrong; an autoscaler that goes down to nothing needs a metric that is there without pods.
pub(super) fn validate(metrics: &At<'_>, to_zero: bool, errors: &mut Errors) {
    for metric in metrics.each() {
        validate_metric(&metric, errors);
    }
    let from_outside = |kind: &str| matches!(kind, "Object" | "External");
    if to_zero && !metrics.items().iter().any(|it| from_outside(it.get("type").str())) {
        errors.forbidden(
            metrics,
            "must specify at least one Object or External metric to support scaling to zero replicas",
        );
    }
}

fn validate_metric(metric: &At<'_>, errors: &mut Errors) {
    let kind = metric.field("type");
    if kind.is_empty() {
        errors.required(&kind, "must specify a metric source type");
    }
    if !TYPES.contains(&kind.str()) {
        errors.unsupported(&kind, &kind.str().into(), TYPES);
    }
    let given: Vec<&str> = SOURCES.iter().map(|(_, it)| *it).filter(|it| !metric.get(it).is_null()).collect();
    if let Some(first) = given.first() {
        validate_source(first, &metric.field(first), errors);
    }
    let expected = SOURCES.iter().find(|(it, _)| *it == kind.str()).map(|(_, it)| *it);
    match expected {
        Some(field) if metric.get(field).is_null() => {
            errors.required(&metric.field(field), "must populate information for the given metric source");
        }
        Some(_) => {}
        None => errors.unsupported(&kind, &kind.str().into(), TYPES),
    }
    if given.len() != 1 {
        for field in given.into_iter().filter(|it| Some(*it) != expected) {
            errors.forbidden(&metric.field(field), "must populate the given metric source only");
        }
    }
}

fn validate_source(kind: &str, source: &At<'_>, errors: &mut Errors) {
    let target = source.field("target");
    match kind {
        "object" => {
            validate_reference(&source.field("describedObject"), errors);
            validate_identifier(&source.field("metric"), errors);
        }
        "external" | "pods" => validate_identifier(&source.field("metric"), errors),
        _ => validate_resource(kind, source, errors),
    }
    validate_target(&target, errors);
    let (average, value) = (target.field("averageValue"), target.field("value"));
    let share = target.field("averageUtilization");
    match kind {
        "object" if !value.is_set() && !average.is_set() => {
            errors.required(&average, "must set either a target value or averageValue");
        }
        "external" if !value.is_set() && !average.is_set() => {
            errors.required(&average, "must set either a target value for metric or a per-pod target");
        }
        "external" if value.is_set() && average.is_set() => {
            errors.forbidden(&value, "may not set both a target value for metric and a per-pod target");
        }
        "pods" if !average.is_set() => errors.required(&average, "must specify a positive target averageValue"),
        "resource" | "containerResource" if !share.is_set() && !average.is_set() => {
            errors.required(&share, "must set either a target raw value or a target utilization");
        }
        "resource" | "containerResource" if share.is_set() && average.is_set() => {
            errors.forbidden(&average, "may not set both a target raw value and a target utilization");
        }
        _ => {}
    }
}

fn validate_resource(kind: &str, source: &At<'_>, errors: &mut Errors) {
    let (name, container) = (source.field("name"), source.field("container"));
    if name.is_empty() {
        errors.required(&name, "must specify a resource name");
    } else if kind == "containerResource" {
        resource_amounts::validate_container_resource(name.str(), &name, errors);
    }
    if kind != "containerResource" {
        return;
    }
    if container.is_empty() {
        errors.required(&container, "must specify a container");
    } else {
        errors.bad_each(&container, names::dns1123_label(container.str()));
    }
}

fn validate_identifier(metric: &At<'_>, errors: &mut Errors) {
    let name = metric.field("name");
    if name.is_empty() {
        errors.required(&name, "must specify a metric name");
    } else {
        errors.bad_each(&name, names::path_segment(name.str()));
    }
    labels::validate_selector(&metric.field("selector"), errors);
}

fn validate_target(target: &At<'_>, errors: &mut Errors) {
    let kind = target.field("type");
    if kind.is_empty() {
        errors.required(&kind, "must specify a metric target type");
    }
    if !matches!(kind.str(), "Utilization" | "Value" | "AverageValue") {
        errors.bad(&kind, "must be either Utilization, Value, or AverageValue");
    }
    for field in ["value", "averageValue"] {
        let amount = target.field(field);
        if amount.is_set() {
            positive(&amount, "must be positive", errors);
        }
    }
    let share = target.field("averageUtilization");
    if share.as_int().is_some_and(|it| it < 1) {
        errors.bad(&share, "must be greater than 0");
    }
}
