//! How fast the cluster is, natively: from a Deployment to all its Pods Running.
//!
//! Prints a table of medians; `cargo xtask bench` puts it into docs/benchmarks.md.

#![allow(clippy::print_stdout, reason = "a benchmark prints its result")]
#![allow(clippy::disallowed_methods, reason = "a benchmark is what reads the clock")]

mod web;

use shared::cluster::{Cluster, Config, Timing};
use shared::model::Span;
use shared::model::key::resources::{DEPLOYMENTS, PODS};
use shared::trace::Cause;
use std::time::{Duration, Instant};

/// How often each size is run; the median counts.
const RUNS: usize = 3;
/// How many steps a run may take.
const STEPS_MAX: u64 = 20_000_000;

/// Nodes and replicas of each case.
const CASES: [(u32, i64); 5] = [(3, 3), (10, 100), (10, 1_000), (100, 1_000), (1_000, 10_000)];

/// The one case to run: `NODES REPLICAS` on the command line; `None` for all.
fn wanted() -> Option<(u32, i64)> {
    let mut numbers = std::env::args().filter_map(|it| it.parse().ok());
    Some((u32::try_from(numbers.next()?).ok()?, numbers.next()?))
}

fn ready(cluster: &Cluster) -> usize {
    let web = shared::model::Key::new(DEPLOYMENTS, "default", "web");
    let status = cluster.store().get(&web).map(|web| web.at("status.readyReplicas").int_or(0));
    usize::try_from(status.unwrap_or(0)).unwrap_or(0)
}

fn started(nodes: u32) -> Cluster {
    let mut cluster = Cluster::new(&Config { nodes, timing: Timing::VISIBLE, ..Config::default() });
    cluster.run_for(Span::seconds(20));
    cluster
}

fn all_running(nodes: u32, replicas: i64) -> (Duration, Cluster) {
    let mut cluster = started(nodes);
    let request = web::creation(replicas);
    let start = Instant::now();
    cluster.request(&request, Cause::Bootstrap);
    let wanted = usize::try_from(replicas).unwrap_or(0);
    let first = cluster.steps();
    while ready(&cluster) < wanted && cluster.steps() - first < STEPS_MAX {
        cluster.step();
    }
    (start.elapsed(), cluster)
}

/// Bytes of memory that this process holds; 0 where the system does not say.
fn resident_bytes() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm").ok();
    let pages = pages.and_then(|text| text.split_whitespace().nth(1).and_then(|word| word.parse::<u64>().ok()));
    pages.unwrap_or(0) * 4_096
}

fn main() {
    println!("| what | time | per Pod | virtual time | steps | revisions | memory |");
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    let wanted = wanted();
    for (nodes, replicas) in CASES.into_iter().filter(|it| wanted.is_none_or(|wanted| wanted == *it)) {
        let mut times = Vec::new();
        let mut last = None;
        for _ in 0..if replicas > 5_000 { 1 } else { RUNS } {
            let before = resident_bytes();
            let (time, cluster) = all_running(nodes, replicas);
            times.push(time);
            last = Some((resident_bytes().saturating_sub(before), cluster));
        }
        times.sort();
        let time = times[times.len() / 2];
        let Some((memory, cluster)) = last else { continue };
        let pods = cluster.store().list(&PODS).count().max(1);
        println!(
            "| {replicas} replicas on {nodes} nodes | {:.3} s | {:.0} µs | {:.1} s | {} | {} | {:.1} MB |",
            time.as_secs_f64(),
            time.as_secs_f64() * 1e6 / f64::from(u32::try_from(pods).unwrap_or(1)),
            f64::from(i32::try_from((cluster.now() - Config::default().start).as_millis()).unwrap_or(0)) / 1e3,
            cluster.steps(),
            cluster.store().revision(),
            f64::from(u32::try_from(memory / 1_000).unwrap_or(u32::MAX)) / 1e3,
        );
    }
}
