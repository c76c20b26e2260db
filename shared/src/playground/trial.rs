//! A trial: one seed decides a cluster, a Deployment and a series of changes and faults; then everything is healed and must
//! settle within a bounded number of steps, with nothing broken on the way.
//!
//! The same seed gives the same hash wherever it runs; tests compare native and browser.

use crate::api::{PatchKind, Request, Target, Verb};
use crate::cluster::{Cluster, Config, Fault};
use crate::model::intstr::{IntOrString, Rounding};
use crate::model::key::resources::{DEPLOYMENTS, NODES, PODS, REPLICA_SETS};
use crate::model::{Chance, Fnv, Key, Object, Span, Text, Value};
use crate::store::{Change, Store};
use crate::trace::{Action, ActionKind, Actor, Cause, Effect, Revision};
use std::ops::Range;

/// How many steps a trial may take until it must have settled.
pub const STEPS_MAX: u64 = 200_000;
/// Most changes and faults of a trial.
const ACTS_MAX: u64 = 10;
/// Longest time between two of them, in milliseconds.
const PAUSE_MAX_MILLIS: u64 = 20_000;
/// How long nothing may happen until the cluster counts as settled.
const QUIET: Span = Span::seconds(20);
/// How much virtual time the healed cluster has to settle.
const HEAL_TIME: Span = Span::seconds(7_200);

const IMAGES: [&str; 4] = ["nginx:1.27", "nginx:1.26", "redis:7.4", "httpd:2.4"];
const BROKEN_IMAGE: &str = "nginx:does-not-exist";

/// What a trial came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The hash of its trace.
    pub hash: u64,
    /// How many steps it took.
    pub steps: u64,
    /// What was broken; empty is good.
    pub problems: Vec<String>,
}

struct Trial {
    cluster: Cluster,
    chance: Chance,
    checked: Revision,
    broken_nodes: Vec<Text>,
    crashing: Vec<Text>,
    problems: Vec<String>,
}

/// Runs the trial of one seed.
pub fn run(seed: u64) -> Outcome {
    let mut chance = Chance::new(seed);
    let nodes = u32::try_from(1 + chance.below(4)).unwrap_or(1);
    let cluster = Cluster::new(&Config { seed, nodes, ..Config::default() });
    let mut trial = Trial {
        cluster,
        chance,
        checked: Revision(0),
        broken_nodes: Vec::new(),
        crashing: Vec::new(),
        problems: Vec::new(),
    };
    trial.go_on(Span::seconds(5));
    trial.create();
    for _ in 0..=trial.chance.below(ACTS_MAX) {
        let pause = Span::millis(i64::try_from(trial.chance.below(PAUSE_MAX_MILLIS)).unwrap_or(0));
        trial.go_on(pause);
        trial.disturb();
    }
    trial.heal();
    trial.settle();
    Outcome { hash: trial.cluster.hash(), steps: trial.cluster.steps(), problems: trial.problems }
}

/// One number for the trials of all seeds below `end`, and the first problem.
pub fn run_all(end: u64) -> (u64, Option<String>) {
    run_some(0..end)
}

/// One number for the trials of some seeds, and the first problem.
pub fn run_some(seeds: Range<u64>) -> (u64, Option<String>) {
    let mut hash = Fnv::default();
    let mut problem = None;
    for seed in seeds {
        let outcome = run(seed);
        hash.write(&outcome.hash.to_le_bytes());
        let first = outcome.problems.first();
        problem = problem.or_else(|| first.map(|it| format!("seed {seed}: {it}")));
    }
    (hash.0, problem)
}

/// What [`run_some`] came to as a line: `0..50 fc080b791dc12baf`, and behind it the first problem.
pub fn line(seeds: Range<u64>) -> String {
    let (first, end) = (seeds.start, seeds.end);
    let (hash, problem) = run_some(seeds);
    let problem = problem.map(|it| format!(" {it}")).unwrap_or_default();
    format!("{first}..{end} {hash:016x}{problem}")
}

impl Trial {
    fn create(&mut self) {
        let strategy = match self.chance.below(5) {
            0 => Value::from([("type", "Recreate".into())]),
            _ => Value::from([("rollingUpdate", self.bounds()), ("type", "RollingUpdate".into())]),
        };
        let mut web = Object::new("apps/v1", "Deployment", "default", "web");
        web.set("spec.replicas", i64::try_from(1 + self.chance.below(6)).unwrap_or(1));
        web.set("spec.strategy", strategy);
        web.set("spec.selector.matchLabels.app", "web");
        web.set("spec.template.metadata.labels.app", "web");
        let container = Value::from([("name", "web".into()), ("image", IMAGES[0].into())]);
        web.set("spec.template.spec.containers", Value::from(vec![container]));
        self.request(Verb::Create, DEPLOYMENTS, "", web.0);
    }

    fn bounds(&mut self) -> Value {
        let surge = i64::try_from(self.chance.below(3)).unwrap_or(0);
        let unavailable = i64::try_from(self.chance.below(3)).unwrap_or(0).max(i64::from(surge == 0));
        Value::from([("maxSurge", surge.into()), ("maxUnavailable", unavailable.into())])
    }

    /// One change or fault, as chance will have it.
    fn disturb(&mut self) {
        match self.chance.below(11) {
            0 | 1 => self.set_image(None),
            2 => self.set_image(Some(BROKEN_IMAGE)),
            3 => self.scale(),
            4 => self.delete_pod(),
            5 => self.kill_container(),
            6 => self.node_down(),
            7 => self.crash_loop(),
            8 => self.inject(&Fault::SlowPull { factor: 5 }),
            9 => self.delay_watch(),
            _ => self.pause_or_resume(),
        }
    }

    fn set_image(&mut self, image: Option<&str>) {
        let index = usize::try_from(self.chance.below(IMAGES.len() as u64)).unwrap_or(0);
        let image = image.unwrap_or(IMAGES[index]);
        let container = Value::from([("name", "web".into()), ("image", image.into())]);
        let mut patch = Value::map();
        patch.set("spec.template.spec.containers", Value::from(vec![container]));
        self.request(Verb::Patch(PatchKind::Merge), DEPLOYMENTS, "web", patch);
    }

    fn scale(&mut self) {
        let mut patch = Value::map();
        patch.set("spec.replicas", i64::try_from(self.chance.below(7)).unwrap_or(1));
        self.request(Verb::Patch(PatchKind::Merge), DEPLOYMENTS, "web", patch);
    }

    fn pause_or_resume(&mut self) {
        let mut patch = Value::map();
        patch.set("spec.paused", self.chance.below(2) == 0);
        self.request(Verb::Patch(PatchKind::Merge), DEPLOYMENTS, "web", patch);
    }

    fn delete_pod(&mut self) {
        if let Some(pod) = self.any_pod() {
            self.request(Verb::Delete, PODS, &pod.name, Value::Null);
        }
    }

    fn kill_container(&mut self) {
        if let Some(pod) = self.any_pod() {
            self.inject(&Fault::KillContainer { pod, container: "web".into() });
        }
    }

    fn node_down(&mut self) {
        let nodes: Vec<Text> = self.cluster.store().list(&NODES).map(Object::name).collect();
        if let Some(node) = pick(&mut self.chance, &nodes) {
            self.broken_nodes.push(node.clone());
            self.inject(&Fault::NodeDown { node, on: true });
        }
    }

    fn crash_loop(&mut self) {
        let images = IMAGES.map(Text::new_static);
        if let Some(image) = pick(&mut self.chance, &images) {
            self.crashing.push(image.clone());
            self.inject(&Fault::CrashLoop { image, on: true });
        }
    }

    fn delay_watch(&mut self) {
        let process = pick(&mut self.chance, &["controllers", "scheduler", "node-1"].map(Text::new_static));
        let by = Span::millis(i64::try_from(self.chance.below(3_000)).unwrap_or(0));
        self.inject(&Fault::DelayWatch { process: process.unwrap_or_default(), by });
    }

    fn any_pod(&mut self) -> Option<Key> {
        let pods: Vec<Text> = self.cluster.store().list_in(&PODS, "default").map(Object::name).collect();
        pick(&mut self.chance, &pods).map(|name| Key::new(PODS, "default", name))
    }

    fn inject(&mut self, fault: &Fault) {
        self.cluster.inject(fault);
    }

    fn request(&mut self, verb: Verb, resource: crate::model::ResourceName, name: &str, body: Value) {
        let title = Text::new_static("trial");
        let action = Action { time: self.cluster.now(), title, kind: ActionKind::Request, files: Vec::new() };
        let cause = Cause::Action(self.cluster.act(action));
        let target = Target {
            resource,
            version: "v1".into(),
            namespace: "default".into(),
            name: name.into(),
            ..Target::default()
        };
        self.cluster.request(&Request { body, ..Request::new(verb, target) }, cause);
    }

    fn heal(&mut self) {
        for node in std::mem::take(&mut self.broken_nodes) {
            self.inject(&Fault::NodeDown { node, on: false });
        }
        for image in std::mem::take(&mut self.crashing) {
            self.inject(&Fault::CrashLoop { image, on: false });
        }
        for process in ["controllers", "scheduler", "node-1"] {
            self.inject(&Fault::DelayWatch { process: process.into(), by: Span::ZERO });
        }
        self.inject(&Fault::SlowPull { factor: 1 });
        let mut patch = Value::map();
        patch.set("spec.paused", false);
        self.request(Verb::Patch(PatchKind::Merge), DEPLOYMENTS, "web", patch);
        self.set_image(Some(IMAGES[1]));
    }

    fn go_on(&mut self, span: Span) {
        let until = self.cluster.now() + span;
        while self.cluster.next_due().is_some_and(|due| due <= until) && self.cluster.steps() < STEPS_MAX {
            self.cluster.step();
            self.check();
        }
        self.cluster.pass_time(until);
    }

    fn settle(&mut self) {
        let until = self.cluster.now() + HEAL_TIME;
        while !(self.cluster.is_quiet_for(QUIET) && self.ailment().is_none()) {
            self.go_on(Span::seconds(5));
            if self.cluster.now() >= until || self.cluster.steps() >= STEPS_MAX {
                let ailment = self.ailment().unwrap_or_else(|| "it is never quiet".to_owned());
                let (now, steps) = (self.cluster.now(), self.cluster.steps());
                self.problems.push(format!("did not settle by {now} after {steps} steps: {ailment}"));
                return;
            }
        }
    }

    /// What is still wrong with the healed cluster.
    fn ailment(&self) -> Option<String> {
        let store = self.cluster.store();
        let web = store.get(&Key::new(DEPLOYMENTS, "default", "web"))?;
        let (wanted, status) = (web.at("spec.replicas").int_or(0), web.get("status"));
        let pods = store.list_in(&PODS, "default").filter(|pod| pod.condition("Ready").get("status").str() == "True");
        let ready = i64::try_from(pods.count()).unwrap_or(0);
        let told = ["replicas", "updatedReplicas", "availableReplicas"].map(|field| status.get(field).int_or(0));
        let well = ready == wanted && told == [wanted; 3];
        (!well).then(|| format!("wanted {wanted}, {ready} are ready and the status says {told:?}"))
    }

    /// Looks at the changes since the last look.
    fn check(&mut self) {
        let store = self.cluster.store();
        let Ok(changes) = store.since(self.checked) else { return };
        let mut problems = Vec::new();
        for change in changes {
            problems.extend(ownership(change));
            problems.extend(self.rollout(change));
        }
        self.checked = store.revision();
        self.problems.extend(problems);
    }

    /// What the deployment controller may not do with a `ReplicaSet`, given what it had seen.
    fn rollout(&self, change: &Change) -> Option<String> {
        if change.key.resource != REPLICA_SETS {
            return None;
        }
        let record = self.cluster.trace().at(change.revision)?;
        let Cause::Reconcile(id) = record.cause else { return None };
        let by_deployment = record.actor == Actor::Controller(Text::new_static("deployment-controller"));
        if !by_deployment || record.effect == Effect::Deleted {
            return None;
        }
        let seen = self.cluster.trace().reconcile(id)?.seen;
        let before = change.before.as_ref().map_or(0, |it| it.at("spec.replicas").int_or(0));
        let after = change.after.as_ref()?.at("spec.replicas").int_or(0);
        let present = self.cluster.store().at(change.revision).ok()?;
        let web = self.cluster.store().at(seen).ok()?;
        let web = web.get(&Key::new(DEPLOYMENTS, "default", "web"))?.clone();
        match after.cmp(&before) {
            std::cmp::Ordering::Greater => too_many(&present, &web, change.revision),
            std::cmp::Ordering::Less => too_few(self.cluster.store(), seen, &web, change),
            std::cmp::Ordering::Equal => None,
        }
    }
}

/// Every pod of the trial has exactly one controller.
fn ownership(change: &Change) -> Option<String> {
    let pod = change.after.as_ref().filter(|_| change.key.resource == PODS)?;
    let controllers = pod.owners().filter(|owner| owner.controller).count();
    (controllers != 1).then(|| format!("{} has {controllers} controllers at rv {}", change.key, change.revision))
}

fn bound(web: &Object, field: &str, rounding: Rounding) -> i64 {
    if web.at("spec.strategy.type").str() != "RollingUpdate" {
        return if field == "maxSurge" { 0 } else { i64::MAX };
    }
    let value = web.at("spec.strategy.rollingUpdate").get(field);
    let total = web.at("spec.replicas").int_or(0);
    IntOrString::read(value).and_then(|it| it.scaled(total, rounding).ok()).unwrap_or(0)
}

fn too_many(store: &Store, web: &Object, revision: Revision) -> Option<String> {
    let limit = web.at("spec.replicas").int_or(0) + bound(web, "maxSurge", Rounding::Up);
    let sets = store.list_in(&REPLICA_SETS, "default").map(|set| set.at("spec.replicas").int_or(0));
    let total: i64 = sets.sum();
    (total > limit).then(|| format!("maxSurge: {total} wanted by ReplicaSets, {limit} allowed at rv {revision}"))
}

fn too_few(store: &Store, seen: Revision, web: &Object, change: &Change) -> Option<String> {
    let most = bound(web, "maxUnavailable", Rounding::Down);
    let past = store.at(seen).ok()?;
    let available = |set: &Object| set.at("status.availableReplicas").int_or(0);
    let total: i64 = past.list_in(&REPLICA_SETS, "default").map(available).sum();
    let (before, after) = (change.before.as_ref()?, change.after.as_ref()?);
    let cut = before.at("spec.replicas").int_or(0) - after.at("spec.replicas").int_or(0);
    let unhealthy = before.at("spec.replicas").int_or(0) - available(before);
    let left = total - (cut - unhealthy.max(0)).max(0);
    let wanted: i64 = past.list_in(&REPLICA_SETS, "default").map(|set| set.at("spec.replicas").int_or(0)).sum();
    let scaled_down = wanted > web.at("spec.replicas").int_or(0) + bound(web, "maxSurge", Rounding::Up);
    let least = web.at("spec.replicas").int_or(0).saturating_sub(most);
    (left < least && !scaled_down && total >= least)
        .then(|| format!("maxUnavailable: {left} left available, {least} needed at rv {}", change.revision))
}

fn pick(chance: &mut Chance, from: &[Text]) -> Option<Text> {
    let index = usize::try_from(chance.below(from.len() as u64)).ok()?;
    from.get(index).cloned()
}
