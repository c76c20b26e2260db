//! The cluster on this machine: one [`Cluster`] behind a lock, driven in wall-clock time.
//!
//! Requests go through [`Host::request`], the one door; what they commit is handed to the journal, and answers and watch
//! events wait until it is durable. Knows nothing of HTTP.

mod clock;
mod driver;
mod feed;
mod journal;

pub(crate) use clock::wall_clock;
pub(crate) use driver::drive;
pub(crate) use feed::{Behind, Commit, Subscription};
use journal::{Hands, Journal};

use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::available_parallelism;
use std::time::Duration;

use futures_util::future::join_all;
use shared::api::admission::{Attempt, HookCall};
use shared::api::{Api, Body, Request, Response, Status, Tried};
use shared::cluster::{Cluster, Config, ControlPlane, Timing};
use shared::kubelet::Profile;
use shared::model::{Span, Text, Time};
use shared::store::{Change, Compaction, Store};
use shared::trace::{Action, ActionKind, Cause, Revision};
use tokio::sync::{Notify, Semaphore, watch};
use tokio::time::{Instant, timeout_at};

use crate::storage::Storage;
use crate::tls::check_signature;
use crate::webhook;
use feed::Feed;

/// How long the control plane's parts take on a server: as good as nothing, so that clients wait for little.
const TIMING: Timing =
    Timing { watch: Span::millis(1), jitter: Span::ZERO, think: Span::ZERO, request: Span::micros(100) };

/// How long the webhooks of one request may take in all: upstream's default for requests.
const REQUEST_TIMEOUT: Duration = Duration::from_mins(1);

/// How many calls of webhooks are made at a time for requests of clients; the others wait, within the time of their request.
const CALLS_MAX: usize = 64;
/// The same for writes of the cluster's own parts.
const OWN_CALLS_MAX: usize = 16;

/// A cluster that others can talk to.
pub(crate) struct Host {
    cluster: Mutex<Cluster>,
    feed: Feed,
    journal: Journal,
    /// There is more than one processor: others go on while a thread waits for the disk.
    has_processors: bool,
    /// How many requests that write are under way.
    writing: AtomicUsize,
    /// Counts the driver's turns, for whoever follows what commits nothing, such as logs.
    turns: watch::Sender<u64>,
    /// Tells the driver that something is due earlier than it thinks.
    changed: Notify,
    /// When the driver looks at the cluster again; written under the cluster's lock.
    looks_at: AtomicI64,
    calls: Semaphore,
    own_calls: Arc<Semaphore>,
}

impl Host {
    /// A fresh cluster with simulated nodes, `nodes` of them, at the present time, that ends with the process.
    pub(crate) fn new(nodes: u32, seed: u64) -> Arc<Self> {
        Self::start(nodes, seed, Store::default(), Journal::Memory)
    }

    /// The cluster that was kept, or a fresh one if there is none; `nodes` counts for a fresh one only.
    pub(crate) fn kept(nodes: u32, seed: u64, storage: Storage) -> Arc<Self> {
        Self::start(nodes, seed, storage.store, Journal::Disk(Box::new(storage.journal)))
    }

    fn start(nodes: u32, seed: u64, store: Store, journal: Journal) -> Arc<Self> {
        let config = Config {
            seed,
            nodes,
            start: wall_clock(),
            timing: TIMING,
            profile: Profile::default(),
            control_plane: ControlPlane::Full,
        };
        let before = store.revision();
        let history = store.since(store.oldest()).map(|it| it.cloned().collect()).unwrap_or_default();
        let feed = Feed::new(store.oldest(), history);
        let cluster = if before == Revision(0) { Cluster::new(&config) } else { Cluster::resume(&config, store) };
        let cluster = cluster.with_webhooks().with_signatures(check_signature);
        let turns = watch::Sender::new(0);
        let cluster = Mutex::new(cluster);
        let (writing, looks_at) = (AtomicUsize::new(0), AtomicI64::new(i64::MAX));
        let has_processors = available_parallelism().is_ok_and(|it| it.get() > 1);
        let (calls, own_calls) = (Semaphore::new(CALLS_MAX), Arc::new(Semaphore::new(OWN_CALLS_MAX)));
        let changed = Notify::new();
        let host = Self { cluster, feed, journal, has_processors, writing, turns, changed, looks_at, calls, own_calls };
        host.publish(&host.lock(), before);
        host.journal.write(Hands::Thread);
        Arc::new(host)
    }

    /// Returns when the cluster may take a step.
    ///
    /// # Errors
    /// What it would write could not be kept.
    pub(crate) async fn admit(&self) -> Result<(), Status> {
        self.journal.admit().await
    }

    /// Forgets history that nobody can ask for any more.
    pub(crate) fn compact(&self, compaction: &mut Compaction) {
        let forgotten = self.with(|cluster| {
            let due = compaction.due(cluster.now(), cluster.store().revision());
            cluster.compact(due)
        });
        self.journal.compact(forgotten);
    }

    fn lock(&self) -> MutexGuard<'_, Cluster> {
        self.cluster.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does `work` on the cluster at the present time and publishes what it commits.
    ///
    /// `work` must be short: everyone else waits for it.
    pub(crate) fn with<T>(&self, work: impl FnOnce(&mut Cluster) -> T) -> T {
        self.with_hands(work, || Hands::Thread)
    }

    /// The same; `by` says who makes durable what was committed.
    fn with_hands<T>(&self, work: impl FnOnce(&mut Cluster) -> T, by: impl FnOnce() -> Hands) -> T {
        let mut cluster = self.lock();
        let before = cluster.store().revision();
        cluster.pass_time(wall_clock());
        let done = work(&mut cluster);
        let is_early = cluster.next_due().is_some_and(|due| self.looks_at.fetch_min(due.0, Ordering::Relaxed) > due.0);
        let has_news = cluster.store().revision() > before;
        if has_news {
            self.publish(&cluster, before);
        }
        drop(cluster);
        if is_early {
            self.changed.notify_one();
        }
        if has_news {
            self.journal.write(by());
        }
        done
    }

    /// Looks at the cluster; as short as [`Host::with`].
    pub(crate) fn look<T>(&self, work: impl FnOnce(&Cluster) -> T) -> T {
        work(&self.lock())
    }

    /// Handles one request of a client; the answer comes when all that it tells of is durable.
    pub(crate) async fn request(&self, request: &Request) -> Response {
        self.handle(request, None, Attempt::default()).await
    }

    /// The same for a request of which something is known already.
    pub(crate) async fn request_tried(&self, request: &Request, attempt: Attempt) -> Response {
        self.handle(request, None, attempt).await
    }

    /// Handles a request whose cause the trace knows already, as [`Self::request`] does.
    pub(crate) async fn request_because(&self, request: &Request, cause: Cause) -> Response {
        self.handle(request, Some(cause), Attempt::default()).await
    }

    async fn handle(&self, request: &Request, cause: Option<Cause>, attempt: Attempt) -> Response {
        let _writing = writes(request).then(|| Writing::begin(&self.writing));
        if writes(request)
            && let Err(status) = self.journal.admit().await
        {
            return Response::status(status);
        }
        let (response, told) = self.answer(request, cause, attempt).await;
        match self.journal.durable(told).await {
            Ok(()) => response,
            Err(status) => Response::status(status),
        }
    }

    /// Tries until all webhooks that have a say are asked; with the revision that the answer tells of.
    async fn answer(&self, request: &Request, mut cause: Option<Cause>, mut attempt: Attempt) -> (Response, Revision) {
        let deadline = Instant::now() + REQUEST_TIMEOUT;
        loop {
            let attempt_once = |cluster: &mut Cluster| {
                let cause = *cause.get_or_insert_with(|| {
                    if writes(request) {
                        Cause::Action(cluster.act(action(request, cluster.now())))
                    } else {
                        Cause::Bootstrap
                    }
                });
                let response = cluster.attempt(request, cause, &mut attempt)?;
                let newest = cluster.store().revision();
                let told = if writes(request) { newest } else { told_revision(&response, newest) };
                Ok((response, told))
            };
            let calls = match self.with_hands(attempt_once, || self.hands()) {
                Ok(answer) => return answer,
                Err(calls) => calls,
            };
            if let Err(status) = self.call_until(deadline, calls, &mut attempt).await {
                return (Response::status(status), self.look(|cluster| cluster.store().revision()));
            }
        }
    }

    /// Who makes the commits of a request durable: the request itself, if no other one writes and other threads go on meanwhile.
    fn hands(&self) -> Hands {
        let is_alone = self.writing.load(Ordering::Relaxed) <= 1;
        if is_alone && self.has_processors { Hands::Own } else { Hands::Thread }
    }

    /// Reads something, and calls the webhooks that have to convert it.
    ///
    /// # Errors
    /// What `work` says, or the webhooks took too long.
    pub(crate) async fn read<T>(&self, mut work: impl FnMut(&Api, &mut Attempt) -> Tried<T>) -> Result<T, Status> {
        let mut attempt = Attempt::default();
        let deadline = Instant::now() + REQUEST_TIMEOUT;
        loop {
            match self.look(|cluster| work(cluster.api(), &mut attempt)) {
                Ok(done) => return done,
                Err(calls) => self.call_until(deadline, calls, &mut attempt).await?,
            }
        }
    }

    /// Lets admission judge a connection to a pod; the body of `request` are its options.
    ///
    /// # Errors
    /// It is refused, or the webhooks took too long.
    pub(crate) async fn admit_connection(&self, request: &Request) -> Result<(), Status> {
        let mut attempt = Attempt::default();
        let deadline = Instant::now() + REQUEST_TIMEOUT;
        loop {
            match self.with(|cluster| cluster.admit_connection(request, &mut attempt)) {
                Ok(done) => return done,
                Err(calls) => self.call_until(deadline, calls, &mut attempt).await?,
            }
        }
    }

    async fn call_until(&self, deadline: Instant, calls: Vec<HookCall>, attempt: &mut Attempt) -> Result<(), Status> {
        let called = timeout_at(deadline, self.call(calls, attempt)).await;
        called.map_err(|_| Status::timeout("request did not complete within requested timeout"))
    }

    /// Makes calls of webhooks, all at once.
    async fn call(&self, calls: Vec<HookCall>, attempt: &mut Attempt) {
        let call = async |it| {
            let _permit = self.calls.acquire().await;
            webhook::call(self, it).await
        };
        let answers = join_all(calls.iter().map(call)).await;
        for (call, answer) in calls.into_iter().zip(answers) {
            attempt.answered(call, answer);
        }
    }

    /// How many more calls the cluster's own writes may make now.
    pub(crate) fn own_calls_left(&self) -> usize {
        self.own_calls.available_permits()
    }

    /// Makes calls that the cluster's own writes wait for, each by itself; no more than are left.
    pub(crate) fn make_own_calls(self: &Arc<Self>, calls: Vec<(u64, HookCall)>) {
        for (number, call) in calls {
            let (host, permit) = (self.clone(), self.own_calls.clone().try_acquire_owned().ok());
            tokio::spawn(async move {
                let answer = webhook::call(&host, &call).await;
                host.with(|cluster| cluster.answered(number, call, answer));
                drop(permit);
                host.changed.notify_one();
            });
        }
    }

    /// Waits until everything up to `revision` is durable.
    ///
    /// # Errors
    /// It never will be: the storage failed.
    pub(crate) async fn durable(&self, revision: Revision) -> Result<(), Status> {
        self.journal.durable(revision).await
    }

    /// Follows the commits of a resource.
    pub(crate) fn subscribe(&self, resource: &shared::model::ResourceName) -> Subscription {
        self.feed.subscribe(resource)
    }

    /// Changes whenever the cluster has done something by itself.
    pub(crate) fn turns(&self) -> watch::Receiver<u64> {
        self.turns.subscribe()
    }

    /// The feed of all commits, for its readers.
    pub(crate) fn feed(&self) -> &Feed {
        &self.feed
    }

    /// Hands what was committed after `before` to the journal and the watches; in order, because the lock is held.
    fn publish(&self, cluster: &Cluster, before: Revision) {
        let Ok(news) = cluster.store().since(before) else { return };
        let changes: Vec<Change> = news.cloned().collect();
        self.journal.enqueue(&changes);
        self.feed.append(changes);
    }
}

/// A request that writes, while it is under way.
struct Writing<'a>(&'a AtomicUsize);

impl<'a> Writing<'a> {
    fn begin(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// True for requests that may change something.
fn writes(request: &Request) -> bool {
    !matches!(request.verb, shared::api::Verb::Get | shared::api::Verb::List)
}

/// What the trace says about a client's request: `create configmaps settings`.
fn action(request: &Request, now: Time) -> Action {
    let target = &request.target;
    let name = if target.name.is_empty() { request.body.at("metadata.name").str() } else { &target.name };
    let title = Text::from(format!("{} {} {name}", request.verb.word(), target.resource));
    Action { time: now, title, kind: ActionKind::Request, files: Vec::new() }
}

/// The newest revision that an answer tells of, and which must be durable before it is given.
fn told_revision(response: &Response, newest: Revision) -> Revision {
    match &response.body {
        Body::Object(object) => Revision(object.resource_version()).min(newest),
        Body::Status(_) | Body::List(_) => newest,
        Body::Text(_) => Revision(0),
    }
}

#[cfg(test)]
mod tests;
