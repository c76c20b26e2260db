//! Whether the defaults that a schema declares are values that it would accept.
//!
//! Upstream: `k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting/validation.go`.
//! `DIFFERENCE`: the metadata inside of the default of an embedded resource is not held against what metadata may be.

use super::{prune, rules, validate};
use crate::api::Errors;
use crate::cel::Budget;
use crate::cel::rules::Rules;
use crate::model::{Text, Value};
use regex::Regex;
use std::collections::BTreeMap;

/// What is wrong with the defaults of a structural schema at `path`, whose rules these are.
pub(crate) fn wrong(schema: &Value, rules: &Rules, path: &str) -> Errors {
    let (patterns, budget, errors) = (validate::patterns(schema), Budget::default(), Errors::default());
    let mut judge = Judge { patterns, budget, errors };
    judge.visit(schema, Some(rules), path);
    judge.errors
}

struct Judge {
    patterns: BTreeMap<Text, Regex>,
    /// What is left of what the rules may cost for all defaults together.
    budget: Budget,
    errors: Errors,
}

impl Judge {
    /// The defaults of a schema and of everything in it, but for values of maps: these have no defaults.
    fn visit(&mut self, schema: &Value, rules: Option<&Rules>, path: &str) {
        let default = schema.get("default");
        if !default.is_null() {
            self.judge(default, schema, rules, &format!("{path}.default"));
        }
        if schema.get("items").as_map().is_some() {
            self.visit(schema.get("items"), rules.and_then(Rules::of_items), &format!("{path}.items"));
        }
        for (name, it) in schema.get("properties").fields() {
            let rules = rules.and_then(|it| it.of_property(name));
            self.visit(it, rules, &format!("{path}.properties[{name}]"));
        }
    }

    fn judge(&mut self, default: &Value, schema: &Value, rules: Option<&Rules>, place: &str) {
        if !prune::is_pruned(default, schema) {
            self.errors.invalid(place, default, "must not have unknown fields");
        }
        let mut found = Errors::default();
        validate::validate_part(default, schema, &self.patterns, &mut found);
        // A default comes into objects that are new and into such that are not.
        for old in [Some(default), None] {
            if let (true, Some(rules)) = (found.0.is_empty(), rules) {
                let findings = rules.check_within(default, old, &mut self.budget);
                for it in findings {
                    rules::tell(it, &mut found);
                }
            }
        }
        self.errors.0.extend(found.0.into_iter().map(|mut it| {
            it.field = below(place, &it.field);
            it
        }));
    }
}

/// The field of a default, by its name inside of the default.
fn below(place: &str, field: &str) -> String {
    match field {
        "<nil>" => place.to_owned(),
        _ if field.starts_with('[') => format!("{place}{field}"),
        _ => format!("{place}.{field}"),
    }
}
