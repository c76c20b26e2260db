//! The controller manager's control loops, one file each; this list is all that makes one run.
//!
//! A controller is `reconcile(key, view) -> Plan`: no store, no clock, no random source, no log. Controllers know nothing of
//! each other, of the scheduler and of kubelets; they meet in the objects only.

pub(crate) mod claims;
pub(crate) mod conditions;
pub(crate) mod pods;

mod deployment;
mod eviction;
mod garbage;
mod namespace;
mod node;
mod pod_garbage;
mod replicaset;
mod service_accounts;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub use deployment::Scaling;

use crate::plan::Controller;

/// Every controller, in the order of the page's loop cards.
pub static CONTROLLERS: &[Controller] = &[
    deployment::CONTROLLER,
    replicaset::CONTROLLER,
    garbage::CONTROLLER,
    namespace::CONTROLLER,
    node::CONTROLLER,
    eviction::CONTROLLER,
    pod_garbage::CONTROLLER,
    service_accounts::ACCOUNTS,
    service_accounts::ROOT_CA,
];
