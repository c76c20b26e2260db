//! The last part of most descriptions: the events about the object.
//!
//! Upstream: `DescribeEvents`, `searchEvents`, `pkg/util/event/sorted_event_list.go`.

use crate::api::Options;
use crate::api::printing::since;
use crate::kubectl::describe::writer::Writer;
use crate::kubectl::print;
use crate::kubectl::session::Session;
use crate::model::key::resources::EVENTS;
use crate::model::{Object, Order, Time, Value};

/// Which fields of `involvedObject` must be the object's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum About {
    /// Kind, name, namespace and uid.
    Object,
    /// Nodes report events with their name as uid.
    Name,
}

/// The events about `object`; `None` if there are no such things as events.
pub(super) fn about(session: &mut Session<'_>, object: &Object, by: About) -> Option<Vec<Object>> {
    let kind = session.kinds().resource(&EVENTS).ok()?;
    let (name, namespace, uid) = (object.name(), object.namespace(), object.uid());
    let mut fields = vec![format!("involvedObject.name={name}")];
    if !namespace.is_empty() {
        fields.push(format!("involvedObject.namespace={namespace}"));
    }
    fields.push(format!("involvedObject.kind={}", object.kind()));
    if by == About::Object {
        fields.push(format!("involvedObject.uid={uid}"));
    }
    let options = Options { field_selector: fields.join(",").into(), ..Options::default() };
    let list = session.list(&kind, &namespace, options).ok()?;
    let mut events = print::items(&list);
    events.retain(|it| {
        let of = it.get("involvedObject");
        of.get("name").str() == name
            && of.get("kind").str() == object.kind()
            && (namespace.is_empty() || of.get("namespace").str() == namespace)
            && (by == About::Name || of.get("uid").str() == uid)
    });
    Some(events)
}

/// Writes the events, oldest first.
pub(super) fn write(out: &mut Writer, events: Option<Vec<Object>>, now: Time) {
    let Some(mut events) = events else { return };
    if events.is_empty() {
        out.field(0, "Events", "<none>");
        return;
    }
    out.flush();
    events.order_by_key(last_seen);
    out.line(0, "Events:");
    out.line(0, "  Type\tReason\tAge\tFrom\tMessage");
    out.line(0, "  ----\t------\t----\t----\t-------");
    for event in &events {
        out.line(1, line(event, now));
    }
}

fn line(event: &Object, now: Time) -> String {
    let source = match event.at("source.component").str() {
        "" => event.get("reportingComponent").str(),
        source => source,
    };
    let message = event.get("message").str().trim();
    let field = event.at("involvedObject.fieldPath").str();
    let message = if field.is_empty() { message.to_owned() } else { format!("{field}: {message}") };
    let (kind, reason) = (event.get("type").str(), event.get("reason").str());
    format!("{kind}\t{reason}\t{}\t{source}\t{message}", interval(event, now))
}

/// `5s`, or `5s (x3 over 20s)`.
pub(crate) fn interval(event: &Object, now: Time) -> String {
    let first = first_seen(event, now);
    let series = event.get("series");
    if !series.is_null() {
        let last = since(series.get("lastObservedTime"), now);
        return format!("{last} (x{} over {first})", series.get("count").int_or(0));
    }
    match event.get("count").int_or(0) {
        ..=1 => first,
        count => format!("{} (x{count} over {first})", since(event.get("lastTimestamp"), now)),
    }
}

fn first_seen(event: &Object, now: Time) -> String {
    let time = event.get("eventTime");
    since(if is_time(time) { time } else { event.get("firstTimestamp") }, now)
}

fn is_time(value: &Value) -> bool {
    Time::parse(value.str()).is_some()
}

/// When an event was seen last, for sorting.
pub(crate) fn last_seen(event: &Object) -> Option<Time> {
    let read = |path: &str| Time::parse(event.at(path).str());
    read("series.lastObservedTime").or_else(|| read("lastTimestamp")).or_else(|| read("eventTime"))
}
