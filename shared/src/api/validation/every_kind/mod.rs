//! The checks of the kinds in `resources/every_kind`: one file per kind.

pub(crate) mod claim;
pub(crate) mod controller_revision;
pub(crate) mod cron_job;
pub(crate) mod daemon_set;
pub(crate) mod endpoints;
pub(crate) mod horizontal_pod_autoscaler;
mod indexes;
pub(crate) mod job;
pub(crate) mod limit_range;
mod metrics;
pub(crate) mod pod_disruption_budget;
mod pod_failure_policy;
pub(crate) mod pod_template;
pub(crate) mod rbac;
pub(crate) mod replication_controller;
pub(crate) mod resource_quota;
pub(crate) mod stateful_set;
mod template;
pub(crate) mod volume;
