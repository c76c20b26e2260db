//! `metadata` of every kind: names, labels, annotations, owners and finalizers.
//!
//! Upstream: `k8s.io/apimachinery/pkg/api/validation/objectmeta.go`, `pkg/apis/core/validation` (`ValidateObjectMeta`).

use crate::api::validation::{At, IMMUTABLE, NOT_NEGATIVE, labels};
use crate::api::{Errors, Registration, Scope};
use crate::model::{Object, Value, names};
use std::fmt::Write as _;

/// Finalizers without a domain that are allowed.
const STANDARD_FINALIZERS: [&str; 3] = ["kubernetes", "orphan", "foregroundDeletion"];

/// Groups whose validation does not come from `pkg/apis/core`: like custom resources, they may have any finalizer.
const PLAIN_FINALIZERS: [&str; 2] = ["apiextensions.k8s.io", "admissionregistration.k8s.io"];

/// Finds what is wrong with the metadata of a new or changed object.
pub(crate) fn validate(object: &Object, resource: &Registration, errors: &mut Errors) {
    let root = At::root(object);
    let metadata = root.field("metadata");
    validate_name(&metadata, resource, errors);
    let namespace = metadata.field("namespace");
    match resource.scope {
        Scope::Namespaced if namespace.is_empty() => errors.required(&namespace, ""),
        Scope::Namespaced => errors.bad_each(&namespace, names::dns1123_label(namespace.str())),
        Scope::Cluster if !namespace.is_empty() => errors.forbidden(&namespace, "not allowed on this type"),
        Scope::Cluster => {}
    }
    if metadata.get("generation").int_or(0) < 0 {
        errors.bad(&metadata.field("generation"), NOT_NEGATIVE);
    }
    labels::validate(&metadata.field("labels"), errors);
    labels::validate_annotations(&metadata.field("annotations"), errors);
    validate_owners(&metadata.field("ownerReferences"), errors);
    let is_plain = resource.is_custom() || PLAIN_FINALIZERS.contains(&resource.group.as_str());
    validate_finalizers(&metadata.field("finalizers"), is_plain, errors);
}

/// Labels or annotations alone, which upstream calls `metadata.annotation` here.
#[cfg(feature = "every-kind")]
pub(crate) fn validate_texts(field: &str, texts: &Value, errors: &mut Errors) {
    let is_labels = field == "labels";
    let name = if is_labels { "labels" } else { "annotation" };
    let object = Object(Value::from([("metadata", Value::from([(name, texts.clone())]))]));
    let root = At::root(&object);
    let at = root.field("metadata");
    if is_labels {
        labels::validate(&at.field(name), errors);
    } else {
        labels::validate_annotations(&at.field(name), errors);
    }
}

fn validate_name(metadata: &At<'_>, resource: &Registration, errors: &mut Errors) {
    let generated = metadata.field("generateName");
    if !generated.is_empty() {
        errors.bad_each(&generated, (resource.validate_name)(&names::mask_trailing_dash(generated.str())));
    }
    let name = metadata.field("name");
    if name.is_empty() {
        errors.required(&name, "name or generateName is required");
    } else {
        errors.bad_each(&name, (resource.validate_name)(name.str()));
    }
}

fn validate_owners(owners: &At<'_>, errors: &mut Errors) {
    let mut controller: Option<&Value> = None;
    for owner in owners.each() {
        let value = owner.value();
        if value.get("apiVersion").is_empty() {
            errors.invalid(format!("{owners}.apiVersion"), &Value::from(""), "version must not be empty");
        }
        for field in ["kind", "name", "uid"] {
            if value.get(field).is_empty() {
                errors.invalid(format!("{owners}.{field}"), &Value::from(""), "must not be empty");
            }
        }
        if !value.get("controller").is_true() {
            continue;
        }
        if let Some(first) = controller {
            let detail = format!(
                "Only one reference can have Controller set to true. Found \"true\" in references for {} and {}",
                kind_and_name(first),
                kind_and_name(value)
            );
            errors.push("FieldValueInvalid", owners, format!("Invalid value: {}: {detail}", in_go_order(owners)));
        } else {
            controller = Some(value);
        }
    }
}

fn kind_and_name(owner: &Value) -> String {
    format!("{}/{}", owner.get("kind").str(), owner.get("name").str())
}

/// The list as Go writes it, with the fields in the order of the struct.
fn in_go_order(owners: &At<'_>) -> String {
    let fields = ["apiVersion", "kind", "name", "uid", "controller", "blockOwnerDeletion"];
    let mut out = String::from("[");
    for (index, owner) in owners.items().iter().enumerate() {
        out.push_str(if index == 0 { "{" } else { ",{" });
        let given = fields.iter().filter(|it| !owner.get(it).is_null());
        for (index, field) in given.enumerate() {
            let comma = if index == 0 { "" } else { "," };
            // Writing to a string cannot fail.
            let _ = write!(out, "{comma}\"{field}\":{}", owner.get(field));
        }
        out.push('}');
    }
    out.push(']');
    out
}

/// Of Kubernetes' own kinds a finalizer has a slash, or is one that is known; `is_plain` ones need neither.
fn validate_finalizers(finalizers: &At<'_>, is_plain: bool, errors: &mut Errors) {
    let has = |name: &str| finalizers.items().iter().any(|it| it.str() == name);
    for finalizer in finalizers.each() {
        errors.bad_each(&finalizer, names::label_key(finalizer.str()));
        if !is_plain && !finalizer.str().contains('/') && !STANDARD_FINALIZERS.contains(&finalizer.str()) {
            errors.bad(&finalizer, "name is neither a standard finalizer name nor is it fully qualified");
        }
    }
    if has("orphan") && has("foregroundDeletion") {
        errors.bad(finalizers, "finalizer orphan and foregroundDeletion cannot be both set");
    }
}

/// Finds what an update may not change.
pub(crate) fn validate_update(new: &Object, old: &Object, errors: &mut Errors) {
    let root = At::root(new);
    let metadata = root.field("metadata");
    for field in ["name", "namespace", "uid", "creationTimestamp"] {
        let at = metadata.field(field);
        if at.value() != old.metadata().get(field) {
            errors.bad(&at, IMMUTABLE);
        }
    }
    if old.is_terminating() {
        let added: Vec<&str> = new.finalizers().filter(|it| !old.finalizers().any(|old| old == *it)).collect();
        if !added.is_empty() {
            let detail = format!(
                "no new finalizers can be added if the object is being deleted, found new finalizers {}",
                go_strings(&added)
            );
            errors.forbidden(&metadata.field("finalizers"), &detail);
        }
    }
}

/// A list of strings as Go's `%#v` shows it.
fn go_strings(texts: &[&str]) -> String {
    let quoted: Vec<String> = texts.iter().map(|it| names::quote(it)).collect();
    format!("[]string{{{}}}", quoted.join(", "))
}
