//! Nothing is made in a namespace that does not exist or is going; three namespaces stay for ever.
//!
//! Upstream: `k8s.io/apiserver/pkg/admission/plugin/namespace/lifecycle`.

use crate::api::Status;
use crate::api::admission::{Admission, Operation, Plugin};
use crate::model::key::resources::NAMESPACES;
use crate::model::{Key, Value};
use crate::store::Store;

/// The registration.
pub(super) const PLUGIN: Plugin = Plugin {
    name: "NamespaceLifecycle",
    on: &[Operation::Create, Operation::Delete],
    resources: &["*"],
    mutate: Some(|_, admission| admit(admission)),
    ..Plugin::NONE
};

fn admit(admission: &Admission<'_>) -> Result<(), Status> {
    match admission.operation {
        Operation::Create => admit_create(admission.key, admission.store),
        Operation::Delete => admit_delete(admission.key),
        Operation::Update => Ok(()),
        #[cfg(feature = "every-kind")]
        Operation::Connect => Ok(()),
    }
}

/// Namespaces that may not be deleted.
const IMMORTAL: [&str; 3] = ["default", "kube-system", "kube-public"];

/// Namespaces that the API server makes for itself when it starts, so that they count as there from the first request on.
const SYSTEM: [&str; 4] = ["default", "kube-node-lease", "kube-public", "kube-system"];

/// Looks at the creation of `key`, whose namespace is empty for a cluster-scoped object.
///
/// # Errors
/// The namespace does not exist, or it is being deleted.
fn admit_create(key: &Key, store: &Store) -> Result<(), Status> {
    if key.namespace.is_empty() {
        return Ok(());
    }
    let place = Key::new(NAMESPACES, "", key.namespace.clone());
    let Some(namespace) = store.get(&place) else {
        let is_system = SYSTEM.contains(&place.name.as_str());
        return if is_system { Ok(()) } else { Err(Status::not_found(&place)) };
    };
    if !namespace.is_terminating() && namespace.at("status.phase").str() != "Terminating" {
        return Ok(());
    }
    let name = &key.namespace;
    let detail = format!("unable to create new content in namespace {name} because it is being terminated");
    let mut status = Status::forbidden(key, &detail);
    let cause = Value::from([
        ("reason", "NamespaceTerminating".into()),
        ("message", format!("namespace {name} is being terminated").into()),
        ("field", "metadata.namespace".into()),
    ]);
    status.details.set("causes", Value::from(vec![cause]));
    Err(status)
}

/// Looks at the deletion of `key`.
///
/// # Errors
/// It is one of the namespaces that stay.
fn admit_delete(key: &Key) -> Result<(), Status> {
    if key.resource == NAMESPACES && IMMORTAL.contains(&key.name.as_str()) {
        return Err(Status::forbidden(key, "this namespace may not be deleted"));
    }
    Ok(())
}
