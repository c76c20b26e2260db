//! The rollout as data: bounds, revisions, the steps of the deployment controller, and how many Pods there were when.

use crate::panels::inspector::model::{ConditionRow, conditions};
use crate::panels::map::owners::{Progress, Rev, SetCard, progress, set_cards};
use crate::panels::rollout::history::Readiness;
use crate::panels::rollout::settings::{Setting, settings};
use crate::panels::rollout::steps::{Ahead, Step, ahead, steps};
use shared::model::intstr::Rounding;
use shared::model::key::resources::PODS;
use shared::model::{IntOrString, Key, Object, Order, Span, Time};
use shared::playground::World;
use shared::trace::{Actor, Effect, Record};
use std::collections::BTreeMap;

/// How many records are looked through for a rollout.
const RECORDS_LOOKED_AT: usize = 20_000;

/// The rollout of a Deployment.
#[derive(Clone, Debug, PartialEq)]
pub struct Rollout {
    /// The Deployment.
    pub key: Key,
    /// Where it is.
    pub progress: Progress,
    /// How many are updated, wanted, there and available.
    pub counts: Counts,
    /// What bounds it.
    pub bounds: Bounds,
    /// The revisions, newest first.
    pub revisions: Vec<Revision>,
    /// What the controller did, oldest first.
    pub steps: Vec<Step>,
    /// What it waits for.
    pub ahead: Option<Ahead>,
    /// The numbers that steer it.
    pub settings: Vec<Setting>,
    /// The Deployment's conditions.
    pub conditions: Vec<ConditionRow>,
    /// How many old revisions are kept: `spec.revisionHistoryLimit`.
    pub kept: i64,
    /// How many Pods there were when.
    pub samples: Vec<Sample>,
    /// When it began.
    pub from: Time,
    /// How long it has run, or ran.
    pub elapsed: Span,
}

/// Numbers of Pods.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Of the newest revision.
    pub updated: i64,
    /// Wanted.
    pub replicas: i64,
    /// There.
    pub total: i64,
    /// Available.
    pub available: i64,
}

/// The bounds of a rolling update.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bounds {
    /// False for the strategy Recreate, which has none.
    pub rolling: bool,
    /// How many Pods there may be.
    pub ceiling: i64,
    /// How many must be available.
    pub floor: i64,
    /// `maxSurge` as it is written.
    pub surge: String,
    /// `maxUnavailable` as it is written.
    pub unavailable: String,
}

/// A revision.
#[derive(Clone, Debug, PartialEq)]
pub struct Revision {
    /// Its `ReplicaSet`.
    pub set: SetCard,
    /// Its number.
    pub number: i64,
    /// The images of its Pod template.
    pub images: String,
    /// When it was made.
    pub created: Option<Time>,
}

/// How many Pods there were from a time on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// From when on.
    pub time: Time,
    /// Ready Pods of the newest revision.
    pub new_ready: i64,
    /// Pods of the newest revision that were not ready.
    pub new_waiting: i64,
    /// Pods of older revisions that were ready.
    pub old_ready: i64,
    /// Pods of older revisions that were not ready.
    pub old_waiting: i64,
}

impl Sample {
    /// All of them.
    pub fn total(self) -> i64 {
        self.new_ready + self.new_waiting + self.old_ready + self.old_waiting
    }

    /// Those that are ready.
    pub fn ready(self) -> i64 {
        self.new_ready + self.old_ready
    }
}

/// Reads the rollout of the Deployment `key`; `None` if it is not there.
pub fn rollout(world: &World, readiness: &Readiness, key: &Key) -> Option<Rollout> {
    let deployment = world.get(key)?;
    let revisions = revisions(world, deployment);
    let newest = revisions.first().map(|it| it.set.key.clone());
    let from = revisions.first().and_then(|it| began(world, &it.set.key)).or(deployment.created()).unwrap_or_default();
    let steps = steps(world, key, newest.as_ref(), from);
    let state = progress(deployment);
    let end = steps.iter().filter(|it| it.past).map(|it| it.time).next_back().filter(|_| state == Progress::Complete);
    let bounds = bounds(deployment);
    let mut it = Rollout {
        key: key.clone(),
        counts: counts(deployment),
        ahead: None,
        settings: settings(deployment, key, &bounds, world.clock.now),
        conditions: conditions(deployment),
        kept: deployment.at("spec.revisionHistoryLimit").int_or(10),
        bounds,
        samples: samples(world, readiness, &lives(world, &revisions), newest.as_ref(), from),
        progress: state,
        revisions,
        steps,
        from,
        elapsed: end.unwrap_or(world.clock.now) - from,
    };
    it.ahead = ahead(world, &it);
    Some(it)
}

fn counts(deployment: &Object) -> Counts {
    let status = |field| deployment.at("status").get(field).int_or(0);
    Counts {
        updated: status("updatedReplicas"),
        replicas: deployment.at("spec.replicas").int_or(1),
        total: status("replicas"),
        available: status("availableReplicas"),
    }
}

fn bounds(deployment: &Object) -> Bounds {
    let replicas = deployment.at("spec.replicas").int_or(1);
    let rolling = deployment.at("spec.strategy.rollingUpdate");
    let read = |field, rounding| {
        let value = IntOrString::read(rolling.get(field)).unwrap_or_else(|| IntOrString::parse("25%"));
        (value.scaled(replicas, rounding).unwrap_or(0), value.to_string())
    };
    let (surge, surge_text) = read("maxSurge", Rounding::Up);
    let (out, out_text) = read("maxUnavailable", Rounding::Down);
    let out = if surge == 0 && out == 0 { 1 } else { out };
    Bounds {
        rolling: deployment.at("spec.strategy.type").str() != "Recreate",
        ceiling: replicas + surge,
        floor: (replicas - out).max(0),
        surge: surge_text,
        unavailable: out_text,
    }
}

fn revisions(world: &World, deployment: &Object) -> Vec<Revision> {
    let number = |rev| match rev {
        Rev::None => 0,
        Rev::New(n) | Rev::Old(n) => n,
    };
    let one = |set: SetCard| {
        let object = world.get(&set.key)?;
        let containers = object.at("spec.template.spec.containers").items();
        let images: Vec<&str> = containers.iter().map(|it| it.get("image").str()).collect();
        Some(Revision { number: number(set.rev), images: images.join(", "), created: object.created(), set })
    };
    let mut all: Vec<Revision> = set_cards(world, deployment).into_iter().filter_map(one).collect();
    all.order_by_key(|it| std::cmp::Reverse(it.number));
    all
}

/// When the `ReplicaSet` last was given Pods after it had been told to have none: the begin of its rollout.
fn began(world: &World, set: &Key) -> Option<Time> {
    let created = world.writes_of(set).find(|record| record.effect == Effect::Created)?;
    Some(created.time)
}

/// The newest records.
pub(super) fn recent(world: &World) -> &[Record] {
    let from = world.records.len().saturating_sub(RECORDS_LOOKED_AT);
    &world.records[from..]
}

/// From when to when a Pod counted, and for which `ReplicaSet`.
#[derive(Clone, Debug, PartialEq)]
struct Life {
    set: Key,
    from: Time,
    to: Option<Time>,
}

/// The lives of the Pods that the `ReplicaSets` made. A Pod counts until its `ReplicaSet` deletes it.
fn lives(world: &World, revisions: &[Revision]) -> BTreeMap<Key, Life> {
    let mut lives: BTreeMap<Key, Life> = BTreeMap::new();
    for record in recent(world).iter().filter(|record| record.key.resource == PODS) {
        match record.effect {
            Effect::Created => {
                let set = world.reconcile_of(record).map(|pass| pass.key.clone());
                if let Some(set) = set.filter(|set| revisions.iter().any(|it| it.set.key == *set)) {
                    lives.insert(record.key.clone(), Life { set, from: record.time, to: None });
                }
            }
            Effect::Updated | Effect::Deleted => end(&mut lives, record),
        }
    }
    lives
}

fn end(lives: &mut BTreeMap<Key, Life>, record: &Record) {
    let by_set = matches!(&record.actor, Actor::Controller(name) if name == "replicaset-controller");
    let by_person = record.actor == Actor::User;
    let ends = by_set || by_person || record.effect == Effect::Deleted;
    if let Some(life) = lives.get_mut(&record.key).filter(|life| ends && life.to.is_none()) {
        life.to = Some(record.time);
    }
}

fn samples(
    world: &World,
    readiness: &Readiness,
    lives: &BTreeMap<Key, Life>,
    newest: Option<&Key>,
    from: Time,
) -> Vec<Sample> {
    let mut times: Vec<Time> = vec![from - LEAD];
    for (key, life) in lives {
        times.push(life.from);
        times.extend(life.to);
        times.extend(readiness.changes(key).map(|(time, _)| time));
    }
    times.retain(|time| *time >= from - LEAD && *time <= world.clock.end);
    times.order();
    times.dedup();
    times.into_iter().map(|time| sample(readiness, lives, newest, time)).collect()
}

/// How much of the time before the rollout is shown.
const LEAD: Span = Span::seconds(2);

fn sample(readiness: &Readiness, lives: &BTreeMap<Key, Life>, newest: Option<&Key>, time: Time) -> Sample {
    let mut it = Sample { time, new_ready: 0, new_waiting: 0, old_ready: 0, old_waiting: 0 };
    for (key, life) in lives {
        if life.from > time || life.to.is_some_and(|to| to <= time) {
            continue;
        }
        let place = match (Some(&life.set) == newest, readiness.was_ready(key, time)) {
            (true, true) => &mut it.new_ready,
            (true, false) => &mut it.new_waiting,
            (false, true) => &mut it.old_ready,
            (false, false) => &mut it.old_waiting,
        };
        *place += 1;
    }
    it
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::panels::fixture;
    use expect_test::expect;
    use shared::model::key::resources::DEPLOYMENTS;

    #[test]
    fn a_rollout_has_bounds_revisions_and_steps() {
        let world = fixture::rolling();
        let mut readiness = Readiness::default();
        readiness.note(&world, &fixture::rolling_delta());
        let it = rollout(&world, &readiness, &Key::new(DEPLOYMENTS, "default", "web")).unwrap();
        let revisions: Vec<_> =
            it.revisions.iter().map(|it| format!("{} {} {}", it.number, it.set.key.name, it.images)).collect();
        let steps: Vec<_> = it.steps.iter().map(|it| format!("#{} {}", it.number, it.scaling)).collect();
        let text = format!(
            "{:?}\n{:?}\n{revisions:?}\n{steps:?}\n{} samples\n{:?}",
            it.counts,
            it.bounds,
            it.samples.len(),
            it.elapsed
        );
        expect![[r##"
            Counts { updated: 3, replicas: 5, total: 6, available: 5 }
            Bounds { rolling: true, ceiling: 6, floor: 5, surge: "1", unavailable: "0" }
            ["2 web-7d4b9c nginx:1.27.3", "1 web-6c8f5d nginx:1.25.5"]
            ["#31 created ReplicaSet web-7d4b9c as revision 2 with 1 replicas: no other has the template of the spec", "#39 raised ReplicaSet web-7d4b9c from 2 to 3: room for one more under maxSurge 1"]
            2 samples
            Span(9228000)"##]]
        .assert_eq(&text);
        assert!(rollout(&world, &readiness, &Key::default()).is_none());
    }
}
