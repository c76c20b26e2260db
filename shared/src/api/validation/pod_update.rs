//! What an update of a pod may change: images, a few numbers, and more tolerations.
//!
//! Upstream: `pkg/apis/core/validation/validation.go` (`ValidatePodUpdate`).
//! Differs: the message ends with no listing of what changed (`DIFFERENCE`: upstream shows a diff of Go's internal structs).

use crate::api::Errors;
use crate::api::validation::At;
use crate::model::Value;

const CHANGEABLE: &str = "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";

/// Compares a pod's new spec with its old one.
pub(super) fn validate(new: &At<'_>, old: &Value, errors: &mut Errors) {
    for field in ["containers", "initContainers"] {
        let at = new.field(field);
        if at.items().len() != old.get(field).items().len() {
            return errors.forbidden(&at, "pod updates may not add or remove containers");
        }
    }
    validate_deadline(&new.field("activeDeadlineSeconds"), old.get("activeDeadlineSeconds"), errors);
    if !only_adds(new.get("tolerations"), old.get("tolerations")) {
        let detail = "existing toleration can not be modified except its tolerationSeconds";
        errors.forbidden(&new.field("tolerations"), detail);
    }
    if munged(new, old) != *old {
        errors.forbidden(new, CHANGEABLE);
    }
}

fn validate_deadline(new: &At<'_>, old: &Value, errors: &mut Errors) {
    match (new.as_int(), old.as_int()) {
        (Some(new_seconds), Some(old_seconds)) if new_seconds > old_seconds => {
            errors.bad(new, "must be less than or equal to previous value");
        }
        (None, Some(_)) => errors.bad(new, "must not update from a positive integer to nil value"),
        _ => {}
    }
}

fn only_adds(new: &Value, old: &Value) -> bool {
    let same =
        |a: &Value, b: &Value| ["key", "operator", "value", "effect"].iter().all(|field| a.get(field) == b.get(field));
    old.items().iter().all(|old| new.items().iter().any(|new| same(new, old)))
}

/// The new spec with what may change taken from the old one.
fn munged(new: &At<'_>, old: &Value) -> Value {
    let mut spec = new.value().clone();
    for field in ["containers", "initContainers"] {
        for (index, container) in old.get(field).items().iter().enumerate() {
            if spec.get(field).items()[index].get("image") != container.get("image") {
                spec.entry(field).list_mut()[index].set("image", container.get("image"));
            }
        }
    }
    let mut fields = vec!["activeDeadlineSeconds", "tolerations"];
    let grace = "terminationGracePeriodSeconds";
    if old.get(grace).int_or(0) < 0 && new.get(grace).as_int() == Some(1) {
        fields.push(grace);
    }
    let gated = !old.get("schedulingGates").is_empty();
    if gated && new.get("schedulingGates").items().iter().all(|it| old.get("schedulingGates").items().contains(it)) {
        fields.extend(["schedulingGates", "nodeSelector", "affinity"]);
    }
    for field in fields {
        match old.get(field) {
            Value::Null => drop(spec.remove(field)),
            value => spec.set(field, value),
        }
    }
    spec
}
