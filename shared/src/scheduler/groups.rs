//! Pods that look the same to every label selector: same namespace, same labels.
//!
//! Spreading counts pods that a selector matches. Pods of one template are matched or missed together, so a node keeps one
//! count for all of them, and a selector is tried once per group, not once per pod.

use crate::model::{Selector, Text, Value};
use std::collections::BTreeMap;

/// Names a group while it has members.
pub(crate) type GroupId = usize;

/// All groups.
#[derive(Clone, Debug, Default)]
pub(crate) struct Groups {
    ids: BTreeMap<(Text, String), GroupId>,
    slots: Vec<Group>,
    free: Vec<GroupId>,
}

#[derive(Clone, Debug)]
struct Group {
    namespace: Text,
    labels: Value,
    members: usize,
}

impl Groups {
    /// The group of pods in `namespace` with `labels`, with one member more.
    pub(crate) fn join(&mut self, namespace: &Text, labels: &Value) -> GroupId {
        let place = (namespace.clone(), labels.to_json());
        let id = match self.ids.get(&place) {
            Some(id) => *id,
            None => self.make(place, labels),
        };
        self.slots[id].members += 1;
        id
    }

    /// One member less; a group without members is forgotten.
    pub(crate) fn leave(&mut self, id: GroupId) {
        let group = &mut self.slots[id];
        group.members -= 1;
        if group.members == 0 {
            self.ids.remove(&(group.namespace.clone(), group.labels.to_json()));
            self.free.push(id);
        }
    }

    /// For each group, whether `selector` matches its pods in `namespace`.
    pub(crate) fn matching(&self, namespace: &str, selector: &Selector) -> Vec<bool> {
        let matches = |it: &Group| it.members > 0 && it.namespace == namespace && selector.matches(&it.labels);
        self.slots.iter().map(matches).collect()
    }

    fn make(&mut self, place: (Text, String), labels: &Value) -> GroupId {
        let group = Group { namespace: place.0.clone(), labels: labels.clone(), members: 0 };
        let id = self.free.pop().unwrap_or(self.slots.len());
        if id == self.slots.len() {
            self.slots.push(group);
        } else {
            self.slots[id] = group;
        }
        self.ids.insert(place, id);
        id
    }
}
