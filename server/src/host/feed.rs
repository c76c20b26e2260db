//! The newest commits, once for all watchers.
//!
//! A watcher keeps its own place and comes to read when its resource has news, so that a slow one costs nothing: when its
//! place has left the ring it is cut off and has to list again, as upstream's watch cache does it. What a commit looks like as
//! bytes is made by the first watcher who needs it and kept for the others.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use bytes::Bytes;
use shared::model::ResourceName;
use shared::store::Change;
use shared::trace::Revision;
use tokio::sync::watch;

/// How many commits are kept for watchers.
const COMMITS_MAX: usize = 8_192;
/// How many commits a watcher takes at a time.
const BATCH_COMMITS_MAX: usize = 256;
/// How many forms of one commit are kept as bytes: object, table and metadata, present and gone, of two groups.
const FORMS_MAX: usize = 12;

/// A commit and what it looks like.
#[derive(Debug)]
pub(crate) struct Commit {
    /// What happened.
    pub(crate) change: Change,
    forms: Mutex<Vec<(String, Bytes)>>,
}

/// The ring of commits.
pub(crate) struct Feed {
    /// The newest revision before the ring's first commit, while nothing has left the ring.
    base: Revision,
    ring: RwLock<VecDeque<Arc<Commit>>>,
    news: Mutex<BTreeMap<ResourceName, watch::Sender<Revision>>>,
}

/// A watcher's place in the feed.
pub(crate) struct Subscription {
    resource: ResourceName,
    seen: Revision,
    news: watch::Receiver<Revision>,
}

/// The watcher was too slow, or asks for what is long gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Behind {
    /// The oldest revision after which commits are still known.
    pub(crate) oldest: Revision,
}

impl Commit {
    /// The bytes of the form called `form`, made by `make` if nobody needed it before.
    pub(crate) fn form(&self, form: &str, make: impl FnOnce() -> Bytes) -> Bytes {
        let mut forms = self.forms.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, bytes)) = forms.iter().find(|(name, _)| name == form) {
            return bytes.clone();
        }
        let bytes = make();
        if forms.len() < FORMS_MAX {
            forms.push((form.to_owned(), bytes.clone()));
        }
        bytes
    }
}

impl Feed {
    /// A feed that begins after `base`, with the `history` since: watchers from before a restart go on.
    pub(super) fn new(base: Revision, history: Vec<Change>) -> Self {
        let feed = Self { base, ring: RwLock::default(), news: Mutex::default() };
        feed.append(history);
        feed
    }

    /// Adds commits, in their order, and wakes whom they concern.
    pub(super) fn append(&self, changes: Vec<Change>) {
        let mut ring = self.ring.write().unwrap_or_else(PoisonError::into_inner);
        let mut touched: BTreeMap<ResourceName, Revision> = BTreeMap::new();
        for change in changes {
            touched.insert(change.key.resource.clone(), change.revision);
            ring.push_back(Arc::new(Commit { change, forms: Mutex::default() }));
        }
        let surplus = ring.len().saturating_sub(COMMITS_MAX);
        ring.drain(..surplus);
        drop(ring);
        let news = self.news.lock().unwrap_or_else(PoisonError::into_inner);
        for (resource, revision) in touched {
            if let Some(sender) = news.get(&resource) {
                sender.send_replace(revision);
            }
        }
    }

    /// A place at the end of the feed.
    pub(super) fn subscribe(&self, resource: &ResourceName) -> Subscription {
        let mut news = self.news.lock().unwrap_or_else(PoisonError::into_inner);
        let sender = news.entry(resource.clone()).or_insert_with(|| watch::Sender::new(Revision(0)));
        Subscription { resource: resource.clone(), seen: self.newest(), news: sender.subscribe() }
    }

    fn newest(&self) -> Revision {
        let ring = self.ring.read().unwrap_or_else(PoisonError::into_inner);
        ring.back().map_or(self.base, |commit| commit.change.revision)
    }

    /// How many watchers there are, by resource.
    pub(crate) fn watchers(&self) -> Vec<(ResourceName, usize)> {
        let news = self.news.lock().unwrap_or_else(PoisonError::into_inner);
        news.iter().map(|(resource, sender)| (resource.clone(), sender.receiver_count())).collect()
    }

    /// The commits of `resource` after `seen`, at most a batch, and how far that reaches.
    fn after(&self, seen: Revision, resource: &ResourceName) -> Result<(Vec<Arc<Commit>>, Revision), Behind> {
        let ring = self.ring.read().unwrap_or_else(PoisonError::into_inner);
        let oldest = ring.front().map_or(self.base, |first| Revision(first.change.revision.0 - 1));
        if seen < oldest {
            return Err(Behind { oldest });
        }
        let skip = usize::try_from(seen.0 - oldest.0).unwrap_or(usize::MAX);
        let mut reached = seen;
        let mut found = Vec::new();
        for commit in ring.iter().skip(skip) {
            if commit.change.key.resource == *resource {
                if found.len() == BATCH_COMMITS_MAX {
                    break;
                }
                found.push(commit.clone());
            }
            reached = commit.change.revision;
        }
        Ok((found, reached))
    }
}

impl Subscription {
    /// Goes to the place after `revision`.
    pub(crate) fn seek(&mut self, revision: Revision) {
        self.seen = revision;
    }

    /// How far the watcher has read.
    pub(crate) fn seen(&self) -> Revision {
        self.seen
    }

    /// The next commits of the resource; waits until there are some.
    ///
    /// # Errors
    /// The place has left the ring.
    pub(crate) async fn next(&mut self, feed: &Feed) -> Result<Vec<Arc<Commit>>, Behind> {
        loop {
            self.news.mark_unchanged();
            let (found, reached) = feed.after(self.seen, &self.resource)?;
            self.seen = reached;
            if !found.is_empty() {
                return Ok(found);
            }
            if self.news.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Moves on over commits of other resources, so that a bookmark can tell of them.
    ///
    /// # Errors
    /// The place has left the ring.
    pub(crate) fn catch_up(&mut self, feed: &Feed) -> Result<Vec<Arc<Commit>>, Behind> {
        let (found, reached) = feed.after(self.seen, &self.resource)?;
        self.seen = reached;
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::model::Key;
    use shared::model::key::resources::{CONFIG_MAPS, PODS};

    fn change(revision: u64, resource: ResourceName) -> Change {
        let key = Key::new(resource, "default", format!("n{revision}"));
        Change { revision: Revision(revision), key, before: None, after: None }
    }

    #[test]
    fn a_slow_reader_is_cut_off() {
        let feed = Feed::new(Revision(0), Vec::new());
        let mut slow = feed.subscribe(&PODS);
        feed.append((1..=3).map(|it| change(it, PODS)).collect());
        assert_eq!(slow.catch_up(&feed).unwrap().len(), 3);
        let more = u64::try_from(COMMITS_MAX).unwrap() + 4;
        feed.append((4..=more).map(|it| change(it, PODS)).collect());
        assert_eq!(slow.catch_up(&feed).unwrap_err(), Behind { oldest: Revision(4) });
    }

    #[test]
    fn what_is_from_before_the_feed_is_behind() {
        let feed = Feed::new(Revision(10), Vec::new());
        let mut place = feed.subscribe(&PODS);
        assert_eq!(place.seen(), Revision(10));
        place.seek(Revision(9));
        assert_eq!(place.catch_up(&feed).unwrap_err(), Behind { oldest: Revision(10) });
        let feed = Feed::new(Revision(8), vec![change(9, PODS), change(10, PODS)]);
        let mut place = feed.subscribe(&PODS);
        place.seek(Revision(9));
        assert_eq!(place.catch_up(&feed).unwrap().len(), 1);
    }

    #[test]
    fn commits_of_others_only_move_the_place() {
        let feed = Feed::new(Revision(0), Vec::new());
        let mut place = feed.subscribe(&CONFIG_MAPS);
        feed.append(vec![change(1, PODS), change(2, CONFIG_MAPS), change(3, PODS)]);
        assert_eq!(place.catch_up(&feed).unwrap().len(), 1);
        assert_eq!(place.seen(), Revision(3));
    }

    #[test]
    fn a_form_is_made_once() {
        let commit = Commit { change: change(1, PODS), forms: Mutex::default() };
        let first = commit.form("json", || Bytes::from_static(b"a"));
        assert_eq!(commit.form("json", || Bytes::from_static(b"b")), first);
    }
}
