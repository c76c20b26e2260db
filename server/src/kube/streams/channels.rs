//! The channels of a command: input, output, errors and how it ended, whatever carries them.

use std::time::Duration;

use axum::body::Body;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt as _, StreamExt as _};
use hyper::Response;
use hyper::http::request::Parts;
use shared::api::Status;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::frames::{self, Protocol, STDOUT, Said};
use super::spdy::{Gone, Outlet, Session, Stream};
use super::upgrade::{self, Socket, Upgrade};

/// How long a client may take to open its streams, upstream's own limit.
const STREAMS_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a client may take to close a connection whose command has ended. Before, it must not be closed: kubectl's library
/// forgets what it has not handed on yet when the connection ends.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(10);

/// How a command's end is told over SPDY: since version 4 as a Status.
const STATUS_PROTOCOL: &str = "v4.channel.k8s.io";
/// What is spoken over SPDY.
const SPDY_PROTOCOLS: &[&str] = &[STATUS_PROTOCOL, "v3.channel.k8s.io", "v2.channel.k8s.io", "channel.k8s.io"];

/// Which streams a client will open, beside the one for the end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wants {
    /// Input.
    pub(super) stdin: bool,
    /// Output.
    pub(super) stdout: bool,
    /// Errors.
    pub(super) stderr: bool,
}

/// A conversation with a client on channels.
pub(super) enum Channels {
    /// Each message says its channel.
    Web { protocol: Protocol, out: SplitSink<Socket, Message>, input: SplitStream<Socket> },
    /// Each channel is a stream.
    Spdy(Box<Streams>),
}

/// The streams of a command over SPDY.
pub(super) struct Streams {
    session: Session,
    /// True if the end is told as a Status, and not as text.
    status: bool,
    error: Option<Outlet>,
    stdin: Option<Stream>,
    stdout: Option<Outlet>,
    stderr: Option<Outlet>,
}

/// Switches to channels and lets `talk` have them.
///
/// # Errors
/// There is no protocol that both sides speak, or the connection cannot be upgraded.
pub(super) fn begin<F, T>(upgrade: Upgrade, parts: Parts, wants: Wants, talk: F) -> Result<Response<Body>, Status>
where
    F: FnOnce(Channels) -> T + Send + 'static,
    T: Future<Output = Result<(), Gone>> + Send + 'static,
{
    let offered = upgrade.offered(&parts.headers);
    // In both: a client that went away is no fault of ours.
    match upgrade {
        Upgrade::WebSocket => {
            let protocol = Protocol::choose(&offered)?;
            upgrade::web_socket(parts, protocol.name, move |socket| async move {
                let (out, input) = socket.split();
                let _ = talk(Channels::Web { protocol, out, input }).await;
            })
        }
        Upgrade::Spdy => {
            let chosen = SPDY_PROTOCOLS.iter().find(|it| offered.contains(it));
            let chosen = *chosen.ok_or_else(|| upgrade::no_protocol(&offered, SPDY_PROTOCOLS))?;
            upgrade::spdy(parts, chosen, move |session| async move {
                let status = chosen == STATUS_PROTOCOL;
                let streams = Streams { session, status, error: None, stdin: None, stdout: None, stderr: None };
                if let Ok(Some(streams)) = tokio::time::timeout(STREAMS_TIMEOUT, streams.gather(wants)).await {
                    let _ = talk(Channels::Spdy(Box::new(streams))).await;
                }
            })
        }
    }
}

impl Channels {
    /// Sends text on a channel.
    ///
    /// # Errors
    /// The client has gone away.
    pub(super) async fn say(&mut self, channel: u8, text: &str) -> Result<(), Gone> {
        match self {
            Self::Web { protocol, out, .. } => {
                for message in protocol.messages(channel, text.as_bytes()) {
                    out.send(message).await.map_err(|_| Gone)?;
                }
                Ok(())
            }
            Self::Spdy(streams) => {
                let outlet = if channel == STDOUT { &streams.stdout } else { &streams.stderr };
                match outlet {
                    Some(outlet) => outlet.write(text.as_bytes()).await,
                    None => Ok(()),
                }
            }
        }
    }

    /// Tells how the command ended, and that nothing follows.
    ///
    /// # Errors
    /// The client has gone away.
    pub(super) async fn end(self, code: i64) -> Result<(), Gone> {
        let (status, sentence) = frames::ended(code);
        match self {
            Self::Web { protocol, mut out, mut input } => {
                for message in protocol.end(&status, &sentence) {
                    out.send(message).await.map_err(|_| Gone)?;
                }
                let normal = CloseFrame { code: CloseCode::Normal, reason: "".into() };
                out.send(Message::Close(Some(normal))).await.map_err(|_| Gone)?;
                // The client closes in turn; what it still says is not for us, and it need not close for ever.
                let closed = async { while let Some(Ok(_)) = input.next().await {} };
                let _ = tokio::time::timeout(CLOSE_TIMEOUT, closed).await;
                Ok(())
            }
            Self::Spdy(mut streams) => {
                let text = if streams.status { status.to_json() } else { sentence };
                streams.end(&text).await
            }
        }
    }

    /// The next thing that the client says.
    pub(super) async fn hear(&mut self) -> Said {
        match self {
            Self::Web { protocol, input, .. } => match input.next().await {
                Some(Ok(message)) => protocol.read(&message),
                Some(Err(_)) | None => Said::Closed,
            },
            Self::Spdy(streams) => streams.hear().await,
        }
    }
}

impl Streams {
    /// Waits until the client has opened the streams that it wants; `None` if it goes away before.
    async fn gather(mut self, wants: Wants) -> Option<Self> {
        while !self.has(wants) {
            let stream = self.session.accept().await?;
            match stream.header("streamtype") {
                "error" => self.error = Some(stream.outlet),
                "stdout" => self.stdout = Some(stream.outlet),
                "stderr" => self.stderr = Some(stream.outlet),
                "stdin" => self.stdin = Some(stream),
                // A terminal's size does not matter here.
                "resize" => {}
                _ => stream.outlet.refuse().await.ok()?,
            }
        }
        Some(self)
    }

    fn has(&self, wants: Wants) -> bool {
        self.error.is_some()
            && wants.stdin <= self.stdin.is_some()
            && wants.stdout <= self.stdout.is_some()
            && wants.stderr <= self.stderr.is_some()
    }

    async fn hear(&mut self) -> Said {
        let Self { session, stdin, .. } = self;
        let Some(stream) = stdin else {
            // Streams that are opened so late, such as for a terminal's size, say nothing that matters.
            return session.accept().await.map_or(Said::Closed, |_| Said::Other);
        };
        tokio::select! {
            input = stream.input.recv() => {
                if let Some(input) = input {
                    return Said::Input(input.as_ref().to_vec());
                }
                *stdin = None;
                Said::InputEnded
            }
            opened = session.accept() => opened.map_or(Said::Closed, |_| Said::Other),
        }
    }

    async fn end(&mut self, text: &str) -> Result<(), Gone> {
        if let Some(error) = &self.error {
            error.write(text.as_bytes()).await?;
        }
        let stdin = self.stdin.as_ref().map(|it| &it.outlet);
        for outlet in [&self.stdout, &self.stderr, &self.error].into_iter().flatten().chain(stdin) {
            outlet.close().await?;
        }
        let session = &mut self.session;
        // Streams that are opened now come too late. Whether the client closes in time or not, this is the end.
        let closed = async move { while session.accept().await.is_some() {} };
        let _ = tokio::time::timeout(CLOSE_TIMEOUT, closed).await;
        Ok(())
    }
}
