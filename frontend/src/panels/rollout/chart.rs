//! The chart of a rollout: stacked steps as paths of an SVG.

use crate::panels::clock;
use crate::panels::rollout::model::{Rollout, Sample};
use shared::model::{Span, Time};

/// The drawing's width and height, with the axes.
pub const WIDTH: f64 = 1032.0;
/// See [`WIDTH`].
pub const HEIGHT: f64 = 410.0;
const LEFT: f64 = 46.0;
const RIGHT: f64 = 1016.0;
const TOP: f64 = 22.0;
const BOTTOM: f64 = 380.0;

/// The chart's shapes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Chart {
    /// Ready Pods of the newest revision, as a closed path.
    pub new_ready: String,
    /// Pods of the newest revision that are not ready.
    pub new_waiting: String,
    /// Ready Pods of older revisions.
    pub old_ready: String,
    /// Pods of older revisions that are not ready.
    pub old_waiting: String,
    /// Where the ceiling is.
    pub ceiling: f64,
    /// Where the floor is.
    pub floor: f64,
    /// The numbers of Pods and their heights.
    pub rows: Vec<(f64, i64)>,
    /// The times and their places.
    pub ticks: Vec<(f64, String)>,
    /// Where the playhead is.
    pub playhead: f64,
}

/// Draws a rollout whose playhead is at `now` and whose recording ends at `end`.
pub fn chart(rollout: &Rollout, now: Time, end: Time) -> Chart {
    let scale = Scale::new(rollout, end.max(now));
    let layer = |low: fn(&Sample) -> i64, high: fn(&Sample) -> i64| scale.band(&rollout.samples, low, high);
    Chart {
        new_ready: layer(|_| 0, |it| it.new_ready),
        old_ready: layer(|it| it.new_ready, |it| it.new_ready + it.old_ready),
        old_waiting: layer(|it| it.ready(), |it| it.ready() + it.old_waiting),
        new_waiting: layer(|it| it.ready() + it.old_waiting, |it| it.total()),
        ceiling: scale.y(rollout.bounds.ceiling),
        floor: scale.y(rollout.bounds.floor),
        rows: scale.rows(),
        ticks: scale.ticks(),
        playhead: scale.x(now),
    }
}

struct Scale {
    from: Time,
    to: Time,
    top: i64,
}

impl Scale {
    fn new(rollout: &Rollout, end: Time) -> Self {
        let from = rollout.samples.first().map_or(rollout.from, |sample| sample.time);
        let most = rollout.samples.iter().map(|sample| sample.total()).max().unwrap_or(0);
        let top = most.max(rollout.bounds.ceiling).max(rollout.counts.replicas) + 1;
        let last = rollout.samples.last().map_or(from, |sample| sample.time);
        let to = end.min(last.max(from + Span::seconds(4)) + (last - from).max(Span::seconds(8)));
        Self { from, to: to.max(from + Span::seconds(6)), top }
    }

    #[allow(clippy::cast_precision_loss, reason = "places on a screen need no more than a float")]
    fn x(&self, time: Time) -> f64 {
        let part = (time - self.from).0 as f64 / (self.to - self.from).0 as f64;
        LEFT + part.clamp(0.0, 1.0) * (RIGHT - LEFT)
    }

    #[allow(clippy::cast_precision_loss, reason = "places on a screen need no more than a float")]
    fn y(&self, pods: i64) -> f64 {
        BOTTOM - pods as f64 / self.top as f64 * (BOTTOM - TOP)
    }

    /// A closed path between two heights that change at the samples; empty if it has no height anywhere.
    fn band(&self, samples: &[Sample], low: fn(&Sample) -> i64, high: fn(&Sample) -> i64) -> String {
        if samples.iter().all(|it| low(it) == high(it)) {
            return String::new();
        }
        let ends = samples.iter().skip(1).map(|it| it.time).chain([self.to]);
        let spans: Vec<(f64, f64, &Sample)> =
            samples.iter().zip(ends).map(|(it, end)| (self.x(it.time), self.x(end), it)).collect();
        let there = spans.iter().flat_map(|(from, to, it)| [(*from, high(it)), (*to, high(it))]);
        let back = spans.iter().rev().flat_map(|(from, to, it)| [(*to, low(it)), (*from, low(it))]);
        let points: Vec<String> = there.chain(back).map(|(x, n)| format!("{x:.1} {:.1}", self.y(n))).collect();
        format!("M{}Z", points.join("L"))
    }

    fn rows(&self) -> Vec<(f64, i64)> {
        let step = (self.top / 8).max(1);
        (0..=self.top).step_by(usize::try_from(step).unwrap_or(1)).map(|n| (self.y(n), n)).collect()
    }

    fn ticks(&self) -> Vec<(f64, String)> {
        let length = (self.to - self.from).as_seconds();
        let step = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 3_600].into_iter().find(|step| length / step < 8);
        let step = step.unwrap_or(length.max(1));
        let first = (self.from.as_seconds() / step + 1) * step;
        let times = (0..).map(|n| Time::from_seconds(first + n * step)).take_while(|time| *time <= self.to);
        times.map(|time| (self.x(time), clock::short(time))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn a_band_goes_there_and_back() {
        let at = |seconds| Time::VIRTUAL_START + Span::seconds(seconds);
        let scale = Scale { from: at(0), to: at(10), top: 2 };
        let sample =
            |seconds, new_ready| Sample { time: at(seconds), new_ready, new_waiting: 0, old_ready: 0, old_waiting: 0 };
        let samples = [sample(0, 0), sample(5, 2)];
        expect!["M46.0 380.0L531.0 380.0L531.0 22.0L1016.0 22.0L1016.0 380.0L531.0 380.0L531.0 380.0L46.0 380.0Z"]
            .assert_eq(&scale.band(&samples, |_| 0, |it| it.new_ready));
        assert_eq!(scale.band(&samples, |_| 0, |_| 0), "");
        assert_eq!(scale.rows().len(), 3);
    }
}
