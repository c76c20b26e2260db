//! Quotas. Upstream: `pkg/apis/core/validation/validation.go` (`ValidateResourceQuota`), `pkg/apis/core/helper`.

use crate::api::Errors;
use crate::api::validation::{At, IMMUTABLE, NOT_NEGATIVE, resource_amounts};
use crate::model::{Object, Quantity, Value};

/// Amounts of compute resources, which scopes of pods can be about.
const COMPUTE: &[&str] = &[
    "pods",
    "cpu",
    "memory",
    "requests.cpu",
    "requests.memory",
    "limits.cpu",
    "limits.memory",
    "ephemeral-storage",
    "requests.ephemeral-storage",
    "limits.ephemeral-storage",
];
/// Numbers of objects.
const OBJECTS: &[&str] = &[
    "resourcequotas",
    "services",
    "replicationcontrollers",
    "secrets",
    "persistentvolumeclaims",
    "configmaps",
    "services.nodeports",
    "services.loadbalancers",
];
const SCOPES: &[&str] = &[
    "Terminating",
    "NotTerminating",
    "BestEffort",
    "NotBestEffort",
    "PriorityClass",
    "CrossNamespacePodAffinity",
    "VolumeAttributesClass",
];
const CONFLICTS: [[&str; 2]; 2] = [["BestEffort", "NotBestEffort"], ["Terminating", "NotTerminating"]];

/// Finds what is wrong with a new quota.
pub(crate) fn validate(quota: &Object, errors: &mut Errors) {
    let root = At::root(quota);
    let spec = root.field("spec");
    let hard = spec.field("hard");
    for (name, amount) in hard.entries() {
        validate_amount(name, &amount, errors);
    }
    validate_scopes(&spec, errors);
    validate_selector(&spec, errors);
}

fn validate_amount(name: &str, amount: &At<'_>, errors: &mut Errors) {
    resource_amounts::validate_resource_name(name, amount, errors);
    if !name.contains('/') && !is_standard(name) {
        errors.invalid(amount, &name.into(), "must be a standard resource for quota");
    }
    let quantity = Quantity::read(amount);
    if quantity.is_negative() {
        errors.invalid(amount, &quantity.to_string().into(), NOT_NEGATIVE);
    }
    let counts = name == "pods" || OBJECTS.contains(&name) || name.contains('/') && !name.contains("kubernetes.io/");
    if counts && !quantity.is_whole() {
        errors.invalid(amount, &quantity.to_string().into(), "must be an integer");
    }
}

fn is_standard(name: &str) -> bool {
    let huge = name.starts_with("hugepages-") || name.starts_with("requests.hugepages-");
    COMPUTE.contains(&name) || OBJECTS.contains(&name) || name == "requests.storage" || huge
}

/// A scope of pods counts nothing but what pods use.
fn fits(scope: &str, resource: &str) -> bool {
    match scope {
        "BestEffort" => resource == "pods",
        "Terminating" | "NotTerminating" | "NotBestEffort" | "PriorityClass" | "CrossNamespacePodAffinity" => {
            COMPUTE.contains(&resource) || resource.starts_with("hugepages-")
        }
        _ => true,
    }
}

fn validate_scopes(spec: &At<'_>, errors: &mut Errors) {
    let scopes = spec.field("scopes");
    let given: Vec<&str> = scopes.items().iter().map(Value::str).collect();
    for scope in &given {
        check_scope(spec, &scopes, scope, errors);
    }
    conflicts(&scopes, &given, errors);
}

fn check_scope(spec: &At<'_>, place: &At<'_>, scope: &str, errors: &mut Errors) {
    if !SCOPES.contains(&scope) {
        errors.bad(place, "unsupported scope");
    }
    let hard = spec.get("hard").fields().iter();
    for _ in hard.filter(|(name, _)| is_standard(name) && !fits(scope, name)) {
        errors.bad(place, "unsupported scope applied to resource");
    }
}

fn conflicts(place: &At<'_>, given: &[&str], errors: &mut Errors) {
    for pair in CONFLICTS {
        if pair.iter().all(|it| given.contains(it)) {
            errors.bad(place, "conflicting scopes");
        }
    }
}

fn validate_selector(spec: &At<'_>, errors: &mut Errors) {
    let selector = spec.field("scopeSelector");
    let all = selector.field("matchExpressions");
    let mut given: Vec<&str> = Vec::new();
    for requirement in all.each() {
        let (scope, values) = (requirement.field("scopeName"), requirement.field("values"));
        if !SCOPES.contains(&scope.str()) {
            errors.bad(&scope, "unsupported scope");
        }
        let operator = requirement.field("operator");
        let pods_own = ["Terminating", "NotTerminating", "BestEffort", "NotBestEffort", "CrossNamespacePodAffinity"];
        if pods_own.contains(&scope.str()) && operator.str() != "Exists" {
            errors.bad(&operator, "must be 'Exist' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity");
        }
        match operator.str() {
            "In" | "NotIn" if values.is_empty() => {
                errors.required(
                    &values,
                    "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector",
                );
            }
            "Exists" | "DoesNotExist" if !values.is_empty() => {
                errors.bad(&values, "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector");
            }
            "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
            _ => errors.bad(&operator, "not a valid selector operator"),
        }
        given.push(requirement.value().get("scopeName").str());
    }
    conflicts(&all, &given, errors);
}

/// Finds what is wrong with a change: the scopes stay.
pub(crate) fn validate_update(new: &Object, old: &Object, errors: &mut Errors) {
    validate(new, errors);
    let scopes = |quota: &Object| {
        let mut all: Vec<String> = quota.at("spec.scopes").items().iter().map(|it| it.str().to_owned()).collect();
        all.sort();
        all
    };
    if scopes(new) != scopes(old) {
        errors.invalid("spec.scopes", new.at("spec.scopes"), IMMUTABLE);
    }
}
