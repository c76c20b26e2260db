//! The HTTP of a web server in a simulated pod: what it answers is the simulation's, how the bytes look is made here.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderValue, SERVER, USER_AGENT};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use shared::sim::{WebAnswer, WebRequest};
use tokio::io::DuplexStream;

use super::Pod;

/// How long a connection may be silent before the server closes it, nginx's default.
const SILENCE_MAX: Duration = Duration::from_secs(75);
/// From where a forwarded connection comes, as the server sees it.
const CLIENT: &str = "127.0.0.1";

/// Serves one connection. Its faults are the client's and end it alone.
pub(super) async fn serve(pod: &Pod, port: u16, connection: DuplexStream) {
    let service = service_fn(|request: Request<hyper::body::Incoming>| {
        let answer = answer(pod, port, &request);
        async move { Ok::<_, Infallible>(answer) }
    });
    let mut builder = hyper::server::conn::http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(SILENCE_MAX).half_close(true).title_case_headers(true);
    // The client sees what went wrong by itself.
    let _ = builder.serve_connection(TokioIo::new(connection), service).await;
}

fn answer(pod: &Pod, port: u16, request: &Request<hyper::body::Incoming>) -> Response<Body> {
    let agent = request.headers().get(USER_AGENT).and_then(|it| it.to_str().ok()).unwrap_or("-");
    let path = request.uri().path_and_query().map_or("/", |it| it.as_str());
    let wanted = WebRequest { method: request.method().as_str(), path, client: CLIENT, agent };
    match pod.host.with(|cluster| cluster.fetch(&pod.key, port, wanted)) {
        Some(found) => response(request.method(), found),
        // Its container has ended since; a real one would have cut the connection.
        None => closed(),
    }
}

fn response(method: &Method, found: WebAnswer) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::from_u16(found.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(found.content_type));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(found.body.len()));
    if let Ok(server) = HeaderValue::from_str(&found.server)
        && !found.server.is_empty()
    {
        headers.insert(SERVER, server);
    }
    if method != Method::HEAD {
        *response.body_mut() = Body::from(found.body);
    }
    response
}

fn closed() -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::BAD_GATEWAY;
    response.headers_mut().insert(hyper::header::CONNECTION, HeaderValue::from_static("close"));
    response
}
