//! The kinds of a whole Kubernetes that the page does without: one file per resource, and one line here.

mod autoscaler_targets;
mod autoscaler_v1;
mod component_status;
mod controller_revision;
mod cron_job;
mod daemon_set;
mod endpoints;
mod horizontal_pod_autoscaler;
mod job;
mod limit_range;
mod persistent_volume;
mod persistent_volume_claim;
mod pod_disruption_budget;
mod pod_template;
mod rbac;
mod replication_controller;
mod resource_quota;
mod reviews;
mod stateful_set;
#[cfg(test)]
mod tests;

use crate::api::Resource;

/// The resources of this folder, in the order of the discovery documents: by group, and in it by the alphabet.
pub(super) static RESOURCES: &[Resource] = &[
    component_status::RESOURCE,
    endpoints::RESOURCE,
    limit_range::RESOURCE,
    persistent_volume_claim::RESOURCE,
    persistent_volume::RESOURCE,
    pod_template::RESOURCE,
    replication_controller::RESOURCE,
    resource_quota::RESOURCE,
    controller_revision::RESOURCE,
    daemon_set::RESOURCE,
    stateful_set::RESOURCE,
    horizontal_pod_autoscaler::RESOURCE,
    horizontal_pod_autoscaler::V1,
    cron_job::RESOURCE,
    job::RESOURCE,
    pod_disruption_budget::RESOURCE,
    reviews::SELF,
    reviews::TOKEN,
    reviews::LOCAL_ACCESS,
    reviews::SELF_ACCESS,
    reviews::SELF_RULES,
    reviews::ACCESS,
    rbac::CLUSTER_ROLE_BINDING,
    rbac::CLUSTER_ROLE,
    rbac::ROLE_BINDING,
    rbac::ROLE,
];
