//! The API's errors: `metav1.Status` bodies and the field errors of validation.
//!
//! Upstream: `k8s.io/apimachinery/pkg/api/errors/errors.go`, `pkg/util/validation/field/errors.go`.

use crate::model::{Key, ResourceName, Text, Value, names};

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
        let shown = shown(value);
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
        self.push("FieldValueDuplicate", field, format!("Duplicate value: {}", shown(value)));
    }

    /// `Unsupported value: VALUE: supported values: …`; `supported` is listed in the order given.
    pub fn unsupported(&mut self, field: impl Into<String>, value: &Value, supported: &[&str]) {
        let quoted: Vec<String> = supported.iter().map(|it| format!("\"{it}\"")).collect();
        let list = quoted.join(", ");
        let shown = shown(value);
        self.push("FieldValueNotSupported", field, format!("Unsupported value: {shown}: supported values: {list}"));
    }

    /// `Not found: VALUE`.
    pub fn not_found(&mut self, field: impl Into<String>, value: &Value) {
        self.push("FieldValueNotFound", field, format!("Not found: {}", shown(value)));
    }

    /// `Too long: may not be more than N bytes`.
    pub fn too_long(&mut self, field: impl Into<String>, most_bytes: usize) {
        self.push("FieldValueTooLong", field, format!("Too long: may not be more than {most_bytes} bytes"));
    }

    /// `Too many: N: must have at most M items`.
    pub fn too_many(&mut self, field: impl Into<String>, found: usize, most: usize) {
        let items = if most == 1 { "item" } else { "items" };
        self.push("FieldValueTooMany", field, format!("Too many: {found}: must have at most {most} {items}"));
    }

    /// One `Invalid value` for each of `details`, which a check of `names` gave.
    pub fn invalid_each(&mut self, field: impl Into<String>, value: &Value, details: Vec<String>) {
        if details.is_empty() {
            return;
        }
        let field = field.into();
        for detail in details {
            self.invalid(field.clone(), value, &detail);
        }
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

    /// 403 with message and details as they are.
    #[cfg(feature = "every-kind")]
    pub(crate) fn new_forbidden(message: String, details: Value) -> Self {
        Self { code: 403, reason: "Forbidden", message, details }
    }

    /// 409 for a name that was drawn at random and was taken every time.
    pub fn no_unique_name(key: &Key) -> Self {
        let tail = "the server was not able to generate a unique name for the object";
        let mut status = Self::already_exists(key);
        status.message = format!("{}, {tail}", status.message);
        status
    }

    /// 404 for a path that the server does not know.
    pub fn no_such_page() -> Self {
        let message = "the server could not find the requested resource".to_owned();
        Self { code: 404, reason: "NotFound", message, details: Value::map() }
    }

    /// 500 with the message as it is.
    pub fn internal(message: impl Into<String>) -> Self {
        Self { code: 500, reason: "", message: message.into(), details: Value::Null }
    }

    /// 504: the request took too long. Upstream: `k8s.io/apimachinery/pkg/api/errors` (`NewTimeoutError`).
    pub fn timeout(what: &str) -> Self {
        Self { code: 504, reason: "Timeout", message: format!("Timeout: {what}"), details: Value::map() }
    }

    /// 410: a revision or continue token that is too old.
    pub fn expired(message: impl Into<String>) -> Self {
        Self { code: 410, reason: "Expired", message: message.into(), details: Value::Null }
    }

    /// 200 or 201: nothing but success.
    pub fn success(code: u16) -> Self {
        Self { code, reason: "", message: String::new(), details: Value::Null }
    }

    /// 200: the object with this uid is gone.
    pub fn deleted(key: &Key, uid: &str) -> Self {
        let mut details = resource_details(&key.resource, &key.name);
        details.set("uid", uid);
        Self { details, ..Self::success(200) }
    }

    /// 400 with the message as it is.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self { code: 400, reason: "BadRequest", message: message.into(), details: Value::Null }
    }

    /// 405: the resource does not know this way of asking.
    pub fn method_not_allowed(message: impl Into<String>) -> Self {
        Self { code: 405, reason: "MethodNotAllowed", message: message.into(), details: Value::map() }
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
    pub(crate) fn joined(&self) -> String {
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

/// A value as the API's errors show it: text as Go quotes it, everything else as JSON.
fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_json(), names::quote)
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
