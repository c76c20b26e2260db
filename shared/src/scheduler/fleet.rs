//! All nodes and the pods on them, kept up to date change by change.
//!
//! Upstream: `pkg/scheduler/backend/cache` (`cache.go`, `node_tree.go`, `snapshot.go`). Differs: decisions read it directly,
//! there is no snapshot, because nothing changes during a cycle.

use crate::model::{Key, Object, Text};
use crate::scheduler::groups::{GroupId, Groups};
use crate::scheduler::node::{Node, NodeFacts};
use crate::scheduler::pod::PodFacts;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Names a node's place while the node or pods on it are known.
pub(crate) type Slot = usize;

const REGION: &str = "topology.kubernetes.io/region";

/// Nodes by slot and name, and where each pod is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fleet {
    slots: Vec<Node>,
    by_name: BTreeMap<Text, Slot>,
    free: Vec<Slot>,
    order: Vec<Slot>,
    added: u64,
    placed: BTreeMap<Key, Placement>,
    /// Pods that look the same to selectors.
    pub(crate) groups: Groups,
    images: BTreeMap<Text, i64>,
    nominated: BTreeMap<Key, (Text, Arc<PodFacts>)>,
}

/// Where a pod is.
#[derive(Clone, Debug)]
struct Placement {
    slot: Slot,
    group: GroupId,
    certainty: Certainty,
}

/// How we know where a pod is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Certainty {
    /// We decided it; the binding was not seen yet.
    Assumed,
    /// Its `spec.nodeName` says so.
    Bound,
}

impl Fleet {
    /// The nodes in the order in which they are tried: zones take turns, each with its oldest node first.
    pub(crate) fn order(&self) -> &[Slot] {
        &self.order
    }

    /// The node in a slot.
    pub(crate) fn node(&self, slot: Slot) -> &Node {
        &self.slots[slot]
    }

    /// The slot of a node whose object is known.
    pub(crate) fn find(&self, name: &str) -> Option<Slot> {
        self.by_name.get(name).copied().filter(|slot| self.slots[*slot].facts.is_some())
    }

    /// On how many nodes an image is.
    pub(crate) fn nodes_with_image(&self, image: &str) -> i64 {
        self.images.get(image).copied().unwrap_or(0)
    }

    /// Takes in a node's newest facts, and gives back those it had.
    pub(crate) fn put_node(&mut self, facts: Arc<NodeFacts>) -> Option<Arc<NodeFacts>> {
        let slot = self.slot(&facts.name);
        self.count_images(&facts, 1);
        let before = self.slots[slot].facts.replace(facts);
        if let Some(before) = &before {
            self.count_images(before, -1);
        } else {
            self.added += 1;
            self.slots[slot].added = self.added;
        }
        if before.as_ref().is_none_or(|it| zone(it) != zone(self.slots[slot].facts())) {
            self.reorder();
        }
        before
    }

    /// Forgets a node; the pods on it stay known until they are seen to go.
    pub(crate) fn remove_node(&mut self, name: &str) -> Option<Arc<NodeFacts>> {
        let slot = self.find(name)?;
        let before = self.slots[slot].facts.take()?;
        self.count_images(&before, -1);
        self.reorder();
        self.free_if_empty(slot);
        Some(before)
    }

    /// Counts `pod` as placed on the node `name`, and nowhere else.
    pub(crate) fn place(&mut self, pod: &Arc<PodFacts>, name: &str, certainty: Certainty) {
        self.displace(&pod.key);
        let slot = self.slot(name);
        let group = self.groups.join(&pod.key.namespace, pod.labels());
        self.placed.insert(pod.key.clone(), Placement { slot, group, certainty });
        self.slots[slot].add(pod, group);
        self.nominated.remove(&pod.key);
    }

    /// No longer counts the pod as placed anywhere, and gives it back.
    pub(crate) fn displace(&mut self, key: &Key) -> Option<Arc<PodFacts>> {
        let placement = self.placed.remove(key)?;
        let node = &mut self.slots[placement.slot];
        let pod = node.pods.get(key)?.clone();
        node.remove(&pod, placement.group);
        self.groups.leave(placement.group);
        self.free_if_empty(placement.slot);
        Some(pod)
    }

    /// Whether and how a pod is placed.
    pub(crate) fn certainty(&self, key: &Key) -> Option<Certainty> {
        self.placed.get(key).map(|it| it.certainty)
    }

    /// The placed pod and the name of its node.
    pub(crate) fn placed(&self, key: &Key) -> Option<&Arc<PodFacts>> {
        self.slots[self.placed.get(key)?.slot].pods.get(key)
    }

    /// Takes in a placed pod's newest revision, which is the same for scheduling as the one before.
    pub(crate) fn renew(&mut self, key: &Key, object: &Object) {
        let Some(placement) = self.placed.get(key) else { return };
        if let Some(pod) = self.slots[placement.slot].pods.get_mut(key) {
            Arc::make_mut(pod).object = object.clone();
        }
    }

    /// Keeps room on a node for a pod that waits for others to go there; an empty name keeps none.
    pub(crate) fn nominate(&mut self, pod: Arc<PodFacts>, node: Text) {
        match node.as_str() {
            "" => self.nominated.remove(&pod.key),
            _ => self.nominated.insert(pod.key.clone(), (node, pod)),
        };
    }

    /// Keeps no room for a pod any longer, nor on the same node for less important ones than `pod`.
    pub(crate) fn outrank(&mut self, pod: &PodFacts, node: &str) {
        self.nominated.retain(|_, (at, other)| at != node || other.priority >= pod.priority);
    }

    /// Forgets a nomination.
    pub(crate) fn forget_nomination(&mut self, key: &Key) {
        self.nominated.remove(key);
    }

    /// The node that a pod waits for.
    pub(crate) fn nomination(&self, key: &Key) -> Option<&Text> {
        self.nominated.get(key).map(|(node, _)| node)
    }

    /// The other pods, at least as important as `pod`, for which room is kept on a node.
    pub(crate) fn nominated<'a>(&'a self, slot: Slot, pod: &'a PodFacts) -> impl Iterator<Item = &'a Arc<PodFacts>> {
        let name = self.slots[slot].name();
        let here = self.nominated.values().filter(move |(node, _)| node == name).map(|(_, other)| other);
        here.filter(|other| other.priority >= pod.priority && other.key != pod.key)
    }

    fn slot(&mut self, name: &str) -> Slot {
        if let Some(slot) = self.by_name.get(name) {
            return *slot;
        }
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Node::default());
            self.slots.len() - 1
        });
        self.by_name.insert(name.into(), slot);
        slot
    }

    fn free_if_empty(&mut self, slot: Slot) {
        if self.slots[slot].facts.is_none() && self.slots[slot].pods.is_empty() {
            self.by_name.retain(|_, it| *it != slot);
            self.slots[slot] = Node::default();
            self.free.push(slot);
        }
    }

    fn count_images(&mut self, facts: &NodeFacts, by: i64) {
        for name in facts.images.keys() {
            *self.images.entry(name.clone()).or_default() += by;
        }
        if by < 0 {
            self.images.retain(|_, count| *count > 0);
        }
    }

    fn reorder(&mut self) {
        let mut zones: Vec<(Zone<'_>, Vec<Slot>)> = Vec::new();
        let mut known: Vec<Slot> =
            self.by_name.values().copied().filter(|it| self.slots[*it].facts.is_some()).collect();
        known.sort_by_key(|slot| self.slots[*slot].added);
        for slot in known {
            let zone = zone(self.slots[slot].facts());
            match zones.iter_mut().find(|(it, _)| *it == zone) {
                Some((_, slots)) => slots.push(slot),
                None => zones.push((zone, vec![slot])),
            }
        }
        let longest = zones.iter().map(|(_, slots)| slots.len()).max().unwrap_or(0);
        let turns = (0..longest).flat_map(|turn| zones.iter().filter_map(move |(_, slots)| slots.get(turn).copied()));
        self.order = turns.collect();
    }
}

type Zone<'a> = (Option<&'a str>, Option<&'a str>);

fn zone(facts: &NodeFacts) -> Zone<'_> {
    (facts.label(REGION), facts.zone.as_deref())
}
