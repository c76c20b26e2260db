use super::pack::{SLICE_MAX, pack};
use super::{legacy, slices};
use crate::controllers::pods::key_of;
use crate::controllers::testing::Fixture;
use crate::model::key::resources::{NODES, PODS, SERVICES};
use crate::model::{Key, Object, ResourceName, Value};
use expect_test::{Expect, expect};

const SLICES: ResourceName = ResourceName::of("endpointslices.discovery.k8s.io");

/// A pod `NAME=IP[!][~][@NODE]`: `!` is not ready, `~` is terminating.
fn pod(text: &str) -> Object {
    let (name, rest) = text.split_once('=').unwrap();
    let (rest, node) = rest.split_once('@').unwrap_or((rest, "a"));
    let mut pod = Object::new("v1", "Pod", "default", name);
    pod.set("metadata.uid", format!("uid-{name}"));
    pod.set("metadata.labels.app", "web");
    pod.set("spec.nodeName", node);
    let container = r#"[{"name":"c","ports":[{"name":"http","containerPort":8080,"protocol":"TCP"}]}]"#;
    pod.set("spec.containers", Value::from_json(container).unwrap());
    pod.set("status.podIP", rest.trim_end_matches(['!', '~']));
    let ready = if rest.contains('!') { "False" } else { "True" };
    let condition = Value::from([("type", "Ready".into()), ("status", ready.into())]);
    pod.set("status.conditions", Value::from(vec![condition]));
    if rest.contains('~') {
        pod.set("metadata.deletionTimestamp", "2026-01-01T00:00:00Z");
    }
    pod
}

fn service(spec: &str) -> Object {
    let mut service = Object::new("v1", "Service", "default", "web");
    service.set("metadata.labels.team", "blue");
    service.set("spec", Value::from_json(spec).unwrap());
    service
}

/// What both loops make for a Service and its pods.
fn check(spec: &str, pods: &str, expected: &Expect) {
    let mut it = Fixture::default();
    let mut node = Object::new("v1", "Node", "", "a");
    node.entry("metadata.labels").map_mut().insert("topology.kubernetes.io/zone", "z");
    it.put(&Key::new(NODES, "", "a"), node);
    let key = Key::new(SERVICES, "default", "web");
    it.put(&key, service(spec));
    for pod in pods.split_whitespace().map(pod) {
        it.put(&key_of(PODS, &pod), pod);
    }
    let mut text = String::new();
    for plan in [(slices::CONTROLLER.reconcile)(&key, &it.view()), (legacy::CONTROLLER.reconcile)(&key, &it.view())] {
        text.extend(plan.to_text().lines().flat_map(|line| [line, "\n"]));
        for write in &plan.writes {
            let body = Object(write.request.body.clone());
            let shown = ["ports", "endpoints", "subsets"].into_iter().filter(|field| !body.get(field).is_null());
            text.extend(shown.map(|field| format!("  {field} {}\n", body.get(field).to_json())));
            text.extend([format!("  labels {}\n", body.at("metadata.labels").to_json())]);
        }
    }
    expected.assert_eq(&text);
}

const NAMED: &str = r#"{"selector":{"app":"web"},"clusterIP":"10.96.0.9","ports":[{"name":"main","port":80,"targetPort":"http","protocol":"TCP"}]}"#;

#[test]
fn pods_become_endpoints() {
    check(
        NAMED,
        "one=10.0.0.1 two=10.0.0.2! three=10.0.0.3~@b",
        &expect![[r#"
        saw 0 slices, wanted 3 endpoints
        create endpointslices.discovery.k8s.io default/web-: 3 endpoints had no slice
          ports [{"name":"main","port":8080,"protocol":"TCP"}]
          endpoints [{"addresses":["10.0.0.1"],"conditions":{"ready":true,"serving":true,"terminating":false},"nodeName":"a","targetRef":{"kind":"Pod","name":"one","namespace":"default","uid":"uid-one"},"zone":"z"},{"addresses":["10.0.0.3"],"conditions":{"ready":false,"serving":true,"terminating":true},"nodeName":"b","targetRef":{"kind":"Pod","name":"three","namespace":"default","uid":"uid-three"}},{"addresses":["10.0.0.2"],"conditions":{"ready":false,"serving":false,"terminating":false},"nodeName":"a","targetRef":{"kind":"Pod","name":"two","namespace":"default","uid":"uid-two"},"zone":"z"}]
          labels {"endpointslice.kubernetes.io/managed-by":"endpointslice-controller.k8s.io","kubernetes.io/service-name":"web","team":"blue"}
        saw no endpoints, wanted 1 ready, 1 not ready
        create endpoints default/web: wanted 1 ready, 1 not ready, saw no endpoints
          subsets [{"addresses":[{"ip":"10.0.0.1","nodeName":"a","targetRef":{"kind":"Pod","name":"one","namespace":"default","uid":"uid-one"}}],"notReadyAddresses":[{"ip":"10.0.0.2","nodeName":"a","targetRef":{"kind":"Pod","name":"two","namespace":"default","uid":"uid-two"}}],"ports":[{"name":"main","port":8080,"protocol":"TCP"}]}]
          labels {"endpoints.kubernetes.io/managed-by":"endpoint-controller","team":"blue"}
    "#]],
    );
    check(
        NAMED,
        "",
        &expect![[r#"
        saw 0 slices, wanted 0 endpoints
        create endpointslices.discovery.k8s.io default/web-: 0 endpoints had no slice
          ports []
          endpoints []
          labels {"endpointslice.kubernetes.io/managed-by":"endpointslice-controller.k8s.io","kubernetes.io/service-name":"web","team":"blue"}
        saw no endpoints, wanted 0 ready, 0 not ready
        create endpoints default/web: wanted 0 ready, 0 not ready, saw no endpoints
          labels {"endpoints.kubernetes.io/managed-by":"endpoint-controller","team":"blue"}
    "#]],
    );
    let headless = r#"{"selector":{"app":"web"},"clusterIP":"None","publishNotReadyAddresses":true}"#;
    check(
        headless,
        "two=10.0.0.2! three=10.0.0.3~",
        &expect![[r#"
        saw 0 slices, wanted 2 endpoints
        create endpointslices.discovery.k8s.io default/web-: 2 endpoints had no slice
          ports []
          endpoints [{"addresses":["10.0.0.3"],"conditions":{"ready":true,"serving":true,"terminating":true},"nodeName":"a","targetRef":{"kind":"Pod","name":"three","namespace":"default","uid":"uid-three"},"zone":"z"},{"addresses":["10.0.0.2"],"conditions":{"ready":true,"serving":false,"terminating":false},"nodeName":"a","targetRef":{"kind":"Pod","name":"two","namespace":"default","uid":"uid-two"},"zone":"z"}]
          labels {"endpointslice.kubernetes.io/managed-by":"endpointslice-controller.k8s.io","kubernetes.io/service-name":"web","service.kubernetes.io/headless":"","team":"blue"}
        saw no endpoints, wanted 2 ready, 0 not ready
        create endpoints default/web: wanted 2 ready, 0 not ready, saw no endpoints
          subsets [{"addresses":[{"ip":"10.0.0.2","nodeName":"a","targetRef":{"kind":"Pod","name":"two","namespace":"default","uid":"uid-two"}},{"ip":"10.0.0.3","nodeName":"a","targetRef":{"kind":"Pod","name":"three","namespace":"default","uid":"uid-three"}}]}]
          labels {"endpoints.kubernetes.io/managed-by":"endpoint-controller","service.kubernetes.io/headless":"","team":"blue"}
    "#]],
    );
    check(r#"{"clusterIP":"10.96.0.9","ports":[{"port":80}]}"#, "one=10.0.0.1", &expect![""]);
}

fn endpoints(range: std::ops::Range<usize>) -> Vec<Value> {
    range.map(|it| Value::from_json(&format!(r#"{{"targetRef":{{"uid":"{it}"}}}}"#)).unwrap()).collect()
}

/// How many endpoints the slices that are there and the new ones get.
fn packed(there: &[Vec<Value>], wanted: &[Value]) -> (Vec<usize>, Vec<usize>) {
    let slices: Vec<Object> = there
        .iter()
        .map(|own| {
            let mut slice = Object::new("discovery.k8s.io/v1", "EndpointSlice", "default", "s");
            slice.set("endpoints", Value::from(own.clone()));
            slice
        })
        .collect();
    let packed = pack(&slices.iter().collect::<Vec<_>>(), wanted);
    let sizes = |lists: &[Vec<Value>]| lists.iter().map(Vec::len).collect::<Vec<_>>();
    (sizes(&packed.kept), sizes(&packed.new))
}

#[test]
fn slices_change_little() {
    assert_eq!(packed(&[], &endpoints(0..250)), (vec![], vec![SLICE_MAX, SLICE_MAX, 50]));
    assert_eq!(packed(&[endpoints(0..100), endpoints(100..120)], &endpoints(0..130)), (vec![100, 30], vec![]));
    assert_eq!(packed(&[endpoints(0..100), endpoints(100..120)], &endpoints(50..125)), (vec![55, 20], vec![]));
    assert_eq!(packed(&[endpoints(0..90)], &endpoints(0..120)), (vec![90], vec![30]));
}

#[test]
fn what_is_right_is_left_alone() {
    let mut it = Fixture::default();
    let key = Key::new(SERVICES, "default", "web");
    it.put(&key, service(NAMED));
    let pod = pod("one=10.0.0.1");
    it.put(&key_of(PODS, &pod), pod);
    for (controller, resource) in [(slices::CONTROLLER, SLICES), (legacy::CONTROLLER, ResourceName::of("endpoints"))] {
        let plan = (controller.reconcile)(&key, &it.view());
        let mut made = Object(plan.writes[0].request.body.clone());
        made.set("metadata.name", "web");
        it.put(&Key::new(resource, "default", "web"), made);
        assert!((controller.reconcile)(&key, &it.view()).writes.is_empty());
    }
}

#[test]
fn endpoints_go_with_their_service() {
    let mut it = Fixture::default();
    let mut endpoints = Object::new("v1", "Endpoints", "default", "web");
    endpoints.entry("metadata.labels").map_mut().insert("endpoints.kubernetes.io/managed-by", "endpoint-controller");
    it.put(&Key::new(ResourceName::of("endpoints"), "default", "web"), endpoints);
    let plan = (legacy::CONTROLLER.reconcile)(&Key::new(SERVICES, "default", "web"), &it.view());
    expect!["delete endpoints default/web: its service is gone"].assert_eq(&plan.to_text());
}
