//! When an indexed job counts as a success. Upstream: `pkg/apis/batch/validation/validation.go` (`validateSuccessPolicy`).

use crate::api::Errors;
use crate::api::validation::At;

const RULES_MAX: usize = 20;
const INDEXES_MAX_BYTES: usize = 64 * 1024;

/// Finds what is wrong with the success policy of a job's spec.
pub(super) fn validate_success_policy(spec: &At<'_>, errors: &mut Errors) {
    let policy = spec.field("successPolicy");
    if !policy.is_set() {
        return;
    }
    if spec.get("completionMode").str() != "Indexed" {
        return errors.bad(&policy, "requires indexed completion mode");
    }
    let rules = policy.field("rules");
    if rules.is_empty() {
        errors.required(&rules, "at least one rules must be specified when the successPolicy is specified");
    }
    if rules.items().len() > RULES_MAX {
        errors.too_many(&rules, rules.items().len(), RULES_MAX);
    }
    let completions = spec.get("completions").int_or(0);
    for rule in rules.each() {
        validate_rule(&rule, completions, errors);
    }
}

fn validate_rule(rule: &At<'_>, completions: i64, errors: &mut Errors) {
    let (count, listed) = (rule.field("succeededCount"), rule.field("succeededIndexes"));
    if !count.is_set() && !listed.is_set() {
        errors.required(rule, "at least one of succeededCount or succeededIndexes must be specified");
    }
    let mut total = 0;
    if listed.is_set() {
        if listed.str().len() > INDEXES_MAX_BYTES {
            errors.too_long(&listed, INDEXES_MAX_BYTES);
        }
        match count_indexes(listed.str(), completions) {
            Ok(found) => total = found,
            Err(error) => errors.bad(&listed, &format!("error parsing succeededIndexes: {error}")),
        }
    }
    let Some(wanted) = count.as_int() else { return };
    errors.not_negative(&count);
    if wanted > completions {
        let detail = format!("must be less than or equal to {completions} (the number of specified completions)");
        errors.bad(&count, &detail);
    }
    if listed.is_set() && wanted > total {
        let of = "the number of indexes in the specified succeededIndexes field";
        errors.bad(&count, &format!("must be less than or equal to {total} ({of})"));
    }
}

/// How many indexes `0,2-4` names, all of them below `completions` and in order.
fn count_indexes(text: &str, completions: i64) -> Result<i64, String> {
    let mut total = 0;
    let mut last: Option<i64> = None;
    for interval in text.split(',').filter(|_| !text.is_empty()) {
        let limits: Vec<&str> = interval.split('-').collect();
        if limits.len() > 2 {
            return Err(format!(
                "the fragment {interval:?} violates the requirement that an index interval can have at most two parts separated by '-'"
            ));
        }
        for limit in limits {
            let index = limit.parse().map_err(|_| format!("cannot convert string to integer for index: {limit:?}"))?;
            if index >= completions {
                return Err(format!("too large index: {limit:?}"));
            }
            if let Some(previous) = last.filter(|it| index <= *it) {
                return Err(format!("non-increasing order, previous: {previous}, current: {index}"));
            }
            total += 1;
            last = Some(index);
        }
        if let [low, high] = interval.split('-').filter_map(|it| it.parse::<i64>().ok()).collect::<Vec<_>>()[..] {
            total += high - low - 1;
        }
    }
    Ok(total)
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn indexes_are_counted_or_refused() {
        let texts = ["", "0", "0,2-4", "3,1", "2-2", "1-2-3", "x", "5"];
        let shown: Vec<String> = texts.iter().map(|it| format!("{it}: {:?}", count_indexes(it, 5))).collect();
        expect![[r#"
            : Ok(0)
            0: Ok(1)
            0,2-4: Ok(4)
            3,1: Err("non-increasing order, previous: 3, current: 1")
            2-2: Err("non-increasing order, previous: 2, current: 2")
            1-2-3: Err("the fragment \"1-2-3\" violates the requirement that an index interval can have at most two parts separated by '-'")
            x: Err("cannot convert string to integer for index: \"x\"")
            5: Err("too large index: \"5\"")"#]]
        .assert_eq(&shown.join("\n"));
    }
}
