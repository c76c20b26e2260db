//! The kubelet: makes a node's containers what its pods ask for, and reports what became of them.
//!
//! A step takes in one thing (`Input`), changes what is remembered of one pod (`pod.rs`), looks at that pod once
//! (`sync.rs`: admission, start, probes, status, end) and gives the effects. Orders to the node and what it reports are in
//! `runtime.rs`.
//!
//! Upstream: `pkg/kubelet/kubelet.go`, `pkg/kubelet/kuberuntime`, `pkg/kubelet/status`, `pkg/kubelet/prober`.
//! Knows nothing of what carries out its commands: a simulated node or Linux.

pub mod images;
#[cfg(feature = "every-kind")]
pub mod resume;
pub mod runtime;

mod admission;
mod backoff;
mod containers;
mod env;
mod node;
mod pod;
mod probes;
mod start;
mod status;
mod sync;
mod terminate;
mod turn;
mod volumes;

pub use runtime::{Command, Report};

use crate::api::{Target, Verb};
use crate::model::key::resources::{LEASES, NODES, PODS};
use crate::model::{Key, Object, Span, Text, Time};
use crate::plan::{EventDraft, EventKind, Write};
use crate::store::{Change, Store};
use admission::Asked;
use pod::{Life, PodState, Sandbox};
use runtime::{Happening, ImageInfo};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use turn::Turn;

/// How soon a refused write about a pod is tried again.
const REFUSED_RETRY: Span = Span::seconds(1);

/// How closely a kubelet follows its pods' specs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// As a real kubelet does.
    #[default]
    Faithful,
    /// As the nodes do that Kubernetes' own control plane was recorded with: images, probes, volumes and configuration
    /// count as fine, and a pod's status is written when it runs, not on the way there.
    Ideal,
}

/// One node's kubelet.
#[derive(Clone, Debug, Default)]
pub struct Kubelet {
    node: Text,
    profile: Profile,
    /// The node as it was configured, and as it was last delivered.
    configured: Object,
    stored: Option<Object>,
    host_ip: Text,
    pods: BTreeMap<Text, Box<PodState>>,
    /// What the pods ask for that run or will run.
    asked: Asked,
    agenda: BTreeSet<(Time, Text)>,
    images: BTreeMap<Text, Arc<ImageInfo>>,
    heart: Heart,
}

/// When the node says again that it is alive.
#[derive(Clone, Copy, Debug, Default)]
struct Heart {
    lease_at: Option<Time>,
    status_at: Option<Time>,
    reported_at: Time,
    /// Its status may differ from what is stored.
    changed: bool,
}

/// Something a kubelet takes in.
#[derive(Clone, Debug)]
pub enum Input<'a> {
    /// It starts: registers its node.
    Start,
    /// Its watch delivered a change of a pod that is, or was, bound to its node.
    Pod(&'a Change),
    /// Its watch delivered a change of its own Node object.
    Node(&'a Change),
    /// The node reports something.
    Runtime(Report),
    /// The time it asked to be woken at has come.
    Timer,
    /// One of its writes was refused, with the reason and message of the Status.
    Refused(&'a Write, &'a crate::api::Status),
}

/// What a kubelet wants done.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// A request to the API server.
    Write(Box<Write>),
    /// An event.
    Event(EventDraft),
    /// An order to the node.
    Runtime(Command),
    /// Note for the trace: what this step saw and wanted about one pod (`0/1 ready`, `container web restarted`).
    Note {
        /// The pod, or the Node object.
        about: Key,
        /// What it saw.
        observed: Text,
        /// What it wanted.
        desired: Text,
    },
}

/// What the kubelet reads beside its inputs.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The time of the step.
    pub now: Time,
    /// For `ConfigMaps`, Secrets and Services that pods refer to: what the API server would answer now.
    pub store: &'a Store,
}

impl Kubelet {
    /// The kubelet of the node described by `node`, not yet started.
    pub fn new(node: &Object) -> Self {
        Self::with_profile(node, Profile::Faithful)
    }

    /// The same with a profile.
    pub fn with_profile(node: &Object, profile: Profile) -> Self {
        let addresses = node.at("status.addresses").items();
        let internal = addresses.iter().find(|it| it.get("type").str() == "InternalIP");
        let host_ip = internal.map_or(Text::default(), |it| it.get("address").text());
        Self { node: node.name(), profile, configured: node.clone(), host_ip, ..Self::default() }
    }

    /// Takes in one thing and says what to do.
    pub fn step(&mut self, input: Input<'_>, context: Context<'_>) -> Vec<Effect> {
        match input {
            Input::Start => self.register(context),
            Input::Node(change) => {
                self.stored.clone_from(&change.after);
                self.heart.changed = true;
                Vec::new()
            }
            Input::Pod(change) => self.observe(change, context),
            Input::Runtime(report) => self.hear(&report, context),
            Input::Timer => self.wake(context),
            Input::Refused(write, status) => self.refused(write, status.reason, context),
        }
    }

    /// When it wants to be woken with [`Input::Timer`].
    pub fn next_due(&self) -> Option<Time> {
        let pod = self.agenda.first().map(|(at, _)| *at);
        [pod, self.heart.lease_at, self.heart.status_at].into_iter().flatten().min()
    }

    /// The key of a pod of this node by its uid.
    pub fn pod_key(&self, uid: &str) -> Option<Key> {
        self.pods.get(uid).map(|pod| pod.key.clone())
    }

    /// The uid of the pod of this node that a write is about.
    fn pod_at(&self, target: &Target) -> Option<Text> {
        let is_it = |pod: &PodState| pod.key.namespace == target.namespace && pod.key.name == target.name;
        self.pods.values().find(|pod| is_it(pod)).map(|pod| pod.uid.clone())
    }

    /// Its node's name.
    pub fn node(&self) -> &Text {
        &self.node
    }

    fn register(&mut self, context: Context<'_>) -> Vec<Effect> {
        let now = context.now;
        let stored = context.store.get(&node::key(&self.node));
        let object = node::with_status(&self.configured, stored, &self.images, now);
        let write = match stored {
            Some(it) => Write::patch_status(&node::key(&self.node), &it.uid(), object.get("status"), "kubelet started"),
            None => Write::create(NODES, object, "kubelet started").tolerating(&["AlreadyExists"]),
        };
        self.heart =
            Heart { lease_at: Some(now), status_at: Some(now + node::STATUS_PERIOD), reported_at: now, changed: false };
        let events = node::start_events(&self.node).into_iter();
        let events = events.filter(|it| self.profile == Profile::Faithful || it.reason == "Starting");
        let mut effects: Vec<Effect> = vec![Effect::Write(Box::new(write))];
        effects.extend(events.map(Effect::Event));
        effects.push(self.note("kubelet starts", "register the node"));
        effects
    }

    fn note(&self, observed: &str, desired: &str) -> Effect {
        Effect::Note { about: node::key(&self.node), observed: observed.into(), desired: desired.into() }
    }

    /// A change of a pod of this node.
    fn observe(&mut self, change: &Change, context: Context<'_>) -> Vec<Effect> {
        let old = change.before.as_ref().map(Object::uid);
        let here = change.after.as_ref().filter(|it| it.at("spec.nodeName").str() == self.node);
        let mut effects = Vec::new();
        if let Some(uid) = old.filter(|uid| here.is_none_or(|it| it.uid() != *uid)) {
            effects =
                self.turn(&uid, context, "the pod is gone from the API server", |pod, _| pod.life = Life::Orphaned);
        }
        if let Some(object) = here {
            effects.extend(self.deliver(object, context));
        }
        effects
    }

    fn deliver(&mut self, object: &Object, context: Context<'_>) -> Vec<Effect> {
        let uid = object.uid();
        match self.pods.get_mut(&uid) {
            Some(pod) if is_echo(pod, object) => {
                pod.take_in(object);
                return Vec::new();
            }
            Some(_) => {}
            None => drop(self.pods.insert(uid.clone(), Box::new(self.adopt(object, context.now)))),
        }
        let reason = if object.is_terminating() { "deletion was asked for" } else { "the pod is bound here" };
        self.turn(&uid, context, reason, |pod, turn| {
            if pod.object.get("spec") != object.get("spec") {
                pod.asked = Asked::by(object);
            }
            pod.object = object.clone();
            if pod.life != Life::New {
                return;
            }
            if let Some(failure) = &pod.failure {
                turn.event(pod, None, EventKind::Warning, &failure.reason, failure.message.clone());
            }
            pod.life = if pod.failure.is_some() { Life::Rejected } else { Life::Admitted };
        })
    }

    /// A pod seen for the first time, admitted or refused.
    fn adopt(&self, object: &Object, now: Time) -> PodState {
        let mut pod = PodState::new(object, now);
        if matches!(object.at("status.phase").str(), "Succeeded" | "Failed") {
            pod.sandbox = Sandbox::Stopped(object.at("status.podIP").text());
            pod.life = Life::Finished;
            return pod;
        }
        if self.profile == Profile::Faithful {
            pod.failure = admission::refuse(object, &self.configured, self.asked);
        }
        pod
    }

    fn hear(&mut self, report: &Report, context: Context<'_>) -> Vec<Effect> {
        if let Happening::Pulled { image, .. } = &report.what {
            self.images.insert(image.full_name.clone(), Arc::new(image.clone()));
            self.heart.changed = true;
        }
        self.turn(&report.pod, context, &report.describe(), |pod, turn| sync::hear(pod, report, turn))
    }

    /// One thing that is due by now: the heartbeats or a pod. What else is due stays so.
    fn wake(&mut self, context: Context<'_>) -> Vec<Effect> {
        let effects = self.beat(context.now);
        if !effects.is_empty() {
            return effects;
        }
        match self.agenda.first().cloned().filter(|(at, _)| *at <= context.now) {
            Some((_, uid)) => {
                self.agenda.pop_first();
                self.turn(&uid, context, "time has passed", |_, _| {})
            }
            None => Vec::new(),
        }
    }

    /// The heartbeats that are due.
    fn beat(&mut self, now: Time) -> Vec<Effect> {
        let mut effects = Vec::new();
        if self.heart.lease_at.is_some_and(|at| at <= now) {
            self.heart.lease_at = Some(now + node::LEASE_PERIOD);
            let uid = self.stored.as_ref().map_or(Text::default(), Object::uid);
            let lease = node::lease(&self.node, &uid, now);
            let write = Write::update(&node::lease_key(&self.node), lease, "heartbeat");
            effects.push(Effect::Write(Box::new(write)));
        }
        if self.heart.status_at.is_some_and(|at| at <= now) {
            self.heart.status_at = Some(now + node::STATUS_PERIOD);
            effects.extend(self.report_node(now));
        }
        effects
    }

    fn report_node(&mut self, now: Time) -> Option<Effect> {
        let overdue = now - self.heart.reported_at >= node::REPORT_PERIOD;
        let stored = self.stored.as_ref().filter(|_| self.heart.changed || overdue)?;
        self.heart.changed = false;
        let new = node::with_status(&self.configured, Some(stored), &self.images, now);
        if !overdue && !node::differs(&new, stored) {
            return None;
        }
        self.heart.reported_at = now;
        let (key, status) = (node::key(&self.node), new.get("status"));
        let write = Write::patch_status(&key, &stored.uid(), status, "node status").tolerating(&["NotFound"]);
        Some(Effect::Write(Box::new(write)))
    }

    /// A refused write is tried again when it matters: a missing lease is made, a lost status is written anew.
    fn refused(&mut self, write: &Write, reason: &str, context: Context<'_>) -> Vec<Effect> {
        let target = &write.request.target;
        if target.resource == LEASES && reason == "NotFound" && !target.name.is_empty() {
            let lease = Object(write.request.body.clone());
            return vec![Effect::Write(Box::new(node::create_lease(lease)))];
        }
        if target.resource != PODS {
            self.heart.changed = true;
            return Vec::new();
        }
        let uid = match write.request.verb {
            Verb::Delete => write.request.options.uid.clone(),
            _ => self.pod_at(target).unwrap_or_default(),
        };
        if let Some(pod) = self.pods.get_mut(&uid) {
            pod.sent = None;
            if pod.life == Life::Released {
                pod.life = Life::Finished;
            }
            if let Some(due) = pod.due {
                self.agenda.remove(&(due, uid.clone()));
            }
            pod.due = Some(context.now + REFUSED_RETRY);
            self.agenda.insert((context.now + REFUSED_RETRY, uid));
        }
        Vec::new()
    }

    /// Changes one pod, looks at it, and collects the effects; nothing for a pod that is not known.
    fn turn(
        &mut self,
        uid: &Text,
        context: Context<'_>,
        observed: &str,
        change: impl FnOnce(&mut PodState, &mut Turn<'_>),
    ) -> Vec<Effect> {
        let Some(mut pod) = self.pods.remove(uid) else { return Vec::new() };
        if pod.is_counted {
            self.asked.subtract(pod.asked);
        }
        if let Some(due) = pod.due.take() {
            self.agenda.remove(&(due, uid.clone()));
        }
        let mut turn = Turn::new(context, self.profile, &self.configured, &self.host_ip, &self.images);
        change(&mut pod, &mut turn);
        sync::sync(&mut pod, &mut turn);
        let mut effects = turn.effects;
        let (about, wanted) = (pod.key.clone(), turn.wanted);
        if !wanted.is_empty() || effects.iter().any(|it| matches!(it, Effect::Event(_))) {
            let observed = smol_str::format_smolstr!("{observed}; {}", status::summary(&pod));
            effects.push(Effect::Note { about, observed, desired: wanted.join(", ").into() });
        }
        if let Some(due) = pod.due {
            self.agenda.insert((due, uid.clone()));
        }
        if is_forgotten(&pod) {
            effects.push(Effect::Runtime(Command::RemovePod { pod: uid.clone() }));
        } else {
            pod.is_counted = has_a_place(&pod);
            if pod.is_counted {
                self.asked.add(pod.asked);
            }
            self.pods.insert(uid.clone(), pod);
        }
        effects
    }
}

/// True if the watch brings nothing but the status that this kubelet has just written.
///
/// Upstream: `pkg/kubelet/config/config.go` (`checkAndUpdatePod`), which wakes nobody for a status.
fn is_echo(pod: &PodState, object: &Object) -> bool {
    let is_own = pod.sent.as_ref().is_some_and(|(_, sent)| sent == object.get("status"));
    let same = |field: &str| object.metadata().get(field) == pod.object.metadata().get(field);
    let fields = || object.metadata().fields().iter().chain(pod.object.metadata().fields());
    pod.life == Life::Admitted
        && is_own
        && pod.object.get("spec") == object.get("spec")
        && fields().all(|(field, _)| field == "resourceVersion" || same(field))
}

/// True while others have to do without what the pod asks for.
fn has_a_place(pod: &PodState) -> bool {
    pod.failure.is_none() && !is_over(pod)
}

/// True once nothing of the pod runs or will run.
fn is_over(pod: &PodState) -> bool {
    matches!(pod.life, Life::Released | Life::Finished) || matches!(status::phase(pod), "Succeeded" | "Failed")
}

/// True for a pod whose object and sandbox are gone.
fn is_forgotten(pod: &PodState) -> bool {
    pod.life == Life::Orphaned && pod.is_quiet() && matches!(pod.sandbox, Sandbox::None | Sandbox::Stopped(_))
}
