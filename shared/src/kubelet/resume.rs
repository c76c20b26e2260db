//! A kubelet that takes over a node whose pods ran on: what it remembers comes from the pods' status.
//!
//! Upstream: `pkg/kubelet/kubelet.go` asks the container runtime what runs (`GetPods`, `generatePodStatus`). Nothing outlives
//! this process, so status stands in for the runtime.
//! DIFFERENCE: back-offs begin anew, as upstream; so do logs, which are on a real node's disk.

use super::pod::{Container, Ended, Life, PodState, Run, RunState, Sandbox, Wait, specs};
use super::probes::Probes;
use super::runtime::{ContainerSpec, ImageInfo, Role, SandboxSpec};
use super::turn::Turn;
use super::{Context, Heart, Kubelet, Profile, node, start, sync};
use crate::model::{Object, Text, Time, Value};
use std::sync::Arc;

/// What runs of one pod, for the machine to go on with.
#[derive(Clone, Debug, PartialEq)]
pub struct Running {
    /// The pod's sandbox.
    pub sandbox: SandboxSpec,
    /// Its address.
    pub ip: Text,
    /// Its containers that run, with their ids and when they started.
    pub containers: Vec<(ContainerSpec, Text, Time)>,
}

impl Kubelet {
    /// Takes over the node as it is stored: its heartbeats go on, its images are there.
    pub fn resume(&mut self, stored: &Object, now: Time) {
        let heard = Time::parse(stored.condition("Ready").get("lastHeartbeatTime").str());
        self.heart = Heart {
            lease_at: Some(now),
            status_at: Some(now + node::STATUS_PERIOD),
            reported_at: heard.unwrap_or_default(),
            changed: true,
        };
        let images = stored.at("status.images").items().iter().map(image);
        self.images = images.map(|it| (it.full_name.clone(), Arc::new(it))).collect();
        self.stored = Some(stored.clone());
    }

    /// Takes over a pod that a kubelet of this node has seen before; gives what runs of it.
    ///
    /// `None` for a pod that no kubelet has seen yet: that is to be delivered as a new one.
    pub fn resume_pod(&mut self, object: &Object, context: Context<'_>) -> Option<Running> {
        let since = Time::parse(object.at("status.startTime").str())?;
        let mut pod = self.adopt(object, context.now);
        pod.since = since;
        let mut running = Vec::new();
        if pod.life == Life::New {
            pod.life = Life::Admitted;
            pod.failure = None;
            let ip = object.at("status.podIP").text();
            pod.sandbox = if ip.is_empty() { Sandbox::None } else { Sandbox::Ready(ip) };
            running = self.resume_containers(&mut pod, context);
        }
        pod.due = Some(context.now);
        self.agenda.insert((context.now, pod.uid.clone()));
        let sandbox = sync::sandbox_spec(&pod, &self.node);
        let ip = pod.ip();
        self.pods.insert(pod.uid.clone(), Box::new(pod));
        Some(Running { sandbox, ip, containers: running })
    }

    fn resume_containers(&self, pod: &mut PodState, context: Context<'_>) -> Vec<(ContainerSpec, Text, Time)> {
        let turn = Turn::new(context, self.profile, &self.configured, &self.host_ip, &self.images);
        let object = pod.object.clone();
        let mut running = Vec::new();
        for (role, spec) in specs(&object) {
            let name = spec.get("name").text();
            let container = self.container(&object, spec, status_of(&object, &name));
            let run = container.running().map(|run| (run.id.clone(), run.started_at));
            pod.containers.insert(name.clone(), container);
            running.extend(run.map(|(id, since)| (order(pod, role, &name, spec, &turn), id, since)));
        }
        running
    }

    fn container(&self, pod: &Object, spec: &Value, status: &Value) -> Container {
        let state = status.get("state");
        let last = ended(status.at("lastState.terminated"));
        let waits = state.get("waiting");
        let (run, last) = match (running(status, spec), ended(state.get("terminated"))) {
            (Some(run), _) => (RunState::Running(run), last),
            (None, Some(ended)) => (RunState::Ended(ended), last),
            // A container that waits shows the run before as its last state.
            (None, None) => (last.map_or(RunState::None, RunState::Ended), None),
        };
        let probes = match self.profile {
            Profile::Ideal => Probes::recorded(pod),
            Profile::Faithful => Probes::resumed(status.get("started").is_true(), status.get("ready").is_true()),
        };
        let image = ImageInfo {
            name: spec.get("image").text(),
            full_name: status.get("image").text(),
            digest: status.get("imageID").text(),
            size: self.images.get(status.get("image").str()).map_or(0, |it| it.size),
        };
        Container {
            run,
            last: last.map(Box::new),
            wait: waiting(waits),
            restarts: u32::try_from(status.get("restartCount").int_or(0)).unwrap_or(0),
            image: (!image.digest.is_empty()).then(|| Arc::new(image)),
            probes,
            ..Container::default()
        }
    }
}

/// What the container runs, as if it were started now; the environment of one that can no longer be resolved is empty.
fn order(pod: &PodState, role: Role, name: &Text, spec: &Value, turn: &Turn<'_>) -> ContainerSpec {
    let resolved = start::resolve(pod, role, name, spec, turn);
    resolved.unwrap_or_else(|_| start::container_spec(pod, role, name, spec, Vec::new(), Vec::new()))
}

fn status_of<'a>(pod: &'a Object, name: &str) -> &'a Value {
    let lists = ["initContainerStatuses", "containerStatuses"].map(|list| pod.get("status").get(list).items().iter());
    lists.into_iter().flatten().find(|it| it.get("name").str() == name).unwrap_or(&Value::Null)
}

fn running(status: &Value, spec: &Value) -> Option<Run> {
    let started_at = Time::parse(status.at("state.running.startedAt").str())?;
    let (id, image) = (status.get("containerID").text(), spec.get("image").text());
    Some(Run { id, started_at, image, stop: None, hook: false })
}

fn ended(terminated: &Value) -> Option<Ended> {
    let time = |field| Time::parse(terminated.get(field).str());
    (!terminated.is_empty()).then(|| Ended {
        id: terminated.get("containerID").text(),
        code: i32::try_from(terminated.get("exitCode").int_or(0)).unwrap_or(-1),
        reason: terminated.get("reason").text(),
        message: terminated.get("message").text(),
        started_at: time("startedAt"),
        finished_at: time("finishedAt"),
    })
}

/// Why a container waits, unless it only waits for its turn.
fn waiting(waits: &Value) -> Option<Wait> {
    let reason = waits.get("reason").text();
    let own = !matches!(reason.as_str(), "" | "ContainerCreating" | "PodInitializing");
    own.then(|| Wait { reason, message: waits.get("message").text() })
}

/// An entry of `status.images`.
fn image(entry: &Value) -> ImageInfo {
    let [digest, full_name] = [0, 1].map(|index| entry.get("names").items().get(index).map(Value::text));
    let full_name = full_name.unwrap_or_default();
    ImageInfo {
        name: full_name.clone(),
        full_name,
        digest: digest.unwrap_or_default(),
        size: entry.get("sizeBytes").int_or(0),
    }
}
