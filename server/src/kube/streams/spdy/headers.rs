//! Header blocks: pairs of names and values in one zlib stream that lasts as long as the connection.
//!
//! Source: the SPDY/3.1 draft, section 2.6.10 "Name/Value Header Block". What we send is never compressed, only framed as
//! zlib wants it: our replies have no headers.

use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::{TINFL_FLAG_HAS_MORE_INPUT, TINFL_FLAG_IGNORE_ADLER32};
use miniz_oxide::inflate::core::{DecompressorOxide, decompress};

/// The most bytes that one block may unpack to.
const BLOCK_BYTES_MAX: usize = 32 * 1024;
/// The most headers that one block may have.
const HEADERS_MAX: u32 = 64;
/// How far back a compressed block may refer: zlib's window, and what the library wants as a buffer.
const WINDOW_BYTES: usize = 32 * 1024;

/// The words that both sides know, each with its length before it in the dictionary.
const WORDS: &str = "options head post put delete trace accept accept-charset accept-encoding accept-language accept-ranges age \
    allow authorization cache-control connection content-base content-encoding content-language content-length \
    content-location content-md5 content-range content-type date etag expect expires from host if-match if-modified-since \
    if-none-match if-range if-unmodified-since last-modified location max-forwards pragma proxy-authenticate \
    proxy-authorization range referer retry-after server te trailer transfer-encoding upgrade user-agent vary via warning \
    www-authenticate method get status 200_OK version HTTP/1.1 url public set-cookie keep-alive origin";

/// What follows the words, without lengths.
const TAIL: &str = "100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505\
    203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized403 Forbidden\
    404 Not Found500 Internal Server Error501 Not Implemented503 Service Unavailable\
    Jan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMT\
    chunked,text/html,image/png,image/jpg,image/gif,application/xml,application/xhtml+xml,text/plain,text/javascript,public\
    privatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0.";

/// The Adler-32 checksum of the dictionary, by which zlib names it.
const DICTIONARY_ID: [u8; 4] = [0xe3, 0xc6, 0xa7, 0xc2];
/// Of a zlib stream with a 32 KiB window and a dictionary.
const ZLIB_HEAD: [u8; 2] = [0x78, 0x20];

/// Why a block cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot read a header block: {0}")]
pub(super) struct BadBlock(&'static str);

/// Reads the blocks of one side of a connection, in their order.
pub(super) struct Reader {
    state: Box<DecompressorOxide>,
    window: Vec<u8>,
    place: usize,
    has_begun: bool,
}

impl Default for Reader {
    fn default() -> Self {
        let mut window = dictionary();
        let place = window.len();
        window.resize(WINDOW_BYTES, 0);
        Self { state: Box::default(), window, place, has_begun: false }
    }
}

impl Reader {
    /// The headers in a block.
    ///
    /// # Errors
    /// It is damaged, or too large; no later block can be read then.
    pub(super) fn read(&mut self, mut block: &[u8]) -> Result<Vec<(String, String)>, BadBlock> {
        if !self.has_begun {
            block = after_head(block)?;
            self.has_begun = true;
        }
        pairs(&self.unpack(block)?)
    }

    fn unpack(&mut self, mut block: &[u8]) -> Result<Vec<u8>, BadBlock> {
        let mut all = Vec::new();
        loop {
            let flags = TINFL_FLAG_HAS_MORE_INPUT | TINFL_FLAG_IGNORE_ADLER32;
            let (status, read, written) = decompress(&mut self.state, block, &mut self.window, self.place, flags);
            all.extend_from_slice(&self.window[self.place..self.place + written]);
            self.place = (self.place + written) % WINDOW_BYTES;
            block = &block[read..];
            if all.len() > BLOCK_BYTES_MAX {
                return Err(BadBlock("it is too large"));
            }
            match status {
                TINFLStatus::NeedsMoreInput => return Ok(all),
                TINFLStatus::HasMoreOutput => {}
                _ => return Err(BadBlock("it is not compressed as it should be")),
            }
        }
    }
}

/// What follows the head of the zlib stream.
fn after_head(block: &[u8]) -> Result<&[u8], BadBlock> {
    let (head, rest) = block.split_first_chunk::<2>().ok_or(BadBlock("it is cut off"))?;
    let is_zlib = head[0] & 0x0f == 8 && u16::from_be_bytes(*head).is_multiple_of(31);
    match (is_zlib, head[1] & 0x20 != 0) {
        (true, true) => rest.strip_prefix(&DICTIONARY_ID).ok_or(BadBlock("it has another dictionary")),
        (true, false) => Err(BadBlock("it has no dictionary")),
        (false, _) => Err(BadBlock("it is no zlib stream")),
    }
}

fn pairs(mut bytes: &[u8]) -> Result<Vec<(String, String)>, BadBlock> {
    let count = number(&mut bytes)?;
    if count > HEADERS_MAX {
        return Err(BadBlock("it has too many headers"));
    }
    (0..count).map(|_| Ok((text(&mut bytes)?.to_ascii_lowercase(), text(&mut bytes)?))).collect()
}

fn number(bytes: &mut &[u8]) -> Result<u32, BadBlock> {
    let (number, rest) = bytes.split_first_chunk::<4>().ok_or(BadBlock("it is cut off"))?;
    *bytes = rest;
    Ok(u32::from_be_bytes(*number))
}

fn text(bytes: &mut &[u8]) -> Result<String, BadBlock> {
    let length = number(bytes)? as usize;
    let (text, rest) = bytes.split_at_checked(length).ok_or(BadBlock("it is cut off"))?;
    *bytes = rest;
    String::from_utf8(text.to_vec()).map_err(|_| BadBlock("it is no text"))
}

/// The block without headers: at first in a stream that we send, or later.
pub(super) fn empty_block(is_first: bool) -> Vec<u8> {
    let mut block = Vec::new();
    if is_first {
        block.extend_from_slice(&ZLIB_HEAD);
        block.extend_from_slice(&DICTIONARY_ID);
    }
    // Stored as it is: no last block, 4 bytes, the same inverted, and the number 0.
    block.extend_from_slice(&[0, 4, 0, 0xfb, 0xff, 0, 0, 0, 0]);
    // An empty block flushes: without it Go's reader keeps the number to itself.
    block.extend_from_slice(&[0, 0, 0, 0xff, 0xff]);
    block
}

fn dictionary() -> Vec<u8> {
    let mut all = Vec::new();
    for word in WORDS.split_whitespace() {
        all.extend_from_slice(&u32::try_from(word.len()).unwrap_or(0).to_be_bytes());
        all.extend_from_slice(word.replace('_', " ").as_bytes());
    }
    all.extend_from_slice(TAIL.as_bytes());
    all
}

/// The headers as a block holds them before it is packed.
#[cfg(test)]
pub(in crate::kube::streams) fn unpacked(headers: &[(&str, &str)]) -> Vec<u8> {
    let length = |it: usize| u32::try_from(it).unwrap_or(u32::MAX).to_be_bytes();
    let mut plain = length(headers.len()).to_vec();
    for text in headers.iter().flat_map(|(name, value)| [name, value]) {
        plain.extend_from_slice(&length(text.len()));
        plain.extend_from_slice(text.as_bytes());
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Adler-32, as RFC 1950 has it.
    fn adler(bytes: &[u8]) -> u32 {
        let (a, b) = bytes.iter().fold((1_u32, 0_u32), |(a, b), it| {
            let a = (a + u32::from(*it)) % 65_521;
            (a, (b + a) % 65_521)
        });
        b << 16 | a
    }

    /// A block as a client sends it first, stored.
    fn stored(headers: &[(&str, &str)]) -> Vec<u8> {
        let plain = unpacked(headers);
        let size = u16::try_from(plain.len()).unwrap();
        [&ZLIB_HEAD[..], &DICTIONARY_ID, &[0], &size.to_le_bytes(), &(!size).to_le_bytes(), &plain].concat()
    }

    #[test]
    fn the_dictionary_is_the_drafts() {
        let dictionary = dictionary();
        assert_eq!(dictionary.len(), 1423);
        assert_eq!(adler(&dictionary).to_be_bytes(), DICTIONARY_ID);
    }

    #[test]
    fn headers_are_read() {
        let read = Reader::default().read(&stored(&[("Port", "80"), ("streamType", "data")]));
        assert_eq!(read.unwrap(), [("port".to_owned(), "80".to_owned()), ("streamtype".to_owned(), "data".to_owned())]);
        let mut reader = Reader::default();
        assert_eq!(reader.read(&empty_block(true)).unwrap(), []);
        assert_eq!(reader.read(&empty_block(false)).unwrap(), []);
    }

    /// Bytes that kubectl sent.
    #[test]
    fn compressed_headers_are_read() {
        let mut reader = Reader::default();
        let mut check = |hex: &str, kind: &str| {
            let byte = |at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
            let block: Vec<u8> = (0..hex.len()).step_by(2).map(byte).collect();
            let wanted = [("port", "80"), ("requestid", "0"), ("streamtype", kind)];
            assert_eq!(reader.read(&block).unwrap(), wanted.map(|(name, value)| (name.to_owned(), value.to_owned())));
        };
        check(
            "78f9e3c6a7c202253a48f95b044aab4c16064092b308125b99a054cc68004e872545a989b9d0a2863515141100000000ffff",
            "error",
        );
        check("224b2ba8944a04000000ffff", "data");
    }

    #[test]
    fn what_is_wrong_is_refused() {
        let whole = stored(&[("port", "80")]);
        for end in 0..whole.len() {
            assert!(Reader::default().read(&whole[..end]).is_err(), "cut off at {end}");
        }
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x55;
            // Damage in a name or value is not seen; it must only do no harm.
            let _ = Reader::default().read(&damaged);
        }
    }
}
