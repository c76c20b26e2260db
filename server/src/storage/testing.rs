//! What the tests of storage share: folders that go away, writes to keep, a disk that can fail.

use crate::storage::disk::{Disk, Files, Log};
use crate::storage::queue::Sizes;
use crate::storage::{Storage, StorageError, open_on};
use shared::model::key::resources::CONFIG_MAPS;
use shared::model::{Key, Object};
use shared::store::{Change, Store};
use std::io::{Error, ErrorKind, Result};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// A folder of its own that goes away at the end.
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// A new one.
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("pilothouse-test-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// Writes a `ConfigMap` with `size` bytes of data; gives the change.
pub(crate) fn write(store: &mut Store, name: &str, size: usize) -> Change {
    let mut object = Object::new("v1", "ConfigMap", "default", name);
    object.set("data.text", "x".repeat(size));
    store.commit(Key::new(CONFIG_MAPS, "default", name), Some(object)).clone()
}

/// Opens a folder on such a disk, with small segments. Between the fork and the exec of a child of another test the child holds
/// the lock as well.
pub(crate) fn open_faulty(folder: &Path, disk: &Faulty) -> Storage {
    let sizes = Sizes { segment: 64 << 10, reserve: 32 << 10 };
    loop {
        match open_on(folder, Arc::new(disk.clone()), sizes) {
            Err(StorageError::InUse(_)) => std::thread::yield_now(),
            opened => return opened.unwrap(),
        }
    }
}

/// A disk on which so many bytes are free, and whose syncs may fail.
#[derive(Clone, Default)]
pub(crate) struct Faulty {
    /// Bytes that new files may still take.
    pub(crate) free: Arc<AtomicU64>,
    /// How many syncs will fail.
    pub(crate) failing_syncs: Arc<AtomicU32>,
}

impl Faulty {
    /// One with so much room.
    pub(crate) fn with_free(bytes: u64) -> Self {
        let disk = Self::default();
        disk.free.store(bytes, Ordering::SeqCst);
        disk
    }

    fn log(&self, file: Box<dyn Log>) -> Box<dyn Log> {
        Box::new(FaultyLog { file, failing_syncs: self.failing_syncs.clone() })
    }
}

impl Disk for Faulty {
    fn create(&self, path: &Path, size: u64) -> Result<Box<dyn Log>> {
        let taken = self.free.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |free| free.checked_sub(size));
        taken.map_err(|_| Error::from(ErrorKind::StorageFull))?;
        Ok(self.log(Files.create(path, size)?))
    }

    fn open(&self, path: &Path) -> Result<Box<dyn Log>> {
        Ok(self.log(Files.open(path)?))
    }

    fn remove(&self, path: &Path) -> Result<()> {
        Files.remove(path)
    }
}

struct FaultyLog {
    file: Box<dyn Log>,
    failing_syncs: Arc<AtomicU32>,
}

impl Log for FaultyLog {
    fn write(&mut self, offset: u64, bytes: &[u8]) -> Result<()> {
        self.file.write(offset, bytes)
    }

    fn sync(&mut self) -> Result<()> {
        let failing = self.failing_syncs.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |it| it.checked_sub(1));
        if failing.is_ok() { Err(Error::other("input/output error")) } else { self.file.sync() }
    }
}
