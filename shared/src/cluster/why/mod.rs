//! Why an object, or one of its fields, is as it is: the chain of causes, newest first.
//!
//! From a write the chain goes on to the newest write of a field that it followed; if it followed none, to what woke its
//! author. What a kubelet writes because a fault struck its node goes back to the fault at once. It ends at the lines of a file, at a person's command, at a fault, or at the cluster's own start.

mod yaml_line;

use crate::cluster::Cluster;
use crate::model::{Key, Object, Text, Time, Value};
use crate::store::Change;
use crate::trace::{
    Action, ActionId, Actor, Cause, Effect, FieldRef, Reconcile, ReconcileId, Record, Revision, Trigger,
};
use serde::{Deserialize, Serialize};
use std::fmt;

/// How many hops a chain may have.
const HOPS_MAX: usize = 32;
/// How many lines of a written object are shown.
const LINES_MAX: usize = 24;
/// Through how many decisions without a write a chain may go.
const SILENT_MAX: usize = 64;

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
    /// The writes that woke the actor, newest first.
    pub woken: Vec<Woken>,
}

/// A write that woke an actor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Woken {
    /// The write.
    pub revision: Revision,
    /// Who wrote.
    pub actor: Actor,
    /// What it did.
    pub effect: Effect,
    /// To what.
    pub key: Key,
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
        /// The lines that the chain goes back to, the most telling first.
        lines: Vec<SourceLine>,
    },
    /// At a person's command, or a fault: its title.
    Action(Text),
    /// At the cluster's own start.
    Bootstrap,
    /// History no longer reaches back.
    Forgotten,
}

/// A line of an applied file, and which hops go back to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceLine {
    /// From 1.
    pub line: u32,
    /// The path found there: `spec.replicas`.
    pub path: Text,
    /// The hops that wrote or followed it, from 1 for the newest.
    pub hops: Vec<usize>,
}

/// Where to go on from a write.
enum Next {
    Hop(Revision, Link),
    End(Link, End),
}

impl Cluster {
    /// Why the object at `key` exists, or (with a path) why that field is as it is, at `at` or the newest revision.
    ///
    /// `None` if there is no such object, or no kept write of it.
    pub fn explain(&self, key: &Key, path: Option<&str>, at: Option<Revision>) -> Option<Why> {
        let until = at.unwrap_or(self.store().revision());
        let first = match path {
            Some(path) => self.blame(key, path, until),
            None => self.creation(key, until),
        }?;
        let (hops, end) = self.chain(first);
        Some(Why { subject: key.clone(), path: path.unwrap_or_default().into(), hops, end })
    }

    fn chain(&self, first: Revision) -> (Vec<Hop>, End) {
        let mut hops: Vec<Hop> = Vec::new();
        let mut revision = first;
        let mut followed: Vec<&[FieldRef]> = Vec::new();
        while hops.len() < HOPS_MAX {
            let (Some(change), Some(record)) = (self.store().change(revision), self.trace().at(revision)) else {
                break;
            };
            let next = self.next(record, change, &followed);
            let mut hop = self.hop(record, change);
            followed.push(&record.follows);
            match next {
                Next::Hop(older, link) => {
                    hop.link = link;
                    hops.push(hop);
                    revision = older;
                }
                Next::End(link, end) => {
                    hop.link = link;
                    hops.push(hop);
                    return (hops, end);
                }
            }
        }
        (hops, End::Forgotten)
    }

    fn hop(&self, record: &Record, change: &Change) -> Hop {
        let reconcile = match record.cause {
            Cause::Reconcile(id) => self.trace().reconcile(id).map(|it| (id, it)),
            Cause::Bootstrap | Cause::Action(_) => None,
        };
        Hop {
            revision: record.revision,
            time: record.time,
            actor: record.actor.clone(),
            key: record.key.clone(),
            effect: record.effect,
            reason: record.reason.clone(),
            reconcile: reconcile.map(|(id, it)| (id, it.number)),
            seen: reconcile.map_or(Revision(0), |(_, it)| it.seen),
            observed: reconcile.map(|(_, it)| it.observed.clone()).unwrap_or_default(),
            desired: reconcile.map(|(_, it)| it.desired.clone()).unwrap_or_default(),
            written: written(change),
            link: Link::End,
            woken: reconcile.map(|(_, it)| self.woken(it)).unwrap_or_default(),
        }
    }

    fn woken(&self, reconcile: &Reconcile) -> Vec<Woken> {
        let writes = reconcile.triggers.iter().rev().filter_map(|trigger| match trigger {
            Trigger::Write(revision) => self.trace().at(*revision),
            Trigger::Timer(_) | Trigger::Retry(_) | Trigger::Node { .. } => None,
        });
        writes.map(Woken::of).collect()
    }

    /// From a write to what led to it; `followed` are the fields that each newer hop followed, the newest first.
    fn next(&self, record: &Record, change: &Change, followed: &[&[FieldRef]]) -> Next {
        match record.cause {
            Cause::Bootstrap => Next::End(Link::End, End::Bootstrap),
            Cause::Action(id) => Next::End(Link::End, self.end_at(id, record, change, followed)),
            Cause::Reconcile(id) => {
                let woken = self.woken_by(id, record.revision);
                let by_fault = matches!((&record.actor, &woken), (Actor::Kubelet(_), Next::End(_, End::Action(_))));
                if by_fault { woken } else { self.followed(record, id).unwrap_or(woken) }
            }
        }
    }

    /// The newest write of a field that `record` followed, or of the object itself if that is newer.
    fn followed(&self, record: &Record, id: ReconcileId) -> Option<Next> {
        let seen = self.trace().reconcile(id).map_or(record.revision, |it| it.seen);
        let before = Revision(record.revision.0 - 1);
        let blamed = record.follows.iter().filter_map(|field| {
            let until = if field.key == record.key { before } else { seen.min(before) };
            Some((self.blame(&field.key, &field.path, until)?, field))
        });
        let (revision, field) = blamed.max_by_key(|(revision, _)| *revision)?;
        let made =
            self.creation(&record.key, before).filter(|made| record.effect == Effect::Updated && *made > revision);
        Some(match made {
            Some(made) => Next::Hop(made, Link::Followed(record.key.clone(), Text::default())),
            None => Next::Hop(revision, Link::Followed(field.key.clone(), field.path.clone())),
        })
    }

    /// What woke a decision: the newest write, or what happened on a node; through decisions without a write.
    fn woken_by(&self, id: ReconcileId, before: Revision) -> Next {
        let mut id = id;
        let mut link = Link::Woken;
        for _ in 0..SILENT_MAX {
            let Some(reconcile) = self.trace().reconcile(id) else { break };
            match reconcile.triggers.last() {
                Some(Trigger::Write(revision)) if *revision < before => return Next::Hop(*revision, link),
                Some(Trigger::Timer(earlier) | Trigger::Retry(earlier)) if *earlier < id => id = *earlier,
                Some(Trigger::Node { what, cause }) => {
                    link = Link::Node(what.clone());
                    match cause {
                        Cause::Action(action) => return Next::End(link, self.action_end(*action)),
                        Cause::Reconcile(earlier) if *earlier < id => id = *earlier,
                        Cause::Reconcile(_) | Cause::Bootstrap => break,
                    }
                }
                Some(Trigger::Write(_) | Trigger::Timer(_) | Trigger::Retry(_)) | None => break,
            }
        }
        Next::End(link, End::Bootstrap)
    }

    fn end_at(&self, id: ActionId, record: &Record, change: &Change, followed: &[&[FieldRef]]) -> End {
        let Some(action) = self.trace().action(id) else { return End::Forgotten };
        yaml_end(action, record, change, followed).unwrap_or_else(|| End::Action(action.title.clone()))
    }

    fn action_end(&self, id: ActionId) -> End {
        self.trace().action(id).map_or(End::Forgotten, |action| End::Action(action.title.clone()))
    }

    /// The newest write up to `until` that changed the field at `path` of `key`; deletions do not count.
    fn blame(&self, key: &Key, path: &str, until: Revision) -> Option<Revision> {
        self.writes_of(key, until).find(|change| changed(change, path)).map(|change| change.revision)
    }

    /// The write up to `until` that made the newest object at `key`.
    fn creation(&self, key: &Key, until: Revision) -> Option<Revision> {
        self.writes_of(key, until).find(|change| change.before.is_none()).map(|change| change.revision)
    }

    /// The kept writes of `key` up to `until`, newest first, without deletions.
    fn writes_of<'a>(&'a self, key: &'a Key, until: Revision) -> impl Iterator<Item = &'a Change> + use<'a> {
        let oldest = self.store().oldest();
        let revisions = (oldest.0 + 1..=until.0).rev();
        let changes = revisions.filter_map(|revision| self.store().change(Revision(revision)));
        changes.filter(move |change| change.key == *key && change.after.is_some())
    }
}

/// The lines of the applied files that the write, or what was followed of it, came from.
fn yaml_end(action: &Action, record: &Record, change: &Change, followed: &[&[FieldRef]]) -> Option<End> {
    let own = |fields: &&[FieldRef]| -> Vec<Text> {
        fields.iter().filter(|field| field.key == record.key).map(|field| field.path.clone()).collect()
    };
    let asked: Vec<Vec<Text>> = followed.iter().map(own).collect();
    let last = asked.last().map_or(&[][..], Vec::as_slice);
    let is_asked = |path: &Text| last.is_empty() || last.iter().any(|parent| is_within(path, parent));
    let written = differences(change).into_iter().map(|line| line.path).filter(is_asked).collect();
    yaml_line::find(&action.files, &record.key, &yaml_line::Fields { written, asked })
}

impl Woken {
    fn of(record: &Record) -> Self {
        Self { revision: record.revision, actor: record.actor.clone(), effect: record.effect, key: record.key.clone() }
    }
}

fn is_within(path: &str, parent: &str) -> bool {
    path == parent || path.strip_prefix(parent).is_some_and(|rest| rest.starts_with(['.', '[']))
}

fn changed(change: &Change, path: &str) -> bool {
    let at = |object: &Option<Object>| object.as_ref().map_or(Value::Null, |it| it.at(path).clone());
    change.before.is_none() || at(&change.before) != at(&change.after)
}

/// What a write changed, for people: without the fields that every write changes.
fn written(change: &Change) -> Vec<Line> {
    let mut lines = differences(change);
    lines.truncate(LINES_MAX);
    lines
}

fn differences(change: &Change) -> Vec<Line> {
    let mut lines = Vec::new();
    let whole = |object: &Option<Object>| object.as_ref().map_or(Value::Null, |it| it.0.clone());
    compare("", &whole(&change.before), &whole(&change.after), &mut lines);
    lines.retain(|line| !is_noise(&line.path));
    lines
}

fn is_noise(path: &str) -> bool {
    const NOISE: [&str; 7] = [
        "apiVersion",
        "kind",
        "metadata.resourceVersion",
        "metadata.uid",
        "metadata.creationTimestamp",
        "metadata.managedFields",
        "metadata.annotations.kubectl.kubernetes.io/last-applied-configuration",
    ];
    NOISE.iter().any(|noise| is_within(path, noise))
}

fn compare(path: &str, before: &Value, after: &Value, lines: &mut Vec<Line>) {
    match (before, after) {
        _ if before == after => {}
        (Value::Map(_) | Value::Null, Value::Map(_) | Value::Null) => {
            let names = before.fields().iter().chain(after.fields()).map(|(name, _)| name);
            let names: std::collections::BTreeSet<&Text> = names.collect();
            for name in names {
                let inner = if path.is_empty() { name.to_string() } else { format!("{path}.{name}") };
                compare(&inner, before.get(name), after.get(name), lines);
            }
        }
        (Value::List(_) | Value::Null, Value::List(_) | Value::Null) => {
            for index in 0..before.items().len().max(after.items().len()) {
                let item = |list: &Value| list.items().get(index).cloned().unwrap_or_default();
                compare(&format!("{path}[{index}]"), &item(before), &item(after), lines);
            }
        }
        _ => lines.push(Line { path: path.into(), before: shown(before), after: shown(after) }),
    }
}

fn shown(value: &Value) -> Text {
    match value {
        Value::Null => Text::default(),
        Value::Text(text) => text.clone(),
        Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::List(_) | Value::Map(_) => value.to_json().into(),
    }
}

impl fmt::Display for Why {
    /// Newest first, a hop a line, then where it ends.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for hop in &self.hops {
            writeln!(f, "{hop}")?;
        }
        match &self.end {
            End::Yaml { file, lines, .. } => {
                let lines: Vec<String> = lines.iter().map(|it| format!("line {} ({})", it.line, it.path)).collect();
                write!(f, "from {file}, {}", lines.join(", "))
            }
            End::Action(title) => write!(f, "from {title}"),
            End::Bootstrap => f.write_str("from the start of the cluster"),
            End::Forgotten => f.write_str("from before the kept history"),
        }
    }
}

impl fmt::Display for Hop {
    /// `replicaset-controller created pods default/web-x2x9p: wanted 3, saw 2 (reconcile #42, saw rv 118, rv 119)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = match self.effect {
            Effect::Created => "created",
            Effect::Updated => "updated",
            Effect::Deleted => "deleted",
        };
        write!(f, "{} {verb} {}", self.actor, self.key)?;
        if !self.reason.is_empty() {
            write!(f, ": {}", self.reason)?;
        }
        match self.reconcile {
            Some((_, number)) => write!(f, " (reconcile #{number}, saw rv {}, rv {})", self.seen, self.revision),
            None => write!(f, " (rv {})", self.revision),
        }
    }
}
