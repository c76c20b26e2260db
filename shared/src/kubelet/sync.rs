//! One look at one pod: what it needs now, what is probed, what its status is, and when to look again.
//!
//! Upstream: `pkg/kubelet/kubelet.go` (`SyncPod`, `SyncTerminatingPod`, `SyncTerminatedPod`).

use super::pod::{Ended, Failure, Life, PodState, Pull, Run, RunState, Sandbox, specs};
use super::probes::{self, Verdict};
use super::runtime::{Command, Happening, ImageInfo, Outcome, Purpose, Report, RunKey, SandboxSpec};
use super::turn::Turn;
use super::{Profile, containers, start, terminate, volumes};
use crate::model::{Span, Text, Time, Value};
use crate::plan::EventKind;
use smol_str::format_smolstr;
use std::sync::Arc;

/// The first delay between two tries to mount a pod's volumes.
const MOUNT_DELAY: Span = Span::millis(500);
/// The longest such delay.
const MOUNT_DELAY_MAX: Span = Span::seconds(122);
/// How long it takes until an end is acted upon: upstream looks at all containers once a second.
const RELIST: Span = Span::seconds(1);
/// How many characters of a termination message are kept.
const MESSAGE_MAX: usize = 4096;

/// Takes the pod one step further.
pub(super) fn sync(pod: &mut PodState, turn: &mut Turn<'_>) {
    if matches!(pod.life, Life::Released | Life::Finished) {
        terminate::let_go(pod, turn);
        return;
    }
    let deadline = check_deadline(pod, turn);
    if pod.must_stop() {
        terminate::wind_down(pod, turn);
    } else {
        run(pod, turn);
    }
    let hooks = terminate::overdue_hooks(pod, turn);
    let probes = probe(pod, turn);
    if pod.life != Life::Orphaned {
        turn.write_status(pod);
    }
    terminate::release(pod, turn);
    let retries = pod.containers.values().filter(|it| !it.is_live()).filter_map(|it| it.retry_at);
    let later = retries.chain([deadline, hooks, probes, pod.mount.retry_at].into_iter().flatten());
    pod.due = later.filter(|at| *at > turn.now).min();
}

/// Fails a pod that was active for too long; gives its deadline while that is to come.
fn check_deadline(pod: &mut PodState, turn: &mut Turn<'_>) -> Option<Time> {
    let seconds = pod.object.at("spec.activeDeadlineSeconds").as_int()?;
    let deadline = pod.since + Span::seconds(seconds);
    if pod.must_stop() || !matches!(super::status::phase(pod), "Pending" | "Running") {
        return None;
    }
    if deadline > turn.now {
        return Some(deadline);
    }
    let message = Text::new_static("Pod was active on the node longer than the specified deadline");
    turn.event(pod, None, EventKind::Normal, "DeadlineExceeded", message.clone());
    pod.failure = Some(Failure { reason: Text::new_static("DeadlineExceeded"), message });
    None
}

/// A pod that is to run: volumes, sandbox, containers.
fn run(pod: &mut PodState, turn: &mut Turn<'_>) {
    match pod.sandbox {
        Sandbox::None => run_sandbox(pod, turn),
        Sandbox::Ready(_) => run_containers(pod, turn),
        Sandbox::Starting | Sandbox::Stopping(_) | Sandbox::Stopped(_) => {}
    }
}

fn run_sandbox(pod: &mut PodState, turn: &mut Turn<'_>) {
    if pod.mount.retry_at.is_some_and(|at| at > turn.now) {
        return;
    }
    pod.mount.retry_at = None;
    if turn.profile == Profile::Faithful
        && let Some(why) = volumes::missing(pod, turn.store)
    {
        turn.event(pod, None, EventKind::Warning, "FailedMount", why.clone());
        turn.wanted.push(why);
        pod.mount.delay = (pod.mount.delay * 2).max(MOUNT_DELAY).min(MOUNT_DELAY_MAX);
        pod.mount.retry_at = Some(turn.now + pod.mount.delay);
        return;
    }
    pod.sandbox = Sandbox::Starting;
    let sandbox = sandbox_spec(pod, &turn.node.name());
    turn.order(Command::RunSandbox(Box::new(sandbox)), "create the sandbox");
}

/// What a pod's sandbox is made from.
pub(super) fn sandbox_spec(pod: &PodState, node: &Text) -> SandboxSpec {
    let spec = pod.object.get("spec");
    let host_network = spec.get("hostNetwork").is_true();
    let hostname = spec.get("hostname").as_str().filter(|it| !it.is_empty()).map_or(pod.key.name.clone(), Text::new);
    let annotations = pod.object.at("metadata.annotations").fields().iter();
    SandboxSpec {
        pod: pod.uid.clone(),
        namespace: pod.key.namespace.clone(),
        name: pod.key.name.clone(),
        hostname: if host_network { node.clone() } else { hostname },
        host_network,
        annotations: annotations.map(|(key, value)| (key.clone(), value.text())).collect(),
    }
}

fn run_containers(pod: &mut PodState, turn: &mut Turn<'_>) {
    let decision = containers::decide(pod);
    if decision.finished {
        terminate::wind_down(pod, turn);
        return;
    }
    let grace = Span::seconds(pod.object.at("spec.terminationGracePeriodSeconds").int_or(30));
    for (name, message) in decision.stop {
        terminate::stop(pod, &name, message, grace, turn);
    }
    for (role, name) in pod.roles() {
        if decision.start.contains(&name) {
            start::start(pod, role, &name, turn);
        }
    }
}

/// Orders the probes that are due; gives the time of the next.
fn probe(pod: &mut PodState, turn: &mut Turn<'_>) -> Option<Time> {
    if turn.profile == Profile::Ideal {
        return None;
    }
    let object = pod.object.clone();
    let mut next = None;
    for (_, spec) in specs(&object) {
        let name = spec.get("name").text();
        let Some(container) = pod.containers.get_mut(&name) else { continue };
        let RunState::Running(run) = &container.run else { continue };
        let (purposes, at) = container.probes.due(spec, run, turn.now);
        next = [next, at].into_iter().flatten().min();
        for purpose in purposes {
            ask(pod, &name, spec, purpose, turn);
        }
    }
    next
}

fn ask(pod: &mut PodState, name: &Text, spec: &Value, purpose: Purpose, turn: &mut Turn<'_>) {
    let settings = spec.get(probes::field(purpose));
    let run = pod.run_key(name);
    match probes::check(pod, spec, settings) {
        Ok(check) => {
            let timeout = probes::timeout(settings);
            turn.effects.push(super::Effect::Runtime(Command::Check { run, purpose, check, timeout }));
        }
        Err(why) => {
            let message =
                format_smolstr!("{} probe errored and resulted in unknown state: {why}", probes::title(purpose));
            turn.warning(pod, name, "Unhealthy", message);
            if let Some(container) = pod.containers.get_mut(name) {
                container.probes.give_up(purpose);
            }
        }
    }
}

/// Takes in what the node reports.
pub(super) fn hear(pod: &mut PodState, report: &Report, turn: &mut Turn<'_>) {
    match &report.what {
        Happening::SandboxReady { ip } => pod.sandbox = Sandbox::Ready(ip.clone()),
        Happening::SandboxStopped => pod.sandbox = Sandbox::Stopped(pod.ip()),
        what @ (Happening::Pulled { .. } | Happening::PullFailed { .. }) => start::pulled(pod, what, turn),
        Happening::Started { run, id, image } => started(pod, run, (id, image, report.at), turn),
        Happening::StartFailed { run, id, message } => start::start_failed(pod, run, id, message, turn),
        Happening::Exited { run, .. } => exited(pod, run, report, turn),
        Happening::Checked { run, purpose, outcome } => checked(pod, run, *purpose, outcome, turn),
    }
}

fn started(pod: &mut PodState, run: &RunKey, (id, image, at): (&Text, &ImageInfo, Time), turn: &mut Turn<'_>) {
    let spec = pod.spec(&run.container);
    let hook = spec.at("lifecycle.postStart").clone();
    let hook =
        if turn.profile == Profile::Ideal || hook.is_null() { None } else { probes::check(pod, &spec, &hook).ok() };
    let Some(container) = pod.at(run) else { return };
    container.wait = None;
    container.settle();
    let known = turn.images.get(&image.full_name).filter(|it| it.as_ref() == image);
    container.image = Some(known.map_or_else(|| Arc::new(image.clone()), Arc::clone));
    container.run = RunState::Running(Run {
        id: id.clone(),
        started_at: at,
        image: spec.get("image").text(),
        stop: None,
        hook: hook.is_some(),
    });
    turn.normal(pod, &run.container, "Created", "Container created");
    turn.normal(pod, &run.container, "Started", "Container started");
    if let Some(check) = hook {
        let command = Command::Check { run: run.clone(), purpose: Purpose::PostStart, check, timeout: Span::ZERO };
        turn.order(command, format_smolstr!("run the postStart hook of container {}", run.container));
    }
}

fn exited(pod: &mut PodState, run: &RunKey, report: &Report, turn: &mut Turn<'_>) {
    let spec = pod.spec(&run.container);
    let Happening::Exited { code, oom, message, log_tail, .. } = &report.what else { return };
    let Some(container) = pod.at(run) else { return };
    let Some(running) = container.running() else { return };
    let falls_back = spec.get("terminationMessagePolicy").str() == "FallbackToLogsOnError" && *code != 0;
    let text = if message.is_empty() && falls_back { log_tail } else { message };
    let reason = match (oom, code) {
        (true, _) => "OOMKilled",
        (false, 0) => "Completed",
        (false, _) => "Error",
    };
    container.run = RunState::Ended(Ended {
        id: running.id.clone(),
        code: *code,
        reason: Text::new_static(reason),
        message: text.chars().take(MESSAGE_MAX).collect::<String>().into(),
        started_at: Some(running.started_at),
        finished_at: Some(report.at),
    });
    container.pull = Pull::Wanted;
    container.retry_at = (turn.profile == Profile::Faithful).then(|| turn.now + RELIST);
}

fn checked(pod: &mut PodState, run: &RunKey, purpose: Purpose, outcome: &Outcome, turn: &mut Turn<'_>) {
    let spec = pod.spec(&run.container);
    let name = &run.container;
    let Some(container) = pod.at(run) else { return };
    let Some(running) = container.running_mut() else { return };
    match purpose {
        Purpose::PreStop => terminate::hook_done(pod, name, outcome, turn),
        Purpose::PostStart => {
            running.hook = false;
            if let Outcome::Failure(_) = outcome {
                turn.warning(pod, name, "FailedPostStartHook", "PostStartHook failed");
                let grace = Span::seconds(pod.object.at("spec.terminationGracePeriodSeconds").int_or(30));
                terminate::stop(pod, name, Text::new_static("FailedPostStartHook"), grace, turn);
            }
        }
        Purpose::Startup | Purpose::Liveness | Purpose::Readiness => {
            let settings = spec.get(probes::field(purpose));
            let is_stopping = running.stop.is_some();
            let verdict = container.probes.answer(purpose, settings, outcome);
            if let Outcome::Failure(text) = outcome {
                turn.warning(
                    pod,
                    name,
                    "Unhealthy",
                    format_smolstr!("{} probe failed: {text}", probes::title(purpose)),
                );
            }
            if verdict == Verdict::Kill && !is_stopping {
                let message = format_smolstr!("Container {name} failed {}, will be restarted", purpose.words());
                let own = pod.object.at("spec.terminationGracePeriodSeconds").int_or(30);
                let grace = settings.get("terminationGracePeriodSeconds").int_or(own);
                terminate::stop(pod, name, message, Span::seconds(grace), turn);
            }
        }
    }
}
