//! Controller revisions. Upstream: `pkg/apis/apps/validation/validation.go` (`ValidateControllerRevisionCreate`).

use crate::api::Errors;
use crate::api::validation::{At, IMMUTABLE};
use crate::model::Object;

/// Finds what is wrong with a new revision.
pub(crate) fn validate(revision: &Object, errors: &mut Errors) {
    let root = At::root(revision);
    let data = root.field("data");
    if !data.is_set() {
        errors.required(&data, "data is mandatory");
    }
    errors.not_negative(&root.field("revision"));
}

/// Finds what is wrong with a change: the data stay as they are.
pub(crate) fn validate_update(new: &Object, old: &Object, errors: &mut Errors) {
    let root = At::root(new);
    errors.not_negative(&root.field("revision"));
    let data = root.field("data");
    if data.value() != old.get("data") {
        errors.bad(&data, IMMUTABLE);
    }
}
