//! Frames: eight bytes of head, then the body.
//!
//! Source: the SPDY/3.1 draft, section 2.6. Priorities, settings and windows mean nothing here: kubectl's library sends as
//! much as it likes.

use bytes::Bytes;
use std::io;
use tokio::io::{AsyncRead, AsyncReadExt as _};

use super::headers::{self, BadBlock};

/// The largest body of a frame.
const BODY_BYTES_MAX: usize = 1 << 20;

const VERSION: u16 = 3;
const OPEN: u16 = 1;
const REPLY: u16 = 2;
const RESET: u16 = 3;
const PING: u16 = 6;
const HEADERS: u16 = 8;
/// The flag of a stream's last frame.
const LAST: u8 = 1;
/// Why we refuse a stream.
const REFUSED: u32 = 3;

/// What a client sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Frame {
    /// Opens a stream.
    Open { stream: u32, headers: Vec<(String, String)>, is_last: bool },
    /// Data of a stream.
    Data { stream: u32, data: Bytes, is_last: bool },
    /// A stream ends at once.
    Reset(u32),
    /// Wants the same back.
    Ping(u32),
    /// Does not matter here.
    Other,
}

/// Reads a frame; `None` at the end.
///
/// # Errors
/// The connection's, or the client does not speak SPDY/3.
pub(super) async fn read(
    input: &mut (impl AsyncRead + Unpin),
    blocks: &mut headers::Reader,
) -> io::Result<Option<Frame>> {
    let mut head = [0; 8];
    match input.read_exact(&mut head).await {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        read => read?,
    };
    let [_, _, _, _, flags, a, b, c] = head;
    let length = u32::from_be_bytes([0, a, b, c]) as usize;
    if length > BODY_BYTES_MAX {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a frame is too large"));
    }
    let mut body = vec![0; length];
    input.read_exact(&mut body).await?;
    let first = u32::from_be_bytes([head[0], head[1], head[2], head[3]]);
    parse(first, flags, body, blocks).map(Some).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

/// Makes a frame of the first word of its head, its flags and its body.
fn parse(first: u32, flags: u8, body: Vec<u8>, blocks: &mut headers::Reader) -> Result<Frame, BadBlock> {
    let is_last = flags & LAST != 0;
    if first >> 31 == 0 {
        return Ok(Frame::Data { stream: first, data: body.into(), is_last });
    }
    let [high, low, ..] = first.to_be_bytes();
    let kind = u16::try_from(first & 0xffff).unwrap_or_default();
    if u16::from_be_bytes([high & 0x7f, low]) != VERSION {
        return Ok(Frame::Other);
    }
    let word = |at: usize| body.get(at..at + 4).and_then(|it| it.try_into().ok()).map_or(0, u32::from_be_bytes);
    let stream = word(0) & 0x7fff_ffff;
    let block = |at| body.get(at..).unwrap_or_default();
    Ok(match kind {
        OPEN => Frame::Open { stream, headers: blocks.read(block(10))?, is_last },
        REPLY | HEADERS => {
            // Not for us; but the next block can only be read after this one.
            blocks.read(block(4))?;
            Frame::Other
        }
        RESET => Frame::Reset(stream),
        PING => Frame::Ping(word(0)),
        _ => Frame::Other,
    })
}

fn control(kind: u16, body: &[u8]) -> Bytes {
    let length = u32::try_from(body.len()).unwrap_or_default();
    let head = [(0x8000 | VERSION).to_be_bytes(), kind.to_be_bytes()].concat();
    [&head, &length.to_be_bytes()[..], body].concat().into()
}

/// Says yes to a stream.
pub(super) fn reply(stream: u32, is_first: bool) -> Bytes {
    control(REPLY, &[&stream.to_be_bytes()[..], &headers::empty_block(is_first)].concat())
}

/// Says no to a stream.
pub(super) fn refuse(stream: u32) -> Bytes {
    control(RESET, &[stream.to_be_bytes(), REFUSED.to_be_bytes()].concat())
}

/// The answer to a ping.
pub(super) fn pong(id: u32) -> Bytes {
    control(PING, &id.to_be_bytes())
}

/// Data on a stream; the last of it for `is_last`.
pub(super) fn data(stream: u32, bytes: &[u8], is_last: bool) -> Bytes {
    let length = u32::try_from(bytes.len()).unwrap_or_default() & 0x00ff_ffff;
    let flags = if is_last { u32::from(LAST) << 24 } else { 0 };
    [&stream.to_be_bytes()[..], &(flags | length).to_be_bytes(), bytes].concat().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn check(mut bytes: &[u8], expected: &[Frame]) {
        let mut blocks = headers::Reader::default();
        let mut frames = Vec::new();
        while let Some(frame) = read(&mut bytes, &mut blocks).await.unwrap() {
            frames.push(frame);
        }
        assert_eq!(frames, expected);
    }

    #[tokio::test]
    async fn what_we_write_is_read() {
        let open = control(OPEN, &[&[0, 0, 0, 1, 0, 0, 0, 0, 0, 0][..], &headers::empty_block(true)].concat());
        check(&open, &[Frame::Open { stream: 1, headers: Vec::new(), is_last: false }]).await;
        let all = [&data(5, b"abc", false)[..], &data(5, b"", true), &pong(7), &refuse(3), &reply(9, true)].concat();
        let of_five = |text: &'static str, is_last| Frame::Data { stream: 5, data: text.into(), is_last };
        check(&all, &[of_five("abc", false), of_five("", true), Frame::Ping(7), Frame::Reset(3), Frame::Other]).await;
    }

    #[tokio::test]
    async fn a_frame_has_a_limit() {
        let mut blocks = headers::Reader::default();
        let huge = [0, 0, 0, 1, 0, 0xff, 0xff, 0xff];
        assert!(read(&mut &huge[..], &mut blocks).await.is_err());
        assert!(read(&mut &b"GET / HTTP/1.1\r\n\r\n"[..], &mut blocks).await.is_err());
    }
}
