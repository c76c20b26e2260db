//! The API's socket: accepts, shakes hands, and hands requests on with whom the client is.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use shared::api::User;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::identity;
use super::lanes::Lanes;
use super::patience::Patient;
use crate::audit::Peer;
use crate::kube::Server;

/// How long a client may take to shake hands, and to send the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a client may read nothing of what is written for it.
const WRITE_TIMEOUT: Duration = Duration::from_mins(5);
/// How many connections may be open; more wait until one closes.
const CONNECTIONS_MAX: usize = 20_000;
/// How many requests one HTTP/2 connection may have open, upstream's default.
const STREAMS_MAX: u32 = 1_000;
/// How long to wait after the system refused a connection: it has no file descriptors left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves until `stop` becomes true; then lets open requests finish.
pub(crate) async fn serve(
    listener: TcpListener,
    lanes: Lanes,
    config: rustls::ServerConfig,
    server: Arc<Server>,
    mut stop: watch::Receiver<bool>,
) {
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut connections = JoinSet::new();
    loop {
        let Ok(place) = places.clone().acquire_owned().await else { break };
        let socket = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        // What belongs to this thread's runtime must be taken out of it to be moved to another's.
        let socket = socket.and_then(|(socket, peer)| Ok((socket.into_std()?, peer)));
        match (socket, lanes.next()) {
            (Ok((socket, peer)), Some((lane, lane_place))) => {
                let (acceptor, server, stop) = (acceptor.clone(), server.clone(), stop.clone());
                let serving = async move {
                    if let Ok(socket) = TcpStream::from_std(socket) {
                        connection(socket, Peer(peer), acceptor, server, stop).await;
                    }
                    drop((place, lane_place));
                };
                connections.spawn_on(serving, lane);
            }
            _ => tokio::time::sleep(ACCEPT_PAUSE).await,
        }
        while connections.try_join_next().is_some() {}
    }
    while connections.join_next().await.is_some() {}
}

/// One connection, from its handshake to its end. Its faults are the client's and end it alone.
async fn connection(
    socket: TcpStream,
    peer: Peer,
    acceptor: TlsAcceptor,
    server: Arc<Server>,
    mut stop: watch::Receiver<bool>,
) {
    let _ = socket.set_nodelay(true);
    let socket = Patient::new(socket, WRITE_TIMEOUT);
    let Ok(Ok(stream)) = tokio::time::timeout(HEAD_TIMEOUT, acceptor.accept(socket)).await else { return };
    let certificate = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
    let user: Option<Arc<User>> = certificate.and_then(|it| identity::user_of(it)).map(Arc::new);
    let service = service_fn(move |mut request: hyper::Request<hyper::body::Incoming>| {
        request.extensions_mut().insert(peer);
        let (server, user) = (server.clone(), user.clone());
        async move { Ok::<_, std::convert::Infallible>(server.handle(user.as_deref(), request.map(Body::new)).await) }
    });
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    builder.http2().timer(TokioTimer::new()).max_concurrent_streams(STREAMS_MAX);
    let running = builder.serve_connection_with_upgrades(TokioIo::new(stream), service);
    tokio::pin!(running);
    tokio::select! {
        _ = running.as_mut() => return,
        _ = stop.wait_for(|stop| *stop) => running.as_mut().graceful_shutdown(),
    }
    let _ = running.await;
}
