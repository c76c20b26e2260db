//! Turns announcements into Event objects: names them, counts repeats, combines similar ones, drops floods.
//!
//! Upstream: `k8s.io/client-go/tools/record/events_cache.go`, `event.go`; the scheduler's events have the form of
//! `k8s.io/client-go/tools/events/event_recorder.go`.

use crate::api::{PatchKind, Request, Target, Verb};
use crate::model::key::resources::EVENTS;
use crate::model::{Digest, Few, Span, Text, Time, Value};
use crate::plan::EventDraft;
use crate::trace::Actor;
use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;

/// How many different messages about one thing are kept apart; later ones are combined.
const SIMILAR_MAX: usize = 10;
/// How long similar messages count together.
const SIMILAR_WITHIN: Span = Span::seconds(600);
/// How many events one source may send about one object at once.
const FLOOD_BURST: i64 = 25;
/// How long until it may send one more.
const FLOOD_REFILL: Span = Span::seconds(300);
/// How many events, groups and sources are remembered.
const REMEMBERED: usize = 4_096;

/// Remembers what was announced.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recorder {
    sent: Memory<Sent>,
    groups: Memory<Group>,
    floods: Memory<Flood>,
    last_nanos: i64,
}

#[derive(Clone, Debug, Default)]
struct Sent {
    name: Text,
    count: i64,
}

#[derive(Clone, Debug, Default)]
struct Group {
    messages: Few<Text, ()>,
    last: Time,
}

#[derive(Clone, Debug, Default)]
struct Flood {
    spent: i64,
    counted: Time,
}

/// A map that forgets its oldest entry when it is full; names are hashes, so that thousands of Pods cost little.
#[derive(Clone, Debug)]
struct Memory<V> {
    entries: BTreeMap<Digest, V>,
    order: VecDeque<Digest>,
}

impl Recorder {
    /// The request that announces `draft`, or `None` if the source floods.
    pub(crate) fn record(&mut self, draft: &EventDraft, actor: &Actor, now: Time) -> Option<Request> {
        let thing = thing(draft, actor);
        if !self.floods.entry(thing).admits(now) {
            return None;
        }
        let kind = and(and(thing, draft.kind.as_str()), &draft.reason);
        let combined = self.groups.entry(kind).is_full(&draft.message, now);
        let message: Text = if combined {
            format!("(combined from similar events): {}", draft.message).into()
        } else {
            draft.message.clone()
        };
        let event = if combined { kind } else { and(kind, &message) };
        let nanos = self.next_nanos(now);
        let sent = self.sent.entry(event);
        sent.count += 1;
        if sent.count > 1 {
            return Some(repeat(draft, sent, &message, actor, now));
        }
        sent.name = format!("{}.{nanos:016x}", draft.about.get("name").str()).into();
        Some(first(draft, &sent.name, &message, actor, now))
    }

    /// Learns that an event it counted on is gone, so that the next one is created anew.
    pub(crate) fn forget(&mut self, name: &str) {
        self.sent.entries.retain(|_, sent| sent.name != name);
    }

    /// Nanoseconds that no earlier event had, so that names do not clash.
    fn next_nanos(&mut self, now: Time) -> i64 {
        self.last_nanos = (now.0.saturating_mul(1_000)).max(self.last_nanos + 1);
        self.last_nanos
    }
}

/// Names a source and an object: what a flood is counted for.
fn thing(draft: &EventDraft, actor: &Actor) -> Digest {
    let mut digest = Digest::default();
    // Writing to a digest cannot fail.
    let _ = write!(digest, "{actor}|");
    for field in ["kind", "namespace", "name", "uid", "fieldPath"] {
        digest.text(draft.about.get(field).str());
    }
    digest
}

fn and(digest: Digest, text: &str) -> Digest {
    let mut digest = digest;
    digest.text(text);
    digest
}

impl Flood {
    fn admits(&mut self, now: Time) -> bool {
        let earned = (now - self.counted).0.max(0) / FLOOD_REFILL.0;
        if earned > 0 || self.spent == 0 {
            self.spent = (self.spent - earned).max(0);
            self.counted = now;
        }
        let admitted = self.spent < FLOOD_BURST;
        self.spent += i64::from(admitted);
        admitted
    }
}

impl Group {
    fn is_full(&mut self, message: &Text, now: Time) -> bool {
        if now - self.last > SIMILAR_WITHIN {
            self.messages.clear();
        }
        self.last = now;
        self.messages.insert(message.clone(), ());
        if self.messages.len() < SIMILAR_MAX {
            return false;
        }
        self.messages.pop_first();
        true
    }
}

impl<V: Default> Memory<V> {
    fn entry(&mut self, name: Digest) -> &mut V {
        if !self.entries.contains_key(&name) {
            self.order.push_back(name);
        }
        while self.order.len() > REMEMBERED {
            if let Some(oldest) = self.order.pop_front() {
                self.entries.remove(&oldest);
            }
        }
        self.entries.entry(name).or_default()
    }
}

impl<V> Default for Memory<V> {
    fn default() -> Self {
        Self { entries: BTreeMap::new(), order: VecDeque::new() }
    }
}

fn namespace(draft: &EventDraft) -> Text {
    let namespace = draft.about.get("namespace").text();
    if namespace.is_empty() { Text::new_static("default") } else { namespace }
}

fn request(verb: Verb, draft: &EventDraft, name: &str, body: Value) -> Request {
    let target = Target {
        resource: EVENTS,
        version: Text::new_static("v1"),
        namespace: namespace(draft),
        name: name.into(),
        subresource: Text::default(),
    };
    Request { body, ..Request::new(verb, target) }
}

fn first(draft: &EventDraft, name: &Text, message: &Text, actor: &Actor, now: Time) -> Request {
    let mut event = Value::from([
        ("apiVersion", "v1".into()),
        ("kind", "Event".into()),
        ("metadata", Value::from([("name", name.into()), ("namespace", namespace(draft).into())])),
        ("involvedObject", draft.about.clone()),
        ("type", draft.kind.as_str().into()),
        ("reason", (&draft.reason).into()),
        ("message", message.into()),
    ]);
    stamp(&mut event, actor, now);
    request(Verb::Create, draft, "", event)
}

/// Source and times: the scheduler writes the new form, everybody else the old one.
fn stamp(event: &mut Value, actor: &Actor, now: Time) {
    let (component, host) = match actor {
        Actor::Kubelet(node) => (Text::new_static("kubelet"), node.clone()),
        Actor::User | Actor::Controller(_) | Actor::Scheduler | Actor::ApiServer => {
            (actor.to_string().into(), "".into())
        }
    };
    event.set("reportingComponent", &component);
    if *actor == Actor::Scheduler {
        let action = if event.get("reason").str() == "Scheduled" { "Binding" } else { "Scheduling" };
        event.set("action", action);
        event.set("eventTime", now.to_micro_string());
        event.set("reportingInstance", "default-scheduler-control-plane");
        return;
    }
    event.set("source.component", component);
    if !host.is_empty() {
        event.set("source.host", &host);
    }
    event.set("reportingInstance", host);
    event.set("firstTimestamp", now.to_string());
    event.set("lastTimestamp", now.to_string());
    event.set("count", 1);
}

fn repeat(draft: &EventDraft, sent: &Sent, message: &Text, actor: &Actor, now: Time) -> Request {
    let mut patch = Value::map();
    if *actor == Actor::Scheduler {
        patch.set("series.count", sent.count);
        patch.set("series.lastObservedTime", now.to_micro_string());
    } else {
        patch.set("count", sent.count);
        patch.set("lastTimestamp", now.to_string());
        patch.set("message", message);
    }
    request(Verb::Patch(PatchKind::Merge), draft, &sent.name, patch)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Object;

    fn send(recorder: &mut Recorder, message: String, now: Time) -> String {
        let pod = Object::new("v1", "Pod", "default", "web");
        let draft = EventDraft::warning(&pod, "Unhealthy", message);
        match recorder.record(&draft, &Actor::Kubelet("a".into()), now) {
            None => "dropped".to_owned(),
            Some(request) if request.verb == Verb::Create => "new ".to_owned() + request.body.get("message").str(),
            Some(request) => format!("{}× {}", request.body.get("count"), request.body.get("message").str()),
        }
    }

    #[test]
    fn repeats_are_counted_similar_ones_combined_and_floods_dropped() {
        let mut recorder = Recorder::default();
        let now = Time::VIRTUAL_START;
        assert_eq!(send(&mut recorder, "a".into(), now), "new a");
        assert_eq!(send(&mut recorder, "a".into(), now), "2× a");
        let others: Vec<String> = (0..10).map(|n| send(&mut recorder, format!("m{n}"), now)).collect();
        assert_eq!(others[7], "new m7");
        assert_eq!(others[8], "new (combined from similar events): m8");
        assert_eq!(others[9], "2× (combined from similar events): m9");
        let flood: Vec<String> = (0..14).map(|_| send(&mut recorder, "a".into(), now)).collect();
        assert_eq!(flood[13], "dropped");
        assert_ne!(send(&mut recorder, "a".into(), now + FLOOD_REFILL), "dropped");
    }
}
