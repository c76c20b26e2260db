//! Lists: namespaces, label and field selectors, pages.
//!
//! Upstream: `k8s.io/apiserver/pkg/endpoints/handlers/get.go`, `pkg/registry/generic/registry/store.go` (`ListPredicate`).

use crate::api::pipeline::{Api, Call, NOT_ALLOWED};
use crate::api::{Body, Registration, Response, Status, Verb, base64};
use crate::model::{FieldSelector, Object, Selector, Text, Value};
use crate::trace::Revision;
use std::sync::Arc;

/// What a list or watch lets through.
#[derive(Clone)]
pub(super) struct Filter {
    namespace: Text,
    name: Text,
    labels: Option<Selector>,
    fields: Option<FieldSelector>,
    resource: Arc<Registration>,
}

impl Filter {
    /// Reads the selectors of a request.
    ///
    /// # Errors
    /// A selector does not parse, or it names a field that the kind does not offer.
    pub(super) fn read(call: &Call<'_>) -> Result<Self, Status> {
        let (target, options) = (&call.request.target, &call.request.options);
        let labels = match options.label_selector.as_str() {
            "" => None,
            text => Some(Selector::parse(text).map_err(|error| Status::bad_request(error.to_string()))?),
        };
        let fields = match options.field_selector.as_str() {
            "" => None,
            text => Some(FieldSelector::parse(text).map_err(|error| Status::bad_request(error.to_string()))?),
        };
        let filter = Self {
            namespace: target.namespace.clone(),
            name: target.name.clone(),
            labels,
            fields,
            resource: call.resource.clone(),
        };
        filter.check_fields()?;
        Ok(filter)
    }

    fn check_fields(&self) -> Result<(), Status> {
        let none = Object::default();
        let known = |field: &str| {
            matches!(field, "metadata.name" | "metadata.namespace") || self.resource.selected(&none, field).is_some()
        };
        let unknown = self.fields.iter().flat_map(|it| &it.0).find(|it| !known(&it.field));
        unknown.map_or(Ok(()), |it| Err(self.unknown_field(&it.field)))
    }

    fn unknown_field(&self, field: &str) -> Status {
        let Registration { group, version, plural, .. } = &*self.resource;
        let labels = self.labels.as_ref().map(ToString::to_string).unwrap_or_default();
        let fields = self.fields.as_ref().map(ToString::to_string).unwrap_or_default();
        let reason = if self.resource.has_selectable() {
            format!("field label not supported: {field}")
        } else {
            format!("{field:?} is not a known field selector: only \"metadata.name\", \"metadata.namespace\"")
        };
        Status::bad_request(format!(
            "Unable to find \"{group}/{version}, Resource={plural}\" that match label selector \"{labels}\", field selector \"{fields}\": {reason}"
        ))
    }

    /// The resource that was asked for.
    pub(super) fn resource(&self) -> &Arc<Registration> {
        &self.resource
    }

    /// True if the object is let through.
    pub(super) fn lets_through(&self, object: &Object) -> bool {
        self.is_in_place(object)
            && self.labels.as_ref().is_none_or(|it| it.matches(object.metadata().get("labels")))
            && self.fields.as_ref().is_none_or(|it| it.matches(|field| self.field(object, field)))
    }

    fn field(&self, object: &Object, field: &str) -> Text {
        match field {
            "metadata.name" => object.name(),
            "metadata.namespace" => object.namespace(),
            _ => self.resource.selected(object, field).unwrap_or_default(),
        }
    }

    /// True if only the object itself, in the version that was asked for, tells whether it is let through.
    pub(super) fn reads_objects(&self) -> bool {
        self.resource.converts() && (self.labels.is_some() || self.fields.is_some())
    }

    /// True if a namespace is all that is asked for, so that none of its objects has to be looked at.
    fn is_only_a_place(&self) -> bool {
        self.name.is_empty() && self.labels.is_none() && self.fields.is_none()
    }

    /// True if the object is where the request looks, whatever else may keep it out.
    pub(super) fn is_in_place(&self, object: &Object) -> bool {
        let metadata = object.metadata();
        (self.namespace.is_empty() || metadata.get("namespace").str() == self.namespace)
            && (self.name.is_empty() || metadata.get("name").str() == self.name)
    }

    /// The object in the form of the resource that was asked for.
    pub(super) fn shown(&self, object: Object) -> Object {
        self.resource.of_stored(object)
    }
}

/// Where a limited list goes on: the revision it reads at, and the last object of the page before.
struct Token {
    revision: Revision,
    namespace: Text,
    name: Text,
}

impl Token {
    fn write(&self) -> String {
        let start = format!("{}/{}", self.namespace, self.name);
        let value = Value::from([
            ("v", "meta.k8s.io/v1".into()),
            ("rv", Value::Int(self.revision.0.cast_signed())),
            ("start", start.into()),
        ]);
        base64::encode(value.to_json().as_bytes()).trim_end_matches('=').replace('+', "-").replace('/', "_")
    }

    fn read(text: &str) -> Option<Self> {
        let mut padded = text.replace('-', "+").replace('_', "/");
        while !padded.len().is_multiple_of(4) {
            padded.push('=');
        }
        let json = String::from_utf8(base64::decode(&padded).ok()?).ok()?;
        let value = Value::from_json(&json).ok()?;
        let (namespace, name) = value.get("start").str().split_once('/')?;
        let revision = Revision(value.get("rv").as_int()?.unsigned_abs());
        Some(Self { revision, namespace: namespace.into(), name: name.into() })
    }
}

impl Api {
    /// The answer to a list request.
    pub(super) fn list(&self, call: &mut Call<'_>) -> Result<Response, Status> {
        let filter = Filter::read(call)?;
        let options = &call.request.options;
        let token = match options.continue_token.as_str() {
            "" => None,
            text => {
                Some(Token::read(text).ok_or_else(|| Status::bad_request("continue key is not valid: invalid token"))?)
            }
        };
        let revision = self.revision_asked(call, token.as_ref())?;
        let past;
        let store = if revision < self.store.revision() {
            past = self.store.at(revision).map_err(|_| expired())?;
            &past
        } else {
            &self.store
        };
        let after = token.map(|it| (it.namespace, it.name)).unwrap_or_default();
        let (resource, namespace) = (call.key.resource.clone(), call.key.namespace.clone());
        let rest = store.list_after(&resource, &namespace, after);
        let limit = if options.limit == 0 { usize::MAX } else { options.limit };
        let (items, remaining) = if filter.reads_objects() {
            let all = rest.filter(|it| filter.is_in_place(it)).cloned().collect();
            page(self.in_version(call, all)?.into_iter().filter(|it| filter.lets_through(it)), limit)
        } else {
            let lets_all_through = filter.is_only_a_place();
            let (items, remaining) = page(rest.filter(|it| lets_all_through || filter.lets_through(it)), limit);
            (self.in_version(call, items.into_iter().cloned().collect())?, remaining)
        };
        Ok(answer(&filter, items, remaining, revision))
    }

    /// The answer to a request for objects that are never stored.
    pub(super) fn computed(&self, call: &Call<'_>, objects: &[Object]) -> Result<Response, Status> {
        match call.request.verb {
            Verb::Get => {
                let found = objects.iter().find(|it| it.name() == call.key.name).cloned();
                found.map(|it| Response::object(200, it)).ok_or_else(|| Status::not_found(&call.key))
            }
            Verb::List => {
                let filter = Filter::read(call)?;
                let items = objects.iter().filter(|it| filter.lets_through(it)).cloned().collect();
                Ok(answer(&filter, items, 0, self.store.revision()))
            }
            Verb::Create | Verb::Update | Verb::Patch(_) | Verb::Delete | Verb::DeleteCollection => {
                Err(Status::method_not_allowed(NOT_ALLOWED))
            }
        }
    }

    /// The objects that a request's selectors let through.
    pub(super) fn selected(&self, call: &mut Call<'_>) -> Result<Vec<Object>, Status> {
        let filter = Filter::read(call)?;
        let may_be = |it: &&Object| filter.reads_objects() && filter.is_in_place(it) || filter.lets_through(it);
        let found = self.store.list(&call.key.resource).filter(may_be).cloned().collect();
        let mut found = self.in_version(call, found)?;
        found.retain(|it| filter.lets_through(it));
        Ok(found)
    }

    fn revision_asked(&self, call: &Call<'_>, token: Option<&Token>) -> Result<Revision, Status> {
        if let Some(token) = token {
            return Ok(token.revision);
        }
        let options = &call.request.options;
        let newest = self.store.revision();
        if options.resource_version.is_empty() || options.resource_version == "0" {
            return Ok(newest);
        }
        let asked = parse_revision(&options.resource_version)?.0;
        if asked > newest.0 {
            return Err(too_large(asked, newest));
        }
        Ok(if options.resource_version_match == "Exact" { Revision(asked) } else { newest })
    }
}

/// The first `limit` of them, and how many there are beside these.
fn page<T>(mut all: impl Iterator<Item = T>, limit: usize) -> (Vec<T>, usize) {
    let items = all.by_ref().take(limit).collect();
    (items, all.count())
}

/// Reads `resourceVersion`.
pub(super) fn parse_revision(text: &str) -> Result<Revision, Status> {
    let wrong = |_| {
        let reason = format!("strconv.ParseUint: parsing \"{text}\": invalid syntax");
        Status::bad_request(format!("resourceVersion: Invalid value: \"{text}\": {reason}"))
    };
    text.parse().map(Revision).map_err(wrong)
}

/// 504: the revision asked for does not exist yet.
fn too_large(asked: u64, newest: Revision) -> Status {
    let message = format!("Too large resource version: {asked}, current: {newest}");
    Status { code: 504, reason: "Timeout", message, details: Value::from([("retryAfterSeconds", 1.into())]) }
}

/// 410: the revision asked for is forgotten.
pub(super) fn expired() -> Status {
    Status::expired("The resourceVersion for the provided list is too old.")
}

fn answer(filter: &Filter, items: Vec<Object>, remaining: usize, revision: Revision) -> Response {
    let resource = &filter.resource;
    let mut metadata = Value::from([("resourceVersion", revision.to_string().into())]);
    if remaining > 0
        && let Some(last) = items.last()
    {
        let token = Token { revision, namespace: last.namespace(), name: last.name() };
        metadata.set("continue", token.write());
        if filter.labels.is_none() && filter.fields.is_none() {
            metadata.set("remainingItemCount", i64::try_from(remaining).unwrap_or(i64::MAX));
        }
    }
    let items: Vec<Value> = items.into_iter().map(|it| filter.shown(it).0).collect();
    let list = Value::from([
        ("apiVersion", Value::from(resource.api_version())),
        ("kind", Value::from(&resource.list_kind)),
        ("metadata", metadata),
        ("items", items.into()),
    ]);
    Response::new(200, Body::List(list))
}
