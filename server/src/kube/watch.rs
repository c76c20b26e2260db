//! Watches as a stream of JSON lines.
//!
//! Upstream: `k8s.io/apiserver/pkg/endpoints/handlers/{get,watch}.go`. The stream is pulled by the client's reading: what it
//! does not read is not made, and when its place is forgotten meanwhile it is told 410 and has to list again.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use futures_util::stream;
use hyper::Response;
use shared::api::custom::DEFINITIONS;
use shared::api::{Bookmarks, Registration, Seen, Status, Watch, WatchEvent, WatchRequest};
use shared::cluster::Cluster;
use shared::model::Object;
use shared::store::Change;
use shared::trace::Revision;
use tokio::time::{Instant, sleep_until};

use super::encode::{self, Include};
use super::negotiate::{Form, Shape, Syntax};
use super::resource::Asked;
use super::{Server, status};
use crate::host::{Behind, Commit, Host, Subscription, wall_clock};

/// How long a watch lasts that names no time: upstream draws from half an hour to an hour.
const WATCH_SECONDS_DEFAULT: u64 = 1_800;
/// How often a watcher is told how far it has come, if it wants to know.
const BOOKMARK_EVERY: Duration = Duration::from_mins(1);

/// A watch that goes on.
struct Running {
    host: Arc<Host>,
    stop: tokio::sync::watch::Receiver<bool>,
    resource: Arc<Registration>,
    watch: Watch,
    place: Subscription,
    /// News of definitions, if it is a custom resource that is watched.
    definitions: Option<Subscription>,
    shape: Shape,
    include: Include,
    first: Option<Bytes>,
    ends: Instant,
    bookmark: Instant,
    over: bool,
    columns_told: bool,
}

/// Begins a watch; its events follow as long as the client reads and the time lasts.
///
/// # Errors
/// The watch cannot begin: wrong selectors, or a revision that is forgotten.
pub(crate) async fn answer(server: &Server, asked: Asked) -> Result<Response<Body>, Status> {
    let Asked { resource, mut target, query, wanted, .. } = asked;
    if wanted.form.syntax != Syntax::Json {
        return Err(super::negotiate::unsupported("application/json"));
    }
    let options = query.options("ListOptions")?;
    let seconds = query.number("timeoutSeconds")?.and_then(|it| u64::try_from(it).ok()).filter(|it| *it > 0);
    target.subresource = shared::model::Text::default();
    let bookmarks = if query.is_true("allowWatchBookmarks") { Bookmarks::Wanted } else { Bookmarks::Unwanted };
    let send_initial_events = query.has("sendInitialEvents").then(|| query.is_true("sendInitialEvents"));
    let request = WatchRequest { target, options, bookmarks, send_initial_events };
    let mut place = server.host.subscribe(&resource.stored_name());
    let definitions = resource.is_custom().then(|| server.host.subscribe(&DEFINITIONS));
    let (watch, first) = begin(server, &request).await?;
    place.seek(watch.revision());
    server.host.durable(watch.revision()).await?;
    let now = Instant::now();
    let mut running = Running {
        host: server.host.clone(),
        stop: server.stop.clone(),
        resource,
        watch,
        place,
        definitions,
        shape: wanted.form.shape,
        include: wanted.include,
        first: None,
        ends: now + Duration::from_secs(seconds.unwrap_or(WATCH_SECONDS_DEFAULT)),
        bookmark: now + BOOKMARK_EVERY,
        over: false,
        columns_told: false,
    };
    running.first = Some(running.initial(first));
    let chunks = stream::unfold(running, |mut running| async move {
        let chunk = running.next().await?;
        Some((Ok::<_, std::convert::Infallible>(chunk), running))
    });
    let mut response = encode::with_bytes(200, Form::JSON.content_type(), Bytes::new());
    *response.body_mut() = Body::from_stream(chunks);
    Ok(response)
}

/// A watch and its first events.
async fn begin(server: &Server, request: &WatchRequest) -> Result<(Watch, Vec<WatchEvent>), Status> {
    let mut watch = server.host.look(|cluster| cluster.api().watch(request))?;
    if watch.converts() {
        let first = server.host.read(|api, attempt| watch.begin_converted(api, attempt)).await?;
        return Ok((watch, first));
    }
    let first = server.host.look(|cluster| watch.begin(cluster.api()));
    Ok((watch, first))
}

/// What ends a watch's wait.
enum Happened {
    News(Result<Vec<Arc<Commit>>, Behind>),
    Minute,
    /// A definition has changed.
    Redefined,
    End,
}

impl Running {
    fn initial(&mut self, events: Vec<WatchEvent>) -> Bytes {
        let mut all = BytesMut::new();
        for event in events {
            match event {
                WatchEvent::Bookmark(object) => all.extend_from_slice(&self.bookmark_line(object)),
                WatchEvent::Error(status) => all.extend_from_slice(&error_line(&status)),
                WatchEvent::Added(object) | WatchEvent::Modified(object) | WatchEvent::Deleted(object) => {
                    let bytes = self.encoded(object);
                    put_line(&mut all, "ADDED", &bytes);
                }
            }
        }
        all.freeze()
    }

    /// The next bytes; `None` when the watch is over.
    async fn next(&mut self) -> Option<Bytes> {
        if let Some(first) = self.first.take().filter(|it| !it.is_empty()) {
            return Some(first);
        }
        while !self.over {
            let happened = tokio::select! {
                found = self.place.next(self.host.feed()) => Happened::News(found),
                () = sleep_until(self.ends) => Happened::End,
                () = sleep_until(self.bookmark) => Happened::Minute,
                () = redefined(&mut self.definitions, &self.host) => Happened::Redefined,
                _ = self.stop.wait_for(|stop| *stop) => Happened::End,
            };
            let chunk = match happened {
                Happened::News(found) => self.news(found).await,
                Happened::Minute => self.minute().await,
                Happened::Redefined => self.redefined().await,
                Happened::End => return None,
            };
            if chunk.as_ref().is_some_and(|it| !it.is_empty()) {
                return chunk;
            }
        }
        None
    }

    /// The lines for some commits, once they are durable.
    async fn news(&mut self, found: Result<Vec<Arc<Commit>>, Behind>) -> Option<Bytes> {
        let reached = self.place.seen();
        let commits = match found {
            Ok(commits) => commits,
            Err(behind) => {
                self.over = true;
                let message = format!("too old resource version: {reached} ({})", behind.oldest);
                return Some(error_line(&Status::expired(message)));
            }
        };
        match self.lines(reached, &commits).await {
            Ok(lines) => {
                self.watch.told(reached);
                Some(lines)
            }
            Err(status) => {
                self.over = true;
                Some(error_line(&status))
            }
        }
    }

    async fn lines(&mut self, reached: Revision, commits: &[Arc<Commit>]) -> Result<Bytes, Status> {
        self.host.durable(reached).await?;
        let mut all = BytesMut::new();
        if self.watch.converts() {
            for change in self.converted(commits).await? {
                if let Some(seen) = self.watch.sees(&change) {
                    let bytes = self.encoded(self.watch.shown(&change, seen));
                    put_line(&mut all, seen.kind(), &bytes);
                }
            }
            return Ok(all.freeze());
        }
        for commit in commits {
            if let Some(seen) = self.watch.sees(&commit.change) {
                let bytes = self.form_of(commit, seen);
                put_line(&mut all, seen.kind(), &bytes);
            }
        }
        Ok(all.freeze())
    }

    /// The changes in the version that is watched, which a webhook makes, outside of the cluster's lock.
    async fn converted(&mut self, commits: &[Arc<Commit>]) -> Result<Vec<Change>, Status> {
        let changes: Vec<Change> = commits.iter().map(|it| it.change.clone()).collect();
        tokio::select! {
            read = self.host.read(|api, attempt| self.watch.converted(api, &changes, attempt)) => read,
            _ = self.stop.wait_for(|stop| *stop) => Ok(Vec::new()),
        }
    }

    /// When nothing serves the resource any more, or a webhook begins or ceases to convert it, the watch ends after what was still to be told.
    async fn redefined(&mut self) -> Option<Bytes> {
        let resource = &self.resource;
        let is_served = |cluster: &Cluster| {
            let registry = cluster.api().registry();
            let found = registry.served(&resource.group, &resource.version, &resource.plural);
            found.is_some_and(|it| it.converts() == resource.converts())
        };
        if self.host.look(is_served) {
            return None;
        }
        let mut all = BytesMut::new();
        while !self.over {
            let found = self.place.catch_up(self.host.feed());
            let was_last = found.as_ref().is_ok_and(Vec::is_empty);
            all.extend_from_slice(&self.news(found).await.unwrap_or_default());
            self.over |= was_last;
        }
        Some(all.freeze())
    }

    /// The object of an event as bytes, which all watchers of the same form share.
    fn form_of(&mut self, commit: &Commit, seen: Seen) -> Bytes {
        let gone = if seen == Seen::Deleted { '-' } else { '+' };
        let make = || self.watch.shown(&commit.change, seen);
        let group = self.resource.api_version();
        match self.shape {
            Shape::Whole => commit.form(&format!("{gone}o{group}"), || json(&make().0)),
            Shape::Metadata => commit.form(&format!("{gone}m{group}"), || self.shaped(make())),
            Shape::Table if self.columns_told => {
                let name = format!("{gone}t{}{group}", self.include.letter());
                commit.form(&name, || self.row(make()))
            }
            Shape::Table => {
                let object = make();
                self.encoded(object)
            }
        }
    }

    /// An object in the watch's shape; the first table has the columns.
    fn encoded(&mut self, object: Object) -> Bytes {
        if self.shape == Shape::Table && self.columns_told {
            return self.row(object);
        }
        self.columns_told = true;
        self.shaped(object)
    }

    fn shaped(&self, object: Object) -> Bytes {
        json(&encode::shaped(&self.resource, object, self.shape, self.include, wall_clock()))
    }

    /// A table with a row and without columns, which the client knows by now.
    fn row(&self, object: Object) -> Bytes {
        let mut table = encode::shaped(&self.resource, object, Shape::Table, self.include, wall_clock());
        table.set("columnDefinitions", shared::model::Value::Null);
        json(&table)
    }

    /// A bookmark, after whatever is new: it tells how far everything was told.
    async fn minute(&mut self) -> Option<Bytes> {
        self.bookmark = Instant::now() + BOOKMARK_EVERY;
        let found = self.place.catch_up(self.host.feed());
        let mut all = BytesMut::from(self.news(found).await.unwrap_or_default());
        if !self.over
            && let Some(WatchEvent::Bookmark(object)) = self.watch.bookmark()
        {
            all.extend_from_slice(&self.bookmark_line(object));
        }
        Some(all.freeze())
    }

    /// A bookmark in the watch's shape: a table has no row for it.
    fn bookmark_line(&mut self, object: Object) -> Bytes {
        let mut line = BytesMut::new();
        let bytes = self.encoded(object);
        put_line(&mut line, "BOOKMARK", &bytes);
        line.freeze()
    }
}

/// Waits until a definition changes; for ever where none counts.
async fn redefined(definitions: &mut Option<Subscription>, host: &Host) {
    let Some(place) = definitions else { return std::future::pending().await };
    if let Err(behind) = place.next(host.feed()).await {
        place.seek(behind.oldest);
    }
}

fn json(value: &shared::model::Value) -> Bytes {
    serde_json::to_vec(value).unwrap_or_default().into()
}

fn put_line(all: &mut BytesMut, kind: &str, object: &[u8]) {
    for part in [b"{\"type\":\"", kind.as_bytes(), b"\",\"object\":", object, b"}\n"] {
        all.extend_from_slice(part);
    }
}

fn error_line(status: &Status) -> Bytes {
    let mut line = BytesMut::new();
    let bytes = status::json(status);
    put_line(&mut line, "ERROR", bytes.trim_ascii_end());
    line.freeze()
}
