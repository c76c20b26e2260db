//! Definitions of custom resources.
//!
//! Upstream: `k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation/validation.go`. What all versions have in common
//! stands, for upstream's checks, beside the versions (`Convert_v1_CustomResourceDefinitionSpec_To_…`): that is why errors name
//! `spec.validation` where the user wrote `spec.versions[0].schema`.

mod columns;
mod conversion;
mod names;
mod rules;
mod schema;
pub(crate) mod structural;

use crate::api::Errors;
use crate::api::custom::establish::{self, Approval};
use crate::api::validation::IMMUTABLE;
use crate::cel::rules::Costs;
use crate::model::names::{dns1035_label, dns1123_subdomain};
use crate::model::{Object, Value};

const PRESERVES: &str =
    "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead";

/// Finds what is wrong with a new definition.
pub(crate) fn validate(it: &Object, errors: &mut Errors) {
    validate_name(it, errors);
    validate_spec(it, None, errors);
    names::validate(it.at("status.acceptedNames"), "status.acceptedNames", errors);
    validate_stored(it, errors);
    validate_approval(it, None, errors);
    validate_preserving(it, None, errors);
}

/// Finds what is wrong with a changed definition.
pub(crate) fn validate_update(new: &Object, old: &Object, errors: &mut Errors) {
    validate_spec(new, Some(old), errors);
    let fixed = ["spec.scope", "spec.names.kind"];
    let fixed = if establish::is_established(old) { &fixed[..] } else { &[] };
    for field in fixed.iter().chain(&["spec.group", "spec.names.plural"]) {
        if new.at(field) != old.at(field) {
            errors.invalid(*field, new.at(field), IMMUTABLE);
        }
    }
    validate_stored(new, errors);
    validate_approval(new, Some(old), errors);
    validate_preserving(new, Some(old), errors);
}

/// Finds what is wrong with a changed status.
pub(crate) fn validate_status(it: &Object, errors: &mut Errors) {
    names::validate(it.at("status.acceptedNames"), "status.acceptedNames", errors);
    validate_stored(it, errors);
}

fn validate_name(it: &Object, errors: &mut Errors) {
    let wanted = format!("{}.{}", it.at("spec.names.plural").str(), it.at("spec.group").str());
    if it.name() != wanted {
        errors.invalid("metadata.name", &(&it.name()).into(), "must be spec.names.plural+\".\"+spec.group");
    }
}

fn validate_spec(it: &Object, old: Option<&Object>, errors: &mut Errors) {
    let spec = it.get("spec");
    let group = spec.get("group");
    let problems = dns1123_subdomain(group.str());
    if group.str().is_empty() {
        errors.required("spec.group", "");
    } else if !problems.is_empty() {
        errors.invalid("spec.group", group, &problems.join(","));
    } else if !group.str().contains('.') {
        errors.invalid("spec.group", group, "should be a domain with at least one dot");
    }
    match spec.get("scope").str() {
        "" => errors.required("spec.scope", ""),
        "Cluster" | "Namespaced" => {}
        _ => errors.unsupported("spec.scope", spec.get("scope"), &["Cluster", "Namespaced"]),
    }
    let versions = spec.get("versions").items();
    let common = Common::of(versions);
    validate_versions(versions, common, errors);
    names::validate_wanted(spec.get("names"), errors);
    each(versions, common.schema, "validation", "schema", |version, path| {
        schema::validate(version, &format!("{path}.openAPIV3Schema"), costs(version, old), errors);
    });
    each(versions, common.subresources, "subresources", "subresources", |version, path| {
        columns::validate_subresources(version.get("subresources"), &path, errors);
    });
    each(versions, common.columns, "additionalPrinterColumns", "additionalPrinterColumns", |version, path| {
        columns::validate(version.get("additionalPrinterColumns"), &path, errors);
    });
    each(versions, common.selectable, "selectableFields", "selectableFields", |version, path| {
        columns::validate_selectable(version, &path, errors);
    });
    conversion::validate(it, old, errors);
}

/// Rules that are stored as they are may be as costly as they are.
fn costs(version: &Value, old: Option<&Object>) -> Costs {
    let mut before = old.map_or(&[][..], |it| it.at("spec.versions").items()).iter();
    let same = |field: &str, it: &Value| it.get(field) == version.get(field);
    if before.any(|it| same("name", it) && same("schema", it)) { Costs::Accepted } else { Costs::Judged }
}

/// What all versions have in common.
#[derive(Clone, Copy)]
#[allow(clippy::struct_excessive_bools, reason = "one for each field that may stand beside the versions")]
struct Common {
    schema: bool,
    subresources: bool,
    columns: bool,
    selectable: bool,
}

impl Common {
    fn of(versions: &[Value]) -> Self {
        let same = |field: &str| versions.iter().all(|it| it.get(field) == versions[0].get(field));
        Self {
            schema: same("schema"),
            subresources: same("subresources"),
            columns: same("additionalPrinterColumns"),
            selectable: same("selectableFields"),
        }
    }
}

/// Visits each version, or where all have the field in common the first one, under the name that it has then.
fn each(versions: &[Value], common: bool, above: &str, field: &str, mut visit: impl FnMut(&Value, String)) {
    if common {
        return versions.iter().take(1).for_each(|it| visit(it, format!("spec.{above}")));
    }
    for (index, version) in versions.iter().enumerate() {
        visit(version, format!("spec.versions[{index}].{field}"));
    }
}

fn validate_versions(versions: &[Value], common: Common, errors: &mut Errors) {
    for (index, version) in versions.iter().enumerate() {
        if version.at("schema.openAPIV3Schema").is_null() {
            errors.required(format!("spec.versions[{index}].schema.openAPIV3Schema"), "");
        }
        let name = version.get("name");
        let problems = dns1035_label(name.str());
        if !problems.is_empty() {
            errors.invalid(format!("spec.versions[{index}].name"), name, &problems.join(","));
        }
        validate_deprecation(version, &format!("spec.versions[{index}].deprecationWarning"), errors);
    }
    let names: std::collections::BTreeSet<&str> = versions.iter().map(|it| it.get("name").str()).collect();
    if names.len() < versions.len() {
        bad_versions(versions, common, "must contain unique version names", errors);
    }
    if versions.iter().filter(|it| it.get("storage").is_true()).count() != 1 {
        bad_versions(versions, common, "must have exactly one version marked as storage version", errors);
    }
}

fn validate_deprecation(version: &Value, path: &str, errors: &mut Errors) {
    let warning = version.get("deprecationWarning");
    let Some(text) = warning.as_str() else { return };
    if !version.get("deprecated").is_true() {
        return errors.invalid(path, warning, "can only be set for deprecated versions");
    }
    if text.is_empty() {
        errors.invalid(path, warning, "must not be an empty string");
    }
    if text.chars().count() > 256 {
        errors.invalid(path, warning, "must be <= 256 characters long");
    }
    if let Some(odd) = text.chars().position(char::is_control) {
        errors.invalid(
            path,
            warning,
            &format!("must only contain printable UTF-8 characters; non-printable character found at index {odd}"),
        );
    }
}

/// The versions as Go's internal type shows them.
fn bad_versions(versions: &[Value], common: Common, detail: &str, errors: &mut Errors) {
    let own = |common: bool, value: &Value| if common { "null".to_owned() } else { value.to_json() };
    let shown = versions.iter().map(|it| {
        let flag = |field: &str| it.get(field).is_true();
        format!(
            "{{\"Name\":{},\"Served\":{},\"Storage\":{},\"Deprecated\":{},\"DeprecationWarning\":{},\"Schema\":{},\"Subresources\":{},\"AdditionalPrinterColumns\":{},\"SelectableFields\":{}}}",
            it.get("name"),
            flag("served"),
            flag("storage"),
            flag("deprecated"),
            it.get("deprecationWarning"),
            own(common.schema, it.get("schema")),
            own(common.subresources, it.get("subresources")),
            own(common.columns, it.get("additionalPrinterColumns")),
            own(common.selectable, it.get("selectableFields")),
        )
    });
    let shown = format!("[{}]", shown.collect::<Vec<_>>().join(","));
    errors.push("FieldValueInvalid", "spec.versions", format!("Invalid value: {shown}: {detail}"));
}

fn validate_stored(it: &Object, errors: &mut Errors) {
    const PATH: &str = "status.storedVersions";
    let stored = it.at(PATH);
    if stored.items().is_empty() {
        errors.invalid(PATH, &stored.items().iter().cloned().collect(), "must have at least one stored version");
    }
    let versions = it.at("spec.versions").items();
    for (index, name) in stored.items().iter().enumerate() {
        if !versions.iter().any(|it| it.get("name") == name) {
            errors.invalid(format!("{PATH}[{index}]"), name, "must appear in spec.versions");
        }
    }
    for version in versions.iter().filter(|it| it.get("storage").is_true()) {
        if !stored.items().contains(version.get("name")) {
            errors.invalid(PATH, stored, &format!("must have the storage version {}", version.get("name").str()));
        }
    }
}

/// Groups of Kubernetes need a word of its reviewers; what was stored without it stays.
fn validate_approval(new: &Object, old: Option<&Object>, errors: &mut Errors) {
    if !establish::is_protected(new.at("spec.group").str()) {
        return;
    }
    let word = |it: &Object| it.annotation(establish::APPROVED).unwrap_or_default().to_owned();
    let value = word(new);
    let found = establish::approval(&value);
    if old.is_some_and(|it| establish::approval(&word(it)) == found) {
        return;
    }
    let path = format!("metadata.annotations[{}]", establish::APPROVED);
    match found {
        Approval::Missing => errors.required(path, &establish::unapproved(found)),
        Approval::Invalid => errors.invalid(path, &value.into(), &establish::unapproved(found)),
        Approval::Bypassed | Approval::Given => {}
    }
}

fn validate_preserving(new: &Object, old: Option<&Object>, errors: &mut Errors) {
    const PATH: &str = "spec.preserveUnknownFields";
    if new.at(PATH).is_true() && !old.is_some_and(|it| it.at(PATH).is_true()) {
        errors.invalid(PATH, new.at(PATH), PRESERVES);
    }
}

#[cfg(test)]
mod tests;
