//! Admission policies and their bindings, with every expression compiled.
//!
//! Upstream: `pkg/apis/admissionregistration/validation/validation.go`.
//! `DIFFERENCE`: what an expression may cost at most is not estimated beforehand; it is limited when it runs.

use crate::api::Errors;
use crate::api::expressions::{Offered, Wanted, environment};
use crate::api::validation::every_kind::webhook::{
    compiled, known, validate_conditions, validate_rule_with_operations,
};
use crate::api::validation::{At, labels};
use crate::cel::Environment;
use crate::model::keyed::Met;
use crate::model::{Object, names};

const NOTHING: &str = "validations or auditAnnotations must contain at least one item";
const REASONS: &[&str] = &["Forbidden", "Invalid", "RequestEntityTooLarge", "Unauthorized"];

/// Finds what is wrong with a validating policy.
pub(crate) fn validate_validating(policy: &Object, errors: &mut Errors) {
    let root = At::root(policy);
    let spec = root.field("spec");
    let full = validate_common(&spec, Patches::No, errors);
    let without_authorizer = environment(offered(&spec, Patches::No, Authorizer::No));
    let without_authorizer = Environment { composed: full.composed.clone(), ..without_authorizer };
    let (validations, annotations) = (spec.field("validations"), spec.field("auditAnnotations"));
    if validations.is_empty() && annotations.is_empty() {
        errors.required(&validations, NOTHING);
        errors.required(&annotations, NOTHING);
    }
    validations.each().for_each(|it| validate_validation(&it, &full, &without_authorizer, errors));
    let mut met = Met::default();
    for annotation in annotations.each() {
        let (key, value) = (annotation.field("key"), annotation.field("valueExpression"));
        errors.bad_each(&key, names::label_key(&format!("{}/{}", policy.name(), key.str())));
        if value.str().trim().is_empty() {
            errors.required(&value, "valueExpression is not specified");
        } else {
            compiled(&value, &full, Wanted::TextOrNull, errors);
        }
        if met.again(key.value()) > 0 {
            errors.duplicate(&key, key.value());
        }
    }
}

/// Finds what is wrong with a mutating policy.
pub(crate) fn validate_mutating(policy: &Object, errors: &mut Errors) {
    let root = At::root(policy);
    let spec = root.field("spec");
    let full = validate_common(&spec, Patches::Yes, errors);
    let mutations = spec.field("mutations");
    if mutations.is_empty() {
        errors.required(&mutations, "mutations must contain at least one item");
    }
    mutations.each().for_each(|it| validate_mutation(&it, &full, errors));
    let again = spec.field("reinvocationPolicy");
    if errors.needs(&again) {
        errors.one_of(&again, &["IfNeeded", "Never"]);
    }
}

fn validate_mutation(mutation: &At<'_>, full: &Environment, errors: &mut Errors) {
    let kind = mutation.field("patchType");
    if !errors.needs(&kind) {
        return;
    }
    let (field, other, makes) = match kind.str() {
        "ApplyConfiguration" => ("applyConfiguration", "jsonPatch", Wanted::Object),
        "JSONPatch" => ("jsonPatch", "applyConfiguration", Wanted::JsonPatch),
        _ => return errors.one_of(&kind, &["ApplyConfiguration", "JSONPatch"]),
    };
    let (wanted, unwanted) = (mutation.field(field), mutation.field(other));
    if unwanted.is_set() {
        errors.bad(&kind, &format!("{other} is not allowed when patchType is {}", kind.str()));
    }
    if !wanted.is_set() {
        return errors.required(&wanted, &format!("must be specified when patchType is {}", kind.str()));
    }
    let expression = wanted.field("expression");
    if expression.str().trim().is_empty() {
        errors.required(&expression, "expression is not specified");
    } else {
        compiled(&expression, full, makes, errors);
    }
}

/// Whether expressions make patches.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Patches {
    Yes,
    No,
}

/// Whether expressions may ask the authorizer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Authorizer {
    Yes,
    No,
}

/// What the expressions of a policy may name.
fn offered(spec: &At<'_>, patches: Patches, authorizer: Authorizer) -> Offered {
    Offered {
        params: spec.field("paramKind").is_set(),
        authorizer: authorizer == Authorizer::Yes,
        patches: patches == Patches::Yes,
    }
}

/// What both sorts of policies have; gives the environment of their expressions.
fn validate_common(spec: &At<'_>, patches: Patches, errors: &mut Errors) -> Environment {
    let failure = spec.field("failurePolicy");
    if failure.is_set() {
        errors.one_of(&failure, &["Fail", "Ignore"]);
    } else {
        errors.required(&failure, "");
    }
    let parameters = spec.field("paramKind");
    if parameters.is_set() {
        validate_parameter_kind(&parameters, errors);
    }
    let constraints = spec.field("matchConstraints");
    if constraints.is_set() {
        validate_matching(&constraints, errors);
        let rules = constraints.field("resourceRules");
        errors.needs(&rules);
    } else {
        errors.required(&constraints, "");
    }
    validate_conditions(&spec.field("matchConditions"), offered(spec, Patches::No, Authorizer::Yes), errors);
    let mut full = environment(offered(spec, patches, Authorizer::Yes));
    validate_variables(&spec.field("variables"), &mut full, errors);
    full
}

fn validate_parameter_kind(parameters: &At<'_>, errors: &mut Errors) {
    let (version, kind) = (parameters.field("apiVersion"), parameters.field("kind"));
    if errors.needs(&version) {
        match version.str().split('/').collect::<Vec<_>>()[..] {
            [number] => errors.bad_each(&version, names::dns1035_label(number)),
            [group, number] => {
                errors.invalid_each(&version, &group.into(), names::dns1123_subdomain(group));
                errors.invalid_each(&version, &number.into(), names::dns1035_label(number));
            }
            _ => errors.bad(&version, &format!("unexpected GroupVersion string: {}", version.str())),
        }
    }
    if errors.needs(&kind) {
        let details = names::dns1035_label(&kind.str().to_lowercase());
        if !details.is_empty() {
            let detail = format!("may have mixed case, but should otherwise match: {}", details.join(","));
            errors.bad(&kind, &detail);
        }
    }
}

fn validate_variables(variables: &At<'_>, full: &mut Environment, errors: &mut Errors) {
    let mut met = Met::default();
    for variable in variables.each() {
        let (name, expression) = (variable.field("name"), variable.field("expression"));
        if name.str().trim().is_empty() {
            errors.required(&name, "name is not specified");
        } else if !names::c_identifier(name.str()).is_empty() {
            errors.bad(&name, "name is not a valid CEL identifier");
        }
        if expression.str().trim().is_empty() {
            errors.required(&expression, "expression is not specified");
        } else if let Some(program) = compiled(&expression, full, Wanted::Anything, errors) {
            full.composed.push((name.value().text(), program.output));
        }
        if met.again(name.value()) > 0 {
            errors.duplicate(&name, name.value());
        }
    }
}

fn validate_matching(matching: &At<'_>, errors: &mut Errors) {
    for field in ["namespaceSelector", "objectSelector"] {
        let at = matching.field(field);
        if at.is_set() {
            labels::validate_selector(&at, errors);
        } else {
            errors.required(&at, "");
        }
    }
    for field in ["resourceRules", "excludeResourceRules"] {
        for rule in matching.field(field).each() {
            validate_rule_with_operations(&rule, errors);
            let mut met = Met::default();
            for name in rule.field("resourceNames").each() {
                errors.bad_each(&name, names::path_segment(name.str()));
                if met.again(name.value()) > 0 {
                    errors.duplicate(&name, name.value());
                }
            }
        }
    }
    let policy = matching.field("matchPolicy");
    if policy.is_set() {
        errors.one_of(&policy, &["Equivalent", "Exact"]);
    } else {
        errors.required(&policy, "");
    }
}

fn validate_validation(validation: &At<'_>, full: &Environment, without_authorizer: &Environment, errors: &mut Errors) {
    let (expression, message) = (validation.field("expression"), validation.field("message"));
    if expression.str().trim().is_empty() {
        errors.required(&expression, "expression is not specified");
    } else {
        compiled(&expression, full, Wanted::Bool, errors);
    }
    let by_expression = validation.field("messageExpression");
    if by_expression.is_set() && by_expression.str().trim().is_empty() {
        errors.bad(&by_expression, "must be non-empty if specified");
    } else if by_expression.is_set() {
        compiled(&by_expression, without_authorizer, Wanted::Text, errors);
    }
    if message.is_set() && message.str().trim().is_empty() {
        errors.bad(&message, "message must be non-empty if specified");
    } else if message.str().trim().contains('\n') {
        errors.bad(&message, "message must not contain line breaks");
    } else if expression.str().contains('\n') && message.is_empty() {
        errors.required(&message, "message must be specified if expression contains line breaks");
    }
    known(&validation.field("reason"), REASONS, errors);
}

/// Finds what is wrong with the binding of a mutating policy.
pub(crate) fn validate_mutating_binding(binding: &Object, errors: &mut Errors) {
    let root = At::root(binding);
    let spec = root.field("spec");
    let policy = spec.field("policyName");
    if errors.needs(&policy) {
        errors.bad_each(&policy, names::dns1123_subdomain(policy.str()));
    }
    let parameters = spec.field("paramRef");
    if parameters.is_set() {
        validate_parameters(&parameters, errors);
    }
    let matching = spec.field("matchResources");
    if matching.is_set() {
        validate_matching(&matching, errors);
    }
}

/// Finds what is wrong with the binding of a validating policy.
pub(crate) fn validate_validating_binding(binding: &Object, errors: &mut Errors) {
    validate_mutating_binding(binding, errors);
    let root = At::root(binding);
    let spec = root.field("spec");
    let actions = spec.field("validationActions");
    if actions.is_empty() {
        errors.required(&actions, "at least one validation action is required");
    }
    let mut met = Met::default();
    for action in actions.each() {
        errors.one_of(&action, &["Audit", "Deny", "Warn"]);
        if met.again(action.value()) > 0 {
            errors.duplicate(&action, action.value());
        }
    }
    let has = |word: &str| actions.items().iter().any(|it| it.str() == word);
    if has("Deny") && has("Warn") {
        errors.bad(&actions, "must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)");
    }
}

fn validate_parameters(parameters: &At<'_>, errors: &mut Errors) {
    let (name, selector) = (parameters.field("name"), parameters.field("selector"));
    match (name.is_empty(), selector.is_set()) {
        (false, true) => {
            errors.forbidden(&name, "name and selector are mutually exclusive");
            errors.forbidden(&selector, "name and selector are mutually exclusive");
        }
        (false, false) => errors.bad_each(&name, names::path_segment(name.str())),
        (true, true) => labels::validate_selector(&selector, errors),
        (true, false) => errors.required(parameters, "one of name or selector must be specified"),
    }
    let missing = parameters.field("parameterNotFoundAction");
    if missing.is_set() {
        errors.one_of(&missing, &["Allow", "Deny"]);
    } else {
        errors.required(&missing, "");
    }
}
