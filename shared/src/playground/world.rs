//! The cluster as the page sees it: everything at the playhead, and the trace up to the live end.
//!
//! Every panel of the page is a pure function of a [`World`].

use crate::model::{Key, Object, ResourceName, Text};
use crate::playground::protocol::{Branch, Clock, Delta, LoopState, NodeState};
use crate::trace::{Action, ActionId, Cause, Reconcile, ReconcileId, Record, Revision};
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
        if delta.reset {
            *self = Self::default();
        }
        self.clock = delta.clock;
        for (key, object) in delta.objects {
            self.put(key, object);
        }
        self.actions.extend(delta.actions);
        self.records.extend(delta.records);
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
            Cause::Reconcile(ReconcileId(id)) => self.reconciles.get(id as usize),
            Cause::Bootstrap | Cause::Action(_) => None,
        }
    }

    /// One action.
    pub fn action(&self, id: ActionId) -> Option<&Action> {
        self.actions.get(id.0 as usize)
    }

    fn put(&mut self, key: Key, object: Option<Object>) {
        if let Some(old) = self.objects.get(&key).and_then(Object::controller) {
            self.disown(&old.uid, &key);
        }
        match object {
            Some(object) => {
                if let Some(owner) = object.controller() {
                    self.owned.entry(owner.uid).or_default().insert(key.clone());
                }
                self.objects.insert(key, object);
            }
            None => drop(self.objects.remove(&key)),
        }
    }

    fn disown(&mut self, owner: &Text, key: &Key) {
        if let Some(keys) = self.owned.get_mut(owner) {
            keys.remove(key);
            if keys.is_empty() {
                self.owned.remove(owner);
            }
        }
    }

    fn put_reconcile(&mut self, id: ReconcileId, reconcile: Reconcile) {
        let index = id.0 as usize;
        if index < self.reconciles.len() {
            self.reconciles[index] = reconcile;
        } else {
            self.reconciles.push(reconcile);
        }
    }
}
