//! What the server fills in, keeps and checks of an object's `metadata`, for every kind alike.
//!
//! Upstream: `k8s.io/apiserver/pkg/registry/rest/{create,update,meta}.go`.

use crate::api::{Registration, Request, Scope, Status};
use crate::model::{Chance, Object, Text, Time};

/// The longest generated name, in bytes; the prefix gives way to the random part.
const NAME_MAX_BYTES: usize = 63;
/// How long the random part of a generated name is.
const RANDOM_BYTES: usize = 5;

/// Checks that the body of a creation belongs where it was sent, and puts it there.
///
/// # Errors
/// The body names another namespace or object than the path.
pub(crate) fn place(object: &mut Object, resource: &Registration, request: &Request) -> Result<(), Status> {
    let target = &request.target;
    match (object.namespace(), resource.scope) {
        (own, Scope::Namespaced) if own.is_empty() && !target.namespace.is_empty() => {
            object.set("metadata.namespace", &target.namespace);
        }
        (own, Scope::Namespaced) if own == target.namespace => {}
        (_, Scope::Namespaced) => return Err(wrong_namespace()),
        (own, Scope::Cluster) if own.is_empty() => {}
        (_, Scope::Cluster) => drop(object.remove("metadata.namespace")),
    }
    let name = object.name();
    if !target.name.is_empty() && !name.is_empty() && name != target.name {
        return Err(wrong_name(&name, &target.name));
    }
    Ok(())
}

fn wrong_namespace() -> Status {
    Status::bad_request("the namespace of the provided object does not match the namespace sent on the request")
}

/// The body does not say which object it is about; `path` does.
pub(crate) fn no_name(path: &str) -> Status {
    Status::bad_request(format!(
        "the name of the object ({path} based on URL) was undeterminable: name must be provided"
    ))
}

fn wrong_name(name: &str, path: &str) -> Status {
    let message = format!("the name of the object ({name}) does not match the name on the URL ({path})");
    Status::bad_request(message)
}

/// Fills in what every new object has: uid and creation time; forgets what only the server may set.
pub(crate) fn fill(object: &mut Object, uid: Text, now: Time) {
    for field in ["deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"] {
        if !object.metadata().get(field).is_null() {
            object.entry("metadata").remove(field);
        }
    }
    object.set("metadata.uid", uid);
    object.set("metadata.creationTimestamp", now.to_string());
}

/// A name from `generateName`: the prefix, cut if need be, and five random letters.
pub(crate) fn generated_name(object: &Object, chance: &mut Chance) -> Option<Text> {
    let prefix = object.metadata().get("generateName").str();
    if prefix.is_empty() {
        return None;
    }
    let end = prefix.len().min(NAME_MAX_BYTES - RANDOM_BYTES);
    let cut = prefix.get(..end).unwrap_or(prefix);
    Some(format!("{cut}{}", chance.suffix(RANDOM_BYTES)).into())
}

/// Checks that the body of an update is about the object that it was sent to.
///
/// # Errors
/// It names another object, namespace, uid or an older revision.
pub(crate) fn check_identity(new: &Object, old: &Object, key: &crate::model::Key) -> Result<(), Status> {
    let (name, namespace, uid) = (new.name(), new.namespace(), new.uid());
    if name.is_empty() {
        return Err(no_name(&key.name));
    }
    if name != key.name {
        return Err(wrong_name(&name, &key.name));
    }
    if !namespace.is_empty() && namespace != key.namespace {
        return Err(wrong_namespace());
    }
    if !uid.is_empty() && uid != old.uid() {
        let detail = format!("Precondition failed: UID in precondition: {uid}, UID in object meta: {}", old.uid());
        return Err(Status::conflict(key, &detail));
    }
    let version = new.metadata().get("resourceVersion").str();
    if !version.is_empty() && version != "0" && version != old.metadata().get("resourceVersion").str() {
        return Err(Status::conflict(key, STALE));
    }
    Ok(())
}

/// Why an update based on an older revision is refused.
pub(crate) const STALE: &str =
    "the object has been modified; please apply your changes to the latest version and try again";

/// Where the managed fields of an update come from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum ManagedFields {
    /// The new object has them, as apply made them.
    Given,
    /// The old object had them.
    Kept,
}

/// Gives `new` what an update cannot change or may leave out.
pub(crate) fn carry_over(new: &mut Object, old: &Object, source: ManagedFields) {
    let fields = [
        "uid",
        "creationTimestamp",
        "resourceVersion",
        "generation",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "namespace",
        "generateName",
        "selfLink",
        "managedFields",
    ];
    if new.metadata() == old.metadata() {
        return;
    }
    for field in fields {
        let kept = old.metadata().get(field);
        let given = new.metadata().get(field);
        let applied = field == "managedFields" && source == ManagedFields::Given;
        let may_differ = applied || matches!(field, "creationTimestamp" | "generateName") && !given.is_empty();
        if given == kept || may_differ {
            continue;
        }
        if kept.is_null() {
            new.entry("metadata").remove(field);
        } else {
            new.entry("metadata").set(field, kept);
        }
    }
}
