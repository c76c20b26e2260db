//! Patches: each kind in a file of its own, all of them pure functions from the old object and the patch to the new one.
//!
//! Upstream: `k8s.io/apiserver/pkg/endpoints/handlers/patch.go`.

mod apply;
mod json;
mod merge;
mod strategic;

#[cfg(feature = "every-kind")]
pub(super) use json::apply as apply_json;

use crate::api::pipeline::Call;
use crate::api::{PatchKind, Status};
use crate::model::Object;
use crate::model::schema::{Schema, TypeId};

/// The object that a patch request makes of `old`.
///
/// # Errors
/// The patch is malformed or does not fit the object.
pub(super) fn apply(kind: PatchKind, call: &Call<'_>, old: &Object) -> Result<Object, Status> {
    let patch = &call.request.body;
    let new = match kind {
        PatchKind::Json => json::apply(old, patch)?,
        PatchKind::StrategicMerge => strategic::apply(old, patch, built_in(call)?)?,
        PatchKind::Merge => merge::apply(old, patch),
        PatchKind::Apply => apply::apply(call, Some(old), type_of(call)?)?,
    };
    Ok(new)
}

/// The object that server-side apply makes where there is none yet.
///
/// # Errors
/// As for [`apply()`].
pub(super) fn apply_new(call: &Call<'_>) -> Result<Object, Status> {
    apply::apply(call, None, type_of(call)?)
}

/// The type of the object that is patched.
fn type_of<'a>(call: &Call<'a>) -> Result<(&'a Schema, TypeId), Status> {
    #[cfg(feature = "every-kind")]
    if let (Some(custom), false) = (&call.resource.custom, call.request.target.subresource == "scale") {
        return Ok(custom.type_of());
    }
    built_in(call).map(|id| (Schema::get(), id))
}

/// The same, where the type is one of Kubernetes' own.
fn built_in(call: &Call<'_>) -> Result<TypeId, Status> {
    let (version, kind) = match call.request.target.subresource.as_str() {
        "scale" => ("autoscaling/v1".into(), "Scale"),
        _ => (call.resource.api_version(), call.resource.kind.as_str()),
    };
    Schema::get().find(&version, kind).ok_or_else(unsupported)
}

/// 415: custom resources know no merge keys.
fn unsupported() -> Status {
    let types = "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml";
    let message = format!("the body of the request was in an unknown format - accepted media types include: {types}");
    Status { code: 415, reason: "UnsupportedMediaType", message, details: crate::model::Value::map() }
}
