//! An API server with every controller on it and no nodes.

use super::NOW;
use crate::api::{Api, Request, Response, Target, Verb};
use crate::controllers::CONTROLLERS;
use crate::model::{Chance, Key, Object, Span, Text, Time, Value};
use crate::plan::{Controller, EventDraft, Plan, View};
use crate::store::{Cache, Change};
use std::collections::{BTreeMap, BTreeSet};

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

/// How long a failed reconcile waits.
const BACK_OFF: Span = Span::millis(5);

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
        if plan.error.is_some() {
            self.timers.insert((self.now + BACK_OFF, index, key.clone()));
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
