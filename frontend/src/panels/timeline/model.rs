//! What is on the timeline: the last writes and passes around the playhead, with the causes between them.

use crate::panels::inspector::model::actor_word;
use crate::panels::map::loops::{actor_name, title};
use crate::panels::timeline::chain::{Link, before, causes};
use shared::model::key::resources::{EVENTS, LEASES};
use shared::model::{Key, Order, Text, Time};
use shared::playground::World;
use shared::trace::{ActionId, ActionKind, Actor, Cause, Outcome, ReconcileId, Record, Revision};
use std::collections::{BTreeMap, BTreeSet};

/// How many writes before and after the playhead are drawn.
const WRITES_BEFORE: usize = 160;
const WRITES_AFTER: usize = 40;

/// How many records are looked through for them; heartbeats and events are not drawn.
const RECORDS_LOOKED_AT: usize = 6_000;

/// What an entry is drawn as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A flag: something a person did.
    Flag,
    /// A red diamond: a fault.
    Fault,
    /// A square: a write.
    Square,
    /// A pill: a pass of a controller.
    Pill,
    /// A diamond: a binding.
    Diamond,
    /// A box: work of a kubelet.
    Box,
}

/// An entry.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Which one.
    pub link: Link,
    /// The index of its lane.
    pub lane: usize,
    /// What it is drawn as.
    pub shape: Shape,
    /// What is written on it or beside it.
    pub label: String,
    /// Who did it.
    pub who: Text,
    /// What it is about.
    pub key: Option<Key>,
    /// What it says, in the actor's words.
    pub what: Text,
    /// When.
    pub time: Time,
    /// The revision to go to.
    pub revision: Revision,
    /// True if it belongs to the causes of the selected object.
    pub in_chain: bool,
    /// True if it failed.
    pub failed: bool,
    /// The indices of the entries that led to it.
    pub causes: Vec<usize>,
}

/// The timeline.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Timeline {
    /// The names of the lanes, top to bottom; the first two are the person's and the API server's.
    pub lanes: Vec<Text>,
    /// In their order.
    pub entries: Vec<Entry>,
    /// How many of them are at or before the playhead.
    pub past: usize,
}

/// The lane of the person, and that of the API server.
pub const LANE_YOU: &str = "you";
/// The lane that writes are on.
pub const LANE_API: &str = "api-server";

/// Reads the timeline; with `only`, that of one actor.
pub fn timeline(world: &World, selected: Option<&Key>, only: Option<&str>) -> Timeline {
    let records = window(world, only);
    let chain = selected.map(|key| causes(world, key)).unwrap_or_default();
    let mut links = links(world, &records, only);
    links.order_by_key(|link| (time_of(world, *link), *link));
    let places: BTreeMap<Link, usize> = links.iter().enumerate().map(|(at, link)| (*link, at)).collect();
    let lanes = lanes(world, &links);
    let entry = |link: &Link| entry(world, *link, &lanes, &chain, &places);
    let entries: Vec<Entry> = links.iter().filter_map(entry).collect();
    let past = entries.partition_point(|it| it.time <= world.clock.now);
    Timeline { lanes, entries, past }
}

fn window<'a>(world: &'a World, only: Option<&str>) -> Vec<&'a Record> {
    let middle = world.records_so_far().len();
    let drawn = |record: &&&Record| is_drawn(record) && only.is_none_or(|only| actor_name(&record.actor) == only);
    let from = middle.saturating_sub(RECORDS_LOOKED_AT);
    let before: Vec<&Record> = world.records[from..middle].iter().collect();
    let mut all: Vec<&Record> = before.iter().rev().filter(drawn).take(WRITES_BEFORE).copied().collect();
    all.reverse();
    let after: Vec<&Record> = world.records[middle..].iter().take(RECORDS_LOOKED_AT).collect();
    all.extend(after.iter().filter(drawn).take(WRITES_AFTER));
    all
}

fn is_drawn(record: &Record) -> bool {
    record.key.resource != LEASES && record.key.resource != EVENTS && record.cause != Cause::Bootstrap
}

/// The writes with their causes, the actions in between, and the passes that failed.
fn links(world: &World, records: &[&Record], only: Option<&str>) -> Vec<Link> {
    let mut all: BTreeSet<Link> = BTreeSet::new();
    for record in records {
        all.insert(Link::Write(record.revision));
        all.extend(Link::of(record.cause));
    }
    let begin = records.first().map_or(Time::VIRTUAL_START, |record| record.time);
    for (id, action) in world.numbered_actions() {
        if action.time >= begin && only.is_none() {
            all.insert(Link::Action(id));
        }
    }
    let recent = world.reconciles.len().saturating_sub(RECORDS_LOOKED_AT);
    for (id, pass) in world.numbered_reconciles().skip(recent) {
        let wanted = only.is_none_or(|only| actor_name(&pass.actor) == only);
        if wanted && pass.time >= begin && matches!(pass.outcome, Outcome::Failed(_)) {
            all.insert(Link::Pass(id));
        }
    }
    all.into_iter().collect()
}

fn time_of(world: &World, link: Link) -> Time {
    match link {
        Link::Action(id) => world.action(id).map(|it| it.time).unwrap_or_default(),
        Link::Pass(id) => world.reconcile(id).map(|it| it.time).unwrap_or_default(),
        Link::Write(revision) => world.record(revision).map(|it| it.time).unwrap_or_default(),
    }
}

fn lanes(world: &World, links: &[Link]) -> Vec<Text> {
    let actors = links.iter().filter_map(|link| match link {
        Link::Pass(id) => world.reconcile(*id).map(|it| &it.actor),
        Link::Action(_) | Link::Write(_) => None,
    });
    let mut named: Vec<(u8, Text)> = actors.map(|actor| (rank(actor), lane_name(actor))).collect();
    named.order();
    named.dedup();
    [LANE_YOU, LANE_API].map(Text::new_static).into_iter().chain(named.into_iter().map(|(_, name)| name)).collect()
}

fn rank(actor: &Actor) -> u8 {
    match actor {
        Actor::User | Actor::ApiServer => 0,
        Actor::Controller(name) if name == "deployment-controller" => 1,
        Actor::Controller(name) if name == "replicaset-controller" => 2,
        Actor::Controller(_) => 3,
        Actor::Scheduler => 4,
        Actor::Kubelet(_) => 5,
    }
}

/// What the lane of an actor is called.
pub fn lane_name(actor: &Actor) -> Text {
    match actor {
        Actor::User => Text::new_static(LANE_YOU),
        Actor::ApiServer => Text::new_static(LANE_API),
        Actor::Controller(_) | Actor::Scheduler => title(actor_name(actor)),
        Actor::Kubelet(_) => actor_word(actor),
    }
}

fn entry(
    world: &World,
    link: Link,
    lanes: &[Text],
    chain: &BTreeSet<Link>,
    places: &BTreeMap<Link, usize>,
) -> Option<Entry> {
    let mut entry = match link {
        Link::Action(id) => of_action(world, id)?,
        Link::Pass(id) => of_pass(world, id, lanes)?,
        Link::Write(revision) => of_write(world, revision)?,
    };
    entry.in_chain = chain.contains(&link);
    entry.causes = before(world, link).iter().filter_map(|cause| places.get(cause).copied()).collect();
    Some(entry)
}

fn blank(link: Link, time: Time) -> Entry {
    Entry {
        link,
        lane: 0,
        shape: Shape::Flag,
        label: String::new(),
        who: Text::new_static(LANE_YOU),
        key: None,
        what: Text::default(),
        time,
        revision: Revision(0),
        in_chain: false,
        failed: false,
        causes: Vec::new(),
    }
}

fn of_action(world: &World, id: ActionId) -> Option<Entry> {
    let action = world.action(id)?;
    let fault = action.kind == ActionKind::Fault;
    Some(Entry {
        shape: if fault { Shape::Fault } else { Shape::Flag },
        label: action.title.to_string(),
        what: action.title.clone(),
        revision: crate::panels::scrubber::model::revision_at(world, action.time),
        ..blank(Link::Action(id), action.time)
    })
}

fn of_pass(world: &World, id: ReconcileId, lanes: &[Text]) -> Option<Entry> {
    let pass = world.reconcile(id)?;
    let name = lane_name(&pass.actor);
    let shape = match pass.actor {
        Actor::Scheduler => Shape::Diamond,
        Actor::Kubelet(_) => Shape::Box,
        Actor::User | Actor::Controller(_) | Actor::ApiServer => Shape::Pill,
    };
    let failed = matches!(pass.outcome, Outcome::Failed(_));
    let what = match &pass.outcome {
        Outcome::Failed(message) => message.clone(),
        Outcome::Running | Outcome::Done => said(&pass.observed, &pass.desired),
    };
    Some(Entry {
        lane: lanes.iter().position(|lane| *lane == name)?,
        shape,
        label: pass.number.to_string(),
        who: actor_word(&pass.actor),
        key: Some(pass.key.clone()),
        what,
        revision: pass.seen,
        failed,
        ..blank(Link::Pass(id), pass.time)
    })
}

fn said(observed: &Text, desired: &Text) -> Text {
    match (observed.is_empty(), desired.is_empty()) {
        (false, false) => format!("{observed} → {desired}").into(),
        _ => format!("{observed}{desired}").into(),
    }
}

fn of_write(world: &World, revision: Revision) -> Option<Entry> {
    let record = world.record(revision)?;
    Some(Entry {
        lane: 1,
        shape: Shape::Square,
        label: revision.to_string(),
        who: actor_word(&record.actor),
        key: Some(record.key.clone()),
        what: record.reason.clone(),
        revision,
        ..blank(Link::Write(revision), record.time)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::panels::fixture;
    use expect_test::{Expect, expect};

    fn check(only: Option<&str>, expected: &Expect) {
        let it = timeline(&fixture::rolling(), Some(&fixture::newest_pod()), only);
        let line = |(at, entry): (usize, &Entry)| {
            let chain = if entry.in_chain { "*" } else { " " };
            format!("{at}{chain} {} {:?} {} from {:?}\n", it.lanes[entry.lane], entry.shape, entry.label, entry.causes)
        };
        expected.assert_eq(&it.entries.iter().enumerate().map(line).collect::<String>());
    }

    #[test]
    fn entries_stand_in_their_lanes_with_their_causes() {
        check(
            None,
            &expect![[r#"
            0* you Flag apply deployment.yaml from []
            1* api-server Square 94 from [0]
            2* deployment Pill 31 from [1]
            3* api-server Square 96 from [2]
            4* deployment Pill 39 from [3]
            5* api-server Square 116 from [4]
            6* replicaset Pill 42 from [5]
            7* api-server Square 119 from [6]
            8* scheduler Diamond 11 from [7]
            9* api-server Square 121 from [8]
            10* kubelet/node-3 Box 61 from [9]
            11* api-server Square 124 from [10]
        "#]],
        );
    }

    #[test]
    fn one_actor_alone() {
        check(
            Some("replicaset-controller"),
            &expect![[r#"
            0* replicaset Pill 42 from []
            1* api-server Square 119 from [0]
        "#]],
        );
    }
}
