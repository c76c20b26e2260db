//! `ValidatingAdmissionPolicy`: expressions that must be true, or the request is refused, warned about or noted.
//!
//! Upstream: `plugin/policy/validating/{dispatcher,validator}.go`.

use super::compiled::{Compiled, Validation};
use super::evaluation::{Evaluation, Wrong};
use super::matching;
use super::params::{self, Misconfigured};
use crate::api::Status;
use crate::api::admission::{Admission, InForce, Operation, Plugin};
use crate::api::expressions::Questions;
use crate::cel::{Budget, Val};
use crate::model::{Object, Text, Value};
use std::collections::BTreeMap;

pub(in crate::api::admission) const PLUGIN: Plugin = Plugin {
    name: "ValidatingAdmissionPolicy",
    in_force: InForce::Full,
    on: &[Operation::Create, Operation::Update, Operation::Delete, Operation::Connect],
    resources: &["*"],
    validate: Some(validate),
    ..Plugin::NONE
};

/// How long a message that an expression makes may be, in bytes. Upstream: `MaxEvaluatedMessageExpressionSizeBytes`.
const MESSAGE_BYTES_MAX: usize = 5 * 1024;

/// How long the value of an audit annotation may be, in bytes.
const ANNOTATION_BYTES_MAX: usize = 10 * 1024;

/// What one expression says against a request.
struct Finding {
    /// Its place among the validations; `None` for an audit annotation that has no value, which denies whatever the binding says.
    index: Option<usize>,
    message: String,
    reason: &'static str,
}

/// What denies the request: the first one is told.
struct Denial {
    policy: Text,
    binding: Option<Text>,
    message: String,
    reason: &'static str,
}

fn validate(object: &Object, admission: &mut Admission<'_>) -> Result<(), Status> {
    if admission.policies.validating.is_empty() || matching::is_exempt(admission) {
        return Ok(());
    }
    let policies = admission.policies;
    let mut denials = Vec::new();
    for bound in &policies.validating {
        judge(&bound.policy, &bound.bindings, object, admission, &mut denials);
    }
    match denials.first() {
        Some(denial) => Err(refusal(denial, admission)),
        None => Ok(()),
    }
}

/// Lets one policy speak by each of its bindings.
fn judge(
    policy: &Compiled,
    bindings: &[Object],
    object: &Object,
    admission: &mut Admission<'_>,
    denials: &mut Vec<Denial>,
) {
    let misconfigured = |why: Misconfigured, binding: &Object| {
        let (binding, message) = match why {
            Misconfigured::Policy(why) => (None, format!("failed to configure policy: {why}")),
            Misconfigured::Binding(why) => (Some(binding.name()), format!("failed to configure binding: {why}")),
        };
        (!policy.ignores_failures()).then(|| Denial { policy: policy.name(), binding, message, reason: "" })
    };
    let Ok(Some(resource)) = matching::matches(policy.object.at("spec.matchConstraints"), object, admission) else {
        return;
    };
    let request = admission.request;
    let mut annotations = BTreeMap::new();
    for binding in bindings {
        match matching::matches(binding.at("spec.matchResources"), object, admission) {
            Ok(Some(_)) => {}
            Ok(None) => continue,
            Err(why) => {
                denials.extend(misconfigured(Misconfigured::Binding(why), binding));
                continue;
            }
        }
        let params = match params::collect(&policy.object, binding, admission) {
            Ok(it) => it,
            Err(why) => {
                denials.extend(misconfigured(why, binding));
                continue;
            }
        };
        for params in params {
            let (store, user) = (admission.store, &request.user);
            let questions = Questions { authorizer: admission.authorizer, store, user };
            let evaluation = Evaluation::new(policy, &resource, object, params.as_ref(), admission, &questions);
            let findings = findings(policy, evaluation, &mut annotations);
            carry_out(policy, binding, findings, admission, denials);
        }
    }
    for (key, values) in annotations {
        admission.annotate(&format!("{}/{key}", policy.name()), &values.join(", "));
    }
}

/// What all validations say; audit annotations that evaluate are added to `annotations`.
fn findings(
    policy: &Compiled,
    mut evaluation: Evaluation<'_>,
    annotations: &mut BTreeMap<Text, Vec<String>>,
) -> Vec<Finding> {
    let failed = |index: Option<usize>, message: String| Finding { index, message, reason: "" };
    let of_policy = |finding: Finding| if policy.ignores_failures() { Vec::new() } else { vec![finding] };
    match evaluation.conditions_hold(policy) {
        Ok(true) => {}
        Ok(false) => return Vec::new(),
        Err(why) => return of_policy(failed(Some(0), why)),
    }
    let mut found = Vec::new();
    for (index, validation) in policy.validations.iter().enumerate() {
        match evaluation.run(&validation.program) {
            Ok(Val::Bool(true)) => {}
            Ok(_) => {
                let message = message(validation, &mut evaluation);
                found.push(Finding { index: Some(index), message, reason: reason(validation) });
            }
            Err(Wrong::Expression(why)) => found.extend(of_policy(failed(Some(index), why))),
            Err(Wrong::OutOfBudget(why)) => return of_policy(failed(Some(0), why)),
        }
    }
    evaluation.budget = Budget::default();
    for annotation in &policy.annotations {
        match evaluation.run(&annotation.program) {
            Ok(Val::Text(it)) if !it.trim().is_empty() => {
                let values: &mut Vec<String> = annotations.entry(annotation.key.clone()).or_default();
                let value = cut(it.trim(), ANNOTATION_BYTES_MAX);
                if !values.contains(&value) {
                    values.push(value);
                }
            }
            Ok(Val::Text(_) | Val::Null) => {}
            Ok(other) => {
                let (source, kind) = (&annotation.source, other.type_name());
                let why = format!(
                    "valueExpression '{source}' resulted in unsupported return type: {kind}. Return type must be either string or null."
                );
                found.push(failed(None, why));
            }
            Err(why) => found.extend(of_policy(failed(None, why.text()))),
        }
    }
    found
}

/// At most so many bytes, cut between two signs.
fn cut(text: &str, bytes: usize) -> String {
    let end = (0..=bytes.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
    text[..end].to_owned()
}

/// The message of a validation that is false: by its expression, as written, or else the validation itself.
fn message(validation: &Validation, evaluation: &mut Evaluation<'_>) -> String {
    if let Some(program) = &validation.message
        && let Ok(Val::Text(text)) = evaluation.run(program)
    {
        let text = text.trim();
        if !text.is_empty() && text.len() <= MESSAGE_BYTES_MAX && !text.contains('\n') {
            return text.to_owned();
        }
    }
    match validation.spec.get("message").str().trim() {
        "" => format!("failed expression: {}", validation.spec.get("expression").str().trim()),
        text => text.to_owned(),
    }
}

fn reason(validation: &Validation) -> &'static str {
    match validation.spec.get("reason").str() {
        "Unauthorized" => "Unauthorized",
        "Forbidden" => "Forbidden",
        "RequestEntityTooLarge" => "RequestEntityTooLarge",
        _ => "Invalid",
    }
}

/// Does with each finding what the binding says.
fn carry_out(
    policy: &Compiled,
    binding: &Object,
    findings: Vec<Finding>,
    admission: &mut Admission<'_>,
    denials: &mut Vec<Denial>,
) {
    let (policy, name) = (policy.name(), binding.name());
    let actions = binding.at("spec.validationActions");
    for finding in findings {
        let message = finding.message.as_str();
        let denial = || Denial {
            policy: policy.clone(),
            binding: Some(name.clone()),
            message: message.to_owned(),
            reason: finding.reason,
        };
        let Some(index) = finding.index else {
            denials.push(denial());
            continue;
        };
        for action in actions.items() {
            match action.str() {
                "Deny" => denials.push(denial()),
                "Warn" => admission.warn(format!(
                    "Validation failed for ValidatingAdmissionPolicy '{policy}' with binding '{name}': {message}"
                )),
                "Audit" => {
                    let failure = Value::from([
                        ("message", message.into()),
                        ("policy", (&policy).into()),
                        ("binding", (&name).into()),
                        ("expressionIndex", Value::Int(i64::try_from(index).unwrap_or_default())),
                        ("validationActions", actions.clone()),
                    ]);
                    let failures: Value = std::iter::once(failure).collect();
                    admission.annotate("validation.policy.admission.k8s.io/validation_failure", &failures.to_json());
                }
                _ => {}
            }
        }
    }
}

fn refusal(denial: &Denial, admission: &Admission<'_>) -> Status {
    let by = denial.binding.as_ref().map_or_else(String::new, |it| format!(" with binding '{it}'"));
    let message = format!("ValidatingAdmissionPolicy '{}'{by} denied request: {}", denial.policy, denial.message);
    let mut status = admission.forbid(&message);
    (status.reason, status.code) = match denial.reason {
        "Unauthorized" => ("Unauthorized", 401),
        "Forbidden" => ("Forbidden", 403),
        "RequestEntityTooLarge" => ("RequestEntityTooLarge", 413),
        _ => ("Invalid", 422),
    };
    let cause = Value::from([("message", message.into())]);
    status.details.set("causes", std::iter::once(cause).collect::<Value>());
    status
}
