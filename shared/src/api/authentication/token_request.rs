//! `serviceaccounts/token`: the claims of a new token.
//!
//! Upstream: `pkg/registry/core/serviceaccount/storage/token.go`, `pkg/apis/authentication/{v1/defaults,validation/validation}.go`.
//! Differs: `status.token` holds unsigned claims as JSON when the pipeline gives it back; the host signs them.

use crate::api::admission::Operation;
use crate::api::authentication::claims::{self, Bound, ISSUER, Terms};
use crate::api::pipeline::{Api, Call, NOT_ALLOWED};
use crate::api::{Errors, Response, Status, Verb};
use crate::model::decode::decode;
use crate::model::key::resources::{NODES, PODS, SECRETS, SERVICE_ACCOUNTS};
use crate::model::schema::Schema;
use crate::model::{Key, Object, Span, Text, Value};
use crate::store::Store;

const VERSION: &str = "authentication.k8s.io/v1";
const KIND: &str = "TokenRequest";
const DEFAULT_SECONDS: i64 = 3_600;
const MIN_SECONDS: i64 = 600;
const MAX_SECONDS: i64 = 1 << 32;

/// Answers one request.
pub(in crate::api) fn handle(api: &mut Api, call: &mut Call<'_>) -> Result<Response, Status> {
    if call.request.verb != Verb::Create {
        return Err(Status::method_not_allowed(NOT_ALLOWED));
    }
    let account = api.stored(&Key::new(SERVICE_ACCOUNTS, call.key.namespace.clone(), call.key.name.clone()))?;
    let mut request = read(call)?;
    default(&mut request);
    api.mutate(call, Operation::Create, &mut request, None)?;
    validate(&request, &account)?;
    api.admit(call, Operation::Create, &request, None)?;
    let bound = bound_to(&request, &account, &api.store)?;
    let seconds = request.at("spec.expirationSeconds").int_or(DEFAULT_SECONDS);
    let audiences: Vec<Text> = request.at("spec.audiences").items().iter().map(Value::text).collect();
    let terms = Terms { audiences, seconds, now: call.now, id: api.chance.uid() };
    let expires = call.now.whole_seconds() + Span::seconds(seconds);
    request.set("metadata.name", account.name());
    request.set("metadata.namespace", account.namespace());
    request.set("metadata.creationTimestamp", call.now.to_string());
    request.set("status.token", claims::of(&account, &bound, &terms).to_json());
    request.set("status.expirationTimestamp", expires.to_string());
    Ok(Response::object(201, request))
}

fn read(call: &Call<'_>) -> Result<Object, Status> {
    let mut body = call.request.body.clone();
    body.set("apiVersion", VERSION);
    body.set("kind", KIND);
    let Some(id) = Schema::get().find(VERSION, KIND) else { return Err(Status::no_such_page()) };
    let decoded = decode(&body, id);
    match decoded.error {
        Some(error) => Err(Status::bad_request(crate::model::decode::cannot_handle(KIND, "v1", KIND, &error))),
        None => Ok(Object(decoded.value)),
    }
}

fn default(request: &mut Object) {
    if request.at("spec.expirationSeconds").is_null() {
        request.set("spec.expirationSeconds", DEFAULT_SECONDS);
    }
    if request.at("spec.audiences").is_empty() {
        request.set("spec.audiences", Value::from(vec![ISSUER.into()]));
    }
}

fn validate(request: &Object, account: &Object) -> Result<(), Status> {
    let mut errors = Errors::default();
    let (name, seconds) = (request.name(), request.at("spec.expirationSeconds"));
    if !name.is_empty() && name != account.name() {
        errors.invalid("metadata.name", &name.into(), "must match the service account name if specified");
    }
    if seconds.int_or(0) < MIN_SECONDS {
        errors.invalid("spec.expirationSeconds", seconds, "may not specify a duration less than 10 minutes");
    }
    if seconds.int_or(0) > MAX_SECONDS {
        errors.invalid("spec.expirationSeconds", seconds, "may not specify a duration larger than 2^32 seconds");
    }
    if errors.0.is_empty() {
        return Ok(());
    }
    Err(Status::invalid(KIND, "authentication.k8s.io", &request.name(), &errors))
}

/// The object that the token ends with, and the node of a pod.
fn bound_to(request: &Object, account: &Object, store: &Store) -> Result<Bound, Status> {
    let reference = request.at("spec.boundObjectRef");
    let mut bound = Bound::default();
    if reference.is_null() {
        return Ok(bound);
    }
    let (version, kind, name) = (reference.get("apiVersion").str(), reference.get("kind").str(), reference.get("name"));
    let namespace = account.namespace();
    let (resource, namespace) = match (version, kind) {
        ("v1", "Pod") => (PODS, namespace),
        ("v1", "Secret") => (SECRETS, namespace),
        ("v1", "Node") => (NODES, Text::default()),
        _ => {
            let (group, version) = version.rsplit_once('/').unwrap_or(("", version));
            let kind = format!("{group}/{version}, Kind={kind}");
            return Err(Status::bad_request(format!("cannot bind token to object of type {kind}")));
        }
    };
    let key = Key::new(resource, namespace, name.text());
    let found = store.get(&key).cloned().ok_or_else(|| Status::not_found(&key))?;
    check_uid(reference, &key, kind, &found)?;
    match kind {
        "Pod" => {
            check_account(&found, account)?;
            bound.node = node_of(&found, store);
            bound.pod = Some(found);
        }
        "Secret" => bound.secret = Some(found),
        _ => bound.node = Some(found),
    }
    Ok(bound)
}

fn check_account(pod: &Object, account: &Object) -> Result<(), Status> {
    let name = account.name();
    if pod.at("spec.serviceAccountName").str() == name {
        return Ok(());
    }
    let message =
        format!("cannot bind token for serviceaccount \"{name}\" to pod running with different serviceaccount name.");
    Err(Status::bad_request(message))
}

fn check_uid(reference: &Value, key: &Key, kind: &str, found: &Object) -> Result<(), Status> {
    let asked = reference.get("uid").str();
    if asked.is_empty() || asked == found.uid() {
        return Ok(());
    }
    let detail = format!(
        "the UID in the bound object reference ({asked}) does not match the UID in record. The object might have been deleted and then recreated"
    );
    Err(Status::conflict(&Key { resource: crate::model::ResourceName::new(kind, ""), ..key.clone() }, &detail))
}

/// The node that a pod is bound to; one that is not there has a name only.
fn node_of(pod: &Object, store: &Store) -> Option<Object> {
    let name = pod.at("spec.nodeName").text();
    if name.is_empty() {
        return None;
    }
    let found = store.get(&Key::new(NODES, "", name.clone())).cloned();
    Some(found.unwrap_or_else(|| Object::new("v1", "Node", "", &name)))
}
