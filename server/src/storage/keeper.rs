//! The thread that keeps the journal short: prepares the next segment before it is needed, and moves the oldest ones into
//! the database when the cluster has forgotten their history.

use crate::storage::database::{self, DatabaseFailure, Writes};
use crate::storage::disk::Disk;
use crate::storage::journal::{Shared, segment_path};
use crate::storage::queue::{Closed, Fault, Open};
use crate::storage::record;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// How long to wait before something that failed is tried again.
const RETRY: Duration = Duration::from_secs(1);

/// How long to wait for work at most: whoever makes work wakes the thread.
const LOOK: Duration = Duration::from_mins(10);

/// The thread's own.
pub(super) struct Keeper {
    pub(super) shared: Arc<Shared>,
    pub(super) disk: Arc<dyn Disk>,
}

/// What there is to do.
enum Work {
    Prepare(u64, u64),
    Move(Vec<Closed>),
    Stop,
}

/// Why segments stay in the journal.
#[derive(Debug, thiserror::Error)]
enum MoveError {
    #[error("{0}")]
    Read(#[from] std::io::Error),
    #[error("{0}")]
    Damage(#[from] record::Damage),
    #[error("{0}")]
    Database(#[from] DatabaseFailure),
}

impl Keeper {
    /// Works until the journal stops.
    pub(super) fn run(self) {
        loop {
            let done = match self.next() {
                Work::Stop => return,
                Work::Prepare(number, size) => self.prepare_next(number, size),
                Work::Move(old) => self.move_old(&old),
            };
            if !done {
                let queue = self.shared.lock();
                drop(self.shared.wait_for_work(queue, RETRY));
            }
        }
    }

    fn next(&self) -> Work {
        let mut queue = self.shared.lock();
        loop {
            if queue.stopping {
                return Work::Stop;
            }
            if queue.ready.is_none() {
                return Work::Prepare(queue.number(), queue.sizes.segment);
            }
            let old = queue.old();
            if !old.is_empty() {
                return Work::Move(old);
            }
            queue = self.shared.wait_for_work(queue, LOOK);
        }
    }

    fn prepare_next(&self, number: u64, size: u64) -> bool {
        let made = prepare(&*self.disk, &self.shared.folder, number, size);
        let mut queue = self.shared.lock();
        let done = made.is_ok();
        match made {
            Ok(ready) => {
                queue.ready = Some(ready);
                queue.shortage = None;
            }
            Err(error) => {
                let folder = self.shared.folder.display();
                queue.shortage = Some(Fault::new(&format!("cannot make room for more writes in {folder}: {error}")));
            }
        }
        self.shared.progress.send_modify(|progress| progress.tries += 1);
        done
    }

    fn move_old(&self, old: &[Closed]) -> bool {
        let moved = self.try_move(old);
        let mut queue = self.shared.lock();
        match moved {
            Ok(()) => {
                queue.closed.retain(|it| !old.contains(it));
                queue.move_failure = None;
                true
            }
            Err(error) => {
                let failure = Fault::new(&error.to_string());
                if queue.move_failure.replace(failure.clone()).is_none() {
                    eprintln!(
                        "warning: the journal in {} cannot be shortened: {failure}",
                        self.shared.folder.display()
                    );
                }
                false
            }
        }
    }

    /// The last object of each key goes into the database; the files go only after that is durable.
    fn try_move(&self, old: &[Closed]) -> Result<(), MoveError> {
        let Some(newest) = old.last() else { return Ok(()) };
        let paths: Vec<_> = old.iter().map(|it| segment_path(&self.shared.folder, it.number)).collect();
        let contents = paths.iter().map(std::fs::read).collect::<Result<Vec<_>, _>>()?;
        let mut writes = Writes::new();
        for bytes in &contents {
            let Some(segment) = record::read_segment(bytes)? else { continue };
            for payload in segment.payloads {
                for record in record::read_records(payload)?.into_iter().filter(|it| it.revision <= newest.last) {
                    writes.insert(record.key, record.object);
                }
            }
        }
        // A file that stays is read again at the next start, where its writes count as known already.
        let remove = || paths.iter().for_each(|path| drop(self.disk.remove(path)));
        database::apply(&self.shared.folder.join(database::FILE), newest.last, &writes, remove)?;
        Ok(())
    }
}

/// Makes an empty segment.
pub(super) fn prepare(disk: &dyn Disk, folder: &Path, number: u64, size: u64) -> std::io::Result<Open> {
    let file = disk.create(&segment_path(folder, number), size)?;
    Ok(Open { number, file, size })
}
