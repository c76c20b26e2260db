//! The link that carries a run: `v1.` and then, in base64 for URLs, a checksum and the deflated postcard of a [`Document`].
//!
//! Knows nothing of where the link is put. Whatever the text is, reading it ends soon, in bounded memory, with a document
//! or with an error that says what is wrong.

use crate::model::Fnv;
use crate::playground::protocol::Document;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// What every link of this form begins with.
const PREFIX: &str = "v1.";
/// Longest link that is read, in characters: more than browsers carry.
const LINK_MAX: usize = 2_000_000;
/// Largest document that is read, in bytes, so that a small link cannot fill the memory.
const DOCUMENT_MAX: usize = 16_000_000;
/// Most acts that a link may carry.
const ACTS_MAX: usize = 10_000;
/// Most files that a link may carry.
const FILES_MAX: usize = 100;
/// Most steps that a link may ask to run again.
const STEPS_MAX: u64 = 5_000_000;
/// How hard deflate works; 9 is the most useful for short texts.
const DEFLATE_LEVEL: u8 = 9;

/// Why a link cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// The text is no link of Pilothouse at all.
    #[error("this is not a Pilothouse link: it does not begin with `v1.`")]
    NotALink,
    /// A later version wrote it.
    #[error("the link has version {0}, this page reads version 1")]
    OtherVersion(String),
    /// A part of it is missing or changed.
    #[error("the link is damaged: a part of it is missing or was changed, copy it whole")]
    Damaged,
    /// It carries more than is read.
    #[error("the link is too large: {0}")]
    TooLarge(&'static str),
}

/// The fragment of a link that carries `document`.
pub fn write(document: &Document) -> String {
    let bytes = postcard::to_stdvec(document).unwrap_or_default();
    let packed = miniz_oxide::deflate::compress_to_vec(&bytes, DEFLATE_LEVEL);
    let mut whole = checksum(&packed).to_le_bytes().to_vec();
    whole.extend(packed);
    format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(whole))
}

/// Reads the fragment of a link, with or without its `#`.
///
/// # Errors
/// The text is no link, a damaged one, one of another version, or one that carries too much.
pub fn read(text: &str) -> Result<Document, LinkError> {
    let text = text.trim().trim_start_matches('#');
    if text.len() > LINK_MAX {
        return Err(LinkError::TooLarge("more than 2 MB of text"));
    }
    let body = text.strip_prefix(PREFIX).ok_or_else(|| not_ours(text))?;
    let whole = URL_SAFE_NO_PAD.decode(body).map_err(|_| LinkError::Damaged)?;
    let (sum, packed) = whole.split_first_chunk::<4>().ok_or(LinkError::Damaged)?;
    if checksum(packed) != u32::from_le_bytes(*sum) {
        return Err(LinkError::Damaged);
    }
    let bytes =
        miniz_oxide::inflate::decompress_to_vec_with_limit(packed, DOCUMENT_MAX).map_err(|error| {
            match error.status {
                miniz_oxide::inflate::TINFLStatus::HasMoreOutput => LinkError::TooLarge("more than 16 MB unpacked"),
                _ => LinkError::Damaged,
            }
        })?;
    let document: Document = postcard::from_bytes(&bytes).map_err(|_| LinkError::Damaged)?;
    within_limits(document)
}

fn not_ours(text: &str) -> LinkError {
    let version = text.strip_prefix('v').and_then(|rest| rest.split_once('.')).map(|(version, _)| version);
    match version {
        Some(version) if !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit()) => {
            LinkError::OtherVersion(version.to_owned())
        }
        _ => LinkError::NotALink,
    }
}

fn within_limits(document: Document) -> Result<Document, LinkError> {
    if document.log.len() > ACTS_MAX {
        return Err(LinkError::TooLarge("more than 10000 acts"));
    }
    if document.files.len() > FILES_MAX {
        return Err(LinkError::TooLarge("more than 100 files"));
    }
    if document.end_step > STEPS_MAX {
        return Err(LinkError::TooLarge("a run of more than 5 million steps"));
    }
    Ok(document)
}

fn checksum(bytes: &[u8]) -> u32 {
    let mut hash = Fnv::default();
    hash.write(bytes);
    u32::try_from((hash.0 ^ (hash.0 >> 32)) & 0xffff_ffff).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::playground::protocol::{Act, Entry};
    use crate::trace::SourceFile;

    fn document() -> Document {
        let file = SourceFile { name: "web.yaml".into(), text: "kind: Deployment\n".repeat(50).into() };
        let entry = Entry { act: Act::Apply(vec![file.clone()]), ..Entry::default() };
        Document { title: "web".into(), files: vec![file], seed: 42, log: vec![entry], hash: 7, ..Document::default() }
    }

    #[test]
    fn a_link_gives_back_the_document_and_is_short() {
        let link = write(&document());
        assert_eq!(read(&link).unwrap(), document());
        assert_eq!(read(&format!("#{link}\n")).unwrap(), document());
        assert!(link.len() < 200, "{}", link.len());
    }

    #[test]
    fn a_bad_link_says_what_is_wrong() {
        let link = write(&document());
        assert_eq!(read(""), Err(LinkError::NotALink));
        assert_eq!(read("#examples/web"), Err(LinkError::NotALink));
        assert_eq!(read("v7.abc"), Err(LinkError::OtherVersion("7".to_owned())));
        for end in 3..link.len() {
            assert_eq!(read(&link[..end]), Err(LinkError::Damaged), "cut at {end}");
        }
        assert_eq!(read(&link.replace('a', "<script>")), Err(LinkError::Damaged));
    }

    #[test]
    fn a_bomb_is_refused() {
        let packed = miniz_oxide::deflate::compress_to_vec(&vec![0; 20_000_000], 9);
        let mut whole = checksum(&packed).to_le_bytes().to_vec();
        whole.extend(packed);
        let link = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(whole));
        assert_eq!(read(&link), Err(LinkError::TooLarge("more than 16 MB unpacked")));
    }
}
