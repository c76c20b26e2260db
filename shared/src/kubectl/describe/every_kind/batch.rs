//! Jobs and `CronJob`s. Upstream: `describeJob`, `describeCronJob`.

use crate::api::printing::human_span;
use crate::kubectl::describe::writer::{Writer, plain, rfc1123};
use crate::kubectl::describe::{Subject, pod};
use crate::model::{Object, Time, Value, selector};

/// How much of a list of indexes is shown, in bytes.
const INDEXES_MAX_BYTES: usize = 50;

/// Writes a job.
pub(super) fn job(out: &mut Writer, subject: &mut Subject<'_, '_>) {
    let it = subject.object;
    out.field(0, "Name", it.name());
    out.field(0, "Namespace", it.namespace());
    out.field(0, "Selector", selector::describe(it.at("spec.selector")));
    subject.labels_and_annotations(out);
    if let Some(owner) = it.controller() {
        out.field(0, "Controlled By", format!("{}/{}", owner.kind, owner.name));
    }
    if !it.at("spec.parallelism").is_null() {
        out.field(0, "Parallelism", plain(it.at("spec.parallelism")));
    }
    out.field(0, "Completions", or_unset(it.at("spec.completions")));
    out.field_if(0, "Completion Mode", it.at("spec.completionMode"));
    for (title, field) in [("Suspend", "suspend"), ("Backoff Limit", "backoffLimit")] {
        let value = it.get("spec").get(field);
        if !value.is_null() {
            out.field(0, title, plain(value));
        }
    }
    times(out, it);
    deadline(out, it.get("spec"));
    pod_counts(out, it);
    if it.at("spec.completionMode").str() == "Indexed" {
        out.field(0, "Completed Indexes", shortened(it.at("status.completedIndexes").str()));
    }
    pod::template(out, it.at("spec.template"));
    subject.events(out);
}

fn times(out: &mut Writer, job: &Object) {
    let (start, end) = (job.at("status.startTime"), job.at("status.completionTime"));
    for (title, time) in [("Start Time", start), ("Completed At", end)] {
        if !time.is_null() {
            out.field(0, title, rfc1123(time));
        }
    }
    if let (Some(start), Some(end)) = (Time::parse(start.str()), Time::parse(end.str())) {
        out.field(0, "Duration", human_span(end - start));
    }
}

fn deadline(out: &mut Writer, spec: &Value) {
    if let Some(seconds) = spec.get("activeDeadlineSeconds").as_int() {
        out.field(0, "Active Deadline Seconds", format!("{seconds}s"));
    }
}

fn pod_counts(out: &mut Writer, job: &Object) {
    let count = |field: &str| job.get("status").get(field).int_or(0);
    let ready = job.at("status.ready").as_int().map(|it| format!(" ({it} Ready)")).unwrap_or_default();
    let (active, succeeded, failed) = (count("active"), count("succeeded"), count("failed"));
    out.field(0, "Pods Statuses", format!("{active} Active{ready} / {succeeded} Succeeded / {failed} Failed"));
}

fn shortened(indexes: &str) -> String {
    match indexes.get(..INDEXES_MAX_BYTES) {
        None if indexes.is_empty() => "<none>".into(),
        None => indexes.to_owned(),
        Some(start) => format!("{},...", start.rsplit_once(',').map_or(start, |(whole, _)| whole)),
    }
}

/// Writes a `CronJob`.
pub(super) fn cron_job(out: &mut Writer, subject: &mut Subject<'_, '_>) {
    let it = subject.object;
    let spec = it.get("spec");
    subject.head(out);
    out.field(0, "Schedule", spec.get("schedule").str());
    out.field(0, "Concurrency Policy", spec.get("concurrencyPolicy").str());
    let suspend = spec.get("suspend").as_bool();
    out.field(0, "Suspend", suspend.map_or("<unset>", |it| if it { "True" } else { "False" }));
    out.field(0, "Time Zone", or_unset(spec.get("timeZone")));
    out.field(0, "Successful Job History Limit", or_unset(spec.get("successfulJobsHistoryLimit")));
    out.field(0, "Failed Job History Limit", or_unset(spec.get("failedJobsHistoryLimit")));
    let deadline = spec.get("startingDeadlineSeconds").as_int();
    out.field(0, "Starting Deadline Seconds", deadline.map_or("<unset>".into(), |it| format!("{it}s")));
    job_template(out, spec.at("jobTemplate.spec"));
    let last = it.at("status.lastScheduleTime");
    out.field(0, "Last Schedule Time", if last.is_null() { "<unset>".into() } else { rfc1123(last) });
    let active: Vec<&str> = it.at("status.active").items().iter().map(|it| it.get("name").str()).collect();
    out.field(0, "Active Jobs", if active.is_empty() { "<none>".into() } else { active.join(", ") });
    subject.events(out);
}

fn job_template(out: &mut Writer, spec: &Value) {
    let selector = spec.get("selector");
    out.field(0, "Selector", if selector.is_null() { "<unset>".into() } else { selector::describe(selector) });
    out.field(0, "Parallelism", or_unset(spec.get("parallelism")));
    out.field(0, "Completions", or_unset(spec.get("completions")));
    deadline(out, spec);
    pod::template(out, spec.get("template"));
}

fn or_unset(value: &Value) -> String {
    if value.is_null() { "<unset>".into() } else { plain(value) }
}
