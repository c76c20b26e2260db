//! A claim that names no class gets the newest of the default ones, if there is any.
//!
//! Upstream: `plugin/pkg/admission/storage/storageclass/setdefault/admission.go`.

use crate::api::admission::Plugin;
use crate::model::{Object, ResourceName};
use crate::store::Store;
use std::cmp::Reverse;

/// The registration.
pub(crate) const PLUGIN: Plugin = Plugin {
    name: "DefaultStorageClass",
    resources: &["persistentvolumeclaims"],
    mutate: Some(|claim, admission| {
        default_class(claim, admission.store);
        Ok(())
    }),
    ..Plugin::NONE
};

const CLASSES: ResourceName = ResourceName::of("storageclasses.storage.k8s.io");
const DEFAULT: [&str; 2] =
    ["storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"];
/// Where the beta had the name of the class.
const BETA_CLASS: &str = "volume.beta.kubernetes.io/storage-class";

fn default_class(claim: &mut Object, store: &Store) {
    if !claim.at("spec.storageClassName").is_null() || claim.annotation(BETA_CLASS).is_some() {
        return;
    }
    let defaults = store.list(&CLASSES).filter(|it| DEFAULT.iter().any(|key| it.annotation(key) == Some("true")));
    if let Some(newest) = defaults.max_by_key(|it| (it.created(), Reverse(it.name()))) {
        claim.set("spec.storageClassName", newest.name());
    }
}
