//! One file per resource; this list is all that makes it exist.

mod namespace;
mod node;
mod pod;
mod replicaset;
mod workload;

pub mod deployment;

use crate::api::Resource;
use crate::model::ResourceName;

/// Every resource, in the order of the discovery documents.
pub static RESOURCES: &[Resource] =
    &[namespace::RESOURCE, node::RESOURCE, pod::RESOURCE, deployment::RESOURCE, replicaset::RESOURCE];

/// The registration of a resource.
pub fn find(name: &ResourceName) -> Option<&'static Resource> {
    RESOURCES.iter().find(|it| it.plural == name.plural() && it.group == name.group())
}

/// The registration of a kind: `find_kind("apps/v1", "Deployment")`.
pub fn find_kind(api_version: &str, kind: &str) -> Option<&'static Resource> {
    RESOURCES.iter().find(|it| it.kind == kind && it.api_version() == api_version)
}
