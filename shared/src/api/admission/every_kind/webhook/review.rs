//! What a webhook is asked with.
//!
//! Upstream: `plugin/webhook/request/admissionreview.go`.

use super::{Hook, Stopped, verdict};
use crate::api::admission::calls::HookCall;
use crate::api::admission::every_kind::policy::evaluation::request_value;
use crate::api::admission::every_kind::policy::matching::Named;
use crate::api::admission::{Admission, Operation, is_waiting};
use crate::api::{Registration, Status};
use crate::model::{Chance, Object, Text, Value, chance::Fnv};
use std::sync::Arc;
use verdict::Verdict;

/// The versions of reviews that are spoken.
const VERSIONS: &[&str] = &["v1", "v1beta1"];

/// What a webhook may answer with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    /// It may change the object.
    Mutating,
    /// It may only say yes or no.
    Validating,
}

/// Asks a webhook, or notes that it has to be asked; what it warns of and notes is passed on.
pub(super) fn ask(
    hook: &Hook,
    (sort, round): (Sort, usize),
    resource: &Named,
    object: &Object,
    admission: &mut Admission<'_>,
) -> Result<Verdict, Stopped> {
    let name = hook.name();
    if admission.is_dry_run() && !matches!(hook.spec.get("sideEffects").str(), "None" | "NoneOnDryRun") {
        let why = format!("admission webhook \"{name}\" does not support dry run");
        return Err(Stopped::Refused(Status::bad_request(why)));
    }
    let versions = hook.spec.get("admissionReviewVersions").items();
    let version = versions.iter().map(Value::str).find(|it| VERSIONS.contains(it)).unwrap_or("v1");
    let uid = uid(&format!("{sort:?}/{}/{round}", hook.id), admission);
    let api_version = format!("admission.k8s.io/{version}");
    let review = Value::from([
        ("kind", "AdmissionReview".into()),
        ("apiVersion", api_version.as_str().into()),
        ("request", request(&uid, resource, object, admission)?),
    ]);
    let (client, timeout_seconds) = (hook.spec.get("clientConfig").clone(), hook.timeout_seconds());
    let call = HookCall { name: name.clone(), client, timeout_seconds, review };
    let answer = admission.notes.calls.answer(call).ok_or(Stopped::Waiting)?;
    let body = answer.map_err(|it| Stopped::Failed(format!("failed to call webhook: {it}")))?;
    let verdict = verdict::read(&body, &uid, &api_version, sort)
        .map_err(|it| Stopped::Failed(format!("received invalid webhook response: {it}")))?;
    for (key, value) in &verdict.annotations {
        admission.annotate(&format!("{name}/{key}"), value);
    }
    for warning in &verdict.warnings {
        admission.warn(warning.as_str());
    }
    match &verdict.refusal {
        Some(result) => Err(Stopped::Refused(verdict::refusal(&name, result))),
        None => Ok(verdict),
    }
}

/// The same for each try of a request.
fn uid(what: &str, admission: &Admission<'_>) -> Text {
    let mut hash = Fnv::default();
    hash.write(what.as_bytes());
    hash.write(admission.key.path().as_bytes());
    Chance::new(admission.chance.clone().bits() ^ hash.0).uid()
}

fn request(uid: &Text, resource: &Named, object: &Object, admission: &mut Admission<'_>) -> Result<Value, Stopped> {
    let mut request = request_value(resource, admission);
    request.set("uid", uid);
    let new = Some(object).filter(|_| admission.operation != Operation::Delete);
    for (field, object) in [("object", new), ("oldObject", admission.old)] {
        let shown = object.map_or(Ok(Value::Null), |it| shown(it, resource, admission))?;
        request.set(field, shown);
    }
    Ok(request)
}

/// A stored object in the version that the webhook is asked about; the body of another subresource as it is.
fn shown(object: &Object, resource: &Named, admission: &mut Admission<'_>) -> Result<Value, Stopped> {
    if !is_whole(admission) {
        return Ok(object.0.clone());
    }
    let version = other_version(resource, admission);
    in_version(object, version.as_deref().unwrap_or(admission.resource), admission).map(|it| it.0)
}

/// An object of the admitted resource in a version of it, for which a webhook that converts may have to be asked.
pub(super) fn in_version(
    object: &Object,
    version: &Registration,
    admission: &mut Admission<'_>,
) -> Result<Object, Stopped> {
    let custom = version.custom();
    let Some((custom, converter)) = custom.and_then(|it| Some((it, it.converter.as_ref()?))) else {
        return Ok(version.of_stored(object.clone()));
    };
    let answer = admission.notes.calls.converted(converter, vec![object.clone()], custom.api_version());
    let made = answer.map_err(|it| {
        if is_waiting(&it) { Stopped::Waiting } else { Stopped::Refused(super::internal(&it.message)) }
    })?;
    Ok(made.into_iter().next().unwrap_or_default())
}

/// True if what is admitted is an object of the resource itself.
pub(super) fn is_whole(admission: &Admission<'_>) -> bool {
    matches!(admission.subresource(), "" | "status")
}

/// The other version that a webhook is asked about; `None` if it is the one that was asked for.
pub(super) fn other_version(resource: &Named, admission: &Admission<'_>) -> Option<Arc<Registration>> {
    let own = admission.resource;
    if resource.group == own.group && resource.version == own.version {
        return None;
    }
    admission.registry.served(&resource.group, &resource.version, &resource.plural)
}
