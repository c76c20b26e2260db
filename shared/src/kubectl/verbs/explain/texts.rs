//! What is said of the fields of a kind: by Kubernetes, or by the definition of a custom kind.

use crate::kubectl::discovery::Kind;
use crate::model::Value;
use crate::model::schema::{Descriptions, Kind as Shape, Schema, TypeId};

/// A kind whose `apiVersion`, `kind` and `metadata` are described as those of all kinds.
const TYPICAL: &str = "core.v1.Pod";
/// What a definition cannot describe.
const OF_ALL: &[&str] = &["apiVersion", "kind", "metadata"];

/// The texts of one kind.
pub(super) struct Texts {
    built_in: Descriptions,
    /// `openAPIV3Schema`; null for a built-in kind.
    declared: Value,
}

impl Texts {
    /// The texts of a kind; `None` in the page.
    #[allow(clippy::unnecessary_wraps, reason = "in the page there are none")]
    pub(super) fn of(kind: &Kind) -> Option<Self> {
        let declared = kind.custom.as_ref().and_then(|it| it.custom()).map(|it| it.schema().clone());
        Some(Self { built_in: Descriptions::unpack(), declared: declared.unwrap_or_default() })
    }

    /// What is said of the field at `path`, and of the type that it has; of the whole kind if the path is empty.
    pub(super) fn of_path(&self, schema: &Schema, root: TypeId, path: &str) -> String {
        let mut texts = Vec::new();
        if self.declares(path) {
            collect(followed(&self.declared, path), &mut texts);
        } else {
            let (above, name) = path.rsplit_once('.').unwrap_or(("", path));
            let owner =
                if above.is_empty() { Some(root) } else { schema.field(root, above).and_then(|it| it.kind.object()) };
            texts.extend(owner.filter(|_| !name.is_empty()).map(|it| self.of_field(schema, it, above, name)));
            let shape = if path.is_empty() {
                Some(Shape::Object(root))
            } else {
                schema.field(root, path).map(|it| it.kind.clone())
            };
            texts.extend(shape.and_then(|it| type_name(schema, &it).map(|it| self.built_in.of_type(it))));
        }
        texts.iter().filter(|it| !it.is_empty()).map(|it| format!("{it}\n")).collect()
    }

    /// What is said of the field `name` of the type `owner`, which stands at `path`.
    pub(super) fn of_field(&self, schema: &Schema, owner: TypeId, path: &str, name: &str) -> &str {
        if path.is_empty() && OF_ALL.contains(&name) && self.declared.as_map().is_some() {
            return self.built_in.of_field(TYPICAL, name);
        }
        if self.declares(path) {
            return inner(followed(&self.declared, path)).get("properties").get(name).get("description").str();
        }
        self.built_in.of_field(&schema.type_of(owner).name, name)
    }

    /// True for a path into what a definition declares.
    fn declares(&self, path: &str) -> bool {
        self.declared.as_map().is_some() && !OF_ALL.contains(&path.split('.').next().unwrap_or_default())
    }
}

/// The schema at a path: of lists and maps, of what they hold.
fn followed<'s>(schema: &'s Value, path: &str) -> &'s Value {
    let names = path.split('.').filter(|it| !it.is_empty());
    names.fold(schema, |schema, name| inner(schema).get("properties").get(name))
}

/// What a list or a map holds, down to what is neither.
fn inner(schema: &Value) -> &Value {
    match held(schema) {
        Some(inside) => inner(inside),
        None => schema,
    }
}

fn held(schema: &Value) -> Option<&Value> {
    ["items", "additionalProperties"].into_iter().map(|it| schema.get(it)).find(|it| it.as_map().is_some())
}

/// The descriptions of a schema and of what it holds.
fn collect<'s>(schema: &'s Value, texts: &mut Vec<&'s str>) {
    texts.push(schema.get("description").str());
    if let Some(inside) = held(schema) {
        collect(inside, texts);
    }
}

/// The name of the type in a shape, through lists and maps.
fn type_name<'s>(schema: &'s Schema, shape: &Shape) -> Option<&'s str> {
    match shape {
        Shape::Object(id) => Some(&schema.type_of(*id).name),
        Shape::List(inner) | Shape::Map(inner) => type_name(schema, inner),
        Shape::Time => Some("meta.v1.Time"),
        Shape::MicroTime => Some("meta.v1.MicroTime"),
        Shape::Quantity => Some("api.resource.Quantity"),
        Shape::IntOrString => Some("util.intstr.IntOrString"),
        Shape::Bool | Shape::Int32 | Shape::Int64 | Shape::Float | Shape::Text | Shape::Bytes | Shape::Any => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::Explained;
    use super::*;
    use expect_test::{Expect, expect};

    const WIDGET: &str = r#"{"type":"object","description":"A widget.","properties":{"spec":{"type":"object","required":["size"],
        "properties":{"size":{"type":"string","enum":["small","large"],"description":"How big the widget is."},
        "parts":{"type":"array","description":"What it is made of.","items":{"type":"object","description":"A part.",
        "properties":{"name":{"type":"string","description":"What it is called."},"odd":{"type":"boolean"}}}}}}}}"#;

    /// What is told of a path, without the spaces at the ends of lines.
    fn told(texts: &Texts, schema: &Schema, root: TypeId, path: &str) -> String {
        let text = Explained { schema, root, path, texts: Some(texts) }.body(false).unwrap_or_default();
        text.lines().map(|line| format!("{}\n", line.trim_end())).collect()
    }

    fn check(path: &str, expected: &Expect) {
        let declared = Value::from_json(WIDGET).unwrap();
        let (schema, root) = Schema::of_open_api("Widget", &declared);
        let texts = Texts { built_in: Descriptions::unpack(), declared };
        expected.assert_eq(&told(&texts, &schema, root, path));
    }

    #[test]
    fn kubernetes_describes_its_fields() {
        let texts = Texts { built_in: Descriptions::unpack(), declared: Value::Null };
        let root = Schema::get().find("v1", "Namespace").unwrap();
        expect![[r#"
            FIELD: status <NamespaceStatus>


            DESCRIPTION:
                Status describes the current status of a Namespace. More info:
                https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#spec-and-status
                NamespaceStatus is information about the current status of a Namespace.

            FIELDS:
              conditions	<[]NamespaceCondition>
                Represents the latest available observations of a namespace's current state.

              phase	<string>
              enum: Active, Terminating
                Phase is the current lifecycle phase of the namespace. More info:
                https://kubernetes.io/docs/tasks/administer-cluster/namespaces/


        "#]]
        .assert_eq(&told(&texts, Schema::get(), root, "status"));
    }

    #[test]
    fn a_definition_describes_its_fields() {
        check(
            "spec",
            &expect![[r#"
            FIELD: spec <Object>


            DESCRIPTION:
                <empty>
            FIELDS:
              parts	<[]Object>
                What it is made of.

              size	<string> -required-
              enum: small, large
                How big the widget is.


        "#]],
        );
        check(
            "spec.parts",
            &expect![[r#"
            FIELD: parts <[]Object>


            DESCRIPTION:
                What it is made of.
                A part.

            FIELDS:
              name	<string>
                What it is called.

              odd	<boolean>
                <no description>


        "#]],
        );
    }

    #[test]
    fn what_all_kinds_have_is_described_as_in_all() {
        check(
            "",
            &expect![[r#"
            DESCRIPTION:
                A widget.

            FIELDS:
              apiVersion	<string>
                APIVersion defines the versioned schema of this representation of an object.
                Servers should convert recognized schemas to the latest internal value, and
                may reject unrecognized values. More info:
                https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#resources

              kind	<string>
                Kind is a string value representing the REST resource this object
                represents. Servers may infer this from the endpoint the client submits
                requests to. Cannot be updated. In CamelCase. More info:
                https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds

              metadata	<ObjectMeta>
                Standard object's metadata. More info:
                https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata

              spec	<Object>
                <no description>


        "#]],
        );
        check(
            "metadata.annotations",
            &expect![[r#"
            FIELD: annotations <map[string]string>


            DESCRIPTION:
                Annotations is an unstructured key value map stored with a resource that may
                be set by external tools to store and retrieve arbitrary metadata. They are
                not queryable and should be preserved when modifying objects. More info:
                https://kubernetes.io/docs/concepts/overview/working-with-objects/annotations


        "#]],
        );
    }
}
