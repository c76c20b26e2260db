//! Which pods belong together: those that a service selects, or that one owner manages. Pods without spread constraints of
//! their own are spread within that set.
//!
//! Upstream: `plugins/helper/spread.go` (`DefaultSelector`).

use crate::model::{Key, Object, ResourceName, Selector, Text, Value};
use crate::scheduler::pod::PodFacts;
use crate::store::Change;
use std::collections::BTreeMap;

const SERVICES: &str = "services";

/// The owners that count, by kind.
const OWNERS: [(&str, &str); 3] = [
    ("ReplicaSet", "replicasets.apps"),
    ("StatefulSet", "statefulsets.apps"),
    ("ReplicationController", "replicationcontrollers"),
];

/// The selectors of services and owners, by resource, namespace and name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Owners {
    selectors: BTreeMap<Key, Value>,
}

impl Owners {
    /// Takes in a change, if it is of a service or an owner.
    pub(crate) fn observe(&mut self, change: &Change) {
        let resource = change.key.resource.as_str();
        if resource != SERVICES && OWNERS.iter().all(|(_, it)| *it != resource) {
            return;
        }
        match change.after.as_ref().map(|it| it.at("spec.selector").clone()) {
            Some(selector) => self.selectors.insert(change.key.clone(), selector),
            None => self.selectors.remove(&change.key),
        };
    }

    /// What selects the pods that belong together with `pod`; `None` if it belongs to nobody.
    pub(crate) fn selector(&self, pod: &PodFacts) -> Option<Selector> {
        let mut labels = self.service_labels(pod);
        let owner = self.owner_selector(&pod.object);
        if let Some((RC, selector)) = owner {
            selector.fields().iter().for_each(|(key, value)| labels.map_mut().insert(key.clone(), value));
        }
        let Selector::All(mut requirements) = Selector::from_labels(&labels) else { return None };
        if let Some((kind, selector)) = owner
            && kind != RC
            && let Ok(selector) = Selector::from_object(selector)
        {
            requirements.extend(selector.requirements().iter().cloned());
        }
        (!requirements.is_empty()).then_some(Selector::All(requirements))
    }

    fn service_labels(&self, pod: &PodFacts) -> Value {
        let start = Key::new(ResourceName::of(SERVICES), pod.key.namespace.clone(), "");
        let of_namespace = |key: &Key| key.resource == start.resource && key.namespace == start.namespace;
        let services = self.selectors.range(start.clone()..).take_while(|(key, _)| of_namespace(key));
        let mut labels = Value::map();
        for (_, selector) in services {
            if !selector.is_null() && Selector::from_labels(selector).matches(pod.labels()) {
                selector.fields().iter().for_each(|(key, value)| labels.map_mut().insert(key.clone(), value));
            }
        }
        labels
    }

    fn owner_selector(&self, pod: &Object) -> Option<(&'static str, &Value)> {
        let owner = pod.controller()?;
        let (kind, resource) = OWNERS.into_iter().find(|(kind, _)| *kind == owner.kind)?;
        let key = Key::new(ResourceName::of(resource), pod.namespace(), Text::clone(&owner.name));
        Some((kind, self.selectors.get(&key)?))
    }
}

/// The one owner whose selector is a plain map of labels.
const RC: &str = "ReplicationController";
