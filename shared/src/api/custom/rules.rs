//! The seam to rules in CEL (`x-kubernetes-validations`).
//!
//! Upstream: `k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel/validation.go`.
//! `DIFFERENCE`: the rules are not evaluated yet.

use crate::api::Errors;
use crate::model::Value;

/// Findings after which rules are not looked at: the object does not have the types that they were compiled for.
pub(super) const BLOCKING: &[&str] = &[
    "FieldValueNotSupported",
    "FieldValueRequired",
    "FieldValueTooLong",
    "FieldValueTooMany",
    "FieldValueTypeInvalid",
];

/// What is said when blocking findings keep rules from being looked at.
const NOT_CHECKED: &str = "some validation rules were not checked because the object was invalid; correct the existing errors to complete validation";

/// The rules of one schema.
#[derive(Debug)]
pub(crate) struct Rules {
    any: bool,
}

impl Rules {
    /// The rules that stand in a schema.
    pub(super) fn compile(schema: &Value) -> Self {
        Self { any: stand_in(schema) }
    }

    /// Looks at an object, and at what it was before, by the rules of its schema; unless findings so far forbid it.
    pub(super) fn check(
        &self,
        (_self, _old): (&Value, Option<&Value>),
        _schema: &Value,
        blocked: bool,
        errors: &mut Errors,
    ) {
        if self.any && blocked {
            errors.push("FieldValueInvalid", "<nil>", format!("Invalid value: null: {NOT_CHECKED}"));
        }
    }
}

fn stand_in(schema: &Value) -> bool {
    match schema {
        Value::Map(map) => {
            map.iter().any(|(name, it)| (name == "x-kubernetes-validations" && !it.items().is_empty()) || stand_in(it))
        }
        Value::List(list) => list.iter().any(stand_in),
        _ => false,
    }
}
