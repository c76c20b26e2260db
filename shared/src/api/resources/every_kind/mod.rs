//! The kinds of a whole Kubernetes that the page does without: one file per resource, and one line here.

mod admission_registration;
mod autoscaler_targets;
mod autoscaler_v1;
mod certificate_request;
mod component_status;
mod controller_revision;
mod cron_job;
pub(crate) mod custom_resource_definition;
mod daemon_set;
mod endpoint_slice;
mod endpoints;
mod horizontal_pod_autoscaler;
mod ingress;
mod ingress_class;
mod ip_address;
mod job;
mod limit_range;
mod network_policy;
#[cfg(test)]
mod network_storage_tests;
mod persistent_volume;
mod persistent_volume_claim;
mod pod_disruption_budget;
mod pod_template;
pub(crate) mod priority_class;
mod rbac;
mod replication_controller;
mod resource_quota;
mod reviews;
mod runtime_class;
pub(crate) mod service_cidr;
mod stateful_set;
mod storage;
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
    certificate_request::RESOURCE,
    ingress_class::RESOURCE,
    ingress::RESOURCE,
    ip_address::RESOURCE,
    network_policy::RESOURCE,
    service_cidr::RESOURCE,
    rbac::CLUSTER_ROLE_BINDING,
    rbac::CLUSTER_ROLE,
    rbac::ROLE_BINDING,
    rbac::ROLE,
    storage::CSI_DRIVER,
    storage::CSI_NODE,
    storage::CSI_STORAGE_CAPACITY,
    storage::STORAGE_CLASS,
    storage::VOLUME_ATTACHMENT,
    storage::VOLUME_ATTRIBUTES_CLASS,
    admission_registration::MUTATING_POLICY,
    admission_registration::MUTATING_BINDING,
    admission_registration::MUTATING_WEBHOOKS,
    admission_registration::VALIDATING_POLICY,
    admission_registration::VALIDATING_BINDING,
    admission_registration::VALIDATING_WEBHOOKS,
    custom_resource_definition::RESOURCE,
    priority_class::RESOURCE,
    runtime_class::RESOURCE,
    endpoint_slice::RESOURCE,
];
