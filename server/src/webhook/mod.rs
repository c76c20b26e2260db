//! Calls of admission webhooks, over HTTPS.
//!
//! What is asked and what an answer means is decided in `shared`; here it is only carried there and back. Everything has a
//! limit: the time that the webhook's configuration allows, the size of the answer, no redirection.
//!
//! Upstream: `k8s.io/apiserver/pkg/util/webhook/{client,serviceresolver}.go`, `k8s.io/client-go/rest/request.go`.

mod place;
mod trust;

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::header::{ACCEPT, CONTENT_TYPE, HOST, USER_AGENT};
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use place::Place;
use rustls::pki_types::ServerName;
use shared::api::admission::{HookAnswer, HookCall};
use shared::model::Value;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::host::Host;

/// How large an answer may be, in bytes.
const ANSWER_BYTES_MAX: usize = 3 * 1024 * 1024;
/// How much of an answer that is none is told, in bytes.
const TOLD_BYTES_MAX: usize = 1_024;

/// Calls a webhook; what goes wrong is told in the words of client-go, as far as they fit.
pub(crate) async fn call(host: &Host, call: &HookCall) -> HookAnswer {
    let place = host.look(|cluster| Place::of(&call.client, cluster.store()));
    let seconds = call.timeout_seconds;
    let url = Place::url(&call.client, seconds);
    let posted = |why: String| format!("Post \"{url}\": {why}");
    let place = place.map_err(posted)?;
    let exchange = exchange(&place, call);
    let (status, body) = tokio::time::timeout(Duration::from_secs(seconds), exchange)
        .await
        .map_err(|_| posted("context deadline exceeded".to_owned()))?
        .map_err(posted)?;
    let text = String::from_utf8_lossy(&body);
    if !status.is_success() {
        return Err(refused(status.as_u16(), &text));
    }
    Value::from_json(&text).map_err(|why| format!("couldn't get version/kind; json parse error: {why}"))
}

/// What an answer says that is no review.
fn refused(code: u16, text: &str) -> String {
    let told = Value::from_json(text).unwrap_or_default();
    if told.get("kind").str() == "Status" && !told.get("message").is_empty() {
        return told.get("message").str().to_owned();
    }
    let end = (0..=TOLD_BYTES_MAX.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
    match code {
        404 => "the server could not find the requested resource".to_owned(),
        500.. => {
            let body = shared::model::names::quote(text[..end].trim());
            format!("an error on the server ({body}) has prevented the request from succeeding")
        }
        _ => format!("the server responded with the status code {code} but did not return more details"),
    }
}

/// Sends the review and reads what comes back.
async fn exchange(place: &Place, call: &HookCall) -> Result<(hyper::StatusCode, Bytes), String> {
    let stream = connect(place, &call.client).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|it| it.to_string())?;
    // Dropped with this future, so that a connection never outlives its call.
    let mut connections = JoinSet::new();
    connections.spawn(connection);
    let response = sender.send_request(request(place, call)?).await.map_err(|it| it.to_string())?;
    let status = response.status();
    Ok((status, body(response).await?))
}

async fn body(response: Response<Incoming>) -> Result<Bytes, String> {
    let collected = Limited::new(response.into_body(), ANSWER_BYTES_MAX).collect().await;
    collected.map(http_body_util::Collected::to_bytes).map_err(|it| it.to_string())
}

fn request(place: &Place, call: &HookCall) -> Result<Request<Full<Bytes>>, String> {
    let path = format!("{}?timeout={}s", place.path, call.timeout_seconds);
    let built = Request::builder()
        .method(Method::POST)
        .uri(path)
        .header(HOST, &place.authority)
        .header(CONTENT_TYPE, "application/json")
        .header(ACCEPT, "application/json, */*")
        .header(USER_AGENT, "kube-apiserver-admission")
        .body(Full::new(call.review.to_json().into()));
    built.map_err(|it| it.to_string())
}

/// A connection to the first address that takes one.
async fn connect(place: &Place, client: &Value) -> Result<TlsStream<TcpStream>, String> {
    let config = trust::config(client.get("caBundle").str())?;
    let name = ServerName::try_from(place.server_name.clone())
        .map_err(|_| format!("\"{}\" is no name of a server", place.server_name))?;
    let socket = reach(place).await?;
    TlsConnector::from(config).connect(name, socket).await.map_err(|it| trust::told(&it))
}

async fn reach(place: &Place) -> Result<TcpStream, String> {
    let mut refusal = "no address".to_owned();
    for (host, port) in &place.at {
        match TcpStream::connect((host.as_str(), *port)).await {
            Ok(socket) => return Ok(socket),
            Err(why) => refusal = format!("dial tcp {host}:{port}: {why}"),
        }
    }
    Err(refusal)
}

#[cfg(test)]
mod tests;
