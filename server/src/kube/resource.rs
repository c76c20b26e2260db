//! Requests on resources: from HTTP to the pipeline and back.
//!
//! Upstream: `k8s.io/apiserver/pkg/endpoints/handlers/{get,create,update,patch,delete}.go`.

use std::sync::Arc;

use axum::body::Body;
use hyper::Response;
use shared::api::admission::Attempt;
use shared::api::{self, Options, Registration, Request, Status, Target, User, Verb};
use shared::model::{Text, Value};

use super::encode::Wanted;
use super::path::RequestInfo;
use super::query::Query;
use super::{Incoming, Server, body, encode};
use crate::audit::Told;
use crate::host::wall_clock;

/// A request whose resource is known.
pub(crate) struct Asked {
    /// What is asked, by path.
    pub(crate) info: RequestInfo,
    /// The registration.
    pub(crate) resource: Arc<Registration>,
    /// The place.
    pub(crate) target: Target,
    /// Who asks.
    pub(crate) user: User,
    /// Whether they may was asked before the request is read.
    pub(crate) is_authorized: bool,
    /// The parameters.
    pub(crate) query: Query,
    /// The form of the answer.
    pub(crate) wanted: Wanted,
}

/// Answers a request that is neither a watch nor a stream.
///
/// # Errors
/// What is wrong with the request itself; what the pipeline refuses is an answer too.
pub(crate) async fn answer(server: &Server, asked: Asked, incoming: Incoming) -> Result<Response<Body>, Status> {
    let is_scale = asked.target.subresource == "scale";
    let resource = if is_scale { encode::SCALE.clone() } else { asked.resource.clone() };
    let wanted = asked.wanted;
    let attempt = if asked.is_authorized { Attempt::authorized() } else { Attempt::default() };
    let (request, warnings) = request(asked, incoming).await?;
    let name = if request.verb == Verb::Create { request.body.at("metadata.name").text() } else { Text::default() };
    let mut response = server.host.request_tried(&request, attempt).await;
    server.tokens.finish(&server.host, &mut response);
    if response.failure().is_none() {
        response.warnings.splice(0..0, warnings);
    }
    let told = Told { name, annotations: std::mem::take(&mut response.annotations) };
    let mut answer = encode::answer(&resource, response, wanted, wall_clock());
    answer.extensions_mut().insert(told);
    Ok(answer)
}

/// The request for the pipeline, and warnings about its body.
async fn request(asked: Asked, incoming: Incoming) -> Result<(Request, Vec<String>), Status> {
    let Asked { info, target, user, query, .. } = asked;
    let (verb, kind) = match info.verb {
        "get" => (Verb::Get, "GetOptions"),
        "list" => (Verb::List, "ListOptions"),
        "create" => (Verb::Create, "CreateOptions"),
        "update" => (Verb::Update, "UpdateOptions"),
        "patch" => (Verb::Patch(body::patch_kind(&incoming.content_type)?), "PatchOptions"),
        "delete" => (Verb::Delete, "DeleteOptions"),
        _ => (Verb::DeleteCollection, "DeleteOptions"),
    };
    let mut options = query.options(kind)?;
    if !target.subresource.is_empty() {
        options.query = query.pairs();
    }
    if matches!(verb, Verb::Get | Verb::List) {
        return Ok((Request { verb, target, body: Value::Null, options, user }, Vec::new()));
    }
    let manager = manager_of(&incoming.user_agent);
    let bytes = body::collect(incoming.body).await?;
    let read = match verb {
        Verb::Patch(kind) => body::patch(kind, &bytes)?,
        _ => body::object(&incoming.content_type, &bytes)?,
    };
    let warnings = body::judge(read.duplicates, options.field_validation)?;
    match verb {
        Verb::Delete | Verb::DeleteCollection => delete_options(&mut options, &read.value)?,
        Verb::Patch(api::PatchKind::Apply) => {}
        Verb::Create | Verb::Update | Verb::Patch(_) | Verb::Get | Verb::List if options.field_manager.is_empty() => {
            options.field_manager = manager.into();
        }
        Verb::Create | Verb::Update | Verb::Patch(_) | Verb::Get | Verb::List => {}
    }
    Ok((Request { verb, target, body: read.value, options, user }, warnings))
}

/// Who manages the fields that a client without `fieldManager` writes: the program's name in its User-Agent.
fn manager_of(user_agent: &str) -> &str {
    let name = user_agent.split('/').next().unwrap_or_default();
    if name.is_empty() { "unknown" } else { name.get(..128).unwrap_or(name) }
}

/// Takes over what a `DeleteOptions` body says; where the query says the same, the body counts.
fn delete_options(options: &mut Options, body: &Value) -> Result<(), Status> {
    if let Some(seconds) = body.get("gracePeriodSeconds").as_int() {
        options.grace_period_seconds = Some(seconds);
    }
    for word in body.get("dryRun").items() {
        let query = Query::read(&format!("dryRun={}", word.str()));
        options.dry_run = query.options("DeleteOptions")?.dry_run;
    }
    options.uid = body.at("preconditions.uid").text();
    if !body.at("preconditions.resourceVersion").is_null() {
        options.resource_version = body.at("preconditions.resourceVersion").text();
    }
    Ok(())
}
