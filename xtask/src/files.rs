//! Files and folders, with errors that name them, and a hash that tells whether they changed.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// How deep a folder may be nested before the walk gives up, in folders.
const DEPTH_FOLDERS_MAX: usize = 16;

/// Reads a whole file.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(|error| Failure::io("read", path, &error))
}

/// Reads a whole text file.
pub(crate) fn read_text(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|error| Failure::io("read", path, &error))
}

/// Writes a file and makes the folders it lies in.
pub(crate) fn write(path: &Path, bytes: impl AsRef<[u8]>) -> Result<(), Failure> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|error| Failure::io("create", folder, &error))?;
    }
    fs::write(path, bytes).map_err(|error| Failure::io("write", path, &error))
}

/// Removes a folder and everything in it; a folder that is not there is removed already.
pub(crate) fn remove_folder(path: &Path) -> Result<(), Failure> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Failure::io("remove", path, &error)),
        _ => Ok(()),
    }
}

/// Every file below `folder` by its path relative to it, with `/` between the parts.
///
/// Left out are hidden files, npm's packages, and folders marked as caches, such as cargo's target.
pub(crate) fn below(folder: &Path) -> Result<BTreeMap<String, PathBuf>, Failure> {
    let mut found = BTreeMap::new();
    walk(folder, "", DEPTH_FOLDERS_MAX, &mut found)?;
    Ok(found)
}

/// Adds the files of `folder` to `found`, with `prefix` before their names.
fn walk(folder: &Path, prefix: &str, depth: usize, found: &mut BTreeMap<String, PathBuf>) -> Result<(), Failure> {
    if depth == 0 {
        return Err(Failure::new(format!("{} is nested too deep", folder.display())));
    }
    let entries = fs::read_dir(folder).map_err(|error| Failure::io("list", folder, &error))?;
    for entry in entries {
        let path = entry.map_err(|error| Failure::io("list", folder, &error))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with('.') || name == "node_modules" || path.join("CACHEDIR.TAG").exists() {
            continue;
        }
        if path.is_dir() {
            walk(&path, &format!("{prefix}{name}/"), depth - 1, found)?;
        } else {
            found.insert(format!("{prefix}{name}"), path);
        }
    }
    Ok(())
}

/// A hash that says whether content changed (FNV-1a, 64 bits); it protects against nothing else.
#[derive(Clone, Copy)]
pub(crate) struct Hash(u64);

impl Hash {
    /// The hash of nothing.
    pub(crate) const EMPTY: Self = Self(0xcbf2_9ce4_8422_2325);

    /// The hash after `bytes` and their length were added.
    pub(crate) fn with(self, bytes: &[u8]) -> Self {
        let length = (bytes.len() as u64).to_le_bytes();
        Self(
            bytes
                .iter()
                .chain(&length)
                .fold(self.0, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)),
        )
    }

    /// Sixteen hexadecimal digits.
    pub(crate) fn text(self) -> String {
        format!("{:016x}", self.0)
    }
}

/// The hash of names and contents of `files`.
pub(crate) fn hash<'a>(files: impl IntoIterator<Item = (&'a String, &'a PathBuf)>) -> Result<Hash, Failure> {
    let mut hash = Hash::EMPTY;
    for (name, path) in files {
        hash = hash.with(name.as_bytes()).with(&read(path)?);
    }
    Ok(hash)
}

/// Runs `make` unless the file `stamp` says that it ran for the same `inputs`; true if it ran.
pub(crate) fn unless_fresh(
    stamp: &Path,
    inputs: Hash,
    make: impl FnOnce() -> Result<(), Failure>,
) -> Result<bool, Failure> {
    if fs::read_to_string(stamp).is_ok_and(|text| text == inputs.text()) {
        return Ok(false);
    }
    make()?;
    write(stamp, inputs.text())?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_border_between_two_parts_counts() {
        let hash = |parts: &[&str]| parts.iter().fold(Hash::EMPTY, |hash, part| hash.with(part.as_bytes())).text();
        assert_ne!(hash(&["ab", "c"]), hash(&["a", "bc"]));
        assert_eq!(hash(&["ab", "c"]), hash(&["ab", "c"]));
    }

    #[test]
    fn work_is_done_once_for_the_same_inputs() {
        let folder = std::env::temp_dir().join(format!("pilothouse-stamp-{}", std::process::id()));
        let stamp = folder.join("stamp");
        let first = unless_fresh(&stamp, Hash::EMPTY, || Ok(())).expect("the folder is writable");
        let second = unless_fresh(&stamp, Hash::EMPTY, || Err(Failure::new("ran twice"))).expect("it does not run");
        let third = unless_fresh(&stamp, Hash::EMPTY.with(b"new"), || Ok(())).expect("the folder is writable");
        remove_folder(&folder).expect("the folder is ours");
        assert_eq!((first, second, third), (true, false, true));
    }
}
