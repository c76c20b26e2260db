//! What each container of a pod should do next.
//!
//! Upstream: `pkg/kubelet/kuberuntime/kuberuntime_manager.go` (`computePodActions`, `computeInitContainerActions`),
//! `pkg/kubelet/container/helpers.go` (`ShouldContainerBeRestarted`).

use super::pod::{Container, Ended, PodState, RunState, specs};
use super::runtime::Role;
use crate::model::{Text, Value};
use smol_str::format_smolstr;

/// What is to be done about the containers of a pod that may run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Decision {
    /// To be started, or started again, unless a back-off says to wait.
    pub(super) start: Vec<Text>,
    /// To be ended, with the event's message.
    pub(super) stop: Vec<(Text, Text)>,
    /// No container will run again.
    pub(super) finished: bool,
}

/// Decides for a pod whose sandbox is ready and that is not being taken down.
pub(super) fn decide(pod: &PodState) -> Decision {
    let mut decision = Decision::default();
    if mains_are_over(pod) || init_is_lost(pod) {
        decision.finished = true;
        return decision;
    }
    if start_init(pod, &mut decision) {
        for (_, spec) in specs(&pod.object).filter(|(role, _)| *role == Role::Main) {
            decide_main(pod, spec, &mut decision);
        }
    }
    decision
}

/// Goes through the init containers in order; true when the others may start.
fn start_init(pod: &PodState, decision: &mut Decision) -> bool {
    let initialized = pod.is_initialized();
    for (role, spec) in specs(&pod.object).filter(|(role, _)| *role != Role::Main) {
        let name = spec.get("name").text();
        let Some(container) = pod.containers.get(&name) else { continue };
        let passed = match role {
            Role::Sidecar => start_sidecar(container, spec, &name, decision),
            Role::Init | Role::Main => initialized || start_once(container, &name, decision),
        };
        if !passed && !initialized {
            return false;
        }
    }
    true
}

fn start_once(container: &Container, name: &Text, decision: &mut Decision) -> bool {
    let succeeded = container.ended().is_some_and(|it| it.code == 0);
    if !succeeded && !container.is_live() {
        decision.start.push(name.clone());
    }
    succeeded
}

fn start_sidecar(container: &Container, spec: &Value, name: &Text, decision: &mut Decision) -> bool {
    if !container.is_live() {
        decision.start.push(name.clone());
    }
    container.running().is_some() && container.probes.is_started(spec)
}

fn decide_main(pod: &PodState, spec: &Value, decision: &mut Decision) {
    let name = spec.get("name").text();
    let Some(container) = pod.containers.get(&name) else { return };
    match &container.run {
        RunState::None => decision.start.push(name),
        RunState::Ended(ended) if restarts(pod, spec, ended) => decision.start.push(name),
        RunState::Running(run) if run.stop.is_none() && run.image != spec.get("image").str() => {
            let message = format_smolstr!("Container {name} definition changed, will be restarted");
            decision.stop.push((name, message));
        }
        RunState::Starting(_) | RunState::Running(_) | RunState::Ended(_) => {}
    }
}

/// True when every container of `spec.containers` has ended for good.
fn mains_are_over(pod: &PodState) -> bool {
    let mut mains = specs(&pod.object).filter(|(role, _)| *role == Role::Main);
    mains.all(|(_, spec)| {
        let ended = pod.containers.get(spec.get("name").str()).and_then(|it| it.ended());
        ended.is_some_and(|ended| !restarts(pod, spec, ended))
    })
}

/// True when an init container failed and is not to be run again.
fn init_is_lost(pod: &PodState) -> bool {
    let mut inits = specs(&pod.object).filter(|(role, _)| *role == Role::Init);
    !pod.is_initialized()
        && inits.any(|(_, spec)| {
            let ended = pod.containers.get(spec.get("name").str()).and_then(|it| it.ended());
            ended.is_some_and(|it| it.code != 0 && !restarts(pod, spec, it))
        })
}

/// Whether a container that ended is started again: its own rules, its own policy, then the pod's.
pub(super) fn restarts(pod: &PodState, spec: &Value, ended: &Ended) -> bool {
    if spec.get("restartPolicyRules").items().iter().any(|rule| matches_rule(rule, ended.code)) {
        return true;
    }
    match spec.get("restartPolicy").as_str().unwrap_or(pod.restart_policy()) {
        "Never" => false,
        "OnFailure" => ended.code != 0,
        _ => true,
    }
}

fn matches_rule(rule: &Value, code: i32) -> bool {
    let codes = rule.at("exitCodes.values").items();
    let listed = codes.iter().any(|it| it.as_int() == Some(code.into()));
    let wanted = match rule.at("exitCodes.operator").str() {
        "In" => listed,
        "NotIn" => !listed,
        _ => false,
    };
    wanted && rule.get("action").str() == "Restart"
}

#[cfg(test)]
mod tests {
    use super::super::pod::Run;
    use super::*;
    use crate::model::{Object, Time};

    /// `states`: `setup=0 web=running`; a number is an exit code, a missing container never ran.
    fn check(policy: &str, states: &str, expected: &expect_test::Expect) {
        let json = r#"{"spec":{"initContainers":[{"name":"setup"},{"name":"proxy","restartPolicy":"Always"}],
            "containers":[{"name":"web","image":"nginx:2"},{"name":"log","image":"nginx:2"}]}}"#;
        let mut object = Object(Value::from_json(json).unwrap());
        object.set("spec.restartPolicy", policy);
        let mut pod = PodState::new(&object, Time::VIRTUAL_START);
        for (name, state) in states.split_whitespace().filter_map(|it| it.split_once('=')) {
            pod.containers.get_mut(name).unwrap().run = run_state(state);
        }
        let Decision { start, stop, finished } = decide(&pod);
        let start = start.iter().map(|it| format!("start {it}"));
        let stop = stop.iter().map(|it| it.1.to_string());
        let end = finished.then(|| "finished".to_owned());
        expected.assert_eq(&start.chain(stop).chain(end).collect::<Vec<_>>().join("; "));
    }

    fn run_state(state: &str) -> RunState {
        let (id, message, image) = (Text::default(), Text::default(), Text::new_static("nginx:1"));
        let Ok(code) = state.parse() else {
            let image = if state == "current" { Text::new_static("nginx:2") } else { image };
            return RunState::Running(Run { id, started_at: Time::VIRTUAL_START, image, stop: None, hook: false });
        };
        RunState::Ended(Ended { id, code, reason: message.clone(), message, started_at: None, finished_at: None })
    }

    #[test]
    fn containers_start_in_order() {
        check("Always", "", &expect_test::expect!["start setup"]);
        check("Always", "setup=1", &expect_test::expect!["start setup"]);
        check("Always", "setup=0", &expect_test::expect!["start proxy"]);
        check("Always", "setup=0 proxy=running", &expect_test::expect!["start web; start log"]);
    }

    #[test]
    fn what_ended_is_started_again_as_its_policy_says() {
        check("Always", "setup=0 proxy=running web=0 log=current", &expect_test::expect!["start web"]);
        check("OnFailure", "setup=0 proxy=3 web=1 log=0", &expect_test::expect!["start proxy; start web"]);
        check("Never", "setup=0 proxy=running web=1 log=0", &expect_test::expect!["finished"]);
        check("Never", "setup=2", &expect_test::expect!["finished"]);
    }

    #[test]
    fn a_changed_image_ends_the_run() {
        check(
            "Always",
            "setup=0 proxy=running web=old log=current",
            &expect_test::expect!["Container web definition changed, will be restarted"],
        );
    }
}
