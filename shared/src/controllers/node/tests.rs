use super::CONTROLLER;
use crate::controllers::testing::{Fixture, NOW, shown, status};
use crate::controllers::{eviction, pod_garbage};
use crate::model::key::resources::{LEASES, NODES, PODS};
use crate::model::{Key, Object, Span, Value};
use expect_test::{Expect, expect};

/// Nodes from `NAME=READY[/SECONDS_SINCE_HEARTBEAT]`, each with one Ready pod `on-NAME`.
fn fixture(text: &str) -> Fixture {
    let mut it = Fixture::default();
    for token in text.split_whitespace() {
        let (name, state) = token.split_once('=').unwrap();
        let (ready, silent) = state.split_once('/').unwrap_or((state, "0"));
        let heard = NOW - Span::seconds(silent.parse().unwrap());
        let mut node = Object::new("v1", "Node", "", name);
        node.set("metadata.creationTimestamp", heard.to_string());
        let all = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"].into_iter().map(|kind| {
            let status = if kind == "Ready" || ready == "Unknown" { ready } else { "False" };
            let heard = heard.to_string().into();
            Value::from([("type", kind.into()), ("status", status.into()), ("lastHeartbeatTime", heard)])
        });
        if ready != "Never" {
            node.set("status.conditions", all.collect::<Value>());
        }
        it.put(&Key::new(NODES, "", name), node);
        let mut pod = Object::new("v1", "Pod", "default", &format!("on-{name}"));
        pod.set("spec.nodeName", name);
        pod.set("status", status("Ready", heard));
        it.put(&Key::new(PODS, "default", pod.name()), pod);
    }
    it
}

fn check(nodes: &str, expected: &Expect) {
    let it = fixture(nodes);
    expected.assert_eq(&(CONTROLLER.reconcile)(&Key::new(NODES, "", "a"), &it.view()).to_text());
}

#[test]
fn a_silent_node_becomes_unknown_and_is_tainted() {
    check(
        "a=True/10 b=True",
        &expect![[r#"
        saw Ready is True, wanted a heartbeat in time
        again in 40001 ms"#]],
    );
    check(
        "a=True/51 b=True",
        &expect![[r#"
        saw Ready is True, wanted a heartbeat in time
        update nodes/status a: the kubelet of a was last heard 51 s ago"#]],
    );
    check(
        "a=Never/61 b=True",
        &expect![[r#"
        saw Ready is Unknown, wanted a heartbeat in time
        update nodes/status a: the kubelet of a was last heard 61 s ago"#]],
    );
    check(
        "a=Unknown/60 b=True",
        &expect![[r#"
        saw Ready is Unknown, wanted a heartbeat in time
        update pods/status default/on-a: took Ready from on-a: its node a is not heard of
        patch nodes a: Ready is Unknown, so the taints are node.kubernetes.io/unreachable:NoSchedule, node.kubernetes.io/unreachable:NoExecute"#]],
    );
    check(
        "a=False/1 b=True",
        &expect![[r#"
        saw Ready is False, wanted a heartbeat in time
        patch nodes a: Ready is False, so the taints are node.kubernetes.io/not-ready:NoSchedule, node.kubernetes.io/not-ready:NoExecute
        again in 49001 ms"#]],
    );
    check(
        "a=Unknown/60 b=Unknown/60",
        &expect![[r#"
        saw Ready is Unknown, wanted a heartbeat in time
        update pods/status default/on-a: took Ready from on-a: its node a is not heard of
        patch nodes a: Ready is Unknown, so the taints are node.kubernetes.io/unreachable:NoSchedule"#]],
    );
}

#[test]
fn a_lease_is_a_heartbeat() {
    let mut it = fixture("a=True/100");
    let mut lease = Object::new("coordination.k8s.io/v1", "Lease", "kube-node-lease", "a");
    lease.set("spec.renewTime", (NOW - Span::seconds(4)).to_micro_string());
    it.put(&Key::new(LEASES, "kube-node-lease", "a"), lease);
    expect![[r#"
        saw Ready is True, wanted a heartbeat in time
        again in 46001 ms"#]]
    .assert_eq(&(CONTROLLER.reconcile)(&Key::new(NODES, "", "a"), &it.view()).to_text());
}

/// The pod on node `a`, whose taint was added 100 s ago, with one toleration.
fn check_eviction(toleration: &str, expected: &Expect) {
    let mut it = fixture("a=Unknown/160 b=True");
    let key = Key::new(NODES, "", "a");
    let mut node = it.cache.get(&key).unwrap().clone();
    let taint = r#"[{"key":"node.kubernetes.io/unreachable","effect":"NoExecute"}]"#;
    node.set("spec.taints", Value::from_json(taint).unwrap());
    node.entry("spec.taints").list_mut()[0].set("timeAdded", (NOW - Span::seconds(100)).to_string());
    it.put(&key, node);
    let pod_key = Key::new(PODS, "default", "on-a");
    let mut pod = it.cache.get(&pod_key).unwrap().clone();
    pod.set("spec.tolerations", Value::from_json(&format!("[{toleration}]")).unwrap());
    it.put(&pod_key, pod);
    expected.assert_eq(&(eviction::CONTROLLER.reconcile)(&pod_key, &it.view()).to_text());
}

#[test]
fn pods_are_evicted_when_their_patience_ends() {
    check_eviction(
        "",
        &expect![[r#"
        saw node a has node.kubernetes.io/unreachable, wanted no Pod that does not tolerate it
        update pods/status default/on-a: Taint manager: deleting due to NoExecute taint
        delete pods default/on-a: node a has node.kubernetes.io/unreachable, which this Pod does not tolerate any longer
        event Normal TaintManagerEviction: Marking for deletion Pod default/on-a"#]],
    );
    check_eviction(r#"{"operator":"Exists"}"#, &expect![""]);
    check_eviction(
        r#"{"key":"node.kubernetes.io/unreachable","operator":"Exists","tolerationSeconds":300}"#,
        &expect!["again in 200000 ms"],
    );
    check_eviction(
        r#"{"key":"node.kubernetes.io/unreachable","operator":"Exists","tolerationSeconds":60}"#,
        &expect![[r#"
            saw node a has node.kubernetes.io/unreachable, wanted no Pod that does not tolerate it
            update pods/status default/on-a: Taint manager: deleting due to NoExecute taint
            delete pods default/on-a: node a has node.kubernetes.io/unreachable, which this Pod does not tolerate any longer
            event Normal TaintManagerEviction: Marking for deletion Pod default/on-a"#]],
    );
    check_eviction(
        r#"{"key":"other","operator":"Exists"}"#,
        &expect![[r#"
        saw node a has node.kubernetes.io/unreachable, wanted no Pod that does not tolerate it
        update pods/status default/on-a: Taint manager: deleting due to NoExecute taint
        delete pods default/on-a: node a has node.kubernetes.io/unreachable, which this Pod does not tolerate any longer
        event Normal TaintManagerEviction: Marking for deletion Pod default/on-a"#]],
    );
}

#[test]
fn pods_of_a_node_that_is_gone_are_deleted() {
    let mut it = fixture("a=True");
    let mut pod = Object::new("v1", "Pod", "default", "lost");
    pod.set("spec.nodeName", "gone");
    it.put(&Key::new(PODS, "default", "lost"), pod);
    let of = |node: &str| (pod_garbage::CONTROLLER.reconcile)(&Key::new(NODES, "", node), &it.view());
    assert_eq!(of("a").to_text(), "");
    expect![[r#"
        saw no node gone, wanted no Pod there
        update pods/status default/lost: PodGC: node no longer exists
        delete pods default/lost: its node gone no longer exists
        lost status phase="Failed"
          DisruptionTarget=True DeletionByPodGC: PodGC: node no longer exists"#]]
    .assert_eq(&shown(&of("gone")));
}
