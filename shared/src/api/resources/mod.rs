//! One file per resource; this list is all that makes it exist.

pub(crate) mod conditions;
mod config_map;
mod event;
mod lease;
mod namespace;
mod node;
mod pod;
mod pod_columns;
mod pod_spec;
mod replicaset;
mod secret;
mod service;
mod service_account;
mod service_addresses;
mod workload;

pub mod deployment;

pub(crate) use workload::keep;

use crate::api::Resource;
use crate::model::ResourceName;

/// Every resource, in the order of the discovery documents.
pub static RESOURCES: &[Resource] = &[
    config_map::RESOURCE,
    event::RESOURCE,
    namespace::RESOURCE,
    node::RESOURCE,
    pod::RESOURCE,
    secret::RESOURCE,
    service_account::RESOURCE,
    service::RESOURCE,
    deployment::RESOURCE,
    replicaset::RESOURCE,
    event::EVENTS_GROUP,
    lease::RESOURCE,
];

/// The registration of a resource.
pub fn find(name: &ResourceName) -> Option<&'static Resource> {
    RESOURCES.iter().find(|it| it.plural == name.plural() && it.group == name.group())
}

/// The registration of a kind: `find_kind("apps/v1", "Deployment")`.
pub fn find_kind(api_version: &str, kind: &str) -> Option<&'static Resource> {
    RESOURCES.iter().find(|it| it.kind == kind && it.api_version() == api_version)
}
