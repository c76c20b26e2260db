//! How much history is kept.
//!
//! Upstream: `k8s.io/apiserver/pkg/storage/etcd3/compact.go`, which forgets what is older than five minutes. The bound by
//! count is ours: history is in memory here.

use crate::model::{Span, Time};
use crate::trace::Revision;
use std::collections::VecDeque;

/// How much history is kept at most; the narrower bound counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Writes that are older than this are forgotten.
    pub age: Span,
    /// How many writes are kept.
    pub writes: u64,
}

impl Default for Retention {
    /// Five minutes as upstream, at most 8 192 writes: as many as are kept for watchers.
    fn default() -> Self {
        Self { age: Span::seconds(300), writes: 8_192 }
    }
}

/// Remembers which revision was the newest when, and says what is to be forgotten.
#[derive(Clone, Debug, Default)]
pub struct Compaction {
    retention: Retention,
    /// What was the newest revision when, oldest first.
    marks: VecDeque<(Time, Revision)>,
}

/// How many looks are remembered: enough that one is made every few seconds.
const MARKS_MAX: usize = 128;

impl Compaction {
    /// With bounds of one's own.
    pub fn new(retention: Retention) -> Self {
        Self { retention, marks: VecDeque::new() }
    }

    /// Up to and including which revision history is to be forgotten now; `newest` is the newest revision.
    ///
    /// To be asked regularly, some seconds apart.
    pub fn due(&mut self, now: Time, newest: Revision) -> Revision {
        let is_new = self.marks.back().is_none_or(|(at, _)| now - *at >= self.step());
        if is_new {
            self.marks.push_back((now, newest));
        }
        let is_old = |mark: &(Time, Revision)| now - mark.0 >= self.retention.age;
        let mut by_age = Revision(0);
        while let Some((_, revision)) = self.marks.front().copied().filter(is_old) {
            by_age = revision;
            self.marks.pop_front();
        }
        by_age.max(Revision(newest.0.saturating_sub(self.retention.writes)))
    }

    /// How far apart two marks are, so that their number is bounded.
    fn step(&self) -> Span {
        Span(self.retention.age.0 / i64::try_from(MARKS_MAX).unwrap_or(i64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn history_is_forgotten_by_age_and_by_count() {
        let mut compaction = Compaction::new(Retention { age: Span::seconds(300), writes: 1_000 });
        let due = |it: &mut Compaction, second: i64, newest| {
            it.due(Time::VIRTUAL_START + Span::seconds(second), Revision(newest)).0
        };
        assert_eq!(due(&mut compaction, 0, 10), 0);
        assert_eq!(due(&mut compaction, 100, 500), 0);
        assert_eq!(due(&mut compaction, 299, 900), 0);
        assert_eq!(due(&mut compaction, 300, 900), 10, "what was the newest five minutes ago");
        assert_eq!(due(&mut compaction, 401, 950), 500);
        assert_eq!(due(&mut compaction, 402, 5_000), 4_000, "no more than a thousand are kept");
    }

    #[test]
    fn the_marks_are_bounded() {
        let mut compaction = Compaction::default();
        for millis in 0..1_000_000 {
            compaction.due(Time::VIRTUAL_START + Span::millis(millis), Revision(1));
        }
        assert!(compaction.marks.len() <= MARKS_MAX + 1);
    }
}
