//! A store from what was kept of another one: the objects at one revision, and the writes after it.
//!
//! The counterpart of reading a store's log: what some storage wrote down of [`Change`]s comes back as the same store.

use super::{Change, Store};
use crate::model::{Key, Object};
use crate::trace::Revision;

/// A write as it is kept: what was there before follows from what was kept earlier.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    /// Its number.
    pub revision: Revision,
    /// What was written.
    pub key: Key,
    /// The object after; `None` for a deletion.
    pub object: Option<Object>,
}

/// What was kept does not fit together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RestoreError {
    /// A write is missing, or twice there.
    #[error("the write after revision {after} has number {found}")]
    Gap {
        /// The last write that fitted.
        after: Revision,
        /// The number that came after it.
        found: Revision,
    },
    /// An object is newer than the revision that it was kept at.
    #[error("an object of revision {found} was kept among those of revision {base}")]
    Newer {
        /// The revision of the objects.
        base: Revision,
        /// The object's own.
        found: Revision,
    },
}

impl From<&Change> for Kept {
    fn from(change: &Change) -> Self {
        Self { revision: change.revision, key: change.key.clone(), object: change.after.clone() }
    }
}

impl Store {
    /// The store whose objects were `objects` at revision `base`, after the `writes` that followed.
    ///
    /// Revisions from `base` on can be read and watched. Objects share what they have in common with their earlier
    /// revisions, as in the store that wrote them.
    ///
    /// # Errors
    /// The writes are not numbered without a gap from `base` on, or an object is newer than `base`.
    pub fn restore(
        base: Revision,
        objects: impl IntoIterator<Item = (Key, Object)>,
        writes: impl IntoIterator<Item = Kept>,
    ) -> Result<Self, RestoreError> {
        let mut store = Self { revision: base, ..Self::default() };
        for (key, object) in objects {
            let found = Revision(object.resource_version());
            if found > base {
                return Err(RestoreError::Newer { base, found });
            }
            let object = store.settled(&key, object);
            store.replace(&key, Some(object));
        }
        for write in writes {
            store.redo(write)?;
        }
        Ok(store)
    }

    fn redo(&mut self, write: Kept) -> Result<(), RestoreError> {
        let Kept { revision, key, object } = write;
        if revision.0 != self.revision.0 + 1 {
            return Err(RestoreError::Gap { after: self.revision, found: revision });
        }
        self.revision = revision;
        let before = self.get(&key).cloned();
        let after = object.map(|object| self.settled(&key, object));
        self.replace(&key, after.clone());
        self.log.push_back(Change { revision, key, before, after });
        Ok(())
    }
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
        pod.set("spec.nodeName", "node-1");
        pod.set("status.phase", phase);
        pod
    }

    fn written() -> Store {
        let mut store = Store::default();
        store.commit(key("a"), Some(pod("a", "Pending")));
        store.commit(key("b"), Some(pod("b", "Pending")));
        store.commit(key("a"), Some(pod("a", "Running")));
        store.commit(key("b"), None);
        store
    }

    fn kept(store: &Store, from: u64) -> Vec<Kept> {
        store.since(Revision(from)).unwrap().map(Kept::from).collect()
    }

    #[test]
    fn what_was_kept_comes_back_from_any_base() {
        let whole = written();
        for base in 0..=4 {
            let past = whole.at(Revision(base)).unwrap();
            let objects: Vec<_> = past.list(&PODS).map(|it| (key(&it.name()), it.clone())).collect();
            let store = Store::restore(Revision(base), objects, kept(&whole, base)).unwrap();
            assert_eq!(store.revision(), Revision(4));
            assert_eq!(store.oldest(), Revision(base));
            assert_eq!(store.get(&key("a")), whole.get(&key("a")));
            let same = |it: &Change| whole.change(it.revision).is_some_and(|its| its.before == it.before);
            assert!(store.since(Revision(base)).unwrap().all(same), "base {base}");
        }
    }

    #[test]
    fn later_revisions_share_what_did_not_change() {
        let store = Store::restore(Revision(0), [], kept(&written(), 0)).unwrap();
        let change = store.change(Revision(3)).unwrap();
        let (Some(before), Some(after)) = (&change.before, &change.after) else { panic!("an update") };
        let shares =
            |field| before.get(field).as_map().zip(after.get(field).as_map()).is_some_and(|(a, b)| a.ptr_eq(b));
        assert!(shares("spec") && !shares("status"));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let mut writes = kept(&written(), 0);
        writes.remove(1);
        let error = Store::restore(Revision(0), [], writes).unwrap_err();
        assert_eq!(error.to_string(), "the write after revision 1 has number 3");
        let newer = written().get(&key("a")).unwrap().clone();
        let error = Store::restore(Revision(2), [(key("a"), newer)], []).unwrap_err();
        assert_eq!(error.to_string(), "an object of revision 3 was kept among those of revision 2");
    }
}
