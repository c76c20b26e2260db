//! Nodes: lease, conditions, capacity, and what their pods ask for.
//!
//! Upstream: `describeNode`, `describeNodeResource`.

use crate::api::Options;
use crate::api::printing::since;
use crate::kubectl::describe::events::About;
use crate::kubectl::describe::writer::{Writer, amounts, rfc1123};
use crate::kubectl::describe::{Subject, events};
use crate::kubectl::print;
use crate::model::key::resources::{LEASES, PODS};
use crate::model::{Object, Order, Quantity, Time, Value};

const SYSTEM_INFO: &[(&str, &str)] = &[
    ("Machine ID", "machineID"),
    ("System UUID", "systemUUID"),
    ("Boot ID", "bootID"),
    ("Kernel Version", "kernelVersion"),
    ("OS Image", "osImage"),
    ("Operating System", "operatingSystem"),
    ("Architecture", "architecture"),
    ("Container Runtime Version", "containerRuntimeVersion"),
    ("Kubelet Version", "kubeletVersion"),
];
const ROLE_LABEL: &str = "node-role.kubernetes.io/";

/// Writes a node.
pub(super) fn write(out: &mut Writer, subject: &mut Subject<'_, '_>) {
    let node = subject.object;
    out.field(0, "Name", node.name());
    out.field(0, "Roles", roles(node));
    subject.labels_and_annotations(out);
    out.field(0, "CreationTimestamp", rfc1123(node.metadata().get("creationTimestamp")));
    taints(out, node.at("spec.taints"));
    out.field(0, "Unschedulable", node.at("spec.unschedulable").is_true().to_string());
    lease(out, subject);
    conditions(out, node);
    out.line(0, "Addresses:");
    for address in node.at("status.addresses").items() {
        out.field(1, address.get("type").str(), address.get("address").str());
    }
    for (title, field) in [("Capacity", "status.capacity"), ("Allocatable", "status.allocatable")] {
        let amounts = amounts(node.at(field));
        if !amounts.is_empty() {
            out.line(0, format!("{title}:"));
        }
        for (name, amount) in amounts {
            out.field(1, &name, amount);
        }
    }
    out.line(0, "System Info:");
    for (label, field) in SYSTEM_INFO {
        out.field(1, label, node.at("status.nodeInfo").get(field).str());
    }
    out.field_if(0, "PodCIDR", node.at("spec.podCIDR"));
    let ranges: Vec<&str> = node.at("spec.podCIDRs").items().iter().map(Value::str).collect();
    if !ranges.is_empty() {
        out.field(0, "PodCIDRs", ranges.join(","));
    }
    out.field_if(0, "ProviderID", node.at("spec.providerID"));
    let pods = pods(subject);
    let now = subject.session.now();
    usage(out, node, &pods, now);
    node_events(out, subject);
}

fn roles(node: &Object) -> String {
    let mut roles: Vec<&str> = Vec::new();
    for (key, value) in node.metadata().get("labels").fields() {
        match key.strip_prefix(ROLE_LABEL) {
            Some(role) if !role.is_empty() => roles.push(role),
            None if key == "kubernetes.io/role" && !value.str().is_empty() => roles.push(value.str()),
            Some(_) | None => {}
        }
    }
    roles.order();
    roles.dedup();
    if roles.is_empty() { "<none>".into() } else { roles.join(",") }
}

fn taints(out: &mut Writer, list: &Value) {
    let text = |taint: &Value, field: &str| taint.get(field).str().to_owned();
    let mut taints: Vec<&Value> = list.items().iter().collect();
    taints.order_by_key(|it| format!("{},{}", text(it, "effect"), text(it, "key")));
    let shown: Vec<String> = taints.into_iter().map(taint).collect();
    out.stack("", "Taints", "\t", &shown);
}

/// `key=value:effect`, leaving out what is empty.
pub(crate) fn taint(taint: &Value) -> String {
    let (key, value, effect) = (taint.get("key").str(), taint.get("value").str(), taint.get("effect").str());
    match (value, effect) {
        ("", "") => key.to_owned(),
        ("", _) => format!("{key}:{effect}"),
        (_, "") => format!("{key}={value}:"),
        _ => format!("{key}={value}:{effect}"),
    }
}

fn lease(out: &mut Writer, subject: &mut Subject<'_, '_>) {
    let name = subject.object.name();
    let kind = subject.session.kinds().resource(&LEASES);
    let lease = kind.and_then(|kind| subject.session.get(&kind, "kube-node-lease", &name));
    let lease = match lease {
        Ok(lease) => lease,
        Err(failure) => return out.field(0, "Lease", format!("Failed to get lease: {}", failure.bare())),
    };
    out.line(0, "Lease:");
    let spec = lease.get("spec");
    out.field(1, "HolderIdentity", spec.get("holderIdentity").as_str().unwrap_or("<unset>"));
    for (label, field) in [("AcquireTime", "acquireTime"), ("RenewTime", "renewTime")] {
        let value = spec.get(field);
        out.field(1, label, if value.is_null() { "<unset>".into() } else { rfc1123(value) });
    }
}

fn conditions(out: &mut Writer, node: &Object) {
    let conditions = node.at("status.conditions").items();
    if conditions.is_empty() {
        return;
    }
    out.line(0, "Conditions:\n  Type\tStatus\tLastHeartbeatTime\tLastTransitionTime\tReason\tMessage");
    out.line(1, "----\t------\t-----------------\t------------------\t------\t-------");
    for it in conditions {
        let text = |field: &str| it.get(field).str();
        let (beat, change) = (rfc1123(it.get("lastHeartbeatTime")), rfc1123(it.get("lastTransitionTime")));
        let (kind, status) = (text("type"), text("status"));
        out.line(1, format!("{kind} \t{status} \t{beat} \t{change} \t{} \t{}", text("reason"), text("message")));
    }
}

/// The pods of the node that still run or will.
fn pods(subject: &mut Subject<'_, '_>) -> Vec<Object> {
    let name = subject.object.name();
    let Ok(kind) = subject.session.kinds().resource(&PODS) else { return Vec::new() };
    let selector = format!("spec.nodeName={name},status.phase!=Succeeded,status.phase!=Failed");
    let options = Options { field_selector: selector.into(), ..Options::default() };
    let list = subject.session.list(&kind, "", options);
    let mut pods = list.map(|it| print::items(&it)).unwrap_or_default();
    let ended = |it: &Object| matches!(it.at("status.phase").str(), "Succeeded" | "Failed");
    pods.retain(|it| it.at("spec.nodeName").str() == name && !ended(it));
    pods
}

fn usage(out: &mut Writer, node: &Object, pods: &[Object], now: Time) {
    let allocatable = match node.at("status.allocatable") {
        it if it.is_empty() => node.at("status.capacity"),
        it => it,
    };
    out.field(0, "Non-terminated Pods", format!("({} in total)", pods.len()));
    out.line(1, "Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\tMemory Limits\tAge");
    out.line(1, "---------\t----\t\t------------\t----------\t---------------\t-------------\t---");
    for pod in pods {
        let cell = |field: &str, name: &str| shared(&needs(pod, field, name), allocatable.get(name), name);
        out.line(
            1,
            format!(
                "{}\t{}\t\t{}\t{}\t{}\t{}\t{}",
                pod.namespace(),
                pod.name(),
                cell("requests", "cpu"),
                cell("limits", "cpu"),
                cell("requests", "memory"),
                cell("limits", "memory"),
                since(pod.metadata().get("creationTimestamp"), now)
            ),
        );
    }
    totals(out, allocatable, pods);
}

fn totals(out: &mut Writer, allocatable: &Value, pods: &[Object]) {
    out.line(0, "Allocated resources:\n  (Total limits may be over 100 percent, i.e., overcommitted.)");
    out.line(1, "Resource\tRequests\tLimits");
    out.line(1, "--------\t--------\t------");
    let sum = |field: &str, name: &str| {
        let all: Vec<Quantity> = pods.iter().map(|it| needs(it, field, name)).collect();
        all.iter().sum::<Quantity>()
    };
    let huge = allocatable.fields().iter().map(|(name, _)| name.as_str()).filter(|it| it.starts_with("hugepages-"));
    for name in ["cpu", "memory", "ephemeral-storage"].into_iter().chain(huge) {
        let cell = |field: &str| shared(&sum(field, name), allocatable.get(name), name);
        out.line(1, format!("{name}\t{}\t{}", cell("requests"), cell("limits")));
    }
    for (name, _) in allocatable.fields().iter().filter(|(name, _)| is_extended(name)) {
        out.line(1, format!("{name}\t{}\t{}", sum("requests", name), sum("limits", name)));
    }
}

fn is_extended(name: &str) -> bool {
    !matches!(name, "cpu" | "memory" | "ephemeral-storage" | "storage" | "pods") && !name.starts_with("hugepages-")
}

/// `100m (5%)`.
fn shared(amount: &Quantity, of: &Value, name: &str) -> String {
    let of = Quantity::read(of);
    let measure = |it: &Quantity| if name == "cpu" { it.milli_value() } else { it.value() };
    let whole = i128::from(measure(&of));
    let percent = if whole == 0 { 0 } else { i128::from(measure(amount)) * 100 / whole };
    format!("{amount} ({percent}%)")
}

/// What a pod asks for: the sum of its containers and sidecars, or the largest init container, and the overhead.
fn needs(pod: &Object, field: &str, name: &str) -> Quantity {
    let spec = pod.get("spec");
    let of = |container: &Value| Quantity::read(container.get("resources").get(field).get(name));
    let of_pod = spec.get("resources").get(field).get(name);
    if !of_pod.is_null() {
        return Quantity::read(of_pod);
    }
    let mut total = Quantity::ZERO;
    for container in spec.get("containers").items() {
        total = total + &of(container);
    }
    let (mut sidecars, mut peak) = (Quantity::ZERO, Quantity::ZERO);
    for container in spec.get("initContainers").items() {
        let own = of(container);
        if container.get("restartPolicy").str() == "Always" {
            sidecars = sidecars + &own;
            peak = peak.max(sidecars.clone());
        } else {
            peak = peak.max(sidecars.clone() + &own);
        }
    }
    let steady = total + &sidecars;
    let most = if peak > steady { peak } else { steady };
    let overhead = Quantity::read(spec.get("overhead").get(name));
    if most.is_zero() && field == "limits" { most } else { most + &overhead }
}

/// Controllers report about a node by its uid, kubelets by its name.
fn node_events(out: &mut Writer, subject: &mut Subject<'_, '_>) {
    if !subject.show_events {
        return;
    }
    let all = events::about(subject.session, subject.object, About::Name);
    events::write(out, all, subject.session.now());
}
