//! Revisions: which template a set has, what number it got, and how many old sets are kept.
//!
//! Upstream: `pkg/controller/deployment/util/deployment_util.go` (`EqualIgnoreHash`, `SetNewReplicaSetAnnotations`),
//! `pkg/controller/deployment/sync.go` (`cleanupDeployment`), `pkg/controller/controller_utils.go` (`ComputeHash`).
//! Differs: the hash is over the template's JSON instead of a dump of Go structs, so its letters are others.

use super::rollout::Rollout;
use super::sets::{actual, replicas};
use super::strategy::max_surge;
use crate::controllers::pods::key_of;
use crate::model::key::resources::REPLICA_SETS;
use crate::model::{Fnv, Object, Order, Text, Value};
use crate::plan::Write;

/// The label that tells the sets of a Deployment apart.
pub(super) const HASH_LABEL: &str = "pod-template-hash";
/// The revision of a set, and of the Deployment.
pub(super) const REVISION: &str = "deployment.kubernetes.io/revision";
/// The revisions that a set had before.
const HISTORY: &str = "deployment.kubernetes.io/revision-history";
/// The Deployment's replicas when the set was last scaled.
pub(super) const DESIRED: &str = "deployment.kubernetes.io/desired-replicas";
/// The same plus the surge.
pub(super) const MAX: &str = "deployment.kubernetes.io/max-replicas";

/// The most characters of [`HISTORY`].
const HISTORY_CHARS_MAX: usize = 2_000;

/// `i32::MAX`, which stands for no limit and no deadline.
pub(super) const UNLIMITED: i64 = 2_147_483_647;

/// Annotations of the Deployment that its sets do not get.
const NOT_COPIED: [&str; 6] = [
    "kubectl.kubernetes.io/last-applied-configuration",
    REVISION,
    HISTORY,
    DESIRED,
    MAX,
    "deprecated.deployment.rollback.to",
];

/// True if `set` has the Deployment's template, apart from the hash label.
pub(super) fn same_template(deployment: &Object, set: &Object) -> bool {
    without_hash(deployment.at("spec.template")) == without_hash(set.at("spec.template"))
}

fn without_hash(template: &Value) -> Value {
    let mut template = template.clone();
    if !template.at("metadata.labels").is_null() {
        template.entry("metadata.labels").map_mut().remove(HASH_LABEL);
    }
    template
}

/// The hash of a template, 8 to 10 letters; `collisions` counts how often it turned out to be taken.
pub(super) fn hash(template: &Value, collisions: Option<i64>) -> Text {
    let mut fnv = Fnv::default();
    fnv.write(template.to_json().as_bytes());
    if let Some(collisions) = collisions {
        fnv.write(&collisions.to_le_bytes());
    }
    let folded = (fnv.0 ^ (fnv.0 >> 32)) & 0xffff_ffff;
    format!("{folded:08}").bytes().map(safe_letter).collect::<String>().into()
}

/// A letter for a digit, so that no word can come out: `rand.SafeEncodeString`.
fn safe_letter(digit: u8) -> char {
    const LETTERS: [char; 10] = ['4', '5', '6', '7', '8', '9', 'b', 'c', 'd', 'f'];
    LETTERS[usize::from(digit.wrapping_sub(b'0')) % LETTERS.len()]
}

/// The revision annotation as a number; 0 without it.
pub(super) fn revision(object: &Object) -> i64 {
    object.annotation(REVISION).and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// The revision that the set with the Deployment's template should have: one more than every old one's.
pub(super) fn next_revision(rollout: &Rollout<'_>) -> i64 {
    rollout.old.iter().map(revision).max().unwrap_or(0) + 1
}

/// `set` with the annotations that the Deployment gives to its new set.
pub(super) fn annotated(deployment: &Object, set: &Object, revision_wanted: i64) -> Object {
    let mut out = set.clone();
    let copied = deployment.metadata().get("annotations").fields().iter();
    for (key, value) in copied.filter(|(key, _)| !NOT_COPIED.contains(&key.as_str())) {
        annotate(&mut out, key, value.text());
    }
    let before = revision(set);
    if before < revision_wanted {
        annotate(&mut out, REVISION, revision_wanted.to_string().into());
        if set.annotation(REVISION).is_some() {
            let history = remembered(set.annotation(HISTORY).unwrap_or_default(), before);
            annotate(&mut out, HISTORY, history.into());
        }
    }
    out
}

/// The history with one more revision; the oldest are dropped when it grows too long.
fn remembered(history: &str, revision: i64) -> String {
    let mut all: Vec<&str> = history.split(',').filter(|it| !it.is_empty()).collect();
    let last = revision.to_string();
    all.push(&last);
    while all.len() > 1 && all.iter().map(|it| it.len() + 1).sum::<usize>() > HISTORY_CHARS_MAX + 1 {
        all.remove(0);
    }
    all.join(",")
}

/// Notes the Deployment's size on a set, for the proportions of a later scaling.
pub(super) fn note_size(deployment: &Object, set: &mut Object) {
    let replicas = deployment.at("spec.replicas").int_or(1);
    annotate(set, DESIRED, replicas.to_string().into());
    annotate(set, MAX, (replicas + max_surge(deployment)).to_string().into());
}

/// Sets one annotation.
pub(super) fn annotate(object: &mut Object, key: &str, value: Text) {
    object.entry("metadata.annotations").map_mut().insert(key, value);
}

/// Deletes the oldest sets beyond `spec.revisionHistoryLimit` that have no pods left.
pub(super) fn clean_up(rollout: &mut Rollout<'_>) {
    let limit = rollout.deployment.at("spec.revisionHistoryLimit").as_int();
    let Some(limit) = limit.filter(|limit| *limit != UNLIMITED) else { return };
    let mut alive: Vec<&Object> = rollout.old.iter().filter(|set| !set.is_terminating()).collect();
    alive.order_by_key(|set| (revision(set), set.created(), set.name()));
    let total = alive.len();
    let excess = total.saturating_sub(usize::try_from(limit).unwrap_or(0));
    let deletions: Vec<Write> = alive[..excess]
        .iter()
        .filter(|set| is_spent(set))
        .map(|set| {
            let reason = format!("deleted ReplicaSet {}: revisionHistoryLimit {limit}, {total} old ones", set.name());
            let write = Write::delete(&key_of(REPLICA_SETS, set), &set.uid(), reason);
            write.following(rollout.key, "spec.revisionHistoryLimit")
        })
        .collect();
    rollout.plan.writes.extend(deletions);
}

fn is_spent(set: &Object) -> bool {
    let observed = set.at("status.observedGeneration").int_or(0);
    actual(set) == 0 && replicas(set) == 0 && set.generation() <= observed
}
