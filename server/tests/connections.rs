//! Connections to pods over HTTP, and who may have a say in them.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::tests_outside_test_module,
    reason = "a test file: a panic is how it fails, and all of it is test"
)]

mod wire;

use wire::Cluster;

const GROUP: &str = "/apis/admissionregistration.k8s.io/v1";
const POLICY: &str = r#"{"metadata":{"name":"no-shells"},"spec":{"matchConstraints":{"resourceRules":[{"apiGroups":[""],
    "apiVersions":["v1"],"resources":["pods/exec"],"operations":["CONNECT"]}]},"validations":[{"expression":"!has(object.tty)",
    "message":"no terminals here"}]}}"#;
const BINDING: &str =
    r#"{"metadata":{"name":"no-shells"},"spec":{"policyName":"no-shells","validationActions":["Deny"]}}"#;

#[test]
fn a_policy_refuses_a_command() {
    let cluster = Cluster::start("connections", &["--ephemeral", "--nodes", "sim:0"]);
    let mut client = cluster.connect();
    let mut ask = |query: &str| {
        let answer = client.request("POST", &format!("/api/v1/namespaces/default/pods/web/exec?{query}"), "");
        (answer.code, answer.json().get("message").str().to_owned())
    };
    // There is no pod; who is let through is told that the connection is none.
    assert_eq!(ask("command=sh&tty=true&stdin=true").0, 400);
    let mut admin = cluster.connect();
    for (kind, body) in [("validatingadmissionpolicies", POLICY), ("validatingadmissionpolicybindings", BINDING)] {
        assert_eq!(admin.request("POST", &format!("{GROUP}/{kind}"), body).code, 201);
    }
    let (code, message) = ask("command=sh&tty=true&stdin=true");
    let why = "pods \"web\" is forbidden: ValidatingAdmissionPolicy 'no-shells' with binding 'no-shells' denied request: no terminals here";
    assert_eq!((code, message.as_str()), (422, why));
    assert_eq!(ask("command=ls&tty=false").0, 400);
}
