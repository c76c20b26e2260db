//! Certificate signing requests. Upstream: `pkg/apis/certificates/validation/validation.go`.
//!
//! `DIFFERENCE`: of what is no PKCS #10 structure, and of a certificate that is none, only that is told and not where Go's
//! parser stopped. Whether the signature is good only the host can say (`certificates::SignatureCheck`).

use crate::api::certificates::request::is_certificate;
use crate::api::certificates::{self, pem};
use crate::api::validation::{At, IMMUTABLE};
use crate::api::{Errors, base64};
use crate::model::keyed::Met;
use crate::model::{Object, Value, names};

/// The shortest `spec.expirationSeconds`.
const EXPIRATION_MIN_SECONDS: i64 = 600;
const USAGES: &[&str] = &[
    "any",
    "cert sign",
    "client auth",
    "code signing",
    "content commitment",
    "crl sign",
    "data encipherment",
    "decipher only",
    "digital signature",
    "email protection",
    "encipher only",
    "ipsec end system",
    "ipsec tunnel",
    "ipsec user",
    "key agreement",
    "key encipherment",
    "microsoft sgc",
    "netscape sgc",
    "ocsp signing",
    "s/mime",
    "server auth",
    "signing",
    "timestamping",
];

/// Finds what is wrong with a new request.
pub(crate) fn validate(request: &Object, errors: &mut Errors) {
    let root = At::root(request);
    let spec = root.field("spec");
    let pem = spec.field("request");
    if let Err(why) = certificates::subject_of(request) {
        errors.bad(&pem, &why.to_string());
    }
    let usages = spec.field("usages");
    if usages.is_empty() {
        errors.required(&usages, "usages must be provided");
    }
    let mut met = Met::default();
    for usage in usages.each() {
        errors.one_of(&usage, USAGES);
        if met.again(usage.value()) > 0 {
            errors.duplicate(&usage, usage.value());
        }
    }
    let signer = spec.field("signerName");
    if signer.str() == "kubernetes.io/legacy-unknown" {
        errors.bad(&signer, "the legacy signerName is not allowed via this API version");
    } else {
        validate_signer(&signer, errors);
    }
    let seconds = spec.field("expirationSeconds");
    if seconds.as_int().is_some_and(|it| it < EXPIRATION_MIN_SECONDS) {
        errors.bad(&seconds, "may not specify a duration less than 600 seconds (10 minutes)");
    }
    validate_status(request, errors);
}

/// Finds what is wrong with a changed status.
pub(crate) fn validate_status(request: &Object, errors: &mut Errors) {
    let root = At::root(request);
    let status = root.field("status");
    validate_conditions(&status.field("conditions"), errors);
    let certificate = status.field("certificate");
    if let Err(why) = judge_certificate(certificate.str()) {
        errors.invalid(&certificate, &"<certificate data>".into(), &why);
    }
}

/// What was signed: certificates as PEM and nothing else, or nothing yet.
fn judge_certificate(encoded: &str) -> Result<(), String> {
    if encoded.is_empty() {
        return Ok(());
    }
    let bytes = base64::decode(encoded).unwrap_or_default();
    let blocks = pem::blocks(&String::from_utf8_lossy(&bytes));
    for block in &blocks {
        if block.kind != "CERTIFICATE" {
            return Err(format!("only CERTIFICATE PEM blocks are allowed, found {}", names::quote(&block.kind)));
        }
        if block.has_headers {
            return Err("no PEM block headers are permitted".into());
        }
        if !is_certificate(&block.der) {
            return Err("x509: malformed certificate".into());
        }
    }
    if blocks.is_empty() { Err("must contain one or more PEM blocks".into()) } else { Ok(()) }
}

/// `example.com/signer-name`: a domain and a path (`ValidateSignerName`).
pub(super) fn validate_signer(signer: &At<'_>, errors: &mut Errors) {
    const FORM: &str = "must be a fully qualified domain and path of the form 'example.com/signer-name'";
    if !errors.needs(signer) {
        return;
    }
    let Some((domain, path)) = signer.str().split_once('/').filter(|(_, path)| !path.contains('/')) else {
        return errors.bad(signer, FORM);
    };
    if domain.len() > names::SUBDOMAIN_MAX_BYTES {
        errors.too_long(signer, names::SUBDOMAIN_MAX_BYTES);
    }
    for label in domain.split('.') {
        for detail in names::dns1123_label(label) {
            errors.invalid(signer, &domain.into(), &format!("validating label {}: {detail}", names::quote(label)));
        }
    }
    if domain.split('.').count() < 2 {
        errors.invalid(signer, &domain.into(), "should be a domain with at least two segments separated by dots");
    }
    for detail in names::dns1123_subdomain(path) {
        errors.invalid(signer, &path.into(), &format!("validating path {}: {detail}", names::quote(path)));
    }
}

fn validate_conditions(conditions: &At<'_>, errors: &mut Errors) {
    let mut seen: Vec<&str> = Vec::new();
    for condition in conditions.each() {
        let (kind, status) = (condition.field("type"), condition.field("status"));
        errors.needs(&kind);
        match (kind.str(), status.str()) {
            (_, "") => errors.required(&status, ""),
            ("Approved" | "Denied" | "Failed", _) => errors.one_of(&status, &["True"]),
            _ => errors.one_of(&status, &["True", "False", "Unknown"]),
        }
        let other = match kind.str() {
            "Approved" => "Denied",
            "Denied" => "Approved",
            _ => "",
        };
        if seen.contains(&other) && !other.is_empty() {
            errors.bad(&kind, &format!("{other} and {} conditions are mutually exclusive", kind.str()));
        }
        if seen.contains(&word(&condition)) {
            errors.duplicate(&kind, kind.value());
        }
        seen.push(word(&condition));
    }
}

fn word<'a>(condition: &At<'a>) -> &'a str {
    condition.value().get("type").str()
}

/// Finds what is wrong with a changed request, or with an approval: what was decided stays.
pub(crate) fn validate_update(new: &Object, old: &Object, errors: &mut Errors) {
    let had = |kind: &str| !old.condition(kind).is_null();
    for kind in ["Approved", "Denied", "Failed"] {
        if had(kind) && new.condition(kind).is_null() {
            errors.forbidden(
                "status.conditions",
                &format!("updates may not remove a condition of type {}", names::quote(kind)),
            );
        }
    }
    let before: &Value = old.at("status.certificate");
    if !before.is_empty() && before != new.at("status.certificate") {
        errors.forbidden("status.certificate", "updates may not set certificate content once it is set");
    }
    if new.get("spec") != old.get("spec") {
        errors.invalid("spec", new.get("spec"), IMMUTABLE);
    }
}
