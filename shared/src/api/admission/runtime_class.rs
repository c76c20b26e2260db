//! A pod carries the overhead of its runtime class, which must exist.
//!
//! Upstream: `plugin/pkg/admission/runtimeclass/admission.go`.

use crate::api::Status;
use crate::api::admission::{Admission, Plugin};
use crate::model::{Key, Object, ResourceName};

/// The registration.
pub(super) const PLUGIN: Plugin =
    Plugin { name: "RuntimeClass", resources: &["pods"], mutate: Some(check_runtime_class), ..Plugin::NONE };

const RUNTIME_CLASSES: ResourceName = ResourceName::of("runtimeclasses.node.k8s.io");

fn check_runtime_class(pod: &mut Object, admission: &mut Admission<'_>) -> Result<(), Status> {
    let name = pod.at("spec.runtimeClassName").text();
    if name.is_empty() {
        return Ok(());
    }
    let class = admission.store.get(&Key::new(RUNTIME_CLASSES, "", name.clone()));
    let class = class.ok_or_else(|| admission.forbid(&format!("pod rejected: RuntimeClass \"{name}\" not found")))?;
    let overhead = class.at("overhead.podFixed");
    if !overhead.is_null() {
        pod.set("spec.overhead", overhead);
    }
    Ok(())
}
