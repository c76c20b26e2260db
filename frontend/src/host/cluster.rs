//! The engine of the product: the cluster of `shared`, fed with messages and time by the worker.

use super::{Engine, wire};
use shared::model::Span;
use shared::playground::protocol::{Speed, ToPage, ToWorker};
use shared::playground::{self, Later};

/// How long one tick should keep the worker busy, in milliseconds, so that messages are answered soon.
const TICK_BUSY_MS: f64 = 24.0;
/// How often time is let go on while it plays, in milliseconds.
const TICK_EVERY_MS: i32 = 33;
/// The most time that one tick makes up for, in milliseconds: a tab that slept does not rush.
const ELAPSED_MAX_MS: f64 = 250.0;
/// Bounds of the steps that one tick may take.
const STEPS_MIN: u32 = 32;
const STEPS_MAX: u32 = 50_000;

/// A cluster in this worker.
pub struct ClusterEngine {
    engine: playground::Engine,
    steps: u32,
    clock: fn() -> f64,
}

impl ClusterEngine {
    /// A fresh cluster, without its later part; `clock` gives milliseconds and is used only to keep ticks short.
    pub fn new(clock: fn() -> f64) -> Self {
        Self { engine: fresh(), steps: STEPS_MIN, clock }
    }
}

/// A fresh cluster whose later part is in a file of its own.
#[cfg(feature = "page")]
fn fresh() -> playground::Engine {
    playground::Engine::early()
}

/// A fresh cluster, whole: the engine built for speed is one file.
#[cfg(not(feature = "page"))]
fn fresh() -> playground::Engine {
    playground::Engine::open(playground::protocol::Document::default())
}

impl Engine for ClusterEngine {
    fn handle(&mut self, bytes: &[u8]) -> Vec<Vec<u8>> {
        let Ok(message) = wire::decode::<ToWorker>(bytes) else { return Vec::new() };
        written(&self.engine.handle(message))
    }

    fn tick(&mut self, elapsed_ms: f64) -> Vec<Vec<u8>> {
        let start = (self.clock)();
        let messages = self.engine.tick(span(elapsed_ms.min(ELAPSED_MAX_MS)), self.steps);
        self.steps = next_budget(self.steps, (self.clock)() - start);
        written(&messages)
    }

    fn complete(&mut self, later: Later) -> Vec<Vec<u8>> {
        written(&self.engine.complete(later))
    }

    fn tick_in_ms(&self) -> Option<i32> {
        let playing = self.engine.playing().map(|speed| match speed {
            Speed::Normal | Speed::Fast => TICK_EVERY_MS,
            Speed::Max => 0,
        });
        playing.or_else(|| self.engine.is_behind().then_some(0))
    }
}

fn written(messages: &[ToPage]) -> Vec<Vec<u8>> {
    messages.iter().filter_map(|message| wire::encode(message).ok()).collect()
}

#[allow(clippy::cast_possible_truncation, reason = "at most a quarter of a second in microseconds")]
fn span(milliseconds: f64) -> Span {
    Span::micros((milliseconds * 1_000.0) as i64)
}

/// Twice the steps after a short tick, half after a long one.
fn next_budget(steps: u32, took_ms: f64) -> u32 {
    if took_ms > TICK_BUSY_MS { (steps / 2).max(STEPS_MIN) } else { steps.saturating_mul(2).min(STEPS_MAX) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_budget_follows_the_time_a_tick_takes() {
        assert_eq!(next_budget(1_000, 50.0), 500);
        assert_eq!(next_budget(1_000, 2.0), 2_000);
        assert_eq!(next_budget(STEPS_MIN, 500.0), STEPS_MIN);
        assert_eq!(next_budget(STEPS_MAX, 1.0), STEPS_MAX);
    }
}
