//! The channels of a WebSocket: a byte that says which, then data.
//!
//! Upstream: `k8s.io/apimachinery/pkg/util/remotecommand/constants.go`, `k8s.io/streaming/pkg/httpstream/wsstream`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use shared::api::Status;
use shared::model::Value;
use tokio_tungstenite::tungstenite::Message;

use super::upgrade;

/// Standard input, to us.
pub(super) const STDIN: u8 = 0;
/// Standard output.
pub(super) const STDOUT: u8 = 1;
/// Standard error.
pub(super) const STDERR: u8 = 2;
/// How it ended.
pub(super) const ERROR: u8 = 3;
/// Version 5: a channel that the client closes.
const CLOSE: u8 = 255;

/// How much one frame carries at most.
const FRAME_BYTES_MAX: usize = 32 * 1024;

/// A protocol on channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Protocol {
    /// What the client calls it.
    pub(super) name: &'static str,
    base64: bool,
    /// True if the end is told as a Status, and not as text.
    status: bool,
}

/// What we speak, the best first.
const PROTOCOLS: [Protocol; 5] = [
    Protocol { name: "v5.channel.k8s.io", base64: false, status: true },
    Protocol { name: "v4.channel.k8s.io", base64: false, status: true },
    Protocol { name: "channel.k8s.io", base64: false, status: false },
    Protocol { name: "v4.base64.channel.k8s.io", base64: true, status: true },
    Protocol { name: "base64.channel.k8s.io", base64: true, status: false },
];

/// What a client says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// Typed, or piped.
    Input(Vec<u8>),
    /// There will be no more input.
    InputEnded,
    /// It goes away.
    Closed,
    /// Something that does not matter here, such as a terminal's size.
    Other,
}

impl Protocol {
    /// The best of those that a client offers.
    ///
    /// # Errors
    /// There is none that we speak.
    pub(super) fn choose(offered: &[&str]) -> Result<Self, Status> {
        let best = PROTOCOLS.iter().find(|it| offered.contains(&it.name)).copied();
        best.ok_or_else(|| upgrade::no_protocol(offered, &PROTOCOLS.map(|it| it.name)))
    }

    /// The messages that carry `data` on a channel.
    pub(super) fn messages(self, channel: u8, data: &[u8]) -> Vec<Message> {
        let pieces = data.chunks(FRAME_BYTES_MAX);
        let message = |piece: &[u8]| {
            if self.base64 {
                return Message::text(format!("{channel}{}", STANDARD.encode(piece)));
            }
            Message::binary([&[channel][..], piece].concat())
        };
        pieces.map(message).collect()
    }

    /// The message that tells how a command ended.
    pub(super) fn end(self, status: &Value, text: &str) -> Vec<Message> {
        match (self.status, text.is_empty()) {
            (true, _) => self.messages(ERROR, status.to_json().as_bytes()),
            (false, true) => Vec::new(),
            (false, false) => self.messages(ERROR, text.as_bytes()),
        }
    }

    /// Reads a message of the client.
    pub(super) fn read(self, message: &Message) -> Said {
        if matches!(message, Message::Close(_)) {
            return Said::Closed;
        }
        match self.piece(message) {
            Some((STDIN, input)) => Said::Input(input),
            Some((CLOSE, of)) if of == [STDIN] => Said::InputEnded,
            Some(_) | None => Said::Other,
        }
    }

    /// Channel and data of a message; `None` for one that has none.
    pub(super) fn piece(self, message: &Message) -> Option<(u8, Vec<u8>)> {
        let data: Vec<u8> = match message {
            Message::Binary(data) => data.to_vec(),
            Message::Text(text) if self.base64 => {
                let (channel, rest) = text.split_at_checked(1)?;
                return Some((channel.bytes().next()?.wrapping_sub(b'0'), STANDARD.decode(rest).ok()?));
            }
            Message::Text(text) => text.as_bytes().to_vec(),
            Message::Close(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => return None,
        };
        data.split_first().map(|(channel, data)| (*channel, data.to_vec()))
    }
}

/// The Status of a command that ended with `code`, and the same in a sentence.
pub(super) fn ended(code: i64) -> (Value, String) {
    if code == 0 {
        return (Value::from([("metadata", Value::map()), ("status", "Success".into())]), String::new());
    }
    let sentence = format!("command terminated with non-zero exit code: command terminated with exit code {code}");
    let cause = Value::from([("reason", "ExitCode".into()), ("message", code.to_string().into())]);
    let status = Value::from([
        ("metadata", Value::map()),
        ("status", "Failure".into()),
        ("message", sentence.as_str().into()),
        ("reason", "NonZeroExitCode".into()),
        ("details", Value::from([("causes", [cause].into_iter().collect())])),
    ]);
    (status, sentence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_protocol_is_chosen() {
        let name = |offered: &[&str]| Protocol::choose(offered).ok().map(|it| it.name);
        assert_eq!(name(&["v4.channel.k8s.io", "v5.channel.k8s.io"]), Some("v5.channel.k8s.io"));
        assert_eq!(name(&["SPDY/3.1+portforward.k8s.io"]), None);
    }

    #[test]
    fn messages_have_a_channel() {
        let plain = PROTOCOLS[0];
        assert_eq!(plain.messages(STDOUT, b"hi"), [Message::binary(b"\x01hi".to_vec())]);
        assert_eq!(plain.read(&Message::binary(b"\x00ls\n".to_vec())), Said::Input(b"ls\n".to_vec()));
        assert_eq!(plain.read(&Message::binary(b"\xff\x00".to_vec())), Said::InputEnded);
        assert_eq!(plain.read(&Message::binary(Vec::new())), Said::Other);
        let coded = PROTOCOLS[3];
        assert_eq!(coded.messages(STDOUT, b"hi"), [Message::text("1aGk=")]);
        assert_eq!(coded.read(&Message::text("0aGk=")), Said::Input(b"hi".to_vec()));
        assert_eq!(coded.read(&Message::text("é")), Said::Other);
    }

    #[test]
    fn an_exit_code_is_a_cause() {
        let (status, _) = ended(3);
        assert_eq!(status.at("details.causes").items()[0].get("message").str(), "3");
    }
}
