//! `v1` Node. Upstream: `pkg/registry/core/node/strategy.go`, `plugin/pkg/admission/nodetaint`.

use crate::api::printing::{age, or_none};
use crate::api::resources::pod_spec::canonical_amounts;
use crate::api::resources::workload::{keep, within};
use crate::api::validation;
use crate::api::{Column, Resource, Scope};
use crate::model::{Object, Order, Value};

/// The registration.
pub(super) const RESOURCE: Resource = Resource {
    kind: "Node",
    plural: "nodes",
    singular: "node",
    short_names: &["no"],
    scope: Scope::Cluster,
    subresources: &["status"],
    default,
    prepare_for_create: |node| {
        if node.get("status").is_null() {
            node.set("status", Value::map());
        }
    },
    prepare_for_update: |new, old| keep(new, old, "status"),
    validate: validation::node::validate,
    validate_update: |new, _, errors| validation::node::validate(new, errors),
    selectable: &[("spec.unschedulable", |it| {
        if it.at("spec.unschedulable").is_true() { "true".into() } else { "false".into() }
    })],
    columns: &[
        Column::new("STATUS", |node, _| status(node)),
        Column::new("ROLES", |node, _| roles(node)),
        Column::new("AGE", age),
        Column::new("VERSION", |node, _| info(node, "kubeletVersion").to_owned()),
        Column::wide("INTERNAL-IP", |node, _| address(node, "InternalIP")),
        Column::wide("EXTERNAL-IP", |node, _| address(node, "ExternalIP")),
        Column::wide("OS-IMAGE", |node, _| or_unknown(info(node, "osImage"))),
        Column::wide("KERNEL-VERSION", |node, _| kernel(node)),
        Column::wide("CONTAINER-RUNTIME", |node, _| or_unknown(info(node, "containerRuntimeVersion"))),
    ],
    ..Resource::NONE
};

/// `SetDefaults_NodeStatus`: what may be handed out is what there is.
fn default(node: &mut Object) {
    if node.get("spec").is_null() {
        node.set("spec", Value::map());
    }
    let (one, all) = (node.at("spec.podCIDR").clone(), node.at("spec.podCIDRs").clone());
    if !one.is_empty() && all.is_empty() {
        node.set("spec.podCIDRs", Value::from(vec![one]));
    } else if let (true, Some(first)) = (one.is_empty(), all.items().first()) {
        node.set("spec.podCIDR", first);
    }
    within(node, "status", |status| {
        within(status, "capacity", canonical_amounts);
        if status.get("allocatable").is_empty() && !status.get("capacity").is_empty() {
            let capacity = status.get("capacity").clone();
            status.set("allocatable", capacity);
        }
        within(status, "allocatable", canonical_amounts);
    });
}

fn status(node: &Object) -> String {
    let ready = match node.condition("Ready").get("status").str() {
        "True" => "Ready",
        "" => "Unknown",
        _ => "NotReady",
    };
    let cordoned = if node.at("spec.unschedulable").is_true() { ",SchedulingDisabled" } else { "" };
    format!("{ready}{cordoned}")
}

fn roles(node: &Object) -> String {
    let role = |(label, value): &(crate::model::Text, Value)| match label.strip_prefix("node-role.kubernetes.io/") {
        Some("") => None,
        Some(role) => Some(role.to_owned()),
        None if label == "kubernetes.io/role" && !value.is_empty() => Some(value.str().to_owned()),
        None => None,
    };
    let mut all: Vec<String> = node.at("metadata.labels").fields().iter().filter_map(role).collect();
    all.order();
    all.dedup();
    or_none(&all.join(","))
}

fn info<'a>(node: &'a Object, field: &str) -> &'a str {
    node.at("status.nodeInfo").get(field).str()
}

fn kernel(node: &Object) -> String {
    let (version, architecture) = (info(node, "kernelVersion"), info(node, "architecture"));
    match (version, architecture) {
        ("", _) => "<unknown>".into(),
        (version, "") => version.into(),
        (version, architecture) => format!("{version} ({architecture})"),
    }
}

fn or_unknown(text: &str) -> String {
    if text.is_empty() { "<unknown>".into() } else { text.into() }
}

fn address(node: &Object, kind: &str) -> String {
    let mut all = node.at("status.addresses").items().iter();
    let found = all.find(|it| it.get("type").str() == kind);
    or_none(found.unwrap_or(&Value::Null).get("address").str())
}
