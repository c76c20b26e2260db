//! The types of the API as OpenAPI schemas, of version 2 or 3.
//!
//! Upstream: `k8s.io/kube-openapi/pkg/builder`, `builder3`. Differs: there are no descriptions (`DIFFERENCE`: `kubectl explain`
//! shows `<empty>`).

use std::collections::{BTreeMap, BTreeSet};

use shared::api::Registration;
use shared::model::schema::{Field, Kind, ListKind, Schema, Type, TypeId};
use shared::model::{Text, Value};

use super::{Version, custom, names};

/// Schemas by their full name.
pub(super) type Schemas = BTreeMap<String, Value>;

/// Every type that `resources` and their lists need.
pub(super) fn schemas<'a>(resources: impl Iterator<Item = &'a Registration>, version: Version) -> Schemas {
    let schema = Schema::get();
    let mut found = Schemas::new();
    let mut wanted: BTreeSet<TypeId> = ROOTS.iter().filter_map(|name| schema.type_named(name)).collect();
    for resource in resources {
        if let Some((name, own)) = custom::schema(resource, version) {
            found.insert(name, own);
            wanted.extend(schema.type_named("meta.v1.ObjectMeta"));
        } else {
            wanted.extend(schema.find(&resource.api_version(), &resource.kind));
        }
        wanted.extend(resource.subresources.iter().filter_map(|it| super::paths::body_type(it)));
        found.extend(list_schema(resource, version));
    }
    let mut seen = wanted.clone();
    while let Some(id) = wanted.pop_first() {
        let of = schema.type_of(id);
        found.insert(names::full(&of.name), type_schema(schema, id, of, version));
        for inner in
            of.fields.iter().filter_map(|it| it.kind.object()).filter(|it| !seen.contains(it)).collect::<Vec<_>>()
        {
            seen.insert(inner);
            wanted.insert(inner);
        }
    }
    found.extend(PLAIN.iter().map(|(name, kind, format)| ((*name).to_owned(), plain(kind, format, version))));
    found
}

/// Types that operations name.
const ROOTS: &[&str] = &["meta.v1.DeleteOptions", "meta.v1.Status", "meta.v1.ListMeta", "meta.v1.WatchEvent"];

/// Types that are no structs: name, type, format.
const PLAIN: &[(&str, &str, &str)] = &[
    (names::TIME, "string", "date-time"),
    (names::MICRO_TIME, "string", "date-time"),
    (names::QUANTITY, "string", ""),
    (names::INT_OR_STRING, "string", "int-or-string"),
    (names::PATCH, "object", ""),
];

fn plain(kind: &str, format: &str, version: Version) -> Value {
    let mut value = Value::from([("type", kind.into())]);
    if !format.is_empty() {
        value.set("format", format);
    }
    if version == Version::Three && format == "int-or-string" {
        let either = ["integer", "string"].into_iter().map(|it| Value::from([("type", it.into())]));
        return Value::from([("format", format.into()), ("oneOf", either.collect())]);
    }
    value
}

fn type_schema(schema: &Schema, id: TypeId, of: &Type, version: Version) -> Value {
    let mut value = Value::from([("type", "object".into())]);
    let required: Value = of.fields.iter().filter(|it| it.required).map(|it| it.name.as_str()).collect();
    if !required.is_empty() {
        value.set("required", required);
    }
    if !of.fields.is_empty() {
        let mut properties = Value::map();
        for field in &of.fields {
            properties.map_mut().insert(field.name.clone(), field_schema(schema, field, version));
        }
        value.set("properties", properties);
    }
    if of.atomic {
        value.set("x-kubernetes-map-type", "atomic");
    }
    let kinds: Value =
        schema.kinds().iter().filter(|it| it.type_id == id).map(|it| gvk(&it.group, &it.version, &it.kind)).collect();
    if !kinds.is_empty() {
        value.set("x-kubernetes-group-version-kind", kinds);
    }
    value
}

/// Group, version and kind as the documents have them.
pub(super) fn gvk(group: &str, version: &str, kind: &str) -> Value {
    Value::from([("group", group.into()), ("kind", kind.into()), ("version", version.into())])
}

fn field_schema(schema: &Schema, field: &Field, version: Version) -> Value {
    let mut value = kind_schema(schema, &field.kind, version);
    let is_list = matches!(field.kind, Kind::List(_));
    match &field.list {
        ListKind::Atomic if is_list && field.patch.merge_key.is_none() => value.set("x-kubernetes-list-type", "atomic"),
        ListKind::Atomic => {}
        ListKind::Set => value.set("x-kubernetes-list-type", "set"),
        ListKind::Map(keys) => {
            value.set("x-kubernetes-list-type", "map");
            value.set("x-kubernetes-list-map-keys", keys.iter().map(Text::as_str).collect::<Value>());
        }
    }
    if field.atomic && !is_list {
        value.set("x-kubernetes-map-type", "atomic");
    }
    let strategy = match (&field.patch.merge_key, field.patch.retain_keys) {
        (Some(_), true) => "merge,retainKeys",
        (Some(_), false) => "merge",
        (None, true) => "retainKeys",
        (None, false) => "",
    };
    if !strategy.is_empty() {
        value.set("x-kubernetes-patch-strategy", strategy);
    }
    if let Some(key) = field.patch.merge_key.as_ref().filter(|it| !it.is_empty()) {
        value.set("x-kubernetes-patch-merge-key", key);
    }
    if let Some(words) = schema.words(field).filter(|it| it.closed && field.kind == Kind::Text) {
        value.set("enum", words.words.iter().map(Text::as_str).collect::<Value>());
    }
    value
}

fn kind_schema(schema: &Schema, kind: &Kind, version: Version) -> Value {
    let scalar = |kind: &str, format: &str| plain(kind, format, version);
    match kind {
        Kind::Bool => scalar("boolean", ""),
        Kind::Int32 => scalar("integer", "int32"),
        Kind::Int64 => scalar("integer", "int64"),
        Kind::Float => scalar("number", "double"),
        Kind::Text => scalar("string", ""),
        Kind::Bytes => scalar("string", "byte"),
        Kind::Time => version.reference(names::TIME),
        Kind::MicroTime => version.reference(names::MICRO_TIME),
        Kind::Quantity => version.reference(names::QUANTITY),
        Kind::IntOrString => version.reference(names::INT_OR_STRING),
        Kind::Any => Value::from([("x-kubernetes-preserve-unknown-fields", true.into())]),
        Kind::Object(id) => version.reference(&names::full(&schema.type_of(*id).name)),
        Kind::List(inner) => Value::from([("type", "array".into()), ("items", inner_schema(schema, inner, version))]),
        Kind::Map(inner) => {
            Value::from([("type", "object".into()), ("additionalProperties", inner_schema(schema, inner, version))])
        }
    }
}

/// The schema of what a list or map holds: nothing stands beside it, so a reference needs no wrapping.
fn inner_schema(schema: &Schema, kind: &Kind, version: Version) -> Value {
    match kind {
        Kind::Object(id) => version.plain_reference(&names::full(&schema.type_of(*id).name)),
        _ => kind_schema(schema, kind, version),
    }
}

/// The list kind of a resource: `PodList`.
fn list_schema(resource: &Registration, version: Version) -> Option<(String, Value)> {
    let name = names::of_resource(resource)?;
    let items = Value::from([("type", "array".into()), ("items", version.plain_reference(&name))]);
    let text = || Value::from([("type", "string".into())]);
    let properties = Value::from([
        ("apiVersion", text()),
        ("kind", text()),
        ("metadata", version.reference(names::LIST_META)),
        ("items", items),
    ]);
    let kind = gvk(&resource.group, &resource.version, &resource.list_kind);
    let value = Value::from([
        ("type", "object".into()),
        ("required", ["items"].into_iter().collect()),
        ("properties", properties),
        ("x-kubernetes-group-version-kind", [kind].into_iter().collect()),
    ]);
    Some((format!("{name}List"), value))
}
