use super::Scheduler;
use crate::model::key::resources::{NODES, PODS};
use crate::model::{Chance, Key, Object, ResourceName, Span, Text, Time, Value};
use crate::plan::Plan;
use crate::store::Store;
use expect_test::{Expect, expect};

/// A scheduler, the store that it watches, and what became of its cycles.
struct World {
    scheduler: Scheduler,
    store: Store,
    now: Time,
    told: Vec<String>,
}

impl World {
    fn new() -> Self {
        Self {
            scheduler: Scheduler::new(Chance::new(1)),
            store: Store::default(),
            now: Time::VIRTUAL_START,
            told: vec![],
        }
    }

    /// Runs `node NAME FACT…`, `pod NAME FACT…`, `- pod NAME`, `- node NAME`, `wait SECONDS`; after each the cycles due.
    fn run(&mut self, script: &str) {
        for line in script.split([';', '\n']).map(str::trim).filter(|it| !it.is_empty()) {
            let mut words = line.split_whitespace();
            match (words.next().unwrap(), words.next().unwrap()) {
                ("node", name) => self.put(NODES, node(name, words)),
                ("pod", name) => self.put(PODS, pod(name, words)),
                ("-", "pod") => self.commit(Key::new(PODS, "default", words.next().unwrap()), None),
                ("-", "node") => self.commit(Key::new(NODES, "", words.next().unwrap()), None),
                ("wait", seconds) => self.now += Span::seconds(seconds.parse().unwrap()),
                other => panic!("no such step: {other:?}"),
            }
            self.settle();
        }
    }

    fn put(&mut self, resource: ResourceName, object: Object) {
        self.commit(Key::new(resource, object.namespace(), object.name()), Some(object));
    }

    fn commit(&mut self, key: Key, object: Option<Object>) {
        let change = self.store.commit(key, object).clone();
        self.scheduler.observe(&change, self.now);
    }

    /// Carries out the plans of all cycles that are due.
    fn settle(&mut self) {
        for _ in 0..1_000 {
            let Some(cycle) = self.scheduler.cycle(self.now) else { return };
            self.told.push(format!("{} {}", cycle.pod.name, told(&cycle.plan)));
            self.carry_out(&cycle.pod, &cycle.plan);
        }
        panic!("the scheduler does not come to rest");
    }

    fn carry_out(&mut self, key: &Key, plan: &Plan) {
        let Some(mut pod) = self.store.get(key).cloned() else { return };
        for write in &plan.writes {
            match write.request.target.subresource.as_str() {
                "binding" => pod.set("spec.nodeName", write.request.body.at("target.name").clone()),
                "status" if write.request.target.name == key.name => {
                    let status = write.request.body.get("status");
                    status.fields().iter().for_each(|(field, value)| pod.set(&format!("status.{field}"), value));
                }
                "status" | "" => self.told.push(format!("  {}", write.to_text())),
                other => panic!("unexpected write to {other:?}"),
            }
        }
        self.commit(key.clone(), Some(pod));
    }
}

fn told(plan: &Plan) -> String {
    match &plan.writes[..] {
        [write] if write.request.target.subresource == "binding" => {
            format!("→ {} ({})", write.request.body.at("target.name").str(), plan.observed)
        }
        _ => format!("✗ {}", plan.observed),
    }
}

fn check(script: &str, expected: &Expect) {
    let mut world = World::new();
    world.run(script);
    expected.assert_eq(&world.told.join("\n"));
}

fn node<'a>(name: &str, facts: impl Iterator<Item = &'a str>) -> Object {
    let mut node = Object::new("v1", "Node", "", name);
    for (resource, amount) in [("cpu", "4"), ("memory", "8Gi"), ("pods", "110")] {
        node.set(&format!("status.allocatable.{resource}"), amount);
    }
    label(&mut node, "kubernetes.io/hostname", name);
    for (fact, value) in facts.map(|it| it.split_once('=').unwrap_or((it, ""))) {
        match fact {
            "cordon" => node.set("spec.unschedulable", true),
            "taint" => push(&mut node, "spec.taints", taint(value)),
            "image" => {
                let (name, size) = value.split_once('@').unwrap();
                let size = size.parse::<i64>().unwrap() << 20;
                let names = vec![Value::from(name)].into();
                push(&mut node, "status.images", Value::from([("names", names), ("sizeBytes", size.into())]));
            }
            "zone" => label(&mut node, "topology.kubernetes.io/zone", value),
            "cpu" | "memory" | "pods" | "gpu" => node.set(&format!("status.allocatable.{fact}"), value),
            _ => label(&mut node, fact, value),
        }
    }
    node
}

fn pod<'a>(name: &str, facts: impl Iterator<Item = &'a str>) -> Object {
    let mut pod = Object::new("v1", "Pod", "default", name);
    pod.set("metadata.uid", format!("uid-{name}"));
    let mut container = Value::from([("name", "c".into()), ("image", "app".into())]);
    for (fact, value) in facts.map(|it| it.split_once('=').unwrap_or((it, ""))) {
        match fact {
            "going" => pod.set("metadata.deletionTimestamp", "2026-01-01T00:00:30Z"),
            "on" => pod.set("spec.nodeName", value),
            "priority" => pod.set("spec.priority", value.parse::<i64>().unwrap()),
            "never" => pod.set("spec.preemptionPolicy", "Never"),
            "gate" => push(&mut pod, "spec.schedulingGates", Value::from([("name", "g".into())])),
            "tolerate" => push(&mut pod, "spec.tolerations", taint(value)),
            "select" => pick(&mut pod, value),
            "port" => {
                let port = Value::from([("hostPort", value.parse::<i64>().unwrap().into())]);
                container.set("ports", Value::from(vec![port]));
            }
            "image" => container.set("image", value),
            "cpu" | "memory" | "gpu" => container.set(&format!("resources.requests.{fact}"), value),
            "spec" => {
                let spec = Value::from_json(value).unwrap();
                spec.fields().iter().for_each(|(field, value)| pod.set(&format!("spec.{field}"), value));
            }
            _ => label(&mut pod, fact, value),
        }
    }
    pod.set("spec.containers", Value::from(vec![container]));
    pod
}

fn pick(pod: &mut Object, text: &str) {
    let (key, value) = text.split_once('=').unwrap();
    pod.entry("spec.nodeSelector").map_mut().insert(key, value);
}

fn label(object: &mut Object, key: &str, value: &str) {
    object.entry("metadata.labels").map_mut().insert(key, value);
}

/// `key=value:Effect`.
fn taint(text: &str) -> Value {
    let (pair, effect) = text.split_once(':').unwrap();
    let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
    Value::from([("key", key.into()), ("value", value.into()), ("effect", effect.into())])
}

fn push(object: &mut Object, path: &str, item: Value) {
    object.entry(path).list_mut().push(item);
}

#[test]
fn prefers_the_node_with_the_largest_free_share() {
    check(
        "node a cpu=4; node b cpu=8 memory=16Gi; pod p cpu=1 memory=1Gi; pod q cpu=4 memory=1Gi; pod r cpu=2",
        &expect![[r#"
            p → b (2 nodes fit: b scored 463, a 452)
            q → b (2 nodes fit: b scored 426, a 396)
            r → a (2 nodes fit: a scored 435, b 417)"#]],
    );
}

#[test]
fn says_why_no_node_will_do() {
    check("pod p cpu=1", &expect!["p ✗ no nodes available to schedule pods"]);
    check(
        "node a cpu=4 taint=dedicated=gpu:NoSchedule; node b cpu=1; node c cpu=3; pod q cpu=1 on=c; pod p cpu=3",
        &expect![
            "p ✗ 0/3 nodes are available: 1 node(s) had untolerated taint(s), 2 Insufficient cpu. no new claims to deallocate, preemption: 0/3 nodes are available: 1 No preemption victims found for incoming pod, 2 Preemption is not helpful for scheduling."
        ],
    );
    check(
        "node a cpu=2 pods=1; node b cordon; pod o cpu=1 on=a; pod p cpu=1500m memory=9Gi",
        &expect![
            "p ✗ 0/2 nodes are available: 1 Insufficient cpu, 1 Insufficient memory, 1 Too many pods, 1 node(s) were unschedulable. no new claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling."
        ],
    );
}

/// The messages that a real v1.36 wrote in the same situations.
#[test]
fn says_it_as_upstream_does() {
    let nodes: String = (0..10).map(|index| format!("node n{index} cpu=4;")).collect();
    check(
        &format!("{nodes} pod huge cpu=500"),
        &expect![
            "huge ✗ 0/10 nodes are available: 10 Insufficient cpu. no new claims to deallocate, preemption: 0/10 nodes are available: 10 Preemption is not helpful for scheduling."
        ],
    );
    check(
        &format!("{nodes} node n3 cordon; pod stuck select=disk=x"),
        &expect![
            "stuck ✗ 0/10 nodes are available: 1 node(s) were unschedulable, 9 node(s) didn't match Pod's node affinity/selector. no new claims to deallocate, preemption: 0/10 nodes are available: 10 Preemption is not helpful for scheduling."
        ],
    );
    check(
        &format!("{nodes} node n3 taint=k=v:NoSchedule; pod stuck select=disk=x"),
        &expect![
            "stuck ✗ 0/10 nodes are available: 1 node(s) had untolerated taint(s), 9 node(s) didn't match Pod's node affinity/selector. no new claims to deallocate, preemption: 0/10 nodes are available: 10 Preemption is not helpful for scheduling."
        ],
    );
}

/// After 1, 2, 4 and 8 seconds, then every 10; and what nothing helps is tried anyway after five minutes.
#[test]
fn backs_off_and_does_not_wait_for_ever() {
    let mut world = World::new();
    world.run("pod p");
    let mut waits = Vec::new();
    for _ in 0..6 {
        let due = world.scheduler.next_due().unwrap();
        waits.push((due - world.now).as_seconds());
        world.now = due;
        world.settle();
    }
    assert_eq!(waits, [1, 2, 4, 8, 10, 10]);
    let mut world = World::new();
    world.run("node a cordon; pod p");
    assert_eq!(world.scheduler.next_due(), Some(world.now + Span::seconds(300)));
    world.run("wait 300");
    assert_eq!(world.told.len(), 2);
}

#[test]
fn tolerates_taints() {
    let nodes = "node a taint=k=v:NoSchedule; node b taint=soft=v:PreferNoSchedule;";
    check(&format!("{nodes} pod p"), &expect!["p → b (1 node fits: b)"]);
    check(
        &format!("{nodes} pod p tolerate=k=v:NoSchedule cpu=1"),
        &expect!["p → a (2 nodes fit: a scored 454, b 154)"],
    );
    check(
        "node a cordon; pod p tolerate=node.kubernetes.io/unschedulable:NoSchedule",
        &expect!["p → a (1 node fits: a)"],
    );
}

#[test]
fn a_pod_is_tried_again_when_something_helps() {
    check(
        "pod p; wait 1; node a; wait 2",
        &expect![[r#"
            p ✗ no nodes available to schedule pods
            p ✗ no nodes available to schedule pods
            p → a (1 node fits: a)"#]],
    );
    check(
        "node a cpu=1; pod o cpu=1 on=a; pod p cpu=1; wait 2; node b disk=ssd cordon; - pod o",
        &expect![[r#"
        p ✗ 0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.
        p ✗ 0/2 nodes are available: 1 Insufficient cpu, 1 node(s) were unschedulable. no new claims to deallocate, preemption: 0/2 nodes are available: 1 No preemption victims found for incoming pod, 1 Preemption is not helpful for scheduling.
        p → a (1 node fits: a)"#]],
    );
    check(
        "node a; pod p select=disk=ssd; wait 3; node b; node a disk=ssd",
        &expect![[r#"
        p ✗ 0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector. no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.
        p → a (1 node fits: a)"#]],
    );
    check(
        "node a cordon; pod p; node a cordon x=y; node a",
        &expect![[r#"
        p ✗ 0/1 nodes are available: 1 node(s) were unschedulable. no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.
        p → a (1 node fits: a)"#]],
    );
    check("node a; pod p gate; pod p", &expect!["p → a (1 node fits: a)"]);
}

#[test]
fn holds_pods_to_selectors_and_ports() {
    check(
        "node a disk=hdd; node b disk=ssd; pod p select=disk=ssd; pod q select=disk=tape",
        &expect![[r#"
        p → b (1 node fits: b)
        q ✗ 0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector. no new claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling."#]],
    );
    check(
        "node a; node b; pod p port=80; pod q port=80; pod r port=80; - pod p",
        &expect![[r#"
        p → b (2 nodes fit: b scored 397, a 397)
        q → a (1 node fits: a)
        r ✗ 0/2 nodes are available: 2 node(s) didn't have free ports for the requested pod ports. no new claims to deallocate, preemption: 0/2 nodes are available: 2 No preemption victims found for incoming pod.
        r → b (1 node fits: b)"#]],
    );
}

#[test]
fn goes_by_priority_then_by_age() {
    let mut world = World::new();
    world.run(
        "node a cpu=2 taint=k=v:NoSchedule; pod low cpu=1; pod old cpu=1 priority=9; wait 1; pod new cpu=1 priority=9",
    );
    world.told.clear();
    world.run("node a cpu=2");
    expect![[r#"
        old → a (1 node fits: a)
        low → a (1 node fits: a)
        new ✗ 0/1 nodes are available: 1 Insufficient cpu.
          patch pods/status default/low: it has to make room
          delete pods default/low: makes room on a for default/new, priority 9 over 0"#]]
    .assert_eq(&world.told.join("\n"));
}

#[test]
fn the_plan_of_a_binding() {
    let mut world = World::new();
    world.put(NODES, node("a", "".split_whitespace()));
    world.put(PODS, pod("p", "select=kubernetes.io/hostname=a".split_whitespace()));
    let cycle = world.scheduler.cycle(world.now).unwrap();
    let write = &cycle.plan.writes[0];
    let event = write.on_success.as_ref().map(crate::plan::EventDraft::to_text).unwrap_or_default();
    let follows: Vec<Text> = write.follows.iter().map(|it| it.path.clone()).collect();
    let text = format!("{}\n{}\n{event}\n{follows:?}", cycle.plan.to_text(), write.request.body);
    expect![[r#"
        saw 1 node fits: a, wanted default/p on a
        create pods/binding default/p: a is the only node that fits
        {"apiVersion":"v1","kind":"Binding","metadata":{"name":"p","namespace":"default","uid":"uid-p"},"target":{"kind":"Node","name":"a"}}
        event Normal Scheduled: Successfully assigned default/p to a
        ["spec.nodeSelector", "spec.containers"]"#]].assert_eq(&text);
    assert!(world.scheduler.next_due().is_none());
    world.scheduler.refused(&cycle.pod, world.now);
    assert_eq!(world.scheduler.next_due(), Some(world.now + Span::seconds(1)));
}

const ZONES: &str = "node a zone=x; node b zone=x; node c zone=y;";

fn spread(key: &str, unsatisfiable: &str, more: &str) -> String {
    let selector = r#""labelSelector":{"matchLabels":{"app":"web"}}"#;
    let constraint =
        format!(r#"{{"maxSkew":1,"topologyKey":"{key}","whenUnsatisfiable":"{unsatisfiable}",{selector}{more}}}"#);
    format!(r#"app=web spec={{"topologySpreadConstraints":[{constraint}]}}"#)
}

#[test]
fn spreads_pods_over_domains() {
    let zone = "topology.kubernetes.io/zone";
    let hard = spread(zone, "DoNotSchedule", "");
    check(
        &format!("{ZONES} node d; pod p on=a app=web; pod q {hard}; pod r {hard} cpu=3; pod s {hard} cpu=3"),
        &expect![[r#"
            q → c (1 node fits: c)
            r → b (3 nodes fit: b scored 417, a 414, c 414)
            s → c (1 node fits: c)"#]],
    );
    check(
        &format!("{ZONES} pod o on=c cpu=3; pod p on=a app=web; pod q {hard} cpu=2; - pod p"),
        &expect![[r#"
        q ✗ 0/3 nodes are available: 1 Insufficient cpu, 2 node(s) didn't match pod topology spread constraints. no new claims to deallocate, preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod.
        q → b (2 nodes fit: b scored 435, a 435)"#]],
    );
    let domains = spread(zone, "DoNotSchedule", r#","minDomains":3"#);
    check(
        &format!("{ZONES} pod p on=a app=web; pod q on=c app=web; pod r {domains}; node d zone=z"),
        &expect![[r#"
        r ✗ 0/3 nodes are available: 3 node(s) didn't match pod topology spread constraints. no new claims to deallocate, preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod.
        r → d (1 node fits: d)"#]],
    );
    let soft = spread(zone, "ScheduleAnyway", "");
    check(
        &format!("{ZONES} node d; pod p {soft}; pod q {soft}; pod r {soft}; pod s {soft}"),
        &expect![[r#"
        p → c (4 nodes fit: c scored 597, a 597, b 597, d 397)
        q → b (4 nodes fit: b scored 597, a 597, d 397, c 395)
        r → a (4 nodes fit: a scored 597, c 595, b 595, d 397)
        s → c (4 nodes fit: c scored 595, a 461, b 461, d 397)"#]],
    );
}

#[test]
fn spreads_the_pods_of_a_service_without_being_asked() {
    let mut world = World::new();
    let mut service = Object::new("v1", "Service", "default", "web");
    service.set("spec.selector.app", "web");
    world.put(crate::model::key::resources::SERVICES, service);
    world.run(&format!(
        "{ZONES} pod p app=web; pod q app=web; pod r app=web; pod s app=web; pod t app=web; pod u app=db"
    ));
    expect![[r#"
        p → c (3 nodes fit: c scored 597, a 597, b 597)
        q → b (3 nodes fit: b scored 597, a 597, c 527)
        r → a (3 nodes fit: a scored 597, c 549, b 549)
        s → c (3 nodes fit: c scored 595, a 575, b 575)
        t → a (3 nodes fit: a scored 595, b 595, c 558)
        u → b (3 nodes fit: b scored 395, a 392, c 392)"#]]
    .assert_eq(&world.told.join("\n"));
}

#[test]
fn makes_room_for_more_important_pods() {
    let full =
        "node a cpu=2; node b cpu=2; pod a1 on=a cpu=1; pod a2 on=a cpu=1 priority=5; pod b1 on=b cpu=2 priority=3;";
    check(
        &format!("{full} pod p cpu=1 priority=9; - pod a1"),
        &expect![[r#"
        p ✗ 0/2 nodes are available: 2 Insufficient cpu.
          patch pods/status default/a1: it has to make room
          delete pods default/a1: makes room on a for default/p, priority 9 over 0
        p → a (1 node fits: a)"#]],
    );
    check(
        &format!("{full} pod p cpu=2 priority=9; pod q cpu=1 priority=1; - pod b1"),
        &expect![[r#"
        p ✗ 0/2 nodes are available: 2 Insufficient cpu.
          patch pods/status default/b1: it has to make room
          delete pods default/b1: makes room on b for default/p, priority 9 over 3
        q ✗ 0/2 nodes are available: 2 Insufficient cpu.
          patch pods/status default/a1: it has to make room
          delete pods default/a1: makes room on a for default/q, priority 1 over 0
        p → b (1 node fits: b)
        q ✗ 0/2 nodes are available: 2 Insufficient cpu.
          patch pods/status default/a1: it has to make room
          delete pods default/a1: makes room on a for default/q, priority 1 over 0"#]],
    );
    check(
        &format!("{full} pod p cpu=2 priority=9 never"),
        &expect![
            "p ✗ 0/2 nodes are available: 2 Insufficient cpu. no new claims to deallocate, preemption: not eligible due to preemptionPolicy=Never."
        ],
    );
    check(
        &format!("{full} pod p cpu=2 priority=4; pod q cpu=1 priority=2"),
        &expect![[r#"
        p ✗ 0/2 nodes are available: 2 Insufficient cpu.
          patch pods/status default/b1: it has to make room
          delete pods default/b1: makes room on b for default/p, priority 4 over 3
        q ✗ 0/2 nodes are available: 2 Insufficient cpu.
          patch pods/status default/a1: it has to make room
          delete pods default/a1: makes room on a for default/q, priority 2 over 0"#]],
    );
    check(
        &format!("{full} pod p cpu=1 priority=9; pod a1 on=a cpu=1 going; node c cpu=1 cordon"),
        &expect![[r#"
        p ✗ 0/2 nodes are available: 2 Insufficient cpu.
          patch pods/status default/a1: it has to make room
          delete pods default/a1: makes room on a for default/p, priority 9 over 0
        p ✗ 0/3 nodes are available: 1 node(s) were unschedulable, 2 Insufficient cpu. no new claims to deallocate, preemption: not eligible due to a terminating pod on the nominated node."#]],
    );
    let hard = spread("kubernetes.io/hostname", "DoNotSchedule", "");
    check(
        &format!("node a; node b cordon; pod w on=a app=web; pod p priority=2 {hard}"),
        &expect![[r#"
        p ✗ 0/2 nodes are available: 1 node(s) didn't match pod topology spread constraints, 1 node(s) were unschedulable.
          patch pods/status default/w: it has to make room
          delete pods default/w: makes room on a for default/p, priority 2 over 0"#]],
    );
    let fixed = format!("node a cpu=2; node b taint=k=v:NoSchedule; pod w on=a app=web; pod p cpu=1 priority=2 {hard}");
    check(
        &fixed,
        &expect![[r#"
        p ✗ 0/2 nodes are available: 1 node(s) didn't match pod topology spread constraints, 1 node(s) had untolerated taint(s).
          patch pods/status default/w: it has to make room
          delete pods default/w: makes room on a for default/p, priority 2 over 0"#]],
    );
}

#[test]
fn prefers_nodes_with_the_image_and_wanted_labels() {
    check(
        "node a; node b image=app:latest@500; node c image=app:latest@900; pod p cpu=1 memory=1Gi",
        &expect!["p → c (3 nodes fit: c scored 511, b 483, a 452)"],
    );
    let term = r#"{"weight":10,"preference":{"matchExpressions":[{"key":"cores","operator":"Gt","values":["7"]}]}}"#;
    let affinity = format!(r#"{{"preferredDuringSchedulingIgnoredDuringExecution":[{term}]}}"#);
    check(
        &format!(r#"node a cores=8; node b cores=4; node c; pod p spec={{"affinity":{{"nodeAffinity":{affinity}}}}}"#),
        &expect!["p → a (3 nodes fit: a scored 597, b 397, c 397)"],
    );
    let field = r#"{"matchFields":[{"key":"metadata.name","operator":"In","values":["b"]}]}"#;
    let affinity = format!(r#"{{"requiredDuringSchedulingIgnoredDuringExecution":{{"nodeSelectorTerms":[{field}]}}}}"#);
    let daemon = format!(r#"spec={{"affinity":{{"nodeAffinity":{affinity}}}}}"#);
    check(
        &format!("node a; node b; pod p {daemon}; node b cordon; pod q {daemon}"),
        &expect![[r#"
        p → b (1 node fits: b)
        q ✗ 0/2 nodes are available: 1 node(s) didn't satisfy plugin(s) [NodeAffinity], 1 node(s) were unschedulable. no new claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling."#]],
    );
}

/// Measured from outside: `cargo test --release -p shared ten_thousand -- --ignored`.
#[test]
#[ignore = "a measurement, for release builds"]
fn ten_thousand_pods_on_a_thousand_nodes() {
    let mut world = World::new();
    let mut service = Object::new("v1", "Service", "default", "web");
    service.set("spec.selector.app", "web");
    world.put(crate::model::key::resources::SERVICES, service);
    for index in 0..1_000 {
        let zone = format!("zone=z{} cpu=32 memory=64Gi", index % 3);
        world.put(NODES, node(&format!("node-{index}"), zone.split_whitespace()));
    }
    for index in 0..10_000 {
        let facts = "app=web cpu=100m memory=64Mi".split_whitespace();
        world.put(PODS, pod(&format!("web-{index}"), facts));
        let cycle = world.scheduler.cycle(world.now).unwrap();
        world.carry_out(&cycle.pod, &cycle.plan);
    }
    let mut on = std::collections::BTreeMap::<Text, usize>::new();
    world.store.list(&PODS).for_each(|pod| *on.entry(pod.at("spec.nodeName").text()).or_default() += 1);
    assert_eq!(on.len(), 1_000);
    assert!(on.values().all(|pods| (8..=12).contains(pods)), "{on:?}");
}
