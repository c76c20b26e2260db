//! A claim grows only while it is bound, and only if its class lets it.
//!
//! Upstream: `plugin/pkg/admission/storage/persistentvolume/resize/admission.go`.

use crate::api::Status;
use crate::api::admission::{Admission, InForce, Operation, Plugin};
use crate::model::{Key, Object, Quantity, ResourceName};

/// The registration.
pub(crate) const PLUGIN: Plugin = Plugin {
    name: "PersistentVolumeClaimResize",
    in_force: InForce::Full,
    on: &[Operation::Update],
    resources: &["persistentvolumeclaims"],
    validate: Some(validate),
    ..Plugin::NONE
};

const CLASSES: ResourceName = ResourceName::of("storageclasses.storage.k8s.io");
/// Where the beta had the name of the class.
const BETA_CLASS: &str = "volume.beta.kubernetes.io/storage-class";

fn validate(new: &Object, admission: &mut Admission<'_>) -> Result<(), Status> {
    let Some(old) = admission.old else { return Ok(()) };
    let size = |claim: &Object| Quantity::read(claim.at("spec.resources.requests.storage"));
    if size(new) <= size(old) {
        return Ok(());
    }
    if old.at("status.phase").str() != "Bound" {
        return Err(admission.forbid("Only bound persistent volume claims can be expanded"));
    }
    if may_grow(new, old, admission) {
        return Ok(());
    }
    Err(admission.forbid(
        "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize",
    ))
}

fn may_grow(new: &Object, old: &Object, admission: &Admission<'_>) -> bool {
    let class = class(new);
    let stored = admission.store.get(&Key::new(CLASSES, "", class));
    !class.is_empty() && class == self::class(old) && stored.is_some_and(|it| it.get("allowVolumeExpansion").is_true())
}

fn class(claim: &Object) -> &str {
    claim.annotation(BETA_CLASS).unwrap_or_else(|| claim.at("spec.storageClassName").str())
}
