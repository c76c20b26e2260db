//! The Kubernetes API over HTTP.
//!
//! One function, [`Server::handle`], takes every request; the modules stand in the order in which it uses them. What a
//! request means is decided by pure functions (`path`, `query`, `negotiate`, `route`); what it does, by the pipeline of
//! `shared`. Knows nothing of sockets and TLS.
//!
//! Upstream: `k8s.io/apiserver/pkg/server`, `pkg/endpoints`.

mod access;
mod body;
mod discovery;
mod encode;
mod health;
mod impersonate;
mod metrics;
mod negotiate;
mod openapi;
mod path;
mod protobuf;
mod query;
mod resource;
mod route;
mod status;
mod streams;
mod usage;
mod warnings;
mod watch;

use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use hyper::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, HOST, HeaderName, USER_AGENT};
use hyper::http::request::Parts;
use hyper::{HeaderMap, Request, Response};
use shared::api::{Status, User};

use crate::audit::{self, Ticket};
use crate::auth::{self, Tokens};
use crate::host::Host;
use discovery::Newest;
pub(crate) use encode::with_bytes;
use encode::{Include, Wanted};
use metrics::Metrics;
use negotiate::Form;
use openapi::OpenApi;
pub(crate) use path::RequestInfo;
use query::Query;
use resource::Asked;
use route::NoRoute;

/// Programs whose users read the answer themselves: they get indented JSON.
const READERS: &[&str] = &["curl", "Wget", "Mozilla/5.0"];

/// The API server: the cluster, and what answering needs.
pub(crate) struct Server {
    host: Arc<Host>,
    tokens: Arc<Tokens>,
    /// Becomes true when the server is to end; watches end then.
    stop: tokio::sync::watch::Receiver<bool>,
    metrics: Metrics,
    served: Newest,
    openapi: OpenApi,
    audit: Option<Arc<audit::Log>>,
}

/// What of a request the pipeline's answer may still need.
pub(crate) struct Incoming {
    /// `Content-Type`; empty without.
    content_type: String,
    /// `User-Agent`; empty without.
    user_agent: String,
    /// The body, unread.
    body: Body,
}

impl Server {
    /// An API server over `host`, whose long answers end when `stop` becomes true, and which notes requests in `audit`.
    pub(crate) fn new(
        host: Arc<Host>,
        tokens: Arc<Tokens>,
        stop: tokio::sync::watch::Receiver<bool>,
        audit: Option<Arc<audit::Log>>,
    ) -> Arc<Self> {
        let (metrics, served, openapi) = (Metrics::default(), Newest::default(), OpenApi::default());
        Arc::new(Self { host, tokens, stop, metrics, served, openapi, audit })
    }

    /// Answers one request; `certificate` is whom the connection's client certificate names.
    pub(crate) async fn handle(&self, certificate: Option<&User>, request: Request<Body>) -> Response<Body> {
        let began = Instant::now();
        let (parts, body) = request.into_parts();
        let query = Query::read(parts.uri.query().unwrap_or_default());
        let info = RequestInfo::read(&parts.method, parts.uri.path(), query.is_true("watch"));
        let (verb, resource) = info.as_ref().map_or(("", ""), |it| (it.verb, it.resource.as_str()));
        let (verb, resource) = (verb, resource.to_owned());
        let is_long = info.as_ref().is_some_and(|it| is_long(it, &query));
        let mut ticket = self.audit.as_ref().map(|log| log.begin(&parts, info.as_ref()));
        let response = match info {
            Some(info) => self.judge(certificate, info, query, parts, body, &mut ticket).await,
            None => encode::plain(404, status::NO_PAGE),
        };
        self.metrics.note(verb, &resource, response.status().as_u16(), began.elapsed());
        match ticket {
            Some(ticket) => ticket.finish(response, is_long).await,
            None => response,
        }
    }

    /// Who asks, may they, and what for.
    async fn judge(
        &self,
        certificate: Option<&User>,
        info: RequestInfo,
        query: Query,
        parts: Parts,
        body: Body,
        ticket: &mut Option<Ticket>,
    ) -> Response<Body> {
        let headers = &parts.headers;
        let of_token = |token: &str| self.tokens.user(&self.host, token, &[]).map(|(user, _)| user);
        let real = access::authenticate(certificate, header(headers, AUTHORIZATION), of_token);
        let user = match real.and_then(|real| self.acting(real, headers, ticket)) {
            Ok(user) => user,
            Err(status) => return encode::failure(&status, Form::JSON),
        };
        let is_authorized = ticket.is_some() || !access::asked_by_the_pipeline(&user, &info);
        if is_authorized {
            let verdict = access::decide(&self.host, &user, &info, query.get("fieldSelector"));
            if let Some(ticket) = ticket {
                ticket.set_decision(verdict.refusal.is_none(), verdict.reason);
            }
            if let Some(status) = verdict.refusal {
                return encode::failure(&status, Form::JSON);
            }
        }
        let answer = if info.is_resource {
            self.resource(user, is_authorized, info, query, parts, body).await
        } else {
            self.page(&info, &query, headers).await
        };
        answer.unwrap_or_else(|status| encode::failure(&status, Form::JSON))
    }

    /// From whom the request is to come; the log hears of who really asks first, whether they may act as somebody else or not.
    fn acting(&self, real: User, headers: &HeaderMap, ticket: &mut Option<Ticket>) -> Result<User, Status> {
        if let Some(ticket) = ticket {
            ticket.set_user(&real, &real);
        }
        let Some(user) = impersonate::user(&self.host, &real, headers)? else { return Ok(real) };
        if let Some(ticket) = ticket {
            ticket.set_user(&real, &user);
        }
        Ok(user)
    }

    /// A request on a resource.
    async fn resource(
        &self,
        user: User,
        is_authorized: bool,
        info: RequestInfo,
        query: Query,
        parts: Parts,
        body: Body,
    ) -> Result<Response<Body>, Status> {
        if info.group == usage::GROUP {
            return usage::answer(&self.host, &info, &query, wanted(&parts.headers, &query)?);
        }
        let Some(resource) = route::registration(&info, &self.host) else {
            return route::retired(&info).map_or_else(|| Ok(encode::plain(404, status::NO_PAGE)), Err);
        };
        let target = match route::target(&info, &resource) {
            Ok(target) => target,
            Err(NoRoute::NoPage) => return Ok(encode::plain(404, status::NO_PAGE)),
            Err(NoRoute::Refused(status)) => return Err(status),
        };
        let wanted = wanted(&parts.headers, &query)?;
        let asked = Asked { info, resource, target, user, is_authorized, query, wanted };
        if asked.info.verb == "watch" {
            return watch::answer(self, asked).await;
        }
        if let Some(options) = streams::options(&asked) {
            self.host.admit_connection(&options).await?;
        }
        match asked.info.subresource.as_str() {
            "log" if asked.query.is_true("follow") => return streams::follow(self, &asked),
            "exec" => return streams::exec(self, asked, parts).await,
            "attach" => return streams::attach(self, &asked, parts),
            "portforward" => return streams::port_forward(self, &asked, parts),
            _ => {}
        }
        let text = |name| header(&parts.headers, name).to_owned();
        let incoming = Incoming { content_type: text(CONTENT_TYPE), user_agent: text(USER_AGENT), body };
        resource::answer(self, asked, incoming).await
    }

    /// A path that is no resource.
    async fn page(&self, info: &RequestInfo, query: &Query, headers: &HeaderMap) -> Result<Response<Body>, Status> {
        let path = info.path.as_str();
        if let Some(response) = health::answer(path, query, &Ok(())) {
            return Ok(response);
        }
        if !matches!(info.verb, "get" | "head") {
            return Ok(encode::plain(404, status::NO_PAGE));
        }
        if let Some(response) = auth::document(&self.tokens, path, header(headers, HOST)) {
            return Ok(response);
        }
        if path == "/metrics" {
            let lost = self.audit.as_ref().map(|it| it.lost());
            return Ok(encode::plain(200, self.metrics.text(&self.host, lost)));
        }
        let accept = header(headers, ACCEPT);
        let served = || self.served.of(&self.host);
        if let Some(part) = openapi::part(path) {
            let response = self.openapi.answer(part, accept, query, served()).await?;
            return Ok(response.unwrap_or_else(|| encode::plain(404, status::NO_PAGE)));
        }
        if let Some(document) = negotiate::aggregated_discovery(accept).and_then(|_| served().aggregated(path)) {
            let mut response = encode::value(200, &document, wanted_json(headers, query));
            let media = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
            response.headers_mut().insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static(media));
            return Ok(response);
        }
        let wanted = wanted(headers, query)?;
        if matches!(path, "/version" | "/version/") {
            return Ok(health::version(wanted));
        }
        match served().document(path, header(headers, HOST)) {
            Some(document) => Ok(encode::value(200, &document, wanted)),
            None => Ok(encode::plain(404, status::NO_PAGE)),
        }
    }
}

/// True for a request whose answer goes on after it has begun.
fn is_long(info: &RequestInfo, query: &Query) -> bool {
    match info.subresource.as_str() {
        "exec" | "attach" | "portforward" => true,
        "log" => query.is_true("follow"),
        _ => info.verb == "watch",
    }
}

/// The text of a header; empty without, or if it is none.
pub(crate) fn header(headers: &HeaderMap, name: HeaderName) -> &str {
    headers.get(name).and_then(|it| it.to_str().ok()).unwrap_or_default()
}

/// How the client wants its answer.
///
/// # Errors
/// 406 if we have nothing that it takes.
fn wanted(headers: &HeaderMap, query: &Query) -> Result<Wanted, Status> {
    let form = negotiate::form(header(headers, ACCEPT))?;
    Ok(Wanted { form, include: Include::read(query.get("includeObject")), ..wanted_json(headers, query) })
}

fn wanted_json(headers: &HeaderMap, query: &Query) -> Wanted {
    let agent = header(headers, USER_AGENT);
    let reader = READERS.iter().any(|it| agent.starts_with(it));
    let pretty = if query.has("pretty") { query.is_true("pretty") } else { reader };
    let gzip =
        header(headers, ACCEPT_ENCODING).split(',').any(|it| it.split(';').next().unwrap_or_default().trim() == "gzip");
    Wanted { form: Form::JSON, include: Include::Metadata, pretty, gzip }
}
