//! The type of a custom resource in the documents: its own schema, and what every object has.
//!
//! Upstream: `k8s.io/apiextensions-apiserver/pkg/controller/openapi/builder/builder.go`, `openapi/v2/conversion.go`.

use shared::api::Registration;
use shared::model::{Map, Text, Value};

use super::schemas::gvk;
use super::{Version, names};

/// What only version 3 of the documents can say.
const NOT_IN_TWO: &[&str] = &["allOf", "anyOf", "oneOf", "not", "nullable"];
const API_VERSION: &str = "APIVersion defines the versioned schema of this representation of an object. Servers should convert recognized schemas to the latest internal value, and may reject unrecognized values. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#resources";
const KIND: &str = "Kind is a string value representing the REST resource this object represents. Servers may infer this from the endpoint the client submits requests to. Cannot be updated. In CamelCase. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds";
const METADATA: &str = "Standard object's metadata. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata";

/// The name and schema of a custom resource; `None` for a built-in one.
pub(super) fn schema(resource: &Registration, version: Version) -> Option<(String, Value)> {
    let custom = resource.custom()?;
    let name = names::of_resource(resource)?;
    let mut schema = match version {
        Version::Three => custom.schema().clone(),
        Version::Two if keeps(custom.schema()) || custom.preserves_unknown() => {
            Value::from([("type", "object".into())])
        }
        Version::Two => for_two(custom.schema()),
    };
    if schema.get("properties").as_map().is_some() || version == Version::Three {
        put_own_fields(&mut schema, version);
    }
    let kind = gvk(&resource.group, &resource.version, &resource.kind);
    schema.map_mut().insert("x-kubernetes-group-version-kind", [kind].into_iter().collect::<Value>());
    Some((name, schema))
}

fn put_own_fields(schema: &mut Value, version: Version) {
    let text = |description: &str| Value::from([("type", "string".into()), ("description", description.into())]);
    let mut metadata = version.reference(names::OBJECT_META);
    metadata.set("description", METADATA);
    let properties = schema.map_mut().entry("properties").map_mut();
    properties.insert("apiVersion", text(API_VERSION));
    properties.insert("kind", text(KIND));
    properties.insert("metadata", metadata);
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
