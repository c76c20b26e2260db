//! The pods that wait for a node, and when each of them is tried.
//!
//! Upstream: `pkg/scheduler/backend/queue` (`scheduling_queue.go`, `active_queue.go`, `backoff_queue.go`), with
//! `SchedulerPopFromBackoffQ`: a pod that backs off is tried early when no other pod waits.
//! Differs: what upstream moves every second or every 30 s moves here the moment it is due.
//!
//! Knows nothing of nodes and plugins.

use crate::model::{Key, Span, Time};
use crate::scheduler::pod::PodFacts;
use crate::scheduler::verdict::Rejecters;
use crate::trace::Revision;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The back-off after the first failure; it doubles with each further one.
const BACKOFF_FIRST: Span = Span::seconds(1);

/// The longest back-off.
const BACKOFF_MAX: Span = Span::seconds(10);

/// Back-offs that end within the same window are ordered by priority.
const BACKOFF_WINDOW: Span = Span::seconds(1);

/// How long a pod waits for an event that helps before it is tried anyway.
const PARKED_MAX: Span = Span::seconds(5 * 60);

/// How many changes are kept as the cause of a try.
const WOKEN_BY_MAX: usize = 16;

/// The order in which pods are tried: by priority, then by how long they wait.
type Rank = (Reverse<i64>, Time, u64);

/// A pod that has no node yet.
#[derive(Clone, Debug)]
pub(crate) struct Waiting {
    /// The pod.
    pub(crate) pod: Arc<PodFacts>,
    /// The changes that made it worth a try.
    pub(crate) woken_by: Vec<Revision>,
    /// The plugins that rejected it last.
    pub(crate) rejected_by: Rejecters,
    rank: Rank,
    place: Place,
    failures: u32,
}

/// Where a pod waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Ready to be tried.
    Active,
    /// Worth a try; goes after the active ones until the window of its back-off ends.
    BackingOff(Time),
    /// After an error: not before this time.
    Failing(Time),
    /// Until something helps, or until this time.
    Parked(Time),
    /// Until its scheduling gates are gone.
    Gated,
}

/// What a failed try was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Plugins rejected every node.
    Rejected(Rejecters),
    /// There were no nodes, or the binding was refused.
    Error,
}

/// The queue.
#[derive(Clone, Debug, Default)]
pub(crate) struct Queue {
    pods: BTreeMap<Key, Waiting>,
    active: BTreeSet<(Rank, Key)>,
    backing_off: BTreeSet<(Time, Rank, Key)>,
    failing: BTreeSet<(Time, Key)>,
    parked: BTreeSet<(Time, Key)>,
    joined: u64,
}

impl Queue {
    /// Takes in a pod that has no node, or its newest revision.
    pub(crate) fn put(&mut self, pod: Arc<PodFacts>, revision: Revision, now: Time) {
        let gated = !pod.object.at("spec.schedulingGates").is_empty();
        let key = pod.key.clone();
        match self.leave(&key) {
            None => {
                let place = if gated { Place::Gated } else { Place::Active };
                self.joined += 1;
                let rank = (Reverse(pod.priority), now, self.joined);
                let rejected_by = Rejecters::default();
                self.enter(Waiting { pod, woken_by: vec![revision], rejected_by, rank, place, failures: 0 });
            }
            Some(mut it) => {
                let changed = !it.pod.same_for_scheduling(&pod.object);
                it.pod = pod;
                it.place = match it.place {
                    Place::Gated if !gated => woken(&mut it.woken_by, revision, Place::Active),
                    Place::Parked(_) if changed => {
                        let place = after_backoff(it.rank, it.failures, now);
                        woken(&mut it.woken_by, revision, place)
                    }
                    place => place,
                };
                self.enter(it);
            }
        }
    }

    /// Takes in a pod whose binding was refused.
    pub(crate) fn put_failed(&mut self, pod: Arc<PodFacts>, now: Time) {
        let key = pod.key.clone();
        self.put(pod, Revision::default(), now);
        if let Some(it) = self.leave(&key) {
            self.put_back(it, Failure::Error, now);
        }
    }

    /// Forgets a pod: it has a node, or is gone.
    pub(crate) fn remove(&mut self, key: &Key) -> Option<Waiting> {
        self.leave(key)
    }

    /// The pods that wait for something to help, as asked by `helps`, are worth a try again.
    pub(crate) fn wake(&mut self, revision: Revision, now: Time, helps: impl Fn(&Waiting) -> bool) {
        let parked = self.parked.iter().map(|(_, key)| key);
        let helped: Vec<_> = parked.filter(|key| self.pods.get(*key).is_some_and(&helps)).cloned().collect();
        for key in helped {
            if let Some(mut it) = self.leave(&key) {
                let place = after_backoff(it.rank, it.failures, now);
                it.place = woken(&mut it.woken_by, revision, place);
                self.enter(it);
            }
        }
    }

    /// When the next pod can be tried; in the past if one is ready.
    pub(crate) fn next_due(&self) -> Option<Time> {
        let active = self.active.first().map(|((_, since, _), _)| *since);
        let backing_off = self.backing_off.first().map(|(_, (_, since, _), _)| *since);
        let failing = self.failing.first().map(|(until, _)| *until);
        let parked = self.parked.first().map(|(until, _)| *until);
        active.or(backing_off).or_else(|| failing.into_iter().chain(parked).min())
    }

    /// Takes the next pod out to be tried.
    pub(crate) fn pop(&mut self, now: Time) -> Option<Waiting> {
        self.advance(now);
        let active = self.active.first().map(|(_, key)| key);
        let key = active.or_else(|| self.backing_off.first().map(|(_, _, key)| key))?.clone();
        self.leave(&key)
    }

    /// Puts a pod back whose try failed.
    pub(crate) fn put_back(&mut self, mut it: Waiting, failure: Failure, now: Time) {
        it.failures = it.failures.saturating_add(1);
        it.rank.1 = now;
        it.woken_by.clear();
        (it.rejected_by, it.place) = match failure {
            Failure::Rejected(by) => (by, Place::Parked(now + PARKED_MAX)),
            Failure::Error => (Rejecters::default(), Place::Failing(now + backoff(it.failures))),
        };
        self.enter(it);
    }

    /// Moves what is due.
    fn advance(&mut self, now: Time) {
        let failing = self.failing.iter().take_while(|(until, _)| *until <= now);
        let parked = self.parked.iter().take_while(|(until, _)| *until <= now);
        let rested = self.backing_off.iter().take_while(|(until, _, _)| *until + BACKOFF_WINDOW <= now);
        let due = failing.chain(parked).map(|(_, key)| key).chain(rested.map(|(_, _, key)| key));
        for key in due.cloned().collect::<Vec<_>>() {
            if let Some(mut it) = self.leave(&key) {
                it.place = Place::Active;
                self.enter(it);
            }
        }
    }

    fn enter(&mut self, it: Waiting) {
        let key = it.pod.key.clone();
        match it.place {
            Place::Active => drop(self.active.insert((it.rank, key.clone()))),
            Place::BackingOff(until) => drop(self.backing_off.insert((until, it.rank, key.clone()))),
            Place::Failing(until) => drop(self.failing.insert((until, key.clone()))),
            Place::Parked(until) => drop(self.parked.insert((until, key.clone()))),
            Place::Gated => {}
        }
        self.pods.insert(key, it);
    }

    fn leave(&mut self, key: &Key) -> Option<Waiting> {
        let it = self.pods.remove(key)?;
        match it.place {
            Place::Active => drop(self.active.remove(&(it.rank, key.clone()))),
            Place::BackingOff(until) => drop(self.backing_off.remove(&(until, it.rank, key.clone()))),
            Place::Failing(until) => drop(self.failing.remove(&(until, key.clone()))),
            Place::Parked(until) => drop(self.parked.remove(&(until, key.clone()))),
            Place::Gated => {}
        }
        Some(it)
    }
}

/// Notes the change that made a pod worth a try; what no change made, such as a refused binding, is not noted.
fn woken(by: &mut Vec<Revision>, revision: Revision, place: Place) -> Place {
    if by.len() == WOKEN_BY_MAX {
        by.remove(0);
    }
    if revision != Revision::default() {
        by.push(revision);
    }
    place
}

/// Active if the back-off since the last failure has passed.
fn after_backoff(rank: Rank, failures: u32, now: Time) -> Place {
    let end = rank.1 + backoff(failures);
    let window = Time(end.0 - end.0.rem_euclid(BACKOFF_WINDOW.0));
    if failures == 0 || end <= now { Place::Active } else { Place::BackingOff(window) }
}

/// 1, 2, 4, 8, 10, 10 … seconds.
fn backoff(failures: u32) -> Span {
    let doublings = failures.saturating_sub(1).min(8);
    (BACKOFF_FIRST * (1 << doublings)).min(BACKOFF_MAX)
}
