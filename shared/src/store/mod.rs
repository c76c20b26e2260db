//! Every object at its newest revision, and the log of how it came to that.
//!
//! Like etcd under Kubernetes: one counter for all writes, watches read the log from a revision on, compaction forgets the
//! oldest part. Objects share their unchanged parts with their earlier revisions, so keeping history is cheap, and any kept
//! revision can be looked at by undoing the log.
//!
//! Knows nothing of kinds, validation or who writes.

mod cache;
mod family;
mod member;
mod restore;
mod retention;
mod sharing;

pub use cache::Cache;
pub use family::{Look, Tally};
pub use member::{Facts, Member};
pub use restore::{Kept, RestoreError};
pub use retention::{Compaction, Retention};

use crate::model::{Key, Object, ResourceName, Text, Value};
use crate::trace::Revision;
use sharing::Sharing;
use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;

/// Objects of one resource by namespace and name.
pub type Table = BTreeMap<(Text, Text), Object>;

/// One committed write.
#[derive(Clone, Debug)]
pub struct Change {
    /// Its number.
    pub revision: Revision,
    /// What was written.
    pub key: Key,
    /// The object before; `None` for a creation.
    pub before: Option<Object>,
    /// The object after; `None` for a deletion.
    pub after: Option<Object>,
}

/// The revision asked for is no longer kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("revision {asked} is compacted, the oldest kept is {oldest}")]
pub struct Compacted {
    /// What was asked for.
    pub asked: Revision,
    /// The oldest revision that can still be read.
    pub oldest: Revision,
}

/// The store. Cloning it costs time and memory in the number of objects and kept revisions, not in their size.
#[derive(Clone, Debug, Default)]
pub struct Store {
    revision: Revision,
    tables: BTreeMap<ResourceName, Table>,
    log: VecDeque<Change>,
    sharing: Sharing,
}

impl Store {
    /// The newest revision; 0 when nothing was ever written.
    pub fn revision(&self) -> Revision {
        self.revision
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
        let table = self.tables.get(resource).into_iter();
        let from = table.flat_map(move |table| table.range(start.clone()..));
        from.take_while(move |((ns, _), _)| ns == namespace).map(|(_, object)| object)
    }

    /// The same after a place, for a list that goes on; everywhere for an empty namespace.
    pub fn list_after<'a>(
        &'a self,
        resource: &ResourceName,
        namespace: &'a str,
        after: (Text, Text),
    ) -> impl Iterator<Item = &'a Object> + use<'a> {
        let begin = (Text::new(namespace), Text::default());
        let start = if after > begin { Bound::Excluded(after) } else { Bound::Included(begin) };
        let table = self.tables.get(resource).into_iter();
        let from = table.flat_map(move |table| table.range((start.clone(), Bound::Unbounded)));
        from.take_while(move |((ns, _), _)| namespace.is_empty() || ns == namespace).map(|(_, object)| object)
    }

    /// Every resource that has, or once had, an object.
    pub fn resources(&self) -> impl Iterator<Item = (&ResourceName, &Table)> {
        self.tables.iter()
    }

    /// Every object as if it were new, as a first list tells it to a watcher: at its own revision, with nothing before.
    pub fn listed(&self) -> impl Iterator<Item = Change> {
        let all = self.tables.iter().flat_map(|(resource, table)| table.iter().map(move |entry| (resource, entry)));
        all.map(|(resource, ((namespace, name), object))| Change {
            revision: Revision(object.resource_version()),
            key: Key::new(resource.clone(), namespace.clone(), name.clone()),
            before: None,
            after: Some(object.clone()),
        })
    }

    /// Writes `object` (or its absence) at `key` as the next revision, stamping `metadata.resourceVersion`.
    pub fn commit(&mut self, key: Key, object: Option<Object>) -> &Change {
        self.revision = Revision(self.revision.0 + 1);
        let after = object.map(|object| self.settled(&key, stamped(object, self.revision)));
        let before = self.replace(&key, after.clone());
        self.log.push_back(Change { revision: self.revision, key, before, after });
        &self.log[self.log.len() - 1]
    }

    /// The changes after `revision`, oldest first.
    ///
    /// # Errors
    /// The log no longer reaches back to it.
    pub fn since(&self, revision: Revision) -> Result<impl Iterator<Item = &Change>, Compacted> {
        let oldest = self.oldest();
        if revision < oldest {
            return Err(Compacted { asked: revision, oldest });
        }
        let skip = usize::try_from(revision.0 - oldest.0).unwrap_or(usize::MAX);
        Ok(self.log.iter().skip(skip))
    }

    /// The change that made `revision`.
    pub fn change(&self, revision: Revision) -> Option<&Change> {
        let index = revision.0.checked_sub(self.oldest().0 + 1)?;
        self.log.get(usize::try_from(index).ok()?)
    }

    /// The store as it was at `revision`.
    ///
    /// # Errors
    /// The log no longer reaches back to it.
    pub fn at(&self, revision: Revision) -> Result<Store, Compacted> {
        let undo = self.since(revision)?.count();
        let mut past = self.clone();
        for _ in 0..undo {
            if let Some(change) = past.log.pop_back() {
                past.replace(&change.key, change.before);
            }
        }
        past.revision = revision.min(self.revision);
        Ok(past)
    }

    /// Forgets how the objects came to be up to and including `revision`.
    pub fn compact(&mut self, revision: Revision) {
        while self.log.front().is_some_and(|change| change.revision <= revision) {
            self.log.pop_front();
        }
    }

    /// The oldest revision that can be read: the one before the first kept change.
    pub fn oldest(&self) -> Revision {
        self.log.front().map_or(self.revision, |change| Revision(change.revision.0 - 1))
    }

    /// The object in whose place of equal parts are those that are stored already.
    fn settled(&mut self, key: &Key, mut object: Object) -> Object {
        let before = self.get(key).map_or(Value::Null, |it| it.0.clone());
        self.sharing.settle(&mut object.0, &before);
        object
    }

    fn replace(&mut self, key: &Key, object: Option<Object>) -> Option<Object> {
        if !self.tables.contains_key(&key.resource) {
            self.tables.insert(key.resource.clone(), Table::new());
        }
        let table = self.tables.get_mut(&key.resource)?;
        let place = (key.namespace.clone(), key.name.clone());
        match object {
            Some(object) => table.insert(place, object),
            None => table.remove(&place),
        }
    }
}

fn stamped(mut object: Object, revision: Revision) -> Object {
    object.set("metadata.resourceVersion", revision.to_string());
    object
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::key::resources::PODS;

    fn key(name: &str) -> Key {
        Key::new(PODS, "default", name)
    }

    fn pod(name: &str, phase: &str) -> Object {
        let mut pod = Object::new("v1", "Pod", "default", name);
        pod.set("status.phase", phase);
        pod
    }

    fn names(store: &Store) -> String {
        let pods = store.list_in(&PODS, "default");
        pods.map(|pod| format!("{}={}@{} ", pod.name(), pod.at("status.phase").str(), pod.resource_version())).collect()
    }

    #[test]
    fn any_kept_revision_can_be_read() {
        let mut store = Store::default();
        store.commit(key("a"), Some(pod("a", "Pending")));
        store.commit(key("b"), Some(pod("b", "Pending")));
        store.commit(key("a"), Some(pod("a", "Running")));
        store.commit(key("b"), None);
        assert_eq!(names(&store), "a=Running@3 ");
        assert_eq!(names(&store.at(Revision(3)).unwrap()), "a=Running@3 b=Pending@2 ");
        assert_eq!(names(&store.at(Revision(1)).unwrap()), "a=Pending@1 ");
        store.compact(Revision(2));
        assert_eq!(store.at(Revision(1)).unwrap_err().to_string(), "revision 1 is compacted, the oldest kept is 2");
        assert_eq!(store.since(Revision(2)).unwrap().count(), 2);
        assert!(store.change(Revision(4)).unwrap().after.is_none());
    }
}
