//! The plug-ins that only a whole Kubernetes needs, one file each; their order is that of `PLUGINS`.

pub(super) mod default_ingress_class;
pub(super) mod default_storage_class;
pub(super) mod storage_in_use;
