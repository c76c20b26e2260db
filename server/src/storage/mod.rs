//! Keeps a cluster: a database file with every object as of some revision, and a journal of the writes since.
//!
//! [`open`] reads both back as a `Store` and gives the [`Journal`] that takes what is written from then on. Knows nothing of
//! requests, HTTP, or how a cluster steps. ARCHITECTURE.md says why it is not a database alone.

mod copy;
mod database;
mod disk;
mod journal;
mod keeper;
mod load;
mod queue;
mod record;
mod writer;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub(crate) use copy::{Snapshot, is_used, put_back, snapshot};
pub(crate) use journal::{Journal, salt};
pub(crate) use queue::Fault;

use database::DatabaseFailure;
use disk::{Disk, Files};
use journal::{Start, segment_path};
use load::{Loaded, Place};
use queue::{Open, Queue, Sizes};
use record::Identity;
use shared::store::{RestoreError, Store};
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use writer::Writer;

/// The name of the file whose lock a server holds while it uses the folder.
const LOCK: &str = "lock";

/// What a person can do about a damaged file.
const REMEDY: &str = "restore a backup with `pilothouse restore`, or move the folder away to begin anew";

/// What a folder held, and what takes the writes from now on.
pub(crate) struct Storage {
    /// Its objects and history; at revision 0 for a folder that was empty.
    pub(crate) store: Store,
    /// Takes the changes after the store's revision.
    pub(crate) journal: Journal,
}

/// Why a folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StorageError {
    /// Another process uses it.
    #[error("another pilothouse uses {}; stop it, or choose another folder with --data-dir", .0.display())]
    InUse(PathBuf),
    /// The system refused something.
    #[error("cannot {doing} {}: {source}", path.display())]
    System {
        /// In a few words: `read`.
        doing: &'static str,
        /// Which file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The database cannot be used.
    #[error("cannot use {}: {source}; {REMEDY}", path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// Why.
        source: DatabaseFailure,
    },
    /// A segment of the journal cannot be used.
    #[error("cannot use {}: {source}; {REMEDY}", path.display())]
    Segment {
        /// The file.
        path: PathBuf,
        /// Why.
        source: record::Damage,
    },
    /// A segment is another cluster's.
    #[error("{} belongs to another cluster; {REMEDY}", .0.display())]
    Foreign(PathBuf),
    /// There is a journal and no database.
    #[error("{} is missing, and there is a journal beside it; {REMEDY}", .0.display())]
    NoDatabase(PathBuf),
    /// There was never one.
    #[error("there is no cluster in {}; choose another folder with --data-dir", .0.display())]
    NoCluster(PathBuf),
    /// Files are missing, or are of different times.
    #[error("the files in {} do not fit together: {source}; {REMEDY}", path.display())]
    Restore {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: RestoreError,
    },
}

impl StorageError {
    fn system(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::System { doing, path, source }
    }
}

/// Opens the folder, made if it is missing, and takes it for this process.
///
/// # Errors
/// It is in use, damaged, or not ours to write to; nothing was changed then.
pub(crate) fn open(folder: &Path) -> Result<Storage, StorageError> {
    open_on(folder, Arc::new(Files), Sizes::USUAL)
}

fn open_on(folder: &Path, disk: Arc<dyn Disk>, sizes: Sizes) -> Result<Storage, StorageError> {
    make_folder(folder).map_err(StorageError::system("make", folder))?;
    let lock = take(folder)?;
    let path = folder.join(database::FILE);
    if !path.exists() {
        begin(folder, &path)?;
    }
    let content = database::read(&path).map_err(|source| StorageError::Database { path, source })?;
    let identity = content.identity;
    let loaded = load::load(folder, content)?;
    let durable = loaded.store.revision();
    let (queue, segment) = go_on(folder, &*disk, sizes, &loaded)?;
    let (end, salt) = loaded.place.as_ref().map_or((0, salt()), |it| (it.end as u64, it.salt));
    let start = Start { folder: folder.to_owned(), queue, disk: disk.clone(), durable, lock };
    let took = Duration::ZERO;
    let journal = Journal::start(start, |shared| Writer { shared, disk, identity, segment, end, salt, durable, took });
    let journal = journal.map_err(StorageError::system("start a thread for", folder))?;
    Ok(Storage { store: loaded.store, journal })
}

/// Only its owner may look into it: there are Secrets in it.
fn make_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Takes the lock of a folder.
fn take(folder: &Path) -> Result<File, StorageError> {
    let path = folder.join(LOCK);
    let file = File::options().create(true).truncate(false).write(true).open(&path);
    let file = file.map_err(StorageError::system("open", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StorageError::InUse(folder.to_owned())),
        Err(TryLockError::Error(error)) => Err(StorageError::system("lock", &path)(error)),
    }
}

/// Makes the database of a new cluster.
fn begin(folder: &Path, path: &Path) -> Result<(), StorageError> {
    if !load::segments(folder)?.is_empty() {
        return Err(StorageError::NoDatabase(path.to_owned()));
    }
    let made = database::create(path, Identity(salt()));
    made.map_err(|source| StorageError::Database { path: path.to_owned(), source })?;
    disk::sync_folder(path).map_err(StorageError::system("sync the folder of", path))
}

/// Makes ready to write after what was loaded: in the last segment, or in a new one.
fn go_on(folder: &Path, disk: &dyn Disk, sizes: Sizes, loaded: &Loaded) -> Result<(Queue, Open), StorageError> {
    let number = loaded.place.as_ref().map_or(loaded.next_number, |it| it.number);
    let path = segment_path(folder, number);
    let failed = StorageError::system("write to", &path);
    let made = match &loaded.place {
        Some(place) => reopen(disk, &path, place),
        None => keeper::prepare(disk, folder, number, sizes.segment),
    };
    let segment = made.map_err(failed)?;
    let next_number = loaded.next_number + u64::from(loaded.place.is_none());
    let room = segment.size - loaded.place.as_ref().map_or(0, |it| it.end as u64);
    Ok((Queue::new(sizes, room, loaded.closed.clone(), next_number), segment))
}

/// What a frame that was never finished has left behind is wiped out: a shorter one may be written over it.
fn reopen(disk: &dyn Disk, path: &Path, place: &Place) -> std::io::Result<Open> {
    let mut file = disk.open(path)?;
    if place.torn > 0 {
        file.write(place.end as u64, &vec![0; place.torn])?;
        file.sync()?;
    }
    Ok(Open { number: place.number, file, size: place.size as u64 })
}
