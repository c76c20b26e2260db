//! How long one request takes in the API server, natively, with ten thousand pods in the store.
//!
//! Prints microseconds per request; `cargo xtask bench` runs it.

#![allow(clippy::print_stdout, reason = "a benchmark prints its result")]
#![allow(clippy::disallowed_methods, reason = "a benchmark is what reads the clock")]

use shared::api::{Api, PatchKind, Request, Target, User, Verb};
use shared::model::key::resources::PODS;
use shared::model::{Chance, Object, Time, Value};
use std::time::Instant;

/// How many pods are made, updated and bound.
const PODS_TOTAL: u32 = 10_000;

fn target(name: &str, subresource: &str) -> Target {
    Target {
        resource: PODS,
        version: "v1".into(),
        namespace: "default".into(),
        name: name.into(),
        subresource: subresource.into(),
    }
}

fn pod(name: &str) -> Value {
    let mut pod = Object::new("v1", "Pod", "default", name);
    pod.set("metadata.labels.app", "web");
    let text = r#"[{"name":"web","image":"nginx:1.27","ports":[{"containerPort":80}],"resources":{"requests":{"cpu":"100m"}}}]"#;
    pod.set("spec.containers", Value::from_json(text).unwrap_or_default());
    pod.0
}

fn status(stored: &Object, now: Time) -> Value {
    let mut pod = stored.clone();
    let condition = |kind: &str| {
        Value::from([("type", kind.into()), ("status", "True".into()), ("lastTransitionTime", now.to_string().into())])
    };
    let kinds = ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"];
    pod.set("status.conditions", kinds.into_iter().map(condition).collect::<Value>());
    pod.set("status.phase", "Running");
    pod.set("status.podIP", "10.244.0.1");
    pod.0
}

/// Sends `request_of` for each pod and prints how long one takes.
fn measure(api: &mut Api, title: &str, request_of: impl Fn(&Api, &str) -> Request) {
    let now = Time::VIRTUAL_START;
    let requests: Vec<Request> = (0..PODS_TOTAL).map(|index| request_of(api, &format!("web-{index}"))).collect();
    let start = Instant::now();
    let refused = requests.iter().filter(|it| api.handle(it, now).failure().is_some()).count();
    let each = start.elapsed().as_secs_f64() * 1e6 / f64::from(PODS_TOTAL);
    println!("{title:<44} {each:>7.1} µs, {refused} refused");
}

fn by(user: &str, request: Request) -> Request {
    Request { user: User::component(user), ..request }
}

fn stored(api: &Api, name: &str) -> Object {
    let key = shared::model::Key::new(PODS, "default", name);
    api.store().get(&key).cloned().unwrap_or_default()
}

fn all(user: &str) {
    let mut api = Api::new(Chance::new(1));
    let with = |body: Value, verb: Verb, name: &str, part: &str| {
        by(user, Request { body, ..Request::new(verb, target(name, part)) })
    };
    println!("as {user}");
    measure(&mut api, "create a pod", |_, name| with(pod(name), Verb::Create, "", ""));
    measure(&mut api, "bind it", |_, name| {
        with(Value::from([("target", Value::from([("name", "node-0".into())]))]), Verb::Create, name, "binding")
    });
    measure(&mut api, "update its status", |api, name| {
        with(status(&stored(api, name), Time::VIRTUAL_START), Verb::Update, name, "status")
    });
    measure(&mut api, "update its status again, no change", |api, name| {
        with(stored(api, name).0, Verb::Update, name, "status")
    });
    measure(&mut api, "label it by a strategic merge patch", |_, name| {
        let patch = Value::from_json(r#"{"metadata":{"labels":{"tier":"a"}}}"#).unwrap_or_default();
        with(patch, Verb::Patch(PatchKind::StrategicMerge), name, "")
    });
    measure(&mut api, "get it", |_, name| with(Value::Null, Verb::Get, name, ""));
    measure(&mut api, "delete it", |_, name| with(Value::Null, Verb::Delete, name, ""));
    let start = Instant::now();
    let mut list = Request::new(Verb::List, target("", ""));
    list.options.label_selector = "app=web".into();
    let listed = api.handle(&list, Time::VIRTUAL_START);
    println!("list all by a label: {:.1} ms, code {}", start.elapsed().as_secs_f64() * 1e3, listed.code);
}

fn main() {
    all("system:kube-scheduler");
    all("kubernetes-admin");
}
