//! Leases. Upstream: `pkg/apis/coordination/validation/validation.go`.

use crate::api::Errors;
use crate::api::validation::{At, NOT_NEGATIVE};
use crate::model::Object;

/// Finds what is wrong with a lease.
pub(crate) fn validate(lease: &Object, errors: &mut Errors) {
    let root = At::root(lease);
    let spec = root.field("spec");
    let duration = spec.field("leaseDurationSeconds");
    if duration.as_int().is_some_and(|it| it <= 0) {
        errors.bad(&duration, "must be greater than 0");
    }
    let transitions = spec.field("leaseTransitions");
    if transitions.as_int().is_some_and(|it| it < 0) {
        errors.bad(&transitions, NOT_NEGATIVE);
    }
    let holder = spec.field("holderIdentity");
    if holder.as_str() == Some("") {
        errors.bad(&holder, "must not be empty");
    }
}
