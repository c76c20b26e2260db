//! When the engine's next tick is due, and how much time went by since the last one.

/// The time that is played: runs while the engine wants ticks, stands while it does not.
#[derive(Debug, Default)]
pub(super) struct Ticks {
    /// When time was last handed out, in milliseconds of the host's clock; `None` while time stands.
    last: Option<f64>,
}

impl Ticks {
    /// Notes at `now` what the engine wishes; time starts with the first wish and stands without one.
    pub(super) fn wish(&mut self, wish_ms: Option<i32>, now: f64) {
        self.last = wish_ms.map(|_| self.last.unwrap_or(now));
    }

    /// The milliseconds since time was last handed out, which are handed out now.
    pub(super) fn take(&mut self, now: f64) -> f64 {
        let elapsed = self.last.map_or(0.0, |last| (now - last).max(0.0));
        self.last = self.last.map(|_| now);
        elapsed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_runs_only_while_it_is_wanted() {
        let mut ticks = Ticks::default();
        let close = |left: f64, right: f64| (left - right).abs() < f64::EPSILON;
        assert!(close(ticks.take(100.0), 0.0), "nobody wants time");
        ticks.wish(Some(16), 100.0);
        ticks.wish(Some(16), 110.0);
        assert!(close(ticks.take(120.0), 20.0), "a message in between takes nothing away");
        assert!(close(ticks.take(121.0), 1.0));
        ticks.wish(None, 200.0);
        ticks.wish(Some(16), 900.0);
        assert!(close(ticks.take(901.0), 1.0), "a pause is no time");
        assert!(close(ticks.take(800.0), 0.0), "a clock that goes back gives nothing");
    }
}
