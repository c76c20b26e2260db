//! What one watcher has seen so far: the informer cache of a controller manager, scheduler or kubelet.

use crate::model::key::resources::PODS;
use crate::model::{Key, Object, ResourceName, Text};
use crate::store::{Change, Table};
use crate::trace::Revision;
use std::collections::{BTreeMap, BTreeSet};

/// Objects as of the last delivered change, indexed by their controlling owner's uid and, for pods, by node.
#[derive(Clone, Debug, Default)]
pub struct Cache {
    revision: Revision,
    tables: BTreeMap<ResourceName, Table>,
    owned: BTreeMap<Text, BTreeSet<Key>>,
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
        self.owned.get(uid).into_iter().flatten().filter_map(|key| self.get(key))
    }

    /// The pods bound to a node.
    pub fn pods_on<'a>(&'a self, node: &str) -> impl Iterator<Item = &'a Object> + use<'a> {
        self.on_node.get(node).into_iter().flatten().filter_map(|key| self.get(key))
    }

    fn reindex(&mut self, key: &Key, before: Option<&Object>, after: Option<&Object>) {
        move_entry(&mut self.owned, key, before.and_then(controller_uid), after.and_then(controller_uid));
        if key.resource == PODS {
            move_entry(&mut self.on_node, key, before.and_then(node_name), after.and_then(node_name));
        }
    }
}

fn controller_uid(object: &Object) -> Option<Text> {
    object.controller().map(|owner| owner.uid)
}

fn node_name(pod: &Object) -> Option<Text> {
    pod.at("spec.nodeName").as_str().filter(|name| !name.is_empty()).map(Text::new)
}

fn move_entry(index: &mut BTreeMap<Text, BTreeSet<Key>>, key: &Key, from: Option<Text>, to: Option<Text>) {
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
