//! Admission policies: what a cluster's own expressions say about a request.
//!
//! Upstream: `k8s.io/apiserver/pkg/admission/plugin/policy`. Policies are compiled when they are written and kept so.
//!
//! `DIFFERENCE`: a policy is in force from the next request on, without the second that upstream's caches need; policies apply
//! in the order of their names; a matched resource of another version is shown to expressions in its stored form.

pub(in crate::api::admission) mod compiled;
pub(in crate::api::admission) mod evaluation;
pub(in crate::api::admission) mod matching;
pub(in crate::api::admission) mod mutating;
mod mutations;
mod object_types;
mod params;
#[cfg(test)]
mod tests;
pub(crate) mod type_check;
#[cfg(test)]
mod type_check_tests;
pub(in crate::api::admission) mod validating;

use crate::api::admission::every_kind::webhook::{self, Webhooks};
use crate::model::{Object, ResourceName, Text};
use crate::store::{Change, Store};
use crate::trace::Revision;
use compiled::Compiled;
use std::collections::BTreeMap;
use std::sync::Arc;

pub(crate) const VALIDATING: ResourceName =
    ResourceName::of("validatingadmissionpolicies.admissionregistration.k8s.io");
pub(crate) const VALIDATING_BINDINGS: ResourceName =
    ResourceName::of("validatingadmissionpolicybindings.admissionregistration.k8s.io");
pub(crate) const MUTATING: ResourceName = ResourceName::of("mutatingadmissionpolicies.admissionregistration.k8s.io");
pub(crate) const MUTATING_BINDINGS: ResourceName =
    ResourceName::of("mutatingadmissionpolicybindings.admissionregistration.k8s.io");

/// The compiled policies of a store and the bindings that put them in force.
#[derive(Clone, Debug, Default)]
pub(crate) struct Policies {
    validating: Vec<Bound>,
    mutating: Vec<Bound>,
    /// The webhooks that are in force.
    pub(in crate::api::admission) webhooks: Webhooks,
    seen: Revision,
}

/// A policy and its bindings.
#[derive(Clone, Debug)]
pub(in crate::api::admission) struct Bound {
    policy: Arc<Compiled>,
    bindings: Vec<Object>,
}

impl Policies {
    /// Takes in what was written since the last time. Cheap if that has nothing to do with policies.
    pub(crate) fn refresh(&mut self, store: &Store) {
        if self.seen == store.revision() {
            return;
        }
        let is_stale = match store.since(self.seen) {
            Ok(mut changes) => changes.any(is_about_policies),
            Err(_) => true,
        };
        if is_stale || self.seen > store.revision() {
            self.validating = bound(store, &VALIDATING, &VALIDATING_BINDINGS, &self.validating);
            self.mutating = bound(store, &MUTATING, &MUTATING_BINDINGS, &self.mutating);
            self.webhooks = Webhooks::read(store, &self.webhooks);
        }
        self.seen = store.revision();
    }

    /// True if there is no webhook.
    pub(crate) fn has_no_webhooks(&self) -> bool {
        self.webhooks.is_empty()
    }

    /// True if no policy is in force that changes objects.
    pub(crate) fn never_mutate(&self) -> bool {
        self.mutating.is_empty()
    }
}

fn is_about_policies(change: &Change) -> bool {
    [VALIDATING, VALIDATING_BINDINGS, MUTATING, MUTATING_BINDINGS, webhook::MUTATING, webhook::VALIDATING]
        .contains(&change.key.resource)
}

/// The policies that a binding puts in force; what was compiled before and has not changed stays.
fn bound(store: &Store, policies: &ResourceName, bindings: &ResourceName, before: &[Bound]) -> Vec<Bound> {
    let mut by_policy: BTreeMap<Text, Vec<Object>> = BTreeMap::new();
    for binding in store.list(bindings) {
        by_policy.entry(binding.at("spec.policyName").text()).or_default().push(binding.clone());
    }
    let compiled = |policy: &Object| {
        let known = before.iter().find(|it| it.policy.object == *policy);
        known.map_or_else(|| Arc::new(Compiled::new(policy)), |it| it.policy.clone())
    };
    let bind = |policy: &Object| {
        let bindings = by_policy.get(&policy.name())?.clone();
        Some(Bound { policy: compiled(policy), bindings })
    };
    store.list(policies).filter_map(bind).collect()
}
