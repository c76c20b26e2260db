//! Ports over SPDY: for each connection a stream for data and one for its error, with the same request id.

use std::collections::BTreeMap;

use tokio::task::JoinSet;

use super::{BUFFER_BYTES, CONNECTIONS_MAX, Pod, carry, connect};
use crate::kube::streams::spdy::{Gone, Session, Stream};

/// Half of a pair.
enum Half {
    Error(Stream),
    Data(Stream),
}

/// Serves until the client goes away or the server ends.
pub(super) async fn serve(pod: Pod, mut session: Session) {
    let mut halves: BTreeMap<String, Half> = BTreeMap::new();
    let mut connections = JoinSet::new();
    let mut stop = pod.stop.clone();
    loop {
        let stream = tokio::select! {
            stream = session.accept() => stream,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        let Some(stream) = stream else { break };
        while connections.try_join_next().is_some() {}
        let is_full = halves.len() + connections.len() >= CONNECTIONS_MAX;
        match pair(&mut halves, stream, is_full).await {
            Ok(Some((port, error, data))) => drop(connections.spawn(forward(pod.clone(), port, error, data))),
            Ok(None) => {}
            Err(Gone) => break,
        }
    }
}

/// Takes in a stream; gives port, error and data of a pair that is whole.
async fn pair(
    halves: &mut BTreeMap<String, Half>,
    stream: Stream,
    is_full: bool,
) -> Result<Option<(u16, Stream, Stream)>, Gone> {
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
    match (half, halves.remove(&id)) {
        (Half::Error(error), Some(Half::Data(data))) | (Half::Data(data), Some(Half::Error(error))) => {
            Ok(Some((port, error, data)))
        }
        (half, _) => {
            halves.insert(id, half);
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
    let (ours, theirs) = tokio::io::duplex(BUFFER_BYTES);
    let outlet = data.outlet.clone();
    let carried = carry(ours, data.input, |bytes| {
        let outlet = outlet.clone();
        async move { outlet.write(&bytes).await }
    });
    let (connected, ()) = tokio::join!(connect(&pod, port, theirs), carried);
    // A client that has gone away needs no end.
    if let Err(message) = connected {
        let _ = error.outlet.write(message.as_bytes()).await;
    }
    let _ = error.outlet.close().await;
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
}
