//! What is due about the certificate requests of a cluster: approvals that go by themselves, signatures, and refusals to sign.
//!
//! Upstream: `pkg/controller/certificates/{approver/sarapprove,signer/signer,authority/policies}.go`.
//! Differs: upstream's approver asks by a `SubjectAccessReview`; here the authorizer is asked directly.

use crate::api::authentication::reviews::user_of;
use crate::api::authorization::Authorizer;
use crate::api::authorization::attributes::{Asked, Attributes, What};
use crate::api::base64;
use crate::api::certificates::request::{self, Subject};
use crate::api::certificates::signers::{self, KUBELET_CLIENT};
use crate::model::{Object, ResourceName, Span, Text, Time, Value};
use crate::store::Store;

/// How long a certificate holds without a wish, and at most.
const SECONDS_MAX: i64 = 365 * 24 * 3_600;
/// How short a certificate may hold, whatever is wished for.
const SECONDS_MIN: i64 = 600;
/// How long before its signature a certificate holds, for clocks that are late.
const BACKDATE: Span = Span::seconds(300);
/// Certificates that hold shorter do not lose what they are backdated by.
const SHORT_SECONDS: i64 = 8 * 3_600;

/// Who is approved without a person: by whose permission, and what is said of it.
const RECOGNIZED: [(&str, &str); 2] = [
    ("selfnodeclient", "Auto approving self kubelet client certificate after SubjectAccessReview."),
    ("nodeclient", "Auto approving kubelet client certificate after SubjectAccessReview."),
];

/// What is to be done about one request.
#[derive(Clone, Debug, PartialEq)]
pub enum Work {
    /// It is approved: this goes to its `approval`.
    Approve(Object),
    /// It cannot be signed: this goes to its `status`.
    Fail(Object),
    /// It is to be signed.
    Sign(Order),
}

/// A certificate that is to be signed.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    /// The `CertificateSigningRequest`.
    pub request: Object,
    /// The PKCS #10 request inside, as DER. Its subject, key and other names are taken over.
    pub der: Vec<u8>,
    /// What the certificate is for: `digital signature`, `key encipherment`, `client auth`, `server auth`.
    pub usages: Vec<Text>,
    /// From when on it holds.
    pub not_before: Time,
    /// Until when.
    pub not_after: Time,
}

/// The name of the resource.
pub fn requests() -> ResourceName {
    ResourceName::of("certificatesigningrequests.certificates.k8s.io")
}

/// What is due about the requests in `store`. What cannot be read stays as it is.
pub fn due(store: &Store, authorizer: Option<&Authorizer>, now: Time) -> Vec<Work> {
    let may = |question: &Attributes<'_>| authorizer.is_some_and(|it| it.decide(question, store).is_allowed());
    store.list(&requests()).filter_map(|it| next(it, &may, now)).collect()
}

fn next(request: &Object, may: &dyn Fn(&Attributes<'_>) -> bool, now: Time) -> Option<Work> {
    let has = |kind: &str| !request.condition(kind).is_null();
    if has("Denied") || has("Failed") || !request.at("status.certificate").is_empty() {
        return None;
    }
    // Requests that are not for us are not read: there may be many, and this looks at all of them.
    let signer = request.at("spec.signerName").str();
    if !signers::is_known(signer) || (!has("Approved") && signer != KUBELET_CLIENT) {
        return None;
    }
    let der = request::der_of(request).ok()?;
    let subject = request::read(&der)?;
    if !has("Approved") {
        return approved(request, &subject, may).map(Work::Approve);
    }
    Some(match signers::judge(request, &subject)? {
        Err(reason) => Work::Fail(failed(request, &reason, now)),
        Ok(()) => Work::Sign(order(request, der, now)),
    })
}

/// The request to the signer of kubelets with its approval, if it is a kubelet's and its maker may have it.
fn approved(request: &Object, subject: &Subject, may: &dyn Fn(&Attributes<'_>) -> bool) -> Option<Object> {
    let usages: Vec<&str> = request.at("spec.usages").items().iter().map(Value::str).collect();
    if signers::kubelet_client(subject, &usages).is_err() {
        return None;
    }
    let is_own = request.at("spec.username").str() == subject.common_name;
    let tried = RECOGNIZED.iter().filter(|(name, _)| is_own || *name == "nodeclient");
    // As the API server noted it.
    let user = user_of(request.get("spec"), "username");
    let granted = tried.into_iter().find(|(name, _)| {
        let asked = Asked { group: "certificates.k8s.io", resource: "certificatesigningrequests", ..Asked::default() };
        let what = What::Resource(Asked { subresource: name, ..asked });
        may(&Attributes { user: &user, verb: "create", what })
    });
    granted.map(|(_, message)| with_condition(request, "Approved", "AutoApproved", message, None))
}

/// What to sign.
fn order(request: &Object, der: Vec<u8>, now: Time) -> Order {
    let wished = request.at("spec.expirationSeconds").int_or(SECONDS_MAX);
    let seconds = wished.clamp(SECONDS_MIN, SECONDS_MAX);
    let end = now + Span::seconds(seconds);
    Order {
        der,
        usages: request.at("spec.usages").items().iter().map(Value::text).collect(),
        not_before: now - BACKDATE,
        not_after: if seconds < SHORT_SECONDS { end } else { end - BACKDATE },
        request: request.clone(),
    }
}

/// `request` with its certificate, a PEM text.
pub fn signed(request: &Object, certificate: &str) -> Object {
    let mut request = request.clone();
    request.set("status.certificate", base64::encode(certificate.as_bytes()));
    request
}

/// `request` with the reason why it is not signed.
pub fn failed(request: &Object, reason: &str, now: Time) -> Object {
    with_condition(request, "Failed", "SignerValidationFailure", reason, Some(now))
}

fn with_condition(request: &Object, kind: &str, reason: &str, message: &str, now: Option<Time>) -> Object {
    let texts = [("type", kind), ("status", "True"), ("reason", reason), ("message", message)];
    let mut condition = Value::map();
    for (field, text) in texts {
        condition.set(field, text);
    }
    for field in ["lastUpdateTime", "lastTransitionTime"] {
        if let Some(now) = now {
            condition.set(field, now.to_string());
        }
    }
    let mut request = request.clone();
    let before = request.at("status.conditions").items().to_vec();
    request.set("status.conditions", before.into_iter().chain([condition]).collect::<Value>());
    request
}
