//! `kill -9` at any moment under write load: nothing that was answered is missing, nothing is there by half, and revisions
//! never go back.
//!
//! Each round writes from a few connections, kills the process after a time that the round's number decides, starts it again on
//! the same folder and looks at what is there.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::tests_outside_test_module,
    reason = "a test file: a panic is how it fails, and all of it is test"
)]

mod wire;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use wire::Cluster;

/// How many times the process is killed.
const ROUNDS: u32 = 50;
/// How many connections write at once.
const WRITERS: u32 = 4;
/// The longest time between start and kill.
const ROUND_MS_MAX: u64 = 40;
const MAPS: &str = "/api/v1/namespaces/default/configmaps";

/// What a writer knows of one ConfigMap: the last number that was acknowledged, and one that may have come after it.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    acknowledged: u32,
    sent: u32,
    revision: i64,
}

/// Both halves of a ConfigMap carry the same number, so that half a write would show.
fn map(name: &str, number: u32) -> String {
    let padding = "x".repeat(usize::try_from(number % 7).unwrap_or(0) * 300);
    format!(
        r#"{{"apiVersion":"v1","kind":"ConfigMap","metadata":{{"name":"{name}"}},"data":{{"a":"{number}","p":"{padding}","z":"{number}"}}}}"#
    )
}

/// Creates and changes ConfigMaps of its own until the server is gone, and notes what was answered.
fn write(
    cluster: &Cluster,
    writer: u32,
    mut known: BTreeMap<String, Known>,
    stop: &AtomicBool,
) -> BTreeMap<String, Known> {
    let Ok(mut connection) = cluster.try_connect() else { return known };
    for turn in 0.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let name = format!("w{writer}-{}", turn % 5);
        let entry = known.entry(name.clone()).or_default();
        let number = entry.sent + 1;
        entry.sent = number;
        let (method, path) = if number == 1 { ("POST", MAPS.to_owned()) } else { ("PUT", format!("{MAPS}/{name}")) };
        let Ok(answer) = connection.try_request(method, &path, &map(&name, number)) else { break };
        assert!(matches!(answer.code, 200 | 201), "{} {}", answer.code, String::from_utf8_lossy(&answer.body));
        entry.acknowledged = number;
        entry.revision = answer.json().at("metadata.resourceVersion").str().parse().expect("a revision is a number");
    }
    known
}

/// Compares what is there with what was answered; gives the newest revision.
fn check(cluster: &Cluster, known: &mut BTreeMap<String, Known>, round: u32) -> i64 {
    let mut connection = cluster.connect();
    let list = connection.request("GET", MAPS, "").json();
    let newest: i64 = list.at("metadata.resourceVersion").str().parse().expect("a revision is a number");
    let mut there = BTreeMap::new();
    for item in list.get("items").items() {
        let (a, z) = (item.at("data.a").str(), item.at("data.z").str());
        assert_eq!(a, z, "round {round}: half a write in {item}");
        let revision: i64 = item.at("metadata.resourceVersion").str().parse().expect("a revision is a number");
        assert!(revision <= newest, "round {round}: {revision} is newer than the list's {newest}");
        there.insert(item.at("metadata.name").str().to_owned(), (a.parse::<u32>().unwrap_or(0), revision));
    }
    for (name, entry) in known.iter_mut() {
        let (number, revision) = there.get(name).copied().unwrap_or_default();
        assert!(
            number >= entry.acknowledged,
            "round {round}: {name} has {number}, answered was {}",
            entry.acknowledged
        );
        assert!(number <= entry.sent, "round {round}: {name} has {number}, sent was {}", entry.sent);
        assert!(revision >= entry.revision, "round {round}: {name} went back from {} to {revision}", entry.revision);
        *entry = Known { acknowledged: number, sent: number, revision };
    }
    newest
}

#[test]
fn nothing_that_was_answered_is_lost() {
    let mut cluster = Cluster::start("kill", &["--nodes", "sim:1"]);
    let mut all: Vec<BTreeMap<String, Known>> = vec![BTreeMap::new(); WRITERS as usize];
    let mut newest = 0;
    for round in 0..ROUNDS {
        let stop = AtomicBool::new(false);
        let pid = cluster.pid();
        all = std::thread::scope(|scope| {
            let (cluster, stop) = (&cluster, &stop);
            let writers: Vec<_> = (0..WRITERS)
                .zip(all)
                .map(|(writer, known)| scope.spawn(move || write(cluster, writer, known, stop)))
                .collect();
            std::thread::sleep(Duration::from_millis(1 + u64::from(round) * 7 % ROUND_MS_MAX));
            wire::kill(pid);
            stop.store(true, Ordering::Relaxed);
            writers.into_iter().map(|it| it.join().expect("a writer ends")).collect()
        });
        cluster = cluster.crash();
        for known in &mut all {
            let now = check(&cluster, known, round);
            assert!(now >= newest, "round {round}: the newest revision went back from {newest} to {now}");
            newest = now;
        }
    }
    let written: u32 = all.iter().flat_map(BTreeMap::values).map(|it| it.acknowledged).sum();
    assert!(written > ROUNDS, "too little was written to say anything: {written}");
}
