//! `pilothouse backup` and `pilothouse restore`: a cluster in one file, with its keys and certificates.
//!
//! The copy is of one revision, and checked as it is read; a server that runs goes on meanwhile. History is not in it. A cluster
//! that is put back goes on at a later revision than the copy's, as etcd does with `--bump-revision`: clients that saw newer
//! revisions are told 410 and list again, instead of missing what is written from then on.

mod file;

use std::fs;
use std::path::{Path, PathBuf};

use crate::storage::{self, Snapshot, StorageError};
use crate::tls::{AuthorityError, make_private_folder, write_private_bytes};
use file::{Content, NoBackup};

/// The folder of keys and certificates in the data directory.
const KEYS: &str = "pki";

/// Why there is no backup, or it was not put back.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BackupError {
    /// The data directory cannot be used.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// Keys, certificates or the backup cannot be written.
    #[error(transparent)]
    Write(#[from] AuthorityError),
    /// A file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The file is no backup.
    #[error("cannot use {}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: NoBackup,
    },
    /// There is a cluster already.
    #[error("there is a cluster in {}; --force replaces it", .0.display())]
    Occupied(PathBuf),
    /// The content has no form in bytes.
    #[error("cannot write the backup: {0}")]
    Form(String),
}

/// Copies the cluster in `folder` to `file`, which is replaced if it is there; gives what to tell the person.
///
/// # Errors
/// There is no cluster, or its files are damaged, or the file cannot be written; what was there before stays then.
pub(crate) fn backup(folder: &Path, file: &Path) -> Result<String, BackupError> {
    let Snapshot { revision, objects } = storage::snapshot(folder)?;
    let version = env!("CARGO_PKG_VERSION").to_owned();
    let content = Content { version, revision, keys: read_keys(&folder.join(KEYS))?, objects };
    let bytes = file::write(&content).map_err(BackupError::Form)?;
    write_private_bytes(file, &bytes)?;
    let count = content.objects.len();
    Ok(format!("Saved {count} objects of revision {revision} to {} ({} bytes)", file.display(), bytes.len()))
}

/// Puts the cluster in `file` into `folder`; gives what to tell the person.
///
/// # Errors
/// The file is no whole backup, or there is a cluster and it is not to be replaced, or a server uses it; nothing was changed
/// then. Or the folder cannot be written to.
pub(crate) fn restore(folder: &Path, file: &Path, replace: Replace) -> Result<String, BackupError> {
    let bytes = fs::read(file).map_err(|source| BackupError::Read { path: file.to_owned(), source })?;
    let content = file::read(&bytes).map_err(|source| BackupError::File { path: file.to_owned(), source })?;
    if replace == Replace::No && storage::is_used(folder)? {
        return Err(BackupError::Occupied(folder.to_owned()));
    }
    let Content { revision, keys, objects, .. } = content;
    let snapshot = Snapshot { revision, objects };
    let goes_on = storage::put_back(folder, &snapshot, || write_keys(&folder.join(KEYS), &keys))?;
    let count = snapshot.objects.len();
    Ok(format!("Restored {count} objects of revision {revision} to {}; it goes on at {goes_on}", folder.display()))
}

/// Whether a cluster that is there may be replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Replace {
    /// No.
    No,
    /// Yes: `--force`.
    Yes,
}

fn read_keys(folder: &Path) -> Result<Vec<(String, String)>, BackupError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| BackupError::Read { path, source }
    };
    let mut keys = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed(folder))? {
        let path = entry.map_err(failed(folder))?.path();
        let name = path.file_name().and_then(|it| it.to_str()).unwrap_or_default().to_owned();
        // What is written at this moment has another ending; it is not there yet.
        if path.extension().is_some_and(|it| it == "crt" || it == "key") {
            keys.push((name, fs::read_to_string(&path).map_err(failed(&path))?));
        }
    }
    keys.sort();
    Ok(keys)
}

/// A name from a file leads nowhere else.
fn write_keys(folder: &Path, keys: &[(String, String)]) -> Result<(), BackupError> {
    let failed = |source| AuthorityError::File { doing: "make", path: folder.to_owned(), source };
    make_private_folder(folder).map_err(failed)?;
    for (name, text) in keys {
        if let Some(name) = Path::new(name).file_name() {
            write_private_bytes(&folder.join(name), text.as_bytes())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::testing::{Folder, write};
    use shared::trace::Revision;

    /// Between the fork and the exec of a child of another test the child holds locks as well.
    fn again<T>(mut what: impl FnMut() -> Result<T, BackupError>) -> T {
        loop {
            match what() {
                Err(BackupError::Storage(StorageError::InUse(_))) => std::thread::yield_now(),
                done => return done.unwrap(),
            }
        }
    }

    fn open(folder: &Folder) -> storage::Storage {
        again(|| Ok(storage::open(folder.path())?))
    }

    fn filled(folder: &Folder) {
        let mut storage = open(folder);
        let changes: Vec<_> = ["a", "b", "a"].iter().map(|name| write(&mut storage.store, name, 10)).collect();
        storage.journal.enqueue(&changes);
        storage.journal.write();
        drop(storage);
        make_private_folder(&folder.path().join(KEYS)).unwrap();
        fs::write(folder.path().join("pki/ca.key"), "secret").unwrap();
    }

    fn names(folder: &Folder) -> Vec<String> {
        let snapshot = storage::snapshot(folder.path()).unwrap();
        snapshot.objects.iter().map(|(key, it)| format!("{}@{}", key.name, it.resource_version())).collect()
    }

    #[test]
    fn a_cluster_comes_back_with_its_keys_and_goes_on_later() {
        let (from, to, other) = (Folder::new(), Folder::new(), Folder::new());
        filled(&from);
        let file = other.path().join("backup");
        let said = backup(from.path(), &file).unwrap();
        assert!(said.starts_with("Saved 2 objects of revision 3 to "), "{said}");
        again(|| restore(to.path(), &file, Replace::No));
        assert_eq!(names(&to), ["a@3", "b@2"]);
        assert_eq!(fs::read_to_string(to.path().join("pki/ca.key")).unwrap(), "secret");
        let storage = open(&to);
        assert_eq!(storage.store.revision(), Revision(1_000_003));
        assert!(storage.store.since(Revision(3)).is_err(), "what came after it is not known");
    }

    #[test]
    fn a_server_that_runs_is_copied_too() {
        let (from, other) = (Folder::new(), Folder::new());
        filled(&from);
        let mut storage = open(&from);
        let change = write(&mut storage.store, "c", 10);
        storage.journal.enqueue([&change]);
        storage.journal.write();
        let file = other.path().join("backup");
        while !backup(from.path(), &file).unwrap().starts_with("Saved 3 objects of revision 4 to ") {
            std::thread::yield_now();
        }
        let refused = restore(from.path(), &file, Replace::Yes).unwrap_err().to_string();
        assert!(refused.starts_with("another pilothouse uses "), "{refused}");
    }

    #[test]
    fn nothing_is_changed_by_a_file_that_is_no_backup_or_without_force() {
        let (folder, other) = (Folder::new(), Folder::new());
        filled(&folder);
        let file = other.path().join("backup");
        backup(folder.path(), &file).unwrap();
        let before = names(&folder);
        let refused = |file: &Path, replace| restore(folder.path(), file, replace).unwrap_err().to_string();
        assert!(refused(&file, Replace::No).ends_with("--force replaces it"));
        let whole = fs::read(&file).unwrap();
        fs::write(&file, &whole[..whole.len() / 2]).unwrap();
        assert!(refused(&file, Replace::Yes).contains("it was cut off"));
        fs::write(&file, "apiVersion: v1\n").unwrap();
        assert!(refused(&file, Replace::Yes).ends_with("it is no backup of pilothouse"));
        assert!(refused(&other.path().join("missing"), Replace::Yes).starts_with("cannot read "));
        assert_eq!(names(&folder), before);
        fs::write(&file, whole).unwrap();
        again(|| restore(folder.path(), &file, Replace::Yes));
        assert_eq!(names(&folder), before);
        assert_eq!(open(&folder).store.revision(), Revision(1_000_003));
    }
}
