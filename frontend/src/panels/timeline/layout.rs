//! Where the entries of the timeline are drawn, in px.

use crate::panels::clock;
use crate::panels::timeline::model::{Entry, Shape, Timeline};
use shared::model::{Order, Span, Time};

/// The height of a lane.
pub const LANE: f64 = 21.0;

/// Room before the first entry and after the last.
const MARGIN: f64 = 14.0;

/// How many px a second has, at least; all of it fits where there is room.
const SECOND: f64 = 36.0;

/// How many px lie between two ticks, at least.
const TICK_ROOM: f64 = 84.0;

/// How far apart entries stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Axis {
    /// By virtual time.
    Time,
    /// Evenly, in their order.
    #[default]
    Order,
}

/// The picture.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Picture {
    /// Its width.
    pub width: f64,
    /// Its height, without the axis.
    pub height: f64,
    /// Where each entry begins, and how wide it is.
    pub spots: Vec<Spot>,
    /// The arrows of causes, those of the chain last.
    pub arrows: Vec<Arrow>,
    /// Where the playhead is.
    pub playhead: f64,
    /// The axis.
    pub ticks: Vec<(f64, String)>,
}

/// Where an entry is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spot {
    /// Its left edge.
    pub x: f64,
    /// The middle of its lane.
    pub y: f64,
    /// How wide its shape is.
    pub width: f64,
}

/// An arrow from a cause.
#[derive(Clone, Debug, PartialEq)]
pub struct Arrow {
    /// The path.
    pub path: String,
    /// True if it belongs to the chain.
    pub in_chain: bool,
}

/// Draws a timeline that is at least `room` px wide.
pub fn picture(timeline: &Timeline, axis: Axis, room: f64) -> Picture {
    let spots = match axis {
        Axis::Order => in_order(timeline),
        Axis::Time => by_time(timeline, room),
    };
    let end = timeline.entries.iter().zip(&spots).map(|(entry, spot)| spot.x + advance(entry));
    let width = end.fold(room, f64::max) + MARGIN;
    let height = float(timeline.lanes.len()) * LANE;
    let playhead = playhead(timeline, &spots);
    Picture { width, height, arrows: arrows(timeline, &spots), playhead, ticks: ticks(timeline, &spots), spots }
}

/// How wide the shape of an entry is.
fn shape_width(entry: &Entry) -> f64 {
    match entry.shape {
        Shape::Square => 9.0,
        Shape::Flag | Shape::Fault | Shape::Diamond => 12.0,
        Shape::Pill | Shape::Box => 10.0 + 7.0 * float(entry.label.len()),
    }
}

/// How far the next entry stands from this one.
fn advance(entry: &Entry) -> f64 {
    let label = match entry.shape {
        Shape::Square => 4.0 + 6.5 * float(entry.label.len()),
        _ => 0.0,
    };
    shape_width(entry) + label + 11.0
}

fn in_order(timeline: &Timeline) -> Vec<Spot> {
    let mut x = MARGIN;
    let place = |entry: &Entry| {
        let spot = spot(entry, x);
        x += advance(entry);
        spot
    };
    timeline.entries.iter().map(place).collect()
}

fn by_time(timeline: &Timeline, room: f64) -> Vec<Spot> {
    let Some((first, last)) = timeline.entries.first().zip(timeline.entries.last()) else { return Vec::new() };
    let scale = ((room - 3.0 * MARGIN) / seconds(last.time - first.time).max(0.001)).max(SECOND);
    let place = |entry: &Entry| spot(entry, MARGIN + seconds(entry.time - first.time) * scale);
    timeline.entries.iter().map(place).collect()
}

fn spot(entry: &Entry, x: f64) -> Spot {
    Spot { x, y: float(entry.lane) * LANE + LANE / 2.0, width: shape_width(entry) }
}

fn arrows(timeline: &Timeline, spots: &[Spot]) -> Vec<Arrow> {
    let mut all = Vec::new();
    for (entry, to) in timeline.entries.iter().zip(spots) {
        for cause in &entry.causes {
            let Some((other, from)) = timeline.entries.get(*cause).zip(spots.get(*cause)) else { continue };
            all.push(Arrow { path: curve(from, to), in_chain: entry.in_chain && other.in_chain });
        }
    }
    all.order_by_key(|arrow| arrow.in_chain);
    all
}

fn curve(from: &Spot, to: &Spot) -> String {
    let (x1, x2) = (from.x + from.width, to.x - 1.5);
    let bend = ((x2 - x1) / 2.0).clamp(9.0, 40.0);
    format!("M{x1:.1} {:.1}C{:.1} {:.1} {:.1} {:.1} {x2:.1} {:.1}", from.y, x1 + bend, from.y, x2 - bend, to.y, to.y)
}

fn playhead(timeline: &Timeline, spots: &[Spot]) -> f64 {
    match timeline.past.checked_sub(1).and_then(|last| timeline.entries.get(last).zip(spots.get(last))) {
        Some((entry, spot)) => spot.x + advance(entry) - 6.0,
        None => MARGIN / 2.0,
    }
}

fn ticks(timeline: &Timeline, spots: &[Spot]) -> Vec<(f64, String)> {
    let mut ticks: Vec<(f64, String)> = Vec::new();
    let mut last: Option<Time> = None;
    for (entry, spot) in timeline.entries.iter().zip(spots) {
        let room = ticks.last().is_none_or(|(x, _)| spot.x - x >= TICK_ROOM);
        if room && last != Some(entry.time) {
            ticks.push((spot.x, clock::clock(entry.time)));
            last = Some(entry.time);
        }
    }
    ticks
}

#[allow(clippy::cast_precision_loss, reason = "places on a screen need no more than a float")]
fn float(n: usize) -> f64 {
    n as f64
}

#[allow(clippy::cast_precision_loss, reason = "places on a screen need no more than a float")]
fn seconds(span: Span) -> f64 {
    span.0 as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::panels::fixture;
    use crate::panels::timeline::model::timeline;

    #[test]
    fn entries_do_not_overlap_in_order() {
        let all = timeline(&fixture::rolling(), None, None);
        let it = picture(&all, Axis::Order, 300.0);
        assert!(it.spots.windows(2).all(|pair| pair[0].x + pair[0].width < pair[1].x));
        assert!(it.playhead > it.spots.last().unwrap().x && it.playhead <= it.width);
        assert_eq!(it.arrows.len(), all.entries.iter().map(|entry| entry.causes.len()).sum::<usize>());
    }

    #[test]
    fn time_keeps_its_scale() {
        let all = timeline(&fixture::rolling(), None, None);
        let it = picture(&all, Axis::Time, 300.0);
        let gap =
            |a: usize, b: usize| (it.spots[b].x - it.spots[a].x) / seconds(all.entries[b].time - all.entries[a].time);
        assert!((gap(0, 2) - SECOND).abs() < 0.1, "{}", gap(0, 2));
    }
}
