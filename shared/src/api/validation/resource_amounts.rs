//! `resources` of a container or a pod.
//!
//! Upstream: `pkg/apis/core/validation/validation.go` (`validateResourceRequirements`), `pkg/apis/core/helper`.

use crate::api::Errors;
use crate::api::validation::{At, NOT_NEGATIVE};
use crate::model::{Quantity, Value, names};

const FOR_CONTAINERS: [&str; 3] = ["cpu", "memory", "ephemeral-storage"];
const STANDARD: &[&str] = &[
    "cpu",
    "memory",
    "ephemeral-storage",
    "requests.cpu",
    "requests.memory",
    "requests.ephemeral-storage",
    "limits.cpu",
    "limits.memory",
    "limits.ephemeral-storage",
    "pods",
    "resourcequotas",
    "services",
    "replicationcontrollers",
    "secrets",
    "configmaps",
    "persistentvolumeclaims",
    "storage",
    "requests.storage",
    "services.nodeports",
    "services.loadbalancers",
];

/// `limits` and `requests`.
pub(super) fn validate(resources: &At<'_>, errors: &mut Errors) {
    let (limits, requests) = (resources.field("limits"), resources.field("requests"));
    for (name, limit) in limits.entries() {
        validate_amount(name, &limit, errors);
    }
    for (name, request) in requests.entries() {
        validate_amount(name, &request, errors);
        let limit = limits.get(name);
        compare(name, &requests, &limits, &Quantity::read(&request), limit, errors);
    }
}

fn compare(name: &str, requests: &At<'_>, limits: &At<'_>, request: &Quantity, limit: &Value, errors: &mut Errors) {
    let may_overcommit = may_overcommit(name);
    if limit.is_null() {
        if !may_overcommit {
            errors.required(limits, "Limit must be set for non overcommitable resources");
        }
        return;
    }
    let limit = Quantity::read(limit);
    let shown = Value::from(request);
    if !may_overcommit && *request != limit {
        errors.invalid(requests, &shown, &format!("must be equal to {name} limit of {limit}"));
    } else if *request > limit {
        errors.invalid(requests, &shown, &format!("must be less than or equal to {name} limit of {limit}"));
    }
}

fn validate_amount(name: &str, amount: &At<'_>, errors: &mut Errors) {
    validate_container_resource(name, amount, errors);
    let quantity = Quantity::read(amount);
    let shown = Value::from(&quantity);
    if quantity.is_negative() {
        errors.invalid(amount, &shown, NOT_NEGATIVE);
    }
    if !is_native(name) && !quantity.is_whole() {
        errors.invalid(amount, &shown, "must be an integer");
    }
}

/// The name of something that containers use.
pub(super) fn validate_container_resource(name: &str, at: &At<'_>, errors: &mut Errors) {
    validate_resource_name(name, at, errors);
    if name.contains('/') {
        if !is_native(name) && name.starts_with("requests.") {
            errors.invalid(at, &name.into(), "doesn't follow extended resource name standard");
        }
    } else if !FOR_CONTAINERS.contains(&name) && !name.starts_with("hugepages-") {
        errors.invalid(at, &name.into(), "must be a standard resource for containers");
    }
}

/// The name of something of which there are amounts.
pub(super) fn validate_resource_name(name: &str, at: &At<'_>, errors: &mut Errors) {
    let shown = Value::from(name);
    let wrong = names::label_key(name);
    if !wrong.is_empty() {
        return errors.invalid_each(at, &shown, wrong);
    }
    if !name.contains('/') && !STANDARD.contains(&name) && !name.contains("hugepages-") {
        errors.invalid(at, &shown, "must be a standard resource type or fully qualified");
    }
}

fn is_native(name: &str) -> bool {
    !name.contains('/') || name.contains("kubernetes.io/")
}

/// True if containers may be promised more than there is.
pub(super) fn may_overcommit(name: &str) -> bool {
    is_native(name) && !name.starts_with("hugepages-")
}
