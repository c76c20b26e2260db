//! `HorizontalPodAutoscaler`s. Upstream: `describeHorizontalPodAutoscalerV2`.

use crate::kubectl::describe::Subject;
use crate::kubectl::describe::writer::{Writer, rfc1123};
use crate::model::{Object, Value};

/// Writes an autoscaler.
pub(super) fn write(out: &mut Writer, subject: &mut Subject<'_, '_>) {
    let it = subject.object;
    subject.head(out);
    out.field(0, "CreationTimestamp", rfc1123(it.metadata().get("creationTimestamp")));
    let target = it.at("spec.scaleTargetRef");
    out.field(0, "Reference", format!("{}/{}", target.get("kind").str(), target.get("name").str()));
    out.field(0, "Metrics", "( current / target )");
    let statuses = it.at("status.currentMetrics").items();
    for (index, spec) in it.at("spec.metrics").items().iter().enumerate() {
        out.line(1, metric(spec, statuses.get(index).unwrap_or(&Value::Null)));
    }
    let least = it.at("spec.minReplicas").as_int();
    out.field(0, "Min replicas", least.map_or("<unset>".into(), |it| it.to_string()));
    out.field(0, "Max replicas", it.at("spec.maxReplicas").int_or(0).to_string());
    behavior(out, it.at("spec.behavior"));
    let count = |field: &str| it.get("status").get(field).int_or(0);
    let (current, desired) = (count("currentReplicas"), count("desiredReplicas"));
    out.field(0, &format!("{} pods", target.get("kind").str()), format!("{current} current / {desired} desired"));
    conditions(out, it);
    subject.events(out);
}

fn metric(spec: &Value, status: &Value) -> String {
    let kind = spec.get("type").str();
    let Some(field) = (match kind {
        "External" => Some("external"),
        "Pods" => Some("pods"),
        "Object" => Some("object"),
        "Resource" => Some("resource"),
        "ContainerResource" => Some("containerResource"),
        _ => None,
    }) else {
        return format!("<unknown metric type {kind:?}>");
    };
    let (source, current) = (spec.get(field), status.get(field).get("current"));
    let target = source.get("target");
    let averaged = !target.get("averageValue").is_null();
    let (value, what) = if averaged { ("averageValue", "target average value") } else { ("value", "target value") };
    let now = current.get(value).as_str().unwrap_or("<unknown>");
    let amounts = format!("{now} / {}", target.get(value).str());
    let name = source.at("metric.name").str();
    match field {
        "external" => format!("\"{name}\" ({what}):\t{amounts}"),
        "pods" => format!("\"{name}\" on pods:\t{amounts}"),
        "object" => {
            let about = source.get("describedObject");
            format!("\"{name}\" on {}/{} ({what}):\t{amounts}", about.get("kind").str(), about.get("name").str())
        }
        _ => {
            let container = match source.get("container").str() {
                "" => String::new(),
                name => format!(" of container \"{name}\""),
            };
            let head = format!("resource {}{container} on pods", source.get("name").str());
            if averaged {
                return format!("{head}:\t{amounts}");
            }
            format!("{head}  (as a percentage of request):\t{} / {}", share(current), share_wanted(target))
        }
    }
}

fn share(current: &Value) -> String {
    current
        .get("averageUtilization")
        .as_int()
        .map_or("<unknown>".into(), |it| format!("{it}% ({})", current.get("averageValue").str()))
}

fn share_wanted(target: &Value) -> String {
    target.get("averageUtilization").as_int().map_or("<auto>".into(), |it| format!("{it}%"))
}

fn behavior(out: &mut Writer, behavior: &Value) {
    if behavior.is_null() {
        return;
    }
    out.line(0, "Behavior:");
    for (title, field) in [("Scale Up", "scaleUp"), ("Scale Down", "scaleDown")] {
        let rules = behavior.get(field);
        if rules.is_null() {
            continue;
        }
        out.line(1, format!("{title}:"));
        if let Some(seconds) = rules.get("stabilizationWindowSeconds").as_int() {
            out.line(2, format!("Stabilization Window: {seconds} seconds"));
        }
        if rules.get("policies").is_empty() {
            continue;
        }
        out.line(2, format!("Select Policy: {}", rules.get("selectPolicy").as_str().unwrap_or("Max")));
        out.line(2, "Policies:");
        for policy in rules.get("policies").items() {
            let number = |field: &str| policy.get(field).int_or(0);
            let (value, seconds) = (number("value"), number("periodSeconds"));
            out.line(3, format!("- Type: {}\tValue: {value}\tPeriod: {seconds} seconds", policy.get("type").str()));
        }
    }
}

fn conditions(out: &mut Writer, object: &Object) {
    let conditions = object.at("status.conditions").items();
    if conditions.is_empty() {
        return;
    }
    out.line(0, "Conditions:");
    out.line(1, "Type\tStatus\tReason\tMessage");
    out.line(1, "----\t------\t------\t-------");
    for it in conditions {
        let texts: Vec<&str> =
            ["type", "status", "reason", "message"].iter().map(|field| it.get(field).str()).collect();
        out.line(1, texts.join("\t"));
    }
}
