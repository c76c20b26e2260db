//! Deletes what its owners left behind, lets go of what they leave, and finishes foreground deletions.
//!
//! Upstream: `pkg/controller/garbagecollector/garbagecollector.go` (`attemptToDeleteItem`, `orphanDependents`).
//! Left out: nothing. Differs: the graph is the cache's index from owner to dependents, so there are no virtual nodes and
//! no live look-ups; a circle of foreground deletions is unblocked like upstream's.

mod owners;
mod writes;

#[cfg(test)]
mod tests;

use crate::model::{Key, Object, OwnerReference};
use crate::plan::{Controller, Enqueue, Plan, View, Watch, Write};
use crate::store::Change;
use owners::{Bond, bond, find_owner, lost_namespace};
use std::collections::BTreeSet;

/// The control loop.
pub(super) const CONTROLLER: Controller = Controller {
    name: "garbage-collector-controller",
    watches: &[Watch { resource: Watch::EVERY, enqueue: of_change }],
    reconcile,
};

/// The finalizer of an object that waits for its dependents to go.
const FOREGROUND: &str = "foregroundDeletion";
/// The finalizer of an object whose dependents are to be let go of.
const ORPHAN: &str = "orphan";

/// Decides what becomes of the object at `key`, for its owners' or its dependents' sake.
fn reconcile(key: &Key, view: &View<'_>) -> Plan {
    let Some(object) = view.cache.get(key) else { return Plan::nothing() };
    if has(object, ORPHAN) && object.is_terminating() {
        return orphan_dependents(key, object, view);
    }
    if waits(object) {
        return finish_foreground(key, object, view);
    }
    if object.is_terminating() { Plan::nothing() } else { judge(key, object, view) }
}

/// True for an object that is deleted in the foreground: it waits for its dependents.
fn waits(object: &Object) -> bool {
    object.is_terminating() && has(object, FOREGROUND)
}

fn has(object: &Object, finalizer: &str) -> bool {
    object.finalizers().any(|it| it == finalizer)
}

/// Keeps, lets go of owners that are gone, or deletes.
fn judge(key: &Key, object: &Object, view: &View<'_>) -> Plan {
    let owners: Vec<OwnerReference> = object.owners().collect();
    let of = |wanted: Bond| owners.iter().filter(move |it| bond(key, it, view) == wanted).collect::<Vec<_>>();
    let (solid, waiting, gone) = (of(Bond::Solid), of(Bond::Waiting), of(Bond::Gone));
    let mut plan = Plan::nothing();
    if waiting.is_empty() && gone.is_empty() {
        return plan;
    }
    plan.events.extend(gone.iter().filter_map(|it| lost_namespace(object, it, view)));
    plan.observed = writes::in_words(&gone, &waiting);
    if !solid.is_empty() {
        plan.desired = "only owners that stay".into();
        let leaving: Vec<_> = gone.into_iter().chain(waiting).collect();
        plan.write(writes::let_go(key, object, &leaving));
        return plan;
    }
    plan.desired = "no dependents of it".into();
    if !waiting.is_empty() && dependents(object, view).any(waits) {
        plan.writes.extend(writes::unblock(key, object));
    }
    plan.write(writes::delete(key, object, &gone, &waiting, view));
    plan
}

/// Takes this owner away from every dependent, then the finalizer away from the owner.
fn orphan_dependents(key: &Key, object: &Object, view: &View<'_>) -> Plan {
    let mut plan = Plan::nothing();
    let uid = object.uid();
    for dependent in view.cache.dependents_of(&uid) {
        let Some(it) = view.cache.get(dependent) else { continue };
        let owner: Vec<OwnerReference> = it.owners().filter(|owner| owner.uid == uid).collect();
        plan.write(
            writes::let_go(dependent, it, &owner.iter().collect::<Vec<_>>()).following(key, "metadata.finalizers"),
        );
    }
    plan.observed = in_words(plan.writes.len(), "").trim_end().into();
    plan.desired = "none: they are to be orphaned".into();
    plan.write(Write::remove_finalizer(key, object, ORPHAN, "its dependents are orphaned"));
    plan
}

/// Takes the finalizer away once no dependent blocks the deletion any more.
fn finish_foreground(key: &Key, object: &Object, view: &View<'_>) -> Plan {
    let mut plan = Plan::nothing();
    let uid = object.uid();
    let blocks = |it: &&Object| it.owners().any(|owner| owner.uid == uid && owner.block_owner_deletion);
    let blocking = dependents(object, view).filter(blocks).count();
    plan.observed =
        in_words(blocking, if blocking == 1 { "that blocks the deletion" } else { "that block the deletion" }).into();
    plan.desired = "none".into();
    if blocking == 0 {
        plan.write(Write::remove_finalizer(key, object, FOREGROUND, "no dependent blocks the deletion any more"));
    }
    plan
}

fn in_words(count: usize, which: &str) -> String {
    format!("{count} dependent{} {which}", if count == 1 { "" } else { "s" })
}

fn dependents<'a>(object: &Object, view: &View<'a>) -> impl Iterator<Item = &'a Object> + use<'a> {
    let cache = view.cache;
    cache.dependents_of(&object.uid()).filter_map(move |key| cache.get(key))
}

/// Wakes whom a change may concern: the object itself, its dependents, or an owner that waits for it.
fn of_change(change: &Change, view: &View<'_>, queue: &mut Vec<Enqueue>) {
    let mut keys: BTreeSet<Key> = BTreeSet::new();
    match (&change.before, &change.after) {
        (Some(gone), None) => keys.extend(view.cache.dependents_of(&gone.uid()).cloned()),
        (before, Some(after)) => {
            if needs_a_look(&change.key, after, view) {
                keys.insert(change.key.clone());
            }
            if waits(after) && !before.as_ref().is_some_and(waits) {
                keys.extend(view.cache.dependents_of(&after.uid()).cloned());
            }
        }
        (None, None) => {}
    }
    keys.extend(waiting_owners(change, view));
    queue.extend(keys.into_iter().map(Enqueue::now));
}

/// True for an object on which this controller may have something to do.
fn needs_a_look(key: &Key, object: &Object, view: &View<'_>) -> bool {
    if object.is_terminating() {
        return has(object, FOREGROUND) || has(object, ORPHAN);
    }
    object.owners().any(|owner| bond(key, &owner, view) != Bond::Solid)
}

/// The owners, before the change, that are deleted in the foreground.
fn waiting_owners(change: &Change, view: &View<'_>) -> Vec<Key> {
    let owners = change.before.iter().flat_map(Object::owners);
    let found = owners.filter_map(|owner| find_owner(&change.key, &owner, view));
    found.filter(|(_, owner)| waits(owner)).map(|(key, _)| key).collect()
}
