//! Keeps as many pods alive as `spec.replicas` asks for.
//!
//! Upstream: `pkg/controller/replicaset/replica_set.go`.
//! Left out: nothing. Differs: no expectations, because a key is not reconciled before its own writes are seen; creations
//! are sent one after the other and stop at the first refusal, instead of in batches of 1, 2, 4, ….

mod rank;
mod status;

#[cfg(test)]
mod tests;

use crate::controllers::claims::{Counted, claim_counted};
use crate::controllers::pods::{available_from, from_template, key_of};
use crate::model::key::resources::{NAMESPACES, PODS, REPLICA_SETS};
use crate::model::{Key, Object, Selector, Span};
use crate::plan::{Controller, Enqueue, EventDraft, Plan, View, Watch, Write};
use crate::store::{Change, Facts, Member};
use std::cmp::Ordering;

/// The control loop.
pub(super) const CONTROLLER: Controller = Controller {
    name: "replicaset-controller",
    watches: &[
        Watch {
            resource: "replicasets.apps",
            enqueue: |change, _, queue| queue.push(Enqueue::now(change.key.clone())),
        },
        Watch { resource: "pods", enqueue: of_pod },
    ],
    reconcile,
};

/// The most pods that one reconcile creates or deletes.
const BURST_PODS_MAX: usize = 500;

/// A `ReplicaSet` and its pods, as one reconcile sees them.
struct Seen<'a> {
    key: &'a Key,
    set: &'a Object,
    selector: &'a Selector,
    claims: Counted<'a>,
    view: &'a View<'a>,
}

/// Decides the writes that bring the set at `key` one step closer to its spec.
fn reconcile(key: &Key, view: &View<'_>) -> Plan {
    let Some(set) = view.cache.get(key) else { return Plan::nothing() };
    let Ok(selector) = Selector::from_object(set.at("spec.selector")) else { return Plan::nothing() };
    let mut plan = Plan::nothing();
    let mut claims = claim_counted(set, &selector, &PODS, view);
    plan.writes.append(&mut claims.writes);
    let seen = Seen { key, set, selector: &selector, claims, view };
    plan.observed = pods_in_words(seen.active());
    plan.desired = pods_in_words(usize::try_from(seen.wanted()).unwrap_or(0));
    let status = status::write(&seen);
    let (first, last) = if seen.refusal().is_some() { (status, None) } else { (None, status) };
    plan.writes.extend(first);
    if !set.is_terminating() {
        manage(&seen, &mut plan);
    }
    plan.writes.extend(last);
    plan.requeue_after = next_available(&seen);
    plan
}

impl Seen<'_> {
    fn wanted(&self) -> i64 {
        self.set.at("spec.replicas").int_or(1)
    }

    fn min_ready_seconds(&self) -> i64 {
        self.set.at("spec.minReadySeconds").int_or(0)
    }

    /// How many active pods it has.
    fn active(&self) -> usize {
        self.claims.looks.iter().map(|it| it.tally.active).sum::<usize>() + self.claims.adopted.len()
    }

    /// The active pods themselves, in the order of their names.
    fn active_pods(&self) -> Vec<&Member> {
        let namespace = self.set.metadata().get("namespace").str();
        let is_here = |key: &Key| key.resource == PODS && key.namespace == namespace;
        let is_mine = |pod: &Member| pod.facts.is_active() && self.selector.matches(&pod.labels);
        let owned = self.view.cache.members(&self.set.uid());
        let mut pods: Vec<_> = owned.filter(|(key, pod)| is_here(key) && is_mine(pod)).map(|(_, pod)| pod).collect();
        if !self.claims.adopted.is_empty() {
            pods.extend(&self.claims.adopted);
            pods.sort_by_cached_key(|pod| pod.object.name());
        }
        pods
    }

    /// The pods of the set that were asked to go and still run.
    fn stopping(&self) -> usize {
        self.claims.looks.iter().map(|it| it.tally.stopping).sum()
    }

    /// Why the previous creation or deletion of a pod was refused; a refused write to the set itself is not meant.
    fn refusal(&self) -> Option<&crate::api::Status> {
        let about = |it: &&crate::api::Status| it.details.get("kind").str().to_ascii_lowercase();
        self.view.failure.filter(|it| !about(it).starts_with("replicaset"))
    }
}

/// Creates what is missing, deletes what is too much.
///
/// Upstream: `manageReplicas`.
fn manage(seen: &Seen<'_>, plan: &mut Plan) {
    let wanted = usize::try_from(seen.wanted()).unwrap_or(0);
    let there = seen.active();
    match wanted.cmp(&there) {
        Ordering::Greater if is_namespace_ending(seen) => {}
        Ordering::Greater => {
            let missing = (wanted - there).min(BURST_PODS_MAX);
            plan.writes.extend((0..missing).map(|_| creation(seen)));
        }
        Ordering::Less => {
            let victims = rank::victims(seen, (there - wanted).min(BURST_PODS_MAX));
            plan.writes.extend(victims.into_iter().map(|(pod, why)| deletion(seen, pod, why)));
        }
        Ordering::Equal => {}
    }
}

/// Nothing can be created in a namespace that is going away; trying would only add events.
fn is_namespace_ending(seen: &Seen<'_>) -> bool {
    let namespace = Key::new(NAMESPACES, "", seen.set.namespace());
    seen.view.cache.get(&namespace).is_some_and(Object::is_terminating)
}

fn creation(seen: &Seen<'_>) -> Write {
    let pod = from_template(seen.set.at("spec.template"), seen.set);
    let reason = format!("wanted {}, saw {}", seen.wanted(), seen.active());
    Write::create(PODS, pod, reason)
        .following(seen.key, "spec.replicas")
        .following(seen.key, "spec.template")
        .announcing(EventDraft::normal(seen.set, "SuccessfulCreate", "Created pod: {name}"))
        .or_announcing(EventDraft::warning(seen.set, "FailedCreate", "Error creating: {error}"))
}

fn deletion(seen: &Seen<'_>, pod: &Object, why: &str) -> Write {
    let goes_first = if why.is_empty() { String::new() } else { format!("; this one goes first: {why}") };
    let reason = format!("wanted {}, saw {}{goes_first}", seen.wanted(), seen.active());
    Write::delete(&key_of(PODS, pod), &pod.uid(), reason)
        .following(seen.key, "spec.replicas")
        .announcing(EventDraft::normal(seen.set, "SuccessfulDelete", format!("Deleted pod: {}", pod.name())))
        .or_announcing(EventDraft::warning(seen.set, "FailedDelete", "Error deleting: {error}"))
}

/// How long until the next Ready pod counts as available.
fn next_available(seen: &Seen<'_>) -> Option<Span> {
    let (seconds, now) = (seen.min_ready_seconds(), seen.view.now);
    let wait = Span::seconds(seconds.max(0));
    let counted = seen.claims.looks.iter().filter(|_| seconds > 0);
    let counted = counted.filter_map(|it| it.tally.ready_after(now - wait)).map(|since| since + wait);
    let adopted = seen.claims.adopted.iter().filter_map(|pod| available_from(pod, seconds)).filter(|from| *from > now);
    counted.chain(adopted).min().map(|from| from - now)
}

fn pods_in_words(count: usize) -> crate::model::Text {
    smol_str::format_smolstr!("{count} Pod{}", if count == 1 { "" } else { "s" })
}

/// A changed pod wakes its set, before and after; an orphan wakes every set that would adopt it.
///
/// Differs: a change of nothing that a set looks at (the binding, a container on its way) does not wake it.
fn of_pod(change: &Change, view: &View<'_>, queue: &mut Vec<Enqueue>) {
    if let (Some(before), Some(after)) = (&change.before, &change.after)
        && looks_the_same(before, after)
    {
        return;
    }
    let sides = [change.before.as_ref(), change.after.as_ref()];
    let owners = sides.into_iter().flatten().filter_map(Object::controller).filter(|it| it.kind == "ReplicaSet");
    for owner in owners {
        let key = Key::new(REPLICA_SETS, change.key.namespace.clone(), owner.name);
        let known = view.cache.get(&key).is_some_and(|set| set.uid() == owner.uid);
        if known && !queue.iter().any(|it| it.key == key) {
            queue.push(Enqueue::now(key));
        }
    }
    match &change.after {
        Some(pod) if pod.controller().is_none() => queue.extend(would_adopt(pod, view).map(Enqueue::now)),
        _ => {}
    }
}

fn looks_the_same(before: &Object, after: &Object) -> bool {
    let same = |field: &str| before.metadata().get(field) == after.metadata().get(field);
    Facts::read(before) == Facts::read(after) && ["uid", "labels", "ownerReferences"].into_iter().all(same)
}

fn would_adopt<'a>(pod: &'a Object, view: &View<'a>) -> impl Iterator<Item = Key> + use<'a> {
    let namespace = pod.metadata().get("namespace").str();
    let selects = |set: &&Object| {
        let selector = Selector::from_object(set.at("spec.selector"));
        selector.is_ok_and(|it| it.matches(pod.metadata().get("labels")))
    };
    view.cache.list_in(&REPLICA_SETS, namespace).filter(selects).map(|set| key_of(REPLICA_SETS, set))
}
