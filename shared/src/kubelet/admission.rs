//! Whether a pod may run on this node: the last check, after the scheduler's.
//!
//! Upstream: `pkg/kubelet/lifecycle/predicate.go`, `k8s.io/component-helpers/resource/helpers.go` (`PodRequests`),
//! `k8s.io/component-helpers/scheduling/corev1/nodeaffinity`.

use super::pod::{Failure, specs};
use super::runtime::Role;
use crate::model::quantity::Quantity;
use crate::model::selector::{Operator, Requirement};
use crate::model::{Object, Text, Value};
use smol_str::format_smolstr;

/// The resources that are counted, with the words that messages and reasons have for them.
const COUNTED: [&str; 3] = ["cpu", "memory", "ephemeral-storage"];

/// Why the pod may not run here; `None` if it may. `others` are the pods that already do.
pub(super) fn refuse<'a>(
    pod: &Object,
    node: &Object,
    others: &(impl Iterator<Item = &'a Object> + Clone),
) -> Option<Failure> {
    let short = out_of_pods(node, others.clone()).or_else(|| out_of_resources(pod, node, others));
    short.or_else(|| wrong_node(pod, node))
}

fn out_of_pods<'a>(node: &Object, others: impl Iterator<Item = &'a Object>) -> Option<Failure> {
    let capacity = Quantity::read(node.at("status.allocatable.pods")).value();
    let used = i64::try_from(others.count()).unwrap_or(i64::MAX);
    (used + 1 > capacity).then(|| out_of("pods", 1, used, capacity))
}

fn out_of_resources<'a>(
    pod: &Object,
    node: &Object,
    others: &(impl Iterator<Item = &'a Object> + Clone),
) -> Option<Failure> {
    let allocatable = node.at("status.allocatable");
    COUNTED.iter().find_map(|name| {
        let requested = amount(name, &request(pod, name));
        let used: i64 = others.clone().map(|it| amount(name, &request(it, name))).sum();
        let capacity = amount(name, &Quantity::read(allocatable.get(name)));
        (requested > 0 && used + requested > capacity).then(|| out_of(name, requested, used, capacity))
    })
}

/// In thousandths for `cpu`, in units for the rest.
fn amount(name: &str, quantity: &Quantity) -> i64 {
    if name == "cpu" { quantity.milli_value() } else { quantity.value() }
}

fn out_of(resource: &str, requested: i64, used: i64, capacity: i64) -> Failure {
    let message = format_smolstr!(
        "Node didn't have enough resource: {resource}, requested: {requested}, used: {used}, capacity: {capacity}"
    );
    Failure { reason: format_smolstr!("OutOf{resource}"), message }
}

/// What a pod asks for of one resource: its containers and sidecars together, or more if an init container needs more.
fn request(pod: &Object, name: &str) -> Quantity {
    let of = |spec: &Value| Quantity::read(spec.at("resources.requests").get(name));
    let mut steady = Quantity::new(0);
    let mut sidecars = Quantity::new(0);
    let mut peak = Quantity::new(0);
    for (role, spec) in specs(pod) {
        match role {
            Role::Main => steady = steady + &of(spec),
            Role::Sidecar => {
                sidecars = sidecars + &of(spec);
                peak = peak.max(sidecars.clone());
            }
            Role::Init => peak = peak.max(of(spec) + &sidecars),
        }
    }
    let own = Quantity::read(pod.at("spec.resources.requests").get(name));
    let total = if own.is_zero() { (steady + &sidecars).max(peak) } else { own };
    total + &Quantity::read(pod.at("spec.overhead").get(name))
}

fn wrong_node(pod: &Object, node: &Object) -> Option<Failure> {
    let labels = node.at("metadata.labels");
    let simple = pod.at("spec.nodeSelector").fields().iter().all(|(key, value)| labels.get(key) == value);
    let affinity = pod.at("spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution");
    let terms = affinity.get("nodeSelectorTerms").items();
    let chosen = affinity.is_null() || terms.iter().any(|term| term_matches(term, node));
    let message = "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector";
    let failure = Failure { reason: Text::new_static("NodeAffinity"), message: Text::new_static(message) };
    (!simple || !chosen).then_some(failure)
}

fn term_matches(term: &Value, node: &Object) -> bool {
    let (labels, fields) = (term.get("matchExpressions").items(), term.get("matchFields").items());
    let own = Value::from([("metadata.name", node.name().into())]);
    (!labels.is_empty() || !fields.is_empty())
        && labels.iter().all(|it| requirement_matches(it, node.at("metadata.labels")))
        && fields.iter().all(|it| requirement_matches(it, &own))
}

fn requirement_matches(requirement: &Value, labels: &Value) -> bool {
    let values: Vec<&str> = requirement.get("values").items().iter().map(Value::str).collect();
    let operator = Operator::of_node_selector(requirement.get("operator").str());
    let found = operator.and_then(|it| Requirement::new(requirement.get("key").str(), it, &values).ok());
    found.is_some_and(|it| it.matches(labels))
}
