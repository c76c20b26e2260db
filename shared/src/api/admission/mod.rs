//! What the cluster as a whole says to a new object: the admission plug-ins that a default API server runs.
//!
//! Upstream: `k8s.io/apiserver/pkg/admission`, `plugin/pkg/admission`. Each kind names its own in its registration, in the
//! order in which upstream runs them; `namespace` goes first for all.

pub(crate) mod namespace;
pub(crate) mod node;
pub(crate) mod pod;
pub(crate) mod service_account;

use crate::api::{Status, User};
use crate::model::{Chance, Key};
use crate::store::Store;

/// What a plug-in may look at and draw from.
pub struct Admission<'a> {
    /// Who the new object will be.
    pub key: &'a Key,
    /// What is stored.
    pub store: &'a Store,
    /// For names of volumes.
    pub chance: &'a mut Chance,
    /// Who asks.
    pub user: &'a User,
}

impl Admission<'_> {
    /// The refusal of a plug-in: `pods "web" is forbidden: DETAIL`.
    pub fn forbid(&self, detail: &str) -> Status {
        Status::forbidden(self.key, detail)
    }
}
