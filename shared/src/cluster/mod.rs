//! The cluster: puts API server, controllers, scheduler, kubelets and nodes together and does one thing at a time.
//!
//! [`Cluster::step`] takes what is due first off the agenda and does it: a watch delivers, a controller decides or sends one
//! write, the scheduler places one pod, a node goes on. Every write goes through [`Api::handle`] and is recorded with its
//! cause. Nothing happens outside of steps, requests and faults, so equal seeds and equal inputs give equal traces.
//!
//! Knows nothing of wall-clock time and of who drives it.

mod actors;
mod agenda;
mod bootstrap;
#[cfg(feature = "every-kind")]
mod connections;
mod containers;
mod fault;
#[cfg(feature = "every-kind")]
mod hooks;
mod loops;
mod nodes;
mod queue;
mod recorder;
#[cfg(feature = "every-kind")]
mod resume;
mod states;
#[cfg(feature = "every-kind")]
mod usage;
mod why;

pub use fault::Fault;
pub use states::{LoopState, NodeState, Pull};
#[cfg(feature = "every-kind")]
pub use usage::MachineUsage;
pub use why::{End, Hop, Line, Link, SourceLine, Why, Woken};

use crate::api::{Api, Body, Request, Response, Status};
#[cfg(feature = "every-kind")]
use crate::controllers::CONTROLLERS;
use crate::controllers::IN_EVERY_CLUSTER;
use crate::model::{Chance, Key, Object, Span, Text, Time, Value};
use crate::plan::{EventDraft, Write};
use crate::scheduler::Scheduler;
use crate::store::{Cache, Change, Store};
use crate::trace::{Action, ActionId, Actor, Cause, Effect, FieldRef, Record, Revision, Trace};
use actors::user_of;
use agenda::{Agenda, Part};
use loops::{Ended, Loop, Progress, Run};
use nodes::Nodes;
use recorder::Recorder;
use std::collections::BTreeMap;

/// What a cluster starts from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Decides every draw of chance.
    pub seed: u64,
    /// How many simulated nodes there are at the start.
    pub nodes: u32,
    /// The virtual time at the start.
    pub start: Time,
    /// How long things take.
    pub timing: Timing,
    /// What the simulated nodes are like.
    pub profile: crate::kubelet::Profile,
    /// How much of a control plane there is.
    pub control_plane: ControlPlane,
}

/// How much of a control plane a cluster has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ControlPlane {
    /// What one person needs to learn: everything is allowed.
    #[default]
    Tab,
    /// What a server needs: authorization with the default roles and bindings, every admission plug-in, every controller.
    #[cfg(feature = "every-kind")]
    Full,
}

/// How long the parts of the control plane take, in virtual time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// From a commit until a watch delivers it.
    pub watch: Span,
    /// Up to how much longer, drawn for each delivery.
    pub jitter: Span,
    /// From a change until the decision.
    pub think: Span,
    /// From one request to the next.
    pub request: Span,
}

/// A watch's place in the log.
#[derive(Clone, Debug, Default)]
pub(crate) struct Feed {
    seen: Revision,
    late: Span,
}

/// The cluster. Cloning it makes a second one that goes its own way.
#[derive(Clone, Debug)]
pub struct Cluster {
    api: Api,
    trace: Trace,
    now: Time,
    steps: u64,
    timing: Timing,
    chance: Chance,
    agenda: Agenda,
    cache: Cache,
    loops: Vec<Loop>,
    scheduler: Scheduler,
    scheduling: Option<Run>,
    feeds: BTreeMap<Part, Feed>,
    nodes: Nodes,
    recorders: BTreeMap<Actor, Recorder>,
    numbers: BTreeMap<Actor, u32>,
    denied: Vec<String>,
    #[cfg(feature = "every-kind")]
    hooks: hooks::Hooks,
}

/// How many refusals of the cluster's own parts are kept.
const DENIED_MAX: usize = 16;

/// What became of a write.
pub(crate) struct Sent {
    /// The refusal, unless it is as good as success.
    pub(crate) refused: Option<Status>,
    /// The newest revision that it made; 0 for none.
    pub(crate) last: Revision,
    /// The written object's name.
    pub(crate) name: Text,
}

/// What one step did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stepped {
    /// Nothing is due, ever.
    Idle,
    /// Something, without a decision coming to its end.
    Worked,
    /// A reconcile, scheduling cycle or kubelet step came to its end.
    Reconciled,
}

impl ControlPlane {
    /// How many of the controllers run.
    fn controllers(self) -> usize {
        match self {
            Self::Tab => IN_EVERY_CLUSTER,
            #[cfg(feature = "every-kind")]
            Self::Full => CONTROLLERS.len(),
        }
    }

    fn api(self, chance: Chance) -> Api {
        match self {
            Self::Tab => Api::new(chance),
            #[cfg(feature = "every-kind")]
            Self::Full => Api::new(chance).authorized_by_roles().with_every_plugin(),
        }
    }
}

impl Timing {
    /// A control plane that one can follow by eye: some milliseconds for each thing.
    pub const VISIBLE: Self =
        Self { watch: Span::millis(2), jitter: Span::millis(3), think: Span::millis(2), request: Span::millis(4) };
    /// Nothing takes any time.
    pub const INSTANT: Self = Self { watch: Span::ZERO, jitter: Span::ZERO, think: Span::ZERO, request: Span::ZERO };
}

impl Default for Config {
    /// Three nodes, seed 42, visible timing.
    fn default() -> Self {
        Self {
            seed: 42,
            nodes: 3,
            start: Time::VIRTUAL_START,
            timing: Timing::VISIBLE,
            profile: crate::kubelet::Profile::default(),
            control_plane: ControlPlane::Tab,
        }
    }
}

impl Cluster {
    /// A cluster with the objects of a fresh one, whose nodes are about to register.
    pub fn new(config: &Config) -> Self {
        let mut cluster = Self::bare(config, Chance::new(config.seed), Store::default());
        cluster.bootstrap(config.control_plane);
        for _ in 0..config.nodes {
            cluster.add_node(Cause::Bootstrap);
        }
        cluster
    }

    /// All parts over a store, none of which has seen anything yet.
    fn bare(config: &Config, mut chance: Chance, store: Store) -> Self {
        Self {
            api: config.control_plane.api(chance.fork()).over(store),
            trace: Trace::default(),
            now: config.start,
            steps: 0,
            timing: config.timing,
            agenda: Agenda::default(),
            cache: Cache::default(),
            loops: vec![Loop::default(); config.control_plane.controllers()],
            scheduler: Scheduler::new(chance.fork()),
            scheduling: None,
            feeds: BTreeMap::new(),
            nodes: Nodes::new(chance.fork(), config.profile),
            recorders: BTreeMap::new(),
            numbers: BTreeMap::new(),
            denied: Vec::new(),
            #[cfg(feature = "every-kind")]
            hooks: hooks::Hooks::default(),
            chance,
        }
    }

    /// The virtual time.
    pub fn now(&self) -> Time {
        self.now
    }

    /// How many steps were done.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// What is stored, to read only.
    pub fn store(&self) -> &Store {
        self.api.store()
    }

    /// The API server, to read only: watches begin here.
    pub fn api(&self) -> &Api {
        &self.api
    }

    /// Why it came to that.
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// When the next step is due.
    pub fn next_due(&self) -> Option<Time> {
        self.agenda.first().map(|(time, _)| time)
    }

    /// Lets time pass up to `time`, at most to when the next step is due; never back.
    pub fn pass_time(&mut self, time: Time) {
        let limit = self.next_due().unwrap_or(time);
        self.now = self.now.max(time.min(limit));
    }

    /// Does what is due first, letting the time until then pass.
    pub fn step(&mut self) -> Stepped {
        let Some((time, part)) = self.agenda.pop() else { return Stepped::Idle };
        self.now = self.now.max(time);
        self.steps += 1;
        let before = self.trace.finished();
        match part {
            Part::ControllerFeed => self.deliver_to_controllers(),
            Part::SchedulerFeed => self.deliver_to_scheduler(),
            Part::KubeletFeed => self.deliver_to_kubelets(),
            Part::Controller(index) => self.work_on_controller(usize::from(index)),
            Part::Scheduler => self.work_on_scheduler(),
            Part::Node(index) => self.work_on_node(index),
        }
        if self.trace.finished() > before { Stepped::Reconciled } else { Stepped::Worked }
    }

    /// Does everything that is due up to `time` and lets time pass to it.
    pub fn run_until(&mut self, time: Time) {
        while self.next_due().is_some_and(|due| due <= time) {
            self.step();
        }
        self.pass_time(time);
    }

    /// Lets `span` pass.
    pub fn run_for(&mut self, span: Span) {
        self.run_until(self.now + span);
    }

    /// Notes an action from outside; requests made because of it name it as their cause.
    pub fn act(&mut self, action: Action) -> ActionId {
        self.trace.act(action)
    }

    /// Handles a person's request, whole.
    pub fn request(&mut self, request: &Request, cause: Cause) -> Response {
        if let Some(response) = self.answer_from_node(request) {
            return response;
        }
        self.handle(request, &Actor::User, cause, &Text::default(), &[])
    }

    fn handle(
        &mut self,
        request: &Request,
        actor: &Actor,
        cause: Cause,
        reason: &Text,
        follows: &[FieldRef],
    ) -> Response {
        let before = self.api.store().revision();
        let response = self.answer(request, actor);
        self.note_denial(&response, actor);
        self.record_since(before, actor, cause, reason, follows);
        response
    }

    fn answer(&mut self, request: &Request, actor: &Actor) -> Response {
        #[cfg(feature = "every-kind")]
        if *actor != Actor::User {
            return self.handle_own(request);
        }
        let _ = actor;
        self.api.handle(request, self.now)
    }

    /// The first requests of the cluster's own parts that they were not allowed; none where the default roles are whole. What is
    /// refused because a namespace goes, or a quota is used up, does not count.
    pub fn denied(&self) -> &[String] {
        &self.denied
    }

    fn note_denial(&mut self, response: &Response, actor: &Actor) {
        let Some(status) = response.failure().filter(|it| it.code == 403 && *actor != Actor::User) else { return };
        let is_state = ["being terminated", "exceeded quota"].iter().any(|it| status.message.contains(it));
        if !is_state && self.denied.len() < DENIED_MAX {
            self.denied.push(format!("{actor:?}: {}", status.message));
        }
    }

    fn record_since(&mut self, before: Revision, actor: &Actor, cause: Cause, reason: &Text, follows: &[FieldRef]) {
        let Ok(news) = self.api.store().since(before) else { return };
        let mut any = false;
        for change in news {
            any = true;
            let record = Record {
                revision: change.revision,
                time: self.now,
                actor: actor.clone(),
                cause,
                key: change.key.clone(),
                effect: effect_of(change),
                reason: reason.clone(),
                follows: follows.to_vec(),
            };
            self.trace.record(record, change.before.as_deref(), change.after.as_deref());
        }
        if any {
            self.wake_feeds();
        }
    }

    fn wake_feeds(&mut self) {
        for part in [Part::ControllerFeed, Part::SchedulerFeed, Part::KubeletFeed] {
            let late = self.feeds.get(&part).map_or(Span::ZERO, |feed| feed.late);
            let jitter = Span(i64::try_from(self.chance.below(self.timing.jitter.0.unsigned_abs() + 1)).unwrap_or(0));
            self.agenda.wake(part, self.now + self.timing.watch + late + jitter);
        }
    }

    /// Takes what a watch delivers now: everything that was committed before now, less its delay.
    fn due_changes(&mut self, part: Part) -> Vec<Change> {
        let feed = self.feeds.entry(part).or_default();
        let (seen, delay) = (feed.seen, self.timing.watch + feed.late);
        let Ok(changes) = self.api.store().since(seen) else { return Vec::new() };
        let is_due = |change: &Change| self.trace.at(change.revision).is_none_or(|it| it.time + delay <= self.now);
        let mut due = Vec::new();
        let mut next = None;
        for change in changes {
            if !is_due(change) {
                next = self.trace.at(change.revision).map(|it| it.time + delay);
                break;
            }
            due.push(change.clone());
        }
        if let Some(last) = due.last() {
            feed.seen = last.revision;
        }
        if let Some(time) = next {
            self.agenda.wake(part, time);
        }
        due
    }

    /// Sends one write of a plan.
    fn send(&mut self, write: &Write, actor: &Actor, cause: Cause) -> Sent {
        let mut request = write.request.clone();
        request.user = user_of(actor);
        let before = self.api.store().revision();
        let response = self.handle(&request, actor, cause, &write.reason, &write.follows);
        let after = self.api.store().revision();
        let refused = response.failure().filter(|status| !write.tolerate.contains(&status.reason)).cloned();
        let last = if after > before { after } else { Revision(0) };
        let name = response.as_object().map_or_else(|| request.target.name.clone(), Object::name);
        Sent { refused, last, name }
    }

    /// Writes an Event object, or counts one up.
    fn announce(&mut self, draft: &EventDraft, actor: &Actor, cause: Cause) {
        let recorder = self.recorders.entry(actor.clone()).or_default();
        let Some(mut request) = recorder.record(draft, actor, self.now) else { return };
        request.user = user_of(actor);
        let response = self.handle(&request, actor, cause, &Text::default(), &[]);
        if response.failure().is_some_and(|status| status.reason == "NotFound")
            && let Some(recorder) = self.recorders.get_mut(actor)
        {
            recorder.forget(&request.target.name);
        }
    }

    fn deliver_to_scheduler(&mut self) {
        for change in self.due_changes(Part::SchedulerFeed) {
            self.scheduler.observe(&change, self.now);
        }
        self.wake_scheduler();
    }

    fn wake_scheduler(&mut self) {
        if self.scheduling.is_none()
            && let Some(due) = self.scheduler.next_due()
        {
            self.agenda.wake(Part::Scheduler, due.max(self.now + self.timing.think));
        }
    }

    fn work_on_scheduler(&mut self) {
        let progress = match self.scheduling.take() {
            Some(run) => self.write_next(run, &Actor::Scheduler),
            None => self.schedule(),
        };
        match progress {
            Progress::Writing(run) => {
                self.scheduling = Some(run);
                self.agenda.wake(Part::Scheduler, self.now + self.timing.request);
            }
            Progress::Ended(run, how) => {
                self.trace.finish(run.id, self.now, how.outcome());
                if !matches!(how, Ended::Done) {
                    self.scheduler.refused(&run.key, self.now);
                }
            }
            Progress::Nothing => {}
        }
        self.wake_scheduler();
    }

    fn schedule(&mut self) -> Progress {
        let Some(cycle) = self.scheduler.cycle(self.now) else { return Progress::Nothing };
        let seen = self.feeds.get(&Part::SchedulerFeed).map_or(Revision(0), |feed| feed.seen);
        let triggers = cycle.woken_by.into_iter().map(crate::trace::Trigger::Write).collect();
        let id = self.begin(&Actor::Scheduler, &cycle.pod, triggers, seen, &cycle.plan);
        self.announce_all(&cycle.plan, &Actor::Scheduler, id);
        loops::start(loops::run_of(cycle.pod, id, cycle.plan))
    }

    /// Every object of a list answer.
    pub fn items(response: &Response) -> &[Value] {
        match &response.body {
            Body::List(list) => list.get("items").items(),
            Body::Object(_) | Body::Text(_) | Body::Status(_) => &[],
        }
    }

    /// The API server as it was at a revision, to read only; `None` if that is no longer kept.
    pub fn api_at(&self, revision: Revision) -> Option<Api> {
        self.api.at(revision).ok()
    }

    /// A hash over the whole trace so far.
    pub fn hash(&self) -> u64 {
        self.trace.hash()
    }

    /// The keys of all objects, for people who want to see everything.
    pub fn keys(&self) -> impl Iterator<Item = Key> {
        self.store().resources().flat_map(|(resource, table)| {
            table.keys().map(|(namespace, name)| Key::new(resource.clone(), namespace.clone(), name.clone()))
        })
    }
}

fn effect_of(change: &Change) -> Effect {
    match (&change.before, &change.after) {
        (None, _) => Effect::Created,
        (Some(_), Some(_)) => Effect::Updated,
        (Some(_), None) => Effect::Deleted,
    }
}
