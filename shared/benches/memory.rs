//! How much memory the cluster needs: for each Pod that there is, and for each revision that is kept.
//!
//! Every byte is counted, as the allocator gave it out; the blocks' own overhead is not. Prints a table for docs/benchmarks.md.

#![allow(clippy::print_stdout, reason = "a benchmark prints its result")]

mod web;

use peak_alloc::PeakAlloc;
use shared::cluster::{Cluster, Config};
use shared::model::key::resources::PODS;
use shared::model::{Object, Span};
use shared::trace::Cause;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// How many Pods each case has.
const CASES: [i64; 3] = [1_000, 5_000, 10_000];
/// How many of them there are for each node.
const PODS_PER_NODE: i64 = 100;
/// How long a cluster is given to make them all Ready.
const LONG_ENOUGH: Span = Span::seconds(90);

/// A cluster in which so many Pods are Ready, with all that was written on the way.
fn cluster_of(pods: i64) -> Cluster {
    let nodes = u32::try_from(pods / PODS_PER_NODE).unwrap_or(u32::MAX);
    let mut cluster = Cluster::new(&Config { nodes, ..Config::default() });
    cluster.run_for(Span::seconds(20));
    cluster.request(&web::creation(pods), Cause::Bootstrap);
    cluster.run_for(LONG_ENOUGH);
    let ready = |pod: &&Object| pod.condition("Ready").get("status").str() == "True";
    let count = cluster.store().list(&PODS).filter(ready).count();
    assert_eq!(i64::try_from(count), Ok(pods), "every Pod is Ready after {} s", LONG_ENOUGH.as_seconds());
    cluster
}

/// The same without the room that its lists have grown to.
fn tight(cluster: Cluster) -> Cluster {
    let copy = cluster.clone();
    drop(cluster);
    copy
}

/// Kilobytes for each of `count`, with one digit.
#[allow(clippy::cast_precision_loss, reason = "far below 2^52")]
fn each(bytes: usize, count: usize) -> String {
    format!("{:.2}", bytes as f64 / 1_000.0 / count.max(1) as f64)
}

fn main() {
    println!("| Pods | kB for each Pod | revisions | kB for each kept revision |");
    println!("| ---: | ---: | ---: | ---: |");
    for pods in CASES {
        let nothing = MEMORY.current_usage();
        let mut cluster = tight(cluster_of(pods));
        let whole = MEMORY.current_usage() - nothing;
        let newest = cluster.store().revision();
        let forgotten = usize::try_from(cluster.compact(newest).0).unwrap_or(0);
        let cluster = tight(cluster);
        let present = MEMORY.current_usage() - nothing;
        let count = usize::try_from(pods).unwrap_or(0);
        println!("| {pods} | {} | {newest} | {} |", each(present, count), each(whole - present, forgotten));
        drop(cluster);
    }
}
