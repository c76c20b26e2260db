//! An API server with every controller on it and no nodes.

use super::NOW;
use crate::api::{Api, Request, Response, Target, Verb};
use crate::controllers::{CONTROLLERS, IN_EVERY_CLUSTER};
use crate::model::{Chance, Key, Object, Span, Text, Time, Value};
use crate::plan::{Controller, EventDraft, Plan, View};
use crate::store::{Cache, Change};
use crate::trace::Revision;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

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
    watch: Watching,
    undelivered: VecDeque<Change>,
    not_before: BTreeMap<(usize, Key), Revision>,
}

/// When the cache learns of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Watching {
    /// With the answer.
    AtOnce,
    /// Some steps later, drawn from the seed; a key waits until its own writes were seen.
    Late,
}

/// How long a failed reconcile waits.
const BACK_OFF: Span = Span::millis(5);

/// The most reconciles between two pauses of a test.
const RECONCILES_MAX: usize = 100_000;

impl World {
    /// A world whose names, uids and order of reconciles come from `seed`.
    pub(crate) fn new(seed: u64, watch: Watching) -> Self {
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
            watch,
            undelivered: VecDeque::new(),
            not_before: BTreeMap::new(),
        }
    }

    /// Sends a request and lets every cache see what it did.
    pub(crate) fn send(&mut self, request: &Request) -> Response {
        let before = self.api.store().revision();
        let response = self.api.handle(request, self.now);
        let changes: Vec<Change> = self.api.store().since(before).unwrap().cloned().collect();
        self.undelivered.extend(changes);
        while self.watch == Watching::AtOnce && self.deliver() {}
        response
    }

    /// Lets the cache see the oldest change that it has not seen.
    fn deliver(&mut self) -> bool {
        let Some(change) = self.undelivered.pop_front() else { return false };
        self.cache.apply(&change);
        self.enqueue(&change);
        true
    }

    /// Creates an object, which must be accepted.
    pub(crate) fn create(&mut self, key: &Key, object: Object) {
        let request = request(Verb::Create, key, "", object.0);
        let response = self.send(&request);
        assert!(response.failure().is_none(), "{response:?}");
    }

    /// Changes an object (or its status), which must be accepted.
    pub(crate) fn change(&mut self, key: &Key, subresource: &str, change: impl FnOnce(&mut Object)) {
        let mut object = self.api.store().get(key).unwrap().clone();
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

    /// Wakes the key whose timer is next, if that is within `span`.
    pub(crate) fn wake_next(&mut self, span: Span) -> bool {
        let next = self.timers.first().filter(|(due, ..)| *due <= self.now + span).cloned();
        let Some((due, index, key)) = next else { return false };
        self.timers.pop_first();
        self.now = self.now.max(due);
        self.queue.insert((index, key))
    }

    /// Does one reconcile, or delivers one change, drawn from the seed; false if nothing is due.
    pub(crate) fn step(&mut self) -> bool {
        if self.rotation.below(2) == 0 && self.deliver() {
            return true;
        }
        let seen = self.cache.revision();
        let ready = |it: &&(usize, Key)| self.not_before.get(*it).is_none_or(|revision| *revision <= seen);
        let ready: Vec<(usize, Key)> = self.queue.iter().filter(ready).cloned().collect();
        let pick = usize::try_from(self.rotation.below(ready.len() as u64)).unwrap();
        match ready.into_iter().nth(pick) {
            None => self.deliver(),
            Some((index, key)) => {
                self.reconcile(index, &key);
                true
            }
        }
    }

    fn reconcile(&mut self, index: usize, key: &Key) {
        self.queue.remove(&(index, key.clone()));
        let controller: &Controller = &CONTROLLERS[index];
        let failure = self.failures.remove(&(index, key.clone()));
        let view = View { now: self.now, cache: &self.cache, failure: failure.as_ref() };
        let plan = (controller.reconcile)(key, &view);
        if let Some(after) = plan.requeue_after {
            self.timers.insert((self.now + after, index, key.clone()));
        }
        self.carry_out(plan, index, key);
        self.not_before.insert((index, key.clone()), self.api.store().revision());
    }

    fn carry_out(&mut self, plan: Plan, index: usize, key: &Key) {
        self.events.extend(plan.events.iter().map(EventDraft::to_text));
        if plan.error.is_some() {
            self.timers.insert((self.now + BACK_OFF, index, key.clone()));
            return;
        }
        for write in plan.writes {
            let response = self.send(&write.request);
            let refused = response.failure().filter(|it| !write.tolerate.contains(&it.reason)).cloned();
            let written = response.as_object().map(Object::name).unwrap_or_default();
            let event = if refused.is_some() { write.on_failure } else { write.on_success };
            let error = refused.as_ref().map_or("", |it| it.message.as_str());
            self.events.extend(event.map(|it| it.to_text().replace("{name}", &written).replace("{error}", error)));
            if let Some(refused) = refused {
                self.failures.insert((index, key.clone()), refused);
                self.timers.insert((self.now + BACK_OFF, index, key.clone()));
                return;
            }
        }
    }

    fn enqueue(&mut self, change: &Change) {
        let view = View { now: self.now, cache: &self.cache, failure: None };
        for (index, controller) in CONTROLLERS.iter().take(IN_EVERY_CLUSTER).enumerate() {
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
