//! Who asks for a certificate and gets it can log in with it, over TLS.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::tests_outside_test_module,
    reason = "a test file: a panic is how it fails, and all of it is test"
)]

mod wire;

use rcgen::{CertificateParams, DnType, KeyPair, SignatureAlgorithm};
use shared::api::base64;
use shared::model::Value;
use wire::{Cluster, Connection, bytes_of};

const REQUESTS: &str = "/apis/certificates.k8s.io/v1/certificatesigningrequests";

/// A key and the request for its certificate, as PEM.
fn asked(name: &str, group: &str) -> (String, String) {
    asked_with(&rcgen::PKCS_ECDSA_P256_SHA256, name, group)
}

/// The same with a key of another sort.
fn asked_with(algorithm: &'static SignatureAlgorithm, name: &str, group: &str) -> (String, String) {
    let key = KeyPair::generate_for(algorithm).expect("a key");
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.distinguished_name.push(DnType::OrganizationName, group);
    let request = params.serialize_request(&key).expect("it is ours").pem().expect("it has a form");
    (key.serialize_pem(), request)
}

/// Sends the request and gives what is stored.
fn create(connection: &mut Connection, name: &str, signer: &str, pem: &str) -> Value {
    let body = format!(
        r#"{{"metadata":{{"name":"{name}"}},"spec":{{"request":"{}","signerName":"kubernetes.io/{signer}","usages":["digital signature","client auth"]}}}}"#,
        base64::encode(pem.as_bytes())
    );
    let answer = connection.request("POST", REQUESTS, &body);
    assert_eq!(answer.code, 201, "{}", answer.json());
    answer.json()
}

/// Decides about the request as `kubectl certificate` does; gives the code.
fn decide(connection: &mut Connection, mut request: Value, kind: &str) -> u16 {
    let condition = [("type", kind.into()), ("status", "True".into()), ("reason", "Test".into())];
    request.set("status.conditions", Value::from(vec![Value::from(condition)]));
    let name = request.at("metadata.name").str().to_owned();
    connection.request("PUT", &format!("{REQUESTS}/{name}/approval"), &request.to_json()).code
}

/// Watches the request from its beginning until its status is as `wanted`.
fn await_status(cluster: &Cluster, name: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let mut connection = cluster.connect();
    let path = format!("{REQUESTS}?watch=1&fieldSelector=metadata.name%3D{name}&timeoutSeconds=20");
    connection.send(&bytes_of("GET", &path, "", b"")).expect("the server takes it");
    connection.head().expect("the watch begins");
    while let Some(part) = connection.chunk().expect("the watch goes on") {
        let event = Value::from_json(std::str::from_utf8(&part).expect("it is text")).expect("it is JSON");
        let status = event.at("object.status");
        if wanted(status) {
            return status.clone();
        }
    }
    panic!("{name} never came to what was wanted")
}

/// Waits for the certificate.
fn await_certificate(cluster: &Cluster, name: &str) -> Value {
    await_status(cluster, name, |status| !status.get("certificate").is_empty()).get("certificate").clone()
}

/// Who the server takes the holder of this certificate for.
fn whoami(cluster: &Cluster, certificate: &Value, key: &str) -> (Value, u16) {
    let certificate = base64::decode(certificate.str()).expect("it is base64");
    let mut connection = cluster.connect_as(&certificate, key.as_bytes());
    let answer = connection.request("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", "{}");
    let user = answer.json().at("status.userInfo").clone();
    (user, connection.request("GET", "/api/v1/secrets", "").code)
}

#[test]
fn a_person_gets_a_certificate() {
    let cluster = Cluster::start("certificates", &["--ephemeral", "--nodes", "sim:0"]);
    let mut admin = cluster.connect();
    let (key, pem) = asked("ada", "dev");
    let request = create(&mut admin, "ada", "kube-apiserver-client", &pem);
    assert_eq!(decide(&mut admin, request, "Approved"), 200);
    let certificate = await_certificate(&cluster, "ada");
    let (user, secrets) = whoami(&cluster, &certificate, &key);
    assert_eq!(user.to_json(), r#"{"groups":["dev","system:authenticated"],"username":"ada"}"#);
    assert_eq!(secrets, 403);
}

#[test]
fn keys_of_other_sorts_log_in_too() {
    let cluster = Cluster::start("certificates-keys", &["--ephemeral", "--nodes", "sim:0"]);
    let mut admin = cluster.connect();
    for (name, algorithm) in [("p384", &rcgen::PKCS_ECDSA_P384_SHA384), ("ed25519", &rcgen::PKCS_ED25519)] {
        let (key, pem) = asked_with(algorithm, name, "dev");
        let request = create(&mut admin, name, "kube-apiserver-client", &pem);
        assert_eq!(decide(&mut admin, request, "Approved"), 200);
        let (user, _) = whoami(&cluster, &await_certificate(&cluster, name), &key);
        assert_eq!(user.get("username").str(), name);
    }
}

#[test]
fn a_kubelet_gets_one_without_a_person() {
    let cluster = Cluster::start("kubelet-certificates", &["--ephemeral", "--nodes", "sim:0"]);
    let (key, pem) = asked("system:node:n1", "system:nodes");
    create(&mut cluster.connect(), "n1", "kube-apiserver-client-kubelet", &pem);
    let certificate = await_certificate(&cluster, "n1");
    let (user, _) = whoami(&cluster, &certificate, &key);
    assert_eq!(user.get("username").str(), "system:node:n1");
}

#[test]
fn nobody_gets_what_was_denied_or_is_forged() {
    let cluster = Cluster::start("denied-certificates", &["--ephemeral", "--nodes", "sim:0"]);
    let mut admin = cluster.connect();
    let (_, pem) = asked("ada", "dev");
    let denied = create(&mut admin, "denied", "kube-apiserver-client", &pem);
    assert_eq!(decide(&mut admin, denied.clone(), "Denied"), 200);
    assert_eq!(decide(&mut admin, denied, "Approved"), 409);
    let master = asked("ada", "system:masters").1;
    let body = format!(
        r#"{{"metadata":{{"name":"m"}},"spec":{{"request":"{}","signerName":"kubernetes.io/kube-apiserver-client","usages":["client auth"]}}}}"#,
        base64::encode(master.as_bytes())
    );
    assert_eq!(admin.request("POST", REQUESTS, &body).code, 403);
    let lines: String = asked("ada", "dev").1.lines().filter(|it| !it.starts_with('-')).collect();
    let mut der = base64::decode(&lines).expect("it is base64");
    let at = der.windows(3).position(|it| it == b"ada").expect("the name is there");
    der[at] = b'b';
    let whole =
        format!("-----BEGIN CERTIFICATE REQUEST-----\n{}\n-----END CERTIFICATE REQUEST-----\n", base64::encode(&der));
    let forged = base64::encode(whole.as_bytes());
    let body = format!(
        r#"{{"metadata":{{"name":"f"}},"spec":{{"request":"{forged}","signerName":"example.com/s","usages":["any"]}}}}"#
    );
    let answer = admin.request("POST", REQUESTS, &body);
    let said = answer.json().get("message").str().to_owned();
    assert_eq!((answer.code, said.ends_with(": x509: ECDSA verification failure")), (422, true), "{said}");
    let wrong = create(&mut admin, "wrong", "kube-apiserver-client-kubelet", &pem);
    assert_eq!(decide(&mut admin, wrong, "Approved"), 200);
    let failed = |status: &Value| status.get("conditions").items().iter().any(|it| it.get("type").str() == "Failed");
    let status = await_status(&cluster, "wrong", failed);
    assert!(status.to_json().contains("subject organization is not system:nodes"), "{status}");
}
