//! The plug-ins that look at new pods, in upstream's order.
//!
//! Upstream: `pkg/kubeapiserver/options/plugins.go` for the order; `plugin/pkg/admission/{priority,defaulttolerationseconds,
//! runtimeclass,podtopologylabels}`.

use crate::api::Status;
use crate::api::admission::{Admission, service_account};
use crate::model::key::resources::NODES;
use crate::model::{Key, Object, ResourceName, Text, Value};
use crate::store::Store;

const PRIORITY_CLASSES: ResourceName = ResourceName::of("priorityclasses.scheduling.k8s.io");
const RUNTIME_CLASSES: ResourceName = ResourceName::of("runtimeclasses.node.k8s.io");
/// The classes that exist in every cluster, with their priorities.
const SYSTEM_CLASSES: [(&str, i64); 2] =
    [("system-node-critical", 2_000_001_000), ("system-cluster-critical", 2_000_000_000)];
/// The labels of its node that a pod gets.
const TOPOLOGY_LABELS: [&str; 2] = ["topology.kubernetes.io/region", "topology.kubernetes.io/zone"];
/// How long a pod stays on a node that is not ready or not reachable.
const TOLERATION_SECONDS: i64 = 300;

/// Runs every plug-in.
///
/// # Errors
/// The first refusal.
pub(crate) fn admit(pod: &mut Object, admission: &mut Admission<'_>) -> Result<(), Status> {
    service_account::admit(pod, admission)?;
    set_priority(pod, admission)?;
    default_tolerations(pod);
    check_runtime_class(pod, admission)?;
    let node = pod.at("spec.nodeName").text();
    add_topology_labels(pod, &node, admission.store);
    Ok(())
}

fn set_priority(pod: &mut Object, admission: &Admission<'_>) -> Result<(), Status> {
    let name = pod.at("spec.priorityClassName").text();
    let class = if name.is_empty() { default_class(admission.store) } else { named_class(&name, admission)? };
    let Class { name, value, preemption } = class;
    let asked = pod.at("spec.priority").as_int();
    if asked.is_some_and(|it| it != value) {
        return Err(admission.forbid(&format!(
            "the integer value of priority ({}) must not be provided in pod spec; priority admission controller computed {value} from the given PriorityClass name",
            asked.unwrap_or(0)
        )));
    }
    let asked = pod.at("spec.preemptionPolicy").text();
    if !asked.is_empty() && asked != preemption {
        return Err(admission.forbid(&format!(
            "the string value of PreemptionPolicy ({asked}) must not be provided in pod spec; priority admission controller computed {preemption} from the given PriorityClass name"
        )));
    }
    if !name.is_empty() {
        pod.set("spec.priorityClassName", name);
    }
    pod.set("spec.priority", value);
    pod.set("spec.preemptionPolicy", preemption);
    Ok(())
}

struct Class {
    name: Text,
    value: i64,
    preemption: Text,
}

impl Class {
    fn new(name: Text, value: i64) -> Self {
        Self { name, value, preemption: Text::new_static("PreemptLowerPriority") }
    }

    fn read(class: &Object) -> Self {
        let mut it = Self::new(class.name(), class.get("value").int_or(0));
        if let Some(policy) = class.get("preemptionPolicy").as_str() {
            it.preemption = policy.into();
        }
        it
    }
}

/// The class with `globalDefault`, the lowest of several; else priority 0.
fn default_class(store: &Store) -> Class {
    let defaults = store.list(&PRIORITY_CLASSES).filter(|it| it.get("globalDefault").is_true());
    let lowest = defaults.min_by_key(|it| it.get("value").int_or(0));
    lowest.map_or_else(|| Class::new(Text::default(), 0), Class::read)
}

fn named_class(name: &Text, admission: &Admission<'_>) -> Result<Class, Status> {
    if let Some(class) = admission.store.get(&Key::new(PRIORITY_CLASSES, "", name.clone())) {
        return Ok(Class::read(class));
    }
    let system = SYSTEM_CLASSES.iter().find(|(it, _)| it == name);
    let class = system.map(|(_, value)| Class::new(name.clone(), *value));
    class.ok_or_else(|| admission.forbid(&format!("no PriorityClass with name {name} was found")))
}

/// `DefaultTolerationSeconds`: five minutes on a node that is not ready or cannot be reached.
fn default_tolerations(pod: &mut Object) {
    let missing = |key: &str| {
        let matches = |it: &Value| {
            let effect = it.get("effect").str();
            (it.get("key").str() == key || it.get("key").is_empty()) && (effect == "NoExecute" || effect.is_empty())
        };
        !pod.at("spec.tolerations").items().iter().any(matches)
    };
    let keys = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"];
    let wanted: Vec<Value> = keys.iter().filter(|key| missing(key)).map(|key| toleration(key)).collect();
    if !wanted.is_empty() {
        pod.entry("spec.tolerations").list_mut().extend(wanted);
    }
}

fn toleration(key: &str) -> Value {
    Value::from([
        ("key", key.into()),
        ("operator", "Exists".into()),
        ("effect", "NoExecute".into()),
        ("tolerationSeconds", TOLERATION_SECONDS.into()),
    ])
}

fn check_runtime_class(pod: &mut Object, admission: &Admission<'_>) -> Result<(), Status> {
    let name = pod.at("spec.runtimeClassName").text();
    if name.is_empty() {
        return Ok(());
    }
    let class = admission.store.get(&Key::new(RUNTIME_CLASSES, "", name.clone()));
    let class = class.ok_or_else(|| admission.forbid(&format!("pod rejected: RuntimeClass \"{name}\" not found")))?;
    let overhead = class.at("overhead.podFixed");
    if !overhead.is_null() {
        pod.set("spec.overhead", overhead);
    }
    Ok(())
}

/// `PodTopologyLabels`: a pod carries the region and the zone of its node.
pub(crate) fn add_topology_labels(pod: &mut Object, node: &str, store: &Store) {
    let Some(node) = store.get(&Key::new(NODES, "", node)) else { return };
    for label in TOPOLOGY_LABELS {
        if let Some(value) = node.label(label) {
            pod.entry("metadata.labels").map_mut().insert(label, value);
        }
    }
}
