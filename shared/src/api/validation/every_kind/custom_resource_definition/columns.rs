//! Printer columns, selectable fields and the paths of `scale`.
//!
//! Upstream: `ValidateCustomResourceColumnDefinition`, `ValidateCustomResourceSelectableFields`,
//! `ValidateCustomResourceDefinitionSubresources`.

use crate::api::Errors;
use crate::model::Value;
use crate::model::jsonpath::Template;
use crate::model::keyed::Met;

/// How many fields of one version may be selected by.
const SELECTABLE_MAX: usize = 8;
const TYPES: &[&str] = &["boolean", "date", "integer", "number", "string"];
const FORMATS: &[&str] = &["byte", "date", "date-time", "double", "float", "int32", "int64", "password"];

/// The columns of a version.
pub(super) fn validate(columns: &Value, path: &str, errors: &mut Errors) {
    for (index, column) in columns.items().iter().enumerate() {
        let path = format!("{path}[{index}]");
        if column.get("name").str().is_empty() {
            errors.required(format!("{path}.name"), "");
        }
        match column.get("type").str() {
            "" => errors.required(format!("{path}.type"), &format!("must be one of {}", TYPES.join(","))),
            it if TYPES.contains(&it) => {}
            _ => errors.invalid(
                format!("{path}.type"),
                column.get("type"),
                &format!("must be one of {}", TYPES.join(",")),
            ),
        }
        let format = column.get("format");
        if !format.str().is_empty() && !FORMATS.contains(&format.str()) {
            errors.invalid(format!("{path}.format"), format, &format!("must be one of {}", FORMATS.join(",")));
        }
        match column.get("jsonPath").str() {
            "" => errors.required(format!("{path}.JSONPath"), ""),
            _ => simple_path(column.get("jsonPath"), format!("{path}.JSONPath"), errors),
        }
    }
}

/// `.a.b[0]`: begins with a dot and can be read.
fn simple_path(path: &Value, place: String, errors: &mut Errors) {
    if !path.str().starts_with('.') {
        return errors.invalid(place, path, "must be a simple json path starting with .");
    }
    if path.str() != "."
        && let Err(error) = Template::parse(&format!("{{{}}}", path.str()))
    {
        errors.invalid(place, path, &error);
    }
}

/// The subresources of a version.
pub(super) fn validate_subresources(subresources: &Value, path: &str, errors: &mut Errors) {
    let scale = subresources.get("scale");
    if scale.is_null() {
        return;
    }
    let places = [
        ("specReplicasPath", &[".spec."][..], "should be a json path under .spec"),
        ("statusReplicasPath", &[".status."], "should be a json path under .status"),
        ("labelSelectorPath", &[".status.", ".spec."], "should be a json path under either .status or .spec"),
    ];
    for (field, roots, detail) in places {
        let (value, place) = (scale.get(field), format!("{path}.scale.{field}"));
        let text = value.str();
        if text.is_empty() {
            if field != "labelSelectorPath" {
                errors.required(place, "");
            }
        } else if !is_field_path(text) {
            errors.invalid(place, value, "must be a valid field path, without array indexes");
        } else if !roots.iter().any(|it| text.starts_with(it)) {
            errors.invalid(place, value, detail);
        }
    }
}

fn is_field_path(path: &str) -> bool {
    let fields = path.strip_prefix('.').unwrap_or_default();
    !fields.is_empty() && fields.split('.').all(|it| !it.is_empty() && !it.contains(['[', ']', '\'', '"']))
}

/// The selectable fields of a version, which must be scalars in its schema.
pub(super) fn validate_selectable(version: &Value, path: &str, errors: &mut Errors) {
    let fields = version.get("selectableFields").items();
    if fields.len() > SELECTABLE_MAX {
        errors.too_many(path.to_owned(), fields.len(), SELECTABLE_MAX);
    }
    let schema = version.at("schema.openAPIV3Schema");
    let mut met = Met::default();
    for (index, field) in fields.iter().enumerate() {
        let (value, place) = (field.get("jsonPath"), format!("{path}[{index}].jsonPath"));
        let text = value.str();
        if text.is_empty() {
            errors.required(place, "");
        } else if !is_field_path(text) || !text.starts_with('.') {
            errors.invalid(place, value, "is an invalid path: must be a simple json path starting with .");
        } else if text.starts_with(".metadata.") {
            errors.invalid(place, value, "must not point to fields in metadata");
        } else {
            let names = text[1..].split('.');
            let found = names.fold(schema, |it, name| it.get("properties").get(name));
            if found.is_null() {
                errors.invalid(place, value, &format!("is an invalid path: field not found in schema: {text}"));
            } else if !matches!(found.get("type").str(), "string" | "boolean" | "integer") {
                errors.invalid(place, value, "must point to a field of type string, boolean or integer");
            }
        }
        if met.again(value) > 0 {
            errors.duplicate(format!("{path}[{index}].jsonPath"), value);
        }
    }
}
