//! Watches: what changed since a revision, as the selectors of the watcher see it.
//!
//! Upstream: `k8s.io/apiserver/pkg/storage/cacher`, `pkg/endpoints/handlers/watch.go`. A watch is pulled: whoever holds it asks
//! for what is new when it likes. Knows nothing of connections and time-outs.

use crate::api::admission::Notes;
use crate::api::list::{self, Filter};
use crate::api::pipeline::{Api, Call};
use crate::api::{Options, Request, Status, Target, User, Verb};
#[cfg(feature = "every-kind")]
use crate::api::{Registration, Tried, admission::Attempt};
use crate::model::{Key, Object, Time, Value};
use crate::store::Change;
use crate::trace::Revision;
#[cfg(feature = "every-kind")]
use std::sync::Arc;

/// The annotation of the bookmark that ends the initial events.
const INITIAL_END: &str = "k8s.io/initial-events-end";

/// What is asked of a watch.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WatchRequest {
    /// The collection, or with a name one object.
    pub target: Target,
    /// Selectors and `resourceVersion`: after which revision to begin; empty or `0` begins with what is there.
    pub options: Options,
    /// `allowWatchBookmarks`.
    pub bookmarks: Bookmarks,
    /// `sendInitialEvents`; `None` follows from the revision.
    pub send_initial_events: Option<bool>,
}

/// `allowWatchBookmarks`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Bookmarks {
    /// Only changes are told.
    #[default]
    Unwanted,
    /// The watcher is also told how far it has come.
    Wanted,
}

/// One event of a watch.
#[derive(Clone, Debug, PartialEq)]
pub enum WatchEvent {
    /// There is a new object, or one that the selectors did not let through before.
    Added(Object),
    /// It changed.
    Modified(Object),
    /// It is gone, or the selectors no longer let it through.
    Deleted(Object),
    /// Nothing up to the revision in this otherwise empty object is left to tell.
    Bookmark(Object),
    /// The watch is over.
    Error(Status),
}

/// A watch and how far it has come.
#[derive(Clone)]
pub struct Watch {
    filter: Filter,
    key: Key,
    seen: Revision,
    start: Option<Start>,
    bookmarks: Bookmarks,
}

/// What a watch tells before the first change.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Start {
    /// Everything that is there.
    Objects,
    /// The same, and a bookmark that says that this was all.
    ObjectsAndBookmark,
}

impl WatchEvent {
    /// `ADDED`, `MODIFIED`, …
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Added(_) => "ADDED",
            Self::Modified(_) => "MODIFIED",
            Self::Deleted(_) => "DELETED",
            Self::Bookmark(_) => "BOOKMARK",
            Self::Error(_) => "ERROR",
        }
    }

    /// The event as HTTP carries it.
    pub fn to_value(&self) -> Value {
        let object = match self {
            Self::Added(it) | Self::Modified(it) | Self::Deleted(it) | Self::Bookmark(it) => it.0.clone(),
            Self::Error(status) => status.to_value(),
        };
        Value::from([("type", self.kind().into()), ("object", object)])
    }
}

impl Api {
    /// Begins a watch.
    ///
    /// # Errors
    /// There is no such resource, a selector is wrong, or the revision is forgotten (410) or no number.
    pub fn watch(&self, request: &WatchRequest) -> Result<Watch, Status> {
        let target = &request.target;
        let found = self.registry.find_version(&target.resource, &target.version);
        let resource = found.ok_or_else(Status::no_such_page)?;
        let list = Request {
            verb: Verb::List,
            target: request.target.clone(),
            body: Value::Null,
            options: request.options.clone(),
            user: User::admin(),
        };
        let key = Key::new(resource.stored_name(), request.target.namespace.clone(), request.target.name.clone());
        let notes = Notes::default();
        let call = Call { request: &list, resource: &resource, key: key.clone(), now: Time::default(), notes };
        let filter = Filter::read(&call)?;
        let version = request.options.resource_version.as_str();
        let seen = if matches!(version, "" | "0") { None } else { Some(self.watched_revision(version)?) };
        let start = match (request.send_initial_events, seen) {
            (Some(true), _) => Some(Start::ObjectsAndBookmark),
            (Some(false), _) | (None, Some(_)) => None,
            (None, None) => Some(Start::Objects),
        };
        let seen = if start.is_some() { None } else { seen };
        let seen = seen.unwrap_or(self.store.revision());
        Ok(Watch { filter, key, seen, start, bookmarks: request.bookmarks })
    }

    fn watched_revision(&self, text: &str) -> Result<Revision, Status> {
        let asked = list::parse_revision(text)?;
        if asked < self.store.oldest() {
            return Err(too_old(asked, self.store.oldest()));
        }
        Ok(asked)
    }
}

fn too_old(asked: Revision, oldest: Revision) -> Status {
    Status::expired(format!("too old resource version: {asked} ({oldest})"))
}

/// What a change is to a watcher, whose selectors may turn a change into a coming or a going.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// It came.
    Added,
    /// It changed.
    Modified,
    /// It went.
    Deleted,
}

impl Seen {
    /// `ADDED`, `MODIFIED` or `DELETED`.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Added => "ADDED",
            Self::Modified => "MODIFIED",
            Self::Deleted => "DELETED",
        }
    }
}

impl Watch {
    /// What `change` is to this watcher; `None` if it concerns another resource or the selectors do not let it through.
    pub fn sees(&self, change: &Change) -> Option<Seen> {
        if change.key.resource != self.key.resource {
            return None;
        }
        let lets_through = |object: &Option<Object>| object.as_ref().is_some_and(|it| self.filter.lets_through(it));
        match (lets_through(&change.before), lets_through(&change.after)) {
            (false, false) => None,
            (false, true) => Some(Seen::Added),
            (true, true) => Some(Seen::Modified),
            (true, false) => Some(Seen::Deleted),
        }
    }

    /// The object that an event about `change` carries: the new one, or the last one with the revision of its going.
    pub fn shown(&self, change: &Change, seen: Seen) -> Object {
        let object = match (seen, &change.before, &change.after) {
            (Seen::Deleted, Some(old), _) => {
                let mut last = old.clone();
                last.set("metadata.resourceVersion", change.revision.to_string());
                last
            }
            (_, _, Some(new)) => new.clone(),
            (_, _, None) => Object::default(),
        };
        self.filter.shown(object)
    }

    /// The events before the first change: everything that is there, if the watch begins so. Empty the second time.
    pub fn begin(&mut self, api: &Api) -> Vec<WatchEvent> {
        self.first_events(api)
    }

    /// True if a webhook converts what it tells: then [`Self::begin_converted`] and [`Self::converted`] count.
    pub fn converts(&self) -> bool {
        self.filter.resource().converts()
    }

    /// The same as [`Self::begin`], where a webhook converts.
    ///
    /// # Errors
    /// The webhook has to be called first.
    #[cfg(feature = "every-kind")]
    pub fn begin_converted(&mut self, api: &Api, attempt: &mut Attempt) -> Tried<Vec<WatchEvent>> {
        let Some(start) = self.start else { return Ok(Ok(Vec::new())) };
        let there = api.store.list(&self.key.resource).filter(|it| self.filter.is_in_place(it)).cloned().collect();
        let read = api.tried(attempt, |api, calls| api.read(calls, &self.newest_resource(api), there))?;
        Ok(read.map(|mut objects| {
            self.start = None;
            objects.retain(|it| self.filter.lets_through(it));
            let events = objects.into_iter().map(|it| WatchEvent::Added(self.filter.shown(it))).collect();
            self.begun(events, start, api.store.revision())
        }))
    }

    /// Changes of the resource with their objects in the watch's version; those elsewhere are left out.
    ///
    /// # Errors
    /// The webhook has to be called first.
    #[cfg(feature = "every-kind")]
    pub fn converted(&self, api: &Api, changes: &[Change], attempt: &mut Attempt) -> Tried<Vec<Change>> {
        let is_here = |it: &&Change| {
            it.key.resource == self.key.resource
                && it.before.iter().chain(&it.after).any(|it| self.filter.is_in_place(it))
        };
        // What went before tells only whether it was let through, and is shown when the object is gone.
        let reads = self.filter.reads_objects();
        let mut here: Vec<Change> = changes.iter().filter(is_here).cloned().collect();
        let mut parts: Vec<&mut Object> = Vec::new();
        for change in &mut here {
            let is_told = reads || change.after.is_none();
            parts.extend(change.before.as_mut().filter(|_| is_told));
            parts.extend(change.after.as_mut());
        }
        let objects = parts.iter().map(|it| (**it).clone()).collect();
        let read = api.tried(attempt, |api, calls| api.read(calls, &self.newest_resource(api), objects))?;
        let all = match read {
            Ok(objects) => objects,
            Err(status) => return Ok(Err(status)),
        };
        parts.into_iter().zip(all).for_each(|(place, object)| *place = object);
        Ok(Ok(here))
    }

    /// The watch's resource as its definition is now.
    #[cfg(feature = "every-kind")]
    fn newest_resource(&self, api: &Api) -> Arc<Registration> {
        let own = self.filter.resource();
        api.registry.served(&own.group, &own.version, &own.plural).unwrap_or_else(|| own.clone())
    }

    /// Notes that everything up to `revision` was told, for the next bookmark.
    pub fn told(&mut self, revision: Revision) {
        self.seen = self.seen.max(revision);
    }

    /// What is new since the last time.
    pub fn poll(&mut self, api: &Api) -> Vec<WatchEvent> {
        let mut events = self.first_events(api);
        let newest = api.store.revision();
        match api.store.since(self.seen) {
            Err(gone) => events.push(WatchEvent::Error(too_old(gone.asked, gone.oldest))),
            Ok(changes) => {
                events.extend(changes.filter_map(|change| self.event(change)));
                self.seen = newest;
            }
        }
        events
    }

    /// How far the watch has come, as a bookmark; nothing if the watcher wants none. Upstream sends one about every minute.
    pub fn bookmark(&self) -> Option<WatchEvent> {
        (self.bookmarks == Bookmarks::Wanted).then(|| WatchEvent::Bookmark(self.empty_object()))
    }

    /// The newest revision that was told.
    pub fn revision(&self) -> Revision {
        self.seen
    }

    fn first_events(&mut self, api: &Api) -> Vec<WatchEvent> {
        let Some(start) = self.start.take() else { return Vec::new() };
        let there = api.store.list(&self.key.resource).filter(|it| self.filter.lets_through(it));
        let events = there.map(|it| WatchEvent::Added(self.filter.shown(it.clone()))).collect();
        self.begun(events, start, api.store.revision())
    }

    fn begun(&mut self, mut events: Vec<WatchEvent>, start: Start, revision: Revision) -> Vec<WatchEvent> {
        self.seen = revision;
        if start == Start::ObjectsAndBookmark && self.bookmarks == Bookmarks::Wanted {
            let mut end = self.empty_object();
            end.entry("metadata.annotations").map_mut().insert(INITIAL_END, "true");
            events.push(WatchEvent::Bookmark(end));
        }
        events
    }

    fn empty_object(&self) -> Object {
        let resource = self.filter.resource();
        let mut object = Object(Value::from([("kind", (&resource.kind).into())]));
        object.set("apiVersion", resource.api_version());
        object.set("metadata.resourceVersion", self.seen.to_string());
        object
    }

    fn event(&self, change: &Change) -> Option<WatchEvent> {
        let seen = self.sees(change)?;
        let object = self.shown(change, seen);
        Some(match seen {
            Seen::Added => WatchEvent::Added(object),
            Seen::Modified => WatchEvent::Modified(object),
            Seen::Deleted => WatchEvent::Deleted(object),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::testing;
    use crate::model::Chance;
    use expect_test::{Expect, expect};

    /// Watches as `query` says from the start, runs the script, and shows the events after each line.
    fn check(query: &str, send_initial: Option<bool>, script: &str, expected: &Expect) {
        let mut api = Api::new(Chance::new(1));
        let list = testing::request(&format!("list configmaps ?{query}"));
        let request = WatchRequest {
            target: list.target,
            options: list.options,
            bookmarks: Bookmarks::Wanted,
            send_initial_events: send_initial,
        };
        let mut watch: Option<Watch> = None;
        let mut lines = Vec::new();
        for line in script.lines().map(str::trim).filter(|it| !it.is_empty()) {
            match line {
                "watch" => match api.watch(&request) {
                    Ok(it) => watch = Some(it),
                    Err(status) => lines.push(status.message),
                },
                "compact" => api.compact(api.store().revision()),
                _ => drop(api.handle(&testing::request(line), Time::VIRTUAL_START)),
            }
            let events = watch.as_mut().filter(|_| line != "compact").map(|it| it.poll(&api)).unwrap_or_default();
            let shown = events.iter().map(|it| {
                let object = it.to_value();
                let metadata = object.at("object.metadata").clone();
                format!(
                    "{} {} {}{}",
                    it.kind(),
                    metadata.get("name").str(),
                    metadata.get("resourceVersion").str(),
                    object.at("object.message").str()
                )
            });
            lines.extend(shown);
        }
        expected.assert_eq(&lines.join("\n"));
    }

    const SCRIPT: &str = r#"
        create configmaps {"metadata":{"name":"a","labels":{"x":"1"}}}
        watch
        create configmaps {"metadata":{"name":"b"}}
        merge configmaps/b {"metadata":{"labels":{"x":"1"}}}
        merge configmaps/a {"data":{"k":"v"}}
        merge configmaps/b {"metadata":{"labels":null}}
        delete configmaps/a
        create configmaps@kube-system {"metadata":{"name":"c"}}
    "#;

    #[test]
    fn tells_what_changes() {
        check(
            "",
            None,
            SCRIPT,
            &expect![[r#"
            ADDED a 1
            ADDED b 2
            MODIFIED b 3
            MODIFIED a 4
            MODIFIED b 5
            DELETED a 6"#]],
        );
    }

    #[test]
    fn a_selector_turns_changes_into_comings_and_goings() {
        check(
            "labels=x",
            Some(true),
            SCRIPT,
            &expect![[r#"
            ADDED a 1
            BOOKMARK  1
            ADDED b 3
            MODIFIED a 4
            DELETED b 5
            DELETED a 6"#]],
        );
        check(
            "fields=metadata.name=b",
            Some(false),
            SCRIPT,
            &expect![[r#"
            ADDED b 2
            MODIFIED b 3
            MODIFIED b 5"#]],
        );
    }

    #[test]
    fn a_forgotten_revision_ends_the_watch() {
        let script = r#"
            create configmaps {"metadata":{"name":"a"}}
            watch
            create configmaps {"metadata":{"name":"b"}}
            compact
            watch
        "#;
        check(
            "rv=1",
            None,
            script,
            &expect![[r#"
            ADDED b 2
            too old resource version: 1 (2)"#]],
        );
        check(
            "rv=x",
            None,
            script,
            &expect![[r#"
            resourceVersion: Invalid value: "x": strconv.ParseUint: parsing "x": invalid syntax
            resourceVersion: Invalid value: "x": strconv.ParseUint: parsing "x": invalid syntax"#]],
        );
    }
}
