//! Who may do what: members of `system:masters` everything, nodes what their pods need, everybody else what roles grant.
//!
//! Upstream: `pkg/kubeapiserver/authorizer/config.go` (modes `Node,RBAC`), `k8s.io/apiserver/pkg/endpoints/filters/authorization.go`.
//! Only clusters with the whole control plane have it ([`crate::cluster::ControlPlane::Full`]).
//!
//! Knows nothing of how it was found out who asks.

pub mod attributes;
mod bindings;
pub(crate) mod bootstrap;
pub(crate) mod escalation;
pub mod impersonation;
pub(crate) mod node;
pub(crate) mod reviews;
pub mod rules;
#[cfg(test)]
mod tests;

use crate::api::{Status, User};
use crate::store::Store;
use attributes::Attributes;
use bindings::Bindings;
use rules::Rule;
use std::fmt;

pub(crate) use bindings::{CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES, ROLE_BINDINGS, ROLES, referenced};

/// The group whose members may do everything.
pub const MASTERS: &str = "system:masters";

/// The authorizer, with what it has read of the store.
#[derive(Clone, Debug, Default)]
pub struct Authorizer {
    bindings: Bindings,
    node_rules: Vec<Rule>,
}

/// The answer to a question.
#[derive(Debug)]
pub enum Decision<'a> {
    /// Yes, and on what grounds.
    Allowed(Grounds<'a>),
    /// Nobody said yes; why not, if there is more to say.
    NoOpinion(String),
}

/// Why something is allowed.
#[derive(Debug)]
pub enum Grounds<'a> {
    /// The user is in `system:masters`.
    Masters,
    /// The user is a node.
    Node,
    /// A binding grants it to the subject that the text names.
    Binding(&'a str),
}

impl Authorizer {
    /// An authorizer that has read `store`.
    pub fn new(store: &Store) -> Self {
        let mut it = Self { bindings: Bindings::default(), node_rules: bootstrap::rules_of("system:node") };
        it.refresh(store);
        it
    }

    /// Takes in what was written since the last time. Cheap if that has nothing to do with roles.
    pub fn refresh(&mut self, store: &Store) {
        self.bindings.refresh(store);
    }

    /// Answers a question; `store` is the one that was read last.
    pub fn decide(&self, asked: &Attributes<'_>, store: &Store) -> Decision<'_> {
        if is_master(asked.user) {
            return Decision::Allowed(Grounds::Masters);
        }
        let of_node = match node::decide(asked, &self.node_rules, store) {
            Ok(()) => return Decision::Allowed(Grounds::Node),
            Err(reason) => reason,
        };
        if let Some(grant) = self.bindings.allowing(asked) {
            return Decision::Allowed(Grounds::Binding(grant.text()));
        }
        let faults = self.bindings.faults_for(asked.user, asked.namespace());
        let of_roles = if faults.is_empty() { faults } else { format!("RBAC: {faults}") };
        let reasons: Vec<String> = [of_node, of_roles].into_iter().filter(|it| !it.is_empty()).collect();
        Decision::NoOpinion(reasons.join("\n"))
    }

    /// Lets a question pass.
    ///
    /// # Errors
    /// 403, as the API server says it.
    pub fn check(&self, asked: &Attributes<'_>, store: &Store) -> Result<(), Status> {
        match self.decide(asked, store) {
            Decision::Allowed(_) => Ok(()),
            Decision::NoOpinion(reason) => Err(asked.refusal(&reason)),
        }
    }

    /// Every rule that roles grant `user` in `namespace`, and what is wrong with the bindings, if anything.
    pub fn rules_for(&self, user: &User, namespace: &str) -> (Vec<Rule>, String) {
        (self.bindings.rules_for(user, namespace), self.bindings.faults_for(user, namespace))
    }
}

impl Decision<'_> {
    /// True for a yes.
    pub fn is_allowed(&self) -> bool {
        matches!(self, Self::Allowed(_))
    }
}

impl fmt::Display for Grounds<'_> {
    /// The `reason` of a review's status.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Masters | Self::Node => Ok(()),
            Self::Binding(text) => write!(f, "RBAC: allowed by {text}"),
        }
    }
}

/// True for a member of `system:masters`.
pub(crate) fn is_master(user: &User) -> bool {
    user.groups.iter().any(|it| it == MASTERS)
}
