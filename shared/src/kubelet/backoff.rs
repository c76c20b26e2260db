//! Doubling delays between tries.
//!
//! Upstream: `k8s.io/client-go/util/flowcontrol/backoff.go`, used for pulls and restarts with 10 s and 300 s.

use crate::model::{Span, Time};

/// The first delay.
const INITIAL: Span = Span::seconds(10);
/// The longest delay; a pause of twice this since the last failure starts over.
const LONGEST: Span = Span::seconds(300);

/// The back-off of one thing that may fail again and again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Backoff {
    entry: Option<Entry>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry {
    delay: Span,
    updated: Time,
}

impl Backoff {
    /// Counts a failure that happened at `event`.
    pub(super) fn fail(&mut self, event: Time, now: Time) {
        let delay = match self.live(event) {
            Some(entry) => (entry.delay * 2).min(LONGEST),
            None => INITIAL,
        };
        self.entry = Some(Entry { delay, updated: now });
    }

    /// Until when to wait after the event at `event`; `None` if there is nothing to wait for any more.
    pub(super) fn waits_since(&self, event: Time, now: Time) -> Option<Time> {
        self.live(event).map(|entry| event + entry.delay).filter(|until| *until > now)
    }

    /// Until when to wait after the last failure.
    pub(super) fn waits(&self, now: Time) -> Option<Time> {
        let entry = self.live(now)?;
        Some(entry.updated + entry.delay).filter(|until| *until > now)
    }

    /// The delay as it is written in messages: `10s`, `2m40s`.
    pub(super) fn delay_text(&self) -> String {
        duration_text(self.entry.map_or(Span::ZERO, |entry| entry.delay))
    }

    fn live(&self, event: Time) -> Option<Entry> {
        self.entry.filter(|entry| event - entry.updated <= LONGEST * 2)
    }
}

/// A duration as Go writes it: `1.2s`, `350ms`, `2m40s`, `1h0m0s`.
pub(super) fn duration_text(span: Span) -> String {
    const SECOND: i64 = 1_000_000;
    match span.0 {
        0 => "0s".to_owned(),
        micros if micros < 1_000 => format!("{micros}µs"),
        micros if micros < SECOND => format!("{}ms", fraction(micros, 1_000)),
        micros => {
            let (minutes, rest) = (micros / (60 * SECOND), micros % (60 * SECOND));
            let seconds = fraction(rest, SECOND);
            match (minutes / 60, minutes % 60) {
                (0, 0) => format!("{seconds}s"),
                (0, minutes) => format!("{minutes}m{seconds}s"),
                (hours, minutes) => format!("{hours}h{minutes}m{seconds}s"),
            }
        }
    }
}

fn fraction(value: i64, unit: i64) -> String {
    let digits = if unit == 1_000 { 3 } else { 6 };
    let text = format!("{}.{:0digits$}", value / unit, value % unit);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_and_start_over_after_ten_minutes() {
        let mut it = Backoff::default();
        let mut now = Time::VIRTUAL_START;
        let mut seen = Vec::new();
        for _ in 0..7 {
            it.fail(now, now);
            seen.push(it.delay_text());
            now = it.waits(now).unwrap();
        }
        now += Span::seconds(601);
        it.fail(now, now);
        seen.push(it.delay_text());
        expect_test::expect!["10s 20s 40s 1m20s 2m40s 5m0s 5m0s 10s"].assert_eq(&seen.join(" "));
    }

    #[test]
    fn durations_are_written_as_go_does() {
        let texts = [0, 350, 1_200, 308_000, 1_200_000, 75_030_000].map(|it| duration_text(Span(it)));
        expect_test::expect!["0s 350µs 1.2ms 308ms 1.2s 1m15.03s"].assert_eq(&texts.join(" "));
    }
}
