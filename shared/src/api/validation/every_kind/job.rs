//! Jobs. Upstream: `pkg/apis/batch/validation/validation.go` (`ValidateJob`), `pkg/api/job/warnings.go`.
//!
//! Differs: a refused change of the template shows the template as the API has it (`DIFFERENCE`: Kubernetes shows its
//! internal Go structs).

use crate::api::Errors;
use crate::api::validation::every_kind::{indexes, pod_failure_policy, template};
use crate::api::validation::{At, IMMUTABLE, labels, warnings};
use crate::model::{Object, Selector, Text, Value, names};

/// The most pods of an indexed job at once.
const INDEXED_PARALLELISM_MAX: i64 = 100_000;
/// The most indexes of a job that may fail.
const FAILED_INDEXES_MAX: i64 = 100_000;
/// From this many completions on a job with a limit of retries per index is held to tighter limits.
const MANY_COMPLETIONS: i64 = 100_000;
/// These limits: of pods at once, and of failed indexes.
const TIGHT_MAX: i64 = 10_000;
/// The most bytes of `managedBy`.
const MANAGED_BY_MAX_BYTES: usize = 63;

/// The labels of a job's pods: first those that carry its name, then those that carry its uid.
pub(crate) const NAME_LABELS: [&str; 2] = ["job-name", "batch.kubernetes.io/job-name"];
/// See [`NAME_LABELS`].
pub(crate) const UID_LABELS: [&str; 2] = ["controller-uid", "batch.kubernetes.io/controller-uid"];

/// Finds what is wrong with a new job.
pub(crate) fn validate(job: &Object, errors: &mut Errors) {
    let root = At::root(job);
    let spec = root.field("spec");
    validate_generated(job, &spec, errors);
    validate_whole(&spec, errors);
    let completions = spec.get("completions").int_or(0);
    if spec.get("completionMode").str() == "Indexed" && completions > 0 {
        let last = format!("{}-{}", job.name(), completions - 1);
        if !names::dns1123_label(&last).is_empty() {
            let metadata = root.field("metadata");
            let detail = format!("will not able to create pod with invalid DNS label: {last}");
            errors.bad(&metadata.field("name"), &detail);
        }
    }
}

/// The selector and labels that the server made, which the user's own may stand in the way of.
fn validate_generated(job: &Object, spec: &At<'_>, errors: &mut Errors) {
    let selector = spec.field("selector");
    if spec.get("manualSelector").is_true() || !selector.is_set() {
        return;
    }
    let pods = spec.field("template");
    let metadata = pods.field("metadata");
    let own = metadata.field("labels");
    let expected = generated_labels(job);
    for (key, value) in &expected {
        let detail = format!("must be '{value}'");
        match own.get(key) {
            Value::Null => errors.required(&own.key(key), &detail),
            found if found.str() == value => {}
            _ => errors.invalid(&own.key(key), own.value(), &detail),
        }
    }
    let expected = Value::Map(expected.into_iter().map(|(key, value)| (key.into(), value.into())).collect());
    if Selector::from_object(&selector).is_ok_and(|it| !it.matches(&expected)) {
        labels::bad_selector(&selector, "`selector` not auto-generated", errors);
    }
}

/// The labels that a job's template must carry, and their values.
fn generated_labels(job: &Object) -> Vec<(&'static str, Text)> {
    let (name, uid) = (job.name(), job.uid());
    let all = [(UID_LABELS[0], &uid), (NAME_LABELS[0], &name), (UID_LABELS[1], &uid), (NAME_LABELS[1], &name)];
    all.into_iter().map(|(key, value)| (key, value.clone())).collect()
}

fn validate_whole(spec: &At<'_>, errors: &mut Errors) {
    validate_spec(spec, errors);
    let selector = spec.field("selector");
    if selector.is_set() {
        labels::validate_selector(&selector, errors);
    } else {
        errors.required(&selector, "");
    }
    if let Ok(parsed) = Selector::from_object(&selector) {
        template::matches(&spec.field("template"), selector.is_set().then_some(&parsed), errors);
    }
}

/// The spec of a job, also as a template of a cron job.
pub(super) fn validate_spec(spec: &At<'_>, errors: &mut Errors) {
    let counts = [
        "parallelism",
        "completions",
        "activeDeadlineSeconds",
        "backoffLimit",
        "ttlSecondsAfterFinished",
        "backoffLimitPerIndex",
        "maxFailedIndexes",
    ];
    template::counts(spec, &counts, errors);
    let failed = spec.field("maxFailedIndexes");
    if failed.is_set() && !spec.field("backoffLimitPerIndex").is_set() {
        errors.required(&spec.field("backoffLimitPerIndex"), "when maxFailedIndexes is specified");
    }
    validate_managed_by(&spec.field("managedBy"), errors);
    validate_mode(spec, errors);
    pod_failure_policy::validate(spec, errors);
    indexes::validate_success_policy(spec, errors);
    validate_replacement(spec, errors);
    super::pod_template::validate_template(&spec.field("template"), errors);
    validate_restart_policy(spec, errors);
}

fn validate_managed_by(manager: &At<'_>, errors: &mut Errors) {
    if !manager.is_set() {
        return;
    }
    match manager.str().split_once('/') {
        _ if manager.is_empty() => errors.required(manager, ""),
        Some((host, path)) if !host.is_empty() && !path.is_empty() => {
            errors.invalid_each(manager, &host.into(), names::dns1123_subdomain(host));
        }
        Some(_) | None => errors.bad(manager, "must be a domain-prefixed path (such as \"acme.io/foo\")"),
    }
    if manager.str().len() > MANAGED_BY_MAX_BYTES {
        errors.too_long(manager, MANAGED_BY_MAX_BYTES);
    }
}

fn validate_mode(spec: &At<'_>, errors: &mut Errors) {
    let mode = spec.field("completionMode");
    if mode.is_set() {
        errors.one_of(&mode, &["Indexed", "NonIndexed"]);
    }
    match mode.str() {
        "Indexed" => validate_indexed(spec, errors),
        "" | "NonIndexed" => {
            for field in ["backoffLimitPerIndex", "maxFailedIndexes"] {
                let limit = spec.field(field);
                if limit.is_set() {
                    errors.bad(&limit, "requires indexed completion mode");
                }
            }
        }
        _ => {}
    }
}

fn validate_indexed(spec: &At<'_>, errors: &mut Errors) {
    let (completions, parallelism) = (spec.field("completions"), spec.field("parallelism"));
    let failed = spec.field("maxFailedIndexes");
    if !completions.is_set() {
        errors.required(&completions, "when completion mode is Indexed");
    }
    at_most(&parallelism, INDEXED_PARALLELISM_MAX, " when completion mode is Indexed", errors);
    if let Some(completions) = completions.as_int()
        && failed.int_or(0) > completions
    {
        errors.bad(&failed, "must be less than or equal to completions");
    }
    at_most(&failed, FAILED_INDEXES_MAX, "", errors);
    if completions.int_or(0) > MANY_COMPLETIONS && spec.field("backoffLimitPerIndex").is_set() {
        let tail = format!(" when completions are above {MANY_COMPLETIONS} and used with backoff limit per index");
        at_most(&parallelism, TIGHT_MAX, &tail, errors);
        at_most(&failed, TIGHT_MAX, &tail, errors);
        if !failed.is_set() {
            errors.required(&failed, &format!("must be specified when completions is above {MANY_COMPLETIONS}"));
        }
    }
}

fn at_most(at: &At<'_>, most: i64, tail: &str, errors: &mut Errors) {
    if at.int_or(0) > most {
        errors.bad(at, &format!("must be less than or equal to {most}{tail}"));
    }
}

fn validate_replacement(spec: &At<'_>, errors: &mut Errors) {
    let policy = spec.field("podReplacementPolicy");
    if !policy.is_set() {
        return;
    }
    let words: &[&str] =
        if spec.field("podFailurePolicy").is_set() { &["Failed"] } else { &["Failed", "TerminatingOrFailed"] };
    errors.one_of(&policy, words);
}

fn validate_restart_policy(spec: &At<'_>, errors: &mut Errors) {
    let pods = spec.field("template");
    let pods = pods.field("spec");
    let policy = pods.field("restartPolicy");
    match policy.str() {
        "" | "Always" => errors.required(&policy, "valid values: \"OnFailure\", \"Never\""),
        "OnFailure" if spec.field("podFailurePolicy").is_set() => {
            errors.bad(&policy, "only \"Never\" is supported when podFailurePolicy is specified");
        }
        "OnFailure" | "Never" => {}
        _ => errors.unsupported(&policy, policy.value(), &["OnFailure", "Never"]),
    }
}

/// Finds what is wrong with a change.
pub(crate) fn validate_update(new: &Object, old: &Object, errors: &mut Errors) {
    if new.get("spec") == old.get("spec") {
        return;
    }
    let root = At::root(new);
    let spec = root.field("spec");
    validate_whole(&spec, errors);
    validate_completions(&spec, old, errors);
    let mut fixed = |field: &str| {
        let at = spec.field(field);
        if at.value() != old.get("spec").get(field) {
            errors.bad(&at, IMMUTABLE);
        }
    };
    fixed("selector");
    if template_is_fixed(&spec, old) {
        fixed("template");
    }
    for field in ["completionMode", "podFailurePolicy", "backoffLimitPerIndex", "managedBy", "successPolicy"] {
        fixed(field);
    }
}

/// An indexed job may grow and shrink if its parallelism does so too.
fn validate_completions(spec: &At<'_>, old: &Object, errors: &mut Errors) {
    let completions = spec.field("completions");
    let before = old.at("spec.completions");
    if completions.value() == before {
        return;
    }
    if spec.get("completionMode").str() != "Indexed" {
        errors.bad(&completions, IMMUTABLE);
    } else if completions.is_set() && !before.is_null() && completions.value() != spec.get("parallelism") {
        errors.bad(&completions, "can only be modified in tandem with spec.parallelism");
    }
}

/// Where the pods of a suspended job that has not begun will run may still change.
fn template_is_fixed(spec: &At<'_>, old: &Object) -> bool {
    const FREE: [&str; 6] = [
        "metadata.labels",
        "metadata.annotations",
        "spec.nodeSelector",
        "spec.affinity",
        "spec.tolerations",
        "spec.schedulingGates",
    ];
    let (mut new, mut before) = (spec.get("template").clone(), old.at("spec.template").clone());
    if old.at("spec.suspend").is_true() && old.at("status.startTime").is_null() {
        for field in FREE {
            new.remove(field);
            before.remove(field);
        }
    }
    new != before
}

/// Finds what is wrong with a change of the status.
pub(crate) fn validate_status(new: &Object, _: &Object, errors: &mut Errors) {
    let root = At::root(new);
    let counts = ["active", "succeeded", "failed", "ready", "terminating"];
    template::counts(&root.field("status"), &counts, errors);
}

/// What may be wrong with a job that is accepted.
pub(crate) fn warn(job: &Object, warnings: &mut Vec<String>) {
    template::warn_of_name(job, warnings);
    let root = At::root(job);
    warn_of_spec(&root.field("spec"), warnings);
}

/// What may be wrong with the spec of a job.
pub(super) fn warn_of_spec(spec: &At<'_>, warnings: &mut Vec<String>) {
    let many = spec.get("completions").int_or(0) > MANY_COMPLETIONS && spec.get("parallelism").int_or(0) > TIGHT_MAX;
    if many && spec.get("completionMode").str() == "Indexed" {
        warnings.push("In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail".into());
    }
    warnings::of_pod_spec(&spec.field("template").field("spec"), warnings);
}
