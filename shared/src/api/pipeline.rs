//! The way of every request: find → authorize → decode → default → admission (may change) → prepare → validate →
//! allocate → admission (may refuse) → commit.
//!
//! Upstream: `k8s.io/apiserver/pkg/endpoints/handlers`, `pkg/registry/generic/registry/store.go`,
//! `pkg/registry/rest/{create,update}.go`.

use crate::api::admission::{self, Admission, InForce, Notes, Operation};
use crate::api::guard::Guard;
use crate::api::metadata::ManagedFields;
use crate::api::registry::Allocation;
use crate::api::{DryRun, Errors, PatchKind, Registration, Registry, Request, Response, Status, Verb};
#[cfg(feature = "every-kind")]
use crate::api::{
    Tried,
    admission::{Attempt, HookCall},
    authorization::{Authorizer, attributes::Attributes},
    certificates::{SignatureCheck, validate_signature},
    registry::{Answer, Asking},
};
use crate::api::{decoding, deletion, fields, metadata, patch, subresources, validation};
use crate::model::decode::cannot_handle;
use crate::model::{Chance, Key, Object, Text, Time, Value};
use crate::store::{Compacted, Store};
use crate::trace::Revision;
use std::sync::Arc;

/// How many names are drawn for a `generateName` before the server gives up.
const NAME_DRAWS_MAX: usize = 8;

/// The API server: the store behind its one door.
#[derive(Clone, Debug)]
pub struct Api {
    pub(super) store: Store,
    pub(super) chance: Chance,
    pub(super) guard: Guard,
    plugins: InForce,
    pub(super) registry: Registry,
    #[cfg(feature = "every-kind")]
    policies: admission::Policies,
    /// Who says whether certificate requests are signed by their own keys; without, nobody asks.
    #[cfg(feature = "every-kind")]
    signatures: Option<SignatureCheck>,
}

/// One request on its way.
pub(super) struct Call<'a> {
    pub(super) request: &'a Request,
    pub(super) resource: &'a Arc<Registration>,
    /// The object in the store that the request is about; its name is empty for a collection.
    pub(super) key: Key,
    pub(super) now: Time,
    pub(super) notes: Notes,
}

impl Api {
    /// An API server over an empty store; `chance` decides uids and generated names.
    pub fn new(chance: Chance) -> Self {
        Self {
            store: Store::default(),
            chance,
            guard: Guard::Open,
            plugins: InForce::Always,
            #[cfg(feature = "every-kind")]
            policies: admission::Policies::default(),
            #[cfg(feature = "every-kind")]
            signatures: None,
            registry: Registry::default(),
        }
    }

    /// Takes new certificate requests only if `check` says that their own keys have signed them.
    #[cfg(feature = "every-kind")]
    pub fn check_signatures(&mut self, check: SignatureCheck) {
        self.signatures = Some(check);
    }

    /// The same, where roles and bindings say what is allowed; without it everything is.
    #[cfg(feature = "every-kind")]
    pub fn authorized_by_roles(mut self) -> Self {
        self.guard = Guard::Roles(Box::new(Authorizer::new(&self.store)));
        self
    }

    /// The same with every admission plug-in of a default API server.
    #[cfg(feature = "every-kind")]
    pub fn with_every_plugin(mut self) -> Self {
        self.plugins = InForce::Full;
        self
    }

    /// The authorizer, as of the newest revision; `None` where everything is allowed.
    #[cfg(feature = "every-kind")]
    pub fn authorizer(&self) -> Option<&Authorizer> {
        self.guard.authorizer()
    }

    /// Lets a question pass that is not part of a request: a watch, a path, an impersonation.
    ///
    /// # Errors
    /// 403, as the API server says it.
    #[cfg(feature = "every-kind")]
    pub fn authorize(&self, asked: &Attributes<'_>) -> Result<(), Status> {
        self.authorizer().map_or(Ok(()), |it| it.check(asked, &self.store))
    }

    /// Lets a request pass that something else than the pipeline answers.
    ///
    /// # Errors
    /// 403: who asks may not.
    pub(crate) fn check(&self, request: &Request) -> Result<(), Status> {
        self.guard.check(request, &self.store)
    }

    /// The same over what was stored before.
    pub fn over(mut self, store: Store) -> Self {
        self.registry.refresh(&store);
        Self { store, ..self }
    }

    /// What is stored, to read only.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// What is served, as of the newest revision.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Forgets history up to a revision, which watchers of older revisions learn as 410 Gone.
    pub fn compact(&mut self, revision: Revision) {
        self.store.compact(revision);
    }

    /// This API server as it was at `revision`, for reading; writes to it go nowhere else.
    ///
    /// # Errors
    /// The store's log no longer reaches back to it.
    pub fn at(&self, revision: Revision) -> Result<Self, Compacted> {
        let mut past = Self {
            store: self.store.at(revision)?,
            chance: self.chance.clone(),
            guard: self.guard.clone(),
            plugins: self.plugins,
            registry: self.registry.clone(),
            #[cfg(feature = "every-kind")]
            policies: self.policies.clone(),
            #[cfg(feature = "every-kind")]
            signatures: self.signatures,
        };
        past.registry.refresh(&past.store);
        Ok(past)
    }

    /// Handles one request, whole. What it wrote is in the store's log after the revision from before.
    ///
    /// Nobody calls webhooks for it: those that it needs fail. A host that can uses [`Self::attempt`].
    pub fn handle(&mut self, request: &Request, now: Time) -> Response {
        self.run(request, now, Notes::default()).0
    }

    /// The same where webhooks could be called, but are not any more, for this reason.
    #[cfg(feature = "every-kind")]
    pub(crate) fn handle_without_calls(&mut self, request: &Request, now: Time, reason: &'static str) -> Response {
        let calls = admission::calls::Calls::refused(reason);
        self.run(request, now, Notes { calls, ..Notes::default() }).0
    }

    /// Tries to handle a request; `now` counts for the first try.
    ///
    /// # Errors
    /// Webhooks have to be called first, all of these: then [`Attempt::answered`], and another try. Nothing was written.
    #[cfg(feature = "every-kind")]
    pub fn attempt(&mut self, request: &Request, now: Time, attempt: &mut Attempt) -> Result<Response, Vec<HookCall>> {
        let is_authorized = attempt.is_authorized;
        if self.asks_nobody(request) {
            return Ok(self.run(request, now, Notes { is_authorized, ..Notes::default() }).0);
        }
        let (now, own) = attempt.began.get_or_insert_with(|| (now, self.chance.fork())).clone();
        let outer = std::mem::replace(&mut self.chance, own);
        let calls = admission::calls::Calls::of(attempt);
        let (response, notes) = self.run(request, now, Notes { is_authorized, calls, ..Notes::default() });
        self.chance = outer;
        let needed = notes.calls.end(attempt);
        if needed.is_empty() { Ok(response) } else { Err(needed) }
    }

    /// Lets policies and webhooks judge a connection to a pod, whose options are the body of `request`.
    ///
    /// # Errors
    /// As for [`Self::attempt`]; inside of it, the refusal.
    #[cfg(feature = "every-kind")]
    pub fn admit_connection(&mut self, request: &Request, now: Time, attempt: &mut Attempt) -> Tried<()> {
        let target = &request.target;
        let Some(resource) = self.registry.find_version(&target.resource, &target.version) else {
            return Ok(Err(Status::no_such_page()));
        };
        if self.plugins == InForce::Full {
            self.policies.refresh(&self.store);
        }
        let (now, own) = attempt.began.get_or_insert_with(|| (now, self.chance.fork())).clone();
        let outer = std::mem::replace(&mut self.chance, own);
        let notes = Notes { calls: admission::calls::Calls::of(attempt), ..Notes::default() };
        let key = Key::new(resource.stored_name(), target.namespace.clone(), target.name.clone());
        let mut call = Call { request, resource: &resource, key, now, notes };
        let admitted = self.admit_part(&mut call, Operation::Connect, &request.body);
        self.chance = outer;
        let needed = call.notes.calls.end(attempt);
        if needed.is_empty() { Ok(admitted) } else { Err(needed) }
    }

    /// True for a request that no webhook can have a say in.
    #[cfg(feature = "every-kind")]
    fn asks_nobody(&mut self, request: &Request) -> bool {
        if self.registry.converts(&request.target) {
            return false;
        }
        if matches!(request.verb, Verb::Get | Verb::List) {
            return true;
        }
        if self.plugins == InForce::Full {
            self.policies.refresh(&self.store);
        }
        self.policies.has_no_webhooks()
    }

    fn run(&mut self, request: &Request, now: Time, notes: Notes) -> (Response, Notes) {
        let target = &request.target;
        let Some(registration) = self.registry.find_version(&target.resource, &target.version) else {
            return (Response::status(Status::no_such_page()), notes);
        };
        let resource = &registration;
        let key = Key::new(resource.stored_name(), target.namespace.clone(), target.name.clone());
        let mut call = Call { request, resource, key, now, notes };
        let answer = self.route(&mut call);
        let mut response = answer.unwrap_or_else(Response::status);
        response.warnings.append(&mut call.notes.warnings);
        response.annotations.append(&mut call.notes.annotations);
        if !resource.deprecated.is_empty() {
            response.warnings.push(resource.deprecated.to_string());
        }
        self.guard.refresh(&self.store);
        self.registry.refresh(&self.store);
        (call.shown(response), call.notes)
    }

    fn route(&mut self, call: &mut Call<'_>) -> Result<Response, Status> {
        self.guard.refresh(&self.store);
        #[cfg(feature = "every-kind")]
        if self.plugins == InForce::Full {
            self.policies.refresh(&self.store);
        }
        if !call.notes.is_authorized {
            self.guard.check(call.request, &self.store)?;
        }
        let subresource = call.request.target.subresource.as_str();
        if !subresource.is_empty() && !call.resource.has(subresource) {
            return Err(Status::no_such_page());
        }
        #[cfg(feature = "every-kind")]
        if let Some(answer) = call.resource.answer {
            return self.ask(call, answer);
        }
        if let Some(handler) = subresources::find(subresource) {
            return handler(self, call);
        }
        if let Some(computed) = call.resource.computed {
            return self.computed(call, &computed());
        }
        match call.request.verb {
            Verb::Get => self.found(call).map(|object| Response::object(200, object)),
            Verb::List => self.list(call),
            Verb::Create if call.key.name.is_empty() || subresource.is_empty() => self.create(call),
            Verb::Create => Err(Status::method_not_allowed(NOT_ALLOWED)),
            Verb::Update => {
                let old = self.found(call)?;
                self.update(call, &old, Object(call.request.body.clone()))
            }
            Verb::Patch(PatchKind::Apply) if subresource.is_empty() && self.store.get(&call.key).is_none() => {
                let new = patch::apply_new(call)?;
                self.create_from(call, new.0)
            }
            Verb::Patch(kind) => {
                let old = self.found(call)?;
                let new = patch::apply(kind, call, &call.resource.of_stored(old.clone()))?;
                self.update(call, &old, new)
            }
            Verb::Delete => self.delete(call),
            Verb::DeleteCollection => self.delete_collection(call),
        }
    }

    /// The object at `key`.
    pub(super) fn stored(&self, key: &Key) -> Result<Object, Status> {
        self.store.get(key).cloned().ok_or_else(|| Status::not_found(key))
    }

    /// The way of a question, which is never stored.
    #[cfg(feature = "every-kind")]
    fn ask(&self, call: &mut Call<'_>, answer: Answer) -> Result<Response, Status> {
        if call.request.verb != Verb::Create {
            return Err(Status::method_not_allowed(NOT_ALLOWED));
        }
        let object = call.typed(call.request.body.clone())?;
        let mut object = decoding::read(call, &object, None)?;
        metadata::place(&mut object, call.resource, call.request)?;
        let mut errors = Errors::default();
        (call.resource.validate)(&object, &mut errors);
        call.refuse(&errors)?;
        let (store, user, now) = (&self.store, &call.request.user, call.now);
        answer(object, &Asking { authorizer: self.authorizer(), store, user, now }).map(|it| Response::object(201, it))
    }

    fn create(&mut self, call: &mut Call<'_>) -> Result<Response, Status> {
        self.create_from(call, call.request.body.clone())
    }

    /// The way of a new object, in running order.
    fn create_from(&mut self, call: &mut Call<'_>, body: Value) -> Result<Response, Status> {
        let resource = call.resource;
        resource.admit_create()?;
        let object = call.typed(body)?;
        let object = decoding::read(call, &object, None)?;
        let mut object = resource.to_stored(object);
        metadata::place(&mut object, resource, call.request)?;
        if !object.metadata().get("resourceVersion").is_empty() {
            return Err(Status::internal("resourceVersion should not be set on objects to be created"));
        }
        metadata::fill(&mut object, self.chance.uid(), call.now);
        call.key.name = object.name();
        resource.fill(&mut object);
        call.track(None, &mut object);
        self.mutate(call, Operation::Create, &mut object, None)?;
        self.guard.check_escalation((call.request, &call.key), (&object, None), &self.store)?;
        self.draw_name(call, &mut object)?;
        (resource.note_user)(&mut object, &call.request.user);
        (resource.prepare_for_create)(&mut object);
        self.validate_new(call, &mut object)?;
        self.admit(call, Operation::Create, &object, None)?;
        if self.store.get(&call.key).is_some() {
            return Err(Status::already_exists(&call.key));
        }
        (resource.warn)(&object, &mut call.notes.warnings);
        Ok(Response::object(201, self.write(call, object)?))
    }

    /// The first turn of admission: it may change the object.
    ///
    /// # Errors
    /// A plug-in refuses.
    pub(super) fn mutate(
        &mut self,
        call: &mut Call<'_>,
        operation: Operation,
        object: &mut Object,
        old: Option<&Object>,
    ) -> Result<(), Status> {
        let shown = object.metadata().get("generateName").text();
        admission::mutate(self.plugins, object, &mut self.admission(call, operation, old, shown))
    }

    /// The second turn of admission, about a valid object that is as good as written.
    ///
    /// # Errors
    /// A plug-in refuses.
    pub(super) fn admit(
        &mut self,
        call: &mut Call<'_>,
        operation: Operation,
        object: &Object,
        old: Option<&Object>,
    ) -> Result<(), Status> {
        admission::validate(self.plugins, object, &mut self.admission(call, operation, old, Text::default()))
    }

    /// Both turns about the body of a subresource, which is never written itself.
    ///
    /// # Errors
    /// A plug-in refuses.
    pub(super) fn admit_part(&mut self, call: &mut Call<'_>, operation: Operation, body: &Value) -> Result<(), Status> {
        let mut object = Object(body.clone());
        self.mutate(call, operation, &mut object, None)?;
        self.admit(call, operation, &object, None)
    }

    fn admission<'a>(
        &'a mut self,
        call: &'a mut Call<'_>,
        operation: Operation,
        old: Option<&'a Object>,
        shown: Text,
    ) -> Admission<'a> {
        let shown_name = if call.key.name.is_empty() { shown } else { call.key.name.clone() };
        Admission {
            operation,
            resource: call.resource,
            key: &call.key,
            request: call.request,
            old,
            store: &self.store,
            #[cfg(feature = "every-kind")]
            authorizer: self.guard.authorizer(),
            #[cfg(feature = "every-kind")]
            registry: &self.registry,
            #[cfg(feature = "every-kind")]
            policies: &self.policies,
            #[cfg(feature = "every-kind")]
            again: admission::Again::default(),
            chance: &mut self.chance,
            now: call.now,
            notes: &mut call.notes,
            shown_name,
        }
    }

    /// Names an object with `generateName`, which then also names what the request is about.
    fn draw_name(&mut self, call: &mut Call<'_>, object: &mut Object) -> Result<(), Status> {
        if !call.key.name.is_empty() {
            return Ok(());
        }
        for _ in 0..NAME_DRAWS_MAX {
            let Some(name) = metadata::generated_name(object, &mut self.chance) else { return Ok(()) };
            call.key.name = name;
            if self.store.get(&call.key).is_none() {
                object.set("metadata.name", &call.key.name);
                return Ok(());
            }
        }
        Err(Status::no_unique_name(&call.key))
    }

    fn validate_new(&mut self, call: &mut Call<'_>, object: &mut Object) -> Result<(), Status> {
        let mut errors = Errors::default();
        validation::metadata::validate(object, call.resource, &mut errors);
        call.notes.warnings.extend(call.resource.check(object, None, &mut errors));
        #[cfg(feature = "every-kind")]
        if let Some(check) = self.signatures {
            validate_signature(object, check, &mut errors);
        }
        call.refuse(&errors)?;
        self.allocate(call, object, None, &mut errors);
        call.refuse(&errors)
    }

    /// The way of a changed object, in running order.
    ///
    /// # Errors
    /// It is not what it was sent to, it is based on an older revision, or it is not valid.
    pub(super) fn update(&mut self, call: &mut Call<'_>, old: &Object, new: Object) -> Result<Response, Status> {
        let resource = call.resource;
        let new = call.typed(new.0)?;
        let new = decoding::read(call, &new, Some(old))?;
        let mut new = resource.to_stored(new);
        metadata::check_identity(&new, old, &call.key)?;
        let applied = call.request.verb == Verb::Patch(PatchKind::Apply);
        let source = if applied { ManagedFields::Given } else { ManagedFields::Kept };
        metadata::carry_over(&mut new, old, source);
        let is_status = call.request.target.subresource == "status";
        if !is_status {
            resource.fill(&mut new);
        }
        self.mutate(call, Operation::Update, &mut new, Some(old))?;
        let prepare = if is_status { resource.prepare_for_status } else { resource.prepare_for_update };
        prepare(&mut new, old);
        call.track(Some(old), &mut new);
        if new == *old {
            return Ok(Response::object(200, new));
        }
        self.guard.check_escalation((call.request, &call.key), (&new, Some(old)), &self.store)?;
        self.validate_changed(call, &mut new, old)?;
        self.admit(call, Operation::Update, &new, Some(old))?;
        if new.get("spec") != old.get("spec") {
            (resource.warn)(&new, &mut call.notes.warnings);
        }
        if deletion::lets_go(&new, old) {
            return Ok(Response::object(200, self.remove(call, new)));
        }
        Ok(Response::object(200, self.write(call, new)?))
    }

    fn validate_changed(&mut self, call: &mut Call<'_>, new: &mut Object, old: &Object) -> Result<(), Status> {
        let mut errors = Errors::default();
        if new.metadata() != old.metadata() {
            validation::metadata::validate(new, call.resource, &mut errors);
            validation::metadata::validate_update(new, old, &mut errors);
        }
        if call.request.target.subresource == "status" {
            call.notes.warnings.extend(call.resource.check_status(new, old, &mut errors));
        } else {
            call.notes.warnings.extend(call.resource.check(new, Some(old), &mut errors));
            call.refuse(&errors)?;
            self.allocate(call, new, Some(old), &mut errors);
        }
        call.refuse(&errors)
    }

    fn allocate(&mut self, call: &Call<'_>, object: &mut Object, old: Option<&Object>, errors: &mut Errors) {
        let dry_run = call.request.options.dry_run;
        let mut allocation = Allocation { old, store: &self.store, chance: &mut self.chance, dry_run };
        (call.resource.allocate)(object, &mut allocation, errors);
    }

    /// Writes `object` and what admission has written along with it, unless the request is a dry run.
    pub(super) fn commit(&mut self, call: &mut Call<'_>, object: Object) -> Object {
        if call.is_dry_run() {
            return object;
        }
        for (key, other) in call.notes.along.drain(..) {
            self.store.commit(key, Some(other));
        }
        let change = self.store.commit(call.key.clone(), Some(object));
        change.after.clone().unwrap_or_default()
    }

    /// Takes the object away, unless the request is a dry run; gives it back as it was last.
    pub(super) fn remove(&mut self, call: &Call<'_>, object: Object) -> Object {
        if !call.is_dry_run() {
            self.store.commit(call.key.clone(), None);
        }
        object
    }
}

/// Why a verb is refused that the resource does not know.
pub(super) const NOT_ALLOWED: &str = "the server does not allow this method on the requested resource";

impl Call<'_> {
    pub(super) fn is_dry_run(&self) -> bool {
        self.request.options.dry_run == DryRun::All
    }

    /// Notes whose fields changed, unless the request is an apply, which has said so itself.
    pub(super) fn track(&self, old: Option<&Object>, new: &mut Object) {
        if self.request.verb != Verb::Patch(PatchKind::Apply) {
            fields::track(self, old, new);
        }
    }

    /// The refusal with every finding of validation; nothing if there is none.
    pub(super) fn refuse(&self, errors: &Errors) -> Result<(), Status> {
        if errors.0.is_empty() {
            return Ok(());
        }
        Err(Status::invalid(&self.resource.kind, &self.resource.group, &self.key.name, errors))
    }

    /// The body with its kind, which must be the one that was asked for.
    fn typed(&self, body: Value) -> Result<Object, Status> {
        if body.as_map().is_none() {
            return Err(Status::bad_request("the body of the request was not an object"));
        }
        let mut object = Object(body);
        let version = self.resource.api_version();
        for (field, wanted) in [("apiVersion", version.as_str()), ("kind", self.resource.kind.as_str())] {
            match object.get(field).str() {
                "" => object.set(field, wanted),
                found if found == wanted || self.resource.is_stored_version(found) => {}
                found => return Err(self.wrong_kind(field, found, wanted)),
            }
        }
        Ok(object)
    }

    fn wrong_kind(&self, field: &str, found: &str, wanted: &str) -> Status {
        if field == "apiVersion" {
            let message =
                format!("the API version in the data ({found}) does not match the expected API version ({wanted})");
            return Status::bad_request(message);
        }
        let Registration { version, kind, group, .. } = &**self.resource;
        let package = group.split('.').next().filter(|it| !it.is_empty()).unwrap_or("core");
        let reason = format!("converting ({version}.{found}) to ({package}.{kind}): unknown conversion");
        Status::bad_request(cannot_handle(found, version, kind, &reason))
    }

    /// The response in the form of the resource that was asked for.
    fn shown(&self, mut response: Response) -> Response {
        use crate::api::Body;
        if let Body::Object(object) = &mut response.body {
            *object = self.resource.of_stored(std::mem::take(object));
        }
        response
    }
}
