//! Webhook configurations, and what they share with admission policies: rules and selectors.
//!
//! Upstream: `pkg/apis/admissionregistration/validation/validation.go`, `k8s.io/apiserver/pkg/util/webhook/validation.go`.

use crate::api::Errors;
use crate::api::expressions::{Offered, Wanted, compile, environment};
use crate::api::validation::{At, labels};
use crate::cel::{Environment, Program};
use crate::model::keyed::Met;
use crate::model::{Object, Value, names};
use std::collections::BTreeSet;

const OPERATIONS: &[&str] = &["*", "CONNECT", "CREATE", "DELETE", "UPDATE"];
const REVIEW_VERSIONS: &[&str] = &["v1", "v1beta1"];
const TIMEOUT_MAX_SECONDS: i64 = 30;
const MATCH_CONDITIONS_MAX: usize = 64;

/// Finds what is wrong with a configuration, new or changed.
pub(crate) fn validate(configuration: &Object, errors: &mut Errors) {
    let root = At::root(configuration);
    let hooks = root.field("webhooks");
    let mut met = Met::default();
    for hook in hooks.each() {
        validate_hook(&hook, errors);
        validate_review_versions(&hook.field("admissionReviewVersions"), errors);
        let name = hook.field("name");
        if met.again(name.value()) > 0 && !name.is_empty() {
            errors.duplicate(&name, name.value());
        }
    }
}

fn validate_hook(hook: &At<'_>, errors: &mut Errors) {
    let name = hook.field("name");
    if errors.needs(&name) {
        errors.bad_each(&name, names::fully_qualified_name(name.str()));
    }
    hook.field("rules").each().for_each(|it| validate_rule_with_operations(&it, errors));
    known(&hook.field("failurePolicy"), &["Fail", "Ignore"], errors);
    known(&hook.field("matchPolicy"), &["Equivalent", "Exact"], errors);
    let effects = hook.field("sideEffects");
    if effects.is_set() {
        errors.one_of(&effects, &["None", "NoneOnDryRun"]);
    } else {
        errors.required(&effects, "must specify one of None, NoneOnDryRun");
    }
    let timeout = hook.field("timeoutSeconds");
    if timeout.as_int().is_some_and(|it| !(1..=TIMEOUT_MAX_SECONDS).contains(&it)) {
        errors.bad(&timeout, "the timeout value must be between 1 and 30 seconds");
    }
    labels::validate_selector(&hook.field("namespaceSelector"), errors);
    labels::validate_selector(&hook.field("objectSelector"), errors);
    validate_client(&hook.field("clientConfig"), errors);
    validate_conditions(&hook.field("matchConditions"), Offered { authorizer: true, ..Offered::default() }, errors);
    known(&hook.field("reinvocationPolicy"), &["IfNeeded", "Never"], errors);
}

/// A word that may be left out.
pub(super) fn known(at: &At<'_>, words: &[&str], errors: &mut Errors) {
    if at.is_set() {
        errors.one_of(at, words);
    }
}

fn validate_review_versions(versions: &At<'_>, errors: &mut Errors) {
    let accepted = REVIEW_VERSIONS.join(", ");
    if versions.is_empty() {
        return errors.required(versions, &format!("must specify one of {accepted}"));
    }
    let mut met = Met::default();
    for version in versions.each() {
        if met.again(version.value()) > 0 {
            errors.duplicate(&version, version.value());
        } else {
            errors.bad_each(&version, names::dns1035_label(version.str()));
        }
    }
    if !versions.items().iter().any(|it| REVIEW_VERSIONS.contains(&it.str())) {
        errors.bad(versions, &format!("must include at least one of {accepted}"));
    }
}

pub(super) fn validate_client(client: &At<'_>, errors: &mut Errors) {
    let (url, service) = (client.field("url"), client.field("service"));
    match (url.is_set(), service.is_set()) {
        (true, false) => validate_url(&url, errors),
        (false, true) => validate_service(&service, errors),
        (true, true) | (false, false) => errors.required(client, "exactly one of url or service is required"),
    }
}

fn validate_url(at: &At<'_>, errors: &mut Errors) {
    const FORM: &str = "; desired format: https://host[/path]";
    let text = at.str();
    let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
    if scheme != "https" {
        let shown = Value::from(scheme);
        errors.invalid(at, &shown, &format!("'https' is the only allowed URL scheme{FORM}"));
    }
    let (host, query) = rest.split_once('/').unwrap_or((rest, ""));
    if host.is_empty() {
        errors.invalid(at, &"".into(), &format!("host must be specified{FORM}"));
    }
    if let Some((user, _)) = host.split_once('@') {
        errors.invalid(at, &user.into(), "user information is not permitted in the URL");
    }
    if let Some((_, fragment)) = query.split_once('#') {
        errors.invalid(at, &fragment.into(), "fragments are not permitted in the URL");
    }
    if let Some((_, parameters)) = query.split('#').next().and_then(|it| it.split_once('?')) {
        errors.invalid(at, &parameters.into(), "query parameters are not permitted in the URL");
    }
}

fn validate_service(service: &At<'_>, errors: &mut Errors) {
    let (name, namespace, port) = (service.field("name"), service.field("namespace"), service.field("port"));
    if name.is_empty() {
        errors.required(&name, "service name is required");
    }
    if namespace.is_empty() {
        errors.required(&namespace, "service namespace is required");
    }
    for detail in names::port_number(port.int_or(0)) {
        errors.bad(&port, &format!("port is not valid: {detail}"));
    }
    let path = service.field("path");
    if path.is_set() {
        validate_path(&path, errors);
    }
}

fn validate_path(path: &At<'_>, errors: &mut Errors) {
    let text = path.str();
    if text == "/" || text.is_empty() {
        return;
    }
    if text == "//" {
        return errors.bad(path, "segment[0] may not be empty");
    }
    if !text.starts_with('/') {
        errors.bad(path, "must start with a '/'");
    }
    let inner = text.strip_prefix('/').unwrap_or(text);
    let inner = inner.strip_suffix('/').unwrap_or(inner);
    for (index, step) in inner.split('/').enumerate() {
        if step.is_empty() {
            errors.bad(path, &format!("segment[{index}] may not be empty"));
            continue;
        }
        for failure in names::dns1123_subdomain(step) {
            errors.bad(path, &format!("segment[{index}]: {failure}"));
        }
    }
}

/// Names and expressions of match conditions; what the expressions mean is not looked at.
pub(super) fn validate_conditions(conditions: &At<'_>, offered: Offered, errors: &mut Errors) {
    let environment = environment(offered);
    let found = conditions.items().len();
    if found > MATCH_CONDITIONS_MAX {
        errors.too_many(conditions, found, MATCH_CONDITIONS_MAX);
    }
    let mut met = Met::default();
    for condition in conditions.each() {
        let (name, expression) = (condition.field("name"), condition.field("expression"));
        if expression.str().trim().is_empty() {
            errors.required(&expression, "");
        } else {
            compiled(&expression, &environment, Wanted::Bool, errors);
        }
        if errors.needs(&name) {
            errors.bad_each(&name, names::label_key(name.str()));
            if met.again(name.value()) > 0 {
                errors.duplicate(&name, name.value());
            }
        }
    }
}

/// Tells what is wrong with an expression; gives the program if nothing is.
pub(super) fn compiled(at: &At<'_>, environment: &Environment, wanted: Wanted, errors: &mut Errors) -> Option<Program> {
    let source = at.str().trim();
    match compile(environment, source, wanted) {
        Ok(program) => Some(program),
        Err(why) => {
            errors.invalid_each(at, &source.into(), vec![why]);
            None
        }
    }
}

/// Operations, groups, versions and resources.
pub(super) fn validate_rule_with_operations(rule: &At<'_>, errors: &mut Errors) {
    let operations = rule.field("operations");
    errors.needs(&operations);
    alone(&operations, "operations", errors);
    operations.each().for_each(|it| errors.one_of(&it, OPERATIONS));
    let groups = rule.field("apiGroups");
    errors.needs(&groups);
    alone(&groups, "API groups", errors);
    let versions = rule.field("apiVersions");
    errors.needs(&versions);
    alone(&versions, "API versions", errors);
    versions.each().filter(|it| it.is_empty()).for_each(|it| errors.required(&it, ""));
    validate_resources(&rule.field("resources"), errors);
    known(&rule.field("scope"), &["*", "Cluster", "Namespaced"], errors);
}

fn alone(words: &At<'_>, what: &str, errors: &mut Errors) {
    if words.items().len() > 1 && words.items().iter().any(|it| it.str() == "*") {
        errors.bad(words, &format!("if '*' is present, must not specify other {what}"));
    }
}

fn validate_resources(resources: &At<'_>, errors: &mut Errors) {
    errors.needs(resources);
    let texts: Vec<&str> = resources.items().iter().map(Value::str).collect();
    let mut before = BTreeSet::new();
    for at in resources.each() {
        let text = at.value().str();
        if text.is_empty() {
            errors.required(&at, "");
        }
        let Some((resource, part)) = text.split_once('/') else { continue };
        for wide in [format!("{resource}/*"), format!("*/{part}")] {
            if before.contains(wide.as_str()) {
                errors.bad(&at, &format!("if '{wide}' is present, must not specify {text}"));
            }
        }
        before.insert(text.to_owned());
    }
    let has_plain = texts.iter().any(|it| !it.contains('/') && *it != "*" && !it.is_empty());
    if texts.len() > 1 && texts.contains(&"*/*") {
        errors.bad(resources, "if '*/*' is present, must not specify other resources");
    }
    if texts.contains(&"*") && has_plain {
        errors.bad(resources, "if '*' is present, must not specify other resources without subresources");
    }
}
