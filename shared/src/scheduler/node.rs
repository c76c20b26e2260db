//! A node as the scheduler reads it, and what the pods on it use.
//!
//! Upstream: `pkg/scheduler/framework/types.go` (`NodeInfo`).

use crate::model::{Key, Object, Quantity, Text, Value};
use crate::scheduler::affinity::Taint;
use crate::scheduler::groups::GroupId;
use crate::scheduler::pod::{HostPort, PodFacts};
use crate::scheduler::resources::Resources;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The label that names a node's host.
pub(crate) const HOSTNAME: &str = "kubernetes.io/hostname";

/// The label that names a node's zone.
pub(crate) const ZONE: &str = "topology.kubernetes.io/zone";

/// What a Node object says.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct NodeFacts {
    /// `metadata.name`.
    pub(crate) name: Text,
    /// `metadata.labels`.
    pub(crate) labels: Value,
    /// The label `kubernetes.io/hostname`; read once because every cycle asks every node.
    pub(crate) hostname: Option<Text>,
    /// The label `topology.kubernetes.io/zone`; likewise.
    pub(crate) zone: Option<Text>,
    /// `spec.taints`.
    pub(crate) taints: Vec<Taint>,
    /// `spec.unschedulable`.
    pub(crate) unschedulable: bool,
    /// `status.allocatable`.
    pub(crate) allocatable: Resources,
    /// `status.allocatable.pods`.
    pub(crate) pods_max: i64,
    /// Sizes in bytes of the images that `status.images` lists, by each of their names.
    pub(crate) images: BTreeMap<Text, i64>,
}

/// A node and what is placed on it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Node {
    /// What its object says; `None` while only pods speak of it.
    pub(crate) facts: Option<Arc<NodeFacts>>,
    /// When it was added, as a count.
    pub(crate) added: u64,
    /// The pods on it, placed or assumed.
    pub(crate) pods: BTreeMap<Key, Arc<PodFacts>>,
    /// The sum of the pods' requests.
    pub(crate) requested: Resources,
    /// The sum of what the pods count as when nodes are scored.
    pub(crate) scored: Resources,
    /// The host ports in use.
    pub(crate) ports: Vec<HostPort>,
    /// How many pods that are not being deleted it has of each group.
    pub(crate) groups: Vec<(GroupId, i64)>,
}

static NO_NODE: NodeFacts = NodeFacts {
    name: Text::new_static(""),
    labels: Value::Null,
    hostname: None,
    zone: None,
    taints: Vec::new(),
    unschedulable: false,
    allocatable: Resources { milli_cpu: 0, memory: 0, storage: 0, others: Vec::new() },
    pods_max: 0,
    images: BTreeMap::new(),
};

impl NodeFacts {
    /// Reads a node.
    pub(crate) fn read(node: &Object) -> Self {
        let allocatable = node.at("status.allocatable");
        Self {
            hostname: node.label(HOSTNAME).map(Text::new),
            zone: node.label(ZONE).map(Text::new),
            name: node.name(),
            labels: node.metadata().get("labels").clone(),
            taints: node.at("spec.taints").items().iter().map(Taint::read).collect(),
            unschedulable: node.at("spec.unschedulable").is_true(),
            allocatable: Resources::read(allocatable),
            pods_max: Quantity::read(allocatable.get("pods")).value(),
            images: node.at("status.images").items().iter().flat_map(image_sizes).collect(),
        }
    }

    /// The value of a label; `None` without it.
    pub(crate) fn label(&self, key: &str) -> Option<&str> {
        self.labels.get(key).as_str()
    }
}

fn image_sizes(image: &Value) -> impl Iterator<Item = (Text, i64)> {
    let size = image.get("sizeBytes").int_or(0);
    image.get("names").items().iter().map(move |name| (name.text(), size))
}

impl Node {
    /// What its object says; nothing for a node whose object was never seen.
    pub(crate) fn facts(&self) -> &NodeFacts {
        self.facts.as_deref().unwrap_or(&NO_NODE)
    }

    /// Its name.
    pub(crate) fn name(&self) -> &Text {
        &self.facts().name
    }

    /// How many pods of the groups that `matching` marks it has.
    pub(crate) fn count(&self, matching: &[bool]) -> i64 {
        let marked = self.groups.iter().filter(|(group, _)| matching.get(*group) == Some(&true));
        marked.map(|(_, count)| count).sum()
    }

    /// Counts `pod`, which belongs to `group`, as placed here.
    pub(crate) fn add(&mut self, pod: &Arc<PodFacts>, group: GroupId) {
        self.admit(pod);
        if !pod.object.is_terminating() {
            match self.groups.iter_mut().find(|(it, _)| *it == group) {
                Some((_, count)) => *count += 1,
                None => self.groups.push((group, 1)),
            }
        }
    }

    /// Takes `pod` in for all that filters look at.
    pub(crate) fn admit(&mut self, pod: &Arc<PodFacts>) {
        self.requested.add(&pod.requests);
        self.scored.add(&pod.scored);
        self.ports.extend(pod.ports.iter().cloned());
        self.pods.insert(pod.key.clone(), pod.clone());
    }

    /// No longer counts `pod` as placed here.
    pub(crate) fn remove(&mut self, pod: &PodFacts, group: GroupId) {
        self.expel(pod);
        if !pod.object.is_terminating() {
            self.groups.iter_mut().filter(|(it, _)| *it == group).for_each(|(_, count)| *count -= 1);
            self.groups.retain(|(_, count)| *count > 0);
        }
    }

    /// Undoes [`Node::admit`].
    pub(crate) fn expel(&mut self, pod: &PodFacts) {
        if self.pods.remove(&pod.key).is_none() {
            return;
        }
        self.requested.sub(&pod.requests);
        self.scored.sub(&pod.scored);
        for port in &pod.ports {
            if let Some(index) = self.ports.iter().position(|it| it == port) {
                self.ports.swap_remove(index);
            }
        }
    }
}
