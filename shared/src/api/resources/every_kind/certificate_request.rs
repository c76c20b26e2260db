//! `certificates.k8s.io/v1` `CertificateSigningRequest`. Upstream: `pkg/registry/certificates/certificates/strategy.go`.

use crate::api::authentication::reviews::user_info;
use crate::api::printing::{age, human_span};
use crate::api::resources::workload::keep;
use crate::api::validation::every_kind::certificate_request;
use crate::api::{Column, Resource, Scope, User};
use crate::model::{Object, Span, Value};

/// The registration.
pub(super) const RESOURCE: Resource = Resource {
    group: "certificates.k8s.io",
    kind: "CertificateSigningRequest",
    plural: "certificatesigningrequests",
    singular: "certificatesigningrequest",
    short_names: &["csr"],
    scope: Scope::Cluster,
    subresources: &["approval", "status"],
    // "We don't care what you call your certificate requests."
    validate_name: |_| Vec::new(),
    note_user,
    prepare_for_create: |it| it.set("status", Value::map()),
    prepare_for_update: |new, old| {
        keep(new, old, "spec");
        keep(new, old, "status");
    },
    prepare_for_status,
    validate: certificate_request::validate,
    validate_update: certificate_request::validate_update,
    validate_status: |new, old, errors| {
        certificate_request::validate_status(new, errors);
        certificate_request::validate_update(new, old, errors);
    },
    selectable: &[("spec.signerName", |it| it.at("spec.signerName").text())],
    columns: &[
        Column::new("AGE", age),
        Column::new("SignerName", |it, _| it.at("spec.signerName").str().to_owned()),
        Column::new("REQUESTOR", |it, _| it.at("spec.username").str().to_owned()),
        Column::new("RequestedDuration", |it, _| duration(it)),
        Column::new("CONDITION", |it, _| condition(it)),
    ],
    ..Resource::NONE
};

/// The request names who made it, whatever the client says.
fn note_user(request: &mut Object, user: &User) {
    let known = user_info(user);
    for field in ["username", "uid", "groups", "extra"] {
        match known.get(field) {
            Value::Null => drop(request.entry("spec").remove(field)),
            value => request.entry("spec").set(field, value),
        }
    }
}

/// A status keeps what was decided, which is said through `approval` alone.
fn prepare_for_status(new: &mut Object, old: &Object) {
    keep(new, old, "spec");
    let decided = |it: &&Value| matches!(it.get("type").str(), "Approved" | "Denied");
    let conditions = new.at("status.conditions").items().iter().filter(|it| !decided(it));
    let kept = old.at("status.conditions").items().iter().filter(decided);
    let all: Value = kept.chain(conditions).collect();
    if !all.is_empty() {
        new.set("status.conditions", all);
    }
}

fn duration(request: &Object) -> String {
    let seconds = request.at("spec.expirationSeconds").as_int();
    seconds.map_or_else(|| "<none>".into(), |it| human_span(Span::seconds(it)))
}

fn condition(request: &Object) -> String {
    let has = |kind: &str| !request.condition(kind).is_null();
    let mut text = match (has("Denied"), has("Approved")) {
        (true, _) => "Denied",
        (false, true) => "Approved",
        (false, false) => "Pending",
    }
    .to_owned();
    for (is_so, word) in [(has("Failed"), ",Failed"), (!request.at("status.certificate").is_empty(), ",Issued")] {
        if is_so {
            text.push_str(word);
        }
    }
    text
}
