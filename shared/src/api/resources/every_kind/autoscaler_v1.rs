//! Autoscalers between `autoscaling/v1` and `autoscaling/v2`: what the older version has no field for is an annotation.
//!
//! Upstream: `pkg/apis/autoscaling/v1/conversion.go`, `pkg/apis/autoscaling/annotations.go`.

use crate::model::{Object, Value};

const METRICS: &str = "autoscaling.alpha.kubernetes.io/metrics";
const CURRENT_METRICS: &str = "autoscaling.alpha.kubernetes.io/current-metrics";
const CONDITIONS: &str = "autoscaling.alpha.kubernetes.io/conditions";
const BEHAVIOR: &str = "autoscaling.alpha.kubernetes.io/behavior";

/// From the older version.
pub(super) fn to_v2(mut object: Object) -> Object {
    object.set("apiVersion", "autoscaling/v2");
    let mut metrics: Vec<Value> = taken(&mut object, METRICS).items().iter().map(metric_to_v2).collect();
    let share = object.remove("spec.targetCPUUtilizationPercentage");
    if !share.is_null() {
        let target = Value::from([("type", "Utilization".into()), ("averageUtilization", share)]);
        let cpu = Value::from([("name", "cpu".into()), ("target", target)]);
        metrics.insert(0, Value::from([("type", "Resource".into()), ("resource", cpu)]));
    }
    if !metrics.is_empty() {
        object.set("spec.metrics", Value::from(metrics));
    }
    let mut current: Vec<Value> = taken(&mut object, CURRENT_METRICS).items().iter().map(current_to_v2).collect();
    let share = object.remove("status.currentCPUUtilizationPercentage");
    if !share.is_null() {
        let share = Value::from([("averageUtilization", share), ("averageValue", "0".into())]);
        let cpu = Value::from([("name", "cpu".into()), ("current", share)]);
        current.insert(0, Value::from([("type", "Resource".into()), ("resource", cpu)]));
    }
    if !current.is_empty() {
        object.set("status.currentMetrics", Value::from(current));
    }
    for (annotation, field) in [(CONDITIONS, "status.conditions"), (BEHAVIOR, "spec.behavior")] {
        let value = taken(&mut object, annotation);
        if !value.is_null() {
            object.set(field, value);
        }
    }
    object
}

/// Takes an annotation away, and reads it; null without it or if it is no JSON.
fn taken(object: &mut Object, annotation: &str) -> Value {
    if object.annotation(annotation).is_none() {
        return Value::Null;
    }
    let text = object.entry("metadata.annotations").map_mut().remove(annotation);
    if object.metadata().get("annotations").is_empty() {
        object.remove("metadata.annotations");
    }
    Value::from_json(text.str()).unwrap_or_default()
}

/// Into the older version.
pub(super) fn from_v2(mut object: Object) -> Object {
    object.set("apiVersion", "autoscaling/v1");
    let metrics = object.remove("spec.metrics");
    let mut others: Vec<Value> = Vec::new();
    for metric in metrics.items() {
        let share = metric.at("resource.target.averageUtilization");
        if metric.at("resource.name").str() == "cpu" && !share.is_null() {
            object.set("spec.targetCPUUtilizationPercentage", share);
        } else {
            others.push(metric_to_v1(metric));
        }
    }
    note(&mut object, METRICS, &Value::from(others));
    let current = object.remove("status.currentMetrics");
    let mut others: Vec<Value> = Vec::new();
    for metric in current.items() {
        let share = metric.at("resource.current.averageUtilization");
        if metric.at("resource.name").str() == "cpu" && !share.is_null() {
            object.set("status.currentCPUUtilizationPercentage", share);
        }
        others.push(current_to_v1(metric));
    }
    note(&mut object, CURRENT_METRICS, &Value::from(others));
    let conditions = object.remove("status.conditions");
    note(&mut object, CONDITIONS, &conditions);
    let behavior = object.remove("spec.behavior");
    note(&mut object, BEHAVIOR, &behavior);
    if object.get("status").get("currentReplicas").is_null() && !object.get("status").is_null() {
        object.set("status.currentReplicas", 0);
    }
    object
}

fn note(object: &mut Object, annotation: &str, value: &Value) {
    if !value.is_empty() {
        object.entry("metadata.annotations").map_mut().insert(annotation, value.to_json());
    }
}

/// The pairs of fields of one source: in the older version, and in the newer. `_` stands for what a source has alone.
type Names = &'static [(&'static str, &'static str)];

/// The source of a metric that is `kind`, and its fields.
fn spec_names(kind: &str) -> Option<(&'static str, Names)> {
    const RESOURCE: Names = &[
        ("name", "name"),
        ("container", "container"),
        ("targetAverageUtilization", "target.averageUtilization"),
        ("targetAverageValue", "target.averageValue"),
    ];
    const PODS: Names = &[
        ("metricName", "metric.name"),
        ("selector", "metric.selector"),
        ("targetAverageValue", "target.averageValue"),
    ];
    const OBJECT: Names = &[
        ("target", "describedObject"),
        ("metricName", "metric.name"),
        ("selector", "metric.selector"),
        ("targetValue", "target.value"),
        ("averageValue", "target.averageValue"),
    ];
    const EXTERNAL: Names = &[
        ("metricName", "metric.name"),
        ("metricSelector", "metric.selector"),
        ("targetValue", "target.value"),
        ("targetAverageValue", "target.averageValue"),
    ];
    Some(match kind {
        "Resource" => ("resource", RESOURCE),
        "ContainerResource" => ("containerResource", RESOURCE),
        "Pods" => ("pods", PODS),
        "Object" => ("object", OBJECT),
        "External" => ("external", EXTERNAL),
        _ => return None,
    })
}

/// The same of a metric as it was last seen.
fn status_names(kind: &str) -> Option<(&'static str, Names)> {
    const RESOURCE: Names = &[
        ("name", "name"),
        ("container", "container"),
        ("currentAverageUtilization", "current.averageUtilization"),
        ("currentAverageValue", "current.averageValue"),
    ];
    const OTHER: Names = &[
        ("target", "describedObject"),
        ("metricName", "metric.name"),
        ("selector", "metric.selector"),
        ("currentValue", "current.value"),
        ("currentAverageValue", "current.averageValue"),
    ];
    spec_names(kind).map(|(field, _)| (field, if field.ends_with("esource") { RESOURCE } else { OTHER }))
}

fn metric_to_v1(metric: &Value) -> Value {
    convert(metric, spec_names(metric.get("type").str()), Way::Back)
}

fn current_to_v1(metric: &Value) -> Value {
    convert(metric, status_names(metric.get("type").str()), Way::Back)
}

fn current_to_v2(metric: &Value) -> Value {
    convert(metric, status_names(metric.get("type").str()), Way::Forth)
}

fn metric_to_v2(metric: &Value) -> Value {
    let mut metric = convert(metric, spec_names(metric.get("type").str()), Way::Forth);
    for field in ["resource", "containerResource", "pods", "object", "external"] {
        let target = metric.get(field).get("target");
        if target.is_null() {
            continue;
        }
        let kind = match target {
            it if !it.get("averageUtilization").is_null() => "Utilization",
            it if !it.get("averageValue").is_null() => "AverageValue",
            _ => "Value",
        };
        metric.entry(field).set("target.type", kind);
    }
    metric
}

/// Which way fields are renamed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// To `v2`.
    Forth,
    /// To `v1`.
    Back,
}

fn convert(metric: &Value, source: Option<(&'static str, Names)>, way: Way) -> Value {
    let Some((field, names)) = source else { return metric.clone() };
    let old = metric.get(field);
    let mut new = Value::map();
    for (v1, v2) in names {
        let (from, to) = if way == Way::Forth { (v1, v2) } else { (v2, v1) };
        if !old.at(from).is_null() {
            new.set(to, old.at(from));
        }
    }
    Value::from([("type", metric.get("type").clone()), (field, new)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn the_older_version_keeps_what_it_cannot_say_in_annotations() {
        let v2 = Object(
            Value::from_json(
                r#"{"apiVersion":"autoscaling/v2","kind":"HorizontalPodAutoscaler","metadata":{"name":"h"},"spec":{
                "maxReplicas":3,"behavior":{"scaleDown":{"selectPolicy":"Min"}},"metrics":[
                {"type":"Resource","resource":{"name":"cpu","target":{"type":"Utilization","averageUtilization":50}}},
                {"type":"Pods","pods":{"metric":{"name":"packets"},"target":{"type":"AverageValue","averageValue":"1k"}}}]}}"#,
            )
            .unwrap(),
        );
        let v1 = from_v2(v2.clone());
        expect![[r#"{"apiVersion":"autoscaling/v1","kind":"HorizontalPodAutoscaler","metadata":{"annotations":{"autoscaling.alpha.kubernetes.io/behavior":"{\"scaleDown\":{\"selectPolicy\":\"Min\"}}","autoscaling.alpha.kubernetes.io/metrics":"[{\"pods\":{\"metricName\":\"packets\",\"targetAverageValue\":\"1k\"},\"type\":\"Pods\"}]"},"name":"h"},"spec":{"maxReplicas":3,"targetCPUUtilizationPercentage":50}}"#]].assert_eq(&v1.to_json());
        assert_eq!(to_v2(v1), v2);
    }
}
