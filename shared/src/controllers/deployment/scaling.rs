//! What the controller says of a write that gives a `ReplicaSet` another size: for people, and to be read back by the page.
//!
//! Knows nothing of when a set is scaled.

use crate::model::Text;
use std::fmt;

/// A `ReplicaSet` was made or scaled, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scaling {
    /// The `ReplicaSet`'s name.
    pub set: Text,
    /// Its revision, if the write made it.
    pub made_as: Option<i64>,
    /// How many Pods it was to have before.
    pub from: i64,
    /// How many since.
    pub to: i64,
    /// Why, in a few words.
    pub why: Text,
}

impl Scaling {
    /// Reads a record's reason; `None` if it tells of something else.
    pub fn parse(reason: &str) -> Option<Self> {
        let (deed, why) = reason.split_once(": ")?;
        let words: Vec<&str> = deed.split(' ').collect();
        match words[..] {
            ["created", "ReplicaSet", set, "as", "revision", revision, "with", to, "replicas"] => Some(Self {
                set: set.into(),
                made_as: revision.parse().ok(),
                from: 0,
                to: to.parse().ok()?,
                why: why.into(),
            }),
            ["raised" | "lowered", "ReplicaSet", set, "from", from, "to", to] => Some(Self {
                set: set.into(),
                made_as: None,
                from: from.parse().ok()?,
                to: to.parse().ok()?,
                why: why.into(),
            }),
            _ => None,
        }
    }
}

impl fmt::Display for Scaling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { set, made_as, from, to, why } = self;
        if let Some(revision) = made_as {
            return write!(f, "created ReplicaSet {set} as revision {revision} with {to} replicas: {why}");
        }
        let did = if from < to { "raised" } else { "lowered" };
        write!(f, "{did} ReplicaSet {set} from {from} to {to}: {why}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_can_be_read_back() {
        let scaled = Scaling { set: "web-1".into(), made_as: None, from: 2, to: 3, why: "room for one".into() };
        let made = Scaling { made_as: Some(2), from: 0, ..scaled.clone() };
        for scaling in [scaled, made] {
            assert_eq!(Scaling::parse(&scaling.to_string()), Some(scaling));
        }
        assert_eq!(Scaling::parse("noted the Deployment's size on ReplicaSet web-1"), None);
        assert_eq!(Scaling::parse("raised ReplicaSet web-1 from a to b: so"), None);
    }
}
