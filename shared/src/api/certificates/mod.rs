//! Certificate requests: what they ask for, which are approved by themselves, and what the cluster's authority signs.
//!
//! Upstream: `pkg/apis/certificates/helpers.go`, `pkg/controller/certificates`.
//! Knows nothing of keys and signatures: the host has those, and asks [`work::due`] what to do with them. It also
//! says whether a request is signed by its own key ([`SignatureCheck`]).

pub(crate) mod pem;
pub(crate) mod request;
mod signers;
#[cfg(test)]
mod tests;
pub mod work;

use crate::api::Errors;
use crate::model::Object;
pub(crate) use request::subject_of;
pub(crate) use signers::CLIENT;

/// Whether a PKCS #10 request, as DER, is signed by the key inside; else what Go says of it. Upstream: `CheckSignature`.
pub type SignatureCheck = fn(&[u8]) -> Result<(), String>;

/// Finds a request that is not signed by its own key; one that cannot be read was found before.
pub(in crate::api) fn validate_signature(object: &Object, check: SignatureCheck, errors: &mut Errors) {
    if object.kind() != "CertificateSigningRequest" || !object.api_version().starts_with("certificates.k8s.io/") {
        return;
    }
    let readable = request::subject_of(object).and_then(|_| request::der_of(object));
    if let Err(why) = readable.map_or(Ok(()), |der| check(&der)) {
        errors.invalid("spec.request", object.at("spec.request"), &why);
    }
}
