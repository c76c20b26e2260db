//! What a client may send that nobody should, over HTTP: the right status, the next request answered as ever, and no memory
//! or connection held that was not meant to be.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::tests_outside_test_module,
    reason = "a test file: a panic is how it fails, and all of it is test"
)]

mod wire;

use std::time::{Duration, Instant};

use wire::{Cluster, Connection, bytes_of};

const MAPS: &str = "/api/v1/namespaces/default/configmaps";
/// How many watches are opened in the test, and how much memory each may hold with its TLS connection.
const WATCHES: u64 = 500;
const WATCH_KIB_MAX: u64 = 128;

fn cluster(name: &str) -> Cluster {
    Cluster::start(name, &["--ephemeral", "--nodes", "sim:0"])
}

/// The code and reason of the answer to one request on a connection of its own.
fn ask(cluster: &Cluster, bytes: &[u8]) -> String {
    let mut connection = cluster.connect();
    // The server may answer before all is sent, and then close.
    let _ = connection.send(bytes);
    told(&mut connection)
}

fn told(connection: &mut Connection) -> String {
    let Ok(answer) = connection.answer() else { return "closed".to_owned() };
    format!("{} {}", answer.code, answer.json().get("reason").str()).trim_end().to_owned()
}

/// A server that is well answers this.
fn still_well(cluster: &Cluster) {
    assert_eq!(cluster.connect().request("GET", "/readyz", "").code, 200);
}

#[test]
fn bodies_that_are_none() {
    let cluster = cluster("bad-bodies");
    let post = |content_type: &str, body: &[u8]| ask(&cluster, &bytes_of("POST", MAPS, content_type, body));
    let json = "application/json";
    assert_eq!(post(json, b"{\"kind\":"), "400 BadRequest");
    assert_eq!(post(json, b"{\"metadata\":{\"name\":\"\xff\xfe\"}}"), "400 BadRequest");
    assert_eq!(post(json, "[".repeat(1_000_000).as_bytes()), "400 BadRequest");
    assert_eq!(
        post(json, format!("{}1{}", "{\"a\":".repeat(100_000), "}".repeat(100_000)).as_bytes()),
        "400 BadRequest"
    );
    assert_eq!(post("application/yaml", "- ".repeat(100_000).as_bytes()), "400 BadRequest");
    assert_eq!(post("application/yaml", b"a: &a [*a, *a]"), "400 BadRequest");
    assert_eq!(post("application/vnd.kubernetes.protobuf", b"k8s\0\xff\xff\xff\xff\xff"), "400 BadRequest");
    assert_eq!(post("text/html", b"<p>"), "415 UnsupportedMediaType");
    assert_eq!(post("application/json-patch+json", b"[]"), "415 UnsupportedMediaType");
    assert_eq!(ask(&cluster, &bytes_of("PATCH", &format!("{MAPS}/a"), json, b"{}")), "415 UnsupportedMediaType");
    assert_eq!(post(json, b"[]"), "400 BadRequest");
    assert_eq!(post(json, b"\"text\""), "400 BadRequest");
    still_well(&cluster);
}

#[test]
fn bodies_over_the_limit() {
    let cluster = cluster("bad-length");
    let long = format!("{{\"a\":\"{}\"}}", "x".repeat(4 * 1024 * 1024));
    assert_eq!(
        ask(&cluster, &bytes_of("POST", MAPS, "application/json", long.as_bytes())),
        "413 RequestEntityTooLarge"
    );
    let mut connection = cluster.connect();
    let head = format!(
        "POST {MAPS} HTTP/1.1\r\nhost: h\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
    );
    connection.send(head.as_bytes()).expect("it is sent");
    let part = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
    for _ in 0..64 {
        if connection.send(part.as_bytes()).is_err() {
            break;
        }
    }
    assert_eq!(told(&mut connection), "413 RequestEntityTooLarge");
    let before = cluster.resident_kib();
    let claim = format!(
        "POST {MAPS} HTTP/1.1\r\nhost: h\r\ncontent-type: application/json\r\ncontent-length: 99999999999\r\n\r\n"
    );
    let mut claims: Vec<_> = (0..20).map(|_| cluster.connect()).collect();
    for connection in &mut claims {
        connection.send(claim.as_bytes()).expect("it is sent");
    }
    still_well(&cluster);
    assert!(cluster.resident_kib() < before + 20 * 1024, "a claimed length costs nothing");
}

#[test]
fn requests_that_are_not_finished() {
    let cluster = cluster("bad-halves");
    let request = bytes_of("POST", MAPS, "application/json", b"{\"metadata\":{\"name\":\"half\"}}");
    for length in [1, 20, request.len() / 2, request.len() - 1] {
        let mut connection = cluster.connect();
        connection.send(&request[..length]).expect("it is sent");
        drop(connection);
    }
    still_well(&cluster);
    assert_eq!(cluster.connect().request("GET", &format!("{MAPS}/half"), "").code, 404);
    assert_eq!(ask(&cluster, b"\x16\x03\x01 this is no HTTP\r\n\r\n"), "400");
    let plain = std::net::TcpStream::connect(cluster.address).expect("it takes connections");
    std::io::Write::write_all(&mut &plain, b"GET / HTTP/1.1\r\n\r\n").expect("it is sent");
    still_well(&cluster);
}

#[test]
fn paths_that_lead_elsewhere() {
    let cluster = cluster("bad-paths");
    let mut connection = cluster.connect();
    let mut code = |path: &str| connection.request("GET", path, "").code;
    assert_eq!(code(&format!("{MAPS}/../../../../version")), 404);
    assert_eq!(code(&format!("{MAPS}/%2e%2e%2fsecrets")), 404);
    assert_eq!(code(&format!("{MAPS}/a%2fb")), 404);
    assert_eq!(code(&format!("{MAPS}/%00")), 404);
    assert_eq!(code(&format!("{MAPS}/%ff%fe")), 404);
    assert_eq!(code("/api/v1//namespaces///default/configmaps"), 404);
    assert_eq!(code("/apis/apps/v1/namespaces/default/deployments/a/status/b"), 404);
    assert_eq!(code(&format!("/{}", "a/".repeat(4_000))), 404);
    assert_eq!(code(&format!("{MAPS}?labelSelector=a%20in%20(")), 400);
    assert_eq!(code(&format!("{MAPS}?fieldSelector=nope%3D1")), 400);
    assert_eq!(code(&format!("{MAPS}?limit=-1&continue=xyz")), 400);
    assert_eq!(code(&format!("{MAPS}?limit=many")), 400);
    assert_eq!(code(&format!("{MAPS}?watch=1&resourceVersion=soon")), 400);
    still_well(&cluster);
}

#[test]
fn strangers_get_nothing() {
    let cluster = cluster("bad-tokens");
    let ask = |token: &str, path: &str| {
        let mut connection = cluster.connect_as_stranger();
        let head = format!("GET {path} HTTP/1.1\r\nhost: h\r\n{token}\r\n");
        connection.send(head.as_bytes()).expect("it is sent");
        told(&mut connection)
    };
    assert_eq!(ask("", "/readyz"), "200");
    assert_eq!(ask("", "/version"), "200");
    assert_eq!(ask("", MAPS), "403 Forbidden");
    for token in ["wrong", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", &"x".repeat(10_000)] {
        assert_eq!(ask(&format!("authorization: Bearer {token}\r\n"), MAPS), "401 Unauthorized", "{token:.20}");
    }
    assert_eq!(ask("authorization: Bearer \r\n", MAPS), "403 Forbidden");
    assert_eq!(ask("authorization: Basic YTpi\r\n", MAPS), "403 Forbidden");
}

#[test]
fn idle_watches_are_cheap() {
    let cluster = cluster("bad-watches");
    let before = cluster.resident_kib();
    let mut watches: Vec<Connection> = (0..WATCHES).map(|_| cluster.connect()).collect();
    for watch in &mut watches {
        watch.send(&bytes_of("GET", &format!("{MAPS}?watch=true"), "application/json", b"")).expect("it is sent");
        watch.head().expect("it begins");
    }
    let each = (cluster.resident_kib() - before) / WATCHES;
    assert!(each < WATCH_KIB_MAX, "a watch costs {each} KiB");
}

#[test]
fn a_watcher_that_does_not_read_holds_nothing_up() {
    let cluster = cluster("bad-readers");
    let mut stalled: Vec<Connection> = (0..10).map(|_| cluster.connect()).collect();
    for watch in &mut stalled {
        watch.send(&bytes_of("GET", &format!("{MAPS}?watch=true"), "application/json", b"")).expect("it is sent");
    }
    let mut writer = cluster.connect();
    let text = "x".repeat(100_000);
    let body = |turn: u32| format!(r#"{{"metadata":{{"name":"big"}},"data":{{"turn":"{turn}","text":"{text}"}}}}"#);
    assert_eq!(writer.request("POST", MAPS, &body(0)).code, 201);
    let (before, begun) = (cluster.resident_kib(), Instant::now());
    for turn in 1..300 {
        assert_eq!(writer.request("PUT", &format!("{MAPS}/big"), &body(turn)).code, 200);
    }
    assert!(begun.elapsed() < Duration::from_mins(1), "writers do not wait for readers");
    // The history itself holds each of the 300 revisions; the ten readers must not hold ten times as much.
    let grown = cluster.resident_kib().saturating_sub(before) / 1024;
    assert!(grown < 200, "{grown} MiB for 30 MB of history");
}
