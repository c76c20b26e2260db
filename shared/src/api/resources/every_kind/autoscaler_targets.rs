//! The column TARGETS of autoscalers. Upstream: `pkg/printers/internalversion/printers.go` (`formatHPAMetrics`).

use crate::model::{Object, Value};

/// How many metrics the column shows.
const SHOWN_MAX: usize = 2;

/// `cpu: 10%/80%, memory: <unknown>/1Gi + 1 more...`.
pub(super) fn shown(autoscaler: &Object) -> String {
    let specs = autoscaler.at("spec.metrics").items();
    if specs.is_empty() {
        return "<none>".into();
    }
    let statuses = autoscaler.at("status.currentMetrics").items();
    let status = |index: usize| statuses.get(index).unwrap_or(&Value::Null);
    let all: Vec<String> = specs.iter().enumerate().map(|(index, spec)| metric(spec, status(index))).collect();
    let text = all.iter().take(SHOWN_MAX).cloned().collect::<Vec<_>>().join(", ");
    match all.len().checked_sub(SHOWN_MAX) {
        Some(more @ 1..) => format!("{text} + {more} more..."),
        Some(0) | None => text,
    }
}

fn metric(spec: &Value, status: &Value) -> String {
    let source = |metric: &Value, field: &str| metric.get(field).clone();
    let pair = |field: &str, kind: &str| {
        let current = status.get(field).get("current").get(kind);
        let current = if current.is_null() { "<unknown>".to_owned() } else { current.str().to_owned() };
        format!("{current}/{}", spec.get(field).get("target").get(kind).str())
    };
    let averages = |field: &str| !spec.get(field).get("target").get("averageValue").is_null();
    match spec.get("type").str() {
        "External" if averages("external") => format!("{} (avg)", pair("external", "averageValue")),
        "External" => pair("external", "value"),
        "Pods" => pair("pods", "averageValue"),
        "Object" if averages("object") => format!("{} (avg)", pair("object", "averageValue")),
        "Object" => pair("object", "value"),
        "Resource" => named(&source(spec, "resource"), &source(status, "resource")),
        "ContainerResource" => named(&source(spec, "containerResource"), &source(status, "containerResource")),
        _ => "<unknown type>".into(),
    }
}

/// A resource's share of what was requested, or an amount.
fn named(spec: &Value, status: &Value) -> String {
    let name = spec.get("name").str();
    let (target, current) = (spec.get("target"), status.get("current"));
    if !target.get("averageValue").is_null() {
        let current =
            if current.get("averageValue").is_null() { "<unknown>" } else { current.get("averageValue").str() };
        return format!("{name}: {current}/{}", target.get("averageValue").str());
    }
    let percent = |value: &Value, without: &str| value.as_int().map_or(without.to_owned(), |it| format!("{it}%"));
    let current = percent(current.get("averageUtilization"), "<unknown>");
    format!("{name}: {current}/{}", percent(target.get("averageUtilization"), "<auto>"))
}
