//! The type of a custom resource in the documents: its own schema, and what every object has.
//!
//! Upstream: `k8s.io/apiextensions-apiserver/pkg/controller/openapi/builder/builder.go`, `openapi/v2/conversion.go`.

use shared::api::Registration;
use shared::model::schema::Descriptions;
use shared::model::{Map, Text, Value};

use super::schemas::{describe, gvk, typed};
use super::{Version, names};

/// What only version 3 of the documents can say.
const NOT_IN_TWO: &[&str] = &["allOf", "anyOf", "oneOf", "not", "nullable"];

/// The name and schema of a custom resource; `None` for a built-in one.
pub(super) fn schema(resource: &Registration, texts: &Descriptions, version: Version) -> Option<(String, Value)> {
    let custom = resource.custom()?;
    let name = names::of_resource(resource)?;
    let mut schema = match version {
        Version::Three => custom.schema().clone(),
        Version::Two if keeps(custom.schema()) || custom.preserves_unknown() => typed("object"),
        Version::Two => for_two(custom.schema()),
    };
    if schema.get("properties").as_map().is_some() || version == Version::Three {
        put_own_fields(&mut schema, texts, version);
    }
    let kind = gvk(&resource.group, &resource.version, &resource.kind);
    schema.map_mut().insert("x-kubernetes-group-version-kind", [kind].into_iter().collect::<Value>());
    Some((name, schema))
}

fn put_own_fields(schema: &mut Value, texts: &Descriptions, version: Version) {
    let own = [
        ("apiVersion", typed("string")),
        ("kind", typed("string")),
        ("metadata", version.reference(names::OBJECT_META)),
    ];
    for (name, mut field) in own {
        describe(&mut field, texts.of_field(names::TYPICAL, name));
        schema.map_mut().entry("properties").map_mut().insert(name, field);
    }
}

fn keeps(schema: &Value) -> bool {
    schema.get("x-kubernetes-preserve-unknown-fields").is_true()
}

/// A schema as version 2 can say it; clients that check by it must not refuse what the server takes.
fn for_two(schema: &Value) -> Value {
    let open = schema.get("nullable").is_true() || schema.get("x-kubernetes-int-or-string").is_true() || keeps(schema);
    let dropped = |name: &str| {
        NOT_IN_TWO.contains(&name) || (open && matches!(name, "type" | "items" | "properties" | "additionalProperties"))
    };
    let fields = schema.fields().iter().filter(|(name, _)| !dropped(name));
    let fields = fields.map(|(name, it)| (name.clone(), inner_for_two(name, it)));
    Value::Map(fields.collect::<Map>())
}

fn inner_for_two(name: &str, value: &Value) -> Value {
    match name {
        "properties" => {
            let fields = value.fields().iter().map(|(name, it)| (name.clone(), for_two(it)));
            Value::Map(fields.collect::<Vec<(Text, Value)>>().into_iter().collect::<Map>())
        }
        "items" | "additionalProperties" if value.as_map().is_some() => for_two(value),
        _ => value.clone(),
    }
}
