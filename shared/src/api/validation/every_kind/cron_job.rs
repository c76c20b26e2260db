//! Cron jobs. Upstream: `pkg/apis/batch/validation/validation.go` (`ValidateCronJobCreate`).

use crate::api::Errors;
use crate::api::validation::every_kind::{job, template};
use crate::api::validation::{At, labels};
use crate::model::{Object, cron};

/// The jobs' names are the cron job's, a hyphen and ten digits, and they are labels.
const NAME_MAX_BYTES: usize = 52;

/// Finds what is wrong with a new cron job.
pub(crate) fn validate(it: &Object, errors: &mut Errors) {
    let root = At::root(it);
    validate_spec(&root.field("spec"), &Object::default(), errors);
    let metadata = root.field("metadata");
    if it.name().len() > NAME_MAX_BYTES {
        errors.bad(&metadata.field("name"), "must be no more than 52 characters");
    }
}

/// Finds what is wrong with a change.
pub(crate) fn validate_update(new: &Object, old: &Object, errors: &mut Errors) {
    let root = At::root(new);
    validate_spec(&root.field("spec"), old, errors);
}

fn validate_spec(spec: &At<'_>, old: &Object, errors: &mut Errors) {
    let (schedule, zone) = (spec.field("schedule"), spec.field("timeZone"));
    if errors.needs(&schedule) {
        validate_schedule(&schedule, zone.is_set(), old.at("spec.schedule").str().contains("TZ"), errors);
    }
    errors.not_negative(&spec.field("startingDeadlineSeconds"));
    if zone.is_set() && zone.value() != old.at("spec.timeZone") {
        validate_zone(&zone, errors);
    }
    let policy = spec.field("concurrencyPolicy");
    if errors.needs(&policy) {
        errors.one_of(&policy, &["Allow", "Forbid", "Replace"]);
    }
    validate_template(&spec.field("jobTemplate"), errors);
    template::counts(spec, &["successfulJobsHistoryLimit", "failedJobsHistoryLimit"], errors);
}

fn validate_schedule(schedule: &At<'_>, zoned: bool, had_zone: bool, errors: &mut Errors) {
    if let Err(error) = cron::check(schedule.str()) {
        errors.bad(schedule, &error);
    }
    match (schedule.str().contains("TZ"), had_zone) {
        (true, true) if zoned => {
            errors.bad(schedule, "cannot use both timeZone field and TZ or CRON_TZ in schedule");
        }
        (true, false) => {
            errors.bad(schedule, "cannot use TZ or CRON_TZ in schedule, use timeZone field instead");
        }
        (true, true) | (false, _) => {}
    }
}

fn validate_zone(zone: &At<'_>, errors: &mut Errors) {
    if zone.is_empty() {
        errors.bad(zone, "timeZone must be nil or non-empty string");
    } else if zone.str().eq_ignore_ascii_case("Local") {
        errors.bad(zone, "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones");
    } else if !cron::is_time_zone(zone.str()) {
        errors.bad(zone, &format!("unknown time zone {}", zone.str()));
    }
}

/// Each job will get a selector of its own.
fn validate_template(template: &At<'_>, errors: &mut Errors) {
    let spec = template.field("spec");
    job::validate_spec(&spec, errors);
    let selector = spec.field("selector");
    if selector.is_set() {
        labels::bad_selector(&selector, "`selector` will be auto-generated", errors);
    }
    let manual = spec.field("manualSelector");
    if manual.is_true() {
        errors.unsupported(&manual, manual.value(), &["nil", "false"]);
    }
}

/// What may be wrong with a cron job that is accepted.
pub(crate) fn warn(it: &Object, warnings: &mut Vec<String>) {
    template::warn_of_name(it, warnings);
    let root = At::root(it);
    let spec = root.field("spec");
    let template = spec.field("jobTemplate");
    job::warn_of_spec(&template.field("spec"), warnings);
    if spec.get("schedule").str().contains("TZ") {
        warnings.push("cannot use TZ or CRON_TZ in spec.schedule, use timeZone instead".into());
    }
}
