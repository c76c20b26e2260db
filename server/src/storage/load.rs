//! Reads a folder back: the objects of the database, then the writes of each segment in order.

use crate::storage::StorageError;
use crate::storage::database::Content;
use crate::storage::journal::{segment_number, segment_path};
use crate::storage::queue::Closed;
use crate::storage::record::{self, Damage, Identity, Record, Segment};
use shared::store::{Kept, Store};
use shared::trace::Revision;
use std::cell::Cell;
use std::path::{Path, PathBuf};

/// What a folder held.
pub(super) struct Loaded {
    pub(super) store: Store,
    /// The segments that are full.
    pub(super) closed: Vec<Closed>,
    /// Where the journal goes on; `None` without a segment that was begun.
    pub(super) place: Option<Place>,
    /// The number of the next new segment.
    pub(super) next_number: u64,
}

/// The end of the newest segment.
pub(super) struct Place {
    pub(super) number: u64,
    pub(super) end: usize,
    pub(super) size: usize,
    pub(super) salt: u64,
    /// How many bytes after the end are not zero up to the last that is not.
    pub(super) torn: usize,
}

/// A segment's file in memory.
struct InMemory {
    number: u64,
    path: PathBuf,
    bytes: Vec<u8>,
}

/// The numbers of the segments in a folder, in order.
///
/// # Errors
/// The folder cannot be read.
pub(super) fn segments(folder: &Path) -> Result<Vec<u64>, StorageError> {
    let failed = |error| StorageError::system("read", folder)(error);
    let mut numbers = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        numbers.extend(name.to_str().and_then(segment_number));
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// The store that `content` and the journal in `folder` make. Segments that nothing was written to are removed.
///
/// # Errors
/// A segment is damaged or another cluster's, or one is missing.
pub(super) fn load(folder: &Path, content: Content) -> Result<Loaded, StorageError> {
    let files = read_files(folder)?;
    let next_number = files.last().map_or(1, |it| it.number + 1);
    let begun = begun(&files, content.identity)?;
    for file in files.iter().filter(|file| !begun.iter().any(|(it, _)| it.number == file.number)) {
        std::fs::remove_file(&file.path).map_err(StorageError::system("remove", &file.path))?;
    }
    let (store, lasts) = restore(folder, content, &begun)?;
    let place = begun.last().map(|(file, segment)| place(file, segment));
    let closed = begun.iter().zip(lasts).map(|((file, _), last)| Closed { number: file.number, last });
    let mut closed: Vec<Closed> = closed.collect();
    closed.pop();
    Ok(Loaded { store, closed, place, next_number })
}

/// The same store, of a folder that another process may be writing to; changes nothing.
///
/// # Errors
/// As for [`load`]; also for a segment that changed while it was read.
pub(super) fn look(folder: &Path, content: Content) -> Result<Store, StorageError> {
    let files = read_files(folder)?;
    let begun = begun(&files, content.identity)?;
    restore(folder, content, &begun).map(|(store, _)| store)
}

/// The segments that something was written to, in order.
fn begun(files: &[InMemory], identity: Identity) -> Result<Vec<(&InMemory, Segment<'_>)>, StorageError> {
    let mut begun = Vec::new();
    for file in files {
        match record::read_segment(&file.bytes).map_err(|source| file.damaged(source))? {
            Some(segment) if segment.header.identity != identity => {
                return Err(StorageError::Foreign(file.path.clone()));
            }
            Some(segment) => begun.push((file, segment)),
            None => {}
        }
    }
    begun.sort_by_key(|(file, segment)| (segment.header.first, file.number));
    Ok(begun)
}

fn read_files(folder: &Path) -> Result<Vec<InMemory>, StorageError> {
    let read = |number| {
        let path = segment_path(folder, number);
        let bytes = std::fs::read(&path).map_err(StorageError::system("read", &path))?;
        Ok(InMemory { number, path, bytes })
    };
    segments(folder)?.into_iter().map(read).collect()
}

/// The store, and the newest revision at the end of each segment.
fn restore(
    folder: &Path,
    content: Content,
    begun: &[(&InMemory, Segment<'_>)],
) -> Result<(Store, Vec<Revision>), StorageError> {
    let mut records = Vec::new();
    let mut lasts = Vec::new();
    let mut newest = content.base;
    for (file, segment) in begun {
        for payload in &segment.payloads {
            let read = record::read_records(payload).map_err(|source| file.damaged(source))?;
            // What is known already was written a second time, after a failure, or is in the database.
            let new = read.into_iter().filter(|it| it.revision > newest).map(|it| (*file, it));
            let before = records.len();
            records.extend(new);
            newest = records.get(before..).and_then(<[_]>::last).map_or(newest, |(_, it)| it.revision);
        }
        lasts.push(newest);
    }
    let damaged = Cell::new(None);
    let store = Store::restore(content.base, content.objects, decoded(records, &damaged));
    match damaged.into_inner() {
        Some(file) => Err(InMemory::damaged(file, Damage::Record(0))),
        None => Ok((store.map_err(|source| StorageError::Restore { path: folder.to_owned(), source })?, lasts)),
    }
}

/// One object at a time, so that no two revisions of an object are in memory before they share what they have in common.
fn decoded<'a>(
    records: Vec<(&'a InMemory, Record<'a>)>,
    damaged: &Cell<Option<&'a InMemory>>,
) -> impl Iterator<Item = Kept> {
    records.into_iter().map_while(|(file, record)| {
        let kept = record.kept();
        if kept.is_none() {
            damaged.set(Some(file));
        }
        kept
    })
}

impl InMemory {
    fn damaged(&self, source: Damage) -> StorageError {
        StorageError::Segment { path: self.path.clone(), source }
    }
}

fn place(file: &InMemory, segment: &Segment<'_>) -> Place {
    let size = file.bytes.len();
    let torn = file.bytes[segment.end..].iter().rposition(|it| *it != 0).map_or(0, |last| last + 1);
    Place { number: file.number, end: segment.end, size, salt: segment.header.salt, torn }
}
