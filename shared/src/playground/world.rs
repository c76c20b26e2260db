//! The cluster as the page sees it: everything at the playhead, and the trace up to the live end.
//!
//! Every panel of the page is a pure function of a [`World`].

use crate::model::key::resources::{EVENTS, PODS};
use crate::model::{Key, Object, ResourceName, Text};
use crate::playground::protocol::{Branch, Clock, Delta, LoopState, NodeState};
use crate::trace::{Action, ActionId, Cause, Oldest, Reconcile, ReconcileId, Record, Revision};
use std::collections::{BTreeMap, BTreeSet};

/// What the page knows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct World {
    /// Clock and place.
    pub clock: Clock,
    /// Objects at the playhead.
    pub objects: BTreeMap<Key, Object>,
    /// The keys of the objects that are controlled by the object with a uid.
    pub owned: BTreeMap<Text, BTreeSet<Key>>,
    /// The keys of the pods on a node; those without a node are at the empty name.
    pub placed: BTreeMap<Text, BTreeSet<Key>>,
    /// The keys of the events about objects of a name.
    pub about: BTreeMap<Text, BTreeSet<Key>>,
    /// How many events there are.
    pub events: usize,
    /// Where in `records` the writes of an object are, oldest first.
    pub written: BTreeMap<Key, Vec<usize>>,
    /// The ids of the first of `actions` and of `reconciles`.
    pub oldest: Oldest,
    /// Actions, oldest first, up to the live end.
    pub actions: Vec<Action>,
    /// Reconciles, oldest first, up to the live end.
    pub reconciles: Vec<Reconcile>,
    /// Records, oldest first, up to the live end.
    pub records: Vec<Record>,
    /// The control loops, as they are at the live end.
    pub loops: Vec<LoopState>,
    /// What the nodes are busy with at the live end.
    pub nodes: Vec<NodeState>,
    /// All branches.
    pub branches: Vec<Branch>,
}

impl World {
    /// Takes in what changed.
    pub fn apply(&mut self, delta: Delta) {
        if let Some(oldest) = delta.reset {
            *self = Self { oldest, ..Self::default() };
        }
        self.clock = delta.clock;
        for (key, object) in delta.objects {
            self.put(key, object);
        }
        self.actions.extend(delta.actions);
        for record in delta.records {
            self.written.entry(record.key.clone()).or_default().push(self.records.len());
            self.records.push(record);
        }
        for (id, reconcile) in delta.reconciles {
            self.put_reconcile(id, reconcile);
        }
        self.loops = delta.loops.unwrap_or_else(|| std::mem::take(&mut self.loops));
        self.nodes = delta.nodes.unwrap_or_else(|| std::mem::take(&mut self.nodes));
        self.branches = delta.branches.unwrap_or_else(|| std::mem::take(&mut self.branches));
    }

    /// The object at `key`.
    pub fn get(&self, key: &Key) -> Option<&Object> {
        self.objects.get(key)
    }

    /// The objects of a resource, by namespace and name.
    pub fn list<'a>(&'a self, resource: &ResourceName) -> impl Iterator<Item = (&'a Key, &'a Object)> + use<'a> {
        let resource = resource.clone();
        let from = Key::new(resource.clone(), "", "");
        self.objects.range(from..).take_while(move |(key, _)| key.resource == resource)
    }

    /// The keys of what `owner` controls.
    pub fn owned_by(&self, owner: &Object) -> impl Iterator<Item = &Key> {
        self.owned.get(&owner.uid()).into_iter().flatten()
    }

    /// The keys of the pods on the node `name`; of those without a node for an empty name.
    pub fn pods_on(&self, name: &str) -> impl Iterator<Item = &Key> + use<'_> {
        self.placed.get(name).into_iter().flatten()
    }

    /// The events about objects of a name, whatever their kind and namespace.
    pub fn events_about<'a>(&'a self, name: &str) -> impl Iterator<Item = (&'a Key, &'a Object)> + use<'a> {
        self.about.get(name).into_iter().flatten().filter_map(|key| self.objects.get_key_value(key))
    }

    /// The writes of the object at `key` up to the playhead, newest first.
    pub fn writes_of(&self, key: &Key) -> impl Iterator<Item = &Record> + use<'_> {
        let places = self.written.get(key).map_or(&[][..], Vec::as_slice);
        let records = places.iter().rev().map(|place| &self.records[*place]);
        records.skip_while(|record| record.revision > self.clock.revision)
    }

    /// The records up to the playhead.
    pub fn records_so_far(&self) -> &[Record] {
        let end = self.records.partition_point(|record| record.revision <= self.clock.revision);
        &self.records[..end]
    }

    /// The record of one revision.
    pub fn record(&self, revision: Revision) -> Option<&Record> {
        self.records.binary_search_by_key(&revision, |it| it.revision).ok().map(|index| &self.records[index])
    }

    /// The reconcile that made a write, if one did.
    pub fn reconcile_of(&self, record: &Record) -> Option<&Reconcile> {
        match record.cause {
            Cause::Reconcile(id) => self.reconcile(id),
            Cause::Bootstrap | Cause::Action(_) => None,
        }
    }

    /// One action.
    pub fn action(&self, id: ActionId) -> Option<&Action> {
        self.actions.get(id.0.checked_sub(self.oldest.action.0)? as usize)
    }

    /// One reconcile.
    pub fn reconcile(&self, id: ReconcileId) -> Option<&Reconcile> {
        self.reconciles.get(id.0.checked_sub(self.oldest.reconcile.0)? as usize)
    }

    /// The actions with their ids.
    pub fn numbered_actions(&self) -> impl Iterator<Item = (ActionId, &Action)> {
        (self.oldest.action.0..).map(ActionId).zip(&self.actions)
    }

    /// The reconciles with their ids.
    pub fn numbered_reconciles(&self) -> impl Iterator<Item = (ReconcileId, &Reconcile)> {
        (self.oldest.reconcile.0..).map(ReconcileId).zip(&self.reconciles)
    }

    fn put(&mut self, key: Key, object: Option<Object>) {
        if let Some(old) = self.objects.get(&key) {
            let (owner, node) = (old.controller(), old.at("spec.nodeName").text());
            if let Some(owner) = owner {
                forget(&mut self.owned, &owner.uid, &key);
            }
            forget(&mut self.placed, &node, &key);
            if key.resource == EVENTS {
                let name = old.at("involvedObject.name").text();
                forget(&mut self.about, &name, &key);
                self.events -= 1;
            }
        }
        match object {
            Some(object) => {
                if key.resource == EVENTS {
                    let name = object.at("involvedObject.name").text();
                    self.about.entry(name).or_default().insert(key.clone());
                    self.events += 1;
                }
                if key.resource == PODS {
                    let node = object.at("spec.nodeName").text();
                    self.placed.entry(node).or_default().insert(key.clone());
                }
                if let Some(owner) = object.controller() {
                    self.owned.entry(owner.uid).or_default().insert(key.clone());
                }
                self.objects.insert(key, object);
            }
            None => drop(self.objects.remove(&key)),
        }
    }

    fn put_reconcile(&mut self, id: ReconcileId, reconcile: Reconcile) {
        let Some(index) = id.0.checked_sub(self.oldest.reconcile.0) else { return };
        match self.reconciles.get_mut(index as usize) {
            Some(known) => *known = reconcile,
            None => self.reconciles.push(reconcile),
        }
    }
}

fn forget(index: &mut BTreeMap<Text, BTreeSet<Key>>, name: &Text, key: &Key) {
    if let Some(keys) = index.get_mut(name) {
        keys.remove(key);
        if keys.is_empty() {
            index.remove(name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::{Actor, Effect};

    fn pod(node: &str) -> (Key, Option<Object>) {
        let mut pod = Object::new("v1", "Pod", "default", "web");
        pod.set("spec.nodeName", node);
        (Key::new(PODS, "default", "web"), Some(pod))
    }

    fn record(revision: u64) -> Record {
        Record {
            revision: Revision(revision),
            time: crate::model::Time::VIRTUAL_START,
            actor: Actor::User,
            cause: Cause::Bootstrap,
            key: Key::new(PODS, "default", "web"),
            effect: Effect::Updated,
            reason: Text::default(),
            follows: Vec::new(),
        }
    }

    #[test]
    fn a_pod_is_found_on_its_node_only() {
        let mut world = World::default();
        world.apply(Delta { objects: vec![pod("")], ..Delta::default() });
        assert_eq!(world.pods_on("").count(), 1);
        world.apply(Delta { objects: vec![pod("node-1")], ..Delta::default() });
        assert_eq!((world.pods_on("").count(), world.pods_on("node-1").count()), (0, 1));
        world.apply(Delta { objects: vec![(pod("").0, None)], ..Delta::default() });
        assert_eq!(world.placed.len(), 0);
    }

    #[test]
    fn writes_after_the_playhead_are_left_out() {
        let mut world = World::default();
        let clock = Clock { revision: Revision(2), ..Clock::default() };
        world.apply(Delta { clock, records: vec![record(1), record(2), record(3)], ..Delta::default() });
        let key = Key::new(PODS, "default", "web");
        assert_eq!(world.writes_of(&key).map(|it| it.revision.0).collect::<Vec<_>>(), [2, 1]);
    }
}
