//! Classes of container runtimes. Upstream: `pkg/apis/node/validation/validation.go`.

use crate::api::Errors;
use crate::api::validation::{At, IMMUTABLE, labels, tolerations};
use crate::model::{Object, Quantity, names};

/// Finds what is wrong with a new class.
pub(crate) fn validate(class: &Object, errors: &mut Errors) {
    let root = At::root(class);
    let handler = root.field("handler");
    errors.bad_each(&handler, names::dns1123_label(handler.str()));
    let overhead = root.field("overhead");
    let fixed = overhead.field("podFixed");
    for (name, amount) in fixed.entries() {
        errors.bad_each(&amount, names::label_key(name));
        if Quantity::from_value(amount.value()).is_ok_and(|it| it.is_negative()) {
            errors.bad(&amount, "must be greater than or equal to 0");
        }
    }
    let scheduling = root.field("scheduling");
    labels::validate(&scheduling.field("nodeSelector"), errors);
    tolerations::validate(&scheduling.field("tolerations"), errors);
}

/// Finds what is wrong with a changed class: the handler stays.
pub(crate) fn validate_update(new: &Object, old: &Object, errors: &mut Errors) {
    if new.get("handler") != old.get("handler") {
        errors.invalid("handler", new.get("handler"), IMMUTABLE);
    }
}
