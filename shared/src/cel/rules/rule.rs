//! One rule, compiled.

use super::place;
use crate::cel::schema::{Root, type_of};
use crate::cel::{Declared, Environment, Program, Type};
use crate::model::Value;

/// One entry of `x-kubernetes-validations`.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub(super) spec: Value,
    pub(super) program: Result<Program, String>,
    /// `None` without a `messageExpression`, or where the rule itself is wrong.
    pub(super) message: Option<Result<Program, String>>,
    /// What the rule and its message can cost at most.
    pub(super) cost: u64,
    pub(super) message_cost: u64,
    /// True if it compares with what was before.
    pub(super) compares: bool,
    /// `fieldPath` as it is told; empty without.
    place: String,
}

/// What all rules of one schema are compiled with.
pub(super) struct Compiler<'s> {
    schema: &'s Value,
    declared: &'s Declared,
    environment: Environment,
    /// The same, where what was before may not be there.
    optional: Environment,
}

impl<'s> Compiler<'s> {
    pub(super) fn new(schema: &'s Value, root: Root, declared: &'s Declared) -> Self {
        let kind = type_of(schema, root).unwrap_or(Type::Dyn);
        let environment = Environment::new(&[("self", kind.clone()), ("oldSelf", kind.clone())]);
        let optional = Environment::new(&[("self", kind.clone()), ("oldSelf", Type::optional(kind))]);
        Self { schema, declared, environment, optional }
    }

    pub(super) fn rule(&self, spec: &Value) -> Rule {
        let optional = spec.get("optionalOldSelf").is_true();
        let environment = if optional { &self.optional } else { &self.environment };
        let compiled = environment.compile_costed(spec.get("rule").str().trim(), self.declared);
        let compiled = compiled.map_err(|it| format!("compilation failed: {it}"));
        let (program, cost) =
            apart(compiled.and_then(|it| must_be(&Type::Bool, it, "cel expression must evaluate to a bool")));
        let compares = program.as_ref().is_ok_and(|it| it.globals.iter().any(|it| it == "oldSelf"));
        let message = spec.get("messageExpression").str();
        let message = (program.is_ok() && !message.is_empty()).then(|| self.message(environment, message));
        let (message, message_cost) = message.map_or((None, 0), |(program, cost)| (Some(program), cost));
        let place = place::normalized(spec.get("fieldPath").str(), self.schema).unwrap_or_default();
        Rule { spec: spec.clone(), program, message, cost, message_cost, compares, place }
    }

    fn message(&self, environment: &Environment, source: &str) -> (Result<Program, String>, u64) {
        let compiled = environment.compile_costed(source, self.declared);
        let compiled = compiled.map_err(|it| format!("messageExpression compilation failed: {it}"));
        apart(compiled.and_then(|it| must_be(&Type::Text, it, "messageExpression must evaluate to a string")))
    }
}

/// A program and its cost; what does not compile costs nothing.
fn apart(compiled: Result<(Program, u64), String>) -> (Result<Program, String>, u64) {
    let cost = compiled.as_ref().map_or(0, |it| it.1);
    (compiled.map(|it| it.0), cost)
}

fn must_be(wanted: &Type, it: (Program, u64), otherwise: &str) -> Result<(Program, u64), String> {
    if it.0.output == *wanted { Ok(it) } else { Err(otherwise.to_owned()) }
}

impl Rule {
    /// What is told of a rule that is not kept: its message, or that it failed.
    pub(super) fn told(&self) -> String {
        match self.spec.get("message").str() {
            "" => format!("failed rule: {}", self.name()),
            text => text.trim().to_owned(),
        }
    }

    /// What stands for a rule that could not be asked: its message, or itself.
    pub(super) fn name(&self) -> &str {
        let message = self.spec.get("message").str();
        if message.is_empty() { self.spec.get("rule").str().trim() } else { message.trim() }
    }

    pub(super) fn reason(&self) -> &'static str {
        match self.spec.get("reason").str() {
            "FieldValueForbidden" => "FieldValueForbidden",
            "FieldValueRequired" => "FieldValueRequired",
            "FieldValueDuplicate" => "FieldValueDuplicate",
            _ => "FieldValueInvalid",
        }
    }

    /// Where the finding is told: below the object, if the rule says so.
    pub(super) fn place(&self, path: &str) -> String {
        match (path.is_empty(), self.place.is_empty()) {
            (_, true) => path.to_owned(),
            (true, false) => self.place.clone(),
            (false, false) => format!("{path}.{}", self.place),
        }
    }
}
