//! The types of the API as OpenAPI schemas, of version 2 or 3.
//!
//! Upstream: `k8s.io/kube-openapi/pkg/builder`, `builder3`, `pkg/generators/enum.go`. `DIFFERENCE`: what each of a field's
//! possible words means is not told, and lists of built-in kinds are described as those of custom ones.

use std::collections::{BTreeMap, BTreeSet};

use shared::api::Registration;
use shared::model::schema::{Descriptions, Field, Kind, ListKind, Schema, Type, TypeId};
use shared::model::{Text, Value};

use super::{Version, custom, names};

/// Schemas by their full name.
pub(super) type Schemas = BTreeMap<String, Value>;

/// Every type that `resources` and their lists need.
pub(super) fn schemas<'a>(
    resources: impl Iterator<Item = &'a Registration>,
    texts: &Descriptions,
    version: Version,
) -> Schemas {
    let schema = Schema::get();
    let writer = Writer { schema, texts, version };
    let mut found = Schemas::new();
    let mut wanted: BTreeSet<TypeId> = ROOTS.iter().filter_map(|name| schema.type_named(name)).collect();
    for resource in resources {
        if let Some((name, own)) = custom::schema(resource, texts, version) {
            found.insert(name, own);
            wanted.extend(schema.type_named("meta.v1.ObjectMeta"));
        } else {
            wanted.extend(schema.find(&resource.api_version(), &resource.kind));
        }
        wanted.extend(resource.subresources.iter().filter_map(|it| super::paths::body_type(it)));
        found.extend(writer.list(resource));
    }
    let mut seen = wanted.clone();
    while let Some(id) = wanted.pop_first() {
        let of = schema.type_of(id);
        found.insert(names::full(&of.name), writer.of_type(id, of));
        for inner in
            of.fields.iter().filter_map(|it| it.kind.object()).filter(|it| !seen.contains(it)).collect::<Vec<_>>()
        {
            seen.insert(inner);
            wanted.insert(inner);
        }
    }
    found.extend(PLAIN.iter().map(|it| writer.plain_type(it)));
    found
}

/// Types that operations name.
const ROOTS: &[&str] = &["meta.v1.DeleteOptions", "meta.v1.Status", "meta.v1.ListMeta", "meta.v1.WatchEvent"];

/// Types that are no structs: name, what they can be (the last in a document that knows no alternatives), format.
const PLAIN: &[(&str, &[&str], &str)] = &[
    ("meta.v1.Time", &["string"], "date-time"),
    ("meta.v1.MicroTime", &["string"], "date-time"),
    ("api.resource.Quantity", &["number", "string"], ""),
    ("util.intstr.IntOrString", &["integer", "string"], "int-or-string"),
    ("meta.v1.Patch", &["object"], ""),
];

/// Words that the API checks, but that Go does not mark as an enumeration.
const UNMARKED: &[&str] = &[
    "ConditionStatus",
    "ContainerRestartPolicy",
    "ContainerRestartRuleAction",
    "ContainerRestartRuleOnExitCodesOperator",
    "ConversionStrategyType",
    "DeletionPropagation",
    "FSGroupPolicy",
    "FieldSelectorOperator",
    "HPAScalingPolicyType",
    "LabelSelectorOperator",
    "LimitType",
    "LoadBalancerIPMode",
    "ManagedFieldsOperationType",
    "MetricSourceType",
    "MetricTargetType",
    "OSName",
    "ParameterNotFoundActionType",
    "PersistentVolumeClaimRetentionPolicyType",
    "PodSELinuxChangePolicy",
    "RecursiveReadOnlyMode",
    "ResourceResizeRestartPolicy",
    "ResourceScope",
    "ScalingPolicySelect",
    "VolumeLifecycleMode",
];

pub(super) fn typed(kind: &str) -> Value {
    Value::from([("type", kind.into())])
}

fn formatted(kind: &str, format: &str) -> Value {
    Value::from([("type", kind.into()), ("format", format.into())])
}

/// Group, version and kind as the documents have them.
pub(super) fn gvk(group: &str, version: &str, kind: &str) -> Value {
    Value::from([("group", group.into()), ("kind", kind.into()), ("version", version.into())])
}

/// Writes schemas of one version of the documents.
struct Writer<'a> {
    schema: &'static Schema,
    texts: &'a Descriptions,
    version: Version,
}

impl Writer<'_> {
    fn plain_type(&self, (name, kinds, format): &(&str, &[&str], &str)) -> (String, Value) {
        let mut value = match (kinds, self.version) {
            ([_, _, ..], Version::Three) => Value::from([("oneOf", kinds.iter().map(|it| typed(it)).collect())]),
            _ => typed(kinds.last().unwrap_or(&"")),
        };
        if !format.is_empty() {
            value.set("format", *format);
        }
        describe(&mut value, self.texts.of_type(name));
        (names::full(name), value)
    }

    fn of_type(&self, id: TypeId, of: &Type) -> Value {
        let mut value = typed("object");
        describe(&mut value, self.texts.of_type(&of.name));
        let required: Value = of.fields.iter().filter(|it| it.required).map(|it| it.name.as_str()).collect();
        if !required.is_empty() {
            value.set("required", required);
        }
        if !of.fields.is_empty() {
            let mut properties = Value::map();
            for field in &of.fields {
                properties.map_mut().insert(field.name.clone(), self.described(of, field));
            }
            value.set("properties", properties);
        }
        if of.atomic {
            value.set("x-kubernetes-map-type", "atomic");
        }
        let kinds = self.schema.kinds().iter().filter(|it| it.type_id == id);
        let kinds: Value = kinds.map(|it| gvk(&it.group, &it.version, &it.kind)).collect();
        if !kinds.is_empty() {
            value.set("x-kubernetes-group-version-kind", kinds);
        }
        value
    }

    fn described(&self, of: &Type, field: &Field) -> Value {
        let mut value = self.field(field);
        let words = value.get("enum").items().iter().map(|it| format!("\n - `{it}`")).collect::<String>();
        let text = self.texts.of_field(&of.name, &field.name);
        let words = if words.is_empty() { words } else { format!("\n\nPossible enum values:{words}") };
        describe(&mut value, &format!("{text}{words}"));
        value
    }

    fn field(&self, field: &Field) -> Value {
        let mut value = self.kind(&field.kind);
        let is_list = matches!(field.kind, Kind::List(_));
        match &field.list {
            ListKind::Atomic if is_list && field.patch.merge_key.is_none() => {
                value.set("x-kubernetes-list-type", "atomic");
            }
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
        self.put_words(&mut value, field);
        value
    }

    /// The words of a field, at the place of the texts that they can be.
    fn put_words(&self, value: &mut Value, field: &Field) {
        let is_marked = |name: &str| name.rsplit('.').next().is_some_and(|it| !UNMARKED.contains(&it));
        let Some(words) = self.schema.words(field).filter(|it| it.closed && is_marked(&it.name)) else { return };
        let words: Value = words.words.iter().map(Text::as_str).collect();
        match &field.kind {
            Kind::Text => value.set("enum", words),
            Kind::List(inner) if **inner == Kind::Text => value.entry("items").set("enum", words),
            Kind::Map(inner) if **inner == Kind::Text => value.entry("additionalProperties").set("enum", words),
            _ => {}
        }
    }

    fn kind(&self, kind: &Kind) -> Value {
        match kind {
            Kind::Bool => typed("boolean"),
            Kind::Int32 => formatted("integer", "int32"),
            Kind::Int64 => formatted("integer", "int64"),
            Kind::Float => formatted("number", "double"),
            Kind::Text => typed("string"),
            Kind::Bytes => formatted("string", "byte"),
            Kind::Any => Value::from([("x-kubernetes-preserve-unknown-fields", true.into())]),
            Kind::List(inner) => Value::from([("type", "array".into()), ("items", self.inner(inner))]),
            Kind::Map(inner) => Value::from([("type", "object".into()), ("additionalProperties", self.inner(inner))]),
            Kind::Time | Kind::MicroTime | Kind::Quantity | Kind::IntOrString | Kind::Object(_) => {
                self.version.reference(&self.name(kind).unwrap_or_default())
            }
        }
    }

    /// The schema of what a list or map holds: nothing stands beside it, so a reference needs no wrapping.
    fn inner(&self, kind: &Kind) -> Value {
        self.name(kind).map_or_else(|| self.kind(kind), |name| self.version.plain_reference(&name))
    }

    /// The full name of a kind of value that is a type of its own.
    fn name(&self, kind: &Kind) -> Option<String> {
        match kind {
            Kind::Time => Some(names::TIME.to_owned()),
            Kind::MicroTime => Some(names::MICRO_TIME.to_owned()),
            Kind::Quantity => Some(names::QUANTITY.to_owned()),
            Kind::IntOrString => Some(names::INT_OR_STRING.to_owned()),
            Kind::Object(id) => Some(names::full(&self.schema.type_of(*id).name)),
            Kind::Bool
            | Kind::Int32
            | Kind::Int64
            | Kind::Float
            | Kind::Text
            | Kind::Bytes
            | Kind::Any
            | Kind::List(_)
            | Kind::Map(_) => None,
        }
    }

    /// The list kind of a resource: `PodList`.
    fn list(&self, resource: &Registration) -> Option<(String, Value)> {
        let Registration { group, version, kind, list_kind, plural, .. } = resource;
        let name = names::of_resource(resource)?;
        let mut items = Value::from([("type", "array".into()), ("items", self.version.plain_reference(&name))]);
        describe(&mut items, &format!("List of {plural}. More info: {CONVENTIONS}"));
        let text = |field: &str| {
            let mut text = typed("string");
            describe(&mut text, self.texts.of_field(names::TYPICAL, field));
            text
        };
        let properties = Value::from([
            ("apiVersion", text("apiVersion")),
            ("kind", text("kind")),
            ("metadata", self.version.reference(names::LIST_META)),
            ("items", items),
        ]);
        let mut value = Value::from([
            ("type", "object".into()),
            ("required", ["items"].into_iter().collect()),
            ("properties", properties),
            ("x-kubernetes-group-version-kind", [gvk(group, version, list_kind)].into_iter().collect()),
        ]);
        describe(&mut value, &format!("{list_kind} is a list of {kind}"));
        Some((format!("{name}List"), value))
    }
}

/// What everything of the API has in common.
const CONVENTIONS: &str = "https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md";

/// Puts a description to a schema, if there is one.
pub(super) fn describe(schema: &mut Value, text: &str) {
    if !text.is_empty() {
        schema.set("description", text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};
    use shared::api::resources;

    /// The part at `path` of the schemas of Deployments.
    fn check(version: Version, path: &str, expected: &Expect) {
        let deployments = resources::all().filter(|it| it.kind == "Deployment").map(Registration::built_in);
        let deployments: Vec<Registration> = deployments.collect();
        let all = schemas(deployments.iter(), &Descriptions::unpack(), version);
        let (name, path) = path.split_once(' ').unwrap_or((path, ""));
        let found = all.get(&names::full(name)).expect("it is there");
        expected
            .assert_eq(&path.split('.').filter(|it| !it.is_empty()).fold(found, |it, field| it.get(field)).to_json());
    }

    #[test]
    fn types_and_fields_are_described() {
        check(
            Version::Two,
            "apps.v1.DeploymentStrategy",
            &expect![[
                r##"{"description":"DeploymentStrategy describes how to replace existing pods with new ones.","properties":{"rollingUpdate":{"$ref":"#/definitions/io.k8s.api.apps.v1.RollingUpdateDeployment","description":"Rolling update config params. Present only if DeploymentStrategyType = RollingUpdate."},"type":{"description":"Type of deployment. Can be \"Recreate\" or \"RollingUpdate\". Default is RollingUpdate.\n\nPossible enum values:\n - `\"Recreate\"`\n - `\"RollingUpdate\"`","enum":["Recreate","RollingUpdate"],"type":"string"}},"type":"object"}"##
            ]],
        );
        check(
            Version::Three,
            "apps.v1.DeploymentSpec properties.strategy",
            &expect![[
                r##"{"allOf":[{"$ref":"#/components/schemas/io.k8s.api.apps.v1.DeploymentStrategy"}],"description":"The deployment strategy to use to replace existing pods with new ones.","x-kubernetes-patch-strategy":"retainKeys"}"##
            ]],
        );
        check(Version::Three, "api.resource.Quantity oneOf", &expect![[r#"[{"type":"number"},{"type":"string"}]"#]]);
        check(
            Version::Three,
            "apps.v1.DeploymentList properties.items",
            &expect![[
                r##"{"description":"List of deployments. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md","items":{"$ref":"#/components/schemas/io.k8s.api.apps.v1.Deployment"},"type":"array"}"##
            ]],
        );
    }

    #[test]
    fn words_stand_where_the_texts_are() {
        check(
            Version::Two,
            "core.v1.PersistentVolumeClaimSpec properties.accessModes.items",
            &expect![[
                r#"{"enum":["ReadOnlyMany","ReadWriteMany","ReadWriteOnce","ReadWriteOncePod"],"type":"string"}"#
            ]],
        );
        check(
            Version::Two,
            "apps.v1.DeploymentCondition properties.status",
            &expect![[r#"{"description":"Status of the condition, one of True, False, Unknown.","type":"string"}"#]],
        );
    }
}
