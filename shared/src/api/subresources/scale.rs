//! `scale`: the number of replicas of a workload, in the form that autoscalers know (`autoscaling/v1` Scale).
//!
//! Upstream: `pkg/registry/apps/deployment/storage/storage.go` (`ScaleREST`), `pkg/apis/autoscaling/validation`.

use crate::api::admission::Operation;
use crate::api::pipeline::{Api, Call, NOT_ALLOWED};
use crate::api::{Errors, Registration, Response, Status, Verb, metadata, patch};
use crate::model::{Object, Selector, Text, Value};

pub(super) fn handle(api: &mut Api, call: &mut Call<'_>) -> Result<Response, Status> {
    let object = api.found(call)?;
    let paths = Paths::of(call.resource);
    let old = scale_of(&object, &paths)?;
    let mut new = match call.request.verb {
        Verb::Get => return Ok(Response::object(200, old)),
        Verb::Update => Object(call.request.body.clone()),
        Verb::Patch(kind) => patch::apply(kind, call, &old)?,
        Verb::List | Verb::Create | Verb::Delete | Verb::DeleteCollection => {
            return Err(Status::method_not_allowed(NOT_ALLOWED));
        }
    };
    metadata::check_identity(&new, &old, &call.key)?;
    api.mutate(call, Operation::Update, &mut new, Some(&old))?;
    validate(&new)?;
    api.admit(call, Operation::Update, &new, Some(&old))?;
    let mut scaled = object.clone();
    scaled.set(&paths.spec, new.at("spec.replicas").int_or(0));
    (call.resource.prepare_for_update)(&mut scaled, &object);
    call.track(Some(&object), &mut scaled);
    if call.resource.is_custom() {
        let mut errors = Errors::default();
        call.notes.warnings.extend(call.resource.check(&scaled, Some(&object), &mut errors));
        call.refuse(&errors)?;
    }
    let stored = if scaled == object { object } else { api.write(call, scaled)? };
    Ok(Response::object(200, scale_of(&stored, &paths)?))
}

fn validate(scale: &Object) -> Result<(), Status> {
    let replicas = scale.at("spec.replicas");
    let mut errors = Errors::default();
    if replicas.int_or(0) < 0 {
        errors.invalid("spec.replicas", replicas, "must be greater than or equal to 0");
    }
    if errors.0.is_empty() { Ok(()) } else { Err(Status::invalid("Scale", "autoscaling", &scale.name(), &errors)) }
}

/// Where a resource keeps the numbers.
struct Paths {
    spec: Text,
    status: Text,
    /// The selector as text; `None` where it is `spec.selector`.
    selector: Option<Text>,
}

impl Paths {
    fn of(resource: &Registration) -> Self {
        #[cfg(feature = "every-kind")]
        if let Some(paths) = resource.custom.as_ref().and_then(|it| it.scale.as_ref()) {
            let crate::api::custom::Paths { spec, status, selector } = paths.clone();
            return Self { spec, status, selector: Some(selector) };
        }
        let _ = resource;
        Self { spec: Text::new_static("spec.replicas"), status: Text::new_static("status.replicas"), selector: None }
    }
}

fn scale_of(object: &Object, paths: &Paths) -> Result<Object, Status> {
    let mut scale = Object(Value::from([("apiVersion", "autoscaling/v1".into()), ("kind", "Scale".into())]));
    for field in ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"] {
        let value = object.metadata().get(field);
        if !value.is_null() {
            scale.entry("metadata").set(field, value);
        }
    }
    let replicas = object.at(&paths.spec);
    if replicas.is_null() && paths.selector.is_some() {
        return Err(Status::internal(format!(
            "Internal error occurred: the spec replicas field \".{}\" does not exist",
            paths.spec
        )));
    }
    let replicas = replicas.int_or(0);
    scale.set("spec", if replicas == 0 { Value::map() } else { Value::from([("replicas", replicas.into())]) });
    scale.set("status.replicas", object.at(&paths.status).int_or(0));
    let selector = match &paths.selector {
        Some(path) => object.at(path).str().to_owned(),
        None => selector(object),
    };
    if !selector.is_empty() {
        scale.set("status.selector", selector);
    }
    Ok(scale)
}

/// The selector as text; that of a replication controller is a map of labels.
fn selector(object: &Object) -> String {
    let selector = object.at("spec.selector");
    let is_labels = selector.get("matchLabels").is_null() && selector.get("matchExpressions").is_null();
    let parsed = if is_labels { Ok(Selector::from_labels(selector)) } else { Selector::from_object(selector) };
    parsed.map(|it| it.to_string()).unwrap_or_default()
}
