//! Classes of priority. Upstream: `pkg/apis/scheduling/validation/validation.go`, `pkg/apis/scheduling/v1/helpers.go`.

use crate::api::Errors;
use crate::api::validation::{At, IMMUTABLE};
use crate::model::Object;

/// The highest value that a user may give.
const USER_VALUE_MAX: i64 = 1_000_000_000;
const RESERVED: &str = "priority class names with 'system-' prefix are reserved for system use only. error: ";

/// The classes that every cluster has, with their values.
pub(crate) const SYSTEM_CLASSES: [(&str, i64); 2] =
    [("system-node-critical", 2_000_001_000), ("system-cluster-critical", 2_000_000_000)];

/// Finds what is wrong with a new class.
pub(crate) fn validate(class: &Object, errors: &mut Errors) {
    let root = At::root(class);
    let (name, value) = (class.name(), class.get("value").int_or(0));
    if name.starts_with("system-") {
        if let Some(error) = not_a_system_class(class, &name, value) {
            errors.forbidden("metadata.name", &format!("{RESERVED}{error}"));
        }
    } else if value > USER_VALUE_MAX {
        let detail = format!("maximum allowed value of a user defined priority is {USER_VALUE_MAX}");
        errors.forbidden("value", &detail);
    }
    let policy = root.field("preemptionPolicy");
    if policy.is_set() {
        errors.one_of(&policy, &["Never", "PreemptLowerPriority"]);
    }
}

fn not_a_system_class(class: &Object, name: &str, value: i64) -> Option<String> {
    let Some((_, wanted)) = SYSTEM_CLASSES.iter().find(|(known, _)| *known == name) else {
        return Some(format!("{name} is not a known system priority class"));
    };
    if value != *wanted {
        return Some(format!("value of {name} PriorityClass must be {wanted}"));
    }
    class.get("globalDefault").is_true().then(|| format!("globalDefault of {name} PriorityClass must be false"))
}

/// Finds what is wrong with a changed class.
pub(crate) fn validate_update(new: &Object, old: &Object, errors: &mut Errors) {
    if new.get("value").int_or(0) != old.get("value").int_or(0) {
        errors.forbidden("value", "may not be changed in an update.");
    }
    let policy = new.get("preemptionPolicy");
    if policy != old.get("preemptionPolicy") {
        errors.invalid("preemptionPolicy", policy, IMMUTABLE);
    }
}
