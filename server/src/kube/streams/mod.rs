//! What lasts longer than a request: logs that are followed, commands in containers, attaching.
//!
//! Upstream: `pkg/registry/core/pod/rest/{log,subresources}.go`, `k8s.io/kubelet/pkg/cri/streaming/remotecommand`.
//! Commands run in simulated containers (`shared`, `sim`); SPDY, which `WebSocket`s have replaced, is refused with a sentence.

mod exec;
mod frames;
mod log;
mod shell;

pub(crate) use exec::{answer as exec, attach};
pub(crate) use log::follow;

use hyper::HeaderMap;
use hyper::header::{CONNECTION, UPGRADE};
use shared::api::Status;

/// What a request to be upgraded asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Upgrade {
    /// Nothing.
    None,
    /// A WebSocket.
    WebSocket,
    /// SPDY.
    Spdy,
}

impl Upgrade {
    /// Reads the headers.
    pub(crate) fn wanted(headers: &HeaderMap) -> Self {
        let says = |name: hyper::header::HeaderName, word: &str| {
            let values = headers.get_all(name).iter().filter_map(|it| it.to_str().ok());
            values.flat_map(|it| it.split(',')).any(|it| it.trim().to_ascii_lowercase().starts_with(word))
        };
        match says(CONNECTION, "upgrade") {
            true if says(UPGRADE, "websocket") => Self::WebSocket,
            true if says(UPGRADE, "spdy/") => Self::Spdy,
            true | false => Self::None,
        }
    }

    /// Lets a `WebSocket` pass.
    ///
    /// # Errors
    /// 400 for anything else.
    pub(crate) fn web_socket(self) -> Result<(), Status> {
        match self {
            Self::WebSocket => Ok(()),
            Self::Spdy => Err(Status::bad_request(
                "this server streams over WebSockets only, not over SPDY; use kubectl v1.30 or newer",
            )),
            Self::None => Err(Status::bad_request("Upgrade request required")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(connection: &'static str, upgrade: &'static str, expected: Upgrade) {
        let mut headers = HeaderMap::new();
        headers.insert(CONNECTION, hyper::header::HeaderValue::from_static(connection));
        headers.insert(UPGRADE, hyper::header::HeaderValue::from_static(upgrade));
        assert_eq!(Upgrade::wanted(&headers), expected);
    }

    #[test]
    fn upgrades_are_told_apart() {
        check("keep-alive, Upgrade", "websocket", Upgrade::WebSocket);
        check("Upgrade", "SPDY/3.1", Upgrade::Spdy);
        check("keep-alive", "websocket", Upgrade::None);
        assert_eq!(Upgrade::wanted(&HeaderMap::new()), Upgrade::None);
    }
}
