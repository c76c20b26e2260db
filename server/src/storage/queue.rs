//! What waits to be made durable, and how much room is left for it: the state that the journal's threads share.
//!
//! A write is refused before it is applied when it might find no room: the journal writes only into space that was filled
//! before. So a full disk never meets a write that is already part of the cluster.

use crate::storage::disk::Log;
use crate::storage::record::{self, FRAME, HEADER};
use shared::store::Change;
use shared::trace::Revision;
use std::fmt;
use std::sync::Arc;

/// How much space is used at a time, in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    /// How big a segment is, unless one frame needs more.
    pub(super) segment: u64,
    /// How much room there must be for a write to be let in: more than any one request, or step of the cluster, writes.
    pub(super) reserve: u64,
}

impl Sizes {
    /// Segments of 8 MiB, and half of one in reserve.
    pub(super) const USUAL: Self = Self { segment: 8 << 20, reserve: 4 << 20 };
}

/// Why writes are refused, in the words of a person who can do something about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault(pub(super) Arc<str>);

impl Fault {
    pub(super) fn new(text: &str) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether a write may come in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Admission {
    Granted,
    /// Room is being made.
    Soon,
    Refused(Fault),
}

/// A segment that nothing more is written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Closed {
    pub(super) number: u64,
    /// The newest revision in it.
    pub(super) last: Revision,
}

/// A segment that is to be written to.
pub(super) struct Open {
    pub(super) number: u64,
    pub(super) file: Box<dyn Log>,
    pub(super) size: u64,
}

/// Writes that go into one frame.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// Room for what stands before the payload, and the payload.
    pub(super) frame: Vec<u8>,
    /// The newest revision in it.
    pub(super) last: Revision,
}

/// What the journal's thread is to write.
pub(super) struct Next {
    pub(super) batch: Batch,
    /// Why somebody else could not.
    pub(super) failure: Option<std::io::Error>,
}

/// The state.
pub(super) struct Queue {
    pub(super) sizes: Sizes,
    pub(super) pending: Batch,
    /// What a request tried to write itself, and could not: it comes before everything that waits.
    pub(super) failed: Option<Next>,
    /// Bytes that were taken and are not in the segment yet.
    pub(super) under_way: u64,
    /// Bytes left in the segment that is written to.
    pub(super) room: u64,
    /// The next segment, once it is prepared.
    pub(super) ready: Option<Open>,
    pub(super) closed: Vec<Closed>,
    pub(super) next_number: u64,
    /// Up to where the cluster has forgotten its history.
    pub(super) compact_to: Revision,
    /// A change could not be taken in; nothing after it can be either.
    pub(super) broken: Option<Fault>,
    /// The last try to write failed.
    pub(super) fault: Option<Fault>,
    /// The last try to prepare a segment failed.
    pub(super) shortage: Option<Fault>,
    /// The last try to move old segments into the database failed.
    pub(super) move_failure: Option<Fault>,
    /// No more writes will come.
    pub(super) stopping: bool,
}

impl Queue {
    /// A queue in front of a segment with so many bytes left.
    pub(super) fn new(sizes: Sizes, room: u64, closed: Vec<Closed>, next_number: u64) -> Self {
        Self {
            sizes,
            pending: Batch::default(),
            failed: None,
            under_way: 0,
            room,
            ready: None,
            closed,
            next_number,
            compact_to: Revision(0),
            broken: None,
            fault: None,
            shortage: None,
            move_failure: None,
            stopping: false,
        }
    }

    /// Puts changes on the queue.
    pub(super) fn push<'a>(&mut self, changes: impl IntoIterator<Item = &'a Change>) {
        for change in changes {
            if self.broken.is_some() {
                return;
            }
            let frame = &mut self.pending.frame;
            let length = frame.len();
            frame.resize(length.max(FRAME), 0);
            match record::write_record(frame, change) {
                Ok(()) => self.pending.last = change.revision,
                Err(error) => {
                    frame.truncate(length);
                    self.broken = Some(Fault::new(&format!("{} has no form in bytes: {error}", change.key)));
                }
            }
        }
    }

    /// Takes what waits; `None` if nothing does.
    pub(super) fn take(&mut self) -> Option<Batch> {
        if self.pending.frame.is_empty() {
            return None;
        }
        let batch = std::mem::take(&mut self.pending);
        self.under_way = batch.frame.len() as u64;
        Some(batch)
    }

    /// What the journal's thread is to write now; `None` if nothing waits.
    pub(super) fn next(&mut self) -> Option<Next> {
        self.failed.take().or_else(|| self.take().map(|batch| Next { batch, failure: None }))
    }

    /// True if something waits to be written.
    pub(super) fn has_work(&self) -> bool {
        self.failed.is_some() || !self.pending.frame.is_empty()
    }

    /// Whether another write may come in.
    pub(super) fn admit(&self) -> Admission {
        if let Some(fault) = self.broken.as_ref().or(self.fault.as_ref()) {
            return Admission::Refused(fault.clone());
        }
        let taken = self.under_way + self.pending.frame.len() as u64;
        let next = self.ready.as_ref().map_or(0, |it| it.size - HEADER as u64);
        match &self.shortage {
            _ if self.room + next >= taken + self.sizes.reserve => Admission::Granted,
            Some(shortage) => Admission::Refused(shortage.clone()),
            None => Admission::Soon,
        }
    }

    /// The oldest segments, of which the cluster has forgotten everything: they can go into the database.
    pub(super) fn old(&self) -> Vec<Closed> {
        self.closed.iter().take_while(|it| it.last <= self.compact_to).copied().collect()
    }

    /// A number for a new segment.
    pub(super) fn number(&mut self) -> u64 {
        let number = self.next_number;
        self.next_number += 1;
        number
    }
}
