//! The server from outside: requests per second over TLS, watches, start and memory. Run with `cargo bench -p server`.
//!
//! The client runs on the same machine. Each number stands beside the aim, and durable writes beside a bare write and fsync
//! of as many bytes in the same run, because disks differ more than servers do.
#![allow(clippy::print_stdout, clippy::expect_used, reason = "a benchmark prints, and has nobody to report errors to")]

#[path = "../tests/wire/mod.rs"]
mod wire;

use std::fs::File;
use std::io::Write as _;
use std::time::{Duration, Instant};

use wire::{Cluster, Connection};

/// How long each rate is measured.
const MEASURE: Duration = Duration::from_secs(3);
/// How long the cluster may take to run its pods.
const SETTLE_MAX: Duration = Duration::from_mins(2);
const MAPS: &str = "/api/v1/namespaces/default/configmaps";
/// How many watchers there are, and how many events each of them gets.
const WATCHERS: usize = 1_000;
const EVENTS: usize = 20;
const PODS: u32 = 10_000;

fn main() {
    let wanted = std::env::args().skip(1).find(|it| !it.starts_with('-')).unwrap_or_default();
    let parts: [(&str, fn()); 5] =
        [("ephemeral", ephemeral), ("durable", durable), ("watch", watch), ("start", start), ("memory", memory)];
    for (name, run) in parts {
        if name.contains(&wanted) {
            run();
        }
    }
}

/// Rates without a disk.
fn ephemeral() {
    let cluster = Cluster::start("bench-ephemeral", &["--ephemeral", "--nodes", "sim:0"]);
    rates("ephemeral", &cluster);
}

/// Rates with every write on the disk, and what the disk alone can do.
fn durable() {
    let cluster = Cluster::start("bench-durable", &["--nodes", "sim:0"]);
    bare(&cluster);
    rates("durable", &cluster);
    bare(&cluster);
}

/// One ConfigMap of about 1 kB, as clients send it.
fn map(name: &str, value: u32) -> String {
    let text = "x".repeat(800);
    format!(
        r#"{{"apiVersion":"v1","kind":"ConfigMap","metadata":{{"name":"{name}"}},"data":{{"n":"{value}","text":"{text}"}}}}"#
    )
}

/// Every rate, with 1 and with 16 connections.
fn rates(title: &str, cluster: &Cluster) {
    let mut first = cluster.connect();
    for index in 0..1_000 {
        assert_eq!(first.request("POST", MAPS, &map(&format!("m-{index}"), 0)).code, 201);
    }
    for connections in [1_u32, 16] {
        let label = |verb: &str| format!("{title}, {verb}, {connections} connections");
        rate(&label("GET"), cluster, connections, |it, of, _| {
            assert_eq!(it.request("GET", &format!("{MAPS}/m-{of}"), "").code, 200);
        });
        rate(&label("LIST 1 000"), cluster, connections, |it, _, _| {
            assert_eq!(it.request("GET", &format!("{MAPS}?limit=1000"), "").code, 200);
        });
        rate(&label("PUT"), cluster, connections, |it, of, turn| {
            let name = format!("m-{of}");
            assert_eq!(it.request("PUT", &format!("{MAPS}/{name}"), &map(&name, turn)).code, 200);
        });
        rate(&label("POST"), cluster, connections, |it, of, turn| {
            assert_eq!(it.request("POST", MAPS, &map(&format!("p-{connections}-{of}-{turn}"), 0)).code, 201);
        });
    }
}

/// Does `work` over as many connections for a while and prints how often, and how long half of the turns took at most.
fn rate(label: &str, cluster: &Cluster, connections: u32, work: impl Fn(&mut Connection, u32, u32) + Sync) {
    let end = Instant::now() + MEASURE;
    let one = |of: u32| {
        let mut connection = cluster.connect();
        let mut times = Vec::new();
        while Instant::now() < end {
            let start = Instant::now();
            work(&mut connection, of, u32::try_from(times.len()).unwrap_or(u32::MAX));
            times.push(start.elapsed());
        }
        times
    };
    let one = &one;
    let mut times: Vec<Duration> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..connections).map(|of| scope.spawn(move || one(of))).collect();
        threads.into_iter().flat_map(|it| it.join().expect("it ends")).collect()
    });
    say(label, &mut times);
}

#[allow(clippy::cast_precision_loss, reason = "a rate")]
fn say(label: &str, times: &mut [Duration]) {
    times.sort_unstable();
    let rate = times.len() as f64 / MEASURE.as_secs_f64();
    let at = |part: usize| times.get(times.len() * part / 100).copied().unwrap_or_default().as_secs_f64() * 1e6;
    println!("{label:<48} {rate:>8.0} /s  p50 {:>6.0} us  p99 {:>6.0} us", at(50), at(99));
}

/// Appends of as many bytes as a write of the rates has, each synced, in the folder of the data.
fn bare(cluster: &Cluster) {
    let mut file = File::create(cluster.folder().join("bare")).expect("a file can be made");
    let bytes = [b'x'; 1_400];
    let end = Instant::now() + MEASURE;
    let mut times = Vec::new();
    while Instant::now() < end {
        let start = Instant::now();
        file.write_all(&bytes).expect("the disk takes it");
        file.sync_data().expect("the disk keeps it");
        times.push(start.elapsed());
    }
    say("a bare write and fsync of 1 400 bytes", &mut times);
}

/// How long until the last of many watchers has seen the last of a few writes.
fn watch() {
    let cluster = Cluster::start("bench-watch", &["--ephemeral", "--nodes", "sim:0"]);
    let mut watchers: Vec<Connection> = (0..WATCHERS).map(|_| cluster.connect()).collect();
    for watcher in &mut watchers {
        let path = format!("{MAPS}?watch=true&labelSelector=of%3Dwatch&resourceVersion=0");
        watcher.send(&wire::bytes_of("GET", &path, "application/json", b"")).expect("it is sent");
        watcher.head().expect("the watch begins");
    }
    let before = cluster.resident_kib();
    let mut writer = cluster.connect();
    let start = Instant::now();
    for index in 0..EVENTS {
        let body =
            map(&format!("w-{index}"), 0).replacen("\"metadata\":{", "\"metadata\":{\"labels\":{\"of\":\"watch\"},", 1);
        assert_eq!(writer.request("POST", MAPS, &body).code, 201);
    }
    let written = start.elapsed();
    for watcher in &mut watchers {
        let mut seen = 0;
        while seen < EVENTS {
            let part = watcher.chunk().expect("the watch goes on").expect("and does not end");
            seen += part.split(|byte| *byte == b'\n').count() - 1;
        }
    }
    println!(
        "{EVENTS} writes to {WATCHERS} watchers: written in {:.0} ms, all seen after {:.0} ms; {before} KiB resident before",
        written.as_secs_f64() * 1e3,
        start.elapsed().as_secs_f64() * 1e3
    );
}

/// From the start of the process to the first good answer of `/readyz`.
fn start() {
    for round in 0..3 {
        let begun = Instant::now();
        let cluster = Cluster::start("bench-start", &[]);
        ready(&cluster, &format!("start to /readyz, fresh ({round})"), begun);
        let mut connection = cluster.connect();
        for index in 0..1_000 {
            assert_eq!(connection.request("POST", MAPS, &map(&format!("m-{index}"), 0)).code, 201);
        }
        let begun = Instant::now();
        let cluster = cluster.crash();
        ready(&cluster, &format!("start to /readyz, on data ({round})"), begun);
    }
}

fn ready(cluster: &Cluster, label: &str, begun: Instant) {
    while cluster.connect().request("GET", "/readyz", "").code != 200 {
        std::thread::sleep(Duration::from_millis(1));
    }
    println!("{label:<48} {:>8.0} ms", begun.elapsed().as_secs_f64() * 1e3);
}

/// Resident memory with ten nodes, and with many pods.
fn memory() {
    let cluster = Cluster::start("bench-idle", &["--nodes", "sim:10"]);
    std::thread::sleep(Duration::from_secs(10));
    println!("resident, idle with ten simulated nodes          {:>8.1} MiB", mib(&cluster));
    drop(cluster);
    let cluster = Cluster::start("bench-pods", &["--nodes", "sim:100"]);
    let labels = r#"{"app":"many"}"#;
    let body = format!(
        r#"{{"apiVersion":"apps/v1","kind":"Deployment","metadata":{{"name":"many"}},"spec":{{"replicas":{PODS},"selector":{{"matchLabels":{labels}}},"template":{{"metadata":{{"labels":{labels}}},"spec":{{"containers":[{{"name":"c","image":"nginx:1.27"}}]}}}}}}}}"#
    );
    let path = "/apis/apps/v1/namespaces/default/deployments";
    let mut connection = cluster.connect();
    let start = Instant::now();
    assert_eq!(connection.request("POST", path, &body).code, 201);
    let mut peak = 0;
    loop {
        let ready = connection.request("GET", &format!("{path}/many"), "").json().at("status.readyReplicas").int_or(0);
        peak = cluster.resident_kib().max(peak);
        if ready >= i64::from(PODS) || start.elapsed() > SETTLE_MAX {
            println!("{ready} of {PODS} pods run after {:.1} s", start.elapsed().as_secs_f64());
            break;
        }
        std::thread::sleep(Duration::from_millis(250));
    }
    std::thread::sleep(Duration::from_secs(10));
    println!(
        "resident, with {PODS} pods on 100 nodes            {:>8.1} MiB, {} MiB at most",
        mib(&cluster),
        peak / 1024
    );
}

#[allow(clippy::cast_precision_loss, reason = "a size to read")]
fn mib(cluster: &Cluster) -> f64 {
    cluster.resident_kib() as f64 / 1024.0
}
