//! Whether the expressions of a policy fit the types of the kinds that it is about. What does not fit is only warned of.
//!
//! Upstream: `k8s.io/apiserver/pkg/admission/plugin/policy/validating/typechecking.go`.
//! `DIFFERENCE`: expressions are looked at until [`CHECKED_BYTES_MAX`] is used up.

use super::object_types;
use crate::api::custom::served_by;
use crate::api::expressions::{Offered, environment};
use crate::api::{Registration, resources};
use crate::cel::{Environment, Type};
use crate::model::{Object, Text, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How many kinds one rule of a policy is checked for.
const KINDS_MAX: usize = 10;
/// How much text is checked for one policy, in bytes, over all kinds.
const CHECKED_BYTES_MAX: usize = 1 << 20;

/// `expressionWarnings` of a policy; `definitions` are those of the custom resources.
pub(crate) fn warnings<'a>(policy: &Object, definitions: impl Iterator<Item = &'a Object>) -> Vec<Value> {
    let known = Known::new(definitions);
    let kinds = known.kinds_of(policy);
    let expressions = expressions(policy);
    let mut found = vec![Vec::new(); expressions.len()];
    let mut left = CHECKED_BYTES_MAX;
    for kind in &kinds {
        let Some(object) = object_types::of(kind) else { continue };
        let environment = typed(policy, &object, &known, &mut left);
        for ((_, source), found) in expressions.iter().zip(&mut found) {
            let Some(rest) = left.checked_sub(source.len()) else { break };
            left = rest;
            if let Err(issues) = environment.compile(source) {
                found.push(format!("{}, Kind={}: {issues}\n", kind.api_version(), kind.kind));
            }
        }
    }
    let told = expressions.into_iter().zip(found).filter(|(_, found)| !found.is_empty());
    told.map(|((place, _), found)| Value::from([("fieldRef", place.into()), ("warning", found.join("\n").into())]))
        .collect()
}

/// The expressions that are checked, and their places.
fn expressions(policy: &Object) -> Vec<(String, &str)> {
    let mut found = Vec::new();
    for (index, it) in policy.at("spec.validations").items().iter().enumerate() {
        let message = it.get("messageExpression").str();
        found.push((format!("spec.validations[{index}].expression"), it.get("expression").str()));
        if !message.is_empty() {
            found.push((format!("spec.validations[{index}].messageExpression"), message));
        }
    }
    found
}

/// The environment of a policy's expressions, where the object is of this type.
fn typed(policy: &Object, object: &Type, known: &Known, left: &mut usize) -> Environment {
    let params = policy.at("spec.paramKind");
    let mut it = environment(Offered { params: !params.is_null(), authorizer: true, patches: false });
    let params = known.of_kind(params.get("apiVersion").str(), params.get("kind").str()).and_then(object_types::of);
    for (name, kind) in &mut it.variables {
        match name.as_str() {
            "object" | "oldObject" => *kind = object.clone(),
            "params" => *kind = params.clone().unwrap_or(Type::Dyn),
            _ => {}
        }
    }
    // Upstream declares the authorizer alone.
    it.variables.retain(|(name, _)| name != "authorizer.requestResource");
    for variable in policy.at("spec.variables").items() {
        let source = variable.get("expression").str();
        let Some(rest) = left.checked_sub(source.len()) else { break };
        *left = rest;
        let kind = it.compile(source).map_or(Type::Dyn, |program| program.output);
        it.composed.push((variable.get("name").text(), kind));
    }
    it
}

/// Every version of every resource.
struct Known(Vec<Arc<Registration>>);

impl Known {
    fn new<'a>(definitions: impl Iterator<Item = &'a Object>) -> Self {
        let built_in = resources::all().map(|it| Arc::new(Registration::built_in(it)));
        Self(built_in.chain(definitions.flat_map(served_by)).collect())
    }

    fn of_kind(&self, api_version: &str, kind: &str) -> Option<&Registration> {
        self.0.iter().find(|it| it.kind == kind && it.api_version() == api_version).map(|it| &**it)
    }

    /// The kinds that a policy is about by name, in the order of group, version and kind.
    fn kinds_of(&self, policy: &Object) -> Vec<&Registration> {
        let mut found = BTreeMap::new();
        for rule in policy.at("spec.matchConstraints.resourceRules").items() {
            for (count, it) in self.of_rule(rule).take(KINDS_MAX).enumerate() {
                found.insert((it.group.clone(), it.version.clone(), it.kind.clone()), it);
                if count + 1 == KINDS_MAX {
                    return found.into_values().collect();
                }
            }
        }
        found.into_values().collect()
    }

    /// The resources that a rule names; a wildcard among groups or versions stands for none.
    fn of_rule<'s>(&'s self, rule: &Value) -> impl Iterator<Item = &'s Registration> + use<'s> {
        let (groups, versions) = (words(rule.get("apiGroups")), words(rule.get("apiVersions")));
        let of_all = |it: &[Text]| it.iter().any(|it| it.contains('*'));
        let is_wild = of_all(&groups) || of_all(&versions);
        let plurals = words(rule.get("resources")).into_iter().filter(|it| !it.contains(['*', '/']));
        let plurals: Vec<Text> = if is_wild { Vec::new() } else { plurals.collect() };
        let mut wanted = Vec::new();
        for group in &groups {
            for version in &versions {
                wanted.extend(plurals.iter().map(|it| (group.clone(), version.clone(), it.to_lowercase())));
            }
        }
        wanted.into_iter().flat_map(|(group, version, plural)| {
            // The core group has no name, so that it stands for every group.
            self.0.iter().map(|it| &**it).filter(move |it| {
                (group.is_empty() || it.group == group)
                    && it.version == version
                    && (it.plural == plural || it.singular == plural)
            })
        })
    }
}

fn words(list: &Value) -> Vec<Text> {
    let mut words: Vec<Text> = list.items().iter().map(Value::text).collect();
    words.sort();
    words
}
