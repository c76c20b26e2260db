//! Kubelet and node against an API server in virtual time.

use super::{Catalog, Fault, NodeConfig, SimNode};
use crate::api::{Api, Request, Target, Verb};
use crate::kubelet::{Context, Effect, Input, Kubelet};
use crate::model::key::resources::{CONFIG_MAPS, NAMESPACES, NODES, PODS};
use crate::model::{Chance, Key, Object, ResourceName, Span, Time, Value};
use crate::plan::{EventDraft, Write};
use crate::store::Change;
use crate::trace::Revision;
use expect_test::{Expect, expect};
use std::fmt::Write as _;

/// How many steps a test may take.
const STEPS_MAX: u32 = 20_000;

/// One node, its kubelet, an API server, and what was seen of them.
struct Bench {
    api: Api,
    kubelet: Kubelet,
    node: SimNode,
    now: Time,
    seen: Revision,
    log: String,
    shows: Shows,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Shows {
    Statuses,
    Events,
    Notes,
}

impl Bench {
    fn new(shows: Shows) -> Self {
        Self::on(&NodeConfig::new("node-1", 1), shows)
    }

    fn on(config: &NodeConfig, shows: Shows) -> Self {
        let node = SimNode::new(config.clone(), Chance::new(7), Catalog::default());
        let kubelet = Kubelet::with_profile(&config.object(), config.profile);
        let (api, now) = (Api::new(Chance::new(1)), Time::VIRTUAL_START);
        let mut it = Self { api, kubelet, node, now, seen: Revision(0), log: String::new(), shows };
        it.step(Input::Start);
        it
    }

    fn step(&mut self, input: Input<'_>) {
        let effects = self.kubelet.step(input, Context { now: self.now, store: self.api.store() });
        for effect in effects {
            match effect {
                Effect::Write(write) => self.write(&write),
                Effect::Event(event) => self.event(&event),
                Effect::Runtime(command) => self.node.execute(command, self.now),
                Effect::Note { observed, desired, .. } if self.shows == Shows::Notes => {
                    self.line(&format!("{observed} -> {desired}"));
                }
                Effect::Note { .. } => {}
            }
        }
    }

    fn write(&mut self, write: &Write) {
        let response = self.api.handle(&write.request, self.now);
        if let Some(failure) = response.failure()
            && !write.tolerate.contains(&failure.reason)
        {
            self.step(Input::Refused(write, failure));
        }
    }

    fn event(&mut self, event: &EventDraft) {
        if self.shows == Shows::Events && event.about.get("kind").str() == "Pod" {
            self.line(&format!("{} {}: {}", event.kind.as_str(), event.reason, event.message));
        }
    }

    fn line(&mut self, text: &str) {
        let millis = (self.now - Time::VIRTUAL_START).as_millis();
        writeln!(self.log, "{}.{} {text}", millis / 1_000, millis % 1_000 / 100).unwrap();
    }

    /// Goes on until nothing is to happen before `seconds`.
    fn run_to(&mut self, seconds: i64) {
        let end = Time::VIRTUAL_START + Span::seconds(seconds);
        for _ in 0..STEPS_MAX {
            self.deliver();
            for report in self.node.due(self.now) {
                self.step(Input::Runtime(report));
            }
            if !self.node.is_lost() && self.kubelet.next_due().is_some_and(|at| at <= self.now) {
                self.step(Input::Timer);
            }
            if self.api.store().revision() > self.seen {
                continue;
            }
            let timer = self.kubelet.next_due().filter(|_| !self.node.is_lost());
            let next = [self.node.next_due(), timer].into_iter().flatten().min();
            let Some(next) = next.filter(|at| *at <= end) else {
                self.now = end;
                return;
            };
            self.now = next.max(self.now);
        }
        panic!("no end in {STEPS_MAX} steps");
    }

    fn deliver(&mut self) {
        let changes: Vec<Change> = self.api.store().since(self.seen).unwrap().cloned().collect();
        for change in changes {
            self.seen = change.revision;
            self.show(&change);
            match change.key.resource.as_str() {
                "pods" => self.step(Input::Pod(&change)),
                "nodes" => self.step(Input::Node(&change)),
                _ => {}
            }
        }
    }

    fn show(&mut self, change: &Change) {
        if change.key.resource != PODS || self.shows != Shows::Statuses {
            return;
        }
        match &change.after {
            Some(pod) => self.line(&summary(pod)),
            None => self.line(&format!("{} is gone", change.key.name)),
        }
    }

    fn create(&mut self, resource: ResourceName, object: Object) {
        let write = Write::create(resource, object, "test");
        let response = self.api.handle(&write.request, self.now);
        assert!(response.failure().is_none(), "{response:?}");
    }

    fn pod(&mut self, json: &str) {
        let mut pod = Object(Value::from_json(json).unwrap());
        pod.set("apiVersion", "v1");
        pod.set("kind", "Pod");
        pod.set("metadata.namespace", "default");
        if pod.name().is_empty() {
            pod.set("metadata.name", "web");
        }
        pod.set("spec.nodeName", "node-1");
        self.create(PODS, pod);
    }

    fn delete(&mut self, name: &str) {
        let target = Target { name: name.into(), namespace: "default".into(), resource: PODS, ..Target::default() };
        self.api.handle(&Request::new(Verb::Delete, target), self.now);
    }

    fn uid(&self, name: &str) -> crate::model::Text {
        self.api.store().get(&Key::new(PODS, "default", name)).unwrap().uid()
    }

    fn fault(&mut self, fault: Fault) {
        self.node.fault(fault, None, self.now);
    }
}

/// `Running 1/1 web=running`.
fn summary(pod: &Object) -> String {
    let status = pod.get("status");
    let all: Vec<&Value> =
        ["initContainerStatuses", "containerStatuses"].iter().flat_map(|it| status.get(it).items()).collect();
    let mains = status.get("containerStatuses").items();
    let ready = mains.iter().filter(|it| it.get("ready").is_true()).count();
    let shown: Vec<String> = all.into_iter().map(state).collect();
    let end = if pod.is_terminating() { " terminating" } else { "" };
    let reason = status.get("reason").str();
    let phase = status.get("phase").str();
    let line = format!("{phase} {reason} {ready}/{} {}{end}", mains.len(), shown.join(" "));
    line.trim_end().replace("  ", " ")
}

fn state(status: &Value) -> String {
    let (kind, state) = status.get("state").fields().first().map_or(("?", &Value::Null), |it| (it.0.as_str(), &it.1));
    let detail = match kind {
        "running" => "running".to_owned(),
        "terminated" => format!("{}({})", state.get("reason").str(), state.get("exitCode").int_or(-1)),
        _ => state.get("reason").str().to_owned(),
    };
    let restarts = match status.get("restartCount").int_or(0) {
        0 => String::new(),
        count => format!("x{count}"),
    };
    format!("{}={detail}{restarts}", status.get("name").str())
}

/// A line per field, and per item of a list.
fn fields(value: &Value) -> String {
    let line = |name: &str, value: &Value| format!("{name}: {value}\n");
    let lines = value.fields().iter().map(|(name, value)| match value.items() {
        [] => line(name, value),
        items => items.iter().map(|it| line(&format!("- {name}"), it)).collect(),
    });
    lines.collect()
}

/// The status lines of one pod until `seconds`.
fn check(pod: &str, seconds: i64, expected: &Expect) {
    let mut bench = Bench::new(Shows::Statuses);
    bench.pod(pod);
    bench.run_to(seconds);
    expected.assert_eq(&bench.log);
}

fn check_events(pod: &str, seconds: i64, expected: &Expect) {
    let mut bench = Bench::new(Shows::Events);
    bench.pod(pod);
    bench.run_to(seconds);
    expected.assert_eq(&bench.log);
}

const WEB: &str = r#"{"spec":{"containers":[{"name":"web","image":"nginx:1.27"}]}}"#;

#[test]
fn a_pod_runs_and_is_deleted() {
    let mut bench = Bench::new(Shows::Statuses);
    bench.pod(WEB);
    bench.run_to(20);
    bench.delete("web");
    bench.run_to(60);
    expect![[r#"
        0.0 Pending 0/0
        0.0 Pending 0/1 web=ContainerCreating
        0.3 Pending 0/1 web=ContainerCreating
        2.3 Running 1/1 web=running
        20.0 Running 1/1 web=running terminating
        20.0 Running 1/1 web=running terminating
        20.1 Succeeded 0/1 web=Completed(0) terminating
        20.2 web is gone
    "#]]
    .assert_eq(&bench.log);
}

#[test]
fn a_pod_is_announced() {
    check_events(
        WEB,
        20,
        &expect![[r#"
        0.3 Normal Pulling: Pulling image "nginx:1.27"
        2.2 Normal Pulled: Successfully pulled image "nginx:1.27" in 1.909s (1.909s including waiting). Image size: 72950530 bytes.
        2.3 Normal Created: Container created
        2.3 Normal Started: Container started
    "#]],
    );
}

#[test]
fn every_step_says_what_it_saw_and_wanted() {
    let mut bench = Bench::new(Shows::Notes);
    bench.pod(WEB);
    bench.run_to(5);
    expect![[r"
        0.0 kubelet starts -> register the node
        0.0 the pod is bound here; Pending, 0/1 ready -> create the sandbox, status: Pending, 0/1 ready
        0.3 sandbox ready at 10.244.1.2; Pending, 0/1 ready -> pull image nginx:1.27, status: Pending, 0/1 ready
        2.2 image nginx:1.27 pulled; Pending, 0/1 ready -> start container web
        2.3 container web started; Running, 1/1 ready -> status: Running, 1/1 ready
    "]]
    .assert_eq(&bench.log);
}

#[test]
fn the_status_is_whole() {
    let mut bench = Bench::new(Shows::Statuses);
    bench.pod(WEB);
    bench.run_to(20);
    let pod = bench.api.store().get(&Key::new(PODS, "default", "web")).unwrap();
    expect![[r#"
        - conditions: {"lastProbeTime":null,"lastTransitionTime":"2026-01-01T00:00:00Z","observedGeneration":1,"status":"True","type":"PodReadyToStartContainers"}
        - conditions: {"lastProbeTime":null,"lastTransitionTime":"2026-01-01T00:00:00Z","observedGeneration":1,"status":"True","type":"Initialized"}
        - conditions: {"lastProbeTime":null,"lastTransitionTime":"2026-01-01T00:00:02Z","observedGeneration":1,"status":"True","type":"Ready"}
        - conditions: {"lastProbeTime":null,"lastTransitionTime":"2026-01-01T00:00:02Z","observedGeneration":1,"status":"True","type":"ContainersReady"}
        - conditions: {"lastProbeTime":null,"lastTransitionTime":"2026-01-01T00:00:00Z","observedGeneration":1,"status":"True","type":"PodScheduled"}
        - containerStatuses: {"containerID":"containerd://2447402e33f5617bb970cad889350fd1baaac929b1111a94d5f4304075c9e09d","image":"docker.io/library/nginx:1.27","imageID":"docker.io/library/nginx@sha256:72b1bb7af01a129499e349dbc27794602a669f263ae5a4392cbfd65f85877643","lastState":{},"name":"web","ready":true,"resources":{},"restartCount":0,"started":true,"state":{"running":{"startedAt":"2026-01-01T00:00:02Z"}},"user":{"linux":{"gid":0,"supplementalGroups":[0],"uid":0}},"volumeMounts":[{"mountPath":"/var/run/secrets/kubernetes.io/serviceaccount","name":"kube-api-access-p26sk","readOnly":true,"recursiveReadOnly":"Disabled"}]}
        hostIP: "192.168.64.11"
        - hostIPs: {"ip":"192.168.64.11"}
        observedGeneration: 1
        phase: "Running"
        podIP: "10.244.1.2"
        - podIPs: {"ip":"10.244.1.2"}
        qosClass: "BestEffort"
        startTime: "2026-01-01T00:00:00Z"
    "#]].assert_eq(&fields(pod.get("status")));
}

#[test]
fn the_node_registers() {
    let mut bench = Bench::new(Shows::Statuses);
    bench.run_to(1);
    let node = bench.api.store().get(&Key::new(NODES, "", "node-1")).unwrap();
    expect![[r#"
        - addresses: {"address":"192.168.64.11","type":"InternalIP"}
        - addresses: {"address":"node-1","type":"Hostname"}
        allocatable: {"cpu":"4","ephemeral-storage":"100Gi","hugepages-1Gi":"0","hugepages-2Mi":"0","memory":"8Gi","pods":"110"}
        capacity: {"cpu":"4","ephemeral-storage":"100Gi","hugepages-1Gi":"0","hugepages-2Mi":"0","memory":"8Gi","pods":"110"}
        - conditions: {"lastHeartbeatTime":"2026-01-01T00:00:00Z","lastTransitionTime":"2026-01-01T00:00:00Z","message":"kubelet has sufficient memory available","reason":"KubeletHasSufficientMemory","status":"False","type":"MemoryPressure"}
        - conditions: {"lastHeartbeatTime":"2026-01-01T00:00:00Z","lastTransitionTime":"2026-01-01T00:00:00Z","message":"kubelet has no disk pressure","reason":"KubeletHasNoDiskPressure","status":"False","type":"DiskPressure"}
        - conditions: {"lastHeartbeatTime":"2026-01-01T00:00:00Z","lastTransitionTime":"2026-01-01T00:00:00Z","message":"kubelet has sufficient PID available","reason":"KubeletHasSufficientPID","status":"False","type":"PIDPressure"}
        - conditions: {"lastHeartbeatTime":"2026-01-01T00:00:00Z","lastTransitionTime":"2026-01-01T00:00:00Z","message":"kubelet is posting ready status","reason":"KubeletReady","status":"True","type":"Ready"}
        daemonEndpoints: {"kubeletEndpoint":{"Port":10250}}
        nodeInfo: {"architecture":"amd64","bootID":"ba187f76fb8833ad23fc8c899bbdea9b","containerRuntimeVersion":"containerd://2.1.0","kernelVersion":"6.1.0-pilothouse","kubeProxyVersion":"","kubeletVersion":"v1.36.2","machineID":"ba187f76fb8833ad23fc8c899bbdea9b","operatingSystem":"linux","osImage":"Debian GNU/Linux 12 (bookworm)","systemUUID":"ba187f76fb8833ad23fc8c899bbdea9b"}
    "#]].assert_eq(&fields(node.get("status")));
}

#[test]
fn an_image_that_is_not_there_is_pulled_again_and_again() {
    check_events(
        r#"{"spec":{"containers":[{"name":"web","image":"nginx:1.99"}]}}"#,
        60,
        &expect![[r#"
        0.3 Normal Pulling: Pulling image "nginx:1.99"
        0.8 Warning Failed: Failed to pull image "nginx:1.99": rpc error: code = NotFound desc = failed to pull and unpack image "docker.io/library/nginx:1.99": failed to resolve reference "docker.io/library/nginx:1.99": docker.io/library/nginx:1.99: not found
        0.8 Warning Failed: Error: ErrImagePull
        2.8 Normal BackOff: Back-off pulling image "nginx:1.99"
        2.8 Warning Failed: Error: ImagePullBackOff
        10.8 Normal Pulling: Pulling image "nginx:1.99"
        11.2 Warning Failed: Failed to pull image "nginx:1.99": rpc error: code = NotFound desc = failed to pull and unpack image "docker.io/library/nginx:1.99": failed to resolve reference "docker.io/library/nginx:1.99": docker.io/library/nginx:1.99: not found
        11.2 Warning Failed: Error: ErrImagePull
        13.2 Normal BackOff: Back-off pulling image "nginx:1.99"
        13.2 Warning Failed: Error: ImagePullBackOff
        31.2 Normal Pulling: Pulling image "nginx:1.99"
        31.7 Warning Failed: Failed to pull image "nginx:1.99": rpc error: code = NotFound desc = failed to pull and unpack image "docker.io/library/nginx:1.99": failed to resolve reference "docker.io/library/nginx:1.99": docker.io/library/nginx:1.99: not found
        31.7 Warning Failed: Error: ErrImagePull
        33.7 Normal BackOff: Back-off pulling image "nginx:1.99"
        33.7 Warning Failed: Error: ImagePullBackOff
    "#]],
    );
    check(
        r#"{"spec":{"containers":[{"name":"web","image":"nginx:1.99"}]}}"#,
        40,
        &expect![[r"
            0.0 Pending 0/0
            0.0 Pending 0/1 web=ContainerCreating
            0.3 Pending 0/1 web=ContainerCreating
            0.8 Pending 0/1 web=ErrImagePull
            2.8 Pending 0/1 web=ImagePullBackOff
            11.2 Pending 0/1 web=ErrImagePull
            13.2 Pending 0/1 web=ImagePullBackOff
            31.7 Pending 0/1 web=ErrImagePull
            33.7 Pending 0/1 web=ImagePullBackOff
        "]],
    );
}

#[test]
fn a_container_that_crashes_is_restarted_with_back_off() {
    let pod = r#"{"spec":{"containers":[{"name":"web","image":"busybox:1.36","command":["sh","-c","echo hi; sleep 1; exit 3"]}]}}"#;
    check(
        pod,
        120,
        &expect![[r"
            0.0 Pending 0/0
            0.0 Pending 0/1 web=ContainerCreating
            0.3 Pending 0/1 web=ContainerCreating
            0.9 Running 1/1 web=running
            1.9 Running 0/1 web=Error(3)
            3.1 Running 1/1 web=runningx1
            4.1 Running 0/1 web=Error(3)x1
            5.1 Running 0/1 web=CrashLoopBackOffx1
            14.2 Running 1/1 web=runningx2
            15.2 Running 0/1 web=Error(3)x2
            16.2 Running 0/1 web=CrashLoopBackOffx2
            35.4 Running 1/1 web=runningx3
            36.4 Running 0/1 web=Error(3)x3
            37.4 Running 0/1 web=CrashLoopBackOffx3
            76.5 Running 1/1 web=runningx4
            77.5 Running 0/1 web=Error(3)x4
            78.5 Running 0/1 web=CrashLoopBackOffx4
        "]],
    );
}

#[test]
fn shells_do_not_hear_sigterm() {
    let mut bench = Bench::new(Shows::Statuses);
    bench.pod(r#"{"spec":{"containers":[{"name":"box","image":"busybox:1.36","command":["sleep","3600"]}]}}"#);
    bench.run_to(10);
    bench.delete("web");
    bench.run_to(60);
    expect![[r#"
        0.0 Pending 0/0
        0.0 Pending 0/1 box=ContainerCreating
        0.3 Pending 0/1 box=ContainerCreating
        0.9 Running 1/1 box=running
        10.0 Running 1/1 box=running terminating
        10.0 Running 1/1 box=running terminating
        40.0 Failed 0/1 box=Error(137) terminating
        40.1 web is gone
    "#]]
    .assert_eq(&bench.log);
}

#[test]
fn a_job_succeeds_or_fails() {
    let pod = |policy: &str, code: u8| {
        format!(
            r#"{{"spec":{{"restartPolicy":"{policy}","containers":[{{"name":"c","image":"busybox:1.36","command":["sh","-c","sleep 2; exit {code}"]}}]}}}}"#
        )
    };
    check(
        &pod("Never", 0),
        30,
        &expect![[r"
            0.0 Pending 0/0
            0.0 Pending 0/1 c=ContainerCreating
            0.3 Pending 0/1 c=ContainerCreating
            0.9 Running 1/1 c=running
            2.9 Succeeded 0/1 c=Completed(0)
        "]],
    );
    check(
        &pod("Never", 1),
        30,
        &expect![[r"
            0.0 Pending 0/0
            0.0 Pending 0/1 c=ContainerCreating
            0.3 Pending 0/1 c=ContainerCreating
            0.9 Running 1/1 c=running
            2.9 Failed 0/1 c=Error(1)
        "]],
    );
    check(
        &pod("OnFailure", 1),
        30,
        &expect![[r"
            0.0 Pending 0/0
            0.0 Pending 0/1 c=ContainerCreating
            0.3 Pending 0/1 c=ContainerCreating
            0.9 Running 1/1 c=running
            2.9 Running 0/1 c=Error(1)
            4.1 Running 1/1 c=runningx1
            6.1 Running 0/1 c=Error(1)x1
            7.1 Running 0/1 c=CrashLoopBackOffx1
            16.2 Running 1/1 c=runningx2
            18.2 Running 0/1 c=Error(1)x2
            19.2 Running 0/1 c=CrashLoopBackOffx2
        "]],
    );
}

#[test]
fn init_containers_and_sidecars_go_first() {
    let pod = r#"{"spec":{"restartPolicy":"Never","initContainers":[
        {"name":"setup","image":"busybox:1.36","command":["sh","-c","sleep 1"]},
        {"name":"proxy","image":"nginx:1.27","restartPolicy":"Always"}],
        "containers":[{"name":"c","image":"busybox:1.36","command":["sh","-c","sleep 2"]}]}}"#;
    check(
        pod,
        30,
        &expect![[r"
            0.0 Pending 0/0
            0.0 Pending 0/1 setup=PodInitializing proxy=PodInitializing c=PodInitializing
            0.3 Pending 0/1 setup=PodInitializing proxy=PodInitializing c=PodInitializing
            0.9 Pending 0/1 setup=running proxy=PodInitializing c=PodInitializing
            1.9 Pending 0/1 setup=Completed(0) proxy=PodInitializing c=PodInitializing
            4.0 Pending 0/1 setup=Completed(0) proxy=running c=PodInitializing
            4.1 Running 1/1 setup=Completed(0) proxy=running c=running
            6.1 Running 0/1 setup=Completed(0) proxy=running c=Completed(0)
            6.3 Succeeded 0/1 setup=Completed(0) proxy=Completed(0) c=Completed(0)
        "]],
    );
}

#[test]
fn probes_decide_readiness_and_restarts() {
    let readiness = r#"{"spec":{"containers":[{"name":"web","image":"nginx:1.27","readinessProbe":{"httpGet":{"path":"/","port":8080},"periodSeconds":5}}]}}"#;
    check_events(
        readiness,
        20,
        &expect![[r#"
        0.3 Normal Pulling: Pulling image "nginx:1.27"
        2.2 Normal Pulled: Successfully pulled image "nginx:1.27" in 1.909s (1.909s including waiting). Image size: 72950530 bytes.
        2.3 Normal Created: Container created
        2.3 Normal Started: Container started
        2.3 Warning Unhealthy: Readiness probe failed: Get "http://10.244.1.2:8080/": dial tcp 10.244.1.2:8080: connect: connection refused
        7.3 Warning Unhealthy: Readiness probe failed: Get "http://10.244.1.2:8080/": dial tcp 10.244.1.2:8080: connect: connection refused
        12.3 Warning Unhealthy: Readiness probe failed: Get "http://10.244.1.2:8080/": dial tcp 10.244.1.2:8080: connect: connection refused
        17.3 Warning Unhealthy: Readiness probe failed: Get "http://10.244.1.2:8080/": dial tcp 10.244.1.2:8080: connect: connection refused
    "#]],
    );
    let liveness = r#"{"spec":{"containers":[{"name":"live","image":"busybox:1.36",
        "command":["sh","-c","touch /tmp/healthy; sleep 10; rm -f /tmp/healthy; sleep 600"],
        "livenessProbe":{"exec":{"command":["cat","/tmp/healthy"]},"initialDelaySeconds":5,"periodSeconds":5}}]}}"#;
    check_events(
        liveness,
        65,
        &expect![[r#"
        0.3 Normal Pulling: Pulling image "busybox:1.36"
        0.8 Normal Pulled: Successfully pulled image "busybox:1.36" in 494ms (494ms including waiting). Image size: 2221731 bytes.
        0.9 Normal Created: Container created
        0.9 Normal Started: Container started
        10.9 Warning Unhealthy: Liveness probe failed: cat: can't open '/tmp/healthy': No such file or directory

        15.9 Warning Unhealthy: Liveness probe failed: cat: can't open '/tmp/healthy': No such file or directory

        20.9 Warning Unhealthy: Liveness probe failed: cat: can't open '/tmp/healthy': No such file or directory

        20.9 Normal Killing: Container live failed liveness probe, will be restarted
        51.9 Normal Pulled: Container image "busybox:1.36" already present on machine and can be accessed by the pod
        52.1 Normal Created: Container created
        52.1 Normal Started: Container started
        62.1 Warning Unhealthy: Liveness probe failed: cat: can't open '/tmp/healthy': No such file or directory

    "#]],
    );
}

#[test]
fn startup_probes_hold_the_others_back() {
    let pod = r#"{"spec":{"containers":[{"name":"web","image":"nginx:1.27",
        "startupProbe":{"tcpSocket":{"port":80},"initialDelaySeconds":4,"periodSeconds":2},
        "readinessProbe":{"httpGet":{"path":"/","port":80},"periodSeconds":3}}]}}"#;
    check(
        pod,
        20,
        &expect![[r"
            0.0 Pending 0/0
            0.0 Pending 0/1 web=ContainerCreating
            0.3 Pending 0/1 web=ContainerCreating
            2.3 Running 0/1 web=running
            6.3 Running 0/1 web=running
            6.3 Running 1/1 web=running
        "]],
    );
}

#[test]
fn missing_configuration_is_waited_for() {
    let mut bench = Bench::new(Shows::Events);
    bench.pod(
        r#"{"spec":{"containers":[{"name":"web","image":"nginx:1.27","env":[{"name":"A","valueFrom":{"secretKeyRef":{"name":"s","key":"k"}}}]}]}}"#,
    );
    bench.run_to(14);
    let pod = bench.api.store().get(&Key::new(PODS, "default", "web")).unwrap();
    bench.line(&pod.at("status.containerStatuses").items()[0].get("state").to_json());
    expect![[r#"
        0.3 Normal Pulling: Pulling image "nginx:1.27"
        2.2 Normal Pulled: Successfully pulled image "nginx:1.27" in 1.909s (1.909s including waiting). Image size: 72950530 bytes.
        2.2 Warning Failed: Error: secret "s" not found
        12.2 Warning Failed: Error: secret "s" not found
        14.0 {"waiting":{"message":"secret \"s\" not found","reason":"CreateContainerConfigError"}}
    "#]].assert_eq(&bench.log);
}

#[test]
fn hooks_run_before_the_end() {
    let mut bench = Bench::new(Shows::Statuses);
    bench.pod(
        r#"{"spec":{"containers":[{"name":"web","image":"nginx:1.27","lifecycle":{"preStop":{"sleep":{"seconds":5}}}}]}}"#,
    );
    bench.run_to(10);
    bench.delete("web");
    bench.run_to(40);
    expect![[r#"
        0.0 Pending 0/0
        0.0 Pending 0/1 web=ContainerCreating
        0.3 Pending 0/1 web=ContainerCreating
        2.3 Running 1/1 web=running
        10.0 Running 1/1 web=running terminating
        10.0 Running 1/1 web=running terminating
        15.1 Succeeded 0/1 web=Completed(0) terminating
        15.2 web is gone
    "#]]
    .assert_eq(&bench.log);
}

#[test]
fn pods_that_do_not_fit_are_refused() {
    let pod = r#"{"spec":{"containers":[{"name":"web","image":"nginx:1.27","resources":{"requests":{"cpu":"5"}}}]}}"#;
    check_events(
        pod,
        5,
        &expect![[r"
        0.0 Warning OutOfcpu: Node didn't have enough resource: cpu, requested: 5000, used: 0, capacity: 4000
    "]],
    );
    check(
        pod,
        5,
        &expect![[r"
            0.0 Pending 0/0
            0.0 Failed OutOfcpu 0/0
        "]],
    );
    check(
        r#"{"spec":{"nodeSelector":{"disk":"ssd"},"containers":[{"name":"web","image":"nginx:1.27"}]}}"#,
        5,
        &expect![[r"
            0.0 Pending 0/0
            0.0 Failed NodeAffinity 0/0
        "]],
    );
}

#[test]
fn a_deadline_ends_a_pod() {
    let pod = r#"{"spec":{"activeDeadlineSeconds":8,"containers":[{"name":"web","image":"nginx:1.27"}]}}"#;
    check(
        pod,
        30,
        &expect![[r"
            0.0 Pending 0/0
            0.0 Pending 0/1 web=ContainerCreating
            0.3 Pending 0/1 web=ContainerCreating
            2.3 Running 1/1 web=running
            8.0 Failed DeadlineExceeded 1/1 web=running
            8.1 Failed DeadlineExceeded 0/1 web=Completed(0)
        "]],
    );
}

#[test]
fn faults_are_seen() {
    let mut bench = Bench::new(Shows::Statuses);
    bench.pod(WEB);
    bench.run_to(10);
    let (pod, container) = (bench.uid("web"), "web".into());
    bench.fault(Fault::KillContainer { pod: pod.clone(), container });
    bench.run_to(20);
    bench.fault(Fault::OutOfMemory { pod, container: "web".into() });
    bench.run_to(22);
    bench.fault(Fault::CrashImage { image: "nginx:1.27".into(), after: Span::millis(500) });
    bench.run_to(60);
    bench.fault(Fault::HealImage { image: "nginx:1.27".into() });
    bench.run_to(200);
    expect![[r"
        0.0 Pending 0/0
        0.0 Pending 0/1 web=ContainerCreating
        0.3 Pending 0/1 web=ContainerCreating
        2.3 Running 1/1 web=running
        10.0 Running 0/1 web=Error(137)
        11.1 Running 1/1 web=runningx1
        20.0 Running 0/1 web=OOMKilled(137)x1
        21.0 Running 0/1 web=CrashLoopBackOffx1
        30.1 Running 1/1 web=runningx2
        30.6 Running 0/1 web=Error(1)x2
        31.6 Running 0/1 web=CrashLoopBackOffx2
        50.7 Running 1/1 web=runningx3
        51.2 Running 0/1 web=Error(1)x3
        52.2 Running 0/1 web=CrashLoopBackOffx3
        91.3 Running 1/1 web=runningx4
    "]]
    .assert_eq(&bench.log);
}

#[test]
fn a_lost_node_is_silent_until_it_returns() {
    let mut bench = Bench::new(Shows::Statuses);
    bench.pod(WEB);
    bench.run_to(5);
    bench.fault(Fault::KillContainer { pod: bench.uid("web"), container: "web".into() });
    bench.fault(Fault::LoseNode);
    bench.run_to(30);
    bench.fault(Fault::ReturnNode);
    bench.run_to(40);
    let pod = bench.api.store().get(&Key::new(PODS, "default", "web")).unwrap();
    let finished = pod.at("status.containerStatuses").items()[0].at("lastState.terminated.finishedAt").to_json();
    bench.line(&finished);
    expect![[r#"
        0.0 Pending 0/0
        0.0 Pending 0/1 web=ContainerCreating
        0.3 Pending 0/1 web=ContainerCreating
        2.3 Running 1/1 web=running
        30.0 Running 0/1 web=Error(137)
        31.1 Running 1/1 web=runningx1
        40.0 "2026-01-01T00:00:05Z"
    "#]]
    .assert_eq(&bench.log);
}

#[test]
fn ideal_nodes_do_what_was_recorded() {
    let config = NodeConfig { name: "node-1".into(), ..NodeConfig::ideal(1) };
    let mut bench = Bench::on(&config, Shows::Statuses);
    bench.pod(r#"{"spec":{"initContainers":[{"name":"i","image":"busybox"},{"name":"s","image":"busybox","restartPolicy":"Always"}],"containers":[{"name":"c","image":"nope","readinessProbe":{"tcpSocket":{"port":1}}}]}}"#);
    bench.pod(r#"{"metadata":{"name":"job","annotations":{"golden.example/exit-code":"1"}},"spec":{"restartPolicy":"Never","containers":[{"name":"c","image":"nope"}]}}"#);
    bench.run_to(5);
    bench.delete("web");
    bench.delete("job");
    bench.run_to(10);
    expect![[r#"
        0.0 Pending 0/0
        0.0 Pending 0/0
        0.0 Running 1/1 c=running
        0.0 Running 1/1 i=Completed(0) s=running c=running
        2.0 Failed 0/1 c=Error(1)
        5.0 Running 1/1 i=Completed(0) s=running c=running terminating
        5.0 job is gone
        5.2 web is gone
    "#]]
    .assert_eq(&bench.log);
}

#[test]
fn fields_become_environment_and_files() {
    let mut bench = Bench::new(Shows::Statuses);
    bench.pod(
        r#"{"metadata":{"labels":{"app":"x"}},"spec":{"containers":[{"name":"c","image":"busybox:1.36","command":["sh","-c","echo $(A) $B $POD $CPU; cat /etc/app/labels /etc/app/cpu; sleep 100"],
        "resources":{"limits":{"cpu":"1500m"}},
        "env":[{"name":"A","value":"one"},{"name":"B","value":"$(A)-two"},{"name":"POD","valueFrom":{"fieldRef":{"fieldPath":"metadata.name"}}},
        {"name":"CPU","valueFrom":{"resourceFieldRef":{"resource":"limits.cpu"}}}],
        "volumeMounts":[{"name":"v","mountPath":"/etc/app"}]}],
        "volumes":[{"name":"v","downwardAPI":{"items":[{"path":"labels","fieldRef":{"fieldPath":"metadata.labels"}},
            {"path":"cpu","resourceFieldRef":{"containerName":"c","resource":"limits.cpu","divisor":"1m"}}]}}]}}"#,
    );
    bench.run_to(10);
    let log = bench.node.logs(&bench.uid("web"), "c", super::Previous::No, super::LogQuery::default()).unwrap();
    let lines: Vec<&str> = log.iter().map(|it| it.text.as_str()).collect();
    expect![[r#"
        one one-two web 2
        app="x"1500"#]]
    .assert_eq(&lines.join("\n"));
}

#[test]
fn a_program_that_is_not_in_the_image_cannot_start() {
    let pod = r#"{"spec":{"containers":[{"name":"c","image":"busybox:1.36","command":["nosuch","-x"]}]}}"#;
    check_events(
        pod,
        8,
        &expect![[r#"
        0.3 Normal Pulling: Pulling image "busybox:1.36"
        0.8 Normal Pulled: Successfully pulled image "busybox:1.36" in 494ms (494ms including waiting). Image size: 2221731 bytes.
        0.9 Warning Failed: Error: failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: "nosuch": executable file not found in $PATH
        2.9 Normal Pulled: Container image "busybox:1.36" already present on machine and can be accessed by the pod
        3.1 Warning Failed: Error: failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: "nosuch": executable file not found in $PATH
        5.1 Warning BackOff: Back-off restarting failed container c in pod web_default(f893a2ee-fb32-455e-b1c1-8690ee42c90b)
    "#]],
    );
    check(
        pod,
        20,
        &expect![[r#"
        0.0 Pending 0/0
        0.0 Pending 0/1 c=ContainerCreating
        0.3 Pending 0/1 c=ContainerCreating
        0.9 Running 0/1 c=RunContainerError
        3.1 Running 0/1 c=RunContainerErrorx1
        5.1 Running 0/1 c=CrashLoopBackOffx1
        13.2 Running 0/1 c=RunContainerErrorx2
        15.2 Running 0/1 c=CrashLoopBackOffx2
    "#]],
    );
}

#[test]
fn a_hook_takes_its_time() {
    let mut bench = Bench::new(Shows::Statuses);
    bench.pod(
        r#"{"spec":{"containers":[{"name":"web","image":"nginx:1.27","lifecycle":{
            "postStart":{"exec":{"command":["sh","-c","sleep 3"]}},"preStop":{"exec":{"command":["sleep","40"]}}}}]}}"#,
    );
    bench.run_to(10);
    bench.delete("web");
    bench.run_to(60);
    expect![[r#"
        0.0 Pending 0/0
        0.0 Pending 0/1 web=ContainerCreating
        0.3 Pending 0/1 web=ContainerCreating
        2.3 Running 0/1 web=running
        5.3 Running 1/1 web=running
        10.0 Running 1/1 web=running terminating
        10.0 Running 1/1 web=running terminating
        40.1 Succeeded 0/1 web=Completed(0) terminating
        40.2 web is gone
    "#]]
    .assert_eq(&bench.log);
}

#[test]
fn volumes_and_environment_wait_for_their_config_map() {
    let mut bench = Bench::new(Shows::Events);
    bench.pod(
        r#"{"spec":{"containers":[{"name":"c","image":"busybox:1.36","command":["sh","-c","cat /cfg/app.conf; echo; echo $colour; sleep 100"],
        "envFrom":[{"configMapRef":{"name":"cfg"}}],"volumeMounts":[{"name":"v","mountPath":"/cfg"}]}],
        "volumes":[{"name":"v","configMap":{"name":"cfg"}}]}}"#,
    );
    bench.run_to(3);
    let mut map = Object::new("v1", "ConfigMap", "default", "cfg");
    map.entry("data").map_mut().insert("app.conf", "port=80");
    map.entry("data").map_mut().insert("colour", "blue");
    bench.create(CONFIG_MAPS, map);
    bench.run_to(20);
    for line in bench.node.logs(&bench.uid("web"), "c", super::Previous::No, super::LogQuery::default()).unwrap() {
        bench.line(&line.text);
    }
    expect![[r#"
        0.0 Warning FailedMount: MountVolume.SetUp failed for volume "v" : configmap "cfg" not found
        0.5 Warning FailedMount: MountVolume.SetUp failed for volume "v" : configmap "cfg" not found
        1.5 Warning FailedMount: MountVolume.SetUp failed for volume "v" : configmap "cfg" not found
        3.8 Normal Pulling: Pulling image "busybox:1.36"
        4.3 Normal Pulled: Successfully pulled image "busybox:1.36" in 494ms (494ms including waiting). Image size: 2221731 bytes.
        4.4 Normal Created: Container created
        4.4 Normal Started: Container started
        20.0 port=80
        20.0 blue
    "#]].assert_eq(&bench.log);
}

#[test]
fn a_node_renews_its_lease_and_lists_its_images() {
    let mut bench = Bench::new(Shows::Statuses);
    bench.create(NAMESPACES, Object::new("v1", "Namespace", "", "kube-node-lease"));
    bench.pod(WEB);
    bench.run_to(65);
    let changes = bench.api.store().since(Revision(0)).unwrap();
    let mut lines: Vec<String> = Vec::new();
    for change in changes {
        let Some(after) = &change.after else { continue };
        match change.key.resource.as_str() {
            "leases.coordination.k8s.io" => lines.push(format!("lease {}", after.at("spec.renewTime").str())),
            "nodes" => lines.push(format!("node with images {}", after.at("status.images"))),
            _ => {}
        }
    }
    expect![[r#"
        node with images null
        lease 2026-01-01T00:00:00.000000Z
        lease 2026-01-01T00:00:10.000000Z
        node with images [{"names":["docker.io/library/nginx@sha256:72b1bb7af01a129499e349dbc27794602a669f263ae5a4392cbfd65f85877643","docker.io/library/nginx:1.27"],"sizeBytes":72950530}]
        lease 2026-01-01T00:00:20.000000Z
        lease 2026-01-01T00:00:30.000000Z
        lease 2026-01-01T00:00:40.000000Z
        lease 2026-01-01T00:00:50.000000Z
        lease 2026-01-01T00:01:00.000000Z"#]].assert_eq(&lines.join("\n"));
}

#[test]
fn a_pod_that_is_removed_by_force_is_cleaned_up() {
    let mut bench = Bench::new(Shows::Notes);
    bench.pod(WEB);
    bench.run_to(10);
    bench.log.clear();
    let key = Key::new(PODS, "default", "web");
    let uid = bench.uid("web");
    bench.write(&Write::delete(&key, &uid, "test").grace(0));
    bench.run_to(20);
    bench.line(&format!("{:?}", bench.node.snapshot(bench.now).containers));
    expect![[r#"
        10.0 the pod is gone from the API server; Running, 1/1 ready -> stop container web
        10.1 container web exited with 0; Running, 0/1 ready -> stop the sandbox
        20.0 []
    "#]]
    .assert_eq(&bench.log);
}

#[test]
fn pulls_wait_for_each_other_and_are_shown() {
    let mut bench = Bench::new(Shows::Events);
    for name in ["a", "b"] {
        bench.pod(&format!(
            r#"{{"metadata":{{"name":"{name}"}},"spec":{{"containers":[{{"name":"{name}","image":"nginx:1.27"}}]}}}}"#
        ));
    }
    bench.run_to(1);
    bench.line(&format!("{:?}", bench.node.snapshot(bench.now).pulls));
    bench.fault(Fault::SlowPulls { factor: 4 });
    bench.run_to(20);
    let snapshot = bench.node.snapshot(bench.now);
    bench.line(&format!("{} containers, {} bytes", snapshot.containers.len(), snapshot.memory));
    expect![[r#"
        0.2 Normal Pulling: Pulling image "nginx:1.27"
        0.3 Normal Pulling: Pulling image "nginx:1.27"
        1.0 [PullProgress { pod: "cb435c8e-7461-4796-a775-dc7701564f61", image: "nginx:1.27", done: 14750006, total: 72950530, percent: 20 }, PullProgress { pod: "f893a2ee-fb32-455e-b1c1-8690ee42c90b", image: "nginx:1.27", done: 0, total: 0, percent: 0 }]
        5.6 Normal Pulled: Successfully pulled image "nginx:1.27" in 5.401s (5.401s including waiting). Image size: 72950530 bytes.
        5.8 Normal Created: Container created
        5.8 Normal Started: Container started
        6.1 Normal Pulled: Successfully pulled image "nginx:1.27" in 450ms (5.74s including waiting). Image size: 72950530 bytes.
        6.2 Normal Created: Container created
        6.2 Normal Started: Container started
        20.0 2 containers, 10895360 bytes
    "#]].assert_eq(&bench.log);
}

#[test]
fn a_port_that_refuses_makes_a_pod_unready() {
    let mut bench = Bench::new(Shows::Statuses);
    bench.pod(
        r#"{"spec":{"containers":[{"name":"web","image":"nginx:1.27","readinessProbe":{"httpGet":{"port":80},"periodSeconds":2,"failureThreshold":2}}]}}"#,
    );
    bench.run_to(10);
    let pod = bench.uid("web");
    bench.fault(Fault::RefusePort { pod: pod.clone(), port: 80 });
    bench.run_to(20);
    bench.fault(Fault::AcceptPort { pod, port: 80 });
    bench.run_to(30);
    expect![[r#"
        0.0 Pending 0/0
        0.0 Pending 0/1 web=ContainerCreating
        0.3 Pending 0/1 web=ContainerCreating
        2.3 Running 0/1 web=running
        2.3 Running 1/1 web=running
        12.3 Running 0/1 web=running
        20.3 Running 1/1 web=running
    "#]]
    .assert_eq(&bench.log);
}

#[test]
fn equal_seeds_give_equal_runs() {
    let run = || {
        let mut bench = Bench::new(Shows::Events);
        bench.pod(WEB);
        bench.run_to(100);
        (bench.log, bench.api.store().revision())
    };
    assert_eq!(run(), run());
}

#[test]
fn a_container_over_its_memory_limit_is_killed() {
    let pod = r#"{"spec":{"restartPolicy":"Never","containers":[{"name":"c","image":"polinux/stress","command":["stress"],
        "args":["--vm","1","--vm-bytes","250M"],"resources":{"limits":{"memory":"100Mi"}}}]}}"#;
    check(
        pod,
        10,
        &expect![[r#"
        0.0 Pending 0/0
        0.0 Pending 0/1 c=ContainerCreating
        0.3 Pending 0/1 c=ContainerCreating
        0.9 Running 1/1 c=running
        1.7 Failed 0/1 c=OOMKilled(137)
    "#]],
    );
}

#[test]
fn a_probe_of_a_port_that_does_not_exist_is_announced_each_time() {
    let pod = r#"{"spec":{"containers":[{"name":"web","image":"nginx:1.27","livenessProbe":{"tcpSocket":{"port":"admin"},"periodSeconds":5}}]}}"#;
    check_events(
        pod,
        10,
        &expect![[r#"
        0.3 Normal Pulling: Pulling image "nginx:1.27"
        2.2 Normal Pulled: Successfully pulled image "nginx:1.27" in 1.909s (1.909s including waiting). Image size: 72950530 bytes.
        2.3 Normal Created: Container created
        2.3 Normal Started: Container started
        2.3 Warning Unhealthy: Liveness probe errored and resulted in unknown state: strconv.Atoi: parsing "admin": invalid syntax
        7.3 Warning Unhealthy: Liveness probe errored and resulted in unknown state: strconv.Atoi: parsing "admin": invalid syntax
    "#]],
    );
}

#[test]
fn a_log_can_be_followed() {
    let mut bench = Bench::new(Shows::Statuses);
    bench.pod(
        r#"{"spec":{"restartPolicy":"Never","containers":[{"name":"box","image":"busybox:1.36",
        "command":["sh","-c","echo a; sleep 5; echo b; sleep 5"]}]}}"#,
    );
    let uid = bench.uid("web");
    assert!(bench.node.log_news(&uid, "box", None).is_none());
    bench.run_to(3);
    let mut place = bench.node.log_news(&uid, "box", None).unwrap().place;
    let mut shown = Vec::new();
    for seconds in [4, 8, 20] {
        bench.run_to(seconds);
        let news = bench.node.log_news(&uid, "box", Some(place)).unwrap();
        place = news.place;
        shown.push(format!(
            "{:?} {}",
            news.lines.iter().map(|it| it.text.as_str()).collect::<Vec<_>>(),
            news.has_ended
        ));
    }
    expect![[r#"[] false; ["b"] false; [] true"#]].assert_eq(&shown.join("; "));
}
