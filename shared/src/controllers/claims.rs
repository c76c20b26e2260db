//! Which objects a controller manages: adopts orphans that its selector selects, lets go of those it no longer selects.
//!
//! Upstream: `pkg/controller/controller_ref_manager.go` (`ClaimObject`).
//! Differs: ownership is changed by a merge patch that carries uid and resource version, so a stale view is refused; that
//! replaces the uncached read before an adoption.

use crate::api::PatchKind;
use crate::controllers::pods::key_of;
use crate::model::{Key, Object, Order, OwnerReference, ResourceName, Selector, Value};
use crate::plan::{Plan, View, Write};
use crate::store::{Look, Member};

/// What an owner has after its claims, and the writes that make the claims true.
pub(crate) struct Claims<'a> {
    /// The objects it manages from now on, in the order of their keys.
    pub(crate) mine: Vec<&'a Member>,
    /// The adoptions and releases.
    pub(crate) writes: Vec<Write>,
}

/// Claims the objects of `resource` that `owner` selects, among those that pass `relevant`.
pub(crate) fn claim<'a>(
    owner: &Object,
    selector: &Selector,
    resource: &ResourceName,
    view: &View<'a>,
    relevant: fn(&Member) -> bool,
) -> Claims<'a> {
    let mut claims = Claims { mine: Vec::new(), writes: Vec::new() };
    let namespace = owner.namespace();
    let is_selected = |member: &Member| selector.matches(&member.labels);
    let is_here = |key: &Key| key.resource == *resource && key.namespace == namespace;
    let managed = view.cache.members(&owner.uid()).filter(|(key, member)| is_here(key) && relevant(member));
    for (key, member) in managed {
        if is_selected(member) {
            claims.mine.push(member);
        } else if !owner.is_terminating() {
            claims.writes.push(release(owner, key, &member.object));
        }
    }
    if owner.is_terminating() {
        return claims;
    }
    for (key, member) in adoptable(owner, selector, resource, view).filter(|(_, member)| relevant(member)) {
        claims.mine.push(member);
        claims.writes.push(adoption(owner, key, &member.object));
    }
    if !claims.writes.is_empty() {
        claims.mine.sort_by_cached_key(|member| member.object.name());
        claims.writes.order_by(|a, b| a.request.target.name.cmp(&b.request.target.name));
    }
    claims
}

/// Adds the writes of `claims` to a plan.
pub(crate) fn carry_out(claims: &mut Claims<'_>, plan: &mut Plan) {
    plan.writes.append(&mut claims.writes);
}

/// What an owner of very many objects has after its claims: counts, and the few that it adopts.
pub(crate) struct Counted<'a> {
    /// What it had already and selects, by what it looks like.
    pub(crate) looks: Vec<&'a Look>,
    /// The active ones that it adopts.
    pub(crate) adopted: Vec<&'a Member>,
    /// The adoptions and releases.
    pub(crate) writes: Vec<Write>,
}

/// Claims the active objects of `resource` that `owner` selects, without looking at each.
pub(crate) fn claim_counted<'a>(
    owner: &Object,
    selector: &Selector,
    resource: &ResourceName,
    view: &View<'a>,
) -> Counted<'a> {
    let namespace = owner.namespace();
    let here = view.cache.looks(&owner.uid()).filter(|it| it.resource == *resource && it.namespace == namespace);
    let (looks, strange): (Vec<_>, Vec<_>) = here.partition(|it| selector.matches(&it.labels));
    let adopted: Vec<_> = if owner.is_terminating() {
        Vec::new()
    } else {
        adoptable(owner, selector, resource, view).filter(|(_, it)| it.facts.is_active()).collect()
    };
    let is_quiet = adopted.is_empty() && strange.iter().all(|it| it.tally.active == 0);
    let writes = if is_quiet {
        Vec::new()
    } else {
        claim(owner, selector, resource, view, |member| member.facts.is_active()).writes
    };
    Counted { looks, adopted: adopted.into_iter().map(|(_, it)| it).collect(), writes }
}

/// The objects that nobody manages and `owner` selects.
fn adoptable<'a>(
    owner: &Object,
    selector: &Selector,
    resource: &ResourceName,
    view: &View<'a>,
) -> impl Iterator<Item = (&'a Key, &'a Member)> {
    let orphans = view.cache.orphans_in(resource, &owner.namespace());
    orphans.filter(|(_, it)| !it.facts.is_terminating && selector.matches(&it.labels))
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
