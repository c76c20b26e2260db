//! The journal: what the host holds. Changes go in under the cluster's lock; whoever answers waits until they are durable.

use crate::storage::disk::Disk;
use crate::storage::keeper::Keeper;
use crate::storage::queue::{Admission, Fault, Queue};
use crate::storage::writer::{self, Writer};
use shared::store::Change;
use shared::trace::Revision;
use std::fs::File;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::watch;

/// What is said when no thread takes writes any more.
pub(super) const STOPPED: &str = "the journal has stopped; start the server again";

/// How far the journal has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Progress {
    /// The newest revision that survives a loss of power, with all before it.
    pub(super) durable: Revision,
    /// Why it does not go on, while it does not.
    pub(super) fault: Option<Fault>,
    /// How many tries to make room for more writes have ended.
    pub(super) tries: u64,
}

/// Makes changes durable, in their order, many at once. Dropping it waits until all of them are.
pub(crate) struct Journal {
    shared: Arc<Shared>,
    /// Whoever holds it writes.
    writer: Arc<Mutex<Writer>>,
    progress: watch::Receiver<Progress>,
    threads: Vec<JoinHandle<()>>,
    /// The folder's; free again when the last write is made.
    _lock: File,
}

/// What the journal's threads and its holder share.
pub(super) struct Shared {
    pub(super) folder: PathBuf,
    pub(super) progress: watch::Sender<Progress>,
    queue: Mutex<Queue>,
    writes: Condvar,
    work: Condvar,
}

impl Shared {
    pub(super) fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for something to write; false at the end.
    pub(super) fn wait_for_writes(&self) -> bool {
        let mut queue = self.lock();
        while !queue.has_work() {
            if queue.stopping || queue.broken.is_some() {
                return false;
            }
            queue = self.writes.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
        true
    }

    /// Waits for `span`, or until the journal is to stop.
    pub(super) fn wait_for_stop<'a>(&self, queue: MutexGuard<'a, Queue>, span: Duration) -> MutexGuard<'a, Queue> {
        let waited = self.writes.wait_timeout_while(queue, span, |queue| !queue.stopping);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    /// Waits for `span`, or until there may be something to do for the keeper.
    pub(super) fn wait_for_work<'a>(&self, queue: MutexGuard<'a, Queue>, span: Duration) -> MutexGuard<'a, Queue> {
        self.work.wait_timeout(queue, span).unwrap_or_else(PoisonError::into_inner).0
    }

    pub(super) fn wake_keeper(&self) {
        self.work.notify_one();
    }
}

/// What a journal starts from.
pub(super) struct Start {
    pub(super) folder: PathBuf,
    pub(super) queue: Queue,
    pub(super) disk: Arc<dyn Disk>,
    pub(super) durable: Revision,
    pub(super) lock: File,
}

impl Journal {
    /// Starts the threads; `writer` makes the writer from what it shares.
    pub(super) fn start(start: Start, writer: impl FnOnce(Arc<Shared>) -> Writer) -> std::io::Result<Self> {
        let Start { folder, queue, disk, durable, lock } = start;
        let (sender, progress) = watch::channel(Progress { durable, fault: None, tries: 0 });
        let queue = Mutex::new(queue);
        let shared = Shared { folder, progress: sender, queue, writes: Condvar::new(), work: Condvar::new() };
        let shared = Arc::new(shared);
        let writer = Arc::new(Mutex::new(writer(shared.clone())));
        let keeper = Keeper { shared: shared.clone(), disk };
        let spawn =
            |name: &str, run: Box<dyn FnOnce() + Send>| std::thread::Builder::new().name(name.into()).spawn(run);
        let (own, of_thread) = (writer.clone(), shared.clone());
        let threads = vec![
            spawn("journal-writer", Box::new(move || writer::run(of_thread, &own)))?,
            spawn("journal-keeper", Box::new(move || keeper.run()))?,
        ];
        Ok(Self { shared, writer, progress, threads, _lock: lock })
    }

    /// Takes in the store's next changes, in their order. Cheap, without I/O: meant to be called under the cluster's lock.
    ///
    /// They wait until somebody calls [`Self::write`] or [`Self::write_here`].
    pub(crate) fn enqueue<'a>(&self, changes: impl IntoIterator<Item = &'a Change>) {
        self.shared.lock().push(changes);
    }

    /// Lets the journal's thread write what was taken in.
    pub(crate) fn write(&self) {
        self.shared.writes.notify_one();
    }

    /// Writes what was taken in within this call, about as long as one sync of the disk takes; leaves it to the journal's thread
    /// where somebody writes already, where the disk is slow, or when it does not work.
    pub(crate) fn write_here(&self) {
        let is_done = self.writer.try_lock().is_ok_and(|mut writer| writer.lead());
        if !is_done {
            self.write();
        }
    }

    /// Returns when a request that writes may be handled, or the cluster take a step; to be asked before each. Usually at once.
    ///
    /// # Errors
    /// Why not: the disk is full or does not take writes. It goes away by itself when the disk does again.
    pub(crate) async fn admit(&self) -> Result<(), Fault> {
        let mut progress = self.progress.clone();
        loop {
            progress.mark_unchanged();
            match self.shared.lock().admit() {
                Admission::Granted => return Ok(()),
                Admission::Refused(fault) => return Err(fault),
                Admission::Soon => {}
            }
            progress.changed().await.map_err(|_| Fault::new(STOPPED))?;
        }
    }

    /// Returns when everything up to and including `revision` survives a loss of power.
    ///
    /// # Errors
    /// The journal cannot go on at present. The changes are in the cluster and still wait to be written: whether they last
    /// is not known, so they must not be told to anybody as if they did.
    pub(crate) async fn durable(&self, revision: Revision) -> Result<(), Fault> {
        let mut progress = self.progress.clone();
        let reached = progress.wait_for(|it| it.durable >= revision || it.fault.is_some()).await;
        match reached {
            Ok(it) if it.durable >= revision => Ok(()),
            Ok(it) => Err(it.fault.clone().unwrap_or_else(|| Fault::new("the journal stands still"))),
            Err(_) => Err(Fault::new(STOPPED)),
        }
    }

    /// Says that history up to and including `revision` is no longer needed after a restart.
    pub(crate) fn compact(&self, revision: Revision) {
        let mut queue = self.shared.lock();
        queue.compact_to = queue.compact_to.max(revision);
        self.shared.wake_keeper();
    }

    /// Why old segments cannot be moved into the database, while they cannot; nothing is lost by it but space.
    #[cfg(test)]
    pub(crate) fn move_failure(&self) -> Option<Fault> {
        self.shared.lock().move_failure.clone()
    }
}

impl Drop for Journal {
    /// Waits for the last writes; gives up on those that the disk does not take.
    fn drop(&mut self) {
        self.shared.lock().stopping = true;
        self.shared.writes.notify_all();
        self.shared.work.notify_all();
        for thread in self.threads.drain(..) {
            // A thread that panicked has said so.
            drop(thread.join());
        }
    }
}

/// The file of a segment.
pub(super) fn segment_path(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("journal-{number:08}.log"))
}

/// The number of a segment's file; `None` for another file.
pub(super) fn segment_number(name: &str) -> Option<u64> {
    name.strip_prefix("journal-")?.strip_suffix(".log")?.parse().ok()
}

/// A number that nobody can foresee; the system seeds the hasher.
pub(crate) fn salt() -> u64 {
    RandomState::new().build_hasher().finish()
}
