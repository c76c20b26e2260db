//! What a kubelet remembers of one pod: the object as last seen, and what became of its sandbox and containers.
//!
//! Upstream: `pkg/kubelet/container/runtime.go` (`PodStatus`), `pkg/kubelet/pod_workers.go`.

use super::admission::Asked;
use super::backoff::Backoff;
use super::probes::Probes;
use super::runtime::{ImageInfo, Role, RunKey};
use crate::model::key::resources::PODS;
use crate::model::{Few, Key, Object, Span, Text, Time, Value};
use std::sync::Arc;

/// One pod of this node.
#[derive(Clone, Debug)]
pub(super) struct PodState {
    pub(super) key: Key,
    pub(super) uid: Text,
    /// As last delivered; status is what somebody wrote, not what is known here.
    pub(super) object: Object,
    /// When this kubelet first saw it: `status.startTime`.
    pub(super) since: Time,
    pub(super) sandbox: Sandbox,
    /// By name; all of the spec's, init containers too.
    pub(super) containers: Few<Text, Container>,
    /// Why the pod failed as a whole: rejected, past its deadline.
    pub(super) failure: Option<Failure>,
    /// Volumes that could not be mounted yet.
    pub(super) mount: Mount,
    pub(super) life: Life,
    /// The status that is on its way, and the revision of the object that it follows.
    pub(super) sent: Option<(u64, Value)>,
    /// When to look at it again.
    pub(super) due: Option<Time>,
    /// What its spec asks for.
    pub(super) asked: Asked,
    /// True while that is taken from what the node has.
    pub(super) is_counted: bool,
}

/// Where a pod stands between its first sight and its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Life {
    /// Not looked at yet.
    New,
    /// Admitted: its containers are to run.
    Admitted,
    /// It may not run here.
    Rejected,
    /// It had ended before this kubelet saw it: all that can be done is let it go.
    Finished,
    /// The object is gone from the API server; what still runs is cleaned up.
    Orphaned,
    /// The deletion of the object was asked for: nothing is left to do.
    Released,
}

/// Tries to mount the volumes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mount {
    /// The delay after the last failure.
    pub(super) delay: Span,
    /// When to try again.
    pub(super) retry_at: Option<Time>,
}

/// A pod's sandbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Sandbox {
    None,
    Starting,
    Ready(Text),
    Stopping(Text),
    Stopped(Text),
}

/// Why a pod failed as a whole: `status.reason` and `status.message`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) reason: Text,
    pub(super) message: Text,
}

/// One container of the pod, over all its runs.
#[derive(Clone, Debug)]
pub(super) struct Container {
    pub(super) run: RunState,
    /// Why it does not run, when there is more to say than that it will.
    pub(super) wait: Option<Wait>,
    /// How the run before this one ended.
    pub(super) last: Option<Box<Ended>>,
    /// How often it was restarted.
    pub(super) restarts: u32,
    pub(super) pull: Pull,
    pub(super) pull_backoff: Backoff,
    pub(super) crash_backoff: Backoff,
    /// When to try again what cannot be started for want of its configuration.
    pub(super) retry_at: Option<Time>,
    /// The image it runs, once that is known.
    pub(super) image: Option<Arc<ImageInfo>>,
    pub(super) probes: Probes,
}

/// The present run of a container.
#[derive(Clone, Debug)]
pub(super) enum RunState {
    /// It never ran.
    None,
    /// Ordered, after the run that ended so.
    Starting(Option<Ended>),
    Running(Run),
    Ended(Ended),
}

/// A container that runs.
#[derive(Clone, Debug)]
pub(super) struct Run {
    pub(super) id: Text,
    pub(super) started_at: Time,
    /// The image named by the spec when it was started: a change restarts it.
    pub(super) image: Text,
    /// What is being done to end it.
    pub(super) stop: Option<Stop>,
    /// The postStart hook has not returned.
    pub(super) hook: bool,
}

/// A container that is being ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// The preStop hook runs; the container may take until then in all.
    Hook { until: Time },
    /// It has been signalled, and is killed at this time.
    Signalled { kill_at: Time },
}

/// A container that ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ended {
    pub(super) id: Text,
    pub(super) code: i32,
    pub(super) reason: Text,
    pub(super) message: Text,
    pub(super) started_at: Option<Time>,
    pub(super) finished_at: Option<Time>,
}

/// A waiting state's reason and message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wait {
    pub(super) reason: Text,
    pub(super) message: Text,
}

/// The image of the next run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Pull {
    /// Not asked for in this try.
    Wanted,
    Pulling,
    /// Here: start the container.
    Done,
    /// The runtime's words.
    Failed(Text),
}

impl PodState {
    /// A pod that the watch delivered for the first time.
    pub(super) fn new(object: &Object, now: Time) -> Self {
        let names = specs(object).map(|(_, spec)| (spec.get("name").text(), Container::default()));
        Self {
            key: Key::new(PODS, object.namespace(), object.name()),
            uid: object.uid(),
            object: object.clone(),
            since: now,
            sandbox: Sandbox::None,
            containers: names.collect(),
            failure: None,
            mount: Mount::default(),
            life: Life::New,
            sent: None,
            due: None,
            asked: Asked::by(object),
            is_counted: false,
        }
    }

    /// Takes in an object whose status is the one that was sent: from now on both are the same tree in memory.
    pub(super) fn take_in(&mut self, object: &Object) {
        self.object = object.clone();
        if let Some((_, status)) = &mut self.sent {
            *status = object.get("status").clone();
        }
    }

    /// The pod's address; empty before it has one.
    pub(super) fn ip(&self) -> Text {
        match &self.sandbox {
            Sandbox::Ready(ip) | Sandbox::Stopping(ip) | Sandbox::Stopped(ip) => ip.clone(),
            Sandbox::None | Sandbox::Starting => Text::default(),
        }
    }

    /// The name of the present, or next, run of a container.
    pub(super) fn run_key(&self, container: &str) -> RunKey {
        let attempt = self.containers.get(container).map_or(0, |it| it.restarts);
        RunKey { pod: self.uid.clone(), container: container.into(), attempt }
    }

    /// The container that a report is about, if the report is about its present run.
    pub(super) fn at(&mut self, run: &RunKey) -> Option<&mut Container> {
        self.containers.get_mut(&run.container).filter(|it| it.restarts == run.attempt)
    }

    /// The spec of a container; null for an unknown name.
    pub(super) fn spec(&self, container: &str) -> Value {
        specs(&self.object).find(|(_, it)| it.get("name").str() == container).map_or(Value::Null, |(_, it)| it.clone())
    }

    /// Every container with its role, in the order of the spec, init containers first.
    pub(super) fn roles(&self) -> Vec<(Role, Text)> {
        specs(&self.object).map(|(role, spec)| (role, spec.get("name").text())).collect()
    }

    /// True once a container of `spec.containers` was started: init containers are not run again.
    pub(super) fn is_initialized(&self) -> bool {
        let mains = self.object.at("spec.containers").items();
        mains.iter().filter_map(|it| self.containers.get(it.get("name").str())).any(Container::ever_ran)
    }

    /// True when the pod is to be taken down.
    pub(super) fn must_stop(&self) -> bool {
        self.object.is_terminating() || self.failure.is_some() || self.life == Life::Orphaned
    }

    /// True when nothing of it runs or is being started.
    pub(super) fn is_quiet(&self) -> bool {
        self.containers.values().all(|it| !it.is_live())
    }

    /// `spec.restartPolicy`.
    pub(super) fn restart_policy(&self) -> &str {
        self.object.at("spec.restartPolicy").as_str().unwrap_or("Always")
    }
}

impl Default for Container {
    fn default() -> Self {
        Self {
            run: RunState::None,
            wait: None,
            last: None,
            restarts: 0,
            pull: Pull::Wanted,
            pull_backoff: Backoff::default(),
            crash_backoff: Backoff::default(),
            retry_at: None,
            image: None,
            probes: Probes::default(),
        }
    }
}

impl Container {
    /// True while it runs or is being started.
    pub(super) fn is_live(&self) -> bool {
        matches!(self.run, RunState::Starting(_) | RunState::Running(_))
    }

    /// True once it was started at all.
    pub(super) fn ever_ran(&self) -> bool {
        !matches!(self.run, RunState::None | RunState::Starting(None)) || self.last.is_some()
    }

    /// The start is over: the run before becomes the last one.
    pub(super) fn settle(&mut self) {
        if let RunState::Starting(Some(ended)) = &self.run {
            self.last = Some(Box::new(ended.clone()));
        }
    }

    /// The running state.
    pub(super) fn running(&self) -> Option<&Run> {
        match &self.run {
            RunState::Running(run) => Some(run),
            RunState::None | RunState::Starting(_) | RunState::Ended(_) => None,
        }
    }

    /// The running state, to change.
    pub(super) fn running_mut(&mut self) -> Option<&mut Run> {
        match &mut self.run {
            RunState::Running(run) => Some(run),
            RunState::None | RunState::Starting(_) | RunState::Ended(_) => None,
        }
    }

    /// The number of restarts that people see: a run that is being started does not count yet.
    pub(super) fn shown_restarts(&self) -> u32 {
        self.restarts - u32::from(matches!(self.run, RunState::Starting(Some(_))))
    }

    /// The end that people see: of the present run, or of the one before while the next is being started.
    pub(super) fn shown_end(&self) -> Option<&Ended> {
        match &self.run {
            RunState::Ended(ended) | RunState::Starting(Some(ended)) => Some(ended),
            RunState::None | RunState::Starting(None) | RunState::Running(_) => None,
        }
    }

    /// How the present run ended, if it did.
    pub(super) fn ended(&self) -> Option<&Ended> {
        match &self.run {
            RunState::Ended(ended) => Some(ended),
            RunState::None | RunState::Starting(_) | RunState::Running(_) => None,
        }
    }

    /// Says why it does not run.
    pub(super) fn waits(&mut self, reason: &'static str, message: impl Into<Text>) {
        self.wait = Some(Wait { reason: Text::new_static(reason), message: message.into() });
    }
}

/// Every container of a pod's spec with its role, init containers first.
pub(super) fn specs(pod: &Object) -> impl Iterator<Item = (Role, &Value)> + Clone {
    let init = pod.at("spec.initContainers").items().iter().map(|it| (init_role(it), it));
    init.chain(pod.at("spec.containers").items().iter().map(|it| (Role::Main, it)))
}

fn init_role(spec: &Value) -> Role {
    if spec.get("restartPolicy").str() == "Always" { Role::Sidecar } else { Role::Init }
}
