//! What one pass over a Deployment knows and has decided so far.
//!
//! Later steps see the effects of earlier ones: a set that was scaled is kept with its new size, and without a resource
//! version, so that it can be written again in the same plan.

use super::sets::{newer_first, replicas};
use super::strategy::max_surge;
use crate::controllers::claims::{carry_out, claim};
use crate::model::key::resources::REPLICA_SETS;
use crate::model::{Key, Object, Order, Selector, Text, Value};
use crate::plan::{Plan, View, Write};
use smol_str::format_smolstr;

/// A Deployment, its `ReplicaSets` and the plan that grows.
pub(super) struct Rollout<'a> {
    pub(super) key: &'a Key,
    pub(super) view: &'a View<'a>,
    /// As the cache has it; the status gains the conditions of this pass.
    pub(super) deployment: Object,
    /// The set with the Deployment's template.
    pub(super) new: Option<Object>,
    /// The others, newest first.
    pub(super) old: Vec<Object>,
    pub(super) plan: Plan,
    /// The status is written once per plan: another write would only end in a conflict.
    pub(super) status_written: bool,
}

/// One of the sets of a rollout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    /// The one with the Deployment's template.
    New,
    /// Another one, by its place in the list.
    Old(usize),
}

impl<'a> Rollout<'a> {
    /// Claims the sets and finds the one with the Deployment's template.
    pub(super) fn open(key: &'a Key, deployment: &Object, selector: &Selector, view: &'a View<'a>) -> Self {
        let mut plan = Plan::nothing();
        let mut claims = claim(deployment, selector, &REPLICA_SETS, view, |_| true);
        carry_out(&mut claims, &mut plan);
        let mut sets: Vec<Object> = claims.mine.into_iter().map(|set| set.object.clone()).collect();
        sets.order_by(newer_first);
        let found = sets.iter().rposition(|set| super::history::same_template(deployment, set));
        let new = found.map(|index| sets.remove(index));
        let deployment = deployment.clone();
        let mut it = Self { key, view, deployment, new, old: sets, plan, status_written: false };
        it.describe();
        it
    }

    /// `spec.replicas`.
    pub(super) fn replicas(&self) -> i64 {
        self.deployment.at("spec.replicas").int_or(1)
    }

    /// `spec.paused`.
    pub(super) fn is_paused(&self) -> bool {
        self.deployment.at("spec.paused").is_true()
    }

    /// Every set: the old ones, then the new one.
    pub(super) fn all(&self) -> Vec<Which> {
        let old = (0..self.old.len()).map(Which::Old);
        old.chain(self.new.as_ref().map(|_| Which::New)).collect()
    }

    /// The sets that should have pods.
    pub(super) fn active(&self) -> Vec<Which> {
        self.all().into_iter().filter(|it| self.size(*it) > 0).collect()
    }

    /// One set.
    pub(super) fn set(&self, which: Which) -> Option<&Object> {
        match which {
            Which::New => self.new.as_ref(),
            Which::Old(index) => self.old.get(index),
        }
    }

    /// Takes a set as it will be after a write.
    pub(super) fn replace(&mut self, which: Which, mut set: Object) {
        set.remove("metadata.resourceVersion");
        match which {
            Which::New => self.new = Some(set),
            Which::Old(index) => self.old[index] = set,
        }
    }

    /// `spec.replicas` of one set.
    pub(super) fn size(&self, which: Which) -> i64 {
        self.set(which).map_or(0, replicas)
    }

    /// The sum of a count over every set.
    pub(super) fn total(&self, count: fn(&Object) -> i64) -> i64 {
        self.old.iter().chain(&self.new).map(count).sum()
    }

    /// Writes the Deployment's status (and annotations), unless this plan did so before.
    pub(super) fn write_status(&mut self, status: Value, reason: impl Into<Text>) {
        self.deployment.set("status", status);
        if self.status_written {
            return;
        }
        self.status_written = true;
        self.plan.write(Write::update_status(self.key, self.deployment.clone(), reason));
    }

    /// What the pass saw and wanted, in words.
    fn describe(&mut self) {
        let (old, new) = (self.old.iter().map(replicas).sum::<i64>(), self.new.as_ref().map_or(0, replicas));
        let available = self.total(|set| set.at("status.availableReplicas").int_or(0));
        let how = if available >= old + new { "all".into() } else { format_smolstr!("{available}") };
        let total = pods(old + new);
        self.plan.observed = match (old, new) {
            (_, 0) => format_smolstr!("{total} of old ReplicaSets, {how} available"),
            (0, _) => format_smolstr!("{total}, {how} available"),
            _ => format_smolstr!("{total}: {old} old + {new} new, {how} available"),
        };
        if old + new == 0 {
            self.plan.observed = total;
        }
        let (replicas, surge) = (self.replicas(), max_surge(&self.deployment));
        self.plan.desired = if old == 0 && new == replicas {
            pods(replicas)
        } else {
            format_smolstr!("{}, at most {}: replicas {replicas} + maxSurge {surge}", pods(replicas), replicas + surge)
        };
    }
}

/// `1 Pod`, `3 Pods`.
pub(super) fn pods(count: i64) -> Text {
    format_smolstr!("{count} Pod{}", if count == 1 { "" } else { "s" })
}
