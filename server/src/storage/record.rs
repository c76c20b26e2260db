//! The bytes of the journal: records of writes, in frames with a checksum, in segments with a header. Pure.
//!
//! ```text
//! segment: header, frame, frame, …, zeros
//! header:  MAGIC, format, salt, identity of the cluster, first revision, checksum
//! frame:   MARK, length of the payload, checksum of salt, length and payload; then the payload: records
//! record:  length, revision and key, then 0 for a deletion, or 1 and the object
//! ```
//!
//! A frame is written by one call and made durable before the next one is begun: only the last frame of a segment can be
//! half there. The salt keeps a person from storing bytes in an object that would pass for a frame.

use serde::{Deserialize, Serialize};
use shared::model::{Key, Object};
use shared::store::{Change, Kept};
use shared::trace::Revision;

/// How many bytes a segment's header takes.
pub(crate) const HEADER: usize = 44;
/// How many bytes stand before a frame's payload.
pub(crate) const FRAME: usize = 12;
/// The version of this form; another one is refused.
pub(crate) const FORMAT: u32 = 1;

const MAGIC: &[u8; 8] = b"PILOTLOG";
const MARK: [u8; 4] = *b"\xF5FRM";

/// Tells the data of one cluster from those of all others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Identity(pub(crate) u64);

/// What a segment's header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    /// Whose writes these are.
    pub(crate) identity: Identity,
    /// Goes into every checksum of the segment.
    pub(crate) salt: u64,
    /// The first revision in it. It decides the order of segments: their numbers only tell them apart.
    pub(crate) first: Revision,
}

/// Why bytes cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Damage {
    /// The header's checksum, or what it begins with, is wrong.
    #[error("its header is damaged")]
    Header,
    /// It was written by another version.
    #[error("it has format {0}, and this pilothouse reads format {FORMAT}")]
    Format(u32),
    /// There are whole frames after one that is not.
    #[error("it is damaged at byte {0}: what follows is whole")]
    Middle(usize),
    /// The checksum fits and the content does not.
    #[error("the record at byte {0} cannot be read")]
    Record(usize),
}

/// The bytes of a segment up to where they end.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Segment<'a> {
    pub(crate) header: Header,
    /// The payloads of its frames.
    pub(crate) payloads: Vec<&'a [u8]>,
    /// Where the next frame is to be written.
    pub(crate) end: usize,
}

/// One record, its object still in bytes.
#[derive(Debug)]
pub(crate) struct Record<'a> {
    pub(crate) revision: Revision,
    pub(crate) key: Key,
    pub(crate) object: Option<&'a [u8]>,
}

impl Header {
    /// Its bytes.
    pub(crate) fn to_bytes(self) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        bytes[..8].copy_from_slice(MAGIC);
        bytes[8..12].copy_from_slice(&FORMAT.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.salt.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.identity.0.to_le_bytes());
        bytes[32..40].copy_from_slice(&self.first.0.to_le_bytes());
        let sum = crc32fast::hash(&bytes[..40]);
        bytes[40..].copy_from_slice(&sum.to_le_bytes());
        bytes
    }

    /// Reads it; `None` for a segment that was prepared and never written to.
    fn read(bytes: &[u8]) -> Result<Option<Self>, Damage> {
        let Some(bytes) = bytes.get(..HEADER) else { return Ok(None) };
        if bytes.iter().all(|it| *it == 0) {
            return Ok(None);
        }
        if &bytes[..8] != MAGIC || crc32fast::hash(&bytes[..40]) != word(bytes, 40) {
            return Err(Damage::Header);
        }
        match word(bytes, 8) {
            FORMAT => {
                let (salt, identity, first) = (long(bytes, 16), Identity(long(bytes, 24)), Revision(long(bytes, 32)));
                Ok(Some(Self { identity, salt, first }))
            }
            other => Err(Damage::Format(other)),
        }
    }
}

/// Adds the record of `change` to `to`.
///
/// # Errors
/// The object has no form in bytes, which no object of the store is without.
pub(crate) fn write_record(to: &mut Vec<u8>, change: &Change) -> Result<(), postcard::Error> {
    let start = to.len();
    to.extend([0; 4]);
    postcard::to_io(&(change.revision, &change.key), &mut *to)?;
    to.push(u8::from(change.after.is_some()));
    if let Some(object) = &change.after {
        postcard::to_io(object, &mut *to)?;
    }
    let length = u32::try_from(to.len() - start - 4).map_err(|_| postcard::Error::SerializeBufferFull)?;
    to[start..start + 4].copy_from_slice(&length.to_le_bytes());
    Ok(())
}

/// Fills in what stands before the payload in `frame`, whose first [`FRAME`] bytes are free.
pub(crate) fn seal(frame: &mut [u8], salt: u64) {
    let length = u32::try_from(frame.len() - FRAME).unwrap_or(u32::MAX);
    frame[..4].copy_from_slice(&MARK);
    frame[4..8].copy_from_slice(&length.to_le_bytes());
    let sum = checksum(salt, length, &frame[FRAME..]);
    frame[8..FRAME].copy_from_slice(&sum.to_le_bytes());
}

fn checksum(salt: u64, length: u32, payload: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&salt.to_le_bytes());
    hasher.update(&length.to_le_bytes());
    hasher.update(payload);
    hasher.finalize()
}

/// Reads a segment up to its last whole frame; `None` for one that was never written to.
///
/// # Errors
/// The header is damaged, or a frame is that has whole ones after it.
pub(crate) fn read_segment(bytes: &[u8]) -> Result<Option<Segment<'_>>, Damage> {
    let Some(header) = Header::read(bytes)? else { return Ok(None) };
    let mut payloads = Vec::new();
    let mut end = HEADER;
    while let Some(payload) = read_frame(bytes, end, header.salt) {
        payloads.push(payload);
        end += FRAME + payload.len();
    }
    let later = (end + 1..bytes.len()).filter(|at| bytes[*at] == MARK[0]);
    if later.into_iter().any(|at| read_frame(bytes, at, header.salt).is_some()) {
        return Err(Damage::Middle(end));
    }
    Ok(Some(Segment { header, payloads, end }))
}

fn read_frame(bytes: &[u8], at: usize, salt: u64) -> Option<&[u8]> {
    let head = bytes.get(at..at + FRAME).filter(|head| head[..4] == MARK)?;
    let length = word(head, 4);
    let payload = bytes.get(at + FRAME..)?.get(..usize::try_from(length).ok()?)?;
    (!payload.is_empty() && checksum(salt, length, payload) == word(head, 8)).then_some(payload)
}

/// The records of a payload.
///
/// # Errors
/// A record cannot be read.
pub(crate) fn read_records(payload: &[u8]) -> Result<Vec<Record<'_>>, Damage> {
    let mut records = Vec::new();
    let mut rest = payload;
    while !rest.is_empty() {
        let at = payload.len() - rest.len();
        let (record, after) = read_record(rest).ok_or(Damage::Record(at))?;
        records.push(record);
        rest = after;
    }
    Ok(records)
}

fn read_record(bytes: &[u8]) -> Option<(Record<'_>, &[u8])> {
    let length = usize::try_from(word(bytes.get(..4)?, 0)).ok()?;
    let (body, after) = bytes[4..].split_at_checked(length)?;
    let ((revision, key), tail) = postcard::take_from_bytes(body).ok()?;
    let object = match tail.split_first()? {
        (0, []) => None,
        (1, object) => Some(object),
        _ => return None,
    };
    Some((Record { revision, key, object }, after))
}

impl Record<'_> {
    /// The write that it tells of; `None` if its object cannot be read.
    pub(crate) fn kept(self) -> Option<Kept> {
        let object = match self.object {
            Some(bytes) => Some(postcard::from_bytes::<Object>(bytes).ok()?),
            None => None,
        };
        Some(Kept { revision: self.revision, key: self.key, object })
    }
}

fn word(bytes: &[u8], at: usize) -> u32 {
    let four = bytes.get(at..at + 4).and_then(|it| it.try_into().ok());
    four.map_or(0, u32::from_le_bytes)
}

fn long(bytes: &[u8], at: usize) -> u64 {
    let eight = bytes.get(at..at + 8).and_then(|it| it.try_into().ok());
    eight.map_or(0, u64::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::model::key::resources::CONFIG_MAPS;

    const HEAD: Header = Header { identity: Identity(7), salt: 99, first: Revision(1) };

    fn change(revision: u64, text: Option<&str>) -> Change {
        let object = text.map(|text| {
            let mut object = Object::new("v1", "ConfigMap", "default", "a");
            object.set("data.text", text);
            object
        });
        let key = Key::new(CONFIG_MAPS, "default", "a");
        Change { revision: Revision(revision), key, before: None, after: object }
    }

    /// A segment with a frame for each of `frames`, and some room behind.
    fn segment(frames: &[&[Change]]) -> Vec<u8> {
        let mut bytes = HEAD.to_bytes().to_vec();
        for changes in frames {
            let mut frame = vec![0; FRAME];
            changes.iter().for_each(|it| write_record(&mut frame, it).unwrap());
            seal(&mut frame, HEAD.salt);
            bytes.extend(frame);
        }
        bytes.extend([0; 64]);
        bytes
    }

    fn revisions(bytes: &[u8]) -> Result<Vec<u64>, Damage> {
        let segment = read_segment(bytes)?.unwrap();
        let mut all = Vec::new();
        for payload in segment.payloads {
            all.extend(read_records(payload)?.into_iter().map(|it| it.revision.0));
        }
        Ok(all)
    }

    #[test]
    fn what_was_written_is_read() {
        let changes = [change(1, Some("x")), change(2, None)];
        let bytes = segment(&[&changes, &[change(3, Some("é"))]]);
        assert_eq!(revisions(&bytes), Ok(vec![1, 2, 3]));
        let segment = read_segment(&bytes).unwrap().unwrap();
        let kept: Vec<_> =
            read_records(segment.payloads[0]).unwrap().into_iter().map(|it| it.kept().unwrap()).collect();
        assert_eq!(kept, changes.iter().map(Kept::from).collect::<Vec<_>>());
        assert_eq!(read_segment(&[0; 100]), Ok(None));
        assert_eq!(read_segment(&[]), Ok(None));
    }

    #[test]
    fn a_file_that_ends_anywhere_gives_whole_frames_only() {
        let whole = segment(&[&[change(1, Some("x")), change(2, Some("y"))], &[change(3, Some("z"))]]);
        for length in HEADER..whole.len() {
            let read = revisions(&whole[..length]).unwrap();
            assert!(matches!(read[..], [] | [1, 2] | [1, 2, 3]), "{length}: {read:?}");
        }
    }

    #[test]
    fn any_flipped_bit_is_found() {
        let whole = segment(&[&[change(1, Some("x"))], &[change(2, Some("y"))]]);
        let (used, mut ends, mut damaged) = (whole.len() - 64, 0, 0);
        for at in (0..used).flat_map(|byte| (0..8).map(move |bit| (byte, bit))) {
            let mut bytes = whole.clone();
            bytes[at.0] ^= 1 << at.1;
            match revisions(&bytes) {
                Ok(read) => {
                    assert_eq!(read, [1], "a wrong byte in the last frame looks like one that was never finished");
                    ends += 1;
                }
                Err(Damage::Header | Damage::Middle(_)) => damaged += 1,
                Err(other) => panic!("{at:?}: {other}"),
            }
        }
        assert!(ends > 0 && damaged > 0);
    }

    #[test]
    fn an_object_that_looks_like_a_frame_is_none() {
        let inner = segment(&[&[change(9, Some("forged"))]]);
        let text: String = inner.iter().map(|it| char::from(it & 0x7f)).collect();
        let mut bytes = segment(&[&[change(1, Some("x"))], &[change(2, Some(&text))]]);
        let torn = bytes.len() - 70;
        bytes.truncate(torn);
        assert_eq!(revisions(&bytes), Ok(vec![1]));
    }
}
