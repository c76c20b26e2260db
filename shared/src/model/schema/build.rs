//! Types of a custom kind, made of its structural OpenAPI schema.
//!
//! Upstream: `k8s.io/apiextensions-apiserver/pkg/controller/openapi/builder`, `k8s.io/kube-openapi/pkg/schemaconv`.
//! `DIFFERENCE`: a list within a list, or as a value of a map, is always taken as one value by server-side apply.

use crate::model::schema::{Field, Kind, ListKind, Patch, Presence, Schema, Type, TypeId, Words};
use crate::model::{Text, Value};
use std::collections::BTreeMap;

/// How deep a schema is followed; below, anything goes.
const DEPTH_MAX: usize = 64;

impl Schema {
    /// The types of a kind with this `openAPIV3Schema`, and which one is the kind's own.
    pub fn of_open_api(kind: &str, root: &Value) -> (Self, TypeId) {
        let mut builder =
            Builder { schema: Self { deduces: true, ..Self::default() }, copied: BTreeMap::new(), depth: 0 };
        let metadata = Self::get().type_named("meta.v1.ObjectMeta").map(|id| Kind::Object(builder.copy(id)));
        let mut fields = builder.fields(root);
        fields.retain(|it| !matches!(it.name.as_str(), "apiVersion" | "kind" | "metadata"));
        fields.extend(["apiVersion", "kind"].map(|name| plain(name, Kind::Text)));
        fields.push(plain("metadata", metadata.unwrap_or(Kind::Any)));
        fields.sort_by(|a, b| a.name.cmp(&b.name));
        let own = Type { name: kind.into(), atomic: false, open: keeps_unknown(root), fields };
        let id = builder.add(own);
        (builder.schema, id)
    }
}

struct Builder {
    schema: Schema,
    /// Built-in types that are here already, under their new numbers.
    copied: BTreeMap<TypeId, TypeId>,
    depth: usize,
}

impl Builder {
    fn add(&mut self, it: Type) -> TypeId {
        let id = u32::try_from(self.schema.types.len()).unwrap_or(u32::MAX);
        self.schema.types.push(it);
        TypeId(id)
    }

    /// Takes over a built-in type and those in it.
    fn copy(&mut self, id: TypeId) -> TypeId {
        if let Some(done) = self.copied.get(&id) {
            return *done;
        }
        let own = self.add(Type { name: Text::default(), atomic: false, open: false, fields: Vec::new() });
        self.copied.insert(id, own);
        let mut it = Schema::get().type_of(id).clone();
        for field in &mut it.fields {
            field.kind = self.copy_kind(&field.kind);
            field.words = None;
        }
        self.schema.types[own.0 as usize] = it;
        own
    }

    fn copy_kind(&mut self, kind: &Kind) -> Kind {
        match kind {
            Kind::Object(id) => Kind::Object(self.copy(*id)),
            Kind::List(inner) => Kind::List(Box::new(self.copy_kind(inner))),
            Kind::Map(inner) => Kind::Map(Box::new(self.copy_kind(inner))),
            other => other.clone(),
        }
    }

    fn fields(&mut self, schema: &Value) -> Vec<Field> {
        let required = schema.get("required").items();
        let named = schema.get("properties").fields().iter();
        named.map(|(name, it)| self.field(name, it, required.iter().any(|it| it.str() == name))).collect()
    }

    fn field(&mut self, name: &Text, schema: &Value, required: bool) -> Field {
        let default = schema.get("default");
        Field {
            kind: self.kind(schema),
            required,
            list: list_kind(schema),
            atomic: schema.get("x-kubernetes-map-type").str() == "atomic",
            default: (!default.is_null()).then(|| default.to_json().into()),
            words: self.words(name, schema),
            ..plain(name, Kind::Any)
        }
    }

    fn words(&mut self, name: &Text, schema: &Value) -> Option<u32> {
        let words: Vec<Text> = schema.get("enum").items().iter().map(shown).collect();
        if words.is_empty() {
            return None;
        }
        self.schema.words.push(Words { name: name.clone(), closed: true, words });
        u32::try_from(self.schema.words.len() - 1).ok()
    }

    fn kind(&mut self, schema: &Value) -> Kind {
        if self.depth >= DEPTH_MAX {
            return Kind::Any;
        }
        self.depth += 1;
        let kind = match schema.get("type").str() {
            _ if schema.get("x-kubernetes-int-or-string").is_true() => Kind::IntOrString,
            "object" => self.object(schema),
            "array" => Kind::List(Box::new(self.kind(schema.get("items")))),
            "string" => Kind::Text,
            "integer" => Kind::Int64,
            "number" => Kind::Float,
            "boolean" => Kind::Bool,
            _ => Kind::Any,
        };
        self.depth -= 1;
        kind
    }

    fn object(&mut self, schema: &Value) -> Kind {
        let values = schema.get("additionalProperties");
        if values.as_map().is_some() {
            return Kind::Map(Box::new(self.kind(values)));
        }
        if schema.get("properties").is_empty() {
            return Kind::Any;
        }
        let mut fields = self.fields(schema);
        if schema.get("x-kubernetes-embedded-resource").is_true() {
            let missing = ["apiVersion", "kind", "metadata"].into_iter();
            let missing: Vec<&str> = missing.filter(|name| fields.iter().all(|it| it.name != *name)).collect();
            fields.extend(missing.into_iter().map(|name| plain(name, Kind::Any)));
            fields.sort_by(|a, b| a.name.cmp(&b.name));
        }
        let atomic = schema.get("x-kubernetes-map-type").str() == "atomic";
        Kind::Object(self.add(Type { name: Text::new_static("Object"), atomic, open: keeps_unknown(schema), fields }))
    }
}

/// A field of which nothing more is known.
fn plain(name: &str, kind: Kind) -> Field {
    Field {
        name: name.into(),
        kind,
        required: false,
        presence: Presence::IfSet,
        list: ListKind::Atomic,
        atomic: false,
        patch: Patch::default(),
        go_type: None,
        default: None,
        words: None,
    }
}

fn list_kind(schema: &Value) -> ListKind {
    match schema.get("x-kubernetes-list-type").str() {
        "set" => ListKind::Set,
        "map" => ListKind::Map(schema.get("x-kubernetes-list-map-keys").items().iter().map(Value::text).collect()),
        _ => ListKind::Atomic,
    }
}

fn keeps_unknown(schema: &Value) -> bool {
    schema.get("x-kubernetes-preserve-unknown-fields").is_true()
}

fn shown(value: &Value) -> Text {
    value.as_str().map_or_else(|| value.to_json().into(), Text::new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn types_follow_the_schema() {
        let json = r#"{"type":"object","properties":{"spec":{"type":"object","required":["size"],"properties":{
            "size":{"type":"string","enum":["small","large"]},
            "ports":{"type":"array","x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["name"],
                "items":{"type":"object","properties":{"name":{"type":"string","default":"web"}}}},
            "labels":{"type":"object","additionalProperties":{"type":"string"}},
            "rest":{"type":"object","x-kubernetes-preserve-unknown-fields":true},
            "port":{"x-kubernetes-int-or-string":true}}}}}"#;
        let (schema, root) = Schema::of_open_api("Widget", &Value::from_json(json).unwrap());
        let paths = ["spec", "spec.size", "spec.ports", "spec.ports.name", "spec.labels", "spec.rest", "spec.port"];
        let line = |path: &&str| {
            let field = schema.field(root, path).unwrap();
            let words = schema.words(field).map_or(String::new(), |it| it.words.join("|"));
            format!("{path}: {:?} {} {:?} {:?} {words}\n", field.kind, field.required, field.list, field.default)
        };
        expect![[r#"
            spec: Object(TypeId(4)) false Atomic None 
            spec.size: Text true Atomic None small|large
            spec.ports: List(Object(TypeId(3))) false Map(["name"]) None 
            spec.ports.name: Text false Atomic Some("\"web\"") 
            spec.labels: Map(Text) false Atomic None 
            spec.rest: Any false Atomic None 
            spec.port: IntOrString false Atomic None 
        "#]]
        .assert_eq(&paths.iter().map(line).collect::<String>());
        assert!(schema.field(root, "metadata.ownerReferences.uid").is_some());
    }
}
