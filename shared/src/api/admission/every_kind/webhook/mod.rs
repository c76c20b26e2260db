//! Admission webhooks: programs outside of the cluster that are asked about requests, and may change them.
//!
//! Upstream: `k8s.io/apiserver/pkg/admission/plugin/webhook`. Which are asked, what with, and what becomes of their answers is
//! decided here; the calls themselves are made by the host ([`calls`](crate::api::admission::calls)).
//!
//! `DIFFERENCE`: a configuration is in force from the next request on; a webhook may not change the options of a connection; a reason that
//! Kubernetes does not know is left out of a refusal; the patch is not noted for the audit log.

mod hook;
pub(in crate::api::admission) mod mutating;
mod review;
#[cfg(test)]
mod tests;
pub(in crate::api::admission) mod validating;
mod verdict;

pub(in crate::api::admission) use hook::Hook;

use crate::api::Status;
use crate::model::{Object, ResourceName, Text, Value};
use crate::store::Store;
use std::sync::Arc;

pub(in crate::api::admission) const MUTATING: ResourceName =
    ResourceName::of("mutatingwebhookconfigurations.admissionregistration.k8s.io");
pub(in crate::api::admission) const VALIDATING: ResourceName =
    ResourceName::of("validatingwebhookconfigurations.admissionregistration.k8s.io");

/// The webhooks of a store, in the order in which they are asked.
#[derive(Clone, Debug, Default)]
pub(in crate::api::admission) struct Webhooks {
    pub(in crate::api::admission) mutating: Vec<Arc<Hook>>,
    pub(in crate::api::admission) validating: Vec<Arc<Hook>>,
    /// The same by configuration.
    read: Vec<(Object, Vec<Arc<Hook>>)>,
}

impl Webhooks {
    /// Those of all configurations that are stored; what was read before and has not changed stays.
    pub(in crate::api::admission) fn read(store: &Store, before: &Self) -> Self {
        let hooks_of = |it: &Object| {
            let known = before.read.iter().find(|(read, _)| read == it).map(|(_, hooks)| hooks.clone());
            (it.clone(), known.unwrap_or_else(|| Hook::all(it).into_iter().map(Arc::new).collect()))
        };
        let [mutating, validating] =
            [&MUTATING, &VALIDATING].map(|it| store.list(it).map(hooks_of).collect::<Vec<_>>());
        let flat = |all: &[(Object, Vec<Arc<Hook>>)]| all.iter().flat_map(|(_, hooks)| hooks).cloned().collect();
        let (first, second) = (flat(&mutating), flat(&validating));
        Self { mutating: first, validating: second, read: [mutating, validating].concat() }
    }

    /// True without any.
    pub(in crate::api::admission) fn is_empty(&self) -> bool {
        self.mutating.is_empty() && self.validating.is_empty()
    }
}

/// Why a webhook has not let a request pass.
enum Stopped {
    /// It has not been asked yet.
    Waiting,
    /// It could not be asked, or what it answered is no answer: its failure policy counts.
    Failed(String),
    /// It said no, or may not be asked.
    Refused(Status),
}

/// 500: `Internal error occurred: DETAIL`.
fn internal(detail: &str) -> Status {
    let cause = Value::from([("message", detail.into())]);
    let details = Value::from([("causes", std::iter::once(cause).collect::<Value>())]);
    Status { code: 500, reason: "InternalError", message: format!("Internal error occurred: {detail}"), details }
}

/// What is noted of a webhook for the audit log: `PREFIX/round_0_index_2`.
fn annotation(prefix: &str, round: usize, index: usize) -> Text {
    format!("{prefix}/round_{round}_index_{index}").into()
}
