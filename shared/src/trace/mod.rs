//! Why every write happened.
//!
//! A [`Record`] is one committed write. It names its [`Cause`]: a user's or outside [`Action`], or a [`Reconcile`] of a
//! controller, scheduler or kubelet. A reconcile names what woke it ([`Trigger`]), the revision it saw, what it observed and
//! what it wanted. Following causes from any record ends at an action.
//!
//! Knows nothing of how a request is handled or how a controller decides.

use crate::model::{Digest, Key, Text, Time, Value};
use serde::{Deserialize, Serialize};
use std::fmt::{self, Write as _};
use std::sync::Arc;

/// The number of a committed write; the store counts up by one for each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Revision(pub u64);

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Index of an [`Action`] in the trace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ActionId(pub u32);

/// Index of a [`Reconcile`] in the trace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ReconcileId(pub u32);

/// Who writes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Actor {
    /// The person at the page or at kubectl.
    User,
    /// A controller of the controller manager, by its name: `replicaset-controller`.
    Controller(Text),
    /// The scheduler.
    Scheduler,
    /// The kubelet of a node.
    Kubelet(Text),
    /// The API server itself: bootstrap objects, address allocation.
    ApiServer,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Actor::User => f.write_str("you"),
            Actor::Controller(name) => f.write_str(name),
            Actor::Scheduler => f.write_str("default-scheduler"),
            Actor::Kubelet(node) => write!(f, "kubelet/{node}"),
            Actor::ApiServer => f.write_str("api-server"),
        }
    }
}

/// What made a write happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cause {
    /// The cluster's own start.
    Bootstrap,
    /// Something from outside: a person, a fault.
    Action(ActionId),
    /// A decision of a controller, the scheduler or a kubelet.
    Reconcile(ReconcileId),
}

/// Something that came from outside the cluster: where every chain of causes ends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Action {
    /// When it came.
    pub time: Time,
    /// One line for people: `apply deployment.yaml`, `kubectl delete pod web`, `kill container web`.
    pub title: Text,
    /// What sort of action it was; decides the mark on the timeline.
    pub kind: ActionKind,
    /// The files that were applied, as they were; empty for anything else.
    pub files: Vec<SourceFile>,
}

/// The sorts of action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ActionKind {
    /// A person's request: a flag on the timeline.
    Request,
    /// A fault that was injected: a diamond on the timeline.
    Fault,
}

/// A file as it was when it was applied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceFile {
    /// `deployment.yaml`.
    pub name: Text,
    /// Its text.
    pub text: Arc<str>,
}

/// One decision of an actor about one key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reconcile {
    /// Counts up per actor, from 1.
    pub number: u32,
    /// Who decided.
    pub actor: Actor,
    /// About what.
    pub key: Key,
    /// When it began.
    pub time: Time,
    /// When its last write was answered; the same as `time` for a decision without writes.
    pub finished: Time,
    /// The newest revision its cache held.
    pub seen: Revision,
    /// What woke it; empty only for a first pass at start.
    pub triggers: Vec<Trigger>,
    /// What it saw, in a few words: `2 Pods`.
    pub observed: Text,
    /// What it wanted, in a few words: `3 Pods`.
    pub desired: Text,
    /// How it ended.
    pub outcome: Outcome,
}

/// What woke a reconcile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Trigger {
    /// A write that its watch delivered.
    Write(Revision),
    /// A timer that an earlier reconcile asked for.
    Timer(ReconcileId),
    /// Another try after an earlier reconcile failed.
    Retry(ReconcileId),
    /// Something that happened on a node (`container web exited with 137`), and what made it happen.
    Node {
        /// In a few words.
        what: Text,
        /// The reconcile that asked for it, or the fault.
        cause: Cause,
    },
}

/// How a reconcile ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// Its writes are still under way.
    Running,
    /// Every write was accepted, or none was needed.
    Done,
    /// A write was refused, with the API server's message; the rest of the plan was dropped.
    Failed(Text),
}

/// What a write did to its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Effect {
    /// It did not exist before.
    Created,
    /// It changed.
    Updated,
    /// It is gone.
    Deleted,
}

/// One committed write.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Its number.
    pub revision: Revision,
    /// When it was committed.
    pub time: Time,
    /// Who wrote.
    pub actor: Actor,
    /// What made it happen.
    pub cause: Cause,
    /// What was written.
    pub key: Key,
    /// What it did.
    pub effect: Effect,
    /// Why the actor wanted it, in its own words; empty for users' writes.
    pub reason: Text,
    /// The fields of other objects that the actor followed: from here the chain goes on to the line of YAML.
    pub follows: Vec<FieldRef>,
}

/// A field of an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldRef {
    /// Whose.
    pub key: Key,
    /// A dotted path: `spec.replicas`.
    pub path: Text,
}

impl FieldRef {
    /// The field at `path` of the object `key`.
    pub fn new(key: &Key, path: impl Into<Text>) -> Self {
        Self { key: key.clone(), path: path.into() }
    }
}

/// All records, reconciles and actions of a run, in the order in which they happened.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    actions: Vec<Action>,
    reconciles: Vec<Reconcile>,
    records: Vec<Record>,
    finished: u64,
    hash: Digest,
    /// How many of the oldest actions and reconciles are forgotten.
    forgotten: Forgotten,
}

/// Where a trace begins that has forgotten what was before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Oldest {
    /// Its oldest action.
    pub action: ActionId,
    /// Its oldest reconcile.
    pub reconcile: ReconcileId,
}

/// How many of the oldest entries are no longer there; ids go on counting from the first.
#[derive(Clone, Copy, Debug, Default)]
struct Forgotten {
    actions: usize,
    reconciles: usize,
}

impl Trace {
    /// Adds an action.
    pub fn act(&mut self, action: Action) -> ActionId {
        let id = ActionId(u32::try_from(self.forgotten.actions + self.actions.len()).unwrap_or(u32::MAX));
        self.actions.push(action);
        id
    }

    /// Adds a reconcile that begins.
    pub fn begin(&mut self, reconcile: Reconcile) -> ReconcileId {
        let id = ReconcileId(u32::try_from(self.forgotten.reconciles + self.reconciles.len()).unwrap_or(u32::MAX));
        self.reconciles.push(reconcile);
        id
    }

    /// Notes how a reconcile ended.
    pub fn finish(&mut self, id: ReconcileId, now: Time, outcome: Outcome) {
        self.finished += 1;
        let index = (id.0 as usize).checked_sub(self.forgotten.reconciles);
        if let Some(reconcile) = index.and_then(|index| self.reconciles.get_mut(index)) {
            reconcile.finished = now;
            reconcile.outcome = outcome;
        }
    }

    /// Forgets the records up to and including `revision`, and all but the newest `kept` of the actions and reconciles.
    ///
    /// Ids stay what they are. [`Self::actions`] and [`Self::reconciles`] then begin with the oldest that is kept.
    #[cfg(feature = "every-kind")]
    pub fn forget(&mut self, revision: Revision, kept: usize) {
        let old = self.records.partition_point(|it| it.revision <= revision);
        self.records.drain(..old);
        let actions = self.actions.len().saturating_sub(kept);
        self.actions.drain(..actions);
        let reconciles = self.reconciles.len().saturating_sub(kept);
        self.reconciles.drain(..reconciles);
        self.forgotten.actions += actions;
        self.forgotten.reconciles += reconciles;
    }

    /// How many reconciles have come to their end.
    pub fn finished(&self) -> u64 {
        self.finished
    }

    /// Adds a committed write; the object before and after it are for the hash.
    pub fn record(&mut self, record: Record, before: Option<&Value>, after: Option<&Value>) {
        self.hash.word(record.revision.0);
        self.hash.word(record.time.0.cast_unsigned());
        // Writing to a digest cannot fail.
        let _ = write!(self.hash, "{}|{}", record.actor, record.key);
        match (before, after) {
            (Some(before), Some(after)) => {
                self.hash.change(before, after);
            }
            (None, Some(after)) => self.hash.value(after),
            (_, None) => {}
        }
        self.records.push(record);
    }

    /// A hash of every write so far: its number, time, actor, object, and what it changed; with that, of every object.
    pub fn hash(&self) -> u64 {
        self.hash.0
    }

    /// Every action.
    pub fn actions(&self) -> &[Action] {
        &self.actions
    }

    /// Every reconcile.
    pub fn reconciles(&self) -> &[Reconcile] {
        &self.reconciles
    }

    /// The oldest action and reconcile that are kept; the first there were, unless something was forgotten.
    pub fn oldest(&self) -> Oldest {
        let id = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        Oldest { action: ActionId(id(self.forgotten.actions)), reconcile: ReconcileId(id(self.forgotten.reconciles)) }
    }

    /// The kept actions from `id` on.
    pub fn actions_from(&self, id: ActionId) -> &[Action] {
        let skip = (id.0 as usize).saturating_sub(self.forgotten.actions).min(self.actions.len());
        &self.actions[skip..]
    }

    /// The kept reconciles from `id` on.
    pub fn reconciles_from(&self, id: ReconcileId) -> &[Reconcile] {
        let skip = (id.0 as usize).saturating_sub(self.forgotten.reconciles).min(self.reconciles.len());
        &self.reconciles[skip..]
    }

    /// The kept writes after `revision`.
    pub fn records_after(&self, revision: Revision) -> &[Record] {
        &self.records[self.records.partition_point(|it| it.revision <= revision)..]
    }

    /// Every committed write, oldest first.
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// One action.
    pub fn action(&self, id: ActionId) -> Option<&Action> {
        self.actions.get((id.0 as usize).checked_sub(self.forgotten.actions)?)
    }

    /// One reconcile.
    pub fn reconcile(&self, id: ReconcileId) -> Option<&Reconcile> {
        self.reconciles.get((id.0 as usize).checked_sub(self.forgotten.reconciles)?)
    }

    /// The record of one revision.
    pub fn at(&self, revision: Revision) -> Option<&Record> {
        self.records.binary_search_by_key(&revision, |it| it.revision).ok().map(|index| &self.records[index])
    }
}
