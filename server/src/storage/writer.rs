//! What makes writes durable: takes all that waits, writes it as one frame, syncs, and says how far it has come.
//!
//! A thread of its own does it for whoever comes while others write: many writes become one frame. A request that is alone does it
//! itself: to wake another thread and to be woken by it would take as long as the disk does.

use crate::storage::disk::Disk;
use crate::storage::journal::{STOPPED, Shared, salt};
use crate::storage::keeper::prepare;
use crate::storage::queue::{Batch, Closed, Fault, Next, Open};
use crate::storage::record::{self, HEADER, Header, Identity};
use shared::trace::Revision;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How long to wait before a write that failed is tried again.
const RETRY: Duration = Duration::from_millis(500);

/// How long the last sync may have taken for another one to be made in a thread that others need too. On a slower disk the way
/// through the journal's own thread costs little beside it.
const LEAD_SYNC_MAX: Duration = Duration::from_millis(1);

/// The segment that is written to, and where.
pub(super) struct Writer {
    pub(super) shared: Arc<Shared>,
    pub(super) disk: Arc<dyn Disk>,
    pub(super) identity: Identity,
    pub(super) segment: Open,
    /// Where the next frame goes; 0 before the header is written.
    pub(super) end: u64,
    pub(super) salt: u64,
    /// The newest revision that is durable.
    pub(super) durable: Revision,
    /// How long the last frame took to become durable.
    pub(super) took: Duration,
}

/// The journal's thread: works until the journal stops and nothing waits any more.
pub(super) fn run(shared: Arc<Shared>, writer: &Mutex<Writer>) {
    let ended = Ended(shared);
    while ended.0.wait_for_writes() {
        // Whoever panicked while it wrote has left nobody who knows what is on the disk.
        let Ok(mut writer) = writer.lock() else { return };
        if !writer.work() {
            return;
        }
    }
}

impl Writer {
    /// Writes what waits, again and again until it is done; false when the journal stops before that.
    fn work(&mut self) -> bool {
        let next = self.shared.lock().next();
        let Some(Next { mut batch, failure }) = next else { return true };
        let mut written = failure.map_or_else(|| self.write(&mut batch), Err);
        while let Err(error) = written {
            if self.refuse(&error) {
                return false;
            }
            written = self.write_elsewhere(&mut batch);
        }
        self.done(batch.last);
        true
    }

    /// Writes what waits in the caller's thread, if that is quick: into this segment, on a disk that was quick so far. What fails
    /// goes back to the journal's thread. False if something is left to it.
    pub(super) fn lead(&mut self) -> bool {
        let mut queue = self.shared.lock();
        let room = self.segment.size - self.end - if self.end == 0 { HEADER as u64 } else { 0 };
        if self.took > LEAD_SYNC_MAX || queue.failed.is_some() || queue.pending.frame.len() as u64 > room {
            return false;
        }
        let Some(mut batch) = queue.take() else { return true };
        drop(queue);
        match self.append(&mut batch) {
            Ok(()) => {
                self.done(batch.last);
                true
            }
            Err(error) => {
                self.shared.lock().failed = Some(Next { batch, failure: Some(error) });
                false
            }
        }
    }

    fn write(&mut self, batch: &mut Batch) -> std::io::Result<()> {
        if self.end + batch.frame.len() as u64 > self.segment.size {
            let next = self.take_ready(batch)?;
            self.change_to(next);
        }
        self.append(batch)
    }

    /// After a failed sync nothing says what of the old file is on the disk: the batch goes into a new one, whole.
    fn write_elsewhere(&mut self, batch: &mut Batch) -> std::io::Result<()> {
        let next = self.make((HEADER + batch.frame.len()) as u64)?;
        self.change_to(next);
        self.append(batch)
    }

    /// The prepared segment, or one made now, if none is ready or the batch is too big for it.
    fn take_ready(&self, batch: &Batch) -> std::io::Result<Open> {
        let mut queue = self.shared.lock();
        let needed = (HEADER + batch.frame.len()) as u64;
        if let Some(ready) = queue.ready.take_if(|it| it.size >= needed) {
            return Ok(ready);
        }
        drop(queue);
        self.make(needed)
    }

    fn make(&self, needed: u64) -> std::io::Result<Open> {
        let mut queue = self.shared.lock();
        let (number, size) = (queue.number(), queue.sizes.segment.max(needed));
        drop(queue);
        prepare(&*self.disk, &self.shared.folder, number, size)
    }

    fn change_to(&mut self, next: Open) {
        let old = std::mem::replace(&mut self.segment, next);
        self.end = 0;
        self.salt = salt();
        let mut queue = self.shared.lock();
        queue.room = self.segment.size;
        queue.closed.push(Closed { number: old.number, last: self.durable });
        drop(queue);
        self.shared.wake_keeper();
    }

    fn append(&mut self, batch: &mut Batch) -> std::io::Result<()> {
        let began = Instant::now();
        record::seal(&mut batch.frame, self.salt);
        if self.end == 0 {
            let first = Revision(self.durable.0 + 1);
            let header = Header { identity: self.identity, salt: self.salt, first };
            self.segment.file.write(0, &[&header.to_bytes(), &*batch.frame].concat())?;
            self.end = HEADER as u64;
        } else {
            self.segment.file.write(self.end, &batch.frame)?;
        }
        self.segment.file.sync()?;
        self.took = began.elapsed();
        self.end += batch.frame.len() as u64;
        Ok(())
    }

    fn done(&mut self, last: Revision) {
        self.durable = last;
        {
            let mut queue = self.shared.lock();
            queue.under_way = 0;
            queue.room = self.segment.size - self.end;
            queue.fault = None;
        }
        self.shared.progress.send_modify(|progress| {
            progress.durable = last;
            progress.fault = None;
        });
    }

    /// Says that writes are refused and waits a little; true when the journal is to stop.
    fn refuse(&self, error: &std::io::Error) -> bool {
        let fault = Fault::new(&format!("cannot write to {}: {error}", self.shared.folder.display()));
        let mut queue = self.shared.lock();
        queue.fault = Some(fault.clone());
        self.shared.progress.send_modify(|progress| progress.fault = Some(fault));
        let queue = self.shared.wait_for_stop(queue, RETRY);
        queue.stopping
    }
}

/// However the thread ended: nobody waits for it any more.
struct Ended(Arc<Shared>);

impl Drop for Ended {
    fn drop(&mut self) {
        let mut queue = self.0.lock();
        let fault = queue.broken.get_or_insert_with(|| Fault::new(STOPPED)).clone();
        self.0.progress.send_modify(|progress| progress.fault = Some(fault));
    }
}
