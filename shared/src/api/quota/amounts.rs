//! Amounts by resource, and what the containers of a pod come to together.
//!
//! Upstream: `k8s.io/apiserver/pkg/quota/v1/resources.go`, `k8s.io/component-helpers/resource/helpers.go`.

use crate::model::{Object, Quantity, Text, Value};
use std::collections::BTreeMap;

/// A `v1.ResourceList`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Amounts(BTreeMap<Text, Quantity>);

impl Amounts {
    /// Reads the API's form.
    pub(crate) fn read(list: &Value) -> Self {
        Self(list.fields().iter().map(|(name, amount)| (name.clone(), Quantity::read(amount))).collect())
    }

    /// The API's form.
    pub(crate) fn to_value(&self) -> Value {
        let mut it = Value::map();
        for (name, amount) in &self.0 {
            it.map_mut().insert(name.clone(), amount.to_string());
        }
        it
    }

    /// The amount of a resource.
    pub(crate) fn get(&self, name: &str) -> Option<&Quantity> {
        self.0.get(name)
    }

    /// Sets the amount of a resource.
    pub(crate) fn put(&mut self, name: impl Into<Text>, amount: Quantity) {
        self.0.insert(name.into(), amount);
    }

    /// Names and amounts, by name.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Text, &Quantity)> {
        self.0.iter()
    }

    /// The names.
    pub(crate) fn names(&self) -> Vec<Text> {
        self.0.keys().cloned().collect()
    }

    /// Adds `more`.
    pub(crate) fn add(&mut self, more: &Self) {
        for (name, amount) in &more.0 {
            let sum = self.0.get(name).map_or_else(|| amount.clone(), |own| own.clone() + amount);
            self.0.insert(name.clone(), sum);
        }
    }

    /// What this is above `less`, nothing below zero.
    pub(crate) fn above(&self, less: &Self) -> Self {
        let rest = |name: &Text, amount: &Quantity| match less.0.get(name) {
            Some(other) if other >= amount => Quantity::ZERO,
            Some(other) => amount.clone() - other,
            None => amount.clone(),
        };
        Self(self.0.iter().map(|(name, amount)| (name.clone(), rest(name, amount))).collect())
    }

    /// Raises each amount to that of `other`.
    pub(crate) fn raise(&mut self, other: &Self) {
        for (name, amount) in &other.0 {
            if self.0.get(name).is_none_or(|own| own < amount) {
                self.0.insert(name.clone(), amount.clone());
            }
        }
    }

    /// Only the entries that `wanted` says yes to.
    pub(crate) fn only(&self, wanted: impl Fn(&str, &Quantity) -> bool) -> Self {
        Self(self.0.iter().filter(|(name, amount)| wanted(name, amount)).map(|(k, v)| (k.clone(), v.clone())).collect())
    }

    /// True without an entry.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `cpu=1,memory=2Gi`, as refusals say it.
    pub(crate) fn shown(&self) -> String {
        self.0.iter().map(|(name, amount)| format!("{name}={amount}")).collect::<Vec<_>>().join(",")
    }
}

/// What all containers of a pod have together in the list `field`, `requests` or `limits`: containers and sidecars, or the
/// largest moment of its start. Amounts of the whole pod take the place of the sums.
pub(crate) fn of_pod(pod: &Object, field: &str) -> Amounts {
    let spec = pod.get("spec");
    let list = |container: &Value| Amounts::read(container.get("resources").get(field));
    let mut total = Amounts::default();
    spec.get("containers").items().iter().for_each(|it| total.add(&list(it)));
    let (mut sidecars, mut start) = (Amounts::default(), Amounts::default());
    for container in spec.get("initContainers").items() {
        let mut needed = list(container);
        if container.get("restartPolicy").str() == "Always" {
            total.add(&needed);
            sidecars.add(&needed);
            needed = Amounts::default();
        }
        needed.add(&sidecars);
        start.raise(&needed);
    }
    total.raise(&start);
    for (name, amount) in Amounts::read(spec.get("resources").get(field)).0 {
        total.put(name, amount);
    }
    total
}

/// The same with the pod's overhead, which counts as limit only where there is one.
pub(crate) fn with_overhead(pod: &Object, field: &str) -> Amounts {
    let mut total = of_pod(pod, field);
    let overhead = Amounts::read(pod.at("spec.overhead"));
    let limited = overhead.only(|name, _| field == "requests" || total.get(name).is_some_and(|it| !it.is_zero()));
    total.add(&limited);
    total
}
