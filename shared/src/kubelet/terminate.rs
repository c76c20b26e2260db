//! The end of containers and pods: preStop, SIGTERM, the grace period, SIGKILL, the last status and the deletion.
//!
//! Upstream: `pkg/kubelet/kuberuntime/kuberuntime_container.go` (`killContainer`),
//! `kuberuntime_termination_order.go`, `pkg/kubelet/pod_workers.go`.

use super::Profile;
use super::pod::{Ended, Life, PodState, RunState, Sandbox, Stop, specs};
use super::probes;
use super::runtime::{Command, Outcome, Purpose, Role};
use super::turn::Turn;
use crate::model::{Span, Text, Time};
use crate::plan::Write;
use smol_str::format_smolstr;

/// The least time between SIGTERM and SIGKILL, however long the preStop hook took.
const GRACE_MIN: Span = Span::seconds(2);

/// Takes one more step on the way down: containers, sidecars, sandbox, object.
pub(super) fn wind_down(pod: &mut PodState, turn: &mut Turn<'_>) {
    for name in next_to_stop(pod) {
        stop(pod, &name, format_smolstr!("Stopping container {name}"), grace(pod), turn);
    }
    shorten(pod, turn);
    if !pod.is_quiet() {
        return;
    }
    if let Sandbox::Ready(ip) = &pod.sandbox {
        pod.sandbox = Sandbox::Stopping(ip.clone());
        turn.order(Command::StopSandbox { pod: pod.uid.clone() }, "stop the sandbox");
    }
}

/// The last thing that a kubelet does for a pod whose deletion was asked for.
pub(super) fn release(pod: &mut PodState, turn: &mut Turn<'_>) {
    let over = matches!(pod.sandbox, Sandbox::None | Sandbox::Stopped(_)) && pod.is_quiet();
    if !over || !pod.object.is_terminating() || matches!(pod.life, Life::Orphaned | Life::Released) {
        return;
    }
    if turn.profile == Profile::Faithful {
        close_waiting(pod);
        turn.write_status(pod);
    }
    delete(pod, turn);
}

/// Deletes the object of a pod that had ended before this kubelet knew it.
pub(super) fn let_go(pod: &mut PodState, turn: &mut Turn<'_>) {
    if pod.life == Life::Finished && pod.object.is_terminating() {
        delete(pod, turn);
    }
}

fn delete(pod: &mut PodState, turn: &mut Turn<'_>) {
    pod.life = Life::Released;
    let write = Write::delete(&pod.key, &pod.uid, "every container has ended").grace(0);
    turn.write(write.following(&pod.key, "metadata.deletionTimestamp"));
}

/// Marks containers that never ran as ended, so that the last status has no waiting ones.
fn close_waiting(pod: &mut PodState) {
    let message = "The container could not be located when the pod was terminated";
    for container in pod.containers.values_mut() {
        if matches!(container.run, RunState::None) && container.last.is_none() {
            let (reason, message) = (Text::new_static("ContainerStatusUnknown"), Text::new_static(message));
            let id = Text::default();
            container.run =
                RunState::Ended(Ended { id, code: 137, reason, message, started_at: None, finished_at: None });
        }
        container.wait = None;
    }
}

/// The containers to stop now: first those without order, then the sidecars, the last one first.
fn next_to_stop(pod: &PodState) -> Vec<Text> {
    let live = specs(&pod.object).filter_map(|(role, spec)| {
        let container = pod.containers.get(spec.get("name").str()).filter(|it| it.is_live())?;
        let stopping = container.running().is_none_or(|run| run.stop.is_some());
        Some((role, spec.get("name").text(), stopping))
    });
    let all: Vec<(Role, Text, bool)> = live.collect();
    let ordinary = all.iter().any(|(role, ..)| *role != Role::Sidecar);
    let mut chosen: Vec<_> = all.into_iter().filter(|(role, ..)| (*role != Role::Sidecar) == ordinary).collect();
    if !ordinary {
        chosen = chosen.pop().into_iter().collect();
    }
    chosen.into_iter().filter(|(.., stopping)| !stopping).map(|(_, name, _)| name).collect()
}

/// How long the pod's containers may take.
fn grace(pod: &PodState) -> Span {
    let own = pod.object.at("spec.terminationGracePeriodSeconds").int_or(30);
    let asked = pod.object.at("metadata.deletionGracePeriodSeconds").int_or(own);
    Span::seconds(asked.max(1))
}

/// Follows a deletion that was asked for again with less grace.
fn shorten(pod: &mut PodState, turn: &mut Turn<'_>) {
    let Some(deadline) = pod.object.deletion_time().filter(|_| pod.life != Life::Orphaned) else { return };
    let latest = deadline.max(turn.now) + Span::seconds(1);
    for name in pod.containers.keys().cloned().collect::<Vec<_>>() {
        let run = pod.run_key(&name);
        let Some(running) = pod.containers.get_mut(&name).and_then(|it| it.running_mut()) else { continue };
        if let Some(Stop::Signalled { kill_at }) = &mut running.stop
            && *kill_at > latest + GRACE_MIN
        {
            *kill_at = latest;
            let command = Command::StopContainer { run, grace: latest - turn.now };
            turn.order(command, format_smolstr!("kill container {name} earlier"));
        }
    }
}

/// Begins to end a container that runs: its preStop hook, or SIGTERM at once.
pub(super) fn stop(pod: &mut PodState, name: &Text, message: Text, grace: Span, turn: &mut Turn<'_>) {
    let spec = pod.spec(name);
    let run = pod.run_key(name);
    let hook = spec.at("lifecycle.preStop").clone();
    let check =
        if hook.is_null() || turn.profile == Profile::Ideal { None } else { probes::check(pod, &spec, &hook).ok() };
    turn.normal(pod, name, "Killing", message);
    let Some(running) = pod.containers.get_mut(name).and_then(|it| it.running_mut()) else { return };
    if let Some(check) = check {
        running.stop = Some(Stop::Hook { until: turn.now + grace });
        let command = Command::Check { run, purpose: Purpose::PreStop, check, timeout: grace };
        turn.order(command, format_smolstr!("run the preStop hook of container {name}"));
    } else {
        running.stop = Some(Stop::Signalled { kill_at: turn.now + grace });
        turn.order(Command::StopContainer { run, grace }, format_smolstr!("stop container {name}"));
    }
}

/// Takes in the answer of a preStop hook.
pub(super) fn hook_done(pod: &mut PodState, name: &Text, outcome: &Outcome, turn: &mut Turn<'_>) {
    if *outcome != Outcome::Success {
        turn.warning(pod, name, "FailedPreStopHook", "PreStopHook failed");
    }
    signal(pod, name, turn);
}

/// Goes on to SIGTERM where a preStop hook has used up the grace period; `None` or the next such time.
pub(super) fn overdue_hooks(pod: &mut PodState, turn: &mut Turn<'_>) -> Option<Time> {
    let mut next = None;
    for name in pod.containers.keys().cloned().collect::<Vec<_>>() {
        let Some(Stop::Hook { until }) = pod.containers.get(&name).and_then(|it| it.running()?.stop) else {
            continue;
        };
        if until <= turn.now {
            signal(pod, &name, turn);
        } else {
            next = [next, Some(until)].into_iter().flatten().min();
        }
    }
    next
}

fn signal(pod: &mut PodState, name: &Text, turn: &mut Turn<'_>) {
    let run = pod.run_key(name);
    let Some(running) = pod.containers.get_mut(name).and_then(|it| it.running_mut()) else { return };
    let Some(Stop::Hook { until }) = running.stop else { return };
    let grace = (until - turn.now).max(GRACE_MIN);
    running.stop = Some(Stop::Signalled { kill_at: turn.now + grace });
    turn.order(Command::StopContainer { run, grace }, format_smolstr!("stop container {name}"));
}
