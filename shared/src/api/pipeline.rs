//! The way of every request: authorize → decode → default → prepare → validate → commit.
//!
//! Upstream: `k8s.io/apiserver/pkg/endpoints/handlers`, `pkg/registry/generic/registry/store.go`.

use crate::api::{Body, DryRun, PatchKind, Request, Resource, Response, Scope, Status, Verb, resources};
use crate::api::{Errors, Propagation};
use crate::model::{Chance, Key, Object, Time, Value};
use crate::store::Store;

/// The API server: the store behind its one door.
#[derive(Clone, Debug)]
pub struct Api {
    store: Store,
    chance: Chance,
}

impl Api {
    /// An API server over an empty store; `chance` decides uids and generated names.
    pub fn new(chance: Chance) -> Self {
        Self { store: Store::default(), chance }
    }

    /// What is stored, to read only.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Forgets history up to a revision, which watchers of older revisions learn as 410 Gone.
    pub fn compact(&mut self, revision: crate::trace::Revision) {
        self.store.compact(revision);
    }

    /// Handles one request, whole. What it wrote is in the store's log after the revision from before.
    pub fn handle(&mut self, request: &Request, now: Time) -> Response {
        self.route(request, now).unwrap_or_else(Response::status)
    }

    fn route(&mut self, request: &Request, now: Time) -> Result<Response, Status> {
        let target = &request.target;
        let resource = resources::find(&target.resource).ok_or_else(page_not_found)?;
        let key = Key::new(target.resource.clone(), target.namespace.clone(), target.name.clone());
        match (request.verb, target.subresource.as_str()) {
            (Verb::Get, _) => self.stored(&key).map(|object| Response::object(200, object)),
            (Verb::List, _) => Ok(self.list(resource, request)),
            (Verb::Create, "binding") => self.bind(&key, request),
            (Verb::Create, _) => self.create(resource, request, now),
            (Verb::Update, subresource) => self.replace(resource, &key, request.body.clone().into(), subresource),
            (Verb::Patch(kind), subresource) => {
                let patched = patched(&self.stored(&key)?, &request.body, kind);
                self.replace(resource, &key, patched, subresource)
            }
            (Verb::Delete, _) => self.delete(&key, request, now),
            (Verb::DeleteCollection, _) => Err(Status::method_not_allowed("deletecollection")),
        }
    }

    fn stored(&self, key: &Key) -> Result<Object, Status> {
        self.store.get(key).cloned().ok_or_else(|| Status::not_found(key))
    }

    fn list(&self, resource: &Resource, request: &Request) -> Response {
        let namespace = request.target.namespace.as_str();
        let all = self.store.list(&resource.name());
        let items = all.filter(|it| namespace.is_empty() || it.namespace() == namespace).map(|it| it.0.clone());
        let mut list = Value::from([
            ("apiVersion", Value::from(resource.api_version())),
            ("kind", Value::from(format!("{}List", resource.kind))),
            ("items", items.collect::<Vec<Value>>().into()),
        ]);
        list.set("metadata.resourceVersion", self.store.revision().to_string());
        Response { code: 200, body: Body::List(list), warnings: Vec::new() }
    }

    fn create(&mut self, resource: &Resource, request: &Request, now: Time) -> Result<Response, Status> {
        let mut object = Object(request.body.clone());
        if resource.scope == Scope::Namespaced {
            object.set("metadata.namespace", &request.target.namespace);
        }
        if object.name().is_empty() {
            let prefix = object.metadata().get("generateName").text();
            object.set("metadata.name", format!("{prefix}{}", self.chance.suffix(5)));
        }
        object.set("metadata.uid", self.chance.uid());
        object.set("metadata.creationTimestamp", now.to_string());
        (resource.default)(&mut object);
        (resource.prepare_for_create)(&mut object);
        let mut errors = Errors::default();
        (resource.validate)(&object, &mut errors);
        let key = Key::new(resource.name(), object.namespace(), object.name());
        refuse(resource, &key, &errors)?;
        if self.store.get(&key).is_some() {
            return Err(Status::already_exists(&key));
        }
        self.commit(request.options.dry_run, &key, object).map(|object| Response::object(201, object))
    }

    fn replace(&mut self, of: &Resource, key: &Key, new: Object, subresource: &str) -> Result<Response, Status> {
        let old = self.stored(key)?;
        if new.resource_version() != 0 && new.resource_version() != old.resource_version() {
            return Err(Status::conflict(key, STALE));
        }
        let object = if subresource == "status" { with_status(&old, &new) } else { updated(of, &old, new) };
        let mut errors = Errors::default();
        (of.validate_update)(&object, &old, &mut errors);
        refuse(of, key, &errors)?;
        if object == old {
            return Ok(Response::object(200, old));
        }
        self.commit(DryRun::Off, key, object).map(|object| Response::object(200, object))
    }

    fn bind(&mut self, key: &Key, request: &Request) -> Result<Response, Status> {
        let mut pod = self.stored(key)?;
        pod.set("spec.nodeName", request.body.at("target.name"));
        self.commit(DryRun::Off, key, pod)?;
        Ok(Response::status(Status { code: 201, reason: "", message: String::new(), details: Value::Null }))
    }

    fn delete(&mut self, key: &Key, request: &Request, now: Time) -> Result<Response, Status> {
        let mut object = self.stored(key)?;
        let grace = request.options.grace_period_seconds;
        let grace = grace.unwrap_or_else(|| object.at("spec.terminationGracePeriodSeconds").int_or(0));
        let waits = key.resource.plural() == "pods" && grace > 0 && !object.at("spec.nodeName").str().is_empty();
        if waits || request.options.propagation == Some(Propagation::Foreground) {
            object.set("metadata.deletionTimestamp", (now + crate::model::Span::seconds(grace)).to_string());
            object.set("metadata.deletionGracePeriodSeconds", grace);
            return self.commit(DryRun::Off, key, object).map(|object| Response::object(200, object));
        }
        self.store.commit(key.clone(), None);
        Ok(Response::object(200, object))
    }

    fn commit(&mut self, dry_run: DryRun, key: &Key, object: Object) -> Result<Object, Status> {
        if dry_run == DryRun::All {
            return Ok(object);
        }
        let change = self.store.commit(key.clone(), Some(object));
        change.after.clone().ok_or_else(|| Status::not_found(key))
    }
}

const STALE: &str = "the object has been modified; please apply your changes to the latest version and try again";

fn page_not_found() -> Status {
    let message = "the server could not find the requested resource".to_owned();
    Status { code: 404, reason: "NotFound", message, details: Value::map() }
}

fn refuse(resource: &Resource, key: &Key, errors: &Errors) -> Result<(), Status> {
    if errors.0.is_empty() {
        return Ok(());
    }
    Err(Status::invalid(resource.kind, resource.group, &key.name, errors))
}

fn with_status(old: &Object, new: &Object) -> Object {
    let mut object = old.clone();
    object.set("status", new.get("status"));
    match new.metadata().get("annotations") {
        Value::Null => drop(object.remove("metadata.annotations")),
        annotations => object.set("metadata.annotations", annotations),
    }
    object
}

fn updated(resource: &Resource, old: &Object, new: Object) -> Object {
    let mut object = new;
    for field in ["uid", "creationTimestamp", "resourceVersion"] {
        let path = format!("metadata.{field}");
        object.set(&path, old.at(&path));
    }
    (resource.default)(&mut object);
    (resource.prepare_for_update)(&mut object, old);
    object
}

fn patched(old: &Object, patch: &Value, _kind: PatchKind) -> Object {
    let mut object = old.clone();
    merge(&mut object.0, patch);
    object
}

fn merge(place: &mut Value, patch: &Value) {
    for (field, value) in patch.fields() {
        match value {
            Value::Null => drop(place.map_mut().remove(field)),
            Value::Map(_) => merge(place.map_mut().entry(field), value),
            _ => place.map_mut().insert(field.clone(), value.clone()),
        }
    }
}
