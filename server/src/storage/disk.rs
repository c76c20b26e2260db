//! The files of the journal, behind traits: tests put failing ones in their place.

use std::fs::{File, OpenOptions};
use std::io::{Result, Write as _};
use std::path::Path;

/// Makes and removes files.
pub(crate) trait Disk: Send + Sync {
    /// A file of `size` zeros which, with its name, survives a loss of power.
    ///
    /// # Errors
    /// The system's; then the file is not there.
    fn create(&self, path: &Path, size: u64) -> Result<Box<dyn Log>>;

    /// A file that is there.
    ///
    /// # Errors
    /// The system's.
    fn open(&self, path: &Path) -> Result<Box<dyn Log>>;

    /// Takes a file away.
    ///
    /// # Errors
    /// The system's.
    fn remove(&self, path: &Path) -> Result<()>;
}

/// A file that is written to.
pub(crate) trait Log: Send {
    /// Writes all of `bytes` at `offset`.
    ///
    /// # Errors
    /// The system's; some of the bytes may have been written.
    fn write(&mut self, offset: u64, bytes: &[u8]) -> Result<()>;

    /// Returns when what was written survives a loss of power.
    ///
    /// # Errors
    /// The system's. What was written since the last success may be lost even if a later call succeeds.
    fn sync(&mut self) -> Result<()>;
}

/// The files of the system.
pub(crate) struct Files;

/// How many zeros are written at once.
const CHUNK: usize = 1 << 20;

impl Disk for Files {
    fn create(&self, path: &Path, size: u64) -> Result<Box<dyn Log>> {
        let made = fill(path, size).and_then(|file| sync_folder(path).map(|()| file));
        match made {
            Ok(file) => Ok(Box::new(file)),
            Err(error) => {
                // The first error says more than what comes of a second try at the same disk.
                drop(std::fs::remove_file(path));
                Err(error)
            }
        }
    }

    fn open(&self, path: &Path) -> Result<Box<dyn Log>> {
        Ok(Box::new(OpenOptions::new().write(true).open(path)?))
    }

    fn remove(&self, path: &Path) -> Result<()> {
        std::fs::remove_file(path)
    }
}

/// Zeros are written, not only reserved: a write into reserved space changes the file's map of blocks, and that makes each
/// sync later cost twice as much.
fn fill(path: &Path, size: u64) -> Result<File> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    let zeros = vec![0; CHUNK];
    let mut left = size;
    while left > 0 {
        let now = usize::try_from(left).unwrap_or(CHUNK).min(CHUNK);
        file.write_all(&zeros[..now])?;
        left -= now as u64;
    }
    file.sync_all()?;
    Ok(file)
}

/// Makes the names in the folder of `path` survive a loss of power.
pub(crate) fn sync_folder(path: &Path) -> Result<()> {
    match path.parent() {
        Some(folder) if cfg!(unix) => File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}

impl Log for File {
    fn write(&mut self, offset: u64, bytes: &[u8]) -> Result<()> {
        #[cfg(unix)]
        return std::os::unix::fs::FileExt::write_all_at(self, bytes, offset);
        #[cfg(not(unix))]
        {
            std::io::Seek::seek(self, std::io::SeekFrom::Start(offset))?;
            self.write_all(bytes)
        }
    }

    fn sync(&mut self) -> Result<()> {
        self.sync_data()
    }
}
