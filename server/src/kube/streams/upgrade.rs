//! The switch from HTTP to a WebSocket or to SPDY.
//!
//! Upstream: `k8s.io/apimachinery/pkg/util/httpstream/{httpstream,spdy/upgrade}.go`, `k8s.io/streaming/pkg/httpstream/wsstream`.

use axum::body::Body;
use futures_util::{SinkExt as _, StreamExt as _};
use hyper::header::{
    CONNECTION, HeaderName, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, UPGRADE,
};
use hyper::http::request::Parts;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper::{HeaderMap, Response, StatusCode};
use hyper_util::rt::TokioIo;
use shared::api::Status;
use shared::model::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use super::spdy::Session;

/// The largest message that a client may send.
const MESSAGE_BYTES_MAX: usize = 1 << 20;
/// How many bytes wait on either side of a tunnel.
const TUNNEL_BYTES: usize = 64 * 1024;

/// Which protocol a client of SPDY wants to speak on the streams.
const PROTOCOL: HeaderName = HeaderName::from_static("x-stream-protocol-version");

/// A WebSocket with a client.
pub(super) type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// What a request to be upgraded asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Upgrade {
    /// A WebSocket.
    WebSocket,
    /// SPDY.
    Spdy,
}

impl Upgrade {
    /// Reads the headers.
    ///
    /// # Errors
    /// 400 for anything else.
    pub(super) fn wanted(headers: &HeaderMap) -> Result<Self, Status> {
        let says = |name: HeaderName, word: &str| words(headers, &name).any(|it| it.to_ascii_lowercase() == word);
        match says(CONNECTION, "upgrade") {
            true if says(UPGRADE, "websocket") => Ok(Self::WebSocket),
            true if says(UPGRADE, "spdy/3.1") => Ok(Self::Spdy),
            true | false => Err(Status::bad_request("Upgrade request required")),
        }
    }

    /// The protocols that the client offers, in its order.
    pub(super) fn offered(self, headers: &HeaderMap) -> Vec<&str> {
        match self {
            Self::WebSocket => words(headers, &SEC_WEBSOCKET_PROTOCOL).collect(),
            Self::Spdy => words(headers, &PROTOCOL).collect(),
        }
    }
}

/// The words of a header that may come several times, with commas between them.
fn words<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    let values = headers.get_all(name).into_iter().filter_map(|it| it.to_str().ok());
    values.flat_map(|it| it.split(',')).map(str::trim)
}

/// 403: there is no protocol that both sides speak.
pub(super) fn no_protocol(offered: &[&str], known: &[&str]) -> Status {
    let (offered, known) = (offered.join(" "), known.join(" "));
    let message = format!(
        "unable to upgrade: unable to negotiate protocol: client supports [{offered}], server accepts [{known}]"
    );
    Status { code: 403, reason: "Forbidden", message, details: Value::Null }
}

/// Switches to a WebSocket and lets `talk` have it.
///
/// # Errors
/// The request lacks what a WebSocket needs.
pub(super) fn web_socket<F, T>(mut parts: Parts, protocol: &str, talk: F) -> Result<Response<Body>, Status>
where
    F: FnOnce(Socket) -> T + Send + 'static,
    T: Future<Output = ()> + Send + 'static,
{
    let key = parts.headers.get(SEC_WEBSOCKET_KEY).map(|it| derive_accept_key(it.as_bytes())).unwrap_or_default();
    let accept = HeaderValue::from_str(&key).map_err(|_| Status::bad_request("no key"))?;
    let mut response = switching("websocket", SEC_WEBSOCKET_PROTOCOL, protocol)?;
    response.headers_mut().insert(SEC_WEBSOCKET_ACCEPT, accept);
    let switch = on_upgrade(&mut parts)?;
    tokio::spawn(async move {
        let Ok(upgraded) = switch.await else { return };
        let config = WebSocketConfig::default()
            .max_message_size(Some(MESSAGE_BYTES_MAX))
            .max_frame_size(Some(MESSAGE_BYTES_MAX));
        talk(WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, Some(config)).await).await;
    });
    Ok(response)
}

/// Switches to SPDY and lets `talk` have it.
///
/// # Errors
/// The connection cannot be upgraded.
pub(super) fn spdy<F, T>(mut parts: Parts, protocol: &str, talk: F) -> Result<Response<Body>, Status>
where
    F: FnOnce(Session) -> T + Send + 'static,
    T: Future<Output = ()> + Send + 'static,
{
    let switch = on_upgrade(&mut parts)?;
    tokio::spawn(async move {
        let Ok(upgraded) = switch.await else { return };
        talk(Session::begin(TokioIo::new(upgraded))).await;
    });
    switching("SPDY/3.1", PROTOCOL, protocol)
}

fn on_upgrade(parts: &mut Parts) -> Result<OnUpgrade, Status> {
    let found = parts.extensions.remove::<OnUpgrade>();
    found.ok_or_else(|| Status::bad_request("this connection cannot be upgraded; use HTTP/1.1"))
}

fn switching(to: &'static str, name: HeaderName, protocol: &str) -> Result<Response<Body>, Status> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let protocol = HeaderValue::from_str(protocol).map_err(|_| Status::bad_request("the protocol is no text"))?;
    let headers = response.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static(to));
    headers.insert(name, protocol);
    Ok(response)
}

/// The bytes inside of a WebSocket's messages, as one connection.
pub(super) fn tunnel(socket: Socket) -> DuplexStream {
    let (ours, theirs) = tokio::io::duplex(TUNNEL_BYTES);
    tokio::spawn(async move {
        let (mut out, mut input) = socket.split();
        let (mut from, mut to) = tokio::io::split(ours);
        let inwards = async {
            while let Some(Ok(message)) = input.next().await {
                let Message::Binary(data) = message else { continue };
                if to.write_all(&data).await.is_err() {
                    return;
                }
            }
        };
        let outwards = async {
            let mut buffer = vec![0; TUNNEL_BYTES];
            while let Ok(count @ 1..) = from.read(&mut buffer).await {
                if out.send(Message::binary(buffer[..count].to_vec())).await.is_err() {
                    return;
                }
            }
            // The client is told that this is the end, if it is still there.
            let _ = out.close().await;
        };
        tokio::select! {
            () = inwards => {}
            () = outwards => {}
        }
    });
    theirs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(connection: &'static str, upgrade: &'static str, expected: Option<Upgrade>) {
        let mut headers = HeaderMap::new();
        headers.insert(CONNECTION, HeaderValue::from_static(connection));
        headers.insert(UPGRADE, HeaderValue::from_static(upgrade));
        assert_eq!(Upgrade::wanted(&headers).ok(), expected);
    }

    #[test]
    fn upgrades_are_told_apart() {
        check("keep-alive, Upgrade", "websocket", Some(Upgrade::WebSocket));
        check("Upgrade", "SPDY/3.1", Some(Upgrade::Spdy));
        check("Upgrade", "SPDY/2", None);
        check("keep-alive", "websocket", None);
        assert_eq!(Upgrade::wanted(&HeaderMap::new()).expect_err("it asks for nothing").code, 400);
    }
}
