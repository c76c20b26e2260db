//! Worlds for tests: a rolling update in the middle, the same in the past, and a large cluster.

use shared::model::key::resources::{DEPLOYMENTS, EVENTS, NODES, PODS, REPLICA_SETS, SERVICES};
use shared::model::{Key, Object, Span, Text, Time, Value};
use shared::playground::World;
use shared::playground::protocol::{Clock, Delta, LoopState, NodeState, Pull};
use shared::trace::{
    Action, ActionId, ActionKind, Actor, Cause, Effect, Outcome, Reconcile, ReconcileId, Record, Revision, SourceFile,
    Trigger,
};

/// `millis` after the start.
pub fn at(millis: i64) -> Time {
    Time::VIRTUAL_START + Span::millis(millis)
}

fn object(json: &str) -> Object {
    Object(Value::from_json(json).unwrap_or_default())
}

fn owner(kind: &str, name: &str) -> String {
    format!(r#"[{{"apiVersion":"apps/v1","kind":"{kind}","name":"{name}","uid":"uid-{name}","controller":true}}]"#)
}

fn set(name: &str, revision: u32, want: u32, ready: u32, image: &str) -> (Key, Option<Object>) {
    let owners = owner("Deployment", "web");
    let json = format!(
        r#"{{"apiVersion":"apps/v1","kind":"ReplicaSet","metadata":{{"name":"{name}","namespace":"default","uid":"uid-{name}",
        "creationTimestamp":"2026-01-01T00:00:04Z",
        "annotations":{{"deployment.kubernetes.io/revision":"{revision}"}},"ownerReferences":{owners}}},
        "spec":{{"replicas":{want},"template":{{"spec":{{"containers":[{{"name":"web","image":"{image}"}}]}}}}}},
        "status":{{"replicas":{want},"readyReplicas":{ready}}}}}"#
    );
    (Key::new(REPLICA_SETS, "default", name), Some(object(&json)))
}

fn deployment() -> (Key, Option<Object>) {
    let json = r#"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web","namespace":"default","uid":"uid-web",
        "generation":2,"creationTimestamp":"2026-01-01T00:00:04Z","annotations":{"deployment.kubernetes.io/revision":"2"}},
        "spec":{"replicas":5,"selector":{"matchLabels":{"app":"web"}},
          "strategy":{"type":"RollingUpdate","rollingUpdate":{"maxSurge":1,"maxUnavailable":0}},
          "template":{"metadata":{"labels":{"app":"web"}},"spec":{"containers":[{"name":"web","image":"nginx:1.27.3"}]}}},
        "status":{"observedGeneration":2,"replicas":6,"updatedReplicas":3,"readyReplicas":5,"availableReplicas":5,
          "conditions":[{"type":"Progressing","status":"True","reason":"ReplicaSetUpdated"},
            {"type":"Available","status":"True","reason":"MinimumReplicasAvailable"}]}}"#;
    (Key::new(DEPLOYMENTS, "default", "web"), Some(object(json)))
}

fn service() -> (Key, Option<Object>) {
    let json = r#"{"apiVersion":"v1","kind":"Service","metadata":{"name":"web","namespace":"default"},
        "spec":{"clusterIP":"10.96.14.201","selector":{"app":"web"},"ports":[{"port":80}]}}"#;
    (Key::new(SERVICES, "default", "web"), Some(object(json)))
}

fn node(name: &str) -> (Key, Option<Object>) {
    let json = format!(
        r#"{{"apiVersion":"v1","kind":"Node","metadata":{{"name":"{name}"}},"status":{{"allocatable":{{"cpu":"4","memory":"8Gi"}},
        "conditions":[{{"type":"Ready","status":"True"}}]}}}}"#
    );
    (Key::new(NODES, "", name), Some(object(&json)))
}

fn pod(set: &str, suffix: &str, node: &str, ip: &str, restarts: u32) -> (Key, Option<Object>) {
    let name = format!("{set}-{suffix}");
    let owners = owner("ReplicaSet", set);
    let ready = if ip.is_empty() { "False" } else { "True" };
    let (phase, is_ready) = if ip.is_empty() { ("Pending", false) } else { ("Running", true) };
    let state = if is_ready {
        r#"{"running":{"startedAt":"2026-01-01T00:01:15Z"}}"#
    } else {
        r#"{"waiting":{"reason":"ContainerCreating"}}"#
    };
    let json = format!(
        r#"{{"apiVersion":"v1","kind":"Pod","metadata":{{"name":"{name}","namespace":"default","uid":"uid-{name}",
        "labels":{{"app":"web"}},"creationTimestamp":"2026-01-01T00:01:19Z","ownerReferences":{owners}}},
        "spec":{{"nodeName":"{node}","containers":[{{"name":"web","image":"nginx:1.27.3"}}]}},
        "status":{{"phase":"{phase}","podIP":"{ip}","conditions":[
          {{"type":"PodScheduled","status":"True","lastTransitionTime":"2026-01-01T00:01:19Z"}},
          {{"type":"PodReadyToStartContainers","status":"True","lastTransitionTime":"2026-01-01T00:01:19Z"}},
          {{"type":"Initialized","status":"True","lastTransitionTime":"2026-01-01T00:01:19Z"}},
          {{"type":"ContainersReady","status":"{ready}","reason":"ContainersNotReady"}},
          {{"type":"Ready","status":"{ready}","lastTransitionTime":"2026-01-01T00:01:20Z"}}],
          "containerStatuses":[{{"name":"web","ready":{is_ready},"restartCount":{restarts},"state":{state}}}]}}}}"#
    );
    (Key::new(PODS, "default", name), Some(object(&json)))
}

fn event(
    name: &str,
    reason: &str,
    kind: &str,
    about: &str,
    from: &str,
    message: &str,
    millis: i64,
) -> (Key, Option<Object>) {
    let time = at(millis);
    let json = format!(
        r#"{{"apiVersion":"v1","kind":"Event","metadata":{{"name":"{name}","namespace":"default"}},"type":"Normal",
        "reason":"{reason}","message":"{message}","lastTimestamp":"{time}","count":1,
        "involvedObject":{{"kind":"{kind}","name":"{about}","namespace":"default"}},"source":{{"component":"{from}"}}}}"#
    );
    (Key::new(EVENTS, "default", name), Some(object(&json)))
}

fn reconcile(number: u32, actor: Actor, key: Key, millis: i64, trigger: Revision) -> Reconcile {
    Reconcile {
        number,
        actor,
        key,
        time: at(millis),
        finished: at(millis + 3),
        seen: Revision(trigger.0),
        triggers: vec![Trigger::Write(trigger)],
        observed: "2 Pods".into(),
        desired: "3 Pods".into(),
        outcome: Outcome::Done,
    }
}

fn record(revision: u64, millis: i64, actor: Actor, cause: Cause, key: Key, effect: Effect) -> Record {
    let reason = match (&actor, effect) {
        (Actor::User, _) => "",
        (_, Effect::Created) if key.resource == REPLICA_SETS => {
            "created ReplicaSet web-7d4b9c as revision 2 with 1 replicas: no other has the template of the spec"
        }
        (_, _) if key.resource == REPLICA_SETS => {
            "raised ReplicaSet web-7d4b9c from 2 to 3: room for one more under maxSurge 1"
        }
        _ => "wanted 3, saw 2",
    };
    Record {
        revision: Revision(revision),
        time: at(millis),
        actor,
        cause,
        key,
        effect,
        reason: reason.into(),
        follows: Vec::new(),
    }
}

fn controller(name: &'static str) -> Actor {
    Actor::Controller(Text::new_static(name))
}

/// The newest Pod of the rolling update.
pub fn newest_pod() -> Key {
    Key::new(PODS, "default", "web-7d4b9c-x2x9p")
}

fn trace(delta: &mut Delta) {
    let web = || Key::new(DEPLOYMENTS, "default", "web");
    let new = || Key::new(REPLICA_SETS, "default", "web-7d4b9c");
    let file = SourceFile { name: "deployment.yaml".into(), text: "kind: Deployment\n".into() };
    delta.actions = vec![
        Action {
            time: at(4_000),
            title: "apply deployment.yaml".into(),
            kind: ActionKind::Request,
            files: vec![file.clone()],
        },
        Action { time: at(41_200), title: "kill container web".into(), kind: ActionKind::Fault, files: Vec::new() },
        Action {
            time: at(72_400),
            title: "apply deployment.yaml".into(),
            kind: ActionKind::Request,
            files: vec![file],
        },
    ];
    let kubelet = || Actor::Kubelet("node-3".into());
    let passes = [
        reconcile(31, controller("deployment-controller"), web(), 72_412, Revision(94)),
        reconcile(39, controller("deployment-controller"), web(), 79_385, Revision(96)),
        reconcile(42, controller("replicaset-controller"), new(), 79_391, Revision(116)),
        reconcile(11, Actor::Scheduler, newest_pod(), 79_400, Revision(119)),
        reconcile(61, kubelet(), newest_pod(), 79_410, Revision(121)),
    ];
    delta.reconciles = (0..).map(ReconcileId).zip(passes).collect();
    let by = |id| Cause::Reconcile(ReconcileId(id));
    delta.records = vec![
        record(93, 71_000, controller("deployment-controller"), Cause::Bootstrap, web(), Effect::Updated),
        record(94, 72_400, Actor::User, Cause::Action(ActionId(2)), web(), Effect::Updated),
        record(96, 72_412, controller("deployment-controller"), by(0), new(), Effect::Created),
        record(116, 79_385, controller("deployment-controller"), by(1), new(), Effect::Updated),
        record(119, 79_391, controller("replicaset-controller"), by(2), newest_pod(), Effect::Created),
        record(121, 79_405, Actor::Scheduler, by(3), newest_pod(), Effect::Updated),
        record(124, 79_701, kubelet(), by(4), newest_pod(), Effect::Updated),
    ];
}

/// A rolling update of `web` from revision 1 to 2, three of five Pods done, one of them pulling its image.
pub fn rolling() -> World {
    let mut world = World::default();
    world.apply(rolling_delta());
    world
}

/// What the worker would send for [`rolling`].
pub fn rolling_delta() -> Delta {
    let idle = |name: &str| LoopState { name: name.into(), busy: None, queue: Vec::new(), next: None };
    let busy = LoopState { busy: Some(ReconcileId(2)), queue: vec![newest_pod()], ..idle("replicaset-controller") };
    let pulls = vec![Pull { pod: newest_pod(), image: "nginx:1.27.3".into(), done: 34_000_000, total: 55_000_000 }];
    let state =
        |name: &str, pulls| NodeState { name: name.into(), up: true, pulls, cpu_millis: 1_000, memory_bytes: 2 << 30 };
    let now = Clock {
        now: at(81_640),
        revision: Revision(124),
        end: at(108_000),
        end_revision: Revision(124),
        live: true,
        steps: 400,
        seed: 42,
        ..Clock::default()
    };
    let mut delta = Delta { clock: now, ..Delta::default() };
    delta.objects = vec![
        node("node-1"),
        node("node-2"),
        node("node-3"),
        deployment(),
        service(),
        set("web-6c8f5d", 1, 3, 3, "nginx:1.25.5"),
        set("web-7d4b9c", 2, 3, 2, "nginx:1.27.3"),
        pod("web-6c8f5d", "4hq7n", "node-1", "10.244.1.3", 0),
        pod("web-7d4b9c", "m6p2h", "node-1", "10.244.1.5", 0),
        pod("web-6c8f5d", "9vzlk", "node-2", "10.244.2.2", 1),
        pod("web-7d4b9c", "k8w4t", "node-2", "10.244.2.4", 0),
        pod("web-6c8f5d", "tw5bj", "node-3", "10.244.3.2", 0),
        pod("web-7d4b9c", "x2x9p", "node-3", "", 0),
        event(
            "a",
            "ScalingReplicaSet",
            "Deployment",
            "web",
            "deployment-controller",
            "Scaled up replica set web-7d4b9c from 2 to 3",
            79_385,
        ),
        event("b", "Pulling", "Pod", "web-7d4b9c-x2x9p", "kubelet", "Pulling image nginx:1.27.3", 79_710),
    ];
    delta.loops = Some(vec![
        idle("kubelet/node-1"),
        busy,
        idle("deployment-controller"),
        idle("default-scheduler"),
        idle("namespace-controller"),
    ]);
    delta.nodes = Some(vec![state("node-1", Vec::new()), state("node-2", Vec::new()), state("node-3", pulls)]);
    trace(&mut delta);
    delta
}

/// The same, with the playhead at revision 119.
pub fn in_the_past() -> World {
    let mut world = rolling();
    world.clock = Clock { now: at(79_391), revision: Revision(119), live: false, ..world.clock };
    world
}

/// `nodes` nodes with `pods` running Pods each.
pub fn many(nodes: u32, pods: u32) -> World {
    let mut delta = Delta::default();
    for n in 1..=nodes {
        let name = format!("node-{n}");
        delta.objects.push(node(&name));
        delta.objects.extend((0..pods).map(|p| pod("web-6c8f5d", &format!("{n}x{p}"), &name, "10.244.1.1", 0)));
    }
    let mut world = World::default();
    world.apply(delta);
    world
}
