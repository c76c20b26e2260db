//! `v1` Event and `events.k8s.io/v1` Event, which are two forms of the same objects.
//!
//! Upstream: `pkg/registry/core/event/strategy.go`, `pkg/apis/events/v1/conversion.go`, `printEvent`.

use crate::api::printing::since;
use crate::api::registry::{Conversion, Named};
use crate::api::{Column, Resource};
use crate::model::{Object, Text, Time, Value};

/// The registration in the core group.
pub(super) const RESOURCE: Resource = Resource {
    kind: "Event",
    plural: "events",
    singular: "event",
    short_names: &["ev"],
    default: |event| {
        for field in ["involvedObject", "source"] {
            if event.get(field).is_null() {
                event.set(field, Value::map());
            }
        }
    },
    selectable: &[
        ("involvedObject.kind", |it| it.at("involvedObject.kind").text()),
        ("involvedObject.namespace", |it| it.at("involvedObject.namespace").text()),
        ("involvedObject.name", |it| it.at("involvedObject.name").text()),
        ("involvedObject.uid", |it| it.at("involvedObject.uid").text()),
        ("involvedObject.apiVersion", |it| it.at("involvedObject.apiVersion").text()),
        ("involvedObject.resourceVersion", |it| it.at("involvedObject.resourceVersion").text()),
        ("involvedObject.fieldPath", |it| it.at("involvedObject.fieldPath").text()),
        ("reason", |it| it.get("reason").text()),
        ("reportingComponent", |it| it.get("reportingComponent").text()),
        ("source", source),
        ("type", |it| it.get("type").text()),
    ],
    columns: &[
        Column::new("LAST SEEN", last_seen),
        Column::new("TYPE", |it, _| it.get("type").str().to_owned()),
        Column::new("REASON", |it, _| it.get("reason").str().to_owned()),
        Column::new("OBJECT", |it, _| about(it)),
        Column::wide("SUBOBJECT", |it, _| it.at("involvedObject.fieldPath").str().to_owned()),
        Column::wide("SOURCE", |it, _| shown_source(it)),
        Column::new("MESSAGE", |it, _| it.get("message").str().trim().to_owned()),
        Column::wide("FIRST SEEN", first_seen),
        Column::wide("COUNT", |it, _| count(it).to_string()),
        Column::wide("NAME", |it, _| it.name().to_string()),
    ],
    named: Named::InColumns,
    ..Resource::NONE
};

/// The registration in the group `events.k8s.io`.
pub(super) const EVENTS_GROUP: Resource = Resource {
    group: "events.k8s.io",
    default: |_| {},
    kept_as: Some(Conversion { resource: "events", api_version: "v1", to_stored: to_core, from_stored: from_core }),
    ..RESOURCE
};

/// Field names: core's, and those of `events.k8s.io/v1`.
const RENAMED: &[(&str, &str)] = &[
    ("involvedObject", "regarding"),
    ("message", "note"),
    ("source", "deprecatedSource"),
    ("firstTimestamp", "deprecatedFirstTimestamp"),
    ("lastTimestamp", "deprecatedLastTimestamp"),
    ("count", "deprecatedCount"),
    ("reportingComponent", "reportingController"),
];

fn to_core(event: Object) -> Object {
    renamed(event, "v1", RENAMED.iter().map(|(core, new)| (*new, *core)))
}

fn from_core(event: Object) -> Object {
    renamed(event, "events.k8s.io/v1", RENAMED.iter().copied())
}

fn renamed<'a>(mut event: Object, version: &str, names: impl Iterator<Item = (&'a str, &'a str)>) -> Object {
    event.set("apiVersion", version);
    for (from, to) in names {
        let value = event.remove(from);
        if !value.is_null() {
            event.set(to, value);
        }
    }
    event
}

fn source(event: &Object) -> Text {
    let component = event.at("source.component").text();
    if component.is_empty() { event.get("reportingComponent").text() } else { component }
}

fn shown_source(event: &Object) -> String {
    let parts = [source(event), event.at("source.host").text()];
    parts.iter().filter(|it| !it.is_empty()).map(Text::as_str).collect::<Vec<_>>().join(", ")
}

fn about(event: &Object) -> String {
    let (kind, name) = (event.at("involvedObject.kind").str().to_lowercase(), event.at("involvedObject.name").str());
    if name.is_empty() { kind } else { format!("{kind}/{name}") }
}

fn count(event: &Object) -> i64 {
    event.at("series.count").as_int().or(event.get("count").as_int()).filter(|it| *it > 0).unwrap_or(1)
}

fn first_seen(event: &Object, now: Time) -> String {
    let first = event.get("firstTimestamp");
    since(if first.is_empty() { event.get("eventTime") } else { first }, now)
}

fn last_seen(event: &Object, now: Time) -> String {
    let (series, last) = (event.at("series.lastObservedTime"), event.get("lastTimestamp"));
    if !series.is_empty() {
        return since(series, now);
    }
    if last.is_empty() { first_seen(event, now) } else { since(last, now) }
}
