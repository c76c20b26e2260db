//! Events as a table, newest first.

use crate::panels::kinds;
use crate::panels::status::Glyph;
use shared::model::key::resources::EVENTS;
use shared::model::{Key, Object, Order, Text, Time};
use shared::playground::World;

/// How many events are drawn.
const ROWS_MAX: usize = 300;

/// An event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRow {
    /// Names it.
    pub key: Key,
    /// When it happened last.
    pub time: Option<Time>,
    /// Normal or Warning.
    pub kind: Text,
    /// Its shape.
    pub glyph: Glyph,
    /// `ScalingReplicaSet`.
    pub reason: Text,
    /// What it is about.
    pub about: Key,
    /// The kind of that.
    pub about_kind: Text,
    /// Who says it.
    pub from: Text,
    /// What it says.
    pub message: Text,
    /// How often.
    pub count: i64,
}

/// The events that contain `filter` in any case, newest first; of one object only, if given.
pub fn event_rows(world: &World, filter: &str, about: Option<&Key>) -> Vec<EventRow> {
    let filter = filter.trim().to_lowercase();
    let read = |(key, event): (&Key, &Object)| Some(row(key, event)).filter(|row| matches(row, &filter));
    let mut rows: Vec<EventRow> = match about {
        None => world.list(&EVENTS).filter_map(read).collect(),
        Some(about) => {
            world.events_about(&about.name).filter(|(_, it)| involved(it) == *about).filter_map(read).collect()
        }
    };
    rows.order_by(|a, b| (b.time, &b.key.name).cmp(&(a.time, &a.key.name)));
    rows.truncate(ROWS_MAX);
    rows
}

/// How many events there are; of one object only, if given.
pub fn event_count(world: &World, about: Option<&Key>) -> usize {
    match about {
        None => world.events,
        Some(key) => world.events_about(&key.name).filter(|(_, event)| involved(event) == *key).count(),
    }
}

fn matches(row: &EventRow, filter: &str) -> bool {
    let texts = [&row.reason, &row.about.name, &row.from, &row.message, &row.kind, &row.about_kind];
    filter.is_empty() || texts.iter().any(|text| text.to_lowercase().contains(filter))
}

fn row(key: &Key, event: &Object) -> EventRow {
    let kind = event.get("type").text();
    EventRow {
        key: key.clone(),
        time: when(event),
        glyph: if kind == "Warning" { Glyph::Warning } else { Glyph::Note },
        kind,
        reason: event.get("reason").text(),
        about: involved(event),
        about_kind: event.at("involvedObject.kind").text(),
        from: source(event),
        message: event.get("message").text(),
        count: event.get("count").int_or(1).max(event.at("series.count").int_or(1)),
    }
}

/// The key of what an event is about.
fn involved(event: &Object) -> Key {
    let it = event.get("involvedObject");
    let group = it.get("apiVersion").str().split_once('/').map_or_else(
        || if ["Deployment", "ReplicaSet"].contains(&it.get("kind").str()) { "apps" } else { "" },
        |(group, _)| group,
    );
    let namespace = if it.get("kind").str() == "Node" { Text::default() } else { it.get("namespace").text() };
    Key::new(kinds::resource_of(it.get("kind").str(), group), namespace, it.get("name").text())
}

fn when(event: &Object) -> Option<Time> {
    let fields = ["series.lastObservedTime", "eventTime", "lastTimestamp", "firstTimestamp"];
    let times = fields.into_iter().filter_map(|field| Time::parse(event.at(field).str()));
    times.max().or_else(|| event.created())
}

fn source(event: &Object) -> Text {
    let named = [event.get("reportingComponent").text(), event.at("source.component").text()];
    let component = named.into_iter().find(|it| !it.is_empty()).unwrap_or_default();
    match event.at("source.host").str() {
        "" => component,
        host => format!("{component}/{host}").into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::panels::{clock, fixture};
    use expect_test::{Expect, expect};

    fn check(filter: &str, about: Option<&Key>, expected: &Expect) {
        let line = |row: EventRow| {
            let time = row.time.map(clock::clock).unwrap_or_default();
            format!(
                "{time} {} {} {} {} {} {}\n",
                row.kind, row.reason, row.about_kind, row.about.name, row.from, row.message
            )
        };
        let rows = event_rows(&fixture::rolling(), filter, about);
        expected.assert_eq(&rows.into_iter().map(line).collect::<String>());
    }

    #[test]
    fn events_are_found_by_text_and_object() {
        check(
            "",
            None,
            &expect![[r#"
            01:19.000 Normal Pulling Pod web-7d4b9c-x2x9p kubelet Pulling image nginx:1.27.3
            01:19.000 Normal ScalingReplicaSet Deployment web deployment-controller Scaled up replica set web-7d4b9c from 2 to 3
        "#]],
        );
        check(
            "SCALING",
            None,
            &expect![[r#"
            01:19.000 Normal ScalingReplicaSet Deployment web deployment-controller Scaled up replica set web-7d4b9c from 2 to 3
        "#]],
        );
        check(
            "",
            Some(&fixture::newest_pod()),
            &expect![[r#"
            01:19.000 Normal Pulling Pod web-7d4b9c-x2x9p kubelet Pulling image nginx:1.27.3
        "#]],
        );
        assert_eq!(event_count(&fixture::rolling(), Some(&fixture::newest_pod())), 1);
    }
}
