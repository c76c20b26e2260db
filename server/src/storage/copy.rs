//! A cluster as one snapshot: taken from a folder, whether a server uses it or not, and put into one that none uses.

use super::database::{self, DatabaseFailure, Writes};
use super::journal::{salt, segment_path};
use super::load;
use super::record::Identity;
use super::{StorageError, disk, make_folder, take};
use shared::model::{Key, Object};
use shared::store::Store;
use shared::trace::Revision;
use std::path::Path;
use std::time::Duration;

/// How far a cluster that is put back goes ahead of its copy, so that no revision that was told to somebody since is told again.
const AHEAD: u64 = 1_000_000;
/// How often what a server writes at the same time is looked at again.
const TRIES_MAX: usize = 50;
/// How long to wait before that.
const PAUSE: Duration = Duration::from_millis(100);
/// The file that becomes the database when it is whole.
const UNFINISHED: &str = "pilothouse.redb.unfinished";

/// Every object as it was at one revision.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Snapshot {
    /// The revision.
    pub(crate) revision: Revision,
    /// The objects.
    pub(crate) objects: Vec<(Key, Object)>,
}

impl Snapshot {
    fn of(store: &Store) -> Self {
        let objects = store.resources().flat_map(|(resource, table)| {
            table.iter().map(|((namespace, name), object)| {
                (Key::new(resource.clone(), namespace.clone(), name.clone()), object.clone())
            })
        });
        Self { revision: store.revision(), objects: objects.collect() }
    }
}

/// What is in a folder. A server that uses it goes on meanwhile; everything that it has answered is in the snapshot.
///
/// # Errors
/// There is no cluster, or its files are damaged.
pub(crate) fn snapshot(folder: &Path) -> Result<Snapshot, StorageError> {
    let path = folder.join(database::FILE);
    if !path.exists() {
        return Err(StorageError::NoCluster(folder.to_owned()));
    }
    let failed = |source| StorageError::Database { path: path.clone(), source };
    match take(folder) {
        Ok(_lock) => load::look(folder, database::read(&path).map_err(failed)?).map(|it| Snapshot::of(&it)),
        Err(StorageError::InUse(_)) => beside(folder, &path),
        Err(other) => Err(other),
    }
}

/// The journal is read while the database is held, so that nothing moves from one to the other in between. The end of the
/// journal may change while it is read: what cannot be read then is read again.
fn beside(folder: &Path, path: &Path) -> Result<Snapshot, StorageError> {
    let mut tries = 0;
    loop {
        let read = match database::read_beside(path, |content| load::look(folder, content)) {
            Ok(Ok(store)) => return Ok(Snapshot::of(&store)),
            Ok(Err(error)) => error,
            Err(source) => StorageError::Database { path: path.to_owned(), source },
        };
        tries += 1;
        if tries >= TRIES_MAX {
            return Err(read);
        }
        std::thread::sleep(PAUSE);
    }
}

/// True if a folder holds a cluster, or a part of one.
///
/// # Errors
/// It cannot be read.
pub(crate) fn is_used(folder: &Path) -> Result<bool, StorageError> {
    Ok(folder.join(database::FILE).exists() || (folder.exists() && !load::segments(folder)?.is_empty()))
}

/// Makes the cluster of a folder the one in `snapshot`; gives the revision at which it goes on. `prepare` runs as soon as the
/// folder is ours, before anything of the old cluster goes.
///
/// # Errors
/// A server uses the folder, or it cannot be written to. If the old cluster was not replaced by then, it is as it was.
pub(crate) fn put_back<E: From<StorageError>>(
    folder: &Path,
    snapshot: &Snapshot,
    prepare: impl FnOnce() -> Result<(), E>,
) -> Result<Revision, E> {
    make_folder(folder).map_err(StorageError::system("make", folder))?;
    let _lock = take(folder)?;
    let unfinished = folder.join(UNFINISHED);
    // What a try that was interrupted has left behind.
    drop(std::fs::remove_file(&unfinished));
    let revision = Revision(snapshot.revision.0 + AHEAD);
    fill(&unfinished, revision, snapshot)
        .map_err(|source| StorageError::Database { path: unfinished.clone(), source })?;
    prepare()?;
    replace(folder, &unfinished)?;
    Ok(revision)
}

/// The database first: it has an identity of its own, so that a journal that stays by mistake is refused, not read.
fn replace(folder: &Path, unfinished: &Path) -> Result<(), StorageError> {
    let path = folder.join(database::FILE);
    std::fs::rename(unfinished, &path).map_err(StorageError::system("replace", &path))?;
    for number in load::segments(folder)? {
        let segment = segment_path(folder, number);
        std::fs::remove_file(&segment).map_err(StorageError::system("remove", &segment))?;
    }
    disk::sync_folder(&path).map_err(StorageError::system("sync the folder of", &path))
}

fn fill(path: &Path, revision: Revision, snapshot: &Snapshot) -> Result<(), DatabaseFailure> {
    database::create(path, Identity(salt()))?;
    let bytes = |(key, object): &(Key, Object)| {
        let bytes = postcard::to_stdvec(object);
        bytes.map(|it| (key.clone(), it)).map_err(|error| DatabaseFailure::Damaged(format!("{key}: {error}")))
    };
    let objects = snapshot.objects.iter().map(bytes).collect::<Result<Vec<_>, _>>()?;
    let writes: Writes<'_> = objects.iter().map(|(key, bytes)| (key.clone(), Some(&**bytes))).collect();
    database::apply(path, revision, &writes, || {})
}
