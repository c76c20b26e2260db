//! An object in an index of a cache, with what a control loop asks of each of its objects at every turn, read once.
//!
//! A `ReplicaSet` of ten thousand pods looks at all of them at every turn; reading three fields of a tree each time is
//! most of the cost, in cache misses.

use crate::model::{Object, Time, Value};

/// An object and its facts.
#[derive(Clone, Debug)]
pub struct Member {
    /// The object.
    pub object: Object,
    /// Its labels; null without.
    pub labels: Value,
    /// Read from it when it was delivered.
    pub facts: Facts,
}

/// What is asked of an object most often.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// True if deletion was asked for.
    pub is_terminating: bool,
    /// True if its phase is Succeeded or Failed.
    pub has_ended: bool,
    /// Since when its condition Ready is True; `None` if it is not.
    pub ready_since: Option<Time>,
}

impl Member {
    /// Reads the facts of `object`.
    pub fn new(object: &Object) -> Self {
        Self { object: object.clone(), labels: object.metadata().get("labels").clone(), facts: Facts::read(object) }
    }
}

impl Facts {
    /// Reads the facts of `object`.
    pub fn read(object: &Object) -> Self {
        let ready = object.condition("Ready");
        let since = || Time::parse(ready.get("lastTransitionTime").str()).unwrap_or_default();
        Self {
            is_terminating: object.is_terminating(),
            has_ended: matches!(object.at("status.phase").str(), "Succeeded" | "Failed"),
            ready_since: (ready.get("status").str() == "True").then(since),
        }
    }

    /// True if it may run and nobody asked for it to go.
    pub fn is_active(self) -> bool {
        !self.is_terminating && !self.has_ended
    }

    /// True if it was asked to go and has not ended.
    pub fn is_stopping(self) -> bool {
        self.is_terminating && !self.has_ended
    }
}
