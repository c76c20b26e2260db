//! A pod's priority is that of its class; of classes one at most is the default.
//!
//! Upstream: `plugin/pkg/admission/priority/admission.go`.

use crate::api::Status;
use crate::api::admission::{Admission, Plugin};
use crate::model::{Key, Object, ResourceName, Text};
use crate::store::Store;

/// The registration.
pub(super) const PLUGIN: Plugin = Plugin {
    name: "Priority",
    resources: &["pods", "priorityclasses.scheduling.k8s.io"],
    mutate: Some(mutate),
    validate: Some(validate),
    ..Plugin::NONE
};

const PRIORITY_CLASSES: ResourceName = ResourceName::of("priorityclasses.scheduling.k8s.io");
/// The classes that exist in every cluster, with their priorities.
const SYSTEM_CLASSES: [(&str, i64); 2] =
    [("system-node-critical", 2_000_001_000), ("system-cluster-critical", 2_000_000_000)];

fn mutate(object: &mut Object, admission: &mut Admission<'_>) -> Result<(), Status> {
    if admission.key.resource == PRIORITY_CLASSES { Ok(()) } else { set_priority(object, admission) }
}

fn validate(object: &Object, admission: &mut Admission<'_>) -> Result<(), Status> {
    if admission.key.resource == PRIORITY_CLASSES { one_default(object, admission) } else { Ok(()) }
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

/// Only one class is the default.
fn one_default(class: &Object, admission: &Admission<'_>) -> Result<(), Status> {
    if !class.get("globalDefault").is_true() {
        return Ok(());
    }
    let mut classes = admission.store.list(&PRIORITY_CLASSES);
    let other = classes.find(|it| it.get("globalDefault").is_true() && it.name() != class.name());
    let Some(other) = other else { return Ok(()) };
    let detail = format!("PriorityClass {} is already marked as default. Only one default can exist", other.name());
    Err(admission.forbid(&detail))
}
