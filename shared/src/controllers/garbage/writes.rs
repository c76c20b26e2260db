//! The writes of the garbage collector and their reasons.
//!
//! Upstream: `pkg/controller/garbagecollector/operations.go`, `patch.go`.
//! Differs: merge patches that carry the resource version, instead of strategic ones with a fall-back.

use super::owners::owner_key;
use super::{FOREGROUND, ORPHAN, has};
use crate::api::{PatchKind, Propagation};
use crate::model::{Key, Object, OwnerReference, Text, Value};
use crate::plan::{View, Write};

/// What was seen, in a few words: `owner ReplicaSet web is gone`.
pub(super) fn in_words(gone: &[&OwnerReference], waiting: &[&OwnerReference]) -> Text {
    match (gone.first(), waiting.first()) {
        (Some(it), _) => format!("owner {} {} is gone", it.kind, it.name).into(),
        (None, Some(it)) => format!("owner {} {} waits for its dependents to go", it.kind, it.name).into(),
        (None, None) => Text::default(),
    }
}

/// Takes owners away from an object that stays.
pub(super) fn let_go(key: &Key, object: &Object, owners: &[&OwnerReference]) -> Write {
    let mut kept = object.metadata().get("ownerReferences").items().to_vec();
    kept.retain(|it| owners.iter().all(|owner| it.get("uid").str() != owner.uid));
    let names: Vec<String> = owners.iter().map(|it| format!("{} {}", it.kind, it.name)).collect();
    let reason = format!("took the owner {} away from {}", names.join(" and "), key.name);
    let kept = if kept.is_empty() { Value::Null } else { kept.into() };
    patch(key, object, "ownerReferences", kept, reason)
}

/// Lets the owners of an object go before it: a circle would wait for ever.
pub(super) fn unblock(key: &Key, object: &Object) -> Option<Write> {
    let mut owners = object.metadata().get("ownerReferences").items().to_vec();
    for owner in owners.iter_mut().filter(|it| it.get("blockOwnerDeletion").is_true()) {
        owner.set("blockOwnerDeletion", false);
    }
    let owners = Value::from(owners);
    let changed = owners != *object.metadata().get("ownerReferences");
    changed.then(|| patch(key, object, "ownerReferences", owners, "its owners need not wait for it".to_owned()))
}

/// Deletes an object none of whose owners stays; the way it goes is its own, or its waiting owner's.
pub(super) fn delete(
    key: &Key,
    object: &Object,
    gone: &[&OwnerReference],
    waiting: &[&OwnerReference],
    view: &View<'_>,
) -> Write {
    let dependents_first = !waiting.is_empty() && view.cache.dependents_of(&object.uid()).next().is_some();
    let policy = match () {
        () if dependents_first => Propagation::Foreground,
        () if !waiting.is_empty() => Propagation::Background,
        () if has(object, ORPHAN) => Propagation::Orphan,
        () if has(object, FOREGROUND) => Propagation::Foreground,
        () => Propagation::Background,
    };
    let reason = format!("deleted {}: {}", key.name, in_words(gone, waiting));
    let mut write = Write::delete(key, &object.uid(), reason).propagation(policy);
    for owner in gone.iter().chain(waiting) {
        if let Some(owner) = owner_key(owner, &key.namespace, view) {
            write = write.following(&owner, "metadata.deletionTimestamp");
        }
    }
    write.following(key, "metadata.ownerReferences")
}

fn patch(key: &Key, object: &Object, field: &str, value: Value, reason: String) -> Write {
    let mut patch = Value::map();
    patch.set("metadata.uid", object.uid());
    patch.set("metadata.resourceVersion", object.metadata().get("resourceVersion"));
    patch.set(&format!("metadata.{field}"), value);
    Write::patch(key, "", PatchKind::Merge, patch, reason).tolerating(&["NotFound"])
}
