//! The status of a pod from what is known about it.
//!
//! Upstream: `pkg/kubelet/kubelet_pods.go` (`generateAPIPodStatus`, `getPhase`, `convertToAPIContainerStatuses`),
//! `pkg/kubelet/status/generate.go`.

use super::Profile;
use super::containers;
use super::pod::{Container, Ended, Life, PodState, RunState, Sandbox, Wait, specs};
use super::runtime::Role;
use crate::model::{Object, Text, Time, Value};
use smol_str::format_smolstr;

/// What a status is made from beside the pod.
#[derive(Clone, Copy)]
pub(super) struct Surroundings<'a> {
    pub(super) now: Time,
    pub(super) host_ip: &'a Text,
    pub(super) profile: Profile,
    /// The pod as stored now: conditions that others own are kept, times of those that did not change too.
    pub(super) stored: &'a Object,
}

/// The conditions that a kubelet owns, in the order in which it writes them.
const OWNED: [&str; 5] = ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"];

/// A condition before its times: status, reason, message.
type Verdict = (bool, &'static str, String);

/// The whole status.
pub(super) fn status(pod: &PodState, around: Surroundings<'_>) -> Value {
    let phase = phase(pod);
    let mut status = around.stored.get("status").clone();
    status.set("phase", phase);
    status.set("observedGeneration", pod.object.generation());
    status.set("startTime", pod.since.to_string());
    set_failure(&mut status, pod);
    if pod.life == Life::Rejected {
        return status;
    }
    set_addresses(&mut status, pod, around.host_ip);
    set_containers(&mut status, pod, around.profile);
    let conditions = conditions(pod, phase, around);
    status.set("conditions", conditions);
    status
}

fn set_failure(status: &mut Value, pod: &PodState) {
    if let Some(failure) = &pod.failure {
        status.set("reason", &failure.reason);
        let prefix = if pod.life == Life::Rejected { "Pod was rejected: " } else { "" };
        status.set("message", format!("{prefix}{}", failure.message));
    }
}

fn set_addresses(status: &mut Value, pod: &PodState, host_ip: &Text) {
    status.set("hostIP", host_ip);
    status.set("hostIPs", Value::from(vec![Value::from([("ip", host_ip.into())])]));
    let ip = pod.ip();
    if !ip.is_empty() {
        status.set("podIP", &ip);
        status.set("podIPs", Value::from(vec![Value::from([("ip", (&ip).into())])]));
    }
}

fn set_containers(status: &mut Value, pod: &PodState, profile: Profile) {
    for (field, is_init) in [("initContainerStatuses", true), ("containerStatuses", false)] {
        let of_kind = specs(&pod.object).filter(|(role, _)| (*role != Role::Main) == is_init);
        let entries: Vec<Value> = of_kind.map(|(role, spec)| entry(pod, role, spec, profile)).collect();
        if !entries.is_empty() {
            status.set(field, entries);
        }
    }
}

/// `status.phase`.
pub(super) fn phase(pod: &PodState) -> &'static str {
    if pod.failure.is_some() {
        return "Failed";
    }
    let inits = specs(&pod.object).filter(|(role, _)| *role != Role::Main);
    let pending_init = !pod.is_initialized() && inits.clone().any(|(role, spec)| !is_initialized(pod, role, spec));
    let lost = inits.filter(|(role, _)| *role == Role::Init).any(|(_, spec)| init_failed(pod, spec));
    if lost && pod.restart_policy() == "Never" && !pod.is_initialized() {
        return "Failed";
    }
    if pod.object.is_terminating() && pod.is_quiet() && pod.life == Life::Admitted {
        return if all_succeeded(pod) { "Succeeded" } else { "Failed" };
    }
    if pending_init { "Pending" } else { phase_of_mains(pod) }
}

fn phase_of_mains(pod: &PodState) -> &'static str {
    let mains: Vec<_> = mains(pod).collect();
    if mains.iter().any(|(_, it)| !it.ever_ran()) {
        return "Pending";
    }
    let sidecars_run = specs(&pod.object).any(|(role, spec)| {
        role == Role::Sidecar && pod.containers.get(spec.get("name").str()).is_some_and(Container::is_live)
    });
    if sidecars_run || mains.iter().any(|(_, it)| it.is_live()) {
        return "Running";
    }
    let again = mains.iter().any(|(spec, it)| it.ended().is_some_and(|ended| containers::restarts(pod, spec, ended)));
    match (again, all_succeeded(pod)) {
        (true, _) => "Running",
        (false, true) => "Succeeded",
        (false, false) => "Failed",
    }
}

fn mains(pod: &PodState) -> impl Iterator<Item = (&Value, &Container)> {
    let specs = specs(&pod.object).filter(|(role, _)| *role == Role::Main);
    specs.filter_map(|(_, spec)| Some((spec, pod.containers.get(spec.get("name").str())?)))
}

fn all_succeeded(pod: &PodState) -> bool {
    mains(pod).all(|(_, it)| it.ended().is_some_and(|ended| ended.code == 0))
}

fn init_failed(pod: &PodState, spec: &Value) -> bool {
    let container = pod.containers.get(spec.get("name").str());
    container.and_then(|it| it.ended()).is_some_and(|it| it.code != 0)
}

fn is_initialized(pod: &PodState, role: Role, spec: &Value) -> bool {
    let Some(container) = pod.containers.get(spec.get("name").str()) else { return false };
    match role {
        Role::Sidecar => container.running().is_some() && container.probes.is_started(spec),
        Role::Init | Role::Main => container.ended().is_some_and(|it| it.code == 0),
    }
}

/// One entry of `containerStatuses` or `initContainerStatuses`.
fn entry(pod: &PodState, role: Role, spec: &Value, profile: Profile) -> Value {
    let name = spec.get("name").text();
    let fallback = Container::default();
    let container = pod.containers.get(&name).unwrap_or(&fallback);
    let mut it = Value::from([("name", Value::from(&name)), ("restartCount", container.shown_restarts().into())]);
    it.set("ready", is_ready(role, spec, container));
    it.set("started", container.running().is_some_and(|run| !run.hook) && container.probes.is_started(spec));
    it.set("state", state(pod, container));
    it.set("lastState", last_state(container));
    let image = container.image.as_ref().filter(|_| container.ever_ran());
    let full_name = image.filter(|_| profile == Profile::Faithful).map(|image| image.full_name.clone());
    it.set("image", full_name.unwrap_or_else(|| spec.get("image").text()));
    it.set("imageID", image.map_or(Text::default(), |image| image.digest.clone()));
    if let Some(id) = container_id(container) {
        it.set("containerID", id);
    }
    if profile == Profile::Faithful {
        set_details(&mut it, spec, container);
    }
    it
}

fn container_id(container: &Container) -> Option<Text> {
    let present = container.running().map(|run| &run.id).or(container.shown_end().map(|ended| &ended.id));
    present.or(container.last.as_ref().map(|ended| &ended.id)).filter(|id| !id.is_empty()).cloned()
}

/// Mounts, resources and user, which a real kubelet reports of what runs.
fn set_details(it: &mut Value, spec: &Value, container: &Container) {
    let mounts: Vec<Value> = spec.get("volumeMounts").items().iter().map(mount).collect();
    if !mounts.is_empty() {
        it.set("volumeMounts", mounts);
    }
    if container.running().is_none() {
        return;
    }
    let resources = spec.get("resources");
    it.set("resources", if resources.is_null() { Value::map() } else { resources.clone() });
    if !resources.get("requests").is_empty() {
        it.set("allocatedResources", resources.get("requests"));
    }
    let id = |field| spec.get("securityContext").get(field).int_or(0);
    it.set("user.linux.uid", id("runAsUser"));
    it.set("user.linux.gid", id("runAsGroup"));
    it.set("user.linux.supplementalGroups", Value::from(vec![Value::Int(id("runAsGroup"))]));
}

fn mount(spec: &Value) -> Value {
    let mut it = Value::from([("name", spec.get("name").into()), ("mountPath", spec.get("mountPath").into())]);
    if spec.get("readOnly").is_true() {
        it.set("readOnly", true);
        it.set("recursiveReadOnly", "Disabled");
    }
    it
}

/// Whether a container counts as ready.
pub(super) fn is_ready(role: Role, spec: &Value, container: &Container) -> bool {
    match role {
        Role::Init => container.ended().is_some_and(|it| it.code == 0),
        Role::Sidecar | Role::Main => {
            container.running().is_some_and(|run| !run.hook) && container.probes.is_ready(spec)
        }
    }
}

fn state(pod: &PodState, container: &Container) -> Value {
    match (&container.run, &container.wait) {
        (RunState::Running(run), _) => {
            let since = Value::from([("startedAt", run.started_at.to_string().into())]);
            Value::from([("running", since)])
        }
        (_, Some(wait)) => waiting(wait),
        (RunState::Ended(ended) | RunState::Starting(Some(ended)), None) => terminated(ended),
        (RunState::None | RunState::Starting(None), None) => {
            let has_init = !pod.object.at("spec.initContainers").items().is_empty();
            let reason = if has_init { "PodInitializing" } else { "ContainerCreating" };
            waiting(&Wait { reason: Text::new_static(reason), message: Text::default() })
        }
    }
}

fn last_state(container: &Container) -> Value {
    let waits = container.wait.as_ref().and(container.shown_end());
    waits.or(container.last.as_deref()).map_or(Value::map(), terminated)
}

fn waiting(wait: &Wait) -> Value {
    let mut it = Value::from([("reason", (&wait.reason).into())]);
    if !wait.message.is_empty() {
        it.set("message", &wait.message);
    }
    Value::from([("waiting", it)])
}

fn terminated(ended: &Ended) -> Value {
    let mut it = Value::from([("exitCode", ended.code.into()), ("reason", (&ended.reason).into())]);
    let time = |time: Option<Time>| time.map_or(Value::Null, |time| time.to_string().into());
    it.set("startedAt", time(ended.started_at));
    it.set("finishedAt", time(ended.finished_at));
    if !ended.message.is_empty() {
        it.set("message", &ended.message);
    }
    if !ended.id.is_empty() {
        it.set("containerID", &ended.id);
    }
    Value::from([("terminated", it)])
}

fn conditions(pod: &PodState, phase: &'static str, around: Surroundings<'_>) -> Vec<Value> {
    let owned = OWNED.iter().map(|kind| condition(pod, kind, verdict(pod, kind, phase, around.stored), around));
    let others = around.stored.at("status.conditions").items().iter();
    let others = others.filter(|it| !OWNED.contains(&it.get("type").str()));
    owned.chain(others.cloned()).collect()
}

fn verdict(pod: &PodState, kind: &str, phase: &'static str, stored: &Object) -> Verdict {
    match kind {
        "PodReadyToStartContainers" => (matches!(pod.sandbox, Sandbox::Ready(_)), "", String::new()),
        "Initialized" => initialized(pod, phase),
        "Ready" => ready(pod, phase, stored),
        "ContainersReady" => containers_ready(pod, phase),
        _ => (true, "", String::new()),
    }
}

fn condition(pod: &PodState, kind: &str, verdict: Verdict, around: Surroundings<'_>) -> Value {
    let (good, reason, message) = verdict;
    let old = around.stored.condition(kind);
    let status = if good { "True" } else { "False" };
    let mut it = Value::from([("type", kind.into()), ("status", status.into()), ("lastProbeTime", Value::Null)]);
    let unchanged = old.get("status").str() == status;
    let since = if unchanged { old.get("lastTransitionTime").text() } else { Text::default() };
    it.set("lastTransitionTime", if since.is_empty() { around.now.to_string().into() } else { since });
    // The recorded nodes leave the scheduler's condition as it was.
    if kind != "PodScheduled" || around.profile == Profile::Faithful {
        it.set("observedGeneration", pod.object.generation());
    }
    for (field, text) in [("reason", reason), ("message", message.as_str())] {
        if !text.is_empty() {
            it.set(field, text);
        }
    }
    it
}

fn initialized(pod: &PodState, phase: &str) -> Verdict {
    match phase {
        "Succeeded" => return (true, "PodCompleted", String::new()),
        "Failed" if pod.is_initialized() => return (true, "PodFailed", String::new()),
        _ if pod.is_initialized() => return (true, "", String::new()),
        _ => {}
    }
    let inits = specs(&pod.object).filter(|(role, _)| *role != Role::Main);
    let missing = inits.filter(|(role, spec)| !is_initialized(pod, *role, spec));
    let names: Vec<&str> = missing.map(|(_, spec)| spec.get("name").str()).collect();
    if names.is_empty() {
        return (true, "", String::new());
    }
    (false, "ContainersNotInitialized", format!("containers with incomplete status: [{}]", names.join(" ")))
}

fn containers_ready(pod: &PodState, phase: &str) -> Verdict {
    match phase {
        "Succeeded" => return (false, "PodCompleted", String::new()),
        "Failed" => return (false, "PodFailed", String::new()),
        _ => {}
    }
    let unready = specs(&pod.object).filter(|(role, spec)| {
        let container = pod.containers.get(spec.get("name").str());
        *role != Role::Init && !container.is_some_and(|it| is_ready(*role, spec, it))
    });
    let names: Vec<&str> = unready.map(|(_, spec)| spec.get("name").str()).collect();
    if names.is_empty() {
        return (true, "", String::new());
    }
    (false, "ContainersNotReady", format!("containers with unready status: [{}]", names.join(" ")))
}

fn ready(pod: &PodState, phase: &str, stored: &Object) -> Verdict {
    let (good, reason, message) = containers_ready(pod, phase);
    if !good {
        return (good, reason, message);
    }
    let gates = pod.object.at("spec.readinessGates").items().iter();
    let closed: Vec<String> = gates.filter_map(|gate| closed_gate(gate.get("conditionType").str(), stored)).collect();
    if closed.is_empty() { (true, "", String::new()) } else { (false, "ReadinessGatesNotReady", closed.join(", ")) }
}

fn closed_gate(kind: &str, stored: &Object) -> Option<String> {
    match stored.condition(kind).get("status").str() {
        "True" => None,
        "" => Some(format!("corresponding condition of pod readiness gate \"{kind}\" does not exist.")),
        other => Some(format!("the status of pod readiness gate \"{kind}\" is not \"True\", but {other}")),
    }
}

/// In a few words, for the trace: `1/2 ready`.
pub(super) fn summary(pod: &PodState) -> Text {
    let all = specs(&pod.object).filter(|(role, _)| *role != Role::Init);
    let ready = all.clone().filter(|(role, spec)| {
        let container = pod.containers.get(spec.get("name").str());
        container.is_some_and(|it| is_ready(*role, spec, it))
    });
    format_smolstr!("{}, {}/{} ready", phase(pod), ready.count(), all.count())
}
