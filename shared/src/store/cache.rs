//! What one watcher has seen so far: the informer cache of a controller manager, scheduler or kubelet.
//!
//! Its indexes keep a reconcile's work in proportion to the objects it is about, never to the cluster.

use crate::model::key::resources::PODS;
use crate::model::{Key, Object, ResourceName, Text};
use crate::store::family::Family;
use crate::store::{Change, Look, Member, Store, Table};
use crate::trace::Revision;
use std::collections::{BTreeMap, BTreeSet};

/// The resources whose objects a controller may adopt: those without a controller are indexed by namespace.
const ADOPTABLE: [&str; 4] = ["pods", "replicasets.apps", "controllerrevisions.apps", "jobs.batch"];

/// Objects as of the last delivered change, indexed by their owners' uids and, for pods, by node.
#[derive(Clone, Debug, Default)]
pub struct Cache {
    revision: Revision,
    tables: BTreeMap<ResourceName, Table>,
    owned: BTreeMap<Text, Family>,
    dependents: BTreeMap<Text, BTreeSet<Key>>,
    orphans: BTreeMap<(ResourceName, Text), BTreeMap<Key, Member>>,
    on_node: BTreeMap<Text, BTreeSet<Key>>,
}

impl Cache {
    /// The newest revision that was delivered.
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// Takes in one change of the log.
    pub fn apply(&mut self, change: &Change) {
        self.revision = change.revision;
        self.reindex(&change.key, change.before.as_ref(), change.after.as_ref());
        let table = self.tables.entry(change.key.resource.clone()).or_default();
        let place = (change.key.namespace.clone(), change.key.name.clone());
        match &change.after {
            Some(object) => table.insert(place, object.clone()),
            None => table.remove(&place),
        };
    }

    /// Takes in what a first list answers: every object of `store`, as of its newest revision.
    pub fn fill(&mut self, store: &Store) {
        store.listed().for_each(|change| self.apply(&change));
        self.revision = store.revision();
    }

    /// The object at `key`.
    pub fn get(&self, key: &Key) -> Option<&Object> {
        self.tables.get(&key.resource)?.get(&(key.namespace.clone(), key.name.clone()))
    }

    /// The objects of a resource, in the order of namespace and name.
    pub fn list<'a>(&'a self, resource: &ResourceName) -> impl Iterator<Item = &'a Object> + use<'a> {
        self.tables.get(resource).into_iter().flat_map(BTreeMap::values)
    }

    /// The objects of a resource in one namespace, in the order of their names.
    pub fn list_in<'a>(
        &'a self,
        resource: &ResourceName,
        namespace: &'a str,
    ) -> impl Iterator<Item = &'a Object> + use<'a> {
        let start = (Text::new(namespace), Text::default());
        let from = self.tables.get(resource).into_iter().flat_map(move |table| table.range(start.clone()..));
        from.take_while(move |((ns, _), _)| ns == namespace).map(|(_, object)| object)
    }

    /// The objects whose controlling owner has this uid.
    pub fn owned_by<'a>(&'a self, uid: &str) -> impl Iterator<Item = &'a Object> + use<'a> {
        self.members(uid).map(|(_, member)| &member.object)
    }

    /// The keys of the objects whose controlling owner has this uid, of every resource and namespace.
    pub fn owned_keys<'a>(&'a self, uid: &str) -> impl Iterator<Item = &'a Key> + use<'a> {
        self.members(uid).map(|(key, _)| key)
    }

    /// The objects whose controlling owner has this uid, with what is asked of them most often, in the order of their keys.
    pub fn members<'a>(&'a self, uid: &str) -> impl Iterator<Item = (&'a Key, &'a Member)> + use<'a> {
        self.owned.get(uid).into_iter().flat_map(Family::members)
    }

    /// The objects whose controlling owner has this uid, counted by what they look like.
    pub fn looks<'a>(&'a self, uid: &str) -> impl Iterator<Item = &'a Look> + use<'a> {
        self.owned.get(uid).into_iter().flat_map(Family::looks)
    }

    /// The keys of the objects that name this uid among their owners, controlling or not.
    pub fn dependents_of<'a>(&'a self, uid: &str) -> impl Iterator<Item = &'a Key> + use<'a> {
        self.dependents.get(uid).into_iter().flatten()
    }

    /// The objects in a namespace that no controller manages, for resources that can be adopted.
    pub fn orphans_in<'a>(
        &'a self,
        resource: &ResourceName,
        namespace: &str,
    ) -> impl Iterator<Item = (&'a Key, &'a Member)> + use<'a> {
        self.orphans.get(&(resource.clone(), Text::new(namespace))).into_iter().flatten()
    }

    /// The resources of which something was ever seen.
    pub fn resources(&self) -> impl Iterator<Item = (&ResourceName, &Table)> {
        self.tables.iter()
    }

    /// The pods bound to a node.
    pub fn pods_on<'a>(&'a self, node: &str) -> impl Iterator<Item = &'a Object> + use<'a> {
        self.on_node.get(node).into_iter().flatten().filter_map(|key| self.get(key))
    }

    fn reindex(&mut self, key: &Key, before: Option<&Object>, after: Option<&Object>) {
        self.put_owned(key, before.and_then(controller_uid), after);
        let (from, to) = (owner_uids(before), owner_uids(after));
        for uid in from.difference(&to) {
            move_entry(&mut self.dependents, key, Some(uid.clone()), None);
        }
        for uid in to.difference(&from) {
            move_entry(&mut self.dependents, key, None, Some(uid.clone()));
        }
        if ADOPTABLE.contains(&key.resource.as_str()) {
            let before = before.and_then(|it| orphan_place(key, it));
            put_member(&mut self.orphans, key, before, after.map(|it| (orphan_place(key, it), it)));
        }
        if key.resource == PODS {
            move_entry(&mut self.on_node, key, before.and_then(node_name), after.and_then(node_name));
        }
    }
}

impl Cache {
    /// Moves an object from the owner that it had to the one that it has.
    fn put_owned(&mut self, key: &Key, from: Option<Text>, after: Option<&Object>) {
        let to = after.and_then(controller_uid);
        if let Some(from) = from.filter(|from| Some(from) != to.as_ref())
            && let Some(family) = self.owned.get_mut(&from)
        {
            family.remove(key);
            if family.is_empty() {
                self.owned.remove(&from);
            }
        }
        if let (Some(to), Some(object)) = (to, after) {
            self.owned.entry(to).or_default().put(key, Member::new(object));
        }
    }
}

fn owner_uids(object: Option<&Object>) -> BTreeSet<Text> {
    object.into_iter().flat_map(Object::owners).map(|owner| owner.uid).collect()
}

fn orphan_place(key: &Key, object: &Object) -> Option<(ResourceName, Text)> {
    object.controller().is_none().then(|| (key.resource.clone(), key.namespace.clone()))
}

fn controller_uid(object: &Object) -> Option<Text> {
    object.controller().map(|owner| owner.uid)
}

fn node_name(pod: &Object) -> Option<Text> {
    pod.at("spec.nodeName").as_str().filter(|name| !name.is_empty()).map(Text::new)
}

/// Takes `key` out of the place where it was and puts the object, as it is now, in the place where it belongs.
fn put_member<P: Ord + Clone>(
    index: &mut BTreeMap<P, BTreeMap<Key, Member>>,
    key: &Key,
    from: Option<P>,
    to: Option<(Option<P>, &Object)>,
) {
    let place = to.as_ref().and_then(|(place, _)| place.clone());
    if let Some(from) = from.filter(|from| Some(from) != place.as_ref())
        && let Some(members) = index.get_mut(&from)
    {
        members.remove(key);
        if members.is_empty() {
            index.remove(&from);
        }
    }
    if let (Some(place), Some((_, object))) = (place, to) {
        index.entry(place).or_default().insert(key.clone(), Member::new(object));
    }
}

fn move_entry<P: Ord>(index: &mut BTreeMap<P, BTreeSet<Key>>, key: &Key, from: Option<P>, to: Option<P>) {
    if from == to {
        return;
    }
    if let Some(place) = from
        && let Some(keys) = index.get_mut(&place)
    {
        keys.remove(key);
        if keys.is_empty() {
            index.remove(&place);
        }
    }
    if let Some(place) = to {
        index.entry(place).or_default().insert(key.clone());
    }
}
