//! What a decision wants done, as data: the writes, the events, and what it saw and wanted.
//!
//! Controllers, the scheduler and the kubelet give plans; the cluster carries them out and records the cause of each write.
//!
//! Knows nothing of how a plan is carried out.

use crate::api::{Options, PatchKind, Propagation, Request, Status, Target, User, Verb};
use crate::model::{Key, Object, Span, Text, Time, Value};
use crate::store::{Cache, Change};
use crate::trace::FieldRef;

/// The writes that bring one key a step closer to what is wanted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// In the order in which they are sent; one that is refused stops the plan.
    pub writes: Vec<Write>,
    /// Announced as Event objects when the plan is accepted, whatever becomes of its writes.
    pub events: Vec<EventDraft>,
    /// What the decision saw, in a few words: `2 Pods`. Shown in the trace.
    pub observed: Text,
    /// What it wanted, in a few words: `3 Pods`. Shown in the trace.
    pub desired: Text,
    /// When to decide again about the same key, without any change.
    pub requeue_after: Option<Span>,
    /// The decision itself failed: the key is tried again after a back-off, and the trace shows this text.
    pub error: Option<Text>,
}

/// One request of a plan and why it is made.
#[derive(Clone, Debug, PartialEq)]
pub struct Write {
    /// What is asked of the API server; the user is filled in by whoever carries it out.
    pub request: Request,
    /// Why, in the actor's words: `wanted 3, saw 2`.
    pub reason: Text,
    /// The fields of other objects that this write follows; the chain of causes goes on from there.
    pub follows: Vec<FieldRef>,
    /// Reasons of refusals that are as good as success: `&["NotFound"]` when deleting.
    pub tolerate: &'static [&'static str],
    /// Announced when the write was accepted; `{name}` in its message becomes the written object's name.
    pub on_success: Option<EventDraft>,
    /// Announced when the write was refused; `{error}` in its message becomes the API server's message.
    pub on_failure: Option<EventDraft>,
}

/// An Event before the recorder gives it a name, counts and times.
#[derive(Clone, Debug, PartialEq)]
pub struct EventDraft {
    /// `involvedObject`: what it is about.
    pub about: Value,
    /// Normal or Warning.
    pub kind: EventKind,
    /// `ScalingReplicaSet`.
    pub reason: Text,
    /// What people read.
    pub message: Text,
}

/// `type` of an Event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EventKind {
    /// All is well.
    Normal,
    /// Somebody should look.
    Warning,
}

/// The snapshot that a decision reads.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// The time of the decision.
    pub now: Time,
    /// What the actor's watches have delivered so far.
    pub cache: &'a Cache,
    /// Why the previous try at the same key failed; `None` after a success.
    pub failure: Option<&'a Status>,
}

/// A control loop: one constant of functions per controller.
#[derive(Clone, Copy)]
pub struct Controller {
    /// Its name in events, users and the trace: `replicaset-controller`.
    pub name: &'static str,
    /// What it watches, and which keys each change puts on its queue.
    pub watches: &'static [Watch],
    /// Decides about one key. Total and pure.
    pub reconcile: fn(&Key, &View<'_>) -> Plan,
}

/// One resource that a controller watches.
#[derive(Clone, Copy)]
pub struct Watch {
    /// Which resource, as in [`crate::model::ResourceName::of`], or [`Watch::EVERY`].
    pub resource: &'static str,
    /// Names the keys to be decided about because of a change; the cache already holds it.
    pub enqueue: fn(&Change, &View<'_>, &mut Vec<Enqueue>),
}

impl Watch {
    /// The `resource` of a watch on every resource.
    pub const EVERY: &'static str = "*";

    /// True if changes of `resource` concern this watch.
    pub fn covers(&self, resource: &crate::model::ResourceName) -> bool {
        self.resource == Self::EVERY || self.resource == resource.as_str()
    }
}

/// A key for the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enqueue {
    /// What to decide about.
    pub key: Key,
    /// How long to wait first; zero is now.
    pub after: Span,
}

impl Enqueue {
    /// `key`, at once.
    pub fn now(key: Key) -> Self {
        Self { key, after: Span::ZERO }
    }
}

impl Plan {
    /// Nothing to do.
    pub fn nothing() -> Self {
        Self::default()
    }

    /// Adds a write.
    pub fn write(&mut self, write: Write) {
        self.writes.push(write);
    }

    /// The plan as lines of text: what it saw and wanted, each write, each event, the timer.
    pub fn to_text(&self) -> String {
        let mut lines = Vec::new();
        if !self.observed.is_empty() || !self.desired.is_empty() {
            lines.push(format!("saw {}, wanted {}", self.observed, self.desired));
        }
        lines.extend(self.writes.iter().map(Write::to_text));
        lines.extend(self.events.iter().map(EventDraft::to_text));
        lines.extend(self.requeue_after.map(|span| format!("again in {} ms", span.as_millis())));
        lines.extend(self.error.iter().map(|error| format!("error {error}")));
        lines.join("\n")
    }
}

impl Write {
    /// Any request.
    pub fn new(request: Request, reason: impl Into<Text>) -> Self {
        Self { request, reason: reason.into(), follows: Vec::new(), tolerate: &[], on_success: None, on_failure: None }
    }

    /// Creates `object`, whose `metadata.name` may be empty with `generateName`.
    pub fn create(resource: crate::model::ResourceName, object: Object, reason: impl Into<Text>) -> Self {
        let key = Key::new(resource, object.namespace(), "");
        Self::new(with_body(Verb::Create, &key, "", object.0), reason)
    }

    /// Replaces the object at `key`.
    pub fn update(key: &Key, object: Object, reason: impl Into<Text>) -> Self {
        Self::new(with_body(Verb::Update, key, "", object.0), reason)
    }

    /// Replaces the status of the object at `key` by that of `object`.
    pub fn update_status(key: &Key, object: Object, reason: impl Into<Text>) -> Self {
        Self::new(with_body(Verb::Update, key, "status", object.0), reason)
    }

    /// Replaces the status of the object at `key` and leaves the rest as it is by then, if it still has `uid`.
    pub fn patch_status(key: &Key, uid: &str, status: &Value, reason: impl Into<Text>) -> Self {
        let put =
            |path: &str, value: Value| Value::from([("op", "add".into()), ("path", path.into()), ("value", value)]);
        let patch = vec![put("/metadata/uid", uid.into()), put("/status", status.clone())];
        Self::patch(key, "status", PatchKind::Json, patch.into(), reason)
    }

    /// Changes the object at `key` (or its `subresource`) by a patch.
    pub fn patch(key: &Key, subresource: &str, kind: PatchKind, patch: Value, reason: impl Into<Text>) -> Self {
        Self::new(with_body(Verb::Patch(kind), key, subresource, patch), reason)
    }

    /// Takes a finalizer of `object`, as it was read, away.
    pub fn remove_finalizer(key: &Key, object: &Object, finalizer: &str, why: &str) -> Self {
        let kept: Vec<Value> = object.finalizers().filter(|it| *it != finalizer).map(Value::from).collect();
        let kept = if kept.is_empty() { Value::Null } else { kept.into() };
        let mut patch = Value::map();
        patch.set("metadata.uid", object.uid());
        patch.set("metadata.resourceVersion", object.metadata().get("resourceVersion"));
        patch.set("metadata.finalizers", kept);
        let reason = format!("took the finalizer {finalizer} away: {why}");
        Self::patch(key, "", PatchKind::Merge, patch, reason).tolerating(&["NotFound"])
    }

    /// Deletes the object at `key` if it still has `uid`; that it is gone already is as good.
    pub fn delete(key: &Key, uid: &str, reason: impl Into<Text>) -> Self {
        let mut request = with_body(Verb::Delete, key, "", Value::Null);
        request.options.uid = uid.into();
        Self { tolerate: &["NotFound"], ..Self::new(request, reason) }
    }

    /// With a grace period in seconds, for a deletion.
    pub fn grace(mut self, seconds: i64) -> Self {
        self.request.options.grace_period_seconds = Some(seconds);
        self
    }

    /// With a propagation policy, for a deletion.
    pub fn propagation(mut self, policy: Propagation) -> Self {
        self.request.options.propagation = Some(policy);
        self
    }

    /// Because of a field.
    pub fn following(mut self, key: &Key, path: &str) -> Self {
        self.follows.push(FieldRef::new(key, path));
        self
    }

    /// As good as accepted when refused for one of these reasons.
    pub fn tolerating(mut self, reasons: &'static [&'static str]) -> Self {
        self.tolerate = reasons;
        self
    }

    /// Announces success.
    pub fn announcing(mut self, event: EventDraft) -> Self {
        self.on_success = Some(event);
        self
    }

    /// Announces failure.
    pub fn or_announcing(mut self, event: EventDraft) -> Self {
        self.on_failure = Some(event);
        self
    }

    /// One line: `create pods default/web-: wanted 3, saw 2`.
    pub fn to_text(&self) -> String {
        let target = &self.request.target;
        let generated = self.request.body.at("metadata.generateName");
        let named = self.request.body.at("metadata.name");
        let name = [target.name.as_str(), named.str(), generated.str()].into_iter().find(|it| !it.is_empty());
        let key = Key::new(target.resource.clone(), target.namespace.clone(), name.unwrap_or_default());
        let part = if target.subresource.is_empty() { String::new() } else { format!("/{}", target.subresource) };
        let how = self.request.options.propagation.map(|it| format!(" ({it:?})")).unwrap_or_default();
        format!("{} {}{part} {}{how}: {}", self.request.verb.word(), target.resource, key.path(), self.reason)
    }
}

impl EventDraft {
    /// A Normal event about `object`.
    pub fn normal(object: &Object, reason: &str, message: impl Into<Text>) -> Self {
        let about = reference_to(object);
        Self { about, kind: EventKind::Normal, reason: reason.into(), message: message.into() }
    }

    /// A Warning event about `object`.
    pub fn warning(object: &Object, reason: &str, message: impl Into<Text>) -> Self {
        Self { kind: EventKind::Warning, ..Self::normal(object, reason, message) }
    }

    /// One line: `event Normal ScalingReplicaSet: Scaled up …`.
    pub fn to_text(&self) -> String {
        format!("event {} {}: {}", self.kind.as_str(), self.reason, self.message)
    }

    /// Narrows the event to a part of its object: `spec.containers{web}`.
    pub fn at(mut self, field_path: &str) -> Self {
        self.about.set("fieldPath", field_path);
        self
    }
}

impl EventKind {
    /// `Normal`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "Normal",
            Self::Warning => "Warning",
        }
    }
}

/// A `v1.ObjectReference` to `object`, as events carry it.
pub fn reference_to(object: &Object) -> Value {
    let mut about = Value::map();
    for (field, value) in [
        ("kind", Value::from(object.kind())),
        ("namespace", object.namespace().into()),
        ("name", object.name().into()),
        ("uid", object.uid().into()),
        ("apiVersion", object.api_version().into()),
        ("resourceVersion", object.metadata().get("resourceVersion").clone()),
    ] {
        if !value.is_empty() {
            about.set(field, value);
        }
    }
    about
}

fn with_body(verb: Verb, key: &Key, subresource: &str, body: Value) -> Request {
    let target = Target {
        resource: key.resource.clone(),
        version: Text::new_static("v1"),
        namespace: key.namespace.clone(),
        name: key.name.clone(),
        subresource: subresource.into(),
    };
    Request { verb, target, body, options: Options::default(), user: User::admin() }
}
