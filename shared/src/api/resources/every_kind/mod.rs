//! The kinds of a whole Kubernetes that the page does without: one file per resource, and one line here.

mod controller_revision;
mod pod_template;
mod rbac;
mod reviews;

use crate::api::Resource;

/// The resources of this folder, in the order of the discovery documents: by group, and in it by the alphabet.
pub(super) static RESOURCES: &[Resource] = &[
    pod_template::RESOURCE,
    controller_revision::RESOURCE,
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
