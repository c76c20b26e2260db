//! Whether an owner that an object names is there, waits for it, or is gone.
//!
//! Upstream: `classifyReferences`, `isDangling`, `pkg/controller/garbagecollector/graph_builder.go`.

use super::waits;
#[cfg(feature = "every-kind")]
use crate::api::custom;
use crate::api::{Scope, resources};
use crate::model::key::resources::NAMESPACES;
use crate::model::{Key, Object, OwnerReference, ResourceName};
use crate::plan::{EventDraft, View};

/// What ties an object to one of its owners.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bond {
    /// The owner is there, or nobody can tell: the object stays.
    Solid,
    /// The owner is deleted in the foreground and waits for the object.
    Waiting,
    /// The owner does not exist.
    Gone,
}

/// Classifies the owner that the object at `key` names.
///
/// A kind that the API server does not know, and a namespaced owner of a cluster-scoped object, prove nothing.
pub(super) fn bond(key: &Key, owner: &OwnerReference, view: &View<'_>) -> Bond {
    let Some((_, scope)) = resource_of(owner, view) else { return Bond::Solid };
    if key.namespace.is_empty() && scope == Scope::Namespaced {
        return Bond::Solid;
    }
    match find_owner(key, owner, view) {
        None => Bond::Gone,
        Some((_, found)) if waits(found) => Bond::Waiting,
        Some(_) => Bond::Solid,
    }
}

/// The owner itself, if it is there under its name and uid.
pub(super) fn find_owner<'a>(key: &Key, owner: &OwnerReference, view: &View<'a>) -> Option<(Key, &'a Object)> {
    let key = owner_key(owner, &key.namespace, view)?;
    let found = view.cache.get(&key).filter(|it| it.uid() == owner.uid)?;
    Some((key, found))
}

/// The key that an owner has for an object in `namespace`.
pub(super) fn owner_key(owner: &OwnerReference, namespace: &str, view: &View<'_>) -> Option<Key> {
    let (resource, scope) = resource_of(owner, view)?;
    let namespace = if scope == Scope::Namespaced { namespace } else { "" };
    Some(Key::new(resource, namespace, owner.name.clone()))
}

/// The event that says that an owner lives in another namespace.
pub(super) fn lost_namespace(object: &Object, owner: &OwnerReference, view: &View<'_>) -> Option<EventDraft> {
    resource_of(owner, view).filter(|(_, scope)| *scope == Scope::Namespaced)?;
    let namespaces = view.cache.list(&NAMESPACES).map(Object::name);
    let elsewhere = namespaces.filter(|it| *it != object.namespace()).filter_map(|it| owner_key(owner, &it, view));
    elsewhere.filter_map(|key| view.cache.get(&key)).find(|it| it.uid() == owner.uid)?;
    let OwnerReference { api_version, kind, name, uid, .. } = owner;
    let namespace = object.namespace();
    let shown = format!("[{api_version}/{kind}, namespace: {namespace}, name: {name}, uid: {uid}]");
    let message = format!("ownerRef {shown} does not exist in namespace \"{namespace}\"");
    Some(EventDraft::warning(object, "OwnerRefInvalidNamespace", message))
}

/// The resource of an owner's kind, and where its objects live; `None` if nobody serves it.
fn resource_of(owner: &OwnerReference, view: &View<'_>) -> Option<(ResourceName, Scope)> {
    if let Some(it) = resources::find_kind(&owner.api_version, &owner.kind) {
        return Some((it.name(), it.scope));
    }
    #[cfg(feature = "every-kind")]
    return custom::find_kind(view.cache.list(&custom::DEFINITIONS), &owner.api_version, &owner.kind);
    #[cfg(not(feature = "every-kind"))]
    {
        let _ = view;
        None
    }
}
