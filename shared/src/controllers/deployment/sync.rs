//! Sees to it that the set with the Deployment's template exists and carries the right revision.
//!
//! Upstream: `pkg/controller/deployment/sync.go` (`getNewReplicaSet`).

use super::history::{HASH_LABEL, REVISION, annotate, annotated, hash, next_revision, note_size, revision};
use super::progress::{has_deadline, progressing};
use super::rolling::new_set_size;
use super::rollout::Rollout;
use super::scaling::Scaling;
use crate::api::Status;
use crate::controllers::conditions::find;
use crate::controllers::pods::key_of;
use crate::model::key::resources::{NAMESPACES, REPLICA_SETS};
use crate::model::{Key, Object, OwnerReference, Text, Value};
use crate::plan::{EventDraft, Write};
use smol_str::format_smolstr;
use std::ops::ControlFlow;

/// Gives the new set its annotations and the Deployment its revision. Breaks where the rest must wait for the write.
pub(super) fn revise(rollout: &mut Rollout<'_>) -> ControlFlow<()> {
    let Some(set) = rollout.new.clone() else { return ControlFlow::Continue(()) };
    let wanted = next_revision(rollout);
    let mut next = annotated(&rollout.deployment, &set, wanted);
    let min_ready = rollout.deployment.at("spec.minReadySeconds");
    if next.at("spec.minReadySeconds").int_or(0) != min_ready.int_or(0) {
        next.set("spec.minReadySeconds", min_ready.int_or(0));
    }
    if next != set {
        rollout.plan.write(annotation_write(rollout.key, &set, next));
        return ControlFlow::Break(());
    }
    note_revision(rollout, &set);
    ControlFlow::Continue(())
}

fn annotation_write(key: &Key, set: &Object, next: Object) -> Write {
    let (before, after) = (revision(set), revision(&next));
    let name = set.name();
    let reason = if before == after {
        format!("copied the Deployment's annotations and minReadySeconds to ReplicaSet {name}")
    } else {
        format!("went back to ReplicaSet {name}: revision {before} has the template of the spec and becomes {after}")
    };
    let write = Write::update(&key_of(REPLICA_SETS, set), next, reason);
    write.following(key, if before == after { "metadata.annotations" } else { "spec.template" })
}

/// Copies the new set's revision to the Deployment, which starts to watch the progress of a set that it found.
fn note_revision(rollout: &mut Rollout<'_>, set: &Object) {
    let found: Text = set.annotation(REVISION).unwrap_or_default().into();
    let stale = rollout.deployment.annotation(REVISION) != Some(&found);
    let unwatched =
        has_deadline(&rollout.deployment) && find(rollout.deployment.get("status"), "Progressing").is_null();
    if !stale && !unwatched {
        return;
    }
    annotate(&mut rollout.deployment, REVISION, found.clone());
    let mut status = rollout.deployment.get("status").clone();
    if unwatched {
        let message = format!("Found new replica set \"{}\"", set.name());
        progressing("True", "FoundNewReplicaSet", message).put(&mut status, rollout.view.now);
    }
    rollout.write_status(status, format!("noted revision {found} of ReplicaSet {}", set.name()));
}

/// Creates the set with the Deployment's template. Breaks if it cannot exist yet.
pub(super) fn create(rollout: &mut Rollout<'_>) -> ControlFlow<()> {
    if rollout.new.is_some() {
        return ControlFlow::Continue(());
    }
    let set = new_set(rollout);
    let key = key_of(REPLICA_SETS, &set);
    if rollout.view.cache.get(&key).is_some() {
        count_collision(rollout, &key);
        return ControlFlow::Break(());
    }
    if report_refusal(rollout, &set).is_break() || is_namespace_ending(rollout) {
        return ControlFlow::Break(());
    }
    describe_creation(rollout, &set);
    rollout.plan.write(creation(rollout, &set));
    note_creation(rollout, &set);
    rollout.replace(super::rollout::Which::New, set);
    ControlFlow::Continue(())
}

fn new_set(rollout: &mut Rollout<'_>) -> Object {
    let deployment = &rollout.deployment;
    let hash = hash(deployment.at("spec.template"), deployment.at("status.collisionCount").as_int());
    let name = format!("{}-{hash}", deployment.name());
    let mut set = Object::new("apps/v1", "ReplicaSet", &deployment.namespace(), &name);
    let mut labels = deployment.at("spec.template.metadata.labels").clone();
    labels.map_mut().insert(HASH_LABEL, &hash);
    set.set("metadata.labels", &labels);
    let owner = OwnerReference::controlled_by(deployment).to_value();
    set.set("metadata.ownerReferences", Value::from(vec![owner]));
    set.set("spec.selector", deployment.at("spec.selector"));
    set.entry("spec.selector.matchLabels").map_mut().insert(HASH_LABEL, &hash);
    set.set("spec.template", deployment.at("spec.template"));
    set.set("spec.template.metadata.labels", labels);
    if deployment.at("spec.minReadySeconds").int_or(0) != 0 {
        set.set("spec.minReadySeconds", deployment.at("spec.minReadySeconds"));
    }
    set.set("spec.replicas", new_set_size(rollout, 0));
    let mut set = annotated(&rollout.deployment, &set, next_revision(rollout));
    note_size(&rollout.deployment, &mut set);
    set
}

fn creation(rollout: &Rollout<'_>, set: &Object) -> Write {
    let (name, size) = (set.name(), set.at("spec.replicas").int_or(0));
    let why = if rollout.old.is_empty() { "there was none yet" } else { "no other has the template of the spec" };
    let reason = Scaling { set: name.clone(), made_as: Some(revision(set)), from: 0, to: size, why: why.into() };
    let failed = format!("Failed to create new replica set \"{name}\": {{error}}");
    let mut write = Write::create(REPLICA_SETS, set.clone(), reason.to_string())
        .following(rollout.key, "spec.template")
        .following(rollout.key, "spec.replicas")
        .or_announcing(EventDraft::warning(&rollout.deployment, "ReplicaSetCreateError", failed));
    if size > 0 {
        let message = format!("Scaled up replica set {name} from 0 to {size}");
        write = write.announcing(EventDraft::normal(&rollout.deployment, "ScalingReplicaSet", message));
    }
    write
}

fn note_creation(rollout: &mut Rollout<'_>, set: &Object) {
    let revision = revision(set).to_string();
    annotate(&mut rollout.deployment, REVISION, revision.as_str().into());
    let mut status = rollout.deployment.get("status").clone();
    if has_deadline(&rollout.deployment) {
        let message = format!("Created new replica set \"{}\"", set.name());
        progressing("True", "NewReplicaSetCreated", message).put(&mut status, rollout.view.now);
    }
    rollout.write_status(status, format!("noted revision {revision}: ReplicaSet {} was created", set.name()));
}

fn describe_creation(rollout: &mut Rollout<'_>, set: &Object) {
    let hash_of = |set: &Object| set.label(HASH_LABEL).unwrap_or_default().to_owned();
    let old: Vec<String> = rollout.old.iter().map(hash_of).collect();
    rollout.plan.observed = match old.as_slice() {
        [] => Text::new_static("no ReplicaSet"),
        [only] => format_smolstr!("{only}: the only ReplicaSet, hash of the old template"),
        [newest, ..] => format_smolstr!("{newest} and {} more: ReplicaSets with other templates", old.len() - 1),
    };
    rollout.plan.desired = format_smolstr!("{}: hash of the template now in the spec", hash_of(set));
}

/// Another object has the name that the hash gives: the next pass hashes with a higher count.
fn count_collision(rollout: &mut Rollout<'_>, taken: &Key) {
    let mut status = rollout.deployment.get("status").clone();
    let count = status.get("collisionCount").int_or(0) + 1;
    status.set("collisionCount", count);
    rollout.write_status(status, format!("counted collision {count}: the name {} is taken", taken.name));
}

/// Says in the status that the set could not be created. Breaks if that is news: the next pass tries again.
fn report_refusal(rollout: &mut Rollout<'_>, set: &Object) -> ControlFlow<()> {
    let about_sets = |it: &&Status| it.details.get("kind").str().to_ascii_lowercase().starts_with("replicaset");
    let refused =
        rollout.view.failure.filter(about_sets).filter(|it| !matches!(it.reason, "Conflict" | "AlreadyExists"));
    let Some(failure) = refused.filter(|_| has_deadline(&rollout.deployment)) else { return ControlFlow::Continue(()) };
    let message = format!("Failed to create new replica set \"{}\": {}", set.name(), failure.message);
    let mut status = rollout.deployment.get("status").clone();
    progressing("False", "ReplicaSetCreateError", message).put(&mut status, rollout.view.now);
    if status == *rollout.deployment.get("status") {
        return ControlFlow::Continue(());
    }
    rollout.write_status(status, "said why the ReplicaSet could not be created");
    ControlFlow::Break(())
}

fn is_namespace_ending(rollout: &Rollout<'_>) -> bool {
    let namespace = Key::new(NAMESPACES, "", rollout.key.namespace.clone());
    rollout.view.cache.get(&namespace).is_some_and(Object::is_terminating)
}
