//! What one owner owns: each object, and counts of those that look alike.
//!
//! Pods of one template have equal labels, so a selector is tried once for all of them, and a `ReplicaSet` of ten thousand
//! pods reads its counts instead of counting.

use crate::model::{Key, ResourceName, Text, Time, Value};
use crate::store::Member;
use std::collections::BTreeMap;

/// The objects that one owner controls.
#[derive(Clone, Debug, Default)]
pub(super) struct Family {
    members: BTreeMap<Key, Member>,
    looks: BTreeMap<Place, Look>,
}

/// Resource, namespace and labels.
type Place = (ResourceName, Text, String);

/// Objects of one owner, resource and namespace with equal labels.
#[derive(Clone, Debug)]
pub struct Look {
    /// Their resource.
    pub resource: ResourceName,
    /// Their namespace.
    pub namespace: Text,
    /// Their labels; null without.
    pub labels: Value,
    /// How many there are.
    pub tally: Tally,
    members: usize,
}

/// Counts of objects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Those that may run and nobody asked to go.
    pub active: usize,
    /// Those that were asked to go and have not ended.
    pub stopping: usize,
    /// The active ones that are Ready, by since when.
    ready: BTreeMap<Time, usize>,
}

impl Tally {
    /// How many active ones are Ready.
    pub fn ready(&self) -> usize {
        self.ready.values().sum()
    }

    /// How many active ones are Ready since `time` or longer.
    pub fn ready_by(&self, time: Time) -> usize {
        self.ready.range(..=time).map(|(_, count)| count).sum()
    }

    /// Since when the first one is Ready that is so only since after `time`.
    pub fn ready_after(&self, time: Time) -> Option<Time> {
        self.ready.keys().find(|since| **since > time).copied()
    }

    fn add(&mut self, member: &Member) {
        self.active += usize::from(member.facts.is_active());
        self.stopping += usize::from(member.facts.is_stopping());
        if let Some(since) = member.facts.ready_since.filter(|_| member.facts.is_active()) {
            *self.ready.entry(since).or_default() += 1;
        }
    }

    fn subtract(&mut self, member: &Member) {
        self.active -= usize::from(member.facts.is_active());
        self.stopping -= usize::from(member.facts.is_stopping());
        if let Some(since) = member.facts.ready_since.filter(|_| member.facts.is_active())
            && let Some(count) = self.ready.get_mut(&since)
        {
            *count -= 1;
            if *count == 0 {
                self.ready.remove(&since);
            }
        }
    }
}

impl Family {
    /// Every object, in the order of their keys.
    pub(super) fn members(&self) -> impl Iterator<Item = (&Key, &Member)> {
        self.members.iter()
    }

    /// The objects by what they look like.
    pub(super) fn looks(&self) -> impl Iterator<Item = &Look> {
        self.looks.values()
    }

    /// True without objects.
    pub(super) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Takes in an object, in place of what it was before.
    pub(super) fn put(&mut self, key: &Key, member: Member) {
        let before = self.members.get_mut(key).map(|old| std::mem::replace(old, member.clone()));
        match before {
            Some(old) if old.facts == member.facts && old.labels == member.labels => {}
            Some(old) => {
                self.uncount(key, &old);
                self.count(key, &member);
            }
            None => {
                self.count(key, &member);
                self.members.insert(key.clone(), member);
            }
        }
    }

    /// Lets go of an object.
    pub(super) fn remove(&mut self, key: &Key) {
        if let Some(old) = self.members.remove(key) {
            self.uncount(key, &old);
        }
    }

    fn count(&mut self, key: &Key, member: &Member) {
        let look = self.looks.entry(place(key, member)).or_insert_with(|| Look {
            resource: key.resource.clone(),
            namespace: key.namespace.clone(),
            labels: member.labels.clone(),
            tally: Tally::default(),
            members: 0,
        });
        look.members += 1;
        look.tally.add(member);
    }

    fn uncount(&mut self, key: &Key, member: &Member) {
        let place = place(key, member);
        let Some(look) = self.looks.get_mut(&place) else { return };
        look.members -= 1;
        look.tally.subtract(member);
        if look.members == 0 {
            self.looks.remove(&place);
        }
    }
}

fn place(key: &Key, member: &Member) -> Place {
    (key.resource.clone(), key.namespace.clone(), member.labels.to_json())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Object;
    use crate::model::key::resources::PODS;

    /// `a` with the label `app=web`, Ready since a time of the first minute, or going.
    fn member(app: &str, ready: &str, going: bool) -> Member {
        let mut pod = Object::new("v1", "Pod", "default", "a");
        pod.set("metadata.labels.app", app);
        if going {
            pod.set("metadata.deletionTimestamp", "2026-01-01T00:00:00Z");
        }
        let since = format!("2026-01-01T00:00:{ready}Z");
        let condition =
            Value::from([("type", "Ready".into()), ("status", "True".into()), ("lastTransitionTime", since.into())]);
        if !ready.is_empty() {
            pod.set("status.conditions", Value::from(vec![condition]));
        }
        Member::new(&pod)
    }

    fn counts(family: &Family) -> Vec<String> {
        let minute = |second: &str| Time::parse(&format!("2026-01-01T00:00:{second}Z")).unwrap();
        let line = |it: &Look| {
            let Tally { active, stopping, .. } = it.tally;
            let (ready, early) = (it.tally.ready(), it.tally.ready_by(minute("10")));
            let later = it.tally.ready_after(minute("10")).map(|it| it.to_string()).unwrap_or_default();
            format!("{} active {active} stopping {stopping} ready {ready}, {early} early {later}", it.labels)
        };
        family.looks().map(line).collect()
    }

    #[test]
    fn counts_follow_every_change() {
        let mut family = Family::default();
        let key = |name: &str| Key::new(PODS, "default", name);
        family.put(&key("a"), member("web", "", false));
        family.put(&key("b"), member("web", "10", false));
        family.put(&key("c"), member("db", "", true));
        assert_eq!(
            counts(&family),
            [
                r#"{"app":"db"} active 0 stopping 1 ready 0, 0 early "#,
                r#"{"app":"web"} active 2 stopping 0 ready 1, 1 early "#
            ]
        );
        family.put(&key("a"), member("web", "11", false));
        family.put(&key("c"), member("web", "", true));
        assert_eq!(counts(&family), [r#"{"app":"web"} active 2 stopping 1 ready 2, 1 early 2026-01-01T00:00:11Z"#]);
        family.put(&key("b"), member("web", "10", true));
        family.remove(&key("a"));
        family.remove(&key("none"));
        assert_eq!(counts(&family), [r#"{"app":"web"} active 0 stopping 2 ready 0, 0 early "#]);
        family.remove(&key("b"));
        family.remove(&key("c"));
        assert!(family.is_empty() && counts(&family).is_empty());
    }
}
