//! Objects in the version that a request speaks, where a webhook converts them from the stored one and back.
//!
//! Upstream: `k8s.io/apiextensions-apiserver/pkg/apiserver/customresource_handler.go` (`crdConversionRESTOptionsGetter`):
//! what is read from storage gets the defaults of its own version and is converted; everything else of a request is about the
//! converted object; what is written is converted back, pruned by the stored version's schema.
//!
//! `DIFFERENCE`: fields that a manager owns in another version stay as they were noted, so that server-side apply in two
//! versions sees no conflict between them; a deletion that leaves the object there changes nothing of it but its metadata.

use crate::api::Status;
use crate::api::pipeline::{Api, Call};
use crate::model::Object;

#[cfg(feature = "every-kind")]
use crate::api::Registration;
#[cfg(feature = "every-kind")]
use crate::api::admission::{Attempt, HookCall, calls::Calls};

/// Something that may have to wait for webhooks: the calls that have to be made first, or what became of it.
#[cfg(feature = "every-kind")]
pub type Tried<T> = Result<Result<T, Status>, Vec<HookCall>>;

impl Api {
    /// The object that a call is about, in the call's version.
    ///
    /// # Errors
    /// There is none, or it cannot be converted.
    pub(super) fn found(&self, call: &mut Call<'_>) -> Result<Object, Status> {
        let object = self.stored(&call.key)?;
        Ok(self.in_version(call, vec![object])?.pop().unwrap_or_default())
    }

    /// Stored objects in the call's version.
    ///
    /// # Errors
    /// One cannot be converted.
    #[cfg_attr(
        not(feature = "every-kind"),
        expect(clippy::unnecessary_wraps, reason = "webhooks are a matter of the server")
    )]
    pub(super) fn in_version(&self, call: &mut Call<'_>, objects: Vec<Object>) -> Result<Vec<Object>, Status> {
        #[cfg(feature = "every-kind")]
        let objects = self.read(&mut call.notes.calls, call.resource, objects)?;
        let _ = (self, call);
        Ok(objects)
    }

    /// Writes an object that is in the call's version; gives it back as it is read again.
    ///
    /// # Errors
    /// It cannot be converted to the stored version, or not back.
    #[cfg_attr(
        not(feature = "every-kind"),
        expect(clippy::unnecessary_wraps, reason = "webhooks are a matter of the server")
    )]
    pub(super) fn write(&mut self, call: &mut Call<'_>, object: Object) -> Result<Object, Status> {
        #[cfg(feature = "every-kind")]
        if let Some(custom) = call.resource.custom().filter(|it| it.converter.is_some()) {
            let calls = &mut call.notes.calls;
            let stored = self.convert(calls, call.resource, vec![object], &custom.stored_as)?;
            let shown = self.convert(calls, call.resource, stored.clone(), custom.api_version())?;
            let (stored, shown) = (stored.into_iter().next(), shown.into_iter().next());
            let written = self.commit(call, stored.unwrap_or_default());
            return Ok(as_written(shown.unwrap_or_default(), &written));
        }
        Ok(self.commit(call, object))
    }

    /// Writes an object of which nothing but metadata has changed.
    pub(super) fn write_marked(&mut self, call: &mut Call<'_>, marked: Object) -> Object {
        #[cfg(feature = "every-kind")]
        if call.resource.converts()
            && let Some(stored) = self.store.get(&call.key)
        {
            let (mut stored, mut metadata) = (stored.clone(), marked.metadata().clone());
            for field in ["labels", "annotations"] {
                metadata.remove(field);
                if !stored.metadata().get(field).is_null() {
                    metadata.set(field, stored.metadata().get(field));
                }
            }
            stored.set("metadata", metadata);
            let written = self.commit(call, stored);
            return as_written(marked, &written);
        }
        self.commit(call, marked)
    }
}

#[cfg(feature = "every-kind")]
impl Api {
    /// Does something that reads, with the answers of webhooks that there are.
    pub(super) fn tried<T>(
        &self,
        attempt: &mut Attempt,
        work: impl FnOnce(&Self, &mut Calls) -> Result<T, Status>,
    ) -> Tried<T> {
        let mut calls = Calls::of(attempt);
        let done = work(self, &mut calls);
        let needed = calls.end(attempt);
        if needed.is_empty() { Ok(done) } else { Err(needed) }
    }

    /// Stored objects in the version of `resource`.
    pub(super) fn read(
        &self,
        calls: &mut Calls,
        resource: &Registration,
        objects: Vec<Object>,
    ) -> Result<Vec<Object>, Status> {
        let Some(custom) = resource.custom().filter(|it| it.converter.is_some()) else { return Ok(objects) };
        let is_other = |it: &Object| it.api_version() != custom.api_version();
        let filled = |it| if is_other(&it) { self.filled(resource, it) } else { it };
        let objects = objects.into_iter().map(filled).collect();
        self.convert(calls, resource, objects, custom.api_version())
    }

    /// Objects of a resource in the version `wanted`, pruned by its schema if a webhook made them.
    pub(super) fn convert(
        &self,
        calls: &mut Calls,
        resource: &Registration,
        objects: Vec<Object>,
        wanted: &str,
    ) -> Result<Vec<Object>, Status> {
        let Some(converter) = resource.custom().and_then(|it| it.converter.as_ref()) else { return Ok(objects) };
        let version = self.version_of(resource, wanted);
        let prune = |it: Object| match version.as_ref().and_then(|it| it.custom()) {
            Some(custom) => Object(custom.decode(&it).value),
            None => it,
        };
        let is_made = |it: &Object| it.api_version() != wanted;
        let made: Vec<bool> = objects.iter().map(is_made).collect();
        let all = calls.converted(converter, objects, wanted)?.into_iter().zip(made);
        Ok(all.map(|(it, made)| if made { prune(it) } else { it }).collect())
    }

    /// A stored object with the defaults of the version that it is stored in.
    fn filled(&self, resource: &Registration, mut object: Object) -> Object {
        if let Some(version) = self.version_of(resource, object.api_version()) {
            version.fill(&mut object);
        }
        object
    }

    /// The same resource in another version, if that is served or stored.
    fn version_of(&self, resource: &Registration, api_version: &str) -> Option<std::sync::Arc<Registration>> {
        let (_, version) = api_version.split_once('/')?;
        self.registry.find_version(&resource.name(), version).filter(|it| it.version == version)
    }
}

/// What was written, in the form that was asked for.
#[cfg(feature = "every-kind")]
fn as_written(mut shown: Object, written: &Object) -> Object {
    let revision = written.metadata().get("resourceVersion");
    if !revision.is_null() {
        shown.set("metadata.resourceVersion", revision);
    }
    shown
}
