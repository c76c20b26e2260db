//! What a `ReplicaSet` says about itself.
//!
//! Upstream: `pkg/controller/replicaset/replica_set_utils.go` (`calculateStatus`).

use super::Seen;
use crate::controllers::conditions::{Condition, find, put, put_count, take};
use crate::controllers::pods::is_available;
use crate::model::{Selector, Span, Value};
use crate::plan::Write;
use crate::store::{Member, Tally};

/// The counts of a status.
struct Counts {
    labeled: i64,
    ready: i64,
    available: i64,
}

/// Writes the status, if it differs from what is there.
pub(super) fn write(seen: &Seen<'_>) -> Option<Write> {
    let counts = count(seen);
    let status = status(seen, &counts);
    if status == *seen.set.get("status") {
        return None;
    }
    let mut set = seen.set.clone();
    set.set("status", status);
    let total = seen.active();
    let reason = format!("counted {total}, {} ready, {} available", counts.ready, counts.available);
    Some(Write::update_status(seen.key, set, reason))
}

fn count(seen: &Seen<'_>) -> Counts {
    let template = Selector::from_labels(seen.set.at("spec.template.metadata.labels"));
    let (seconds, now) = (seen.min_ready_seconds(), seen.view.now);
    let looks = || seen.claims.looks.iter();
    let long_enough = |it: &Tally| match seconds {
        ..=0 => it.ready(),
        _ => it.ready_by(now - Span::seconds(seconds)),
    };
    let adopted = |counts: &dyn Fn(&&&Member) -> bool| seen.claims.adopted.iter().filter(counts).count();
    let labeled: usize = looks().filter(|it| template.matches(&it.labels)).map(|it| it.tally.active).sum();
    let ready: usize = looks().map(|it| it.tally.ready()).sum();
    let available: usize = looks().map(|it| long_enough(&it.tally)).sum();
    Counts {
        labeled: int(labeled + adopted(&|pod| template.matches(&pod.labels))),
        ready: int(ready + adopted(&|pod| pod.facts.ready_since.is_some())),
        available: int(available + adopted(&|pod| is_available(pod, seconds, now))),
    }
}

fn status(seen: &Seen<'_>, counts: &Counts) -> Value {
    let mut status = seen.set.get("status").clone();
    status.set("replicas", int(seen.active()));
    put_count(&mut status, "fullyLabeledReplicas", counts.labeled);
    put_count(&mut status, "readyReplicas", counts.ready);
    put_count(&mut status, "availableReplicas", counts.available);
    status.set("terminatingReplicas", int(seen.stopping()));
    put_count(&mut status, "observedGeneration", seen.set.generation());
    report_refusal(seen, &mut status);
    status
}

/// A refused creation or deletion becomes a condition that keeps its first message and goes with the next success.
fn report_refusal(seen: &Seen<'_>, status: &mut Value) {
    match seen.refusal() {
        None => take(status, "ReplicaFailure"),
        Some(_) if !find(status, "ReplicaFailure").is_null() => {}
        Some(failure) => {
            let reason = if int(seen.active()) < seen.wanted() { "FailedCreate" } else { "FailedDelete" };
            let condition = Condition::new("ReplicaFailure", "True", reason, failure.message.as_str());
            put(status, condition.to_value(seen.view.now));
        }
    }
}

fn int(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
