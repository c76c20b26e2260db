//! A controller's work queue: equal keys merge, failures come back after a growing time.
//!
//! Upstream: `k8s.io/client-go/util/workqueue` (`queue.go`, `delaying_queue.go`, `default_rate_limiters.go`).
//! Differs: a key waits until the controller has seen its own last writes, and what woke a key is kept for the trace.

use crate::model::{Key, Span, Time};
use crate::trace::{Revision, Trigger};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// First wait after a failure; doubles with each one that follows.
const RETRY_FIRST: Span = Span::millis(5);
/// Longest wait after failures.
const RETRY_MAX: Span = Span::seconds(1_000);
/// How many retries per second all keys together may have.
const RETRIES_PER_SECOND: i64 = 10;
/// How many retries may come at once before the rate counts.
const RETRY_BURST: i64 = 100;
/// How many triggers of one decision are kept; the newest tell most.
const TRIGGERS_KEPT: usize = 8;

/// The keys a controller has still to decide about.
#[derive(Clone, Debug, Default)]
pub(crate) struct Queue {
    ready: VecDeque<Key>,
    delayed: BTreeSet<(Time, Key)>,
    entries: BTreeMap<Key, Entry>,
    /// Tokens of the shared rate limit, in micro-retries, and when they were counted.
    tokens_spent: i64,
    counted: Time,
}

#[derive(Clone, Debug, Default)]
struct Entry {
    queued: bool,
    triggers: Vec<Trigger>,
    delayed: Option<(Time, Trigger)>,
    failures: u32,
    wait_for: Revision,
}

impl Queue {
    /// Puts `key` on the queue because of `trigger`; merges with an earlier wish.
    pub(crate) fn add(&mut self, key: &Key, trigger: Trigger) {
        let entry = self.entries.entry(key.clone()).or_default();
        if entry.triggers.len() == TRIGGERS_KEPT {
            entry.triggers.remove(0);
        }
        entry.triggers.push(trigger);
        if !entry.queued {
            entry.queued = true;
            self.ready.push_back(key.clone());
        }
    }

    /// Puts `key` on the queue at `time`, or earlier if an earlier time is wished already.
    pub(crate) fn add_at(&mut self, key: &Key, time: Time, trigger: Trigger) {
        let entry = self.entries.entry(key.clone()).or_default();
        match &entry.delayed {
            Some((earlier, _)) if *earlier <= time => return,
            Some((later, _)) => drop(self.delayed.remove(&(*later, key.clone()))),
            None => {}
        }
        entry.delayed = Some((time, trigger));
        self.delayed.insert((time, key.clone()));
    }

    /// Puts a key that failed back, after a wait that grows with its failures.
    pub(crate) fn retry(&mut self, key: &Key, now: Time, trigger: Trigger) {
        let failures = {
            let entry = self.entries.entry(key.clone()).or_default();
            entry.failures += 1;
            entry.failures
        };
        let own = Span((RETRY_FIRST.0 << (failures - 1).min(40)).clamp(0, RETRY_MAX.0));
        let shared = self.reserve(now);
        self.add_at(key, now + own.max(shared), trigger);
    }

    /// A key that succeeded starts again from the shortest wait.
    pub(crate) fn forget_failures(&mut self, key: &Key) {
        if let Some(entry) = self.entries.get_mut(key) {
            entry.failures = 0;
        }
    }

    /// Lets `key` wait until the cache has seen `revision`.
    pub(crate) fn wait_for(&mut self, key: &Key, revision: Revision) {
        self.entries.entry(key.clone()).or_default().wait_for = revision;
    }

    /// Takes the next key that may be decided about, with what woke it.
    pub(crate) fn pop(&mut self, now: Time, seen: Revision) -> Option<(Key, Vec<Trigger>)> {
        self.release(now);
        let index = self.ready.iter().position(|key| self.may_go(key, seen))?;
        let key = self.ready.remove(index)?;
        let entry = self.entries.get_mut(&key)?;
        entry.queued = false;
        Some((key, std::mem::take(&mut entry.triggers)))
    }

    /// When [`Self::pop`] may give a key: `now` or earlier if one is ready.
    pub(crate) fn next_due(&self, now: Time, seen: Revision) -> Option<Time> {
        if self.ready.iter().any(|key| self.may_go(key, seen)) {
            return Some(now);
        }
        self.next_delayed().map(|(_, time)| time)
    }

    /// The keys that wait now, in their order.
    pub(crate) fn waiting(&self) -> impl Iterator<Item = &Key> {
        self.ready.iter()
    }

    /// The next key that comes back by time, and when.
    pub(crate) fn next_delayed(&self) -> Option<(&Key, Time)> {
        self.delayed.first().map(|(time, key)| (key, *time))
    }

    /// Forgets everything about a key that has nothing left to remember.
    pub(crate) fn tidy(&mut self, key: &Key, seen: Revision) {
        let idle = |it: &Entry| !it.queued && it.delayed.is_none() && it.failures == 0 && it.wait_for <= seen;
        if self.entries.get(key).is_some_and(idle) {
            self.entries.remove(key);
        }
    }

    fn may_go(&self, key: &Key, seen: Revision) -> bool {
        self.entries.get(key).is_none_or(|entry| entry.wait_for <= seen)
    }

    fn release(&mut self, now: Time) {
        while self.delayed.first().is_some_and(|(time, _)| *time <= now) {
            let Some((_, key)) = self.delayed.pop_first() else { return };
            let trigger = self.entries.get_mut(&key).and_then(|entry| entry.delayed.take());
            if let Some((_, trigger)) = trigger {
                self.add(&key, trigger);
            }
        }
    }

    /// Takes a token of the shared rate and says how long to wait for it.
    fn reserve(&mut self, now: Time) -> Span {
        let earned = ((now - self.counted).0.max(0)).saturating_mul(RETRIES_PER_SECOND);
        self.counted = now;
        self.tokens_spent = (self.tokens_spent - earned).max(0) + 1_000_000;
        let over = self.tokens_spent - RETRY_BURST * 1_000_000;
        Span((over / RETRIES_PER_SECOND).max(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::key::resources::PODS;
    use crate::trace::ReconcileId;

    fn key(name: &str) -> Key {
        Key::new(PODS, "default", name)
    }

    const RETRY: Trigger = Trigger::Retry(ReconcileId(0));

    #[test]
    fn equal_keys_merge_and_keep_what_woke_them() {
        let mut queue = Queue::default();
        for revision in 1..=3 {
            queue.add(&key("a"), Trigger::Write(Revision(revision)));
        }
        queue.add(&key("b"), Trigger::Write(Revision(4)));
        let (first, triggers) = queue.pop(Time(0), Revision(9)).unwrap();
        assert_eq!((first, triggers.len()), (key("a"), 3));
        assert_eq!(queue.pop(Time(0), Revision(9)).unwrap().0, key("b"));
        assert_eq!(queue.pop(Time(0), Revision(9)), None);
    }

    #[test]
    fn failures_wait_longer_each_time() {
        let mut queue = Queue::default();
        let mut waits = Vec::new();
        let mut now = Time(0);
        for _ in 0..5 {
            queue.retry(&key("a"), now, RETRY);
            let due = queue.next_due(now, Revision(0)).unwrap();
            waits.push((due - now).as_millis());
            now = due;
            assert!(queue.pop(now, Revision(0)).is_some());
        }
        assert_eq!(waits, [5, 10, 20, 40, 80]);
        queue.forget_failures(&key("a"));
        queue.retry(&key("a"), now, RETRY);
        assert_eq!(queue.next_due(now, Revision(0)), Some(now + Span::millis(5)));
    }

    #[test]
    fn a_key_waits_for_its_own_writes_while_others_go() {
        let mut queue = Queue::default();
        queue.wait_for(&key("a"), Revision(7));
        queue.add(&key("a"), RETRY);
        queue.add(&key("b"), RETRY);
        assert_eq!(queue.pop(Time(0), Revision(6)).unwrap().0, key("b"));
        assert_eq!(queue.next_due(Time(0), Revision(6)), None);
        assert_eq!(queue.pop(Time(0), Revision(7)).unwrap().0, key("a"));
    }
}
