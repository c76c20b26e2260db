//! What may stand in `openAPIV3Schema`.
//!
//! Upstream: `ValidateCustomResourceDefinitionOpenAPISchema`, `specStandardValidatorV3`.

use super::{rules, structural};
use crate::api::Errors;
use crate::api::custom::compile_pattern;
use crate::cel::rules::Costs;
use crate::model::Value;
use crate::model::keyed::Met;

/// Fields that a schema may not have, and why.
const FORBIDDEN: &[(&str, &str)] = &[
    ("id", "id is not supported"),
    ("additionalItems", "additionalItems is not supported"),
    ("patternProperties", "patternProperties is not supported"),
    ("definitions", "definitions is not supported"),
    ("dependencies", "dependencies is not supported"),
    ("$ref", "$ref is not supported"),
];
/// Fields that a root schema may have beside a status subresource, as Go calls them.
const AT_ROOT: &[&str] = &[
    "Description",
    "Type",
    "Format",
    "Title",
    "Maximum",
    "ExclusiveMaximum",
    "Minimum",
    "ExclusiveMinimum",
    "MaxLength",
    "MinLength",
    "Pattern",
    "MaxItems",
    "MinItems",
    "UniqueItems",
    "MultipleOf",
    "Required",
    "Items",
    "Properties",
    "ExternalDocs",
    "Example",
    "XPreserveUnknownFields",
    "XValidations",
];

/// The schema of a version, which `costs` tells to be new or stored already.
pub(super) fn validate(version: &Value, path: &str, costs: Costs, errors: &mut Errors) {
    let schema = version.at("schema.openAPIV3Schema");
    if schema.is_null() {
        return;
    }
    let before = errors.0.len();
    if !version.at("subresources.status").is_null() && !schema.fields().iter().all(|(name, _)| may_be_at_root(name)) {
        let allowed = format!("[{}]", AT_ROOT.join(" "));
        let detail =
            format!("only {allowed} fields are allowed at the root of the schema if the status subresource is enabled");
        errors.invalid(path, schema, &detail);
    }
    if schema.get("nullable").is_true() {
        errors.forbidden(format!("{path}.nullable"), "nullable cannot be true at the root");
    }
    walk(schema, path, Place::Root, errors);
    if errors.0.len() == before {
        errors.0.extend(structural::problems(schema, path).0);
    }
    if errors.0.len() == before {
        rules::compile(schema, path, costs, errors);
    }
}

fn may_be_at_root(name: &str) -> bool {
    let go = match name {
        "x-kubernetes-preserve-unknown-fields" => "XPreserveUnknownFields".to_owned(),
        "x-kubernetes-validations" => "XValidations".to_owned(),
        _ => name[..1].to_uppercase() + &name[1..],
    };
    AT_ROOT.contains(&go.as_str())
}

/// Where a schema stands, as far as it matters for defaults and embedded resources.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place<'p> {
    /// It is that of the whole object.
    Root,
    /// It is that of a part.
    Part,
    /// It is that of a field of the whole object which is what it is for every object.
    Own(&'p str),
    /// It is that of such a field of an embedded resource.
    Embedded,
    /// It is that of values of a map in such a field.
    Values,
}

impl<'p> Place<'p> {
    fn of_property(self, schema: &Value, name: &'p str) -> Self {
        let own = matches!(name, "metadata" | "kind" | "apiVersion");
        match self {
            Self::Root if own => Self::Own(name),
            Self::Part if own && schema.get("x-kubernetes-embedded-resource").is_true() => Self::Embedded,
            Self::Root => Self::Part,
            other => other,
        }
    }

    fn of_values(self) -> Self {
        match self {
            Self::Root | Self::Part => Self::Part,
            Self::Own(_) | Self::Embedded | Self::Values => Self::Values,
        }
    }

    fn of_other(self) -> Self {
        if self == Self::Root { Self::Part } else { self }
    }
}

fn validate_place(schema: &Value, path: &str, place: Place<'_>, errors: &mut Errors) {
    let why = match place {
        Place::Own(name) => Some(format!("must not be set in top-level {name}")),
        Place::Values => Some("must not be set inside additionalProperties applying to object metadata".to_owned()),
        Place::Root | Place::Part | Place::Embedded => None,
    };
    if let (false, Some(why)) = (schema.get("default").is_null(), why) {
        errors.forbidden(format!("{path}.default"), &why);
    }
    let in_metadata = !matches!(place, Place::Root | Place::Part);
    if in_metadata && schema.get("x-kubernetes-embedded-resource").is_true() {
        let place = format!("{path}.x-kubernetes-embedded-resource");
        errors.forbidden(place, "must not be used inside of resource meta");
    }
}

fn walk(schema: &Value, path: &str, place: Place<'_>, errors: &mut Errors) {
    validate_place(schema, path, place, errors);
    for (field, why) in FORBIDDEN {
        if !schema.get(field).is_empty() {
            errors.forbidden(format!("{path}.{field}"), why);
        }
    }
    if schema.get("type").str() == "null" {
        errors.forbidden(format!("{path}.type"), "type cannot be set to null, use nullable as an alternative");
    }
    if schema.get("items").as_list().is_some() {
        errors.forbidden(format!("{path}.items"), "items must be a schema object and not an array");
    }
    if schema.get("uniqueItems").is_true() {
        let why = "uniqueItems cannot be set to true since the runtime complexity becomes quadratic";
        errors.forbidden(format!("{path}.uniqueItems"), why);
    }
    let others = schema.get("additionalProperties");
    if !schema.get("properties").is_empty() && (others.as_map().is_some() || *others == Value::Bool(false)) {
        let why = "additionalProperties and properties are mutual exclusive";
        errors.forbidden(format!("{path}.additionalProperties"), why);
    }
    let pattern = schema.get("pattern");
    if !pattern.str().is_empty() && compile_pattern(pattern.str()).is_none() {
        let detail =
            format!("must be a valid regular expression, but isn't: error parsing regexp: `{}`", pattern.str());
        errors.invalid(format!("{path}.pattern"), pattern, &detail);
    }
    extensions(schema, path, errors);
    list_type(schema, path, errors);
    children(schema, path, |it, path, step| {
        let place = match step {
            Step::Property(name) => place.of_property(schema, name),
            Step::Values => place.of_values(),
            Step::Other => place.of_other(),
        };
        walk(it, &path, place, errors);
    });
}

/// How a schema stands in another.
#[derive(Clone, Copy)]
pub(super) enum Step<'n> {
    Property(&'n str),
    Values,
    Other,
}

/// Every schema within a schema, with its path.
pub(super) fn children<'s>(schema: &'s Value, path: &str, mut visit: impl FnMut(&'s Value, String, Step<'s>)) {
    for (field, step) in [("additionalProperties", Step::Values), ("items", Step::Other), ("not", Step::Other)] {
        if schema.get(field).as_map().is_some() {
            visit(schema.get(field), format!("{path}.{field}"), step);
        }
    }
    for (name, it) in schema.get("properties").fields() {
        visit(it, format!("{path}.properties[{name}]"), Step::Property(name));
    }
    for field in ["allOf", "oneOf", "anyOf"] {
        for (index, it) in schema.get(field).items().iter().enumerate() {
            visit(it, format!("{path}.{field}[{index}]"), Step::Other);
        }
    }
}

fn extensions(schema: &Value, path: &str, errors: &mut Errors) {
    let preserve = schema.get("x-kubernetes-preserve-unknown-fields");
    if *preserve == Value::Bool(false) {
        errors.invalid(format!("{path}.x-kubernetes-preserve-unknown-fields"), preserve, "must be true or undefined");
    }
    let map_type = schema.get("x-kubernetes-map-type");
    if !map_type.is_null() {
        if !matches!(map_type.str(), "granular" | "atomic") {
            errors.unsupported(format!("{path}.x-kubernetes-map-type"), map_type, &["granular", "atomic"]);
        }
        typed(schema, path, "object", "must be object if x-kubernetes-map-type is specified", errors);
    }
    for (index, rule) in schema.get("x-kubernetes-validations").items().iter().enumerate() {
        rules::validate(rule, schema, &format!("{path}.x-kubernetes-validations[{index}]"), errors);
    }
}

fn typed(schema: &Value, path: &str, wanted: &str, detail: &str, errors: &mut Errors) {
    match schema.get("type").str() {
        "" => errors.required(format!("{path}.type"), detail),
        it if it == wanted => {}
        _ => errors.invalid(format!("{path}.type"), schema.get("type"), detail),
    }
}

fn list_type(schema: &Value, path: &str, errors: &mut Errors) {
    let (kind, keys) = (schema.get("x-kubernetes-list-type"), schema.get("x-kubernetes-list-map-keys"));
    let place = format!("{path}.x-kubernetes-list-type");
    if !kind.is_null() {
        if !matches!(kind.str(), "atomic" | "set" | "map") {
            errors.unsupported(place.clone(), kind, &["atomic", "map", "set"]);
        }
        typed(schema, path, "array", "must be array if x-kubernetes-list-type is specified", errors);
    }
    if !keys.is_empty() && kind.str() != "map" {
        let detail = "must be map if x-kubernetes-list-map-keys is non-empty";
        if kind.is_null() { errors.required(place, detail) } else { errors.invalid(place, kind, detail) }
    }
    if kind.str() == "map" {
        keyed_list(schema, path, errors);
    }
}

fn keyed_list(schema: &Value, path: &str, errors: &mut Errors) {
    let (keys, items) = (schema.get("x-kubernetes-list-map-keys"), schema.get("items"));
    let place = format!("{path}.x-kubernetes-list-map-keys");
    if keys.is_empty() {
        errors.required(place.clone(), "must not be empty if x-kubernetes-list-type is map");
    }
    if items.is_null() {
        return errors.required(format!("{path}.items"), "must have a schema if x-kubernetes-list-type is map");
    }
    if items.get("type").str() != "object" {
        let detail = "must be object if parent array's x-kubernetes-list-type is map";
        errors.invalid(format!("{path}.items.type"), items.get("type"), detail);
    }
    let required = items.get("required").items();
    let mut met = Met::default();
    for (index, key) in keys.items().iter().enumerate() {
        let is_again = met.again(key) > 0;
        let of = items.get("properties").get(key.str());
        let inner = format!("{path}.items.properties[{}]", key.str());
        if of.is_null() {
            errors.invalid(place.clone(), keys, "entries must all be names of item properties");
            continue;
        }
        if matches!(of.get("type").str(), "object" | "array") {
            let detail = "must be a scalar type if parent array's x-kubernetes-list-type is map";
            errors.invalid(format!("{inner}.type"), of.get("type"), detail);
        }
        if of.get("default").is_null() && !required.contains(key) {
            let detail =
                "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property";
            errors.required(format!("{inner}.default"), detail);
        }
        if is_again {
            errors.invalid(format!("{place}[{index}]"), key, "must not contain duplicate entries");
        }
    }
}
