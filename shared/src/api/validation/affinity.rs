//! Affinity to nodes and pods. Upstream: `pkg/apis/core/validation/validation.go` (`validateAffinity`).

use crate::api::Errors;
use crate::api::validation::{At, labels};
use crate::model::names;

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";

/// `affinity` of a pod spec.
pub(super) fn validate(affinity: &At<'_>, errors: &mut Errors) {
    validate_node_affinity(&affinity.field("nodeAffinity"), errors);
    validate_pod_affinity(&affinity.field("podAffinity"), errors);
    validate_pod_affinity(&affinity.field("podAntiAffinity"), errors);
}

fn validate_node_affinity(affinity: &At<'_>, errors: &mut Errors) {
    let required = affinity.field(REQUIRED);
    if required.is_set() {
        validate_node_selector(&required, errors);
    }
    for preferred in affinity.field(PREFERRED).each() {
        validate_weight(&preferred.field("weight"), errors);
        validate_node_term(&preferred.field("preference"), errors);
    }
}

/// A node selector, which must have a term.
pub(super) fn validate_node_selector(selector: &At<'_>, errors: &mut Errors) {
    let terms = selector.field("nodeSelectorTerms");
    if terms.is_empty() {
        return errors.required(&terms, "must have at least one node selector term");
    }
    terms.each().for_each(|term| validate_node_term(&term, errors));
}

fn validate_weight(weight: &At<'_>, errors: &mut Errors) {
    if !(1..=100).contains(&weight.int_or(0)) {
        errors.invalid(weight, &weight.int_or(0).into(), "must be in the range 1-100");
    }
}

fn validate_node_term(term: &At<'_>, errors: &mut Errors) {
    for requirement in term.field("matchExpressions").each() {
        let values = requirement.field("values");
        validate_values(&requirement, &values, errors);
        labels::validate_key(&requirement.field("key"), errors);
        for value in values.each() {
            errors.bad_each(&value, names::label_value(value.str()));
        }
    }
    for requirement in term.field("matchFields").each() {
        let key = requirement.field("key");
        let values = requirement.field("values");
        match requirement.get("operator").str() {
            "In" | "NotIn" if values.items().len() != 1 => {
                errors.required(
                    &values,
                    "must be only one value when `operator` is 'In' or 'NotIn' for node field selector",
                );
            }
            "In" | "NotIn" => {}
            _ => errors.bad(&requirement.field("operator"), "not a valid selector operator"),
        }
        if key.str() != "metadata.name" {
            errors.bad(&key, "not a valid field selector key");
        }
    }
}

fn validate_values(requirement: &At<'_>, values: &At<'_>, errors: &mut Errors) {
    match requirement.get("operator").str() {
        "In" | "NotIn" if values.is_empty() => {
            errors.required(values, "must be specified when `operator` is 'In' or 'NotIn'");
        }
        "Exists" | "DoesNotExist" if !values.is_empty() => {
            errors.forbidden(values, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
        }
        "Gt" | "Lt" if values.items().len() != 1 => {
            errors.required(values, "must be specified single value when `operator` is 'Lt' or 'Gt'");
        }
        "In" | "NotIn" | "Exists" | "DoesNotExist" | "Gt" | "Lt" => {}
        _ => errors.bad(&requirement.field("operator"), "not a valid selector operator"),
    }
}

fn validate_pod_affinity(affinity: &At<'_>, errors: &mut Errors) {
    for term in affinity.field(REQUIRED).each() {
        validate_pod_term(&term, errors);
    }
    for preferred in affinity.field(PREFERRED).each() {
        validate_weight(&preferred.field("weight"), errors);
        validate_pod_term(&preferred.field("podAffinityTerm"), errors);
    }
}

fn validate_pod_term(term: &At<'_>, errors: &mut Errors) {
    labels::validate_selector(&term.field("labelSelector"), errors);
    labels::validate_selector(&term.field("namespaceSelector"), errors);
    for name in term.field("namespaces").each() {
        errors.bad_each(&name, names::dns1123_label(name.str()));
    }
    let key = term.field("topologyKey");
    if key.is_empty() {
        errors.required(&key, "can not be empty");
    }
    labels::validate_key(&key, errors);
}
