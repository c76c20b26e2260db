//! The scrubber: a track over all recorded time with its marks, and where keys lead.

use crate::panels::clock;
use shared::model::key::resources::DEPLOYMENTS;
use shared::model::{Key, Span, Text, Time};
use shared::playground::World;
use shared::trace::{ActionKind, Actor, Effect, Reconcile, Revision};

/// How many marks have their title beside them; more stand alone.
const TITLES_MAX: usize = 6;

/// How near marks may be before titles are left out, in parts of the whole track.
const TITLE_ROOM: f64 = 0.11;

/// From where on titles are left out, because they would run over the end.
const TITLE_END: f64 = 0.87;

/// How many ticks the axis has at most.
const TICKS_MAX: i64 = 7;

/// Writes of one rollout are at most this far apart.
const ROLLOUT_GAP: Span = Span::seconds(30);

/// The track. Places are parts of the whole, from 0 to 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Track {
    /// Where the playhead is.
    pub head: f64,
    /// Where the recording ends.
    pub end: f64,
    /// What was done.
    pub marks: Vec<Mark>,
    /// When rollouts ran.
    pub rollouts: Vec<(f64, f64)>,
    /// The axis.
    pub ticks: Vec<(f64, String)>,
}

/// Something that came from outside.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// Where.
    pub place: f64,
    /// A diamond instead of a flag.
    pub fault: bool,
    /// What; empty where there is no room for it.
    pub title: Text,
    /// What, always.
    pub full: Text,
    /// The revision to go to.
    pub revision: Revision,
}

/// Reads the track.
pub fn track(world: &World) -> Track {
    let start = clock::start(world);
    let length = length(start, world.clock.end);
    let place = |time: Time| part(time - start, length);
    Track {
        head: place(world.clock.now),
        end: place(world.clock.end),
        marks: marks(world, &place),
        rollouts: rollouts(world).into_iter().map(|(from, to)| (place(from), place(to))).collect(),
        ticks: ticks(start, length),
    }
}

/// How much time the whole track stands for: a little more than is recorded.
fn length(start: Time, end: Time) -> Span {
    let recorded = (end - start).as_seconds().max(0);
    Span::seconds((recorded + recorded / 50 + 2).max(20))
}

#[allow(clippy::cast_precision_loss, reason = "places on a track need no more than a float")]
fn part(span: Span, of: Span) -> f64 {
    (span.0 as f64 / of.0 as f64).clamp(0.0, 1.0)
}

fn marks(world: &World, place: &impl Fn(Time) -> f64) -> Vec<Mark> {
    let mut marks: Vec<Mark> = Vec::new();
    for action in &world.actions {
        let at = place(action.time);
        let room =
            marks.iter().rev().find(|mark| !mark.title.is_empty()).is_none_or(|mark| at - mark.place > TITLE_ROOM);
        let title = if room && at < TITLE_END && marks.len() < TITLES_MAX {
            short_title(&action.title)
        } else {
            Text::default()
        };
        let fault = action.kind == ActionKind::Fault;
        marks.push(Mark {
            place: at,
            fault,
            title,
            full: action.title.clone(),
            revision: revision_at(world, action.time),
        });
    }
    marks
}

/// `apply` for `apply deployment.yaml`; a fault says all of its title.
fn short_title(title: &Text) -> Text {
    match title.split_once(' ') {
        Some(("apply", _)) => "apply".into(),
        _ => title.chars().take(18).collect::<String>().into(),
    }
}

/// The times in which the deployment controller scaled `ReplicaSets`, joined where they are near.
fn rollouts(world: &World) -> Vec<(Time, Time)> {
    let by_rollout = |actor: &Actor| matches!(actor, Actor::Controller(name) if name == "deployment-controller");
    let mut all: Vec<(Time, Time)> = Vec::new();
    for record in world.records.iter().filter(|it| by_rollout(&it.actor) && it.effect != Effect::Deleted) {
        match all.last_mut() {
            Some((_, to)) if record.time - *to <= ROLLOUT_GAP => *to = record.time,
            _ if record.key.resource == DEPLOYMENTS => {}
            _ => all.push((record.time, record.time)),
        }
    }
    all
}

fn ticks(start: Time, length: Span) -> Vec<(f64, String)> {
    let seconds = length.as_seconds();
    let steps = [5, 10, 20, 30, 60, 120, 300, 600, 1_800, 3_600, 14_400, 86_400];
    let step = steps.into_iter().find(|step| seconds / step < TICKS_MAX).unwrap_or(seconds);
    let times = (0..).map(|n| n * step).take_while(|at| *at < seconds);
    times.map(|at| (part(Span::seconds(at), length), clock::short(start + Span::seconds(at)))).collect()
}

/// The revision that was the newest at a part of the track.
pub fn seek(world: &World, place: f64) -> Revision {
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "a place between two times")]
    let micros = (place.clamp(0.0, 1.0) * length(clock::start(world), world.clock.end).0 as f64) as i64;
    revision_at(world, (clock::start(world) + Span::micros(micros)).min(world.clock.end))
}

/// The newest revision at `time`.
pub fn revision_at(world: &World, time: Time) -> Revision {
    let before = world.records.partition_point(|record| record.time <= time);
    before.checked_sub(1).map_or(Revision(0), |index| world.records[index].revision)
}

/// The revision `steps` writes later, or earlier for a negative number.
pub fn step(world: &World, steps: i64) -> Revision {
    let here = world.records.partition_point(|record| record.revision <= world.clock.revision);
    let here = i64::try_from(here).unwrap_or(i64::MAX) - 1;
    let last = i64::try_from(world.records.len()).unwrap_or(i64::MAX) - 1;
    let index = usize::try_from((here + steps).clamp(0, last.max(0))).unwrap_or(0);
    world.records.get(index).map_or(Revision(0), |record| record.revision)
}

/// The revision at `span` after the playhead, or before it for a negative one.
pub fn step_time(world: &World, span: Span) -> Revision {
    revision_at(world, world.clock.now + span)
}

/// Where the reconciles of one key are, for the rollout's own list.
pub fn passes_of<'a>(world: &'a World, actor: &'a str, key: &'a Key) -> impl Iterator<Item = &'a Reconcile> {
    let own = move |it: &&Reconcile| it.key == *key && super::super::map::loops::actor_name(&it.actor) == actor;
    world.reconciles.iter().filter(own)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::panels::fixture;
    use expect_test::expect;

    #[test]
    fn the_track_has_marks_rollouts_and_ticks() {
        let it = track(&fixture::rolling());
        let marks = it
            .marks
            .iter()
            .map(|mark| format!("{:.3} {} {:?} rv {}\n", mark.place, mark.fault, mark.title, mark.revision));
        let ticks: Vec<_> = it.ticks.iter().map(|(at, text)| format!("{at:.2} {text}")).collect();
        let text = format!(
            "{:.3} of {:.3}\n{}{:.2?}\n{}",
            it.head,
            it.end,
            marks.collect::<String>(),
            it.rollouts,
            ticks.join(", ")
        );
        expect![[r#"
            0.729 of 0.964
            0.036 false "apply" rv 0
            0.368 true "kill container web" rv 0
            0.646 false "apply" rv 94
            [(0.65, 0.71)]
            0.00 00:00, 0.18 00:20, 0.36 00:40, 0.54 01:00, 0.71 01:20, 0.89 01:40"#]]
        .assert_eq(&text);
    }

    #[test]
    fn keys_step_over_writes() {
        let world = fixture::in_the_past();
        let revisions = [step(&world, 1), step(&world, -1), step(&world, 99), step(&world, -99)];
        assert_eq!(revisions.map(|it| it.0), [121, 116, 124, 93]);
        assert_eq!(step_time(&world, Span::seconds(-1)).0, 96);
        assert_eq!(seek(&world, 1.0).0, 124);
        assert_eq!(seek(&World::default(), 0.5).0, 0);
    }
}
