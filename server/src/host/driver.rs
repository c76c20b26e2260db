//! Lets the cluster live: does what is due, then waits for what is due next.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use shared::cluster::Cluster;
use shared::model::Time;
use shared::store::Compaction;

use super::{Host, wall_clock};

/// How many steps may be done before requests get their turn.
const STEPS_PER_TURN_MAX: usize = 16;

/// How long the cluster stands still before the disk is looked at again that takes no writes.
const STANDSTILL: Duration = Duration::from_millis(500);
/// How often history is forgotten.
const COMPACT_EVERY: Duration = Duration::from_secs(5);

/// When there is work again.
enum Next {
    Now,
    In(Duration),
    Never,
}

impl Next {
    /// When that is, in the cluster's microseconds.
    fn at(&self, cluster: &Cluster) -> i64 {
        match self {
            Self::Now => i64::MIN,
            Self::In(_) => cluster.next_due().map_or(i64::MAX, |it| it.0),
            Self::Never => i64::MAX,
        }
    }
}

/// Drives the cluster for ever; dropping the future stops it.
pub(crate) async fn drive(host: Arc<Host>) {
    let mut compaction = Compaction::default();
    let mut compacted = Instant::now();
    loop {
        if host.admit().await.is_err() {
            tokio::time::sleep(STANDSTILL).await;
            continue;
        }
        if compacted.elapsed() >= COMPACT_EVERY {
            host.compact(&mut compaction);
            compacted = Instant::now();
        }
        let (next, calls) = host.with(|cluster| {
            let next = turn(cluster);
            host.looks_at.store(next.at(cluster), Ordering::Relaxed);
            (next, cluster.calls_due(host.own_calls_left()))
        });
        host.make_own_calls(calls);
        host.turns.send_modify(|turns| *turns += 1);
        match next {
            Next::Now => tokio::task::yield_now().await,
            Next::In(span) => {
                tokio::select! {
                    () = tokio::time::sleep(span) => {}
                    () = host.changed.notified() => {}
                }
            }
            Next::Never => host.changed.notified().await,
        }
    }
}

/// Does some of what is due.
fn turn(cluster: &mut Cluster) -> Next {
    let now = wall_clock();
    for _ in 0..STEPS_PER_TURN_MAX {
        match cluster.next_due() {
            Some(due) if due <= now => drop(cluster.step()),
            due => return next(due, now),
        }
    }
    next(cluster.next_due(), now)
}

fn next(due: Option<Time>, now: Time) -> Next {
    match due {
        None => Next::Never,
        Some(due) if due <= now => Next::Now,
        Some(due) => Next::In(Duration::from_micros((due.0 - now.0).unsigned_abs())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn nodes_register_by_themselves() {
        let host = Host::new(2, 1);
        let driver = tokio::spawn(drive(host.clone()));
        let nodes = shared::model::key::resources::NODES;
        let mut watch = host.subscribe(&nodes);
        while host.look(|cluster| cluster.store().list(&nodes).count()) < 2 {
            watch.next(host.feed()).await.expect("nothing is dropped so early");
        }
        driver.abort();
    }
}
