//! The node's download queue: one pull at a time, each layer once.
//!
//! Upstream: `pkg/kubelet/images/puller.go` (`serialImagePuller`, the default).

use super::images::{Catalog, Image};
use crate::kubelet::runtime::Happening;
use crate::model::{Span, Text, Time};
use crate::trace::Cause;
use std::collections::{BTreeSet, VecDeque};

/// How long a registry takes to answer what an image consists of.
const RESOLVE: Span = Span::millis(450);

/// The queue and what is on disk.
#[derive(Clone, Debug, Default)]
pub(super) struct Pulls {
    layers: BTreeSet<Text>,
    waiting: VecDeque<Ask>,
    active: Option<Active>,
}

/// One request to pull.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ask {
    pub(super) pod: Text,
    pub(super) container: Text,
    pub(super) image: Text,
    pub(super) asked_at: Time,
    pub(super) cause: Option<Cause>,
}

/// The pull that goes on.
#[derive(Clone, Debug)]
struct Active {
    ask: Ask,
    found: Result<Image, Text>,
    started_at: Time,
    ends_at: Time,
    /// Bytes to be fetched.
    bytes: i64,
}

/// A pull as the page shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PullProgress {
    /// The pod's uid.
    pub pod: Text,
    /// As the pod names it.
    pub image: Text,
    /// Fetched so far, in bytes.
    pub done: i64,
    /// To be fetched, in bytes; 0 while it waits in the queue.
    pub total: i64,
    /// 0 to 100.
    pub percent: u8,
}

impl Pulls {
    /// An image that is on the disk.
    #[cfg(feature = "every-kind")]
    pub(super) fn keep(&mut self, image: &Image) {
        self.layers.extend(image.layers.iter().map(|it| it.0.clone()));
    }

    /// Puts a request in the queue.
    pub(super) fn ask(&mut self, ask: Ask) {
        self.waiting.push_back(ask);
    }

    /// Begins the next pull if none goes on; gives the time at which it ends. `rate` is in bytes per second.
    pub(super) fn begin(&mut self, catalog: &Catalog, rate: i64, now: Time) -> Option<Time> {
        if self.active.is_some() {
            return None;
        }
        let ask = self.waiting.pop_front()?;
        let found = catalog.resolve(&ask.image);
        let missing =
            |image: &Image| image.layers.iter().filter(|it| !self.layers.contains(&it.0)).map(|it| it.1).sum();
        let bytes: i64 = found.as_ref().map_or(0, missing);
        let transfer = Span::micros(bytes.saturating_mul(1_000_000) / rate.max(1));
        let ends_at = now + RESOLVE + transfer;
        self.active = Some(Active { ask, found, started_at: now, ends_at, bytes });
        Some(ends_at)
    }

    /// Ends the pull that goes on: whose it was and what to report.
    pub(super) fn finish(&mut self, now: Time) -> Option<(Ask, Happening)> {
        let done = self.active.take_if(|it| it.ends_at <= now)?;
        let container = done.ask.container.clone();
        let happening = match done.found {
            Ok(image) => {
                self.layers.extend(image.layers.into_iter().map(|it| it.0));
                let (took, with_waiting) = (now - done.started_at, now - done.ask.asked_at);
                Happening::Pulled { container, image: image.info, took, with_waiting }
            }
            Err(message) => Happening::PullFailed { container, image: done.ask.image.clone(), message },
        };
        Some((done.ask, happening))
    }

    /// Stretches, or shortens, what is left of the pull that goes on; gives its new end.
    pub(super) fn stretch(&mut self, from: i64, to: i64, now: Time) -> Option<Time> {
        let active = self.active.as_mut()?;
        let left = (active.ends_at - now).0.max(0);
        active.ends_at = now + Span::micros(left.saturating_mul(from.max(1)) / to.max(1));
        Some(active.ends_at)
    }

    /// What goes on and what waits.
    pub(super) fn progress(&self, now: Time) -> Vec<PullProgress> {
        let active = self.active.iter().map(|it| it.progress(now));
        let waiting = self.waiting.iter().map(|ask| PullProgress {
            pod: ask.pod.clone(),
            image: ask.image.clone(),
            done: 0,
            total: 0,
            percent: 0,
        });
        active.chain(waiting).collect()
    }
}

impl Active {
    fn progress(&self, now: Time) -> PullProgress {
        let begun = self.started_at + RESOLVE;
        let (whole, passed) = ((self.ends_at - begun).0.max(1), (now - begun).0.max(0));
        let done = i128::from(self.bytes) * i128::from(passed.min(whole)) / i128::from(whole);
        let done = i64::try_from(done).unwrap_or(self.bytes);
        let percent = if self.bytes == 0 { 0 } else { done.saturating_mul(100) / self.bytes };
        PullProgress {
            pod: self.ask.pod.clone(),
            image: self.ask.image.clone(),
            done,
            total: self.bytes,
            percent: u8::try_from(percent).unwrap_or(100),
        }
    }
}
