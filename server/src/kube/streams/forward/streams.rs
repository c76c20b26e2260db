//! Ports over SPDY: for each connection a stream for data and one for its error, with the same request id.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::{BUFFER_BYTES, CONNECTIONS_MAX, Pod, carry, connect};
use crate::kube::streams::spdy::{Gone, Session, Stream};

/// How long half of a pair waits for the other one, upstream's own limit.
const HALF_TIMEOUT: Duration = Duration::from_secs(30);

/// Half of a pair.
enum Half {
    Error(Stream),
    Data(Stream),
}

/// Halves that wait, by request id, and until when.
type Halves = BTreeMap<String, (Instant, Half)>;

/// Serves until the client goes away or the server ends.
pub(super) async fn serve(pod: Pod, mut session: Session) {
    let mut halves = Halves::new();
    let mut connections = JoinSet::new();
    let mut stop = pod.stop.clone();
    loop {
        let opened = tokio::select! {
            stream = session.accept() => Some(stream),
            () = first_late(&halves) => None,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        let Some(opened) = opened else {
            if drop_late(&mut halves).await.is_err() {
                break;
            }
            continue;
        };
        let Some(stream) = opened else { break };
        while connections.try_join_next().is_some() {}
        let is_full = halves.len() + connections.len() >= CONNECTIONS_MAX;
        match pair(&mut halves, stream, is_full).await {
            Ok(Some((port, error, data))) => drop(connections.spawn(forward(pod.clone(), port, error, data))),
            Ok(None) => {}
            Err(Gone) => break,
        }
    }
}

/// Waits until a half has waited for too long; for ever without one.
async fn first_late(halves: &Halves) {
    match halves.values().map(|(until, _)| *until).min() {
        Some(until) => sleep_until(until).await,
        None => std::future::pending().await,
    }
}

/// Refuses the halves that have waited for too long; what was sent to them goes.
async fn drop_late(halves: &mut Halves) -> Result<(), Gone> {
    let now = Instant::now();
    for (_, (_, half)) in halves.extract_if(.., |_, (until, _)| *until <= now) {
        let (Half::Error(stream) | Half::Data(stream)) = half;
        stream.outlet.refuse().await?;
    }
    Ok(())
}

/// Takes in a stream; gives port, error and data of a pair that is whole.
async fn pair(halves: &mut Halves, stream: Stream, is_full: bool) -> Result<Option<(u16, Stream, Stream)>, Gone> {
    let port = stream.header("port").parse::<u16>().ok().filter(|it| *it > 0);
    let (Some(port), false) = (port, is_full) else {
        stream.outlet.refuse().await?;
        return Ok(None);
    };
    let half = match stream.header("streamtype") {
        "error" => Half::Error(stream),
        "data" => Half::Data(stream),
        _ => {
            stream.outlet.refuse().await?;
            return Ok(None);
        }
    };
    let id = request_id(&half);
    match (half, halves.remove(&id).map(|(_, other)| other)) {
        (Half::Error(error), Some(Half::Data(data))) | (Half::Data(data), Some(Half::Error(error))) => {
            Ok(Some((port, error, data)))
        }
        (half, _) => {
            halves.insert(id, (Instant::now() + HALF_TIMEOUT, half));
            Ok(None)
        }
    }
}

/// What a pair has in common; clients without request ids open the stream for data right after the one for errors.
fn request_id(half: &Half) -> String {
    let (stream, first) = match half {
        Half::Error(stream) => (stream, stream.id),
        Half::Data(stream) => (stream, stream.id.saturating_sub(2)),
    };
    match stream.header("requestid") {
        "" => first.to_string(),
        id => id.to_owned(),
    }
}

/// One connection to a port.
async fn forward(pod: Pod, port: u16, error: Stream, data: Stream) {
    // Nobody reads what a client sends there, so it is not kept either.
    let error = error.outlet;
    let (ours, theirs) = tokio::io::duplex(BUFFER_BYTES);
    let outlet = data.outlet.clone();
    let carried = carry(ours, data.input, |bytes| {
        let outlet = outlet.clone();
        async move { outlet.write(&bytes).await }
    });
    let (connected, ()) = tokio::join!(connect(&pod, port, theirs), carried);
    // A client that has gone away needs no end.
    if let Err(message) = connected {
        let _ = error.write(message.as_bytes()).await;
    }
    let _ = error.close().await;
    let _ = data.outlet.close().await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::Host;
    use crate::kube::streams::spdy::headers::unpacked;
    use shared::model::Key;
    use shared::model::key::resources::PODS;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    /// The control frame that opens a stream; the block of its headers is stored as it is.
    fn open(stream: u8, is_first: bool, headers: &[(&str, &str)]) -> Vec<u8> {
        let length = |it: usize| u32::try_from(it).unwrap().to_be_bytes();
        let plain = unpacked(headers);
        let size = u16::try_from(plain.len()).unwrap();
        let head: &[u8] = if is_first { &[0x78, 0x20, 0xe3, 0xc6, 0xa7, 0xc2] } else { &[] };
        let stored = [head, &[0], &size.to_le_bytes(), &(!size).to_le_bytes(), &plain].concat();
        let body = [&[0, 0, 0, stream, 0, 0, 0, 0, 0, 0], &stored[..]].concat();
        [&[0x80, 3, 0, 1], &length(body.len())[..], &body].concat()
    }

    #[tokio::test]
    async fn a_refused_port_is_told_on_its_error_stream() {
        let (mut client, ours) = tokio::io::duplex(1 << 16);
        let (_keep, stop) = tokio::sync::watch::channel(false);
        let pod = Pod { host: Host::new(0, 1), key: Key::new(PODS, "default", "web"), stop };
        let served = tokio::spawn(serve(pod, Session::begin(ours)));
        let of = |kind| [("port", "81"), ("requestid", "0"), ("streamtype", kind)];
        client.write_all(&open(1, true, &of("error"))).await.unwrap();
        client.write_all(&open(3, false, &of("data"))).await.unwrap();
        let mut all = Vec::new();
        let mut buffer = [0; 4096];
        while !String::from_utf8_lossy(&all).contains("no suitable address found") {
            let count = client.read(&mut buffer).await.unwrap();
            assert_ne!(count, 0, "it ended: {}", String::from_utf8_lossy(&all));
            all.extend_from_slice(&buffer[..count]);
        }
        assert!(String::from_utf8_lossy(&all).contains("error forwarding port 81 to pod "));
        drop(client);
        served.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn half_of_a_pair_waits_only_so_long() {
        let (mut client, ours) = tokio::io::duplex(1 << 16);
        let (_keep, stop) = tokio::sync::watch::channel(false);
        let pod = Pod { host: Host::new(0, 1), key: Key::new(PODS, "default", "web"), stop };
        let served = tokio::spawn(serve(pod, Session::begin(ours)));
        let begun = Instant::now();
        client.write_all(&open(1, true, &[("port", "81"), ("requestid", "0"), ("streamtype", "data")])).await.unwrap();
        // More than may wait is sent to the half, and then to be answered once it has gone.
        let data = [&[0, 0, 0, 1, 0, 0x0f, 0xff, 0xff][..], &vec![0; 0x0f_ffff]].concat();
        let ping = [0x80, 3, 0, 6, 0, 0, 0, 4, 0, 0, 0, 1];
        let (mut from, mut to) = tokio::io::split(client);
        let sent = tokio::spawn(async move {
            for _ in 0..4 {
                to.write_all(&data).await.unwrap();
            }
            to.write_all(&ping).await.unwrap();
            to
        });
        let mut all = Vec::new();
        let mut buffer = [0; 4096];
        while !all.ends_with(&ping) {
            let count = from.read(&mut buffer).await.unwrap();
            assert_ne!(count, 0, "it ended");
            all.extend_from_slice(&buffer[..count]);
        }
        assert!(begun.elapsed() >= HALF_TIMEOUT);
        drop((from, sent.await.unwrap()));
        served.await.unwrap();
    }
}
