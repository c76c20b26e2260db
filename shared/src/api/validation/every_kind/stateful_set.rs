//! Stateful sets. Upstream: `pkg/apis/apps/validation/validation.go` (`ValidateStatefulSet`).

use crate::api::Errors;
use crate::api::validation::every_kind::{claim, pod_template, template};
use crate::api::validation::workload::{is_zero, not_over_100_percent, number_or_percent};
use crate::api::validation::{At, labels, pod_spec, warnings};
use crate::model::{Object, Selector, Value, names};

/// What an update may change; everything else of the spec stays.
const MUTABLE: &[&str] = &[
    "replicas",
    "ordinals",
    "template",
    "updateStrategy",
    "revisionHistoryLimit",
    "persistentVolumeClaimRetentionPolicy",
    "minReadySeconds",
];
const FIXED: &str = "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";

/// Finds what is wrong with a new set.
pub(crate) fn validate(set: &Object, errors: &mut Errors) {
    let root = At::root(set);
    let spec = root.field("spec");
    validate_policies(&spec, errors);
    errors.not_negative(&spec.field("replicas"));
    errors.not_negative(&spec.field("minReadySeconds"));
    let start = spec.get("ordinals").get("start");
    if start.int_or(0) < 0 {
        errors.invalid(format!("{spec}.ordinals.start"), start, super::super::NOT_NEGATIVE);
    }
    let service = spec.field("serviceName");
    if !service.is_empty() {
        errors.bad_each(&service, names::dns1123_label(service.str()));
    }
    let selector = spec.field("selector");
    if selector.is_set() {
        template::validate_selector(&selector, "statefulset", errors);
    } else {
        errors.required(&selector, "");
    }
    let pods = spec.field("template");
    match Selector::from_object(&selector) {
        Ok(parsed) => {
            if !parsed.is_everything() {
                template::matches(&pods, Some(&parsed), errors);
            }
            validate_template(&spec, &pods, errors);
        }
        Err(_) => labels::bad_selector(&selector, "", errors),
    }
    template::validate_restart(&pods, "StatefulSet", errors);
}

/// The template's containers may mount what the claims' templates will give.
fn validate_template(spec: &At<'_>, pods: &At<'_>, errors: &mut Errors) {
    pod_template::validate_labels(pods, errors);
    let mut whole = pods.get("spec").clone();
    let own = whole.get("volumes").items().to_vec();
    let claims = spec.get("volumeClaimTemplates").items().iter().map(|claim| {
        let name = claim.at("metadata.name");
        let source = Value::from([("claimName", name.clone())]);
        Value::from([("name", name.clone()), ("persistentVolumeClaim", source)])
    });
    let added: Vec<Value> = claims.filter(|it| !own.iter().any(|own| own.get("name") == it.get("name"))).collect();
    if !added.is_empty() {
        whole.set("volumes", Value::from([own, added].concat()));
    }
    pod_spec::validate(&At { value: &whole, ..pods.field("spec") }, errors);
}

fn validate_policies(spec: &At<'_>, errors: &mut Errors) {
    let management = spec.field("podManagementPolicy");
    if errors.needs(&management) && !matches!(management.str(), "OrderedReady" | "Parallel") {
        errors.bad(&management, "must be 'OrderedReady' or 'Parallel'");
    }
    validate_strategy(&spec.field("updateStrategy"), errors);
    let retention = spec.field("persistentVolumeClaimRetentionPolicy");
    for field in ["whenDeleted", "whenScaled"] {
        if retention.is_set() {
            errors.one_of(&retention.field(field), &["Retain", "Delete"]);
        }
    }
}

fn validate_strategy(strategy: &At<'_>, errors: &mut Errors) {
    let rolling = strategy.field("rollingUpdate");
    match strategy.get("type").str() {
        "" => errors.required(strategy, ""),
        "OnDelete" if rolling.is_set() => {
            errors.bad(&rolling, "only allowed for updateStrategy 'RollingUpdate'");
        }
        "OnDelete" => {}
        "RollingUpdate" => {
            errors.not_negative(&rolling.field("partition"));
            let unavailable = rolling.field("maxUnavailable");
            if unavailable.is_set() {
                number_or_percent(&unavailable, errors);
                if is_zero(&unavailable) {
                    errors.bad(&unavailable, "cannot be 0");
                }
                not_over_100_percent(&unavailable, errors);
            }
        }
        _ => errors.bad(strategy, "must be 'RollingUpdate' or 'OnDelete'"),
    }
}

/// Finds what is wrong with a change.
pub(crate) fn validate_update(new: &Object, old: &Object, errors: &mut Errors) {
    if new.get("spec") == old.get("spec") {
        return;
    }
    validate(new, errors);
    let fixed = |object: &Object| {
        let mut spec = object.get("spec").clone();
        for field in MUTABLE {
            spec.map_mut().remove(field);
        }
        spec
    };
    if fixed(new) != fixed(old) {
        errors.forbidden("spec", FIXED);
    }
}

/// Finds what is wrong with a change of the status.
pub(crate) fn validate_status(new: &Object, old: &Object, errors: &mut Errors) {
    let root = At::root(new);
    let status = root.field("status");
    let parts = ["readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas"];
    template::counts(&status, &["replicas"], errors);
    template::counts(&status, &parts, errors);
    template::counts(&status, &["observedGeneration"], errors);
    template::collisions(&status, old, errors);
    let count = |field: &str| status.get(field).int_or(0);
    for field in parts {
        if count(field) > count("replicas") {
            errors.bad(&status.field(field), "cannot be greater than status.replicas");
        }
    }
    if count("availableReplicas") > count("readyReplicas") {
        errors.bad(&status.field("availableReplicas"), "cannot be greater than status.readyReplicas");
    }
}

/// What may be wrong with a set that is accepted.
pub(crate) fn warn(set: &Object, warnings: &mut Vec<String>) {
    let root = At::root(set);
    let spec = root.field("spec");
    warnings::of_pod_spec(&spec.field("template").field("spec"), warnings);
    for template in spec.field("volumeClaimTemplates").each() {
        claim::warn_of_amounts(&At { value: template.get("spec"), ..template }, warnings);
    }
    if spec.get("revisionHistoryLimit").int_or(0) < 0 {
        warnings.push(
            "spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended"
                .into(),
        );
    }
}
