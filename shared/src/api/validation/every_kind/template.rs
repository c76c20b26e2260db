//! The pod template of a workload that runs its pods for ever, and the selector that must match it.

use crate::api::Errors;
use crate::api::validation::every_kind::pod_template::validate_template;
use crate::api::validation::{At, labels};
use crate::model::{Selector, names};

const NOT_MATCHING: &str = "`selector` does not match template `labels`";

/// The labels of the template must be what `selector` asks for; `None` asks for what no labels are.
pub(super) fn matches(template: &At<'_>, selector: Option<&Selector>, errors: &mut Errors) {
    let metadata = template.field("metadata");
    let own = metadata.field("labels");
    if selector.is_none_or(|it| !it.matches(&own)) {
        errors.bad(&own, NOT_MATCHING);
    }
}

/// A selector that is there, and not empty.
pub(super) fn validate_selector(selector: &At<'_>, kind: &str, errors: &mut Errors) {
    labels::validate_selector(selector, errors);
    if selector.get("matchLabels").is_empty() && selector.get("matchExpressions").is_empty() {
        labels::bad_selector(selector, &format!("empty selector is invalid for {kind}"), errors);
    }
}

/// Pods that are always restarted and know no deadline; `kind` is the workload's.
pub(super) fn validate_endless(template: &At<'_>, kind: &str, errors: &mut Errors) {
    validate_template(template, errors);
    validate_restart(template, kind, errors);
}

/// The part of [`validate_endless`] that is not the pod's own.
pub(super) fn validate_restart(template: &At<'_>, kind: &str, errors: &mut Errors) {
    let spec = template.field("spec");
    let policy = spec.field("restartPolicy");
    if !policy.is_empty() {
        errors.one_of(&policy, &["Always"]);
    }
    let deadline = spec.field("activeDeadlineSeconds");
    if deadline.is_set() {
        errors.forbidden(&deadline, &format!("activeDeadlineSeconds in {kind} is not Supported"));
    }
}

/// Counts of a status, none of which may be below 0.
pub(super) fn counts(status: &At<'_>, fields: &[&str], errors: &mut Errors) {
    for field in fields {
        errors.not_negative(&status.field(field));
    }
}

/// A count of hash collisions, which only grows.
pub(super) fn collisions(status: &At<'_>, old: &crate::model::Object, errors: &mut Errors) {
    let count = status.field("collisionCount");
    errors.not_negative(&count);
    if count.int_or(0) < old.at("status.collisionCount").int_or(0) {
        errors.invalid(&count, &count.int_or(0).into(), "cannot be decremented");
    }
}

/// A name that becomes part of names of pods should be a label.
pub(super) fn warn_of_name(object: &crate::model::Object, warnings: &mut Vec<String>) {
    let wrong = names::dns1123_label(&object.name());
    if !wrong.is_empty() {
        let list = wrong.join(" ");
        warnings.push(format!(
            "metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [{list}]"
        ));
    }
}
