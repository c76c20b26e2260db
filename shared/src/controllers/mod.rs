//! The controller manager's control loops, one file each; this list is all that makes one run.
//!
//! A controller is `reconcile(key, view) -> Plan`: no store, no clock, no random source, no log. Controllers know nothing of
//! each other, of the scheduler and of kubelets; they meet in the objects only.

pub(crate) mod claims;
pub(crate) mod conditions;
pub(crate) mod pods;

#[cfg(feature = "every-kind")]
mod custom_resources;
mod deployment;
#[cfg(feature = "every-kind")]
mod every_kind;
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
#[cfg(feature = "every-kind")]
pub(crate) use service_accounts::AUTHORITY;

use crate::plan::Controller;

/// How many of [`CONTROLLERS`] run in every cluster; those after them belong to a whole control plane.
pub const IN_EVERY_CLUSTER: usize = 9;

/// Every controller, in the order of the page's loop cards; those of every cluster come first.
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
    #[cfg(feature = "every-kind")]
    custom_resources::NAMING,
    #[cfg(feature = "every-kind")]
    custom_resources::FINALIZER,
    #[cfg(feature = "every-kind")]
    every_kind::role_aggregation::CONTROLLER,
    #[cfg(feature = "every-kind")]
    every_kind::resource_quota::CONTROLLER,
    #[cfg(feature = "every-kind")]
    every_kind::endpoints::slices::CONTROLLER,
    #[cfg(feature = "every-kind")]
    every_kind::endpoints::legacy::CONTROLLER,
    #[cfg(feature = "every-kind")]
    every_kind::storage_protection::CLAIMS,
    #[cfg(feature = "every-kind")]
    every_kind::storage_protection::VOLUMES,
    #[cfg(feature = "every-kind")]
    every_kind::ttl_after_finished::CONTROLLER,
    #[cfg(feature = "every-kind")]
    every_kind::certificate_cleaner::CONTROLLER,
    #[cfg(feature = "every-kind")]
    every_kind::service_addresses::CONTROLLER,
    #[cfg(feature = "every-kind")]
    every_kind::service_cidrs::CONTROLLER,
    #[cfg(feature = "every-kind")]
    every_kind::policy_status::CONTROLLER,
];
