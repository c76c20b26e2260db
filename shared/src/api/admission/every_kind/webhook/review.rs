//! What a webhook is asked with.
//!
//! Upstream: `plugin/webhook/request/admissionreview.go`.

use super::{Hook, Stopped, verdict};
use crate::api::admission::calls::HookCall;
use crate::api::admission::every_kind::policy::evaluation::request_value;
use crate::api::admission::every_kind::policy::matching::Named;
use crate::api::admission::{Admission, Operation};
use crate::api::{Registration, Status, resources};
use crate::model::{Chance, Object, Text, Value, chance::Fnv};
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
        ("request", request(&uid, resource, object, admission)),
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

fn request(uid: &Text, resource: &Named, object: &Object, admission: &Admission<'_>) -> Value {
    let mut request = request_value(resource, admission);
    request.set("uid", uid);
    let new = Some(object).filter(|_| admission.operation != Operation::Delete);
    request.set("object", new.map_or(Value::Null, |it| shown(it, resource, admission)));
    request.set("oldObject", admission.old.map_or(Value::Null, |it| shown(it, resource, admission)));
    request
}

/// A stored object in the version that the webhook is asked about; the body of another subresource as it is.
fn shown(object: &Object, resource: &Named, admission: &Admission<'_>) -> Value {
    if !is_whole(admission) {
        return object.0.clone();
    }
    match other_version(resource, admission) {
        Some(version) => version.of_stored(object.clone()).0,
        None => admission.resource.of_stored(object.clone()).0,
    }
}

/// True if what is admitted is an object of the resource itself.
pub(super) fn is_whole(admission: &Admission<'_>) -> bool {
    matches!(admission.subresource(), "" | "status")
}

/// The other version that a webhook is asked about; `None` if it is the one that was asked for.
pub(super) fn other_version(resource: &Named, admission: &Admission<'_>) -> Option<Registration> {
    let own = admission.resource;
    if resource.group == own.group && resource.version == own.version {
        return None;
    }
    let is_it = |it: &&'static crate::api::Resource| {
        it.group == resource.group && it.version == resource.version && it.plural == resource.plural
    };
    resources::all().find(is_it).map(Registration::built_in)
}
