//! Limit ranges. Upstream: `pkg/apis/core/validation/validation.go` (`ValidateLimitRange`).

use crate::api::Errors;
use crate::api::validation::{At, resource_amounts};
use crate::model::{Object, Quantity, Value, names};

const TYPES: &[&str] = &["Pod", "Container", "PersistentVolumeClaim"];
/// The lists of amounts of one limit.
const LISTS: [&str; 5] = ["max", "min", "default", "defaultRequest", "maxLimitRequestRatio"];

/// Finds what is wrong with a limit range, new or changed.
pub(crate) fn validate(range: &Object, errors: &mut Errors) {
    let root = At::root(range);
    let spec = root.field("spec");
    let limits = spec.field("limits");
    let mut seen: Vec<&str> = Vec::new();
    for limit in limits.each() {
        let kind = limit.field("type");
        validate_type(&kind, errors);
        let word = limit.value().get("type").str();
        if seen.contains(&word) {
            errors.duplicate(&kind, kind.value());
        }
        seen.push(word);
        validate_limit(&limits, &limit, errors);
    }
}

fn validate_type(kind: &At<'_>, errors: &mut Errors) {
    errors.bad_each(kind, names::label_key(kind.str()));
    if !kind.str().contains('/') && !TYPES.contains(&kind.str()) {
        errors.bad(kind, "must be a standard limit type or fully qualified");
    }
}

fn validate_limit(limits: &At<'_>, limit: &At<'_>, errors: &mut Errors) {
    let kind = limit.get("type").str();
    let mut resources: Vec<&str> = Vec::new();
    for field in LISTS {
        let list = limit.field(field);
        if kind == "Pod" && field.starts_with("default") {
            if !list.is_empty() {
                errors.forbidden(&list, "may not be specified when `type` is 'Pod'");
            }
            continue;
        }
        for (name, amount) in list.entries() {
            validate_resource(kind, name, &amount, errors);
        }
        resources.extend(limit.value().get(field).fields().iter().map(|(name, _)| name.as_str()));
    }
    let size = |field: &str| limit.get(field).get("storage").is_null();
    if kind == "PersistentVolumeClaim" && size("min") && size("max") {
        errors.required(limits, "either minimum or maximum storage value is required, but neither was provided");
    }
    resources.sort_unstable();
    resources.dedup();
    for name in resources {
        compare(limit, name, errors);
    }
}

fn validate_resource(kind: &str, name: &str, amount: &At<'_>, errors: &mut Errors) {
    if matches!(kind, "Container" | "Pod") {
        resource_amounts::validate_container_resource(name, amount, errors);
    } else {
        resource_amounts::validate_resource_name(name, amount, errors);
    }
}

/// The amounts of one resource among each other.
fn compare(limit: &At<'_>, name: &str, errors: &mut Errors) {
    let amount = |field: &str| {
        let found = limit.get(field).get(name);
        (!found.is_null()).then(|| Quantity::read(found))
    };
    let (min, max, ratio) = (amount("min"), amount("max"), amount("maxLimitRequestRatio"));
    let (default, request) = (amount("default"), amount("defaultRequest"));
    let mut ordered = |(low, low_name): (&Option<Quantity>, &str),
                       (high, high_name): (&Option<Quantity>, &str),
                       at: (&str, &Option<Quantity>)| {
        if let (Some(low), Some(high), (field, Some(shown))) = (low, high, at)
            && low > high
        {
            let detail = format!("{low_name} value {low} is greater than {high_name} value {high}");
            let list = limit.field(field);
            errors.invalid(&list.key(name), &Value::from(shown), &detail);
        }
    };
    ordered((&min, "min"), (&max, "max"), ("min", &min));
    ordered((&min, "min"), (&request, "default request"), ("defaultRequest", &request));
    ordered((&request, "default request"), (&max, "max"), ("defaultRequest", &request));
    ordered((&request, "default request"), (&default, "default limit"), ("defaultRequest", &request));
    ordered((&min, "min"), (&default, "default"), ("default", &min));
    ordered((&default, "default"), (&max, "max"), ("default", &max));
    if let Some(ratio) = ratio {
        validate_ratio(limit, name, &ratio, (min.as_ref(), max.as_ref()), errors);
    }
    if let (Some(default), Some(request)) = (&default, &request)
        && !resource_amounts::may_overcommit(name)
        && default != request
    {
        let detail = format!("default value {default} must equal to defaultRequest value {request} in {name}");
        let list = limit.field("defaultRequest");
        errors.invalid(&list.key(name), &Value::from(request), &detail);
    }
}

fn validate_ratio(
    limit: &At<'_>,
    name: &str,
    ratio: &Quantity,
    (min, max): (Option<&Quantity>, Option<&Quantity>),
    errors: &mut Errors,
) {
    let list = limit.field("maxLimitRequestRatio");
    let (at, shown) = (list.key(name), Value::from(ratio));
    if *ratio < Quantity::new(1) {
        errors.invalid(&at, &shown, &format!("ratio {ratio} is less than 1"));
    }
    if let (Some(min), Some(max)) = (min, max) {
        let most = max.as_f64() / min.as_f64();
        if ratio.as_f64() > most {
            errors.invalid(&at, &shown, &format!("ratio {ratio} is greater than max/min = {most:.6}"));
        }
    }
}
