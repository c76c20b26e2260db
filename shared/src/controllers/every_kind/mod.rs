//! The control loops of a whole control plane, one file each.

pub(super) mod certificate_cleaner;
pub(super) mod endpoints;
pub(super) mod policy_status;
pub(super) mod resource_quota;
pub(super) mod role_aggregation;
pub(super) mod service_addresses;
pub(super) mod service_cidrs;
pub(super) mod storage_protection;
pub(super) mod ttl_after_finished;
