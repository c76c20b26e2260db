//! SPDY/3.1, as much of it as kubectl speaks: streams in both directions on one connection.
//!
//! Upstream: `k8s.io/apimachinery/pkg/util/httpstream/spdy`, which stands on `moby/spdystream`. The crate that exists for it is
//! under a licence that we cannot take. kubectl speaks it after `Upgrade: SPDY/3.1`, and inside of a WebSocket to forward ports.

mod frame;
pub(super) mod headers;

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use super::room::{Held, Room, WAITING_BYTES_MAX};
use frame::Frame;

/// How many streams a client may have open for its data at once; one more is refused.
const STREAMS_MAX: usize = 512;
/// How many frames wait for a stream's reader before the connection waits with them.
const FRAMES_WAITING_MAX: usize = 4;
/// How many frames wait to be written.
const WRITES_WAITING_MAX: usize = 32;
/// How much one frame of ours carries at most.
const DATA_BYTES_MAX: usize = 32 * 1024;
/// How long a connection may be silent, upstream's own limit.
const SILENCE_MAX: Duration = Duration::from_hours(4);

/// A connection; its end ends all streams.
pub(super) struct Session {
    streams: mpsc::Receiver<Stream>,
    reader: AbortHandle,
}

/// A stream that the client opened.
pub(super) struct Stream {
    /// Its number.
    pub(super) id: u32,
    headers: Vec<(String, String)>,
    /// What the client sends, until it has sent all.
    pub(super) input: mpsc::Receiver<Held>,
    /// The way back.
    pub(super) outlet: Outlet,
}

/// The client has gone away.
#[derive(Debug, thiserror::Error)]
#[error("the client has gone away")]
pub(super) struct Gone;

/// Our side of a stream.
#[derive(Clone)]
pub(super) struct Outlet {
    id: u32,
    out: mpsc::Sender<Bytes>,
}

impl Session {
    /// Begins to read and write.
    pub(super) fn begin(connection: impl AsyncRead + AsyncWrite + Send + 'static) -> Self {
        let (input, output) = tokio::io::split(connection);
        let (out, writes) = mpsc::channel(WRITES_WAITING_MAX);
        let (opened, streams) = mpsc::channel(FRAMES_WAITING_MAX);
        tokio::spawn(write(output, writes));
        let room = Room::new(WAITING_BYTES_MAX);
        let reader = Reader { out, opened, inputs: BTreeMap::new(), has_replied: false, room };
        Self { streams, reader: tokio::spawn(reader.run(input)).abort_handle() }
    }

    /// The next stream that the client opens; `None` when it has gone away.
    pub(super) async fn accept(&mut self) -> Option<Stream> {
        self.streams.recv().await
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

impl Stream {
    /// A header, by its name in small letters; empty without.
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(it, _)| it == name).map_or("", |(_, value)| value)
    }
}

impl Outlet {
    /// Sends bytes.
    ///
    /// # Errors
    /// The client has gone away.
    pub(super) async fn write(&self, bytes: &[u8]) -> Result<(), Gone> {
        for piece in bytes.chunks(DATA_BYTES_MAX) {
            self.out.send(frame::data(self.id, piece, false)).await.map_err(|_| Gone)?;
        }
        Ok(())
    }

    /// Says that nothing follows.
    ///
    /// # Errors
    /// The client has gone away.
    pub(super) async fn close(&self) -> Result<(), Gone> {
        self.out.send(frame::data(self.id, b"", true)).await.map_err(|_| Gone)
    }

    /// Refuses the stream.
    ///
    /// # Errors
    /// The client has gone away.
    pub(super) async fn refuse(&self) -> Result<(), Gone> {
        self.out.send(frame::refuse(self.id)).await.map_err(|_| Gone)
    }
}

/// Writes what waits, as long as somebody may have more.
async fn write(mut output: impl AsyncWrite + Unpin, mut writes: mpsc::Receiver<Bytes>) {
    while let Some(bytes) = writes.recv().await {
        if output.write_all(&bytes).await.is_err() || (writes.is_empty() && output.flush().await.is_err()) {
            return;
        }
    }
    // A client that has closed before us is no fault.
    let _ = output.shutdown().await;
}

/// Gives data to a stream's reader, when it has room for it.
async fn give(reader: &mpsc::Sender<Held>, room: &Room, data: Bytes) -> Result<(), Gone> {
    let held = tokio::select! {
        held = room.take(data) => held,
        () = reader.closed() => return Err(Gone),
    };
    reader.send(held).await.map_err(|_| Gone)
}

/// Gives each frame to its stream.
struct Reader {
    out: mpsc::Sender<Bytes>,
    opened: mpsc::Sender<Stream>,
    inputs: BTreeMap<u32, mpsc::Sender<Held>>,
    has_replied: bool,
    room: Room,
}

impl Reader {
    async fn run(mut self, mut input: impl AsyncRead + Unpin) {
        let mut blocks = headers::Reader::default();
        while let Ok(Ok(Some(frame))) = tokio::time::timeout(SILENCE_MAX, frame::read(&mut input, &mut blocks)).await {
            if self.take(frame).await.is_err() {
                return;
            }
        }
    }

    async fn take(&mut self, frame: Frame) -> Result<(), Gone> {
        match frame {
            Frame::Open { stream, headers, is_last } => self.open(stream, headers, is_last).await?,
            Frame::Data { stream, data, is_last } => {
                let Some(reader) = self.inputs.get(&stream) else { return Ok(()) };
                let unread = !data.is_empty() && give(reader, &self.room, data).await.is_err();
                if unread || is_last {
                    self.inputs.remove(&stream);
                }
            }
            Frame::Reset(stream) => drop(self.inputs.remove(&stream)),
            // Even numbers would answer pings of ours.
            Frame::Ping(id) if id % 2 == 1 => self.out.send(frame::pong(id)).await.map_err(|_| Gone)?,
            Frame::Ping(_) | Frame::Other => {}
        }
        Ok(())
    }

    async fn open(&mut self, id: u32, headers: Vec<(String, String)>, is_last: bool) -> Result<(), Gone> {
        let outlet = Outlet { id, out: self.out.clone() };
        self.inputs.retain(|_, reader| !reader.is_closed());
        if self.inputs.len() >= STREAMS_MAX || self.inputs.contains_key(&id) {
            return outlet.refuse().await;
        }
        self.out.send(frame::reply(id, !self.has_replied)).await.map_err(|_| Gone)?;
        self.has_replied = true;
        let (sender, input) = mpsc::channel(FRAMES_WAITING_MAX);
        if !is_last {
            self.inputs.insert(id, sender);
        }
        self.opened.send(Stream { id, headers, input, outlet }).await.map_err(|_| Gone)
    }
}
