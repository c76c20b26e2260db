//! Patches: each kind in a file of its own, all of them pure functions from the old object and the patch to the new one.
//!
//! Upstream: `k8s.io/apiserver/pkg/endpoints/handlers/patch.go`.

mod json;
mod merge;

use crate::api::pipeline::Call;
use crate::api::{PatchKind, Status};
use crate::model::Object;

/// The object that a patch request makes of `old`.
///
/// # Errors
/// The patch is malformed or does not fit the object.
pub(super) fn apply(kind: PatchKind, call: &Call<'_>, old: &Object) -> Result<Object, Status> {
    let patch = &call.request.body;
    let new = match kind {
        PatchKind::Json => json::apply(old, patch)?,
        PatchKind::Merge | PatchKind::StrategicMerge | PatchKind::Apply => merge::apply(old, patch),
    };
    Ok(new)
}
