//! The start of a container: back-off, image, configuration, order.
//!
//! Upstream: `pkg/kubelet/kuberuntime/kuberuntime_container.go` (`startContainer`),
//! `kuberuntime_manager.go` (`doBackOff`), `pkg/kubelet/images/image_manager.go` (`EnsureImageExists`).

use super::env::{self, Sources};
use super::images::{self, Need, Presence};
use super::pod::{Container, Ended, PodState, Pull, RunState};
use super::probes::Probes;
use super::runtime::{Command, ContainerSpec, Happening, Role, RunKey};
use super::turn::Turn;
use super::{Profile, containers, volumes};
use crate::model::quantity::Quantity;
use crate::model::{Span, Text, Time, Value};
use smol_str::format_smolstr;

/// How soon a container is looked at again after its image could not be had.
const PULL_RECHECK: Span = Span::seconds(2);
/// How soon a container is tried again that lacks its configuration.
const CONFIG_RETRY: Span = Span::seconds(10);

/// One step towards a run of the container `name`.
pub(super) fn start(pod: &mut PodState, role: Role, name: &Text, turn: &mut Turn<'_>) {
    let spec = pod.spec(name);
    let Some(container) = pod.containers.get(name) else { return };
    if container.retry_at.is_some_and(|at| at > turn.now) || container.pull == Pull::Pulling {
        return;
    }
    if container.pull != Pull::Done && (crashes(pod, name, turn) || !has_image(pod, name, &spec, turn)) {
        return;
    }
    create(pod, role, name, &spec, turn);
}

/// True while the container has to wait because it ended too often.
fn crashes(pod: &mut PodState, name: &Text, turn: &mut Turn<'_>) -> bool {
    let Some(container) = pod.containers.get_mut(name) else { return false };
    let Some(ended) = container.ended() else { return false };
    let Some(until) = container.crash_backoff.waits_since(ended.finished_at.unwrap_or(turn.now), turn.now) else {
        return false;
    };
    container.retry_at = Some(until);
    let full_name = format!("{}_{}({})", pod.key.name, pod.key.namespace, pod.uid);
    let delay = container.crash_backoff.delay_text();
    let message = format!("back-off {delay} restarting failed container={name} pod={full_name}");
    container.waits("CrashLoopBackOff", message);
    turn.warning(pod, name, "BackOff", format!("Back-off restarting failed container {name} in pod {full_name}"));
    turn.wanted.push(format_smolstr!("wait {delay} before container {name} is restarted"));
    true
}

/// True when the image is here; otherwise it is being fetched, or the container waits.
fn has_image(pod: &mut PodState, name: &Text, spec: &Value, turn: &mut Turn<'_>) -> bool {
    let image = spec.get("image").text();
    let need = match (turn.profile, images::full_name(&image)) {
        (Profile::Ideal, _) => Need::Present,
        (Profile::Faithful, None) => return refuse_name(pod, name, &image, turn),
        (Profile::Faithful, Some(full)) if turn.images.contains_key(&full) => images::need(spec, Presence::Here),
        (Profile::Faithful, Some(_)) => images::need(spec, Presence::Absent),
    };
    match need {
        Need::Present => {
            let message =
                format!("Container image \"{image}\" already present on machine and can be accessed by the pod");
            turn.normal(pod, name, "Pulled", message);
            if let Some(container) = pod.containers.get_mut(name) {
                container.pull = Pull::Done;
            }
            true
        }
        Need::Never => {
            let message = format_smolstr!("Container image \"{image}\" is not present with pull policy of Never");
            turn.warning(pod, name, "ErrImageNeverPull", message.clone());
            fails(pod, name, "ErrImageNeverPull", message, CONFIG_RETRY, turn)
        }
        Need::Pull => pull(pod, name, &image, turn),
    }
}

fn refuse_name(pod: &mut PodState, name: &Text, image: &Text, turn: &mut Turn<'_>) -> bool {
    let message = format_smolstr!(
        "Failed to apply default image tag \"{image}\": couldn't parse image name \"{image}\": invalid reference format"
    );
    turn.warning(pod, name, "InspectFailed", message.clone());
    fails(pod, name, "InvalidImageName", message, CONFIG_RETRY, turn)
}

/// Orders the pull, unless it failed too lately; false in any case.
fn pull(pod: &mut PodState, name: &Text, image: &Text, turn: &mut Turn<'_>) -> bool {
    let Some(container) = pod.containers.get_mut(name) else { return false };
    if let Some(until) = container.pull_backoff.waits(turn.now) {
        let mut message = format!("Back-off pulling image \"{image}\"");
        turn.normal(pod, name, "BackOff", message.clone());
        if let Some(Pull::Failed(why)) = pod.containers.get(name).map(|it| &it.pull) {
            message = format!("{message}: ErrImagePull: {why}");
        }
        return fails(pod, name, "ImagePullBackOff", message.into(), until - turn.now, turn);
    }
    container.pull = Pull::Pulling;
    turn.normal(pod, name, "Pulling", format_smolstr!("Pulling image \"{image}\""));
    let command = Command::PullImage { pod: pod.uid.clone(), container: name.clone(), image: image.clone() };
    turn.order(command, format_smolstr!("pull image {image}"));
    false
}

/// Lets the container wait for a reason, announces it, and tries again later; false.
fn fails(
    pod: &mut PodState,
    name: &Text,
    reason: &'static str,
    message: Text,
    again: Span,
    turn: &mut Turn<'_>,
) -> bool {
    turn.warning(pod, name, "Failed", format_smolstr!("Error: {reason}"));
    if let Some(container) = pod.containers.get_mut(name) {
        container.waits(reason, message);
        container.retry_at = Some(turn.now + again);
    }
    turn.wanted.push(format_smolstr!("container {name} waits: {reason}"));
    false
}

/// Resolves the configuration and orders the run.
fn create(pod: &mut PodState, role: Role, name: &Text, spec: &Value, turn: &mut Turn<'_>) {
    let order = match resolve(pod, role, name, spec, turn) {
        Ok(order) => order,
        Err(message) => {
            turn.warning(pod, name, "Failed", format_smolstr!("Error: {message}"));
            if let Some(container) = pod.containers.get_mut(name) {
                container.waits("CreateContainerConfigError", message);
                container.retry_at = Some(turn.now + CONFIG_RETRY);
            }
            return;
        }
    };
    let probes = match turn.profile {
        Profile::Ideal => Probes::recorded(&pod.object),
        Profile::Faithful => Probes::default(),
    };
    let Some(container) = pod.containers.get_mut(name) else { return };
    begin(container, probes, turn.now);
    let order = ContainerSpec { run: pod.run_key(name), ..order };
    let what = if order.run.attempt > 0 { "restart" } else { "start" };
    turn.order(Command::StartContainer(Box::new(order)), format_smolstr!("{what} container {name}"));
}

/// The old run becomes the last one.
fn begin(container: &mut Container, probes: Probes, now: Time) {
    let ended = container.ended().cloned();
    if let Some(ended) = &ended {
        container.crash_backoff.fail(ended.finished_at.unwrap_or(now), now);
        container.restarts += 1;
    }
    container.run = RunState::Starting(ended);
    container.retry_at = None;
    container.pull = Pull::Wanted;
    container.probes = probes;
}

/// What a container is made from, with what its spec refers to.
///
/// # Errors
/// Something that it needs is missing.
pub(super) fn resolve(
    pod: &PodState,
    role: Role,
    name: &Text,
    spec: &Value,
    turn: &Turn<'_>,
) -> Result<ContainerSpec, Text> {
    let from = Sources { pod, store: turn.store, node: turn.node, host_ip: turn.host_ip };
    let env = match env::environment(spec, from) {
        Err(_) if turn.profile == Profile::Ideal => Vec::new(),
        read => read?,
    };
    let files = volumes::files(spec, from);
    Ok(container_spec(pod, role, name, spec, env, files))
}

pub(super) fn container_spec(
    pod: &PodState,
    role: Role,
    name: &Text,
    spec: &Value,
    env: Vec<(Text, Text)>,
    files: Vec<(Text, Text)>,
) -> ContainerSpec {
    let known = env.iter().cloned().collect();
    let words = |field: &str| spec.get(field).items().iter().map(|it| env::expand(it.str(), &known)).collect();
    let port = |it: &Value| Some((it.get("name").text(), u16::try_from(it.get("containerPort").as_int()?).ok()?));
    ContainerSpec {
        run: pod.run_key(name),
        role,
        image: spec.get("image").text(),
        command: words("command"),
        args: words("args"),
        working_dir: spec.get("workingDir").text(),
        ports: spec.get("ports").items().iter().filter_map(port).collect(),
        memory_limit: Quantity::read(spec.at("resources.limits.memory")).value(),
        message_path: spec.get("terminationMessagePath").as_str().unwrap_or("/dev/termination-log").into(),
        restarts_always: pod.restart_policy() == "Always",
        env,
        files,
    }
}

/// Takes in what became of a pull.
pub(super) fn pulled(pod: &mut PodState, what: &Happening, turn: &mut Turn<'_>) {
    match what {
        Happening::Pulled { container: name, image, took, with_waiting } => {
            let (took, waited) = (rounded(*took), rounded(*with_waiting));
            let message = format!(
                "Successfully pulled image \"{}\" in {took} ({waited} including waiting). Image size: {} bytes.",
                image.name, image.size
            );
            turn.normal(pod, name, "Pulled", message);
            if let Some(container) = pod.containers.get_mut(name) {
                container.pull = Pull::Done;
            }
        }
        Happening::PullFailed { container: name, image, message } => {
            turn.warning(pod, name, "Failed", format_smolstr!("Failed to pull image \"{image}\": {message}"));
            fails(pod, name, "ErrImagePull", message.clone(), PULL_RECHECK, turn);
            if let Some(container) = pod.containers.get_mut(name) {
                container.pull = Pull::Failed(message.clone());
                container.pull_backoff.fail(turn.now, turn.now);
            }
        }
        _ => {}
    }
}

fn rounded(span: Span) -> String {
    super::backoff::duration_text(Span::millis(span.as_millis()))
}

/// Takes in that a container could not be started.
pub(super) fn start_failed(pod: &mut PodState, run: &RunKey, id: &Text, message: &Text, turn: &mut Turn<'_>) {
    let ended = Ended {
        id: id.clone(),
        code: 128,
        reason: Text::new_static("StartError"),
        message: message.clone(),
        started_at: Some(Time::default()),
        finished_at: Some(turn.now),
    };
    let again = containers::restarts(pod, &pod.spec(&run.container), &ended);
    let Some(container) = pod.at(run) else { return };
    container.settle();
    container.run = RunState::Ended(ended);
    if again {
        container.waits("RunContainerError", message.clone());
        container.retry_at = Some(turn.now + PULL_RECHECK);
    }
    turn.warning(pod, &run.container, "Failed", format_smolstr!("Error: {message}"));
}
