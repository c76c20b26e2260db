//! Why an object, or one of its fields, is as it is: the chain of causes, newest first.

use crate::model::{Key, Text, Time};
use crate::trace::{Actor, Effect, ReconcileId, Revision};
use serde::{Deserialize, Serialize};

/// The chain from an object to the line of YAML, or to the outside event, where it began.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Why {
    /// What was asked about.
    pub subject: Key,
    /// The field that was asked about; empty for why the object exists.
    pub path: Text,
    /// Newest first; empty only if history no longer reaches back.
    pub hops: Vec<Hop>,
    /// Where the chain ends.
    pub end: End,
}

/// One write of the chain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hop {
    /// The write.
    pub revision: Revision,
    /// When.
    pub time: Time,
    /// Who.
    pub actor: Actor,
    /// What was written.
    pub key: Key,
    /// What the write did.
    pub effect: Effect,
    /// Why, in the actor's words: `wanted 3, saw 2`.
    pub reason: Text,
    /// The reconcile and its number; `None` for a person's own write.
    pub reconcile: Option<(ReconcileId, u32)>,
    /// The revision that the actor had seen; 0 for a person.
    pub seen: Revision,
    /// What it saw.
    pub observed: Text,
    /// What it wanted.
    pub desired: Text,
    /// What the write changed.
    pub written: Vec<Line>,
    /// How the next, older hop led to this one: `it followed spec.replicas`, `woken by rv 96`; the last hop has none.
    pub link: Link,
}

/// How an older write led to a newer one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Link {
    /// The newer one followed a field that the older one wrote.
    Followed(Key, Text),
    /// The older one woke the actor.
    Woken,
    /// Something happened on a node.
    Node(Text),
    /// There is none older.
    End,
}

/// One line of what a write changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// A dotted path: `spec.replicas`.
    pub path: Text,
    /// Before; empty if it was not there.
    pub before: Text,
    /// After; empty if it is not there any more.
    pub after: Text,
}

/// Where a chain ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum End {
    /// At lines of a file that was applied.
    Yaml {
        /// `deployment.yaml`.
        file: Text,
        /// Its text as it was applied.
        text: Text,
        /// The lines, from 1, the most telling first, each with the path found there.
        lines: Vec<(u32, Text)>,
    },
    /// At a person's command, or a fault: its title.
    Action(Text),
    /// At the cluster's own start.
    Bootstrap,
    /// History no longer reaches back.
    Forgotten,
}
