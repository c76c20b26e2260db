//! The API's errors: `metav1.Status` bodies and the field errors of validation.
//!
//! Upstream: `k8s.io/apimachinery/pkg/api/errors/errors.go`, `pkg/util/validation/field/errors.go`.

use crate::model::{Key, ResourceName, Text, Value};

/// A failure, or the success of a deletion, as the API says it.
#[derive(Clone, Debug, PartialEq)]
pub struct Status {
    /// The HTTP status code.
    pub code: u16,
    /// `NotFound`, `AlreadyExists`, `Invalid`; empty for success.
    pub reason: &'static str,
    /// What people read.
    pub message: String,
    /// `details`, null without.
    pub details: Value,
}

/// One finding of validation.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldError {
    /// `FieldValueInvalid`, `FieldValueRequired`, …
    pub reason: &'static str,
    /// `spec.containers[0].name`.
    pub field: String,
    /// `Invalid value: "X": must be …`, without the field.
    pub message: String,
}

/// The findings of one validation, in the order in which they were made.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Errors(pub Vec<FieldError>);

impl Errors {
    /// `Invalid value: VALUE: DETAIL`.
    pub fn invalid(&mut self, field: impl Into<String>, value: &Value, detail: &str) {
        let shown = value.to_json();
        self.push("FieldValueInvalid", field, format!("Invalid value: {shown}: {detail}"));
    }

    /// `Required value: DETAIL`; an empty detail is left out.
    pub fn required(&mut self, field: impl Into<String>, detail: &str) {
        let tail = if detail.is_empty() { String::new() } else { format!(": {detail}") };
        self.push("FieldValueRequired", field, format!("Required value{tail}"));
    }

    /// `Forbidden: DETAIL`.
    pub fn forbidden(&mut self, field: impl Into<String>, detail: &str) {
        self.push("FieldValueForbidden", field, format!("Forbidden: {detail}"));
    }

    /// `Duplicate value: VALUE`.
    pub fn duplicate(&mut self, field: impl Into<String>, value: &Value) {
        self.push("FieldValueDuplicate", field, format!("Duplicate value: {}", value.to_json()));
    }

    /// `Unsupported value: VALUE: supported values: …`; `supported` is listed in the order given.
    pub fn unsupported(&mut self, field: impl Into<String>, value: &Value, supported: &[&str]) {
        let quoted: Vec<String> = supported.iter().map(|it| format!("\"{it}\"")).collect();
        let list = quoted.join(", ");
        let shown = value.to_json();
        self.push("FieldValueNotSupported", field, format!("Unsupported value: {shown}: supported values: {list}"));
    }

    /// Adds a finding.
    pub fn push(&mut self, reason: &'static str, field: impl Into<String>, message: String) {
        self.0.push(FieldError { reason, field: field.into(), message });
    }
}

impl Status {
    /// 404: `pods "web" not found`.
    pub fn not_found(key: &Key) -> Self {
        let message = format!("{} \"{}\" not found", key.resource, key.name);
        Self { code: 404, reason: "NotFound", message, details: resource_details(&key.resource, &key.name) }
    }

    /// 409: `pods "web" already exists`.
    pub fn already_exists(key: &Key) -> Self {
        let message = format!("{} \"{}\" already exists", key.resource, key.name);
        Self { code: 409, reason: "AlreadyExists", message, details: resource_details(&key.resource, &key.name) }
    }

    /// 409: `Operation cannot be fulfilled on pods "web": DETAIL`.
    pub fn conflict(key: &Key, detail: &str) -> Self {
        let message = format!("Operation cannot be fulfilled on {} \"{}\": {detail}", key.resource, key.name);
        Self { code: 409, reason: "Conflict", message, details: resource_details(&key.resource, &key.name) }
    }

    /// 403: `pods "web" is forbidden: DETAIL`.
    pub fn forbidden(key: &Key, detail: &str) -> Self {
        let message = format!("{} \"{}\" is forbidden: {detail}", key.resource, key.name);
        Self { code: 403, reason: "Forbidden", message, details: resource_details(&key.resource, &key.name) }
    }

    /// 400 with the message as it is.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self { code: 400, reason: "BadRequest", message: message.into(), details: Value::Null }
    }

    /// 405.
    pub fn method_not_allowed(message: impl Into<String>) -> Self {
        Self { code: 405, reason: "MethodNotAllowed", message: message.into(), details: Value::Null }
    }

    /// 422: `Deployment.apps "web" is invalid: …` with every finding as a cause.
    pub fn invalid(kind: &str, group: &str, name: &str, errors: &Errors) -> Self {
        let dotted = if group.is_empty() { kind.to_owned() } else { format!("{kind}.{group}") };
        let message = format!("{dotted} \"{name}\" is invalid: {}", errors.joined());
        let mut details = Value::from([("name", name.into()), ("kind", kind.into())]);
        if !group.is_empty() {
            details.set("group", group);
        }
        details.set("causes", errors.0.iter().map(FieldError::to_value).collect::<Value>());
        Self { code: 422, reason: "Invalid", message, details }
    }

    /// The body that HTTP carries.
    pub fn to_value(&self) -> Value {
        let word = if self.code < 400 { "Success" } else { "Failure" };
        let mut it = Value::from([
            ("kind", "Status".into()),
            ("apiVersion", "v1".into()),
            ("metadata", Value::map()),
            ("status", word.into()),
            ("code", Value::Int(self.code.into())),
        ]);
        for (name, text) in [("message", self.message.as_str()), ("reason", self.reason)] {
            if !text.is_empty() {
                it.set(name, text);
            }
        }
        if !self.details.is_null() {
            it.set("details", self.details.clone());
        }
        it
    }
}

impl Errors {
    /// All findings in one line: alone as it is, several in brackets.
    fn joined(&self) -> String {
        let mut lines: Vec<String> = Vec::new();
        for error in &self.0 {
            let line = format!("{}: {}", error.field, error.message);
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
        if lines.len() == 1 { lines.remove(0) } else { format!("[{}]", lines.join(", ")) }
    }
}

impl FieldError {
    fn to_value(&self) -> Value {
        Value::from([
            ("reason", self.reason.into()),
            ("message", self.message.as_str().into()),
            ("field", self.field.as_str().into()),
        ])
    }
}

fn resource_details(resource: &ResourceName, name: &Text) -> Value {
    let mut details = Value::from([("name", name.into()), ("kind", resource.plural().into())]);
    if !resource.group().is_empty() {
        details.set("group", resource.group());
    }
    details
}
