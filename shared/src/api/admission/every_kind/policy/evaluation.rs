//! The values of a policy's variables for one request, and what its expressions evaluate to.
//!
//! Upstream: `plugin/cel/{activation,condition}.go`, `plugin/webhook/matchconditions/matcher.go`.

use super::compiled::{Compilation, Compiled};
use super::matching::{Named, operation_word};
use crate::api::admission::{Admission, Operation};
use crate::api::authentication::reviews::user_info;
use crate::api::expressions::{Questions, shown_namespace};
use crate::cel::{Bindings, Budget, Check, Failure, Outcome, Val};
use crate::model::key::resources::NAMESPACES;
use crate::model::{Object, Text, Value};

/// The evaluation of one policy with one object of parameters.
pub(in crate::api::admission) struct Evaluation<'a> {
    bindings: Bindings<'a>,
    /// What is left of what it may cost.
    pub(in crate::api::admission) budget: Budget,
}

impl<'a> Evaluation<'a> {
    /// Prepares the variables.
    pub(in crate::api::admission) fn new(
        policy: &'a Compiled,
        resource: &Named,
        object: &Object,
        params: Option<&Object>,
        admission: &Admission<'_>,
        questions: &'a Questions<'a>,
    ) -> Self {
        let or_null = |it: Option<&Object>| it.map_or(Val::Null, |it| Val::from(&it.0));
        let namespace = Some(admission).filter(|it| it.key.resource != NAMESPACES).and_then(|it| it.namespace());
        let namespace = namespace.map_or(Val::Null, |it| Val::from(&shown_namespace(it)));
        let values = vec![
            ("object", or_null(Some(object).filter(|_| admission.operation != Operation::Delete))),
            ("oldObject", or_null(admission.old)),
            ("request", Val::from(&request_value(resource, admission))),
            ("namespaceObject", namespace),
            ("params", or_null(params)),
            ("authorizer", Check::authorizer()),
            ("authorizer.requestResource", about_request(admission)),
        ];
        let bindings = Bindings { values, composed: &policy.variables, authorizer: Some(questions), known: Vec::new() };
        Self { bindings, budget: Budget::default() }
    }

    /// Evaluates one expression.
    ///
    /// # Errors
    /// It was never compiled, it goes wrong, or all budget is used up: then nothing more can be evaluated.
    pub(in crate::api::admission) fn run(&mut self, compilation: &Compilation) -> Result<Val, Wrong> {
        let program = compilation.as_ref().map_err(|it| Wrong::Expression(format!("compilation error: {it}")))?;
        let outcome: Outcome = program.run(&mut self.bindings, &mut self.budget);
        outcome.map_err(|why| match why {
            Failure::OutOfBudget => Wrong::OutOfBudget(why.to_string()),
            Failure::Error(_) | Failure::TooCostly => {
                Wrong::Expression(format!("expression '{}' resulted in error: {why}", program.source))
            }
        })
    }

    /// Whether all `matchConditions` hold.
    ///
    /// # Errors
    /// Some went wrong and none was false.
    pub(in crate::api::admission) fn conditions_hold(&mut self, policy: &Compiled) -> Result<bool, String> {
        let mut wrong = Vec::new();
        // What conditions cost does not count against the rest.
        let budget = self.budget;
        for (_, condition) in &policy.conditions {
            match self.run(condition) {
                Ok(Val::Bool(false)) => {
                    self.budget = budget;
                    return Ok(false);
                }
                Ok(_) => {}
                Err(Wrong::Expression(why) | Wrong::OutOfBudget(why)) => wrong.push(why),
            }
        }
        self.budget = budget;
        match &wrong[..] {
            [] => Ok(true),
            [one] => Err(one.clone()),
            several => Err(format!("[{}]", several.join(", "))),
        }
    }
}

/// Why an expression has no value.
#[derive(Debug)]
pub(in crate::api::admission) enum Wrong {
    /// This one is wrong.
    Expression(String),
    /// Nothing more can be evaluated.
    OutOfBudget(String),
}

impl Wrong {
    /// What is told.
    pub(in crate::api::admission) fn text(self) -> String {
        match self {
            Self::Expression(it) | Self::OutOfBudget(it) => it,
        }
    }
}

/// `request`.
pub(in crate::api::admission) fn request_value(resource: &Named, admission: &Admission<'_>) -> Value {
    let named = |it: &Named, last: &str, name: &Text| {
        Value::from([("group", (&it.group).into()), ("version", (&it.version).into()), (last, name.into())])
    };
    // What is sent to a part of an object has a kind of its own.
    let body = &admission.request.body;
    let is_own = matches!(admission.subresource(), "" | "status") || body.get("kind").is_empty();
    let kind = |it: &Named| if is_own { named(it, "kind", &it.kind) } else { kind_of(body) };
    let of = |it: &Named| named(it, "resource", &it.plural);
    let own = Named::from(admission.resource);
    let mut request = Value::from([
        ("kind", kind(resource)),
        ("resource", of(resource)),
        ("requestKind", kind(&own)),
        ("requestResource", of(&own)),
        ("operation", operation_word(admission.operation).into()),
        ("userInfo", user_info(admission.user())),
        ("dryRun", admission.is_dry_run().into()),
        ("options", options_value(admission)),
    ]);
    for field in ["subResource", "requestSubResource"] {
        set_text(&mut request, field, admission.subresource());
    }
    set_text(&mut request, "name", &admission.key.name);
    set_text(&mut request, "namespace", &admission.key.namespace);
    request
}

/// The kind that an object says to be of.
fn kind_of(object: &Value) -> Value {
    let version = object.get("apiVersion").str();
    let (group, version) = version.split_once('/').unwrap_or(("", version));
    Value::from([("group", group.into()), ("version", version.into()), ("kind", object.get("kind").clone())])
}

fn set_text(value: &mut Value, field: &str, text: &str) {
    if !text.is_empty() {
        value.set(field, text);
    }
}

fn options_value(admission: &Admission<'_>) -> Value {
    let kind = match admission.operation {
        Operation::Create => "CreateOptions",
        Operation::Update => "UpdateOptions",
        Operation::Delete => "DeleteOptions",
        Operation::Connect => return Value::Null,
    };
    let mut value = Value::from([("apiVersion", "meta.k8s.io/v1".into()), ("kind", kind.into())]);
    set_text(&mut value, "fieldManager", &admission.request.options.field_manager);
    if admission.is_dry_run() {
        value.set("dryRun", ["All"].into_iter().collect::<Value>());
    }
    value
}

/// `authorizer.requestResource`: the question about what the request itself is about.
fn about_request(admission: &Admission<'_>) -> Val {
    let resource = &admission.key.resource;
    let check = Check {
        group: resource.group().into(),
        resource: resource.plural().into(),
        subresource: admission.subresource().into(),
        namespace: admission.key.namespace.clone(),
        name: admission.key.name.clone(),
        ..Check::default()
    };
    check.of_resource()
}
