//! Ports over a WebSocket's channels, as client libraries have it: the ports in the query, two channels for each.

use axum::body::Body;
use futures_util::{SinkExt as _, StreamExt as _};
use hyper::Response;
use hyper::http::request::Parts;
use shared::api::Status;
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Message;

use super::{BUFFER_BYTES, Pod, carry, connect};
use crate::kube::resource::Asked;
use crate::kube::streams::frames::Protocol;
use crate::kube::streams::room::{Held, Room, WAITING_BYTES_MAX};
use crate::kube::streams::spdy::Gone;
use crate::kube::streams::upgrade::{self, Socket};

/// How many ports one request may name: each takes two of 256 channels, and 255 closes one.
const PORTS_MAX: usize = 127;
/// How many messages wait on either side.
const MESSAGES_WAITING_MAX: usize = 4;

/// Begins to forward the ports in the query.
///
/// # Errors
/// 400 without ports, or for what is none; 403 without a protocol that both sides speak.
pub(super) fn begin(pod: Pod, asked: &Asked, parts: Parts) -> Result<Response<Body>, Status> {
    let offered: Vec<&str> = upgrade::Upgrade::WebSocket.offered(&parts.headers);
    // Version 5 is for commands only.
    let offered: Vec<&str> = offered.into_iter().filter(|it| !it.starts_with("v5.")).collect();
    let protocol = Protocol::choose(&offered)?;
    let words = asked.query.all("ports").flat_map(|it| it.split(','));
    let wanted = words.map(port).collect::<Result<Vec<u16>, Status>>()?;
    if wanted.is_empty() {
        return Err(Status::bad_request("query parameter \"ports\" is required"));
    }
    if wanted.len() > PORTS_MAX {
        return Err(Status::bad_request(format!("at most {PORTS_MAX} ports can be forwarded at once")));
    }
    upgrade::web_socket(parts, protocol.name, move |socket| serve(pod, protocol, wanted, socket))
}

fn port(word: &str) -> Result<u16, Status> {
    let found = word.parse::<u16>().ok().filter(|it| *it > 0);
    found.ok_or_else(|| Status::bad_request(format!("unable to parse \"{word}\" as a port")))
}

/// Serves until the client goes away or the server ends.
async fn serve(pod: Pod, protocol: Protocol, ports: Vec<u16>, socket: Socket) {
    let (mut out, mut input) = socket.split();
    let (sender, mut messages) = mpsc::channel::<Message>(MESSAGES_WAITING_MAX);
    let mut inlets = Vec::new();
    let room = Room::new(WAITING_BYTES_MAX);
    let mut connections = tokio::task::JoinSet::new();
    for (at, port) in ports.into_iter().enumerate() {
        let (inlet, bytes) = mpsc::channel(MESSAGES_WAITING_MAX);
        inlets.push(inlet);
        let channel = u8::try_from(at * 2).unwrap_or(u8::MAX);
        connections.spawn(forward(
            pod.clone(),
            port,
            Channel { protocol, number: channel, sender: sender.clone() },
            bytes,
        ));
    }
    drop(sender);
    let outwards = async {
        // The end of all connections is the end.
        while let Some(message) = messages.recv().await {
            if out.send(message).await.is_err() {
                break;
            }
        }
    };
    let inwards = async {
        while let Some(Ok(message)) = input.next().await
            && !message.is_close()
        {
            let Some((channel, bytes)) = protocol.piece(&message) else { continue };
            let Some(inlet) = inlets.get(usize::from(channel / 2)).filter(|_| channel % 2 == 0) else { continue };
            // What comes for a connection that has ended is dropped. While one is not read, the client waits.
            let _ = inlet.send(room.take(bytes.into()).await).await;
        }
    };
    let mut stop = pod.stop.clone();
    tokio::select! {
        () = outwards => {}
        () = inwards => {}
        _ = stop.wait_for(|stop| *stop) => {}
    }
    let _ = out.close().await;
}

/// The way back of one port: data on its number, errors on the next.
#[derive(Clone)]
struct Channel {
    protocol: Protocol,
    number: u8,
    sender: mpsc::Sender<Message>,
}

impl Channel {
    async fn write(&self, offset: u8, bytes: &[u8]) -> Result<(), Gone> {
        for message in self.protocol.messages(self.number + offset, bytes) {
            self.sender.send(message).await.map_err(|_| Gone)?;
        }
        Ok(())
    }
}

/// One port's connection.
async fn forward(pod: Pod, port: u16, channel: Channel, bytes: mpsc::Receiver<Held>) {
    // Each channel begins with the port, the low byte first.
    for offset in [0, 1] {
        if channel.write(offset, &port.to_le_bytes()).await.is_err() {
            return;
        }
    }
    let (ours, theirs) = tokio::io::duplex(BUFFER_BYTES);
    let carried = carry(ours, bytes, |bytes| {
        let channel = channel.clone();
        async move { channel.write(0, &bytes).await }
    });
    let (connected, ()) = tokio::join!(connect(&pod, port, theirs), carried);
    if let Err(message) = connected {
        // A client that has gone away needs no reason.
        let _ = channel.write(1, message.as_bytes()).await;
    }
}
