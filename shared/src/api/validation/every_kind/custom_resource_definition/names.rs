//! The names of a definition. Upstream: `ValidateCustomResourceDefinitionNames`.

use crate::api::Errors;
use crate::model::Value;
use crate::model::names::dns1035_label;

/// The names that the user asks for.
pub(super) fn validate_wanted(names: &Value, errors: &mut Errors) {
    for field in ["plural", "singular", "kind", "listKind"] {
        if names.get(field).str().is_empty() {
            errors.required(format!("spec.names.{field}"), "");
        }
    }
    validate(names, "spec.names", errors);
}

/// Any names.
pub(super) fn validate(names: &Value, path: &str, errors: &mut Errors) {
    for field in ["plural", "singular"] {
        let name = names.get(field);
        label(name, name.str(), &format!("{path}.{field}"), "", errors);
    }
    for field in ["kind", "listKind"] {
        let name = names.get(field);
        let mixed = "may have mixed case, but should otherwise match: ";
        label(name, &name.str().to_lowercase(), &format!("{path}.{field}"), mixed, errors);
    }
    for (index, name) in names.get("shortNames").items().iter().enumerate() {
        label(name, name.str(), &format!("{path}.shortNames[{index}]"), "", errors);
    }
    let kinds = (names.get("kind"), names.get("listKind"));
    if !kinds.0.str().is_empty() && kinds.0 == kinds.1 {
        errors.invalid(format!("{path}.listKind"), kinds.1, "kind and listKind may not be the same");
    }
    for (index, name) in names.get("categories").items().iter().enumerate() {
        label(name, name.str(), &format!("{path}.categories[{index}]"), "", errors);
    }
}

fn label(shown: &Value, name: &str, path: &str, before: &str, errors: &mut Errors) {
    if name.is_empty() {
        return;
    }
    let problems = dns1035_label(name);
    if !problems.is_empty() {
        errors.invalid(path, shown, &format!("{before}{}", problems.join(",")));
    }
}
