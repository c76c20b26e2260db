//! What a webhook answered.
//!
//! Upstream: `plugin/webhook/request/admissionreview.go` (`VerifyAdmissionResponse`), `plugin/webhook/errors/statuserror.go`.

use super::review::Sort;
use crate::api::{Status, base64};
use crate::model::{Text, Value};

/// The reasons of `metav1.Status`.
const REASONS: &[&str] = &[
    "Unauthorized",
    "Forbidden",
    "NotFound",
    "AlreadyExists",
    "Conflict",
    "Gone",
    "Invalid",
    "ServerTimeout",
    "Timeout",
    "TooManyRequests",
    "BadRequest",
    "MethodNotAllowed",
    "NotAcceptable",
    "RequestEntityTooLarge",
    "UnsupportedMediaType",
    "InternalError",
    "Expired",
    "ServiceUnavailable",
];

/// An answer that is well-formed.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Verdict {
    /// `status` of an answer that says no.
    pub(super) refusal: Option<Value>,
    /// The patch, decoded from base64; empty without.
    pub(super) patch: Vec<u8>,
    /// `JSONPatch`.
    pub(super) patch_type: Text,
    pub(super) warnings: Vec<Text>,
    pub(super) annotations: Vec<(Text, Text)>,
}

/// Reads the review that a webhook sent back.
///
/// # Errors
/// It is no answer to the review `uid` in this version.
pub(super) fn read(body: &Value, uid: &str, api_version: &str, sort: Sort) -> Result<Verdict, String> {
    let response = body.get("response");
    if response.is_null() {
        return Err("webhook response was absent".into());
    }
    let is_first = api_version.ends_with("/v1");
    let told = response.get("uid").str();
    if is_first && told != uid {
        return Err(format!("expected response.uid=\"{uid}\", got \"{told}\""));
    }
    let (version, kind) = (body.get("apiVersion").str(), body.get("kind").str());
    if is_first && (version, kind) != (api_version, "AdmissionReview") {
        let got = if version.contains('/') { version.to_owned() } else { format!("/{version}") };
        return Err(format!(
            "expected webhook response of {api_version}, Kind=AdmissionReview, got {got}, Kind={kind}"
        ));
    }
    let patch = base64::decode(response.get("patch").str()).map_err(|_| "illegal base64 data in response.patch")?;
    let texts = |field: &str| response.get(field).items().iter().map(Value::text).collect();
    let notes = response.get("auditAnnotations").fields().iter();
    Ok(Verdict {
        refusal: (!response.get("allowed").is_true()).then(|| response.get("status").clone()),
        patch_type: patch_type(&patch, response.get("patchType"), is_first, sort)?,
        patch,
        warnings: texts("warnings"),
        annotations: notes.map(|(key, value)| (key.clone(), value.text())).collect(),
    })
}

/// The type of the patch; there is none without the other.
fn patch_type(patch: &[u8], kind: &Value, is_first: bool, sort: Sort) -> Result<Text, String> {
    let wrong = |why: &str| Err(why.to_owned());
    match (sort, patch.is_empty(), kind.as_str()) {
        // The version before took a patch without its type.
        (Sort::Mutating, false, _) if !is_first => Ok(Text::new_static("JSONPatch")),
        (_, _, _) if !is_first => Ok(Text::default()),
        (Sort::Validating, false, _) => wrong("validating webhook may not return response.patch"),
        (Sort::Validating, true, Some(_)) => wrong("validating webhook may not return response.patchType"),
        (Sort::Mutating, false, None) => wrong("webhook returned response.patch but not response.patchType"),
        (Sort::Mutating, true, Some(_)) => wrong("webhook returned response.patchType but not response.patch"),
        (Sort::Mutating, false, Some("")) => wrong("webhook returned invalid response.patchType of \"\""),
        (_, _, kind) => Ok(kind.unwrap_or_default().into()),
    }
}

/// The refusal of a webhook that said no, with what it told of why.
pub(super) fn refusal(name: &str, result: &Value) -> Status {
    let by = format!("admission webhook \"{name}\" denied the request");
    let (message, reason) = (result.get("message").str(), result.get("reason").str());
    let message = match (message, reason) {
        ("", "") => format!("{by} without explanation"),
        ("", reason) => format!("{by}: {reason}"),
        (message, _) => format!("{by}: {message}"),
    };
    let code = u16::try_from(result.get("code").int_or(0)).ok().filter(|it| (400..600).contains(it)).unwrap_or(400);
    let reason = REASONS.iter().find(|it| **it == reason).copied().unwrap_or_default();
    Status { code, reason, message, details: result.get("details").clone() }
}
