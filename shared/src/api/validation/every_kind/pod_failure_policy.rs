//! What a job makes of pods that failed. Upstream: `pkg/apis/batch/validation/validation.go` (`validatePodFailurePolicy`).

use crate::api::Errors;
use crate::api::validation::At;
use crate::model::names;

const ACTIONS: &[&str] = &["Count", "FailIndex", "FailJob", "Ignore"];
const OPERATORS: &[&str] = &["In", "NotIn"];
const STATUSES: &[&str] = &["False", "True", "Unknown"];
const RULES_MAX: usize = 20;
const CONDITIONS_MAX: usize = 20;
const EXIT_CODES_MAX: usize = 255;

/// Finds what is wrong with the policy of a job's spec.
pub(super) fn validate(spec: &At<'_>, errors: &mut Errors) {
    let policy = spec.field("podFailurePolicy");
    if !policy.is_set() {
        return;
    }
    let rules = policy.field("rules");
    at_most(&rules, RULES_MAX, errors);
    for rule in rules.each() {
        validate_rule(spec, &rule, errors);
    }
}

fn at_most(list: &At<'_>, most: usize, errors: &mut Errors) {
    let found = list.items().len();
    if found > most {
        errors.too_many(list, found, most);
    }
}

/// One of some words; a missing one is told them.
fn word(at: &At<'_>, words: &[&str], errors: &mut Errors) {
    if at.is_empty() {
        let quoted: Vec<String> = words.iter().map(|it| format!("\"{it}\"")).collect();
        errors.required(at, &format!("valid values: [{}]", quoted.join(" ")));
    } else {
        errors.one_of(at, words);
    }
}

fn validate_rule(spec: &At<'_>, rule: &At<'_>, errors: &mut Errors) {
    let action = rule.field("action");
    if action.str() == "FailIndex" && !spec.field("backoffLimitPerIndex").is_set() {
        errors.bad(&action, "requires the backoffLimitPerIndex to be set");
    }
    word(&action, ACTIONS, errors);
    let (codes, conditions) = (rule.field("onExitCodes"), rule.field("onPodConditions"));
    if codes.is_set() {
        validate_codes(spec, &codes, errors);
    }
    validate_conditions(&conditions, errors);
    let mut bare = |detail: &str| errors.push("FieldValueInvalid", rule, format!("Invalid value: {detail}"));
    match (codes.is_set(), !conditions.is_empty()) {
        (true, true) => bare("specifying both OnExitCodes and OnPodConditions is not supported"),
        (false, false) => bare("specifying one of OnExitCodes and OnPodConditions is required"),
        (true, false) | (false, true) => {}
    }
}

fn validate_conditions(conditions: &At<'_>, errors: &mut Errors) {
    at_most(conditions, CONDITIONS_MAX, errors);
    for condition in conditions.each() {
        let kind = condition.field("type");
        errors.bad_each(&kind, names::label_key(kind.str()));
        word(&condition.field("status"), STATUSES, errors);
    }
}

fn validate_codes(spec: &At<'_>, codes: &At<'_>, errors: &mut Errors) {
    let operator = codes.field("operator");
    word(&operator, OPERATORS, errors);
    let container = codes.field("containerName");
    let pods = spec.at("template.spec");
    let mut all = ["initContainers", "containers"].into_iter().flat_map(|it| pods.get(it).items());
    if container.is_set() && !all.any(|it| it.get("name") == container.value()) {
        errors.bad(&container, "must be one of the container or initContainer names in the pod template");
    }
    let values = codes.field("values");
    if values.is_empty() {
        errors.bad(&values, "at least one value is required");
    } else if values.items().len() > EXIT_CODES_MAX {
        at_most(&values, EXIT_CODES_MAX, errors);
    } else {
        validate_values(&values, operator.str(), errors);
    }
}

fn validate_values(values: &At<'_>, operator: &str, errors: &mut Errors) {
    let mut seen: Vec<i64> = Vec::new();
    for value in values.each() {
        let code = value.int_or(0);
        if operator == "In" && code == 0 {
            errors.bad(&value, "must not be 0 for the In operator");
        }
        if seen.contains(&code) {
            errors.duplicate(&value, value.value());
        }
        seen.push(code);
    }
    if !seen.is_sorted() {
        errors.bad(values, "must be ordered");
    }
}
