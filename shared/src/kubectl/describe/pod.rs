//! Pods, and the pod templates of workloads.
//!
//! Upstream: `describePod`, `DescribePodTemplate`.

use crate::api::printing::since;
use crate::kubectl::describe::writer::{Writer, rfc1123};
use crate::kubectl::describe::{Subject, containers, volumes};
use crate::model::{Object, Order, Time, Value, selector};

/// Writes a pod.
pub(super) fn write(out: &mut Writer, subject: &mut Subject<'_, '_>) {
    let pod = subject.object;
    out.field(0, "Name", pod.name());
    out.field(0, "Namespace", pod.namespace());
    placement(out, pod);
    subject.labels_and_annotations(out);
    state(out, pod, subject.session.now());
    addresses(out, pod);
    if !pod.at("spec.resources").is_null() {
        out.line(0, "Resources:");
        containers::resources(out, 1, pod.at("spec.resources"));
    }
    for (title, field, statuses) in [
        ("Init Containers", "spec.initContainers", "status.initContainerStatuses"),
        ("Containers", "spec.containers", "status.containerStatuses"),
        ("Ephemeral Containers", "spec.ephemeralContainers", "status.ephemeralContainerStatuses"),
    ] {
        if field == "spec.containers" || !pod.at(field).items().is_empty() {
            containers::write(out, title, pod.at(field), pod.at(statuses), Some(pod), "");
        }
    }
    conditions(out, pod);
    volumes::write(out, pod.at("spec.volumes"), "");
    out.field(0, "QoS Class", pod.at("status.qosClass").str());
    out.labels("Node-Selectors", pod.at("spec.nodeSelector"));
    tolerations(out, "", pod.at("spec.tolerations"));
    spread(out, "", pod.at("spec.topologySpreadConstraints"));
    subject.events(out);
}

fn placement(out: &mut Writer, pod: &Object) {
    let spec = pod.get("spec");
    if let Some(priority) = spec.get("priority").as_int() {
        out.field(0, "Priority", priority.to_string());
    }
    out.field_if(0, "Priority Class Name", spec.get("priorityClassName"));
    out.field_if(0, "Runtime Class Name", spec.get("runtimeClassName"));
    out.field_if(0, "Service Account", spec.get("serviceAccountName"));
    match spec.get("nodeName").str() {
        "" => out.field(0, "Node", "<none>"),
        node => out.field(0, "Node", format!("{node}/{}", pod.at("status.hostIP").str())),
    }
    if !pod.at("status.startTime").is_null() {
        out.field(0, "Start Time", rfc1123(pod.at("status.startTime")));
    }
}

fn state(out: &mut Writer, pod: &Object, now: Time) {
    let phase = pod.at("status.phase").str();
    if pod.is_terminating() && !matches!(phase, "Failed" | "Succeeded") {
        let lasts = since(pod.metadata().get("deletionTimestamp"), now);
        out.field(0, "Status", format!("Terminating (lasts {lasts})"));
        let grace = pod.metadata().get("deletionGracePeriodSeconds").int_or(0);
        out.field(0, "Termination Grace Period", format!("{grace}s"));
    } else {
        out.field(0, "Status", phase);
    }
    out.field_if(0, "Reason", pod.at("status.reason"));
    out.field_if(0, "Message", pod.at("status.message"));
    let profile = pod.at("spec.securityContext.seccompProfile");
    out.field_if(0, "SeccompProfile", profile.get("type"));
    out.field_if(0, "LocalhostProfile", profile.get("localhostProfile"));
}

fn addresses(out: &mut Writer, pod: &Object) {
    out.field(0, "IP", pod.at("status.podIP").str());
    let ips = pod.at("status.podIPs").items();
    out.line(0, if ips.is_empty() { "IPs:\t<none>" } else { "IPs:" });
    for ip in ips {
        out.field(1, "IP", ip.get("ip").str());
    }
    if let Some(owner) = pod.controller() {
        out.field(0, "Controlled By", format!("{}/{}", owner.kind, owner.name));
    }
    out.field_if(0, "NominatedNodeName", pod.at("status.nominatedNodeName"));
}

fn conditions(out: &mut Writer, pod: &Object) {
    let gates = pod.at("spec.readinessGates").items();
    if !gates.is_empty() {
        out.line(0, "Readiness Gates:\n  Type\tStatus");
    }
    for gate in gates {
        let kind = gate.get("conditionType").str();
        let status = pod.condition(kind).get("status").as_str().unwrap_or("<none>");
        out.line(1, format!("{kind} \t{status} "));
    }
    let conditions = pod.at("status.conditions").items();
    if !conditions.is_empty() {
        out.line(0, "Conditions:\n  Type\tStatus");
    }
    for condition in conditions {
        out.line(1, format!("{} \t{} ", condition.get("type").str(), condition.get("status").str()));
    }
}

fn tolerations(out: &mut Writer, indent: &str, list: &Value) {
    let mut sorted: Vec<&Value> = list.items().iter().collect();
    sorted.order_by_key(|it| it.get("key").str());
    let shown: Vec<String> = sorted.into_iter().map(toleration).collect();
    out.stack(indent, "Tolerations", "\t", &shown);
}

fn toleration(toleration: &Value) -> String {
    let part = |sign: &str, field: &str| match toleration.get(field).str() {
        "" => String::new(),
        text => format!("{sign}{text}"),
    };
    let mut text = format!("{}{}{}", part("", "key"), part("=", "value"), part(":", "effect"));
    if toleration.get("operator").str() == "Exists" && toleration.get("value").str().is_empty() {
        text.push_str(if text.is_empty() { "op=Exists" } else { " op=Exists" });
    }
    match toleration.get("tolerationSeconds").as_int() {
        Some(seconds) => format!("{text} for {seconds}s"),
        None => text,
    }
}

fn spread(out: &mut Writer, indent: &str, constraints: &Value) {
    if constraints.items().is_empty() {
        return;
    }
    let mut sorted: Vec<&Value> = constraints.items().iter().collect();
    sorted.order_by_key(|it| it.get("topologyKey").str());
    let shown = sorted.into_iter().map(|it| {
        let (key, action) = (it.get("topologyKey").str(), it.get("whenUnsatisfiable").str());
        let text = format!("{key}:{action} when max skew {} is exceeded", it.get("maxSkew").int_or(0));
        match it.get("labelSelector") {
            Value::Null => text,
            selector => format!("{text} for selector {}", selector::describe(selector)),
        }
    });
    let shown: Vec<String> = shown.collect();
    out.stack(indent, "Topology Spread Constraints", "\t", &shown);
}

/// Writes a pod template.
pub(crate) fn template(out: &mut Writer, template: &Value) {
    let spec = template.get("spec");
    out.line(0, "Pod Template:");
    out.labels("  Labels", template.at("metadata.labels"));
    if !template.at("metadata.annotations").is_empty() {
        out.annotations("  Annotations", template.at("metadata.annotations"));
    }
    out.field_if(1, "Service Account", spec.get("serviceAccountName"));
    if !spec.get("initContainers").items().is_empty() {
        containers::write(out, "Init Containers", spec.get("initContainers"), &Value::Null, None, "  ");
    }
    containers::write(out, "Containers", spec.get("containers"), &Value::Null, None, "  ");
    volumes::write(out, spec.get("volumes"), "  ");
    spread(out, "  ", spec.get("topologySpreadConstraints"));
    out.field_if(1, "Priority Class Name", spec.get("priorityClassName"));
    out.labels("  Node-Selectors", spec.get("nodeSelector"));
    tolerations(out, "  ", spec.get("tolerations"));
}
