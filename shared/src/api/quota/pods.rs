//! What a pod uses: its requests and limits while it lives, and one of `pods`.
//!
//! Upstream: `pkg/quota/v1/evaluator/core/pods.go`.

use crate::api::quota::amounts::{Amounts, of_pod, with_overhead};
use crate::model::{Object, Quantity, Span, Text, Time};
use std::collections::{BTreeMap, BTreeSet};

/// Resources with a request and a limit, each under three names.
const COMPUTE: [&str; 3] = ["cpu", "memory", "ephemeral-storage"];
/// What every container has to say if it is limited.
const DEMANDED: [&str; 6] = ["cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory"];

/// True if the entry of a quota is about pods.
pub(super) fn counts(name: &str) -> bool {
    if name == "pods" || COMPUTE.contains(&name) {
        return true;
    }
    let (kind, rest) = name.split_once('.').unwrap_or(("", name));
    match kind {
        "limits" => COMPUTE.contains(&rest),
        "requests" => COMPUTE.contains(&rest) || rest.starts_with("hugepages-") || is_extended(rest),
        _ => name.starts_with("hugepages-"),
    }
}

fn is_extended(name: &str) -> bool {
    name.split_once('/')
        .is_some_and(|(domain, _)| !domain.ends_with("kubernetes.io") && !domain.contains(".storageclass."))
}

/// Adds what the pod uses; one that has ended, or should have been gone by now, uses nothing.
pub(super) fn use_of(pod: &Object, now: Time, into: &mut Amounts) {
    let ended = matches!(pod.at("status.phase").str(), "Failed" | "Succeeded");
    if ended || overdue_at(pod).is_some_and(|due| due < now) {
        return;
    }
    into.put("pods", Quantity::new(1));
    into.add(&compute(&with_overhead(pod, "requests"), &with_overhead(pod, "limits")));
}

/// When a terminating pod that is still there stops to count.
pub(crate) fn overdue_at(pod: &Object) -> Option<Time> {
    let grace = pod.metadata().get("deletionGracePeriodSeconds").as_int()?;
    Some(pod.deletion_time()? + Span::seconds(grace))
}

fn compute(requests: &Amounts, limits: &Amounts) -> Amounts {
    let mut it = Amounts::default();
    for (name, amount) in requests.iter() {
        let huge = name.starts_with("hugepages-");
        if huge || COMPUTE.contains(&name.as_str()) {
            it.put(name.clone(), amount.clone());
        }
        if huge || COMPUTE.contains(&name.as_str()) || is_extended(name) {
            it.put(format!("requests.{name}"), amount.clone());
        }
    }
    for (name, amount) in limits.iter().filter(|(name, _)| COMPUTE.contains(&name.as_str())) {
        it.put(format!("limits.{name}"), amount.clone());
    }
    it
}

/// `must specify limits.memory for: c; requests.cpu for: a,c`; empty if every container says what is limited.
pub(super) fn missing(pod: &Object, names: &[Text]) -> String {
    if !pod.at("spec.resources").is_empty() {
        return missing_of_whole(pod, names);
    }
    let mut lacking: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let lists = ["spec.containers", "spec.initContainers"];
    for container in lists.iter().flat_map(|field| pod.at(field).items()) {
        let read = |field: &str| Amounts::read(container.get("resources").get(field));
        let said = compute(&read("requests"), &read("limits"));
        for name in names.iter().filter(|it| DEMANDED.contains(&it.as_str()) && said.get(it).is_none()) {
            lacking.entry(name).or_default().insert(container.get("name").str());
        }
    }
    let line = |(name, of): (&str, BTreeSet<&str>)| format!("{name} for: {}", Vec::from_iter(of).join(","));
    let lines: Vec<String> = lacking.into_iter().map(line).collect();
    if lines.is_empty() { String::new() } else { format!("must specify {}", lines.join("; ")) }
}

/// Where the pod as a whole has amounts, they and those of its containers count together.
fn missing_of_whole(pod: &Object, names: &[Text]) -> String {
    let said = compute(&of_pod(pod, "requests"), &of_pod(pod, "limits"));
    let lacking = names.iter().filter(|it| DEMANDED.contains(&it.as_str()) && said.get(it).is_none());
    let lacking: Vec<&str> = lacking.map(Text::as_str).collect();
    if lacking.is_empty() { String::new() } else { format!("must specify {}", lacking.join(",")) }
}
