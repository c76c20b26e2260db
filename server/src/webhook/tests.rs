//! A small webhook over TLS, and a cluster that calls it.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use super::*;
use crate::host::drive;
use base64::Engine as _;
use expect_test::{Expect, expect};
use hyper::server::conn::http1 as serving;
use hyper::service::service_fn;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use shared::api::{Target, Verb};
use shared::model::ResourceName;
use shared::model::key::resources::{CONFIG_MAPS, PODS, SERVICES};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

const REPLICA_SETS: ResourceName = ResourceName::of("replicasets.apps");

/// What the webhook says: the status and body of its answer to a review.
type Say = fn(&Value) -> (u16, String);

/// A running webhook.
struct Hook {
    port: u16,
    /// Its certificate, in PEM and base64.
    bundle: String,
    asked: Arc<Mutex<Vec<Value>>>,
    _tasks: JoinSet<()>,
}

impl Hook {
    async fn start(say: Say) -> Self {
        let names = ["localhost".to_owned(), "hooks.default.svc".to_owned()];
        let made = rcgen::generate_simple_self_signed(names).expect("a certificate can be made");
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("there are versions")
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .expect("they fit");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let port = listener.local_addr().expect("it has an address").port();
        let (asked, mut tasks) = (Arc::new(Mutex::new(Vec::new())), JoinSet::new());
        tasks.spawn(serve(listener, TlsAcceptor::from(Arc::new(config)), say, asked.clone()));
        let bundle = base64::engine::general_purpose::STANDARD.encode(made.cert.pem());
        Self { port, bundle, asked, _tasks: tasks }
    }

    fn url(&self) -> String {
        format!(r#"{{"url":"https://localhost:{}/hook","caBundle":"{}"}}"#, self.port, self.bundle)
    }
}

async fn serve(listener: TcpListener, acceptor: TlsAcceptor, say: Say, asked: Arc<Mutex<Vec<Value>>>) {
    let mut connections = JoinSet::new();
    while let Ok((socket, _)) = listener.accept().await {
        let (acceptor, asked) = (acceptor.clone(), asked.clone());
        connections.spawn(async move {
            let Ok(stream) = acceptor.accept(socket).await else { return };
            let service = service_fn(|request| answer(request, say, asked.clone()));
            // A client that goes away is no fault of the webhook's.
            let _ = serving::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn answer(
    request: Request<Incoming>,
    say: Say,
    asked: Arc<Mutex<Vec<Value>>>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let body = request.into_body().collect().await.expect("it is sent").to_bytes();
    let review = Value::from_json(&String::from_utf8_lossy(&body)).expect("it is JSON");
    let (code, body) = say(&review);
    asked.lock().expect("nobody panics").push(review);
    let response = Response::builder().status(code).header("location", "/elsewhere").body(Full::new(body.into()));
    Ok(response.expect("it is a response"))
}

/// A review with this `response`.
fn says(review: &Value, response: &str) -> (u16, String) {
    let uid = review.at("request.uid");
    let response = response.replacen('{', &format!("{{\"uid\":{uid},"), 1);
    (200, format!(r#"{{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","response":{response}}}"#))
}

/// Labels what it sees.
fn label(review: &Value) -> (u16, String) {
    let labels = review.at("request.object.metadata.labels");
    let steps = if labels.is_null() {
        r#"[{"op":"add","path":"/metadata/labels","value":{"hooked":"yes"}}]"#
    } else {
        r#"[{"op":"add","path":"/metadata/labels/hooked","value":"yes"}]"#
    };
    let patch = base64::engine::general_purpose::STANDARD.encode(steps);
    says(review, &format!(r#"{{"allowed":true,"patchType":"JSONPatch","patch":"{patch}"}}"#))
}

fn deny(review: &Value) -> (u16, String) {
    says(review, r#"{"allowed":false,"status":{"message":"no","code":403}}"#)
}

/// Puts a webhook of one sort in force, for `resource`.
async fn configure(host: &Host, sort: &str, resource: &str, client: &str) {
    let plural = format!("{sort}webhookconfigurations");
    let body = format!(
        r#"{{"metadata":{{"name":"{sort}"}},"webhooks":[{{"name":"h.x.y","sideEffects":"None","admissionReviewVersions":["v1"],
        "timeoutSeconds":20,"clientConfig":{client},
        "rules":[{{"apiGroups":["*"],"apiVersions":["*"],"resources":["{resource}"],"operations":["CREATE"]}}]}}]}}"#
    );
    let resource = ResourceName::new(&plural, "admissionregistration.k8s.io");
    let made = create(host, resource, "", &body).await;
    assert_eq!(made.code, 201, "{made:?}");
}

async fn create(host: &Host, resource: ResourceName, namespace: &str, body: &str) -> shared::api::Response {
    let target = Target { resource, version: "v1".into(), namespace: namespace.into(), ..Target::default() };
    let mut request = shared::api::Request::new(Verb::Create, target);
    request.body = Value::from_json(body).expect("it is JSON");
    host.request(&request).await
}

/// What is said to a `ConfigMap`.
async fn said(host: &Host) -> String {
    let made = create(host, CONFIG_MAPS, "default", r#"{"metadata":{"name":"a"}}"#).await;
    match made.as_object() {
        Some(object) => format!("{} {}", made.code, object.metadata().get("labels")),
        None => format!("{} {}", made.code, made.failure().map(|it| it.message.as_str()).unwrap_or_default()),
    }
}

#[tokio::test]
async fn webhooks_change_and_refuse() {
    let (host, labels, denies) = (Host::new(0, 1), Hook::start(label).await, Hook::start(deny).await);
    configure(&host, "mutating", "configmaps", &labels.url()).await;
    assert_eq!(said(&host).await, r#"201 {"hooked":"yes"}"#);
    configure(&host, "validating", "configmaps", &denies.url()).await;
    assert_eq!(said(&host).await, "403 admission webhook \"h.x.y\" denied the request: no");
    let asked = denies.asked.lock().expect("nobody panics");
    assert_eq!(asked[0].at("request.object.metadata.labels").to_json(), r#"{"hooked":"yes"}"#);
}

#[tokio::test]
async fn the_cluster_s_own_writes_are_asked_about() {
    let (host, labels) = (Host::new(0, 1), Hook::start(label).await);
    configure(&host, "mutating", "pods", &labels.url()).await;
    let driver = tokio::spawn(drive(host.clone()));
    let set = r#"{"metadata":{"name":"web"},"spec":{"replicas":2,"selector":{"matchLabels":{"a":"b"}},
        "template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"nginx"}]}}}}"#;
    let mut watch = host.subscribe(&PODS);
    assert_eq!(create(&host, REPLICA_SETS, "default", set).await.code, 201);
    while host.look(|cluster| cluster.store().list(&PODS).count()) < 2 {
        watch.next(host.feed()).await.expect("nothing is dropped so early");
    }
    driver.abort();
    let hooked = |cluster: &shared::cluster::Cluster| {
        cluster.store().list(&PODS).filter(|it| it.label("hooked") == Some("yes")).count()
    };
    assert_eq!(host.look(hooked), 2);
}

#[tokio::test]
async fn a_service_of_the_cluster_is_found() {
    let (host, labels) = (Host::new(0, 1), Hook::start(label).await);
    let client = format!(
        r#"{{"service":{{"namespace":"default","name":"hooks","port":{}}},"caBundle":"{}"}}"#,
        labels.port, labels.bundle
    );
    configure(&host, "mutating", "configmaps", &client).await;
    let missing = said(&host).await;
    assert!(missing.ends_with("?timeout=20s\": service \"hooks\" not found"), "{missing}");
    let service = r#"{"metadata":{"name":"hooks"},"spec":{"type":"ExternalName","externalName":"localhost"}}"#;
    assert_eq!(create(&host, SERVICES, "default", service).await.code, 201);
    assert_eq!(said(&host).await, r#"201 {"hooked":"yes"}"#);
}

/// What is said when the webhook answers so; its port is `PORT`.
async fn check(say: Say, expected: &Expect) {
    let (host, hook) = (Host::new(0, 1), Hook::start(say).await);
    configure(&host, "validating", "configmaps", &hook.url()).await;
    expected.assert_eq(&said(&host).await.replace(&hook.port.to_string(), "PORT"));
}

#[tokio::test]
async fn what_is_no_answer_is_told() {
    check(|_| (302, String::new()), &expect![[r#"500 Internal error occurred: failed calling webhook "h.x.y": failed to call webhook: the server responded with the status code 302 but did not return more details"#]]).await;
    check(|_| (500, "broken".to_owned()), &expect![[r#"500 Internal error occurred: failed calling webhook "h.x.y": failed to call webhook: an error on the server ("broken") has prevented the request from succeeding"#]]).await;
    check(|_| (404, String::new()), &expect![[r#"500 Internal error occurred: failed calling webhook "h.x.y": failed to call webhook: the server could not find the requested resource"#]]).await;
    check(|_| (200, "<html>".to_owned()), &expect![[r#"500 Internal error occurred: failed calling webhook "h.x.y": failed to call webhook: couldn't get version/kind; json parse error: expected value at line 1 column 1"#]]).await;
    check(|_| (200, "x".repeat(ANSWER_BYTES_MAX + 1)), &expect![[r#"500 Internal error occurred: failed calling webhook "h.x.y": failed to call webhook: Post "https://localhost:PORT/hook?timeout=20s": length limit exceeded"#]]).await;
}

#[tokio::test]
async fn a_certificate_of_others_is_not_trusted() {
    let (host, hook, other) = (Host::new(0, 1), Hook::start(label).await, Hook::start(label).await);
    let client = format!(r#"{{"url":"https://localhost:{}","caBundle":"{}"}}"#, hook.port, other.bundle);
    configure(&host, "validating", "configmaps", &client).await;
    let said = said(&host).await.replace(&hook.port.to_string(), "PORT");
    expect![[r#"500 Internal error occurred: failed calling webhook "h.x.y": failed to call webhook: Post "https://localhost:PORT?timeout=20s": tls: failed to verify certificate: x509: certificate signed by unknown authority"#]].assert_eq(&said);
    assert!(hook.asked.lock().expect("nobody panics").is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_webhook_that_says_nothing_is_waited_for_so_long() {
    let silent = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let port = silent.local_addr().expect("it has an address").port();
    let host = Host::new(0, 1);
    configure(&host, "validating", "configmaps", &format!(r#"{{"url":"https://127.0.0.1:{port}"}}"#)).await;
    let said = said(&host).await.replace(&port.to_string(), "PORT");
    expect![[r#"500 Internal error occurred: failed calling webhook "h.x.y": failed to call webhook: Post "https://127.0.0.1:PORT?timeout=20s": context deadline exceeded"#]].assert_eq(&said);
}

/// Where a service leads whose slice has this endpoint; `PORT` of the service.
async fn found(port: u16, endpoint: &str) -> String {
    let host = Host::new(0, 1);
    let service = r#"{"metadata":{"name":"hooks"},"spec":{"ports":[{"name":"tls","port":443,"targetPort":8443}]}}"#;
    assert_eq!(create(&host, SERVICES, "default", service).await.code, 201);
    let slice = format!(
        r#"{{"metadata":{{"name":"hooks-1","labels":{{"kubernetes.io/service-name":"hooks"}}}},"addressType":"IPv4",
        "ports":[{{"name":"tls","port":8443}}],"endpoints":[{endpoint}]}}"#
    );
    let slices = ResourceName::of("endpointslices.discovery.k8s.io");
    assert_eq!(create(&host, slices, "default", &slice).await.code, 201);
    let client = format!(r#"{{"service":{{"namespace":"default","name":"hooks","port":{port}}}}}"#);
    let client = Value::from_json(&client).expect("it is JSON");
    match host.look(|cluster| Place::of(&client, cluster.store())) {
        Ok(place) => format!("{} at {:?}", place.authority, place.at),
        Err(why) => why,
    }
}

#[tokio::test]
async fn services_lead_to_endpoints_that_can_be_reached() {
    let by_hand = r#"{"addresses":["192.0.2.7"]}"#;
    expect![[r#"hooks.default.svc:443 at [("192.0.2.7", 8443)]"#]].assert_eq(&found(443, by_hand).await);
    expect![[r#"no service port 444 found for service "hooks""#]].assert_eq(&found(444, by_hand).await);
    expect![[r#"no endpoints available for service "hooks""#]]
        .assert_eq(&found(443, r#"{"addresses":["192.0.2.7"],"conditions":{"ready":false}}"#).await);
    let pod = r#"{"addresses":["10.244.0.9"],"targetRef":{"kind":"Pod","name":"p","namespace":"default"}}"#;
    expect![[r#"the endpoints of service "hooks" are pods of simulated nodes, which have no network; clientConfig.url reaches a program beside the cluster"#]].assert_eq(&found(443, pod).await);
}

/// Converts gadgets: `spec.length` in v1 is `spec.size` in v2.
fn convert(review: &Value) -> (u16, String) {
    let request = review.get("request");
    let wanted = request.get("desiredAPIVersion");
    let (from, to) = if wanted.str() == "a.b/v1" { ("size", "length") } else { ("length", "size") };
    let objects = request.get("objects").items().iter().map(|it| {
        let mut new = it.clone();
        new.set("apiVersion", wanted);
        let value = new.entry("spec").remove(from);
        new.entry("spec").set(to, value);
        new
    });
    let objects: Value = objects.collect();
    let uid = request.get("uid");
    let response = format!(r#"{{"uid":{uid},"result":{{"status":"Success"}},"convertedObjects":{objects}}}"#);
    (200, format!(r#"{{"kind":"ConversionReview","apiVersion":"apiextensions.k8s.io/v1","response":{response}}}"#))
}

/// A definition of gadgets, established, with this `clientConfig`.
async fn define(host: &Arc<Host>, client: &str) {
    let version = |name: &str, storage: bool, field: &str| {
        format!(
            r#"{{"name":"{name}","served":true,"storage":{storage},"schema":{{"openAPIV3Schema":{{"type":"object","properties":
            {{"spec":{{"type":"object","properties":{{"{field}":{{"type":"string"}}}}}}}}}}}}}}"#
        )
    };
    let (v1, v2) = (version("v1", false, "length"), version("v2", true, "size"));
    let body = format!(
        r#"{{"metadata":{{"name":"gadgets.a.b"}},"spec":{{"group":"a.b","scope":"Namespaced","names":{{"plural":"gadgets",
        "kind":"Gadget"}},"conversion":{{"strategy":"Webhook","webhook":{{"conversionReviewVersions":["v1"],
        "clientConfig":{client}}}}},"versions":[{v1},{v2}]}}}}"#
    );
    let definitions = shared::api::custom::DEFINITIONS;
    let mut watch = host.subscribe(&definitions);
    assert_eq!(create(host, definitions.clone(), "", &body).await.code, 201);
    let driver = tokio::spawn(drive(host.clone()));
    while host.look(|cluster| cluster.api().registry().served("a.b", "v1", "gadgets").is_none()) {
        watch.next(host.feed()).await.expect("nothing is dropped so early");
    }
    driver.abort();
}

#[tokio::test]
async fn versions_are_converted() {
    let (host, hook) = (Host::new(0, 1), Hook::start(convert).await);
    define(&host, &hook.url()).await;
    let gadgets = ResourceName::of("gadgets.a.b");
    for name in ["a", "b"] {
        let body = format!(r#"{{"metadata":{{"name":"{name}"}},"spec":{{"length":"{name}"}}}}"#);
        let made = create(&host, gadgets.clone(), "default", &body).await;
        assert_eq!(made.as_object().expect("it is made").at("spec.length").str(), name);
    }
    let asked = hook.asked.lock().expect("nobody panics").len();
    let said = |version: &'static str| {
        let target = Target { resource: gadgets.clone(), version: version.into(), ..Target::default() };
        let host = &host;
        async move {
            match host.request(&shared::api::Request::new(Verb::List, target)).await.body {
                shared::api::Body::List(list) => {
                    list.get("items").items().iter().map(|it| it.get("spec").to_json()).collect::<String>()
                }
                other => format!("{other:?}"),
            }
        }
    };
    assert_eq!(said("v2").await, r#"{"size":"a"}{"size":"b"}"#);
    assert_eq!(said("v1").await, r#"{"length":"a"}{"length":"b"}"#);
    // Both objects of the list in one review, and none for the stored version.
    assert_eq!(hook.asked.lock().expect("nobody panics").len(), asked + 1);
}

/// A watch of gadgets over HTTP in a version.
async fn watched(server: &crate::kube::Server, version: &str) -> axum::body::Body {
    let mut admin = shared::api::User::component("kubernetes-admin".to_owned());
    admin.groups.push("system:masters".into());
    let request = Request::get(format!("/apis/a.b/{version}/gadgets?watch=true")).body(axum::body::Body::empty());
    let answer = server.handle(Some(&admin), request.expect("it is a request")).await;
    assert_eq!(answer.status(), 200);
    answer.into_body()
}

/// The next event of a watch: its type, the object's version and spec.
async fn next_event(watch: &mut axum::body::Body) -> String {
    let frame = watch.frame().await.expect("the watch goes on").expect("nothing fails");
    let line = String::from_utf8_lossy(frame.data_ref().expect("it is data")).into_owned();
    let event = Value::from_json(&line).expect("it is one event");
    let object = event.get("object");
    format!("{} {} {}", event.get("type").str(), object.get("apiVersion").str(), object.get("spec"))
}

#[tokio::test]
async fn a_watch_is_converted() {
    let (host, hook) = (Host::new(0, 1), Hook::start(convert).await);
    define(&host, &hook.url()).await;
    let tokens = Arc::new(crate::auth::Tokens::new(crate::auth::SigningKey::generate().expect("a key")));
    let (_stop, stopping) = tokio::sync::watch::channel(false);
    let server = crate::kube::Server::new(host.clone(), tokens, stopping, None);
    let gadget = |name: &str| format!(r#"{{"metadata":{{"name":"{name}"}},"spec":{{"length":"{name}"}}}}"#);
    let gadgets = ResourceName::of("gadgets.a.b");
    assert_eq!(create(&host, gadgets.clone(), "default", &gadget("a")).await.code, 201);
    let (mut one, mut two) = (watched(&server, "v1").await, watched(&server, "v2").await);
    assert_eq!(next_event(&mut one).await, r#"ADDED a.b/v1 {"length":"a"}"#);
    assert_eq!(next_event(&mut two).await, r#"ADDED a.b/v2 {"size":"a"}"#);
    assert_eq!(create(&host, gadgets, "default", &gadget("b")).await.code, 201);
    assert_eq!(next_event(&mut one).await, r#"ADDED a.b/v1 {"length":"b"}"#);
    assert_eq!(next_event(&mut two).await, r#"ADDED a.b/v2 {"size":"b"}"#);
}

#[tokio::test]
async fn a_conversion_that_fails_is_told() {
    let (host, hook, other) = (Host::new(0, 1), Hook::start(convert).await, Hook::start(convert).await);
    define(&host, &format!(r#"{{"url":"https://localhost:{}","caBundle":"{}"}}"#, hook.port, other.bundle)).await;
    let made = create(&host, ResourceName::of("gadgets.a.b"), "default", r#"{"metadata":{"name":"a"}}"#).await;
    let said = made.failure().expect("it is refused").message.replace(&hook.port.to_string(), "PORT");
    expect![[r#"conversion webhook for a.b/v1, Kind=Gadget failed: Post "https://localhost:PORT?timeout=30s": tls: failed to verify certificate: x509: certificate signed by unknown authority"#]].assert_eq(&said);
}
