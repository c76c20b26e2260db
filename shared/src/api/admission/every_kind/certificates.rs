//! Who approves or signs a certificate request must be allowed to for its signer, and nobody becomes a master by certificate.
//!
//! Upstream: `plugin/pkg/admission/certificates/{approval,signing,subjectrestriction}/admission.go`,
//! `pkg/registry/certificates`, `plugin/pkg/admission/certificates/util.go`.

use crate::api::Status;
use crate::api::admission::{Admission, InForce, Operation, Plugin};
use crate::api::authorization::MASTERS;
use crate::api::authorization::attributes::{Asked, Attributes, What};
use crate::api::certificates::{self, CLIENT};
use crate::model::Object;

/// The registration of the plug-in for approvals.
pub(crate) const APPROVAL: Plugin = Plugin {
    name: "CertificateApproval",
    in_force: InForce::Full,
    on: &[Operation::Update],
    resources: &["certificatesigningrequests.certificates.k8s.io/approval"],
    validate: Some(|_, admission| check_signer("approve", admission)),
    ..Plugin::NONE
};

/// The registration of the plug-in for signatures.
pub(crate) const SIGNING: Plugin = Plugin {
    name: "CertificateSigning",
    in_force: InForce::Full,
    on: &[Operation::Update],
    resources: &["certificatesigningrequests.certificates.k8s.io/status"],
    validate: Some(|new, admission| {
        let same = |field: &str| admission.old.is_some_and(|old| old.at(field) == new.at(field));
        if same("status.certificate") && same("status.conditions") { Ok(()) } else { check_signer("sign", admission) }
    }),
    ..Plugin::NONE
};

/// The registration of the plug-in for subjects.
pub(crate) const SUBJECT: Plugin = Plugin {
    name: "CertificateSubjectRestriction",
    in_force: InForce::Full,
    resources: &["certificatesigningrequests.certificates.k8s.io"],
    validate: Some(check_subject),
    ..Plugin::NONE
};

fn check_signer(verb: &str, admission: &Admission<'_>) -> Result<(), Status> {
    let signer = admission.old.map(|old| old.at("spec.signerName").text()).unwrap_or_default();
    let whole = signer.split_once('/').map_or_else(String::new, |(domain, _)| format!("{domain}/*"));
    if [signer.as_str(), &whole].into_iter().any(|name| is_allowed(verb, name, admission)) {
        return Ok(());
    }
    Err(admission.forbid(&format!("user not permitted to {verb} requests with signerName \"{signer}\"")))
}

fn is_allowed(verb: &str, name: &str, admission: &Admission<'_>) -> bool {
    let asked = Asked { group: "certificates.k8s.io", resource: "signers", name, ..Asked::default() };
    let question = Attributes { user: admission.user(), verb, what: What::Resource(asked) };
    admission.authorizer.is_none_or(|it| it.decide(&question, admission.store).is_allowed())
}

fn check_subject(request: &Object, admission: &mut Admission<'_>) -> Result<(), Status> {
    if request.at("spec.signerName").str() != CLIENT {
        return Ok(());
    }
    let subject = certificates::subject_of(request)
        .map_err(|error| admission.forbid(&format!("failed to parse CSR: {error}")))?;
    if subject.organizations.iter().any(|it| it == MASTERS) {
        let detail = format!("use of {CLIENT} signer with {MASTERS} group is not allowed");
        return Err(admission.forbid(&detail));
    }
    Ok(())
}
