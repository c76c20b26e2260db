//! Whether the rules of a schema can be accepted: each for itself, and what all of them can cost together.
//!
//! Upstream: `k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation/{validation,cel_validation}.go`.

use super::Rules;
use super::rule::Rule;
use crate::model::Value;

/// What one expression may cost by its estimate. Upstream: `StaticEstimatedCostLimit`.
const EXPRESSION_COST_MAX: u64 = 10_000_000;
/// What all expressions of a schema may cost together. Upstream: `StaticEstimatedCRDCostLimit`.
const SCHEMA_COST_MAX: u64 = 100_000_000;
/// Rules that cost less are not blamed for the sum.
const BLAMED_COST_MIN: u64 = SCHEMA_COST_MAX / 100;
/// How many rules are blamed for the sum.
const BLAMED_MAX: usize = 4;

/// What is wrong with a rule of a schema.
#[derive(Clone, Debug, PartialEq)]
pub struct Wrong {
    /// The field.
    pub path: String,
    /// What is shown of it.
    pub shown: Shown,
    /// The detail.
    pub detail: String,
}

/// What a finding about a rule shows.
#[derive(Clone, Debug, PartialEq)]
pub enum Shown {
    /// Nothing: it is forbidden.
    Nothing,
    /// The value of the field.
    Value(Value),
    /// The whole rule, as written.
    Rule(Value),
}

/// Whether single expressions may be too costly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Costs {
    /// They may not.
    Judged,
    /// They may, since the schema is stored already.
    Accepted,
}

impl Rules {
    /// Everything that is wrong with the rules of a schema at `path`.
    pub fn wrong(&self, path: &str, costs: Costs) -> Vec<Wrong> {
        let mut judge = Judge { costs, total: 0, dearest: Vec::new(), found: Vec::new() };
        judge.visit(self, path, Some(1), None);
        judge.sum(path)
    }
}

struct Judge {
    costs: Costs,
    total: u64,
    /// The rules that cost most, and what.
    dearest: Vec<(u64, String)>,
    found: Vec<Wrong>,
}

impl Judge {
    /// `times` is how often such a part can be there, if there is a limit; `no_old` the list whose items cannot be told
    /// from those before.
    fn visit(&mut self, rules: &Rules, path: &str, times: Option<u64>, no_old: Option<&str>) {
        let inner_times = times.zip(rules.factor).map(|(times, factor)| times.saturating_mul(factor));
        for (name, it) in &rules.properties {
            self.visit(it, &format!("{path}.properties[{name}]"), inner_times, no_old);
        }
        if let Some(inner) = &rules.inner {
            let is_fixed = inner.field == "additionalProperties" || inner.keys.is_some();
            let no_old = no_old.or(Some(path).filter(|_| !is_fixed));
            self.visit(&inner.rules, &format!("{path}.{}", inner.field), inner_times, no_old);
        }
        for (index, rule) in rules.own.iter().enumerate() {
            let path = format!("{path}.x-kubernetes-validations[{index}]");
            self.rule(rule, &path, times.unwrap_or(rules.fitting), no_old);
        }
    }

    fn rule(&mut self, rule: &Rule, path: &str, times: u64, no_old: Option<&str>) {
        self.cost("estimated rule cost", &format!("{path}.rule"), rule.cost.saturating_mul(times));
        let whole = || Shown::Rule(rule.spec.clone());
        if let Err(why) = &rule.program {
            self.tell(format!("{path}.rule"), whole(), why.clone());
        }
        match &rule.message {
            Some(Err(why)) => self.tell(format!("{path}.messageExpression"), whole(), why.clone()),
            Some(Ok(_)) => {
                self.cost("estimated messageExpression cost", &format!("{path}.messageExpression"), rule.message_cost);
            }
            None => {}
        }
        let optional = rule.spec.get("optionalOldSelf");
        match no_old {
            Some(list) if rule.compares => {
                let why = format!("oldSelf cannot be used on the uncorrelatable portion of the schema within {list}");
                self.tell(format!("{path}.rule"), Shown::Value(rule.spec.get("rule").clone()), why);
            }
            _ if rule.compares || optional.is_null() => {}
            _ => {
                let why = "may not be set if oldSelf is not used in rule".to_owned();
                self.tell(format!("{path}.optionalOldSelf"), Shown::Value(optional.clone()), why);
            }
        }
    }

    fn tell(&mut self, path: String, shown: Shown, detail: String) {
        self.found.push(Wrong { path, shown, detail });
    }

    /// What an expression can cost: alone, and as a part of the whole.
    fn cost(&mut self, what: &str, path: &str, cost: u64) {
        if self.costs == Costs::Judged && cost > EXPRESSION_COST_MAX {
            self.tell(path.to_owned(), Shown::Nothing, exceeds(what, cost, EXPRESSION_COST_MAX));
        }
        self.total = self.total.saturating_add(cost);
        if cost >= BLAMED_COST_MIN {
            self.dearest.push((cost, path.to_owned()));
            self.dearest.sort_by_key(|it| std::cmp::Reverse(it.0));
            self.dearest.truncate(BLAMED_MAX);
        }
    }

    /// All that was found, and whether everything together costs too much.
    fn sum(mut self, path: &str) -> Vec<Wrong> {
        const BLAME: &str = "contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema";
        if self.total > SCHEMA_COST_MAX {
            for (_, path) in std::mem::take(&mut self.dearest) {
                self.tell(path, Shown::Nothing, BLAME.to_owned());
            }
            let what = "x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema";
            self.tell(path.to_owned(), Shown::Nothing, exceeds(what, self.total, SCHEMA_COST_MAX));
        }
        self.found
    }
}

#[allow(clippy::cast_precision_loss, reason = "the quotient is shown with few digits")]
fn exceeds(what: &str, cost: u64, limit: u64) -> String {
    let factor = cost as f64 / limit as f64;
    let factor = match factor {
        it if it > 100.0 => "more than 100x".to_owned(),
        // Not a factor of 1.0.
        it if it < 1.5 => format!("{it:.6}x"),
        it => format!("{it:.1}x"),
    };
    format!(
        "{what} exceeds budget by factor of {factor} (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)"
    )
}
