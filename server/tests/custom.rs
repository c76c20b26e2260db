//! Custom resources over HTTP, from their definition to its end.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::tests_outside_test_module,
    reason = "a test file: a panic is how it fails, and all of it is test"
)]

mod wire;

use std::time::{Duration, Instant};

use shared::model::Value;
use wire::{Answer, Cluster, Connection, bytes_of};

const DEFINITIONS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const GADGETS: &str = "/apis/a.b/v1/namespaces/default/gadgets";
const MERGE: &str = "application/merge-patch+json";
const DEFINITION: &str = r#"{"metadata":{"name":"gadgets.a.b"},"spec":{"group":"a.b","scope":"Namespaced",
    "names":{"plural":"gadgets","singular":"gadget","kind":"Gadget","shortNames":["gd"]},"versions":[{"name":"v1","served":true,"storage":true,
    "subresources":{"status":{},"scale":{"specReplicasPath":".spec.num","statusReplicasPath":".status.num"}},
    "additionalPrinterColumns":[{"name":"Size","type":"string","jsonPath":".spec.size"},{"name":"Num","type":"integer","jsonPath":".spec.num"}],
    "schema":{"openAPIV3Schema":{"type":"object","properties":{
        "spec":{"type":"object","required":["size"],"properties":{"size":{"type":"string"},"num":{"type":"integer","default":1}},
            "x-kubernetes-validations":[{"rule":"self.num < 10 || self.size == 'large'","message":"too many for its size"}]},
        "status":{"type":"object","properties":{"num":{"type":"integer"}}}}}}}]}}"#;
/// How long something that the cluster does by itself may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server that serves the definition above.
fn gadgets(name: &str) -> (Cluster, Connection) {
    defined(name, DEFINITION)
}

/// A server that serves a definition of gadgets.
fn defined(name: &str, definition: &str) -> (Cluster, Connection) {
    let cluster = Cluster::start(name, &["--ephemeral", "--nodes", "sim:0"]);
    let mut client = cluster.connect();
    let made = client.request("POST", DEFINITIONS, definition);
    assert_eq!(made.code, 201, "{}", text(&made));
    until(|| client.request("GET", GADGETS, "").code == 200);
    (cluster, client)
}

/// Asks again until it is so.
fn until(mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < PATIENCE, "it never becomes so");
        std::thread::yield_now();
    }
}

fn text(answer: &Answer) -> String {
    String::from_utf8_lossy(&answer.body).into_owned()
}

fn patch(client: &mut Connection, path: &str, kind: &str, body: &str) -> Answer {
    client.send(&bytes_of("PATCH", path, kind, body.as_bytes())).expect("it is sent");
    client.answer().expect("the server answers")
}

fn make(client: &mut Connection, name: &str, spec: &str) -> Answer {
    let body = format!(r#"{{"apiVersion":"a.b/v1","kind":"Gadget","metadata":{{"name":"{name}"}},"spec":{spec}}}"#);
    client.request("POST", GADGETS, &body)
}

/// The events of a watch: type and name of each until it ends.
fn events(watch: Connection) -> Vec<String> {
    let shown = |it: &Value| format!("{} {}", it.get("type").str(), it.at("object.metadata.name").str());
    all_events(watch).iter().map(shown).collect()
}

/// The events of a watch until it ends.
fn all_events(mut watch: Connection) -> Vec<Value> {
    let mut all = Vec::new();
    while let Some(part) = watch.chunk().expect("the watch goes on or ends") {
        all.extend(part);
    }
    let lines = String::from_utf8(all).expect("it is text");
    lines.lines().map(|it| Value::from_json(it).expect("each line is an event")).collect()
}

/// A watch that has begun.
fn watch(cluster: &Cluster, path: &str) -> Connection {
    let mut connection = cluster.connect();
    connection.send(&bytes_of("GET", &format!("{path}?watch=true"), "", b"")).expect("it is sent");
    assert!(connection.head().expect("the server answers").starts_with("http/1.1 200"));
    connection
}

#[test]
fn a_definition_is_part_of_discovery_and_documents() {
    let (_cluster, mut client) = gadgets("custom-documents");
    let list = client.request("GET", "/apis/a.b/v1", "").json();
    let names: Vec<&str> = list.get("resources").items().iter().map(|it| it.get("name").str()).collect();
    assert_eq!(names, ["gadgets", "gadgets/scale", "gadgets/status"]);
    let groups = client.request("GET", "/apis", "").json();
    assert!(groups.get("groups").items().iter().any(|it| it.get("name").str() == "a.b"));
    let document = client.request("GET", "/openapi/v3/apis/a.b/v1", "").json();
    let schema = document.get("components").get("schemas").get("b.a.v1.Gadget").clone();
    assert_eq!(schema.at("properties.spec.properties.size.type").str(), "string");
    assert!(text(&client.request("GET", "/openapi/v2", "")).contains("b.a.v1.Gadget"));
}

#[test]
fn objects_are_made_changed_and_shown() {
    let (_cluster, mut client) = gadgets("custom-objects");
    let made = make(&mut client, "one", r#"{"size":"small"}"#);
    assert_eq!((made.code, made.json().at("spec.num").int_or(0)), (201, 1), "{}", text(&made));
    let refused = make(&mut client, "two", r#"{"size":"small","num":12}"#);
    assert_eq!(refused.code, 422);
    let message = "Gadget.a.b \"two\" is invalid: spec: Invalid value: too many for its size";
    assert_eq!(refused.json().get("message").str(), message);
    let path = format!("{GADGETS}/one");
    let patched = patch(&mut client, &path, MERGE, r#"{"spec":{"num":3},"status":{"num":9}}"#).json();
    assert_eq!((patched.at("spec.num").int_or(0), patched.at("status.num").is_null()), (3, true));
    let patched =
        patch(&mut client, &format!("{path}/status"), MERGE, r#"{"spec":{"num":4},"status":{"num":2}}"#).json();
    assert_eq!((patched.at("spec.num").int_or(0), patched.at("status.num").int_or(0)), (3, 2));
    let scaled = patch(&mut client, &format!("{path}/scale"), MERGE, r#"{"spec":{"replicas":5}}"#).json();
    assert_eq!((scaled.get("kind").str(), scaled.at("spec.replicas").int_or(0)), ("Scale", 5));
    assert_eq!(patch(&mut client, &format!("{path}/scale"), MERGE, r#"{"spec":{"replicas":50}}"#).code, 422);
    let strategic = patch(&mut client, &path, "application/strategic-merge-patch+json", "{}");
    assert_eq!(strategic.code, 415);
    let applied = r#"{"apiVersion":"a.b/v1","kind":"Gadget","metadata":{"name":"one"},"spec":{"size":"large"}}"#;
    let applied =
        patch(&mut client, &format!("{path}?fieldManager=t&force=true"), "application/apply-patch+yaml", applied);
    assert_eq!((applied.code, applied.json().at("spec.size").str()), (200, "large"));
    assert_eq!(client.request("GET", GADGETS, "").json().get("kind").str(), "GadgetList");
}

#[test]
fn tables_have_the_definition_s_columns() {
    let (_cluster, mut client) = gadgets("custom-tables");
    assert_eq!(make(&mut client, "one", r#"{"size":"small"}"#).code, 201);
    let plain = String::from_utf8(bytes_of("GET", GADGETS, "", b"")).expect("it is text");
    let table = plain.replace("accept: application/json", "accept: application/json;as=Table;v=v1;g=meta.k8s.io");
    client.send(table.as_bytes()).expect("it is sent");
    let table = client.answer().expect("the server answers").json();
    let columns: Vec<&str> = table.get("columnDefinitions").items().iter().map(|it| it.get("name").str()).collect();
    assert_eq!(columns, ["Name", "Size", "Num"]);
    assert_eq!(table.get("rows").items()[0].get("cells").to_json(), r#"["one","small",1]"#);
}

#[test]
fn a_watch_shows_the_version_that_it_asks_for() {
    let other = DEFINITION.replace(
        r#""versions":["#,
        r#""versions":[{"name":"v2","served":true,"storage":false,
        "schema":{"openAPIV3Schema":{"type":"object","x-kubernetes-preserve-unknown-fields":true}}},"#,
    );
    let (cluster, mut client) = defined("custom-versions", &other);
    assert_eq!(make(&mut client, "one", r#"{"size":"small"}"#).code, 201);
    let watches = ["v1", "v2"].map(|version| watch(&cluster, &format!("/apis/a.b/{version}/gadgets")));
    let two = r#"{"apiVersion":"a.b/v2","kind":"Gadget","metadata":{"name":"two"},"spec":{"size":"large","num":1}}"#;
    assert_eq!(client.request("POST", "/apis/a.b/v2/namespaces/default/gadgets", two).code, 201);
    assert_eq!(patch(&mut client, &format!("{GADGETS}/one"), MERGE, r#"{"spec":{"num":3}}"#).code, 200);
    assert_eq!(client.request("DELETE", &format!("{GADGETS}/two"), "").code, 200);
    assert_eq!(client.request("DELETE", &format!("{DEFINITIONS}/gadgets.a.b"), "").code, 200);
    let shown = |it: &Value| {
        let object = it.get("object");
        let [version, num] = ["apiVersion", "spec.num"].map(|field| object.at(field).clone());
        format!("{} {} {version} {num}", it.get("type").str(), object.at("metadata.name").str())
    };
    let [first, second] = watches.map(|it| all_events(it).iter().map(shown).collect::<Vec<_>>());
    let expected = |version: &str| {
        let events = ["ADDED one 1", "ADDED two 1", "MODIFIED one 3", "DELETED two 1", "DELETED one 3"];
        events.map(|it| it.rsplit_once(' ').map(|(event, num)| format!("{event} \"a.b/{version}\" {num}")))
    };
    assert_eq!(first.into_iter().map(Some).collect::<Vec<_>>(), expected("v1"));
    assert_eq!(second.into_iter().map(Some).collect::<Vec<_>>(), expected("v2"));
}

#[test]
fn watches_and_objects_end_with_the_definition() {
    let (cluster, mut client) = gadgets("custom-end");
    assert_eq!(make(&mut client, "one", r#"{"size":"small"}"#).code, 201);
    let all = watch(&cluster, "/apis/a.b/v1/gadgets");
    let none = watch(&cluster, "/apis/a.b/v1/namespaces/other/gadgets");
    assert_eq!(make(&mut client, "two", r#"{"size":"small"}"#).code, 201);
    assert_eq!(client.request("DELETE", &format!("{DEFINITIONS}/gadgets.a.b"), "").code, 200);
    let mut told = events(all);
    assert_eq!(&told[..2], ["ADDED one", "ADDED two"]);
    told.sort();
    assert_eq!(told, ["ADDED one", "ADDED two", "DELETED one", "DELETED two"]);
    assert_eq!(events(none), Vec::<String>::new());
    assert_eq!(client.request("GET", GADGETS, "").code, 404);
    assert_eq!(client.request("POST", DEFINITIONS, DEFINITION).code, 201);
    until(|| client.request("GET", GADGETS, "").code == 200);
    assert!(client.request("GET", GADGETS, "").json().get("items").items().is_empty());
}
