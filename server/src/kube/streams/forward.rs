//! `pods/portforward`: connections to ports of a pod, many over one connection of the client.
//!
//! Upstream: `k8s.io/kubelet/pkg/cri/streaming/portforward/{httpstream,websocket}.go`,
//! `k8s.io/apiserver/pkg/util/proxy/streamtunnel.go`. Servers in simulated pods answer as `shared` says; their HTTP is made here.

mod channels;
mod streams;
mod web;

use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use hyper::Response;
use hyper::http::request::Parts;
use shared::api::{Request, Status, Verb};
use shared::model::Key;
use shared::sim::Listener;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio::sync::{mpsc, watch};

use super::room::Held;
use super::spdy::{Gone, Session};
use super::upgrade::{self, Upgrade};
use crate::host::Host;
use crate::kube::Server;
use crate::kube::resource::Asked;

/// The protocol on SPDY's streams.
const PROTOCOL: &str = "portforward.k8s.io";
/// The same inside of a WebSocket's messages.
const TUNNELLED: &str = "SPDY/3.1+portforward.k8s.io";
/// How many connections to ports one client may have open at once.
const CONNECTIONS_MAX: usize = 256;
/// How many bytes wait on either side of a connection.
const BUFFER_BYTES: usize = 32 * 1024;

/// The pod whose ports are forwarded.
#[derive(Clone)]
struct Pod {
    host: Arc<Host>,
    key: Key,
    stop: watch::Receiver<bool>,
}

/// Answers `pods/portforward`.
///
/// # Errors
/// There is no such pod, it has no node, or the client does not ask for an upgrade that we know.
pub(crate) fn answer(server: &Server, asked: &Asked, parts: Parts) -> Result<Response<Body>, Status> {
    let wanted = Upgrade::wanted(&parts.headers)?;
    let request = Request { user: asked.user.clone(), ..Request::new(Verb::Create, asked.target.clone()) };
    server.host.with(|cluster| cluster.may_forward(&request))?;
    let target = &asked.target;
    let key = Key::new(target.resource.clone(), target.namespace.clone(), target.name.clone());
    let pod = Pod { host: server.host.clone(), key, stop: server.stop.clone() };
    let offered = wanted.offered(&parts.headers);
    match wanted {
        Upgrade::Spdy if offered.contains(&PROTOCOL) => {
            upgrade::spdy(parts, PROTOCOL, move |session| streams::serve(pod, session))
        }
        Upgrade::Spdy => Err(upgrade::no_protocol(&offered, &[PROTOCOL])),
        Upgrade::WebSocket if offered.contains(&TUNNELLED) => upgrade::web_socket(parts, TUNNELLED, move |socket| {
            streams::serve(pod, Session::begin(upgrade::tunnel(socket)))
        }),
        Upgrade::WebSocket => channels::begin(pod, asked, parts),
    }
}

/// Takes a connection to a port; the error is what the client is told.
async fn connect(pod: &Pod, port: u16, connection: DuplexStream) -> Result<(), String> {
    match pod.host.look(|cluster| cluster.dial(&pod.key, port)).map_err(|it| it.to_string())? {
        Listener::Http => web::serve(pod, port, connection).await,
        Listener::Other => wait_for_a_byte(connection).await,
    }
    Ok(())
}

/// A server whose protocol is not simulated hears the client out for one byte, and hangs up.
async fn wait_for_a_byte(mut connection: DuplexStream) {
    // An end is as good as a byte.
    let _ = connection.read(&mut [0]).await;
}

/// Carries bytes between a connection and a client, until the server in the pod has closed it or the client has gone away.
async fn carry<F: Future<Output = Result<(), Gone>>>(
    connection: DuplexStream,
    mut input: mpsc::Receiver<Held>,
    write: impl Fn(Bytes) -> F,
) {
    let (mut from, mut to) = tokio::io::split(connection);
    let inwards = async {
        while let Some(bytes) = input.recv().await {
            if to.write_all(bytes.as_ref()).await.is_err() {
                return;
            }
        }
        let _ = to.shutdown().await;
    };
    let outwards = async {
        let mut buffer = vec![0; BUFFER_BYTES];
        while let Ok(count @ 1..) = from.read(&mut buffer).await {
            if write(Bytes::copy_from_slice(&buffer[..count])).await.is_err() {
                return;
            }
        }
    };
    tokio::pin!(outwards);
    tokio::select! {
        () = &mut outwards => return,
        () = inwards => {}
    }
    outwards.await;
}
