//! The bytes of a backup: a head with a checksum, then everything else, compressed.
//!
//! ```text
//! MAGIC, format, checksum of the rest, length of the rest; then deflate of postcard of [`Content`]
//! ```

use std::io::Read as _;

use flate2::Compression;
use flate2::bufread::{DeflateDecoder, DeflateEncoder};
use serde::{Deserialize, Serialize};
use shared::model::{Key, Object};
use shared::trace::Revision;

const MAGIC: &[u8; 8] = b"PILOTBAK";
/// The version of this form; another one is refused.
const FORMAT: u32 = 1;
/// How many bytes stand before the content.
const HEAD: usize = 24;
/// The most bytes that a content may unpack to.
const CONTENT_BYTES_MAX: u64 = 8 << 30;

/// What a backup holds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Content {
    /// The version of the program that wrote it.
    pub(super) version: String,
    /// The newest revision.
    pub(super) revision: Revision,
    /// Keys and certificates: names in the folder `pki`, and text.
    pub(super) keys: Vec<(String, String)>,
    /// Every object.
    pub(super) objects: Vec<(Key, Object)>,
}

/// Why a file is no backup.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoBackup {
    /// It begins otherwise.
    #[error("it is no backup of pilothouse")]
    Foreign,
    /// It was written by another version.
    #[error("it has format {0}, and this pilothouse reads format {FORMAT}")]
    Format(u32),
    /// It is too short, or longer than it says.
    #[error("it has {found} bytes instead of {wanted}: it was cut off, or something was added to it")]
    Length {
        /// How many it has.
        found: u64,
        /// How many it should have.
        wanted: u64,
    },
    /// Its checksum is wrong.
    #[error("it is damaged: its checksum is wrong")]
    Checksum,
    /// The checksum fits and the content does not.
    #[error("its content cannot be read: {0}")]
    Content(String),
}

/// The bytes of a backup.
///
/// # Errors
/// The content has no form in bytes, which no cluster's is without.
pub(super) fn write(content: &Content) -> Result<Vec<u8>, String> {
    let plain = postcard::to_stdvec(content).map_err(|error| error.to_string())?;
    let mut packed = Vec::new();
    DeflateEncoder::new(&*plain, Compression::fast()).read_to_end(&mut packed).map_err(|error| error.to_string())?;
    let sum = crc32fast::hash(&packed);
    let head = [MAGIC, &FORMAT.to_le_bytes()[..], &sum.to_le_bytes(), &(packed.len() as u64).to_le_bytes()].concat();
    Ok([head, packed].concat())
}

/// Reads a backup, all of it or nothing.
///
/// # Errors
/// It is none, or not whole.
pub(super) fn read(bytes: &[u8]) -> Result<Content, NoBackup> {
    let Some(rest) = bytes.strip_prefix(MAGIC) else {
        return Err(NoBackup::Foreign);
    };
    let too_short = NoBackup::Length { found: bytes.len() as u64, wanted: HEAD as u64 };
    let (format, rest) = rest.split_first_chunk::<4>().ok_or_else(|| too_short.clone())?;
    let (sum, rest) = rest.split_first_chunk::<4>().ok_or_else(|| too_short.clone())?;
    let (length, packed) = rest.split_first_chunk::<8>().ok_or(too_short)?;
    match u32::from_le_bytes(*format) {
        FORMAT => {}
        other => return Err(NoBackup::Format(other)),
    }
    let wanted = u64::from_le_bytes(*length).saturating_add(HEAD as u64);
    if wanted != bytes.len() as u64 {
        return Err(NoBackup::Length { found: bytes.len() as u64, wanted });
    }
    if crc32fast::hash(packed) != u32::from_le_bytes(*sum) {
        return Err(NoBackup::Checksum);
    }
    let mut plain = Vec::new();
    let unpacked = DeflateDecoder::new(packed).take(CONTENT_BYTES_MAX).read_to_end(&mut plain);
    unpacked.map_err(|error| NoBackup::Content(error.to_string()))?;
    postcard::from_bytes(&plain).map_err(|error| NoBackup::Content(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::model::key::resources::CONFIG_MAPS;

    fn content() -> Content {
        let object = Object::new("v1", "ConfigMap", "default", "a");
        Content {
            version: "0".to_owned(),
            revision: Revision(7),
            keys: vec![("ca.key".to_owned(), "secret".to_owned())],
            objects: vec![(Key::new(CONFIG_MAPS, "default", "a"), object)],
        }
    }

    #[test]
    fn what_was_written_is_read() {
        assert_eq!(read(&write(&content()).unwrap()), Ok(content()));
    }

    #[test]
    fn nothing_that_is_cut_off_or_damaged_is_read() {
        let whole = write(&content()).unwrap();
        for end in 0..whole.len() {
            assert!(read(&whole[..end]).is_err(), "cut off at {end}");
        }
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 1;
            assert!(read(&damaged).is_err(), "damaged at {at}");
        }
        assert_eq!(read(b"PK\x03\x04 a foreign file"), Err(NoBackup::Foreign));
        assert_eq!(
            read(&[&whole[..], b"x"].concat()).unwrap_err().to_string().split(':').nth(1),
            Some(" it was cut off, or something was added to it")
        );
    }
}
