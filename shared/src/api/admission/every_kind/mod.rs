//! The plug-ins that only a whole Kubernetes needs, one file each; their order is that of `PLUGINS`.

pub(super) mod certificates;
pub(super) mod claim_resize;
pub(super) mod default_ingress_class;
pub(super) mod default_storage_class;
pub(super) mod limit_ranger;
pub(super) mod node_restriction;
pub(super) mod pod_security;
pub(super) mod policy;
pub(super) mod resource_quota;
pub(super) mod storage_in_use;
#[cfg(test)]
mod tests;
pub(super) mod webhook;
