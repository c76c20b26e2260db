//! Which objects a controller manages: adopts orphans that its selector selects, lets go of those it no longer selects.
//!
//! Upstream: `pkg/controller/controller_ref_manager.go` (`ClaimObject`).
//! Differs: ownership is changed by a merge patch that carries uid and resource version, so a stale view is refused; that
//! replaces the uncached read before an adoption.

use crate::api::PatchKind;
use crate::controllers::pods::key_of;
use crate::model::{Key, Object, OwnerReference, ResourceName, Selector, Value};
use crate::plan::{Plan, View, Write};

/// What an owner has after its claims, and the writes that make the claims true.
pub(crate) struct Claims<'a> {
    /// The objects it manages from now on, in the order of their keys.
    pub(crate) mine: Vec<&'a Object>,
    /// The adoptions and releases.
    pub(crate) writes: Vec<Write>,
}

/// What becomes of one candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Claim {
    /// It is the owner's already.
    Keep,
    /// It has no owner and is selected.
    Adopt,
    /// It is the owner's and no longer selected.
    Release,
    /// It is none of the owner's business.
    Ignore,
}

/// Claims the objects of `resource` that `owner` selects, among those that pass `relevant`.
pub(crate) fn claim<'a>(
    owner: &Object,
    selector: &Selector,
    resource: &ResourceName,
    view: &View<'a>,
    relevant: fn(&Object) -> bool,
) -> Claims<'a> {
    let mut claims = Claims { mine: Vec::new(), writes: Vec::new() };
    for object in candidates(owner, resource, view).filter(|it| relevant(it)) {
        let key = key_of(resource.clone(), object);
        match judge(owner, selector, object) {
            Claim::Keep => claims.mine.push(object),
            Claim::Adopt => {
                claims.mine.push(object);
                claims.writes.push(adoption(owner, &key, object));
            }
            Claim::Release => claims.writes.push(release(owner, &key, object)),
            Claim::Ignore => {}
        }
    }
    claims
}

/// Adds the writes of `claims` to a plan.
pub(crate) fn carry_out(claims: &mut Claims<'_>, plan: &mut Plan) {
    plan.writes.append(&mut claims.writes);
}

/// The objects of `resource` that `owner` manages, and those nobody manages, in its namespace.
fn candidates<'a>(
    owner: &Object,
    resource: &ResourceName,
    view: &View<'a>,
) -> impl Iterator<Item = &'a Object> + use<'a> {
    let kind = resource.clone();
    let namespace = owner.namespace();
    let managed =
        view.cache.owned_keys(&owner.uid()).filter(move |key| key.resource == kind && key.namespace == namespace);
    let orphans = view.cache.orphans_in(resource, &owner.namespace());
    let cache = view.cache;
    let mut keys: Vec<&Key> = managed.chain(orphans).collect();
    keys.sort_unstable();
    keys.into_iter().filter_map(|key| cache.get(key))
}

fn judge(owner: &Object, selector: &Selector, object: &Object) -> Claim {
    let selected = selector.matches(object.metadata().get("labels"));
    match object.controller() {
        Some(controller) if controller.uid != owner.uid() => Claim::Ignore,
        Some(_) if selected => Claim::Keep,
        Some(_) if owner.is_terminating() => Claim::Ignore,
        Some(_) => Claim::Release,
        None if owner.is_terminating() || !selected || object.is_terminating() => Claim::Ignore,
        None => Claim::Adopt,
    }
}

fn adoption(owner: &Object, key: &Key, object: &Object) -> Write {
    let mut owners = object.metadata().get("ownerReferences").items().to_vec();
    owners.retain(|it| it.get("uid").str() != owner.uid());
    owners.push(OwnerReference::controlled_by(owner).to_value());
    let reason = format!("adopted {}: selected by {} {}, managed by nobody", key.name, owner.kind(), owner.name());
    let patch = ownership(object, owners.into());
    following_selector(Write::patch(key, "", PatchKind::Merge, patch, reason), owner).following(key, "metadata.labels")
}

fn release(owner: &Object, key: &Key, object: &Object) -> Write {
    let mut owners = object.metadata().get("ownerReferences").items().to_vec();
    owners.retain(|it| it.get("uid").str() != owner.uid());
    let owners = if owners.is_empty() { Value::Null } else { owners.into() };
    let reason = format!("released {}: {} {} no longer selects its labels", key.name, owner.kind(), owner.name());
    let write = Write::patch(key, "", PatchKind::Merge, ownership(object, owners), reason).tolerating(&["NotFound"]);
    following_selector(write, owner).following(key, "metadata.labels")
}

fn ownership(object: &Object, owners: Value) -> Value {
    let mut patch = Value::map();
    patch.set("metadata.uid", object.uid());
    patch.set("metadata.resourceVersion", object.metadata().get("resourceVersion"));
    patch.set("metadata.ownerReferences", owners);
    patch
}

fn following_selector(write: Write, owner: &Object) -> Write {
    match crate::api::resources::find_kind(owner.api_version(), owner.kind()) {
        Some(resource) => write.following(&key_of(resource.name(), owner), "spec.selector"),
        None => write,
    }
}
