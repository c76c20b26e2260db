//! One rule, compiled.

use super::place;
use crate::cel::schema::{Root, type_of};
use crate::cel::{Environment, Program, Type};
use crate::model::Value;

/// One entry of `x-kubernetes-validations`.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub(super) spec: Value,
    pub(super) program: Result<Program, String>,
    /// `None` without a `messageExpression`.
    pub(super) message: Option<Result<Program, String>>,
    /// True if it compares with what was before.
    pub(super) compares: bool,
    /// `fieldPath` as it is told; empty without.
    place: String,
}

impl Rule {
    pub(super) fn read(spec: &Value, schema: &Value, root: Root) -> Self {
        let kind = type_of(schema, root);
        let optional = spec.get("optionalOldSelf").is_true();
        let before = if optional { Type::optional(kind.clone()) } else { kind.clone() };
        let alone = Environment::new(&[("self", kind.clone())]);
        let environment = Environment::new(&[("self", kind), ("oldSelf", before)]);
        let source = spec.get("rule").str().trim();
        let compiled = environment.compile(source).map_err(|it| format!("compilation failed: {it}"));
        let program = compiled.and_then(|it| must_be(&Type::Bool, it, "cel expression must evaluate to a bool"));
        // Only a rule that names what was before needs it to be known.
        let compares = source.contains("oldSelf") && program.is_ok() && alone.compile(source).is_err();
        let message = spec.get("messageExpression").str();
        let message = (!message.is_empty()).then(|| compile_message(&environment, message));
        let place = place::normalized(spec.get("fieldPath").str(), schema).unwrap_or_default();
        Self { spec: spec.clone(), program, message, compares, place }
    }

    /// Which fields are wrong and why; `no_old` is the list whose items cannot be told from those before.
    pub(super) fn wrong(&self, no_old: Option<&str>) -> Vec<(&'static str, String)> {
        let program = self.program.as_ref().err().map(|it| ("rule", it.clone()));
        let message =
            self.message.as_ref().and_then(|it| it.as_ref().err()).map(|it| ("messageExpression", it.clone()));
        let old = match no_old {
            Some(list) if self.compares => {
                let why = format!("oldSelf cannot be used on the uncorrelatable portion of the schema within {list}");
                Some(("rule", why))
            }
            _ if self.compares || self.spec.get("optionalOldSelf").is_null() => None,
            _ => Some(("optionalOldSelf", "may not be set if oldSelf is not used in rule".to_owned())),
        };
        [program, message, old].into_iter().flatten().collect()
    }

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

fn compile_message(environment: &Environment, source: &str) -> Result<Program, String> {
    let compiled = environment.compile(source).map_err(|it| format!("messageExpression compilation failed: {it}"));
    compiled.and_then(|it| must_be(&Type::Text, it, "messageExpression must evaluate to a string"))
}

fn must_be(wanted: &Type, program: Program, otherwise: &str) -> Result<Program, String> {
    if program.output == *wanted { Ok(program) } else { Err(otherwise.to_owned()) }
}
