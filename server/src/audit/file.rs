//! The file of the audit log: grows to a size, is then put aside under a number, and begun anew.

use std::fs::{self, File, OpenOptions};
use std::io::{Result, Write};
use std::path::{Path, PathBuf};

/// How many bytes a file has at most, upstream's `--audit-log-maxsize`.
pub(super) const BYTES_MAX: u64 = 100 << 20;
/// How many files are kept beside the one that grows.
const KEPT: u32 = 5;

/// A file that is put aside when it is large.
pub(super) struct Rotating {
    path: PathBuf,
    file: File,
    size: u64,
    bytes_max: u64,
}

impl Rotating {
    /// Opens the file, or makes it; what is in it stays.
    ///
    /// # Errors
    /// The system's.
    pub(super) fn open(path: &Path, bytes_max: u64) -> Result<Self> {
        let file = append(path)?;
        let size = file.metadata()?.len();
        Ok(Self { path: path.to_owned(), file, size, bytes_max })
    }

    /// `audit.log` becomes `audit.log.1`, that one `audit.log.2`, and so on; the oldest goes.
    ///
    /// What was put aside already, by a try that could not begin the file anew, stays where it is.
    fn rotate(&mut self) -> Result<()> {
        if self.path.exists() {
            self.put_aside()?;
        }
        self.file = append(&self.path)?;
        self.size = 0;
        Ok(())
    }

    fn put_aside(&self) -> Result<()> {
        for number in (1..KEPT).rev() {
            let (from, to) = (self.numbered(number), self.numbered(number + 1));
            if from.exists() {
                fs::rename(from, to)?;
            }
        }
        fs::rename(&self.path, self.numbered(1))
    }

    fn numbered(&self, number: u32) -> PathBuf {
        let mut name = self.path.as_os_str().to_owned();
        name.push(format!(".{number}"));
        name.into()
    }
}

impl Write for Rotating {
    /// Writes whole lines: they are never divided between files.
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        if self.size > 0 && self.size + bytes.len() as u64 > self.bytes_max {
            self.rotate()?;
        }
        self.file.write_all(bytes)?;
        self.size += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<()> {
        self.file.flush()
    }
}

/// Only its owner may read it: it says who does what.
fn append(path: &Path) -> Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::testing::Folder;

    #[test]
    fn large_files_are_put_aside_and_the_oldest_goes() {
        let folder = Folder::new();
        let path = folder.path().join("audit.log");
        let mut file = Rotating::open(&path, 10).unwrap();
        for line in 0..20 {
            file.write_all(format!("line {line}\n").as_bytes()).unwrap();
        }
        let names = fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(names, 6);
        assert_eq!(fs::read_to_string(&path).unwrap(), "line 19\n");
        assert_eq!(fs::read_to_string(folder.path().join("audit.log.5")).unwrap(), "line 14\n");
        drop(file);
        let mut file = Rotating::open(&path, 100).unwrap();
        file.write_all(b"more\n").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "line 19\nmore\n");
    }
}
