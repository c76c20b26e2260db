//! What ties pods to nodes and keeps them away: node selectors, node affinity, taints and tolerations.
//!
//! Upstream: `k8s.io/component-helpers/scheduling/corev1` (`nodeaffinity`, `helpers.go`).
//! Left out: the toleration operators `Lt` and `Gt`, which are off by default.

use crate::model::selector::{Operator, Requirement};
use crate::model::{Order, Selector, Text, Value};

/// An entry of `spec.taints`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Taint {
    /// Its key.
    pub(crate) key: Text,
    /// Its value; may be empty.
    pub(crate) value: Text,
    /// What it does to pods that do not tolerate it.
    pub(crate) effect: Text,
}

/// An entry of a pod's `spec.tolerations`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Toleration {
    key: Text,
    value: Text,
    effect: Text,
    exists: bool,
}

/// `spec.nodeSelector` and `spec.affinity.nodeAffinity`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Affinity {
    selector: Selector,
    required: Option<Vec<Term>>,
    /// Weights and what earns them.
    pub(crate) preferred: Vec<(i64, Term)>,
}

/// A `v1.NodeSelectorTerm`: all of it must hold.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Term {
    labels: Vec<Requirement>,
    names: Vec<Requirement>,
    readable: bool,
}

impl Taint {
    /// Reads one.
    pub(crate) fn read(taint: &Value) -> Self {
        Self { key: taint.get("key").text(), value: taint.get("value").text(), effect: taint.get("effect").text() }
    }

    /// True if one of the tolerations bears it.
    pub(crate) fn is_tolerated(&self, tolerations: &[Toleration]) -> bool {
        tolerations.iter().any(|it| it.bears(self))
    }
}

impl Toleration {
    /// Reads one.
    pub(crate) fn read(toleration: &Value) -> Self {
        Self {
            key: toleration.get("key").text(),
            value: toleration.get("value").text(),
            effect: toleration.get("effect").text(),
            exists: toleration.get("operator").str() == "Exists",
        }
    }

    /// True if it bears `taint`: an empty key or effect stands for all.
    pub(crate) fn bears(&self, taint: &Taint) -> bool {
        (self.effect.is_empty() || self.effect == taint.effect)
            && (self.key.is_empty() || self.key == taint.key)
            && (self.exists || self.value == taint.value)
    }

    /// True if it has something to say about taints that only discourage.
    pub(crate) fn is_about_preference(&self) -> bool {
        self.effect.is_empty() || self.effect == "PreferNoSchedule"
    }
}

impl Affinity {
    /// Reads a pod's `spec`.
    pub(crate) fn read(spec: &Value) -> Self {
        let node = spec.at("affinity.nodeAffinity");
        let required = node.at("requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms");
        let preferred = node.get("preferredDuringSchedulingIgnoredDuringExecution").items().iter();
        Self {
            selector: Selector::from_labels(spec.get("nodeSelector")),
            required: required.as_list().map(|terms| terms.iter().map(Term::read).collect()),
            preferred: preferred.map(|it| (it.get("weight").int_or(0), Term::read(it.get("preference")))).collect(),
        }
    }

    /// True if a node with this name and these labels will do.
    pub(crate) fn admits(&self, name: &str, labels: &Value) -> bool {
        let required = || self.required.as_ref().is_none_or(|terms| terms.iter().any(|it| it.holds(name, labels)));
        self.selector.matches(labels) && required()
    }

    /// True without anything that a node must have.
    pub(crate) fn asks_nothing(&self) -> bool {
        self.selector.is_everything() && self.required.is_none()
    }

    /// The only nodes that can do, if every term names its nodes.
    pub(crate) fn named_nodes(&self) -> Option<Vec<Text>> {
        let terms = self.required.as_ref().filter(|terms| !terms.is_empty())?;
        let mut names = Vec::new();
        for term in terms {
            names.extend(term.named_nodes()?);
        }
        names.order();
        names.dedup();
        Some(names)
    }
}

impl Term {
    fn read(term: &Value) -> Self {
        let read = |field: &str| -> Option<Vec<_>> { term.get(field).items().iter().map(requirement).collect() };
        let (labels, names) = (read("matchExpressions"), read("matchFields"));
        let readable = labels.is_some() && names.is_some();
        Self { labels: labels.unwrap_or_default(), names: names.unwrap_or_default(), readable }
    }

    /// True if everything in it holds; an empty term holds for no node.
    pub(crate) fn holds(&self, name: &str, labels: &Value) -> bool {
        let empty = self.labels.is_empty() && self.names.is_empty();
        !empty && self.readable && self.labels.iter().all(|it| it.matches(labels)) && self.is_named(name)
    }

    fn is_named(&self, name: &str) -> bool {
        self.names.iter().all(|it| {
            let listed = it.values.iter().any(|value| value == name);
            if it.operator == Operator::NotIn { !listed } else { listed }
        })
    }

    /// The names that all its field requirements leave; `None` if no requirement lists names.
    fn named_nodes(&self) -> Option<Vec<Text>> {
        let mut lists = self.names.iter().filter(|it| it.operator == Operator::In && it.key == "metadata.name");
        let mut names = lists.next()?.values.clone();
        lists.for_each(|it| names.retain(|name| it.values.contains(name)));
        Some(names)
    }
}

fn requirement(value: &Value) -> Option<Requirement> {
    let operator = Operator::of_node_selector(value.get("operator").str())?;
    let values = value.get("values").items().iter().map(Value::text).collect();
    Some(Requirement { key: value.get("key").text(), operator, values })
}
