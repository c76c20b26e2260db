//! `batch/v1` Job. Upstream: `pkg/registry/batch/job/strategy.go`, `pkg/apis/batch/v1/defaults.go`, `printJob`.

use crate::api::printing::{age, human_span, number, of_containers};
use crate::api::registry::{Deletion, Fidelity};
use crate::api::resources::deployment::selector;
use crate::api::resources::pod_spec::default_pod_spec;
use crate::api::resources::workload::{count_generation, default, default_empty, each, keep, start_generation, within};
use crate::api::validation::every_kind::job::{self, NAME_LABELS, UID_LABELS};
use crate::api::{Column, Propagation, Resource};
use crate::model::{Object, Time, Value};

/// The registration.
pub(super) const RESOURCE: Resource = Resource {
    fidelity: Fidelity::Approximated(
        "no controller makes its pods yet; one that has ended is deleted as its ttlSecondsAfterFinished says",
    ),
    group: "batch",
    kind: "Job",
    plural: "jobs",
    singular: "job",
    categories: &["all"],
    subresources: &["status"],
    default: default_job,
    prepare_for_create,
    prepare_for_update,
    prepare_for_status,
    validate: job::validate,
    validate_update: job::validate_update,
    validate_status: job::validate_status,
    warn: job::warn,
    selectable: &[("status.successful", |it| number(it.at("status.succeeded")).into())],
    columns: &[
        Column::new("STATUS", |it, _| status(it).to_owned()),
        Column::new("COMPLETIONS", |it, _| completions(it)),
        Column::new("DURATION", duration),
        Column::new("AGE", age),
        Column::wide("CONTAINERS", |it, _| of_containers(it.at("spec.template.spec"), "name")),
        Column::wide("IMAGES", |it, _| of_containers(it.at("spec.template.spec"), "image")),
        Column::wide("SELECTOR", |it, _| selector(it)),
    ],
    deletion: Deletion { dependants: Propagation::Orphan, unasked: PODS_STAY, ..Deletion::PLAIN },
    ..Resource::NONE
};

const PODS_STAY: &str = "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning";

fn default_job(job: &mut Object) {
    // A new job's template has not got all its labels yet.
    if job.generation() > 0 {
        default_labels(job);
    }
    within(job, "spec", |spec| {
        if spec.get("completions").is_null() && spec.get("parallelism").is_null() {
            spec.set("completions", 1);
        }
        default(spec, "parallelism", 1);
        let retries = if spec.get("backoffLimitPerIndex").is_null() { 6 } else { i64::from(i32::MAX) };
        default(spec, "backoffLimit", retries);
        default(spec, "completionMode", "NonIndexed");
        default(spec, "suspend", false);
        default(spec, "manualSelector", false);
        let replace = if spec.get("podFailurePolicy").is_null() { "TerminatingOrFailed" } else { "Failed" };
        default(spec, "podReplacementPolicy", replace);
        default_pods(spec);
    });
}

fn default_labels(job: &mut Object) {
    let labels = job.at("spec.template.metadata.labels").clone();
    if job.metadata().get("labels").is_empty() && !labels.is_empty() {
        job.set("metadata.labels", labels);
    }
}

/// What a job's spec fills in even within a cron job.
pub(super) fn default_pods(spec: &mut Value) {
    within(spec, "podFailurePolicy", |policy| {
        each(policy, "rules", |rule| each(rule, "onPodConditions", |it| default_empty(it, "status", "True")));
    });
    within(spec, "template", |template| {
        default(template, "metadata", Value::map());
        within(template, "spec", default_pod_spec);
    });
}

/// A job that does not say otherwise selects its pods by its own uid.
fn prepare_for_create(job: &mut Object) {
    start_generation(job);
    if !job.at("spec.manualSelector").is_true() {
        generate_selector(job);
    }
    default_labels(job);
}

fn generate_selector(job: &mut Object) {
    let (name, uid) = (job.name(), job.uid());
    let labels = job.entry("spec.template.metadata.labels").map_mut();
    for (keys, value) in [(NAME_LABELS, &name), (UID_LABELS, &uid)] {
        for key in keys {
            if !labels.contains_key(key) {
                labels.insert(key, value);
            }
        }
    }
    let selector = job.entry("spec.selector.matchLabels").map_mut();
    if !selector.contains_key(UID_LABELS[1]) {
        selector.insert(UID_LABELS[1], uid);
    }
}

/// A selector that the update leaves out is the old one's.
fn prepare_for_update(new: &mut Object, old: &Object) {
    keep(new, old, "status");
    if !new.at("spec.manualSelector").is_true() && new.at("spec.selector").is_null() {
        keep(new, old, "spec.selector");
    }
    count_generation(new, old);
}

fn prepare_for_status(new: &mut Object, old: &Object) {
    keep(new, old, "spec");
}

/// The column STATUS: the first of these that is so.
fn status(job: &Object) -> &'static str {
    let is = |kind: &str| job.condition(kind).get("status").str() == "True";
    match () {
        () if is("Complete") => "Complete",
        () if is("Failed") => "Failed",
        () if job.is_terminating() => "Terminating",
        () if is("Suspended") => "Suspended",
        () if is("FailureTarget") => "FailureTarget",
        () if is("SuccessCriteriaMet") => "SuccessCriteriaMet",
        () => "Running",
    }
}

fn completions(job: &Object) -> String {
    let succeeded = number(job.at("status.succeeded"));
    match (job.at("spec.completions").as_int(), job.at("spec.parallelism").int_or(0)) {
        (Some(wanted), _) => format!("{succeeded}/{wanted}"),
        (None, parallel @ 2..) => format!("{succeeded}/1 of {parallel}"),
        (None, _) => format!("{succeeded}/1"),
    }
}

fn duration(job: &Object, now: Time) -> String {
    let at = |field: &str| Time::parse(job.at(field).str());
    let Some(start) = at("status.startTime") else { return String::new() };
    human_span(at("status.completionTime").unwrap_or(now) - start)
}
