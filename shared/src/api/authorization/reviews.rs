//! Answers to questions about access that are asked as objects.
//!
//! Upstream: `pkg/registry/authorization/{subjectaccessreview,localsubjectaccessreview,selfsubjectaccessreview,selfsubjectrulesreview}`,
//! `pkg/registry/authorization/util/helpers.go`, `pkg/apis/authorization/validation/validation.go`.

use crate::api::authentication::reviews::user_of;
use crate::api::authorization::attributes::{Asked, Attributes, What};
use crate::api::authorization::rules::Rule;
use crate::api::authorization::{Decision, is_master, node};
use crate::api::registry::Asking;
use crate::api::{Errors, Status, User};
use crate::model::{Object, Text, Value};

/// May the user of `spec` do it?
#[allow(clippy::unnecessary_wraps, reason = "other reviews may be refused")]
pub(crate) fn access(review: Object, asking: &Asking<'_>) -> Result<Object, Status> {
    let user = user_of(review.get("spec"), "user");
    Ok(judged(review, &user, asking))
}

/// May whoever asks do it?
#[allow(clippy::unnecessary_wraps, reason = "other reviews may be refused")]
pub(crate) fn own_access(review: Object, asking: &Asking<'_>) -> Result<Object, Status> {
    Ok(judged(review, asking.user, asking))
}

/// What may whoever asks do in a namespace?
pub(crate) fn own_rules(mut review: Object, asking: &Asking<'_>) -> Result<Object, Status> {
    let namespace = review.at("spec.namespace").text();
    if namespace.is_empty() {
        return Err(Status::bad_request("no namespace on request"));
    }
    let (mut rules, mut faults) = match asking.authorizer {
        Some(authorizer) => authorizer.rules_for(asking.user, &namespace),
        None => (everything(), String::new()),
    };
    if is_master(asking.user) {
        rules.splice(0..0, everything());
    }
    let is_node = node::name_of(asking.user).is_some();
    if is_node {
        faults = ["node authorizer does not support user rule resolution", &faults]
            .into_iter()
            .filter(|it| !it.is_empty())
            .collect::<Vec<_>>()
            .join(", ");
    }
    let objects = rules.iter().filter(|it| !it.resources.is_empty()).map(Rule::to_value);
    review.set("status.resourceRules", objects.collect::<Value>());
    let paths = rules.iter().filter(|it| !it.urls.is_empty()).map(Rule::to_value);
    review.set("status.nonResourceRules", paths.collect::<Value>());
    review.set("status.incomplete", is_node || !faults.is_empty());
    if !faults.is_empty() {
        review.set("status.evaluationError", faults);
    }
    Ok(review)
}

fn everything() -> Vec<Rule> {
    let every = || vec![Text::new_static("*")];
    let objects = Rule { groups: every(), resources: every(), verbs: every(), ..Rule::default() };
    vec![objects, Rule { urls: every(), verbs: every(), ..Rule::default() }]
}

fn judged(mut review: Object, user: &User, asking: &Asking<'_>) -> Object {
    let (allowed, reason) = judge(review.get("spec"), user, asking);
    review.set("status", Value::from([("allowed", allowed.into())]));
    if !reason.is_empty() {
        review.set("status.reason", reason);
    }
    review
}

fn judge(spec: &Value, user: &User, asking: &Asking<'_>) -> (bool, String) {
    let Some(authorizer) = asking.authorizer else { return (true, String::new()) };
    let (of_objects, of_paths) = (spec.get("resourceAttributes"), spec.get("nonResourceAttributes"));
    let word = |field: &'static str| of_objects.get(field).str();
    let asked = if of_objects.is_null() {
        Attributes { user, verb: of_paths.get("verb").str(), what: What::Path(of_paths.get("path").str()) }
    } else {
        let fields = fields_of(of_objects);
        let (group, resource, subresource) = (word("group"), word("resource"), word("subresource"));
        let (namespace, name) = (word("namespace"), word("name"));
        let asked = Asked { group, resource, subresource, namespace, name, fields: &fields };
        return decide(&Attributes { user, verb: word("verb"), what: What::Resource(asked) }, asking, authorizer);
    };
    decide(&asked, asking, authorizer)
}

fn decide(asked: &Attributes<'_>, asking: &Asking<'_>, authorizer: &super::Authorizer) -> (bool, String) {
    match authorizer.decide(asked, asking.store) {
        Decision::Allowed(grounds) => (true, grounds.to_string()),
        Decision::NoOpinion(reason) => (false, reason),
    }
}

/// The field selector of a review, as it stands in a query.
fn fields_of(attributes: &Value) -> String {
    let selector = attributes.get("fieldSelector");
    let exact = selector.get("requirements").items().iter().filter_map(|it| {
        let [value] = it.get("values").items() else { return None };
        (it.get("operator").str() == "In").then(|| format!("{}={}", it.get("key").str(), value.str()))
    });
    let raw = selector.get("rawSelector").as_str().map(str::to_owned);
    exact.chain(raw).collect::<Vec<_>>().join(",")
}

/// A review about somebody.
pub(crate) fn validate(review: &Object, errors: &mut Errors) {
    validate_self(review, errors);
    let spec = review.get("spec");
    if spec.get("user").is_empty() && spec.get("groups").is_empty() {
        errors.invalid("spec.user", &"".into(), "at least one of user or group must be specified");
    }
}

/// A review about oneself.
pub(crate) fn validate_self(review: &Object, errors: &mut Errors) {
    let spec = review.get("spec");
    let (objects, paths) = (spec.get("resourceAttributes"), spec.get("nonResourceAttributes"));
    if !objects.is_null() && !paths.is_null() {
        errors.invalid(
            "spec.nonResourceAttributes",
            paths,
            "cannot be specified in combination with resourceAttributes",
        );
    }
    if objects.is_null() && paths.is_null() {
        let detail = "exactly one of nonResourceAttributes or resourceAttributes must be specified";
        errors.invalid("spec.resourceAttributes", &Value::Null, detail);
    }
}

/// A review about somebody in one namespace.
pub(crate) fn validate_local(review: &Object, errors: &mut Errors) {
    validate(review, errors);
    let objects = review.at("spec.resourceAttributes");
    if !objects.is_null() && objects.get("namespace").str() != review.namespace() {
        let found = Value::from(objects.get("namespace").text());
        errors.invalid("spec.resourceAttributes.namespace", &found, "must match metadata.namespace");
    }
    let paths = review.at("spec.nonResourceAttributes");
    if !paths.is_null() {
        errors.invalid("spec.nonResourceAttributes", paths, "disallowed on this kind of request");
    }
}
