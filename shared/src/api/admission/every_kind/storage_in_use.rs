//! What is in use does not go: volumes and claims are born with a finalizer.
//!
//! Upstream: `plugin/pkg/admission/storage/storageobjectinuseprotection/admission.go`.

use crate::api::admission::Plugin;
use crate::model::{Object, ResourceName};

/// The registration.
pub(crate) const PLUGIN: Plugin = Plugin {
    name: "StorageObjectInUseProtection",
    resources: &["persistentvolumeclaims", "persistentvolumes"],
    mutate: Some(|object, admission| {
        protect(object, finalizer(&admission.key.resource));
        Ok(())
    }),
    ..Plugin::NONE
};

fn finalizer(resource: &ResourceName) -> &'static str {
    match resource.plural() {
        "persistentvolumeclaims" => "kubernetes.io/pvc-protection",
        _ => "kubernetes.io/pv-protection",
    }
}

fn protect(object: &mut Object, finalizer: &str) {
    if !object.finalizers().any(|it| it == finalizer) {
        object.entry("metadata.finalizers").list_mut().push(finalizer.into());
    }
}
