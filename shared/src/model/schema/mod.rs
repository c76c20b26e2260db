//! What the types of the API are: fields, kinds of values, what is required, how lists merge, which words are allowed.
//!
//! The built-in types come from one compact file that `xtask/schema` writes. What fields are for stands in another
//! file, which only the server has (`descriptions`).

pub mod assist;
#[cfg(feature = "every-kind")]
pub mod build;
#[cfg(feature = "every-kind")]
mod descriptions;
mod read;

#[cfg(feature = "every-kind")]
pub use descriptions::Descriptions;

use crate::model::{Text, Value};
use std::sync::OnceLock;

/// The file that the generator writes.
static FILE: &[u8] = include_bytes!("../../../schema/kubernetes.bin");

/// Types, and which one each kind has.
#[derive(Clone, Debug, Default)]
pub struct Schema {
    types: Vec<Type>,
    kinds: Vec<KindEntry>,
    words: Vec<Words>,
    deduces: bool,
}

/// The number of a type in its schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TypeId(u32);

/// A kind of the API.
#[derive(Clone, Debug)]
pub struct KindEntry {
    /// The API group; empty for core.
    pub group: Text,
    /// The version: `v1`.
    pub version: Text,
    /// The kind: `Pod`.
    pub kind: Text,
    /// Its type.
    pub type_id: TypeId,
}

/// A type with fields: a struct of the API.
#[derive(Clone, Debug)]
pub struct Type {
    /// Package and name: `core.v1.Pod`.
    pub name: Text,
    /// True if server-side apply takes the whole as one value.
    pub atomic: bool,
    /// True if values may have fields that the type does not name, and which stay.
    pub open: bool,
    /// The fields, sorted by name.
    pub fields: Vec<Field>,
}

/// A field of a type.
#[derive(Clone, Debug)]
pub struct Field {
    /// The name in JSON.
    pub name: Text,
    /// What its value is.
    pub kind: Kind,
    /// True if the API demands it.
    pub required: bool,
    /// When it is written.
    pub presence: Presence,
    /// How server-side apply takes a list; `Atomic` for anything else.
    pub list: ListKind,
    /// True if server-side apply takes a map or struct as one value.
    pub atomic: bool,
    /// How a strategic merge patch takes a list.
    pub patch: Patch,
    /// The name that Go has for the type where it is a named one: `PullPolicy`.
    pub go_type: Option<Text>,
    /// What the API server fills in, where that does not depend on other fields.
    pub default: Option<Text>,
    words: Option<u32>,
}

/// What a value is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `true` or `false`.
    Bool,
    /// A whole number of 32 bits.
    Int32,
    /// A whole number of 64 bits.
    Int64,
    /// Any number.
    Float,
    /// A string.
    Text,
    /// Bytes, written in base64.
    Bytes,
    /// A moment, to the second.
    Time,
    /// A moment, to the microsecond.
    MicroTime,
    /// An amount of a resource.
    Quantity,
    /// A number or a string.
    IntOrString,
    /// Anything.
    Any,
    /// A struct.
    Object(TypeId),
    /// A list of such values.
    List(Box<Kind>),
    /// A map from string to such values.
    Map(Box<Kind>),
}

/// When a field is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// Always; an empty one as the zero of its kind (`""`, `0`, `{}`).
    Always,
    /// Always; an unset one as null.
    AlwaysOrNull,
    /// When it is set, even to zero.
    IfSet,
    /// When it is not zero, empty or null.
    IfNotEmpty,
}

/// How server-side apply takes a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListKind {
    /// As one value.
    Atomic,
    /// As a set of scalars.
    Set,
    /// As maps that these keys tell apart.
    Map(Vec<Text>),
}

/// How a strategic merge patch takes a field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Patch {
    /// For a list that is merged: the key of its items, or "" for a list of scalars.
    pub merge_key: Option<Text>,
    /// True if keys that the patch does not name are dropped (`retainKeys`).
    pub retain_keys: bool,
}

/// The words of a string type.
#[derive(Clone, Debug)]
pub struct Words {
    /// Package and name: `core.v1.PullPolicy`.
    pub name: Text,
    /// True if no other word is allowed.
    pub closed: bool,
    /// The words, sorted.
    pub words: Vec<Text>,
}

impl Schema {
    /// The built-in types, read once.
    pub fn get() -> &'static Self {
        static SCHEMA: OnceLock<Schema> = OnceLock::new();
        SCHEMA.get_or_init(|| read::read(FILE).unwrap_or_default())
    }

    /// The type of a kind, such as `("apps/v1", "Deployment")`.
    ///
    /// A list kind (`PodList`) has none of its own: see [`Schema::list_item`].
    pub fn find(&self, api_version: &str, kind: &str) -> Option<TypeId> {
        let (group, version) = split_api_version(api_version);
        let found = self.kinds.iter().find(|it| it.kind == kind && it.group == group && it.version == version);
        found.map(|it| it.type_id)
    }

    /// The type of the items of a list kind, such as `("v1", "PodList")`.
    pub fn list_item(&self, api_version: &str, list_kind: &str) -> Option<TypeId> {
        self.find(api_version, list_kind.strip_suffix("List")?)
    }

    /// True if server-side apply looks into values that may be anything, instead of taking them as one.
    pub fn deduces(&self) -> bool {
        self.deduces
    }

    /// All kinds.
    pub fn kinds(&self) -> &[KindEntry] {
        &self.kinds
    }

    /// A type by its number.
    ///
    /// # Panics
    /// If the number is of another schema.
    pub fn type_of(&self, id: TypeId) -> &Type {
        &self.types[id.0 as usize]
    }

    /// A type by its name, such as `core.v1.PodSpec`.
    pub fn type_named(&self, name: &str) -> Option<TypeId> {
        let index = self.types.binary_search_by(|it| it.name.as_str().cmp(name)).ok()?;
        u32::try_from(index).ok().map(TypeId)
    }

    /// All types, sorted by name.
    pub fn types(&self) -> &[Type] {
        &self.types
    }

    /// The field at a dotted path below a type, such as `spec.template.spec.containers`; lists and maps of structs are
    /// entered without an index or key, and indexes in brackets are skipped.
    pub fn field(&self, id: TypeId, path: &str) -> Option<&Field> {
        let mut names = path.split('.').map(|name| name.split('[').next().unwrap_or(name));
        let first = self.type_of(id).field(names.next()?)?;
        names.try_fold(first, |field, name| self.type_of(field.kind.object()?).field(name))
    }

    /// The words of a field, if its values are words.
    pub fn words(&self, field: &Field) -> Option<&Words> {
        self.words.get(field.words? as usize)
    }

    /// Go's name of a kind of value, as it stands in the API's errors: `[]v1.Container`, `map[string]string`.
    pub fn go_name(&self, kind: &Kind) -> String {
        match kind {
            Kind::Bool => "bool".into(),
            Kind::Int32 | Kind::IntOrString => "int32".into(),
            Kind::Int64 => "int64".into(),
            Kind::Float => "float64".into(),
            Kind::Text | Kind::Time | Kind::MicroTime => "string".into(),
            Kind::Bytes => "[]uint8".into(),
            Kind::Quantity => "resource.Quantity".into(),
            Kind::Any => "interface {}".into(),
            Kind::Object(id) => self.type_of(*id).go_name(),
            Kind::List(inner) => format!("[]{}", self.go_name(inner)),
            Kind::Map(inner) => format!("map[string]{}", self.go_name(inner)),
        }
    }
}

impl Type {
    /// The field of this name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        let index = self.fields.binary_search_by(|it| it.name.as_str().cmp(name)).ok()?;
        self.fields.get(index)
    }

    /// The name alone: `Pod`.
    pub fn short_name(&self) -> &str {
        self.name.rsplit_once('.').map_or(&self.name, |(_, name)| name)
    }

    /// The version that Go's package is named for: `v1`.
    pub fn package(&self) -> &str {
        let package = self.name.rsplit_once('.').map_or("", |(package, _)| package);
        package.rsplit_once('.').map_or(package, |(_, version)| version)
    }

    /// Go's name: `v1.Pod`.
    pub fn go_name(&self) -> String {
        format!("{}.{}", self.package(), self.short_name())
    }
}

impl Field {
    /// True if an empty value is left out.
    pub fn omits(&self, value: &Value) -> bool {
        match self.presence {
            Presence::Always | Presence::AlwaysOrNull => false,
            Presence::IfSet => value.is_null(),
            Presence::IfNotEmpty => value.is_empty(),
        }
    }
}

impl Kind {
    /// The struct in it, through lists and maps.
    pub fn object(&self) -> Option<TypeId> {
        match self {
            Kind::Object(id) => Some(*id),
            Kind::List(inner) | Kind::Map(inner) => inner.object(),
            Kind::Bool
            | Kind::Int32
            | Kind::Int64
            | Kind::Float
            | Kind::Text
            | Kind::Bytes
            | Kind::Time
            | Kind::MicroTime
            | Kind::Quantity
            | Kind::IntOrString
            | Kind::Any => None,
        }
    }
}

/// Group and version of an `apiVersion`: `apps/v1` is `("apps", "v1")`, `v1` is `("", "v1")`.
pub fn split_api_version(api_version: &str) -> (&str, &str) {
    api_version.split_once('/').unwrap_or(("", api_version))
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    /// Every fact of the fields at these paths of a kind.
    fn check(api_version: &str, kind: &str, paths: &[&str], expected: &Expect) {
        let schema = Schema::get();
        let line = |path: &&str| {
            let field = schema.field(schema.find(api_version, kind).unwrap(), path).unwrap();
            let words = schema.words(field).map_or(String::new(), |it| it.words.join("|"));
            let name = schema.go_name(&field.kind);
            let Field { required, presence, list, patch, go_type, default, .. } = field;
            let patch = (&patch.merge_key, patch.retain_keys);
            let named = (go_type, default, words);
            format!("{path}: {name} required={required} {presence:?} {list:?} {patch:?} {named:?}\n")
        };
        expected.assert_eq(&paths.iter().map(line).collect::<String>());
    }

    #[test]
    fn knows_fields() {
        let containers = "spec.template.spec.containers[0].ports";
        check(
            "apps/v1",
            "Deployment",
            &["spec.replicas", "spec.selector", "spec.strategy", containers],
            &expect![[r#"
            spec.replicas: int32 required=false IfSet Atomic (None, false) (None, Some("1"), "")
            spec.selector: v1.LabelSelector required=true AlwaysOrNull Atomic (None, false) (None, None, "")
            spec.strategy: v1.DeploymentStrategy required=false Always Atomic (None, true) (None, None, "")
            spec.template.spec.containers[0].ports: []v1.ContainerPort required=false IfNotEmpty Map(["containerPort", "protocol"]) (Some("containerPort"), false) (None, None, "")
        "#]],
        );
        check(
            "v1",
            "Pod",
            &[
                "spec.containers.imagePullPolicy",
                "spec.containers.resources.limits",
                "metadata.creationTimestamp",
                "metadata.finalizers",
            ],
            &expect![[r#"
                spec.containers.imagePullPolicy: string required=false IfNotEmpty Atomic (None, false) (Some("PullPolicy"), None, "Always|IfNotPresent|Never")
                spec.containers.resources.limits: map[string]resource.Quantity required=false IfNotEmpty Atomic (None, false) (Some("ResourceList"), None, "")
                metadata.creationTimestamp: string required=false IfNotEmpty Atomic (None, false) (None, None, "")
                metadata.finalizers: []string required=false IfNotEmpty Set (Some(""), false) (None, None, "")
            "#]],
        );
        check(
            "v1",
            "Service",
            &["spec.ports.targetPort", "spec.ports", "spec"],
            &expect![[r#"
            spec.ports.targetPort: int32 required=false Always Atomic (None, false) (None, None, "")
            spec.ports: []v1.ServicePort required=false IfNotEmpty Map(["port", "protocol"]) (Some("port"), false) (None, None, "")
            spec: v1.ServiceSpec required=false Always Atomic (None, false) (None, None, "")
        "#]],
        );
    }

    #[test]
    fn knows_kinds() {
        let schema = Schema::get();
        assert!(schema.find("v1", "Deployment").is_none());
        assert!(schema.find("policy/v1", "Eviction").is_some() && schema.find("v1", "DeleteOptions").is_some());
        assert_eq!(schema.type_of(schema.list_item("v1", "PodList").unwrap()).name, "core.v1.Pod");
        let pod = schema.type_named("core.v1.Pod").unwrap();
        assert_eq!(schema.type_of(pod).go_name(), "v1.Pod");
        assert!(schema.field(pod, "spec.nope").is_none());
        expect!["72 kinds 500 types"].assert_eq(&format!(
            "{} kinds {} types",
            schema.kinds().len(),
            schema.types().len()
        ));
    }
}
