//! The audit log: a line of JSON for each request, at level Metadata.
//!
//! A thread of its own writes; a request waits for it only while the queue is full, and not for long. Watches and logs that are
//! followed have two lines, one when they begin and one when they end; commands and forwarded ports have the first alone
//! (`DIFFERENCE`).

mod event;
mod file;

use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use hyper::header::{HeaderName, HeaderValue, USER_AGENT};
use hyper::http::request::Parts;
use hyper::{HeaderMap, Response};
use shared::api::{Status, User};
use shared::model::{Chance, Text};
use tokio::sync::{mpsc, oneshot};

use crate::host::wall_clock;
use crate::kube::{RequestInfo, header};
use event::{Arrived, Event};
use file::Rotating;

/// How many lines wait for the thread that writes them.
const LINES_WAITING_MAX: usize = 8_192;
/// How long a request waits for room in the queue; then its line is lost, and counted.
const WAIT_MAX: Duration = Duration::from_millis(50);
/// How long the end of the server waits for the last lines.
const CLOSE_WAIT_MAX: Duration = Duration::from_secs(2);
/// How long an id may be that a client gives its request.
const ID_CHARS_MAX: usize = 64;

/// The header that carries the id, in requests and answers.
const AUDIT_ID: HeaderName = HeaderName::from_static("audit-id");
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Where the log goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// The standard output.
    Stdout,
    /// A file.
    File(PathBuf),
}

/// What the thread is sent.
enum Message {
    Line(String),
    /// All lines before are to be written.
    Close(oneshot::Sender<()>),
}

/// The log.
pub(crate) struct Log {
    messages: mpsc::Sender<Message>,
    lost: Arc<AtomicU64>,
}

/// From where a request comes; part of the request's extensions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) SocketAddr);

/// What failed, for the log; part of the answer's extensions.
#[derive(Clone, Debug)]
pub(crate) struct Failure(pub(crate) Status);

/// What the pipeline tells of a request; part of the answer's extensions.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told {
    /// The name in the body of a creation.
    pub(crate) name: Text,
    /// What admission notes: `pod-security.kubernetes.io/audit-violations` and its value.
    pub(crate) annotations: Vec<(Text, Text)>,
}

/// The event of one request while it is handled.
pub(crate) struct Ticket {
    log: Arc<Log>,
    event: Event,
    /// False until the log has a line; without an answer it gets one when the ticket goes.
    is_noted: bool,
}

impl Log {
    /// Opens the log and starts the thread that writes it.
    ///
    /// # Errors
    /// The file cannot be opened, or the thread not be started.
    pub(crate) fn open(target: &Target) -> std::io::Result<Arc<Self>> {
        let out: Box<dyn Write + Send> = match target {
            Target::Stdout => Box::new(std::io::stdout()),
            Target::File(path) => Box::new(Rotating::open(path, file::BYTES_MAX)?),
        };
        Self::start(out, LINES_WAITING_MAX)
    }

    fn start(out: Box<dyn Write + Send>, waiting_max: usize) -> std::io::Result<Arc<Self>> {
        let (messages, waiting) = mpsc::channel(waiting_max);
        let lost = Arc::new(AtomicU64::new(0));
        let counter = lost.clone();
        std::thread::Builder::new().name("audit-writer".into()).spawn(move || write(out, waiting, &counter))?;
        Ok(Arc::new(Self { messages, lost }))
    }

    /// Begins the event of a request.
    pub(crate) fn begin(self: &Arc<Self>, parts: &Parts, info: Option<&RequestInfo>) -> Ticket {
        let arrived = Arrived {
            id: id_of(&parts.headers),
            uri: parts.uri.path_and_query().map_or_else(String::new, ToString::to_string),
            method: parts.method.as_str().to_ascii_lowercase(),
            info,
            source_ips: source_ips(&parts.headers, parts.extensions.get::<Peer>()),
            user_agent: header(&parts.headers, USER_AGENT).to_owned(),
            at: wall_clock(),
        };
        Ticket { log: self.clone(), event: Event::of(arrived), is_noted: false }
    }

    /// How many lines were lost because the disk was too slow, or full.
    pub(crate) fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    /// Waits until everything is written, but not for ever.
    pub(crate) async fn close(&self) {
        let (done, written) = oneshot::channel();
        if self.messages.send_timeout(Message::Close(done), CLOSE_WAIT_MAX).await.is_ok() {
            let _ = tokio::time::timeout(CLOSE_WAIT_MAX, written).await;
        }
    }

    async fn put(&self, line: String) {
        if self.messages.send_timeout(Message::Line(line), WAIT_MAX).await.is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The same where nobody can wait.
    fn put_now(&self, line: String) {
        if self.messages.try_send(Message::Line(line)).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Writes what comes until nobody can send more. A line that cannot be written is lost; the next one is tried all the same.
fn write(mut out: Box<dyn Write + Send>, mut messages: mpsc::Receiver<Message>, lost: &AtomicU64) {
    let mut has_failed = false;
    while let Some(message) = messages.blocking_recv() {
        match message {
            Message::Line(line) => {
                let written = out.write_all(line.as_bytes()).and_then(|()| out.flush());
                if let Err(error) = &written {
                    lost.fetch_add(1, Ordering::Relaxed);
                    if !has_failed {
                        eprintln!("warning: the audit log cannot be written: {error}");
                    }
                }
                has_failed = written.is_err();
            }
            Message::Close(done) => drop(done.send(())),
        }
    }
}

impl Ticket {
    /// Who asks, and as whom, if as somebody else.
    pub(crate) fn set_user(&mut self, real: &User, acting: &User) {
        self.event.set_user(real, acting);
    }

    /// Whether they may, and why.
    pub(crate) fn set_decision(&mut self, is_allowed: bool, reason: String) {
        let word = if is_allowed { "allow" } else { "forbid" };
        self.event.annotations.insert("authorization.k8s.io/decision".into(), word.to_owned());
        self.event.annotations.insert("authorization.k8s.io/reason".into(), reason);
    }

    /// The answer is known: it gets the id, and the log its line.
    pub(crate) async fn finish(mut self, mut response: Response<Body>, is_long: bool) -> Response<Body> {
        if let Ok(id) = HeaderValue::from_str(&self.event.id) {
            response.headers_mut().insert(AUDIT_ID, id);
        }
        if let Some(Told { name, annotations }) = response.extensions_mut().remove::<Told>() {
            self.event.set_name(&name);
            let annotations = annotations.into_iter().map(|(name, value)| (name, value.to_string()));
            self.event.annotations.extend(annotations);
        }
        let code = response.status().as_u16();
        let failure = response.extensions().get::<Failure>().map(|it| it.0.clone());
        let goes_on = is_long && code < 300;
        let stage = if goes_on { "ResponseStarted" } else { "ResponseComplete" };
        self.event.reach(stage, code, failure.as_ref(), wall_clock());
        self.log.put(self.event.line()).await;
        self.is_noted = true;
        if goes_on && code != 101 {
            response.map(|body| Body::new(Followed { body, ticket: self, code }))
        } else {
            response
        }
    }
}

/// A client that goes away before its answer is known has perhaps done something nevertheless.
impl Drop for Ticket {
    fn drop(&mut self) {
        if !self.is_noted {
            self.log.put_now(self.event.line());
        }
    }
}

/// A body whose end is a line of the log.
struct Followed {
    body: Body,
    ticket: Ticket,
    code: u16,
}

impl hyper::body::Body for Followed {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Followed {
    fn drop(&mut self) {
        let Self { ticket, code, .. } = self;
        ticket.event.reach("ResponseComplete", *code, None, wall_clock());
        ticket.log.put_now(ticket.event.line());
    }
}

/// The client's own id, or a new one in the form of a random UUID.
fn id_of(headers: &HeaderMap) -> String {
    let given = header(headers, AUDIT_ID);
    if !given.is_empty() && given.len() <= ID_CHARS_MAX {
        return given.to_owned();
    }
    Chance::new(crate::storage::salt()).uid().to_string()
}

/// What proxies say, and whom we see.
fn source_ips(headers: &HeaderMap, peer: Option<&Peer>) -> Vec<String> {
    let forwarded =
        header(headers, FORWARDED_FOR).split(',').filter_map(|it| it.trim().parse::<std::net::IpAddr>().ok());
    let mut all: Vec<String> = forwarded.map(|it| it.to_string()).collect();
    if let Some(peer) = peer {
        let address = peer.0.ip().to_canonical().to_string();
        if all.last() != Some(&address) {
            all.push(address);
        }
    }
    all
}

/// Reads the option: `-` is the standard output.
pub(crate) fn target(word: &Path) -> Target {
    if word.as_os_str() == "-" { Target::Stdout } else { Target::File(word.to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::Request;
    use std::sync::{Mutex, PoisonError};

    /// Keeps what is written.
    #[derive(Clone, Default)]
    struct Memory(Arc<Mutex<String>>);

    impl Write for Memory {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            let mut text = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            text.push_str(&String::from_utf8_lossy(bytes));
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// Writes nothing before it may.
    struct Stuck(std::sync::mpsc::Receiver<()>);

    impl Write for Stuck {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            // An end is as good as a permission.
            let _ = self.0.recv();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn parts() -> Parts {
        let request = Request::get("/api/v1/namespaces/default/secrets/a?x=y").header(AUDIT_ID, "mine");
        request.body(()).unwrap().into_parts().0
    }

    fn lines(memory: &Memory) -> Vec<serde_json::Value> {
        let text = memory.0.lock().unwrap_or_else(PoisonError::into_inner);
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[tokio::test]
    async fn a_request_has_one_line_and_a_watch_two() {
        let memory = Memory::default();
        let log = Log::start(Box::new(memory.clone()), 8).unwrap();
        let parts = parts();
        let info = RequestInfo::read(&parts.method, parts.uri.path(), false);
        let response = log.begin(&parts, info.as_ref()).finish(Response::new(Body::empty()), false).await;
        assert_eq!(response.headers()[AUDIT_ID], "mine");
        let watch = log.begin(&parts, info.as_ref()).finish(Response::new(Body::empty()), true).await;
        drop(watch);
        log.close().await;
        let stages: Vec<String> = lines(&memory).iter().map(|it| it["stage"].to_string()).collect();
        assert_eq!(stages, [r#""ResponseComplete""#, r#""ResponseStarted""#, r#""ResponseComplete""#]);
        assert_eq!(lines(&memory)[0]["objectRef"]["name"], "a");
    }

    #[tokio::test]
    async fn a_log_that_cannot_be_written_delays_requests_a_little_and_loses_lines() {
        let (free, stuck) = std::sync::mpsc::channel();
        let log = Log::start(Box::new(Stuck(stuck)), 1).unwrap();
        for _ in 0..5 {
            log.put("line\n".to_owned()).await;
        }
        assert!(log.lost() >= 3, "{}", log.lost());
        drop(free);
    }

    #[test]
    fn ids_are_uuids() {
        let id = id_of(&HeaderMap::new());
        assert_eq!(id.len(), 36);
        assert_eq!(&id[14..15], "4");
        assert_ne!(id, id_of(&HeaderMap::new()));
    }
}
