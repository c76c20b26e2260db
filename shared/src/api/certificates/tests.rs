//! Requests that openssl made, and what is due about them.

use super::request::subject_of;
use super::work::{Work, due, requests};
use crate::api::authorization::{Authorizer, CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES};
use crate::api::testing::run_on;
use crate::api::validation::every_kind::certificate_request;
use crate::api::{Api, Errors, base64};
use crate::model::{Chance, Key, Object, Time, Value};
use crate::store::Store;
use expect_test::{Expect, expect};

/// `/O=dev/O=ops/CN=ada`.
const ADA: &str = "MIHlMIGMAgEAMCoxDDAKBgNVBAoMA2RldjEMMAoGA1UECgwDb3BzMQwwCgYDVQQDDANhZGEwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQiBcm5rQxCLH4OHjZ0dYyxLlUWe60eiFSDWHj60XlVwQLfWOW9qqyWpxuOWUSpOgI6AQTmlIogoxOHvPiM4hNXoAAwCgYIKoZIzj0EAwIDSAAwRQIhAM5qjl+6U3qjNxc7vduLK5YQJan6IDG7vbHXkJYXrH/PAiBJEIycb+QZDvY4gCYBAWBVWJHzxtIkPe2MuwzTcwd+qg==";
/// `/O=system:nodes/CN=system:node:n1`.
const NODE: &str = "MIHsMIGSAgEAMDAxFTATBgNVBAoMDHN5c3RlbTpub2RlczEXMBUGA1UEAwwOc3lzdGVtOm5vZGU6bjEwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATeuwok1McfPnaTha3LbuOKuaMyrHS96AH4iVjV2d9S1mBCyfUfiWDuub9WP3uSiQYyIk8QSpjiZewPr3KB/tECoAAwCgYIKoZIzj0EAwIDSQAwRgIhANCvfPbuWTfJy76UREMHdiX6xBfEBbXjPn3OejFzqD7SAiEAmKHoHgZPQ2IbcKqRmmHinfmQpfdjNrGXukepDYh6ymg=";
/// The same with the names `DNS:n1` and `IP:10.0.0.1`.
const SERVED: &str = "MIIBETCBuAIBADAwMRUwEwYDVQQKDAxzeXN0ZW06bm9kZXMxFzAVBgNVBAMMDnN5c3RlbTpub2RlOm4xMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE/ensdZ36ja9q6QzMYx6l4bnbPAESrFvFnWAcmOGkneRqxqo+adFg5tsmLzI8L5JKXofExeBTx7UWgI1+d7sd6aAmMCQGCSqGSIb3DQEJDjEXMBUwEwYDVR0RBAwwCoICbjGHBAoAAAEwCgYIKoZIzj0EAwIDSAAwRQIgDATYWCQjHzNcuwQ0jawgzXIkndTNiScZ4w0fUw6qNlICIQC0qbJ7u6AtrPx0AfXXOEhVHYBr0IJIMDBVfhHUfJhdNg==";
/// The same with the names `URI:a:b` and `email:a@b.c`, as a critical extension.
const ODD: &str = "MIIBFTCBvQIBADAwMRUwEwYDVQQKDAxzeXN0ZW06bm9kZXMxFzAVBgNVBAMMDnN5c3RlbTpub2RlOm4xMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAELci4qy80eqbn1l4dR6GLjqBg6azrgqBAzJWs4eibWMGxS7WLBMf1bwiIhLnTtN/iYDiMJLx1pIavnWapRQ5nVqArMCkGCSqGSIb3DQEJDjEcMBowGAYDVR0RAQH/BA4wDIYDYTpigQVhQGIuYzAKBggqhkjOPQQDAgNHADBEAiBsUx+CPRGEz0e4f9BYmc4nyxxIvdd52xNmzX++bp81CgIgAjOTmGjvMdPz+XCII51DXgoWn3BzBaewDmLUwX4zZUA=";

const CLIENT: &str = "kubernetes.io/kube-apiserver-client";
const KUBELET: &str = "kubernetes.io/kube-apiserver-client-kubelet";
const SERVING: &str = "kubernetes.io/kubelet-serving";

/// A request of `USER` for these usages, with conditions of the kinds in `conditions`.
fn request(der: &str, signer: &str, (user, usages): (&str, &[&str]), conditions: &[&str]) -> Object {
    let mut request = Object::new("certificates.k8s.io/v1", "CertificateSigningRequest", "", "r");
    let pem = format!("-----BEGIN CERTIFICATE REQUEST-----\n{der}\n-----END CERTIFICATE REQUEST-----\n");
    request.set("spec.request", base64::encode(pem.as_bytes()));
    request.set("spec.signerName", signer);
    request.set("spec.username", user);
    request.set("spec.groups", Value::from(vec!["system:authenticated".into()]));
    request.set("spec.usages", usages.iter().map(|it| Value::from(*it)).collect::<Value>());
    let conditions = conditions.iter().map(|kind| Value::from([("type", (*kind).into()), ("status", "True".into())]));
    request.set("status.conditions", conditions.collect::<Value>());
    request
}

/// `boss` may have what nodes log in with; `system:node:n1` may have its own.
fn bindings(store: &mut Store) {
    for (subresource, subject) in [("nodeclient", "boss"), ("selfnodeclient", "system:node:n1")] {
        let name = format!("may-{subresource}");
        let rule = format!(
            r#"{{"metadata":{{"name":"{name}"}},"rules":[{{"verbs":["create"],"apiGroups":["certificates.k8s.io"],"resources":["certificatesigningrequests/{subresource}"]}}]}}"#
        );
        let binding = format!(
            r#"{{"metadata":{{"name":"{name}"}},"subjects":[{{"kind":"User","apiGroup":"rbac.authorization.k8s.io","name":"{subject}"}}],"roleRef":{{"kind":"ClusterRole","apiGroup":"rbac.authorization.k8s.io","name":"{name}"}}}}"#
        );
        store.commit(Key::new(CLUSTER_ROLES, "", &name), Some(Object(Value::from_json(&rule).unwrap())));
        store.commit(Key::new(CLUSTER_ROLE_BINDINGS, "", &name), Some(Object(Value::from_json(&binding).unwrap())));
    }
}

fn check(request: Object, expected: &Expect) {
    let mut store = Store::default();
    bindings(&mut store);
    store.commit(Key::new(requests(), "", "r"), Some(request));
    let authorizer = Authorizer::new(&store);
    let work = due(&store, Some(&authorizer), Time::VIRTUAL_START);
    let text = work.iter().map(|work| match work {
        Work::Approve(it) => format!("approve {}", it.at("status.conditions")),
        Work::Fail(it) => format!("fail {}", it.condition("Failed").get("message").str()),
        Work::Sign(it) => format!("sign {} from {} to {}", it.usages.join(", "), it.not_before, it.not_after),
    });
    expected.assert_eq(&text.collect::<Vec<_>>().join("\n"));
}

fn check_subject(der: &str, expected: &Expect) {
    let subject = subject_of(&request(der, CLIENT, ("u", &[]), &[]));
    expected.assert_eq(&format!("{subject:?}"));
}

#[test]
fn names_are_read() {
    // Of two common names the last counts: the server's reader of certificates has it so too.
    check_subject(
        "MIIBBDCBrAIBADBKMRUwEwYDVQQKDAxzeXN0ZW06bm9kZXMxGTAXBgNVBAMMEGt1YmVybmV0ZXMtYWRtaW4xFjAUBgNVBAMMDXN5c3RlbTpub2RlOmEwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASIwhDhyBHC7wawohKcZ6Wj8AqCara3gZ0Pcea3OJD+OpACUuIx35Px+QAcSG2Q5HewPx7Mx/rPqHMyYwDH4ZjdoAAwCgYIKoZIzj0EAwIDRwAwRAIgWv8wsUjUjMC9nXexVtQK5o66mEpTd9d/NJ3DY85YJ7oCIE8cNn2SaYsQdh6PdMSYFk73JM2eEAnJ9vhQKFTrqT6U",
        &expect![[
            r#"Ok(Subject { common_name: "system:node:a", organizations: ["system:nodes"], others: OtherNames { dns: 0, emails: 0, addresses: 0, uris: 0 } })"#
        ]],
    );
    check_subject(
        ADA,
        &expect![[
            r#"Ok(Subject { common_name: "ada", organizations: ["dev", "ops"], others: OtherNames { dns: 0, emails: 0, addresses: 0, uris: 0 } })"#
        ]],
    );
    check_subject(
        SERVED,
        &expect![[
            r#"Ok(Subject { common_name: "system:node:n1", organizations: ["system:nodes"], others: OtherNames { dns: 1, emails: 0, addresses: 1, uris: 0 } })"#
        ]],
    );
    check_subject(
        ODD,
        &expect![[
            r#"Ok(Subject { common_name: "system:node:n1", organizations: ["system:nodes"], others: OtherNames { dns: 0, emails: 1, addresses: 0, uris: 1 } })"#
        ]],
    );
    check_subject("MIIB", &expect!["Err(Der)"]);
}

const USUAL: &[&str] = &["digital signature", "client auth"];

#[test]
fn kubelets_are_approved_by_themselves_if_they_may() {
    check(
        request(NODE, KUBELET, ("system:node:n1", USUAL), &[]),
        &expect![[
            r#"approve [{"message":"Auto approving self kubelet client certificate after SubjectAccessReview.","reason":"AutoApproved","status":"True","type":"Approved"}]"#
        ]],
    );
    check(
        request(NODE, KUBELET, ("boss", USUAL), &[]),
        &expect![[
            r#"approve [{"message":"Auto approving kubelet client certificate after SubjectAccessReview.","reason":"AutoApproved","status":"True","type":"Approved"}]"#
        ]],
    );
    check(request(NODE, KUBELET, ("system:node:n2", USUAL), &[]), &expect![]);
    check(request(NODE, KUBELET, ("boss", &["client auth"]), &[]), &expect![]);
    check(request(NODE, CLIENT, ("boss", USUAL), &[]), &expect![]);
    check(request(SERVED, KUBELET, ("boss", USUAL), &[]), &expect![]);
    check(request(NODE, KUBELET, ("boss", USUAL), &["Denied"]), &expect![]);
}

#[test]
fn what_is_approved_is_signed() {
    let approved = |der, signer, usages| request(der, signer, ("boss", usages), &["Approved"]);
    check(
        approved(ADA, CLIENT, USUAL),
        &expect!["sign digital signature, client auth from 2025-12-31T23:55:00Z to 2026-12-31T23:55:00Z"],
    );
    let mut short = approved(ADA, CLIENT, USUAL);
    short.set("spec.expirationSeconds", 3600);
    check(short, &expect!["sign digital signature, client auth from 2025-12-31T23:55:00Z to 2026-01-01T01:00:00Z"]);
    check(
        approved(ADA, CLIENT, &["client auth", "server auth"]),
        &expect!["fail invalid usage for client certificate: server auth"],
    );
    check(
        approved(ADA, CLIENT, &["digital signature"]),
        &expect!["fail missing required usage for client certificate: client auth"],
    );
    check(approved(ADA, KUBELET, USUAL), &expect!["fail subject organization is not system:nodes"]);
    check(approved(ODD, KUBELET, USUAL), &expect!["fail Email subjectAltNames are not allowed"]);
    check(
        approved(NODE, KUBELET, &["client auth"]),
        &expect!["fail usages did not match [client auth digital signature key encipherment]"],
    );
    check(
        approved(NODE, KUBELET, USUAL),
        &expect!["sign digital signature, client auth from 2025-12-31T23:55:00Z to 2026-12-31T23:55:00Z"],
    );
    check(
        approved(NODE, SERVING, &["digital signature", "server auth"]),
        &expect!["fail DNS or IP subjectAltName is required"],
    );
    check(
        approved(ODD, SERVING, &["digital signature", "server auth"]),
        &expect!["fail DNS or IP subjectAltName is required"],
    );
    check(
        approved(SERVED, SERVING, &["digital signature", "server auth"]),
        &expect!["sign digital signature, server auth from 2025-12-31T23:55:00Z to 2026-12-31T23:55:00Z"],
    );
    check(approved(ADA, "example.com/other", USUAL), &expect![]);
    check(request(ADA, CLIENT, ("boss", USUAL), &["Approved", "Failed"]), &expect![]);
    check(request(ADA, CLIENT, ("boss", USUAL), &[]), &expect![]);
}

/// The answer to a new request with this text in it.
fn made(text: &str) -> String {
    let text = base64::encode(text.as_bytes());
    let mut api = Api::new(Chance::new(1));
    api.check_signatures(
        |der| if der.ends_with(b"z") { Err("x509: ECDSA verification failure".into()) } else { Ok(()) },
    );
    let body = format!(
        r#"{{"metadata":{{"name":"r"}},"spec":{{"request":"{text}","signerName":"example.com/s","usages":["any"]}}}}"#
    );
    let answer = run_on(&mut api, &format!("create certificatesigningrequests.certificates.k8s.io {body} => status"));
    answer.replace(&text, "TEXT").trim_end().to_owned()
}

#[test]
fn what_is_inside_is_judged_when_a_request_is_made() {
    let pem = |kind: &str, der: &str| format!("-----BEGIN {kind}-----\n{der}\n-----END {kind}-----\n");
    let request = |der: &str| pem("CERTIFICATE REQUEST", der);
    expect!["201 status={}"].assert_eq(&made(&request(ADA)));
    expect!["201 status={}"].assert_eq(&made(&format!("words\n{}more", request(ADA))));
    expect![[r#"422 Invalid CertificateSigningRequest.certificates.k8s.io "r" is invalid: spec.request: Invalid value: "TEXT": PEM block type must be CERTIFICATE REQUEST"#]].assert_eq(&made(ADA));
    expect![[r#"422 Invalid CertificateSigningRequest.certificates.k8s.io "r" is invalid: spec.request: Invalid value: "TEXT": PEM block type must be CERTIFICATE REQUEST"#]].assert_eq(&made(&(pem("CERTIFICATE", ADA) + &request(ADA))));
    expect![[r#"422 Invalid CertificateSigningRequest.certificates.k8s.io "r" is invalid: spec.request: Invalid value: "TEXT": asn1: structure error"#]].assert_eq(&made(&request("QQ==")));
    expect![[r#"422 Invalid CertificateSigningRequest.certificates.k8s.io "r" is invalid: spec.request: Invalid value: "TEXT": asn1: structure error"#]].assert_eq(&made(&request(&ADA[..ADA.len() - 8])));
    let mut forged = base64::decode(ADA).unwrap();
    *forged.last_mut().unwrap() = b'z';
    expect![[r#"422 Invalid CertificateSigningRequest.certificates.k8s.io "r" is invalid: spec.request: Invalid value: "TEXT": x509: ECDSA verification failure"#]].assert_eq(&made(&request(&base64::encode(&forged))));
    forged.push(b'z');
    expect![[r#"422 Invalid CertificateSigningRequest.certificates.k8s.io "r" is invalid: spec.request: Invalid value: "TEXT": asn1: structure error"#]].assert_eq(&made(&request(&base64::encode(&forged))));
}

/// The answer to a status with this certificate.
fn noted(certificate: &str) -> String {
    let mut errors = Errors::default();
    let mut noted = request(ADA, CLIENT, ("u", USUAL), &["Approved"]);
    noted.set("status.certificate", base64::encode(certificate.as_bytes()));
    certificate_request::validate_status(&noted, &mut errors);
    errors.0.iter().map(|it| format!("{}: {}", it.field, it.message)).collect::<Vec<_>>().join(", ")
}

#[test]
fn what_was_signed_is_certificates_and_nothing_else() {
    let pem = |kind: &str, inside: &str| format!("-----BEGIN {kind}-----\n{inside}\n-----END {kind}-----\n");
    // A request has the outer form of a certificate.
    let right = pem("CERTIFICATE", ADA);
    expect![""].assert_eq(&noted(&(right.clone() + &right)));
    expect![[r#"status.certificate: Invalid value: "<certificate data>": must contain one or more PEM blocks"#]]
        .assert_eq(&noted("none"));
    expect![[r#"status.certificate: Invalid value: "<certificate data>": only CERTIFICATE PEM blocks are allowed, found "PRIVATE KEY""#]].assert_eq(&noted(&(right.clone() + &pem("PRIVATE KEY", "QQ=="))));
    expect![[r#"status.certificate: Invalid value: "<certificate data>": no PEM block headers are permitted"#]]
        .assert_eq(&noted(&pem("CERTIFICATE", &format!("Proc-Type: 4,ENCRYPTED\n\n{ADA}"))));
    expect![[r#"status.certificate: Invalid value: "<certificate data>": x509: malformed certificate"#]]
        .assert_eq(&noted(&(right + &pem("CERTIFICATE", "QQ=="))));
}
