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

/// What pods ask for of the resources that are counted, and how many pods these are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Asked {
    pods: i64,
    amounts: [i64; COUNTED.len()],
}

impl Asked {
    /// What one pod asks for.
    pub(super) fn by(pod: &Object) -> Self {
        Self { pods: 1, amounts: COUNTED.map(|name| amount(name, &request(pod, name))) }
    }

    /// With one pod more.
    pub(super) fn add(&mut self, pod: Self) {
        self.pods += pod.pods;
        self.amounts.iter_mut().zip(pod.amounts).for_each(|(sum, amount)| *sum += amount);
    }

    /// With one pod less.
    pub(super) fn subtract(&mut self, pod: Self) {
        self.pods -= pod.pods;
        self.amounts.iter_mut().zip(pod.amounts).for_each(|(sum, amount)| *sum -= amount);
    }
}

/// Why the pod may not run here; `None` if it may. `used` is what the pods ask for that already do.
pub(super) fn refuse(pod: &Object, node: &Object, used: Asked) -> Option<Failure> {
    let short = out_of_pods(node, used).or_else(|| out_of_resources(pod, node, used));
    short.or_else(|| wrong_node(pod, node))
}

fn out_of_pods(node: &Object, used: Asked) -> Option<Failure> {
    let capacity = Quantity::read(node.at("status.allocatable.pods")).value();
    (used.pods + 1 > capacity).then(|| out_of("pods", 1, used.pods, capacity))
}

fn out_of_resources(pod: &Object, node: &Object, used: Asked) -> Option<Failure> {
    let allocatable = node.at("status.allocatable");
    let asked = Asked::by(pod);
    COUNTED.iter().enumerate().find_map(|(index, name)| {
        let (requested, used) = (asked.amounts[index], used.amounts[index]);
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
