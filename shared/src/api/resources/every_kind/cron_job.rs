//! `batch/v1` `CronJob`. Upstream: `pkg/registry/batch/cronjob/strategy.go`, `pkg/apis/batch/v1/defaults.go`, `printCronJob`.

use crate::api::printing::{age, of_containers, or_none, since};
use crate::api::registry::Fidelity;
use crate::api::resources::every_kind::job::default_pods;
use crate::api::resources::workload::{default, default_empty, next_generation, start_generation, within};
use crate::api::validation::every_kind::cron_job;
use crate::api::{Column, Resource};
use crate::model::{Object, Time, Value, selector};

/// The registration.
pub(super) const RESOURCE: Resource = Resource {
    fidelity: Fidelity::Approximated("no controller starts its jobs yet"),
    group: "batch",
    kind: "CronJob",
    plural: "cronjobs",
    singular: "cronjob",
    short_names: &["cj"],
    categories: &["all"],
    subresources: &["status"],
    default: default_cron_job,
    prepare_for_create: start_generation,
    prepare_for_update: next_generation,
    validate: cron_job::validate,
    validate_update: cron_job::validate_update,
    warn: cron_job::warn,
    columns: &[
        Column::new("SCHEDULE", |it, _| it.at("spec.schedule").str().to_owned()),
        Column::new("TIMEZONE", |it, _| or_none(it.at("spec.timeZone").str())),
        Column::new("SUSPEND", |it, _| suspended(it).to_owned()),
        Column::new("ACTIVE", |it, _| it.at("status.active").items().len().to_string()),
        Column::new("LAST SCHEDULE", last_schedule),
        Column::new("AGE", age),
        Column::wide("CONTAINERS", |it, _| of_containers(it.at("spec.jobTemplate.spec.template.spec"), "name")),
        Column::wide("IMAGES", |it, _| of_containers(it.at("spec.jobTemplate.spec.template.spec"), "image")),
        Column::wide("SELECTOR", |it, _| selector::describe(it.at("spec.jobTemplate.spec.selector"))),
    ],
    ..Resource::NONE
};

fn default_cron_job(job: &mut Object) {
    within(job, "spec", |spec| {
        default_empty(spec, "concurrencyPolicy", "Allow");
        default(spec, "suspend", false);
        default(spec, "successfulJobsHistoryLimit", 3);
        default(spec, "failedJobsHistoryLimit", 1);
        within(spec, "jobTemplate", |template| {
            default(template, "metadata", Value::map());
            within(template, "spec", default_pods);
        });
    });
}

fn suspended(job: &Object) -> &'static str {
    match job.at("spec.suspend").as_bool() {
        Some(true) => "True",
        Some(false) => "False",
        None => "<unset>",
    }
}

fn last_schedule(job: &Object, now: Time) -> String {
    let last = job.at("status.lastScheduleTime");
    if last.is_empty() { "<none>".into() } else { since(last, now) }
}
