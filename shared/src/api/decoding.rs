//! From what a client sent to an object of the kind: wrong types are refused, unknown fields are named.
//!
//! Upstream: `k8s.io/apiserver/pkg/endpoints/handlers/{create,update,patch}.go` (`fieldValidation`).

use crate::api::pipeline::Call;
use crate::api::{FieldValidation, PatchKind, Registration, Status, Verb};
use crate::model::decode::{Decoded, cannot_handle, decode, strict_error};
use crate::model::schema::Schema;
use crate::model::{Object, Value};

/// Reads the body of a creation or an update; parts that are the old object's own are not read again.
///
/// # Errors
/// The body is no object of the kind, or it has unknown fields and the request wants them refused.
pub(super) fn read(call: &mut Call<'_>, object: &Object, old: Option<&Object>) -> Result<Object, Status> {
    let found = object.kind().to_owned();
    let decoded = decoded(call.resource, object, old);
    if let (Some(error), Verb::Patch(PatchKind::Apply)) = (&decoded.error, call.request.verb) {
        return Err(not_converted(call, object, error));
    }
    let (resource, warnings) = (call.resource, &mut call.notes.warnings);
    let refuse = |reason: &str| Status::bad_request(cannot_handle(&found, &resource.version, &resource.kind, reason));
    if let Some(error) = &decoded.error {
        return Err(refuse(error));
    }
    if !decoded.unknown.is_empty() {
        match call.request.options.field_validation {
            FieldValidation::Strict => return Err(refuse(&strict_error(&decoded.unknown))),
            FieldValidation::Warn => warnings.extend(decoded.unknown),
            FieldValidation::Ignore => {}
        }
    }
    Ok(Object(decoded.value))
}

/// 500, as upstream has it: what was applied fits the schema's kinds, but not the types behind them.
fn not_converted(call: &Call<'_>, object: &Object, error: &str) -> Status {
    let (place, version) = (call.key.path(), object.api_version());
    let version = if version.contains('/') { version.to_owned() } else { format!("/{version}") };
    let kind = format!("{version}, Kind={}", object.kind());
    let decoding = if error.starts_with("illegal base64") { "error decoding from json: " } else { "" };
    Status::internal(format!(
        "failed to convert new object ({place}; {kind}) to proper version: unable to convert unstructured object to {kind}: {decoding}{error}"
    ))
}

/// An object of the resource's type; what the type does not know is gone.
///
/// # Errors
/// It has values of other types.
#[cfg(feature = "every-kind")]
pub(super) fn typed(resource: &Registration, object: &Object) -> Result<Object, String> {
    let decoded = decoded(resource, object, None);
    decoded.error.map_or(Ok(Object(decoded.value)), Err)
}

fn decoded(resource: &Registration, object: &Object, old: Option<&Object>) -> Decoded {
    #[cfg(feature = "every-kind")]
    if let Some(custom) = &resource.custom {
        return custom.decode(object);
    }
    let Some(id) = Schema::get().find(&resource.api_version(), &resource.kind) else {
        return Decoded { value: object.0.clone(), ..Decoded::default() };
    };
    let unchanged: Vec<&str> = match old {
        Some(old) => ["metadata", "spec", "status"].into_iter().filter(|it| is_same(object, old, it)).collect(),
        None => Vec::new(),
    };
    let mut changed = object.0.clone();
    for field in &unchanged {
        changed.map_mut().remove(field);
    }
    let mut decoded = decode(&changed, id);
    for field in unchanged {
        decoded.value.map_mut().insert(field, object.get(field));
    }
    decoded
}

fn is_same(object: &Object, old: &Object, field: &str) -> bool {
    let value: &Value = object.get(field);
    !value.is_null() && value == old.get(field)
}
