//! Fixtures of the controllers' tests: caches from terse text, plans as text, and a small cluster without nodes.

use crate::api::{Api, Request, Response, Target, Verb};
use crate::controllers::CONTROLLERS;
use crate::model::key::resources::{DEPLOYMENTS, PODS, REPLICA_SETS};
use crate::model::{Chance, Key, Object, OwnerReference, Span, Text, Time, Value};
use crate::plan::{Controller, EventDraft, Plan, View};
use crate::store::{Cache, Change};
use crate::trace::Revision;
use std::collections::{BTreeMap, BTreeSet};

/// The moment of every fixture.
pub(crate) const NOW: Time = Time::VIRTUAL_START;

/// A cache that is filled by hand.
#[derive(Default)]
pub(crate) struct Fixture {
    pub(crate) cache: Cache,
    revision: u64,
}

impl Fixture {
    /// Puts an object into the cache, with a uid and resource version if it has none.
    pub(crate) fn put(&mut self, key: &Key, mut object: Object) -> Object {
        self.revision += 1;
        if object.uid().is_empty() {
            object.set("metadata.uid", format!("uid-{}", key.name));
        }
        object.set("metadata.resourceVersion", self.revision.to_string());
        let before = self.cache.get(key).cloned();
        let after = Some(object.clone());
        self.cache.apply(&Change { revision: Revision(self.revision), key: key.clone(), before, after });
        object
    }

    /// The view at [`NOW`].
    pub(crate) fn view(&self) -> View<'_> {
        View { now: NOW, cache: &self.cache, failure: None }
    }

    /// A Deployment and its sets, oldest first: `web 4 maxSurge=0 maxUnavailable=1: old=4/4/4 new=0/0/0`.
    ///
    /// A set is `NAME=WANTED/THERE/AVAILABLE`; the one called `new` has the Deployment's template.
    pub(crate) fn deployment(&mut self, text: &str) -> Key {
        let (head, sets) = text.split_once(':').unwrap();
        let mut words = head.split_whitespace();
        let mut deployment = deployment(words.next().unwrap(), words.next().unwrap().parse().unwrap());
        for (field, value) in words.filter_map(|word| word.split_once('=')) {
            let place = match field {
                "maxSurge" | "maxUnavailable" => format!("spec.strategy.rollingUpdate.{field}"),
                "type" => "spec.strategy.type".to_owned(),
                field => format!("spec.{field}"),
            };
            deployment.set(&place, Value::from_json(value).unwrap_or_else(|_| value.into()));
        }
        let key = Key::new(DEPLOYMENTS, "default", deployment.name());
        let deployment = self.put(&key, deployment);
        let sizes =
            sets.split_whitespace().filter_map(|it| it.split_once('=')?.1.split('/').next()?.parse::<i64>().ok());
        let total = sizes.sum::<i64>();
        for (index, token) in sets.split_whitespace().enumerate() {
            let mut set = set_of(&deployment, token, i64::try_from(index).unwrap());
            let annotations = set.entry("metadata.annotations").map_mut();
            annotations.insert("deployment.kubernetes.io/max-replicas", total.to_string());
            self.put(&Key::new(REPLICA_SETS, "default", set.name()), set);
        }
        key
    }

    /// A `ReplicaSet` and its pods: `web 2: a=Ready b=Pending c=Unscheduled`.
    ///
    /// A pod is `[?|#]NAME=STATE[@NODE][~SECONDS_READY][!RESTARTS][$COST]`; `?` has no owner, `#` has other labels.
    pub(crate) fn replica_set(&mut self, text: &str) -> Key {
        let (head, pods) = text.split_once(':').unwrap();
        let (name, replicas) = head.split_once(' ').unwrap();
        let set = replica_set(name, replicas.trim().parse().unwrap());
        let key = Key::new(REPLICA_SETS, "default", name);
        let set = self.put(&key, set);
        for token in pods.split_whitespace() {
            let pod = pod(&set, token);
            self.put(&Key::new(PODS, "default", pod.name()), pod);
        }
        key
    }
}

/// A `ReplicaSet` whose selector and template have the label `app: NAME`.
pub(crate) fn replica_set(name: &str, replicas: i64) -> Object {
    let mut set = Object::new("apps/v1", "ReplicaSet", "default", name);
    set.set("metadata.generation", 1);
    set.set("spec.replicas", replicas);
    set.set("spec.selector.matchLabels.app", name);
    set.set("spec.template.metadata.labels.app", name);
    let container = Value::from([("name", "c".into()), ("image", "nginx:1".into())]);
    set.set("spec.template.spec.containers", Value::from(vec![container]));
    set
}

/// A rolling Deployment whose selector and template have the label `app: NAME`.
pub(crate) fn deployment(name: &str, replicas: i64) -> Object {
    let mut it = replica_set(name, replicas);
    it.set("kind", "Deployment");
    it.set("spec.strategy.type", "RollingUpdate");
    it.set("spec.strategy.rollingUpdate.maxSurge", "25%");
    it.set("spec.strategy.rollingUpdate.maxUnavailable", "25%");
    it.set("spec.progressDeadlineSeconds", 600);
    it.set("spec.revisionHistoryLimit", 10);
    it
}

fn set_of(deployment: &Object, token: &str, index: i64) -> Object {
    let (name, counts) = token.split_once('=').unwrap();
    let counts: Vec<i64> = counts.split('/').map(|it| it.parse().unwrap()).collect();
    let mut set = Object::new("apps/v1", "ReplicaSet", "default", name);
    set.set("metadata.creationTimestamp", (NOW - Span::seconds(100 - index)).to_string());
    set.set("metadata.generation", 1);
    set.set("metadata.labels.app", deployment.name());
    set.set("metadata.labels.pod-template-hash", name);
    let annotations = set.entry("metadata.annotations").map_mut();
    annotations.insert("deployment.kubernetes.io/revision", (index + 1).to_string());
    let wanted = deployment.at("spec.replicas").int_or(0);
    annotations.insert("deployment.kubernetes.io/desired-replicas", wanted.to_string());
    set.set("metadata.ownerReferences", Value::from(vec![OwnerReference::controlled_by(deployment).to_value()]));
    set.set("spec.replicas", counts[0]);
    set.set("spec.template", deployment.at("spec.template"));
    if name != "new" {
        set.set("spec.template.spec.hostname", name);
    }
    set.set("status.observedGeneration", 1);
    set.set("status.terminatingReplicas", 0);
    set.set("status.replicas", counts[1]);
    set.set("status.readyReplicas", counts[2]);
    set.set("status.availableReplicas", counts[2]);
    set
}

fn pod(set: &Object, token: &str) -> Object {
    let (name, state) = token.split_once('=').unwrap();
    let owned = !name.starts_with('?');
    let selected = !name.starts_with('#');
    let mut pod = Object::new("v1", "Pod", "default", name.trim_start_matches(['?', '#']));
    pod.set("metadata.labels.app", if selected { set.name() } else { "other".into() });
    pod.set("metadata.creationTimestamp", (NOW - Span::seconds(100)).to_string());
    if owned {
        pod.set("metadata.ownerReferences", Value::from(vec![OwnerReference::controlled_by(set).to_value()]));
    }
    let word = state.split(['@', '~', '!', '$']).next().unwrap();
    let since = part(state, '~').map_or(50, |text| text.parse().unwrap());
    if word != "Unscheduled" {
        let node = part(state, '@').map_or_else(|| format!("node-of-{}", pod.name()), str::to_owned);
        pod.set("spec.nodeName", node);
    }
    pod.set("status", status(word, NOW - Span::seconds(since)));
    if word == "Stopping" {
        pod.set("metadata.deletionTimestamp", NOW.to_string());
    }
    if let Some(restarts) = part(state, '!') {
        let container = Value::from([("restartCount", restarts.parse::<i64>().unwrap().into())]);
        pod.set("status.containerStatuses", Value::from(vec![container]));
    }
    if let Some(cost) = part(state, '$') {
        let annotations = pod.entry("metadata.annotations").map_mut();
        annotations.insert("controller.kubernetes.io/pod-deletion-cost", cost);
    }
    pod
}

fn part(state: &str, mark: char) -> Option<&str> {
    let (_, rest) = state.split_once(mark)?;
    rest.split(['@', '~', '!', '$']).next()
}

/// A pod's status in one word: `Ready`, `NotReady`, `Stopping`, or a phase.
pub(crate) fn status(word: &str, since: Time) -> Value {
    let (phase, ready) = match word {
        "Ready" | "Stopping" => ("Running", "True"),
        "NotReady" => ("Running", "False"),
        "Unscheduled" => ("Pending", "False"),
        phase => (phase, "False"),
    };
    let condition = Value::from([
        ("type", "Ready".into()),
        ("status", ready.into()),
        ("lastTransitionTime", since.to_string().into()),
    ]);
    Value::from([("phase", phase.into()), ("conditions", vec![condition].into())])
}

/// A plan as text, with the status of each status write.
pub(crate) fn shown(plan: &Plan) -> String {
    let mut text = plan.to_text();
    for write in &plan.writes {
        let target = &write.request.target;
        if target.subresource == "status" {
            text.extend(["\n", &target.name, " status", &status_in_words(write.request.body.get("status"))]);
        }
    }
    text
}

/// Each count and each condition of a status.
fn status_in_words(status: &Value) -> String {
    let counts = status.fields().iter().filter(|(field, _)| field != "conditions");
    let mut words: Vec<String> = counts.map(|(field, value)| format!(" {field}={value}")).collect();
    for it in status.get("conditions").items() {
        let word = |field: &str| it.get(field).str().to_owned();
        words.push(format!("\n  {}={} {}: {}", word("type"), word("status"), word("reason"), word("message")));
    }
    words.concat()
}

/// An API server with every controller on it and no nodes; tests play scheduler and kubelet.
pub(crate) struct World {
    pub(crate) api: Api,
    pub(crate) cache: Cache,
    pub(crate) now: Time,
    pub(crate) events: Vec<String>,
    pub(crate) timers: BTreeSet<(Time, usize, Key)>,
    failures: BTreeMap<(usize, Key), crate::api::Status>,
    queue: BTreeSet<(usize, Key)>,
    rotation: Chance,
}

/// The most reconciles between two pauses of a test.
const RECONCILES_MAX: usize = 100_000;

impl World {
    /// A world whose names, uids and order of reconciles come from `seed`.
    pub(crate) fn new(seed: u64) -> Self {
        let api = Api::new(Chance::new(seed));
        Self {
            api,
            cache: Cache::default(),
            now: NOW,
            events: Vec::new(),
            timers: BTreeSet::new(),
            failures: BTreeMap::new(),
            queue: BTreeSet::new(),
            rotation: Chance::new(seed ^ 1),
        }
    }

    /// Sends a request and lets every cache see what it did.
    pub(crate) fn send(&mut self, request: &Request) -> Response {
        let before = self.api.store().revision();
        let response = self.api.handle(request, self.now);
        let changes: Vec<Change> = self.api.store().since(before).unwrap().cloned().collect();
        for change in changes {
            self.cache.apply(&change);
            self.enqueue(&change);
        }
        response
    }

    /// Creates an object, which must be accepted.
    pub(crate) fn create(&mut self, key: &Key, object: Object) {
        let request = request(Verb::Create, key, "", object.0);
        let response = self.send(&request);
        assert!(response.failure().is_none(), "{response:?}");
    }

    /// Changes an object (or its status), which must be accepted.
    pub(crate) fn change(&mut self, key: &Key, subresource: &str, change: impl FnOnce(&mut Object)) {
        let mut object = self.cache.get(key).unwrap().clone();
        change(&mut object);
        let request = request(Verb::Update, key, subresource, object.0);
        let response = self.send(&request);
        assert!(response.failure().is_none(), "{response:?}");
    }

    /// Deletes an object, if it is there.
    pub(crate) fn delete(&mut self, key: &Key, change: impl FnOnce(&mut Request)) {
        let mut request = request(Verb::Delete, key, "", Value::Null);
        change(&mut request);
        self.send(&request);
    }

    /// Reconciles until nothing is left to do, in an order drawn from the seed.
    pub(crate) fn settle(&mut self) {
        self.settle_while(|_| {});
    }

    /// The same; `check` looks at the world after each reconcile.
    pub(crate) fn settle_while(&mut self, mut check: impl FnMut(&Self)) {
        for _ in 0..RECONCILES_MAX {
            if !self.step() {
                return;
            }
            check(self);
        }
        panic!("no rest after {RECONCILES_MAX} reconciles: {:?}", self.queue);
    }

    /// Lets time pass and the timers that become due fire, settling after each.
    pub(crate) fn pass(&mut self, span: Span) {
        let end = self.now + span;
        while let Some((due, controller, key)) = self.timers.pop_first() {
            if due > end {
                self.timers.insert((due, controller, key));
                break;
            }
            self.now = self.now.max(due);
            self.queue.insert((controller, key));
            self.settle();
        }
        self.now = end;
    }

    /// Does one reconcile, drawn from the seed; false if none is due.
    pub(crate) fn step(&mut self) -> bool {
        let pick = usize::try_from(self.rotation.below(self.queue.len() as u64)).unwrap();
        let Some((index, key)) = self.queue.iter().nth(pick).cloned() else { return false };
        self.queue.remove(&(index, key.clone()));
        let controller: &Controller = &CONTROLLERS[index];
        let failure = self.failures.remove(&(index, key.clone()));
        let view = View { now: self.now, cache: &self.cache, failure: failure.as_ref() };
        let plan = (controller.reconcile)(&key, &view);
        if let Some(after) = plan.requeue_after {
            self.timers.insert((self.now + after, index, key.clone()));
        }
        self.carry_out(plan, index, &key);
        true
    }

    fn carry_out(&mut self, plan: Plan, index: usize, key: &Key) {
        self.events.extend(plan.events.iter().map(EventDraft::to_text));
        for write in plan.writes {
            let response = self.send(&write.request);
            let refused = response.failure().filter(|it| !write.tolerate.contains(&it.reason)).cloned();
            let written = response.as_object().map(Object::name).unwrap_or_default();
            let event = if refused.is_some() { write.on_failure } else { write.on_success };
            let error = refused.as_ref().map_or("", |it| it.message.as_str());
            self.events.extend(event.map(|it| it.to_text().replace("{name}", &written).replace("{error}", error)));
            if let Some(refused) = refused {
                self.failures.insert((index, key.clone()), refused);
                self.timers.insert((self.now + Span::millis(5), index, key.clone()));
                return;
            }
        }
    }

    fn enqueue(&mut self, change: &Change) {
        let view = View { now: self.now, cache: &self.cache, failure: None };
        for (index, controller) in CONTROLLERS.iter().enumerate() {
            for watch in controller.watches.iter().filter(|it| it.covers(&change.key.resource)) {
                let mut found = Vec::new();
                (watch.enqueue)(change, &view, &mut found);
                for it in found {
                    if it.after > Span::ZERO {
                        self.timers.insert((self.now + it.after, index, it.key));
                    } else {
                        self.queue.insert((index, it.key));
                    }
                }
            }
        }
    }
}

/// A request by the administrator.
pub(crate) fn request(verb: Verb, key: &Key, subresource: &str, body: Value) -> Request {
    let target = Target {
        resource: key.resource.clone(),
        version: Text::new_static("v1"),
        namespace: key.namespace.clone(),
        name: key.name.clone(),
        subresource: subresource.into(),
    };
    Request { body, ..Request::new(verb, target) }
}
