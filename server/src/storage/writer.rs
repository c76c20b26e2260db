//! The thread that makes writes durable: takes all that waits, writes it as one frame, syncs, and says how far it has come.

use crate::storage::disk::Disk;
use crate::storage::journal::{STOPPED, Shared, salt};
use crate::storage::keeper::prepare;
use crate::storage::queue::{Batch, Closed, Fault, Open};
use crate::storage::record::{self, HEADER, Header, Identity};
use shared::trace::Revision;
use std::sync::Arc;
use std::time::Duration;

/// How long to wait before a write that failed is tried again.
const RETRY: Duration = Duration::from_millis(500);

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
}

impl Writer {
    /// Works until the journal stops and nothing waits any more.
    pub(super) fn run(mut self) {
        while let Some(mut batch) = self.next() {
            let mut written = self.write(&mut batch);
            while let Err(error) = written {
                if self.refuse(&error) {
                    return;
                }
                written = self.write_elsewhere(&mut batch);
            }
            self.done(batch.last);
        }
    }

    /// Waits for writes; `None` at the end.
    fn next(&self) -> Option<Batch> {
        let mut queue = self.shared.lock();
        loop {
            if let Some(batch) = queue.take() {
                return Some(batch);
            }
            if queue.stopping || queue.broken.is_some() {
                return None;
            }
            queue = self.shared.wait_for_writes(queue);
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

impl Drop for Writer {
    /// However the thread ended: nobody waits for it any more.
    fn drop(&mut self) {
        let mut queue = self.shared.lock();
        let fault = queue.broken.get_or_insert_with(|| Fault::new(STOPPED)).clone();
        self.shared.progress.send_modify(|progress| progress.fault = Some(fault));
    }
}
