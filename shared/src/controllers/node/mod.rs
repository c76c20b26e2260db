//! Notices that a node is no longer heard of, says so, and keeps pods away from it.
//!
//! Upstream: `pkg/controller/nodelifecycle/node_lifecycle_controller.go` (`monitorNodeHealth`, `tryUpdateNodeHealth`).
//! Differs: a timer per node at the very end of its grace period, instead of a look at every node each 5 s; taints that
//! evict are not limited to one node per 10 s and zone; a `NoExecute` taint without a time gets one, from which
//! `tolerationSeconds` are counted.

mod health;
mod taints;

#[cfg(test)]
mod tests;

use crate::controllers::pods::key_of;
use crate::model::key::resources::NODES;
use crate::model::{Key, Object, Span};
use crate::plan::{Controller, Enqueue, Plan, View, Watch};
use crate::store::Change;

/// The control loop.
pub(super) const CONTROLLER: Controller =
    Controller { name: "node-controller", watches: &[Watch { resource: "nodes", enqueue: of_node }], reconcile };

/// Decides about one node.
fn reconcile(key: &Key, view: &View<'_>) -> Plan {
    let Some(node) = view.cache.get(key) else { return Plan::nothing() };
    let mut plan = Plan::nothing();
    let deadline = health::deadline(node, view);
    plan.observed = format!("Ready is {}", health::ready_word(node)).into();
    plan.desired = "a heartbeat in time".into();
    if view.now <= deadline {
        plan.requeue_after = Some(deadline - view.now + Span::millis(1));
    } else if let Some(write) = health::unknown(key, node, view) {
        plan.write(write);
        return plan;
    }
    plan.writes.extend(health::pods_not_ready(key, node, view));
    plan.writes.extend(taints::write(key, node, view));
    plan
}

/// A changed node wakes itself; the first to become ready and the last to stop wake all others.
///
/// While no node at all is ready, none is emptied: the fault is more likely here than there.
fn of_node(change: &Change, view: &View<'_>, queue: &mut Vec<Enqueue>) {
    if change.after.is_some() {
        queue.push(Enqueue::now(change.key.clone()));
    }
    let ready = |node: &Option<Object>| node.as_ref().is_some_and(health::is_ready);
    if ready(&change.before) == ready(&change.after) {
        return;
    }
    let other = |node: &&Object| node.name() != change.key.name;
    if !view.cache.list(&NODES).filter(other).any(health::is_ready) {
        let others = view.cache.list(&NODES).filter(other).map(|node| key_of(NODES, node));
        queue.extend(others.map(Enqueue::now));
    }
}
