//! Types of custom resources, read from their structural schema.
//!
//! Upstream: `k8s.io/apiserver/pkg/cel/common/schemas.go` (`SchemaDeclType`), `pkg/cel/escaping.go`.
//! `DIFFERENCE`: lists of type `set` and `map` are compared and joined as lists.

use crate::cel::types::{Field, Fields, Type};
use crate::model::{Text, Value};
use std::sync::Arc;

/// Words that a field can only be called by with underscores around.
const RESERVED: &[&str] = &[
    "true",
    "false",
    "null",
    "in",
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
    "var",
    "void",
    "while",
];

/// The type of what a schema describes; `None` for what expressions do not see.
///
/// An object of the whole resource also has kind, version, and its name.
pub fn type_of(schema: &Value, root: Root) -> Option<Type> {
    if schema.get("x-kubernetes-int-or-string").is_true() {
        return Some(Type::Dyn);
    }
    Some(match schema.get("type").str() {
        "boolean" => Type::Bool,
        "integer" => Type::Int,
        "number" => Type::Double,
        "string" => match schema.get("format").str() {
            "byte" => Type::Bytes,
            "duration" => Type::Duration,
            "date" | "date-time" => Type::Timestamp,
            _ => Type::Text,
        },
        "array" => Type::list(type_of(schema.get("items"), Root::No)?),
        "object" => match schema.get("additionalProperties") {
            values @ Value::Map(_) => Type::map(Type::Text, type_of(values, Root::No)?),
            _ => Type::Object(Arc::new(Described { name: "object".into(), schema: schema.clone(), root })),
        },
        _ => return None,
    })
}

/// Whether a schema is that of a whole resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Root {
    /// It is.
    Yes,
    /// It is that of a part.
    No,
}

#[derive(Debug)]
struct Described {
    name: Text,
    schema: Value,
    root: Root,
}

impl Fields for Described {
    fn name(&self) -> &str {
        &self.name
    }

    fn field(&self, name: &str) -> Option<Field> {
        let properties = self.schema.get("properties").fields();
        let own = properties.iter().find(|(json, _)| escaped(json).as_deref() == Some(name));
        if self.root == Root::Yes || self.schema.get("x-kubernetes-embedded-resource").is_true() {
            match name {
                "apiVersion" | "kind" => return Some(Field { json: name.into(), kind: Type::Text }),
                "metadata" => {
                    let names = Type::record("object", &[("name", Type::Text), ("generateName", Type::Text)]);
                    return Some(Field { json: name.into(), kind: names });
                }
                _ => {}
            }
        }
        let (json, schema) = own?;
        Some(Field { json: json.clone(), kind: type_of(schema, Root::No)? })
    }
}

/// The name by which an expression calls a property; `None` if it cannot.
pub(crate) fn escaped(name: &str) -> Option<String> {
    if RESERVED.contains(&name) {
        return Some(format!("__{name}__"));
    }
    let escaped = name
        .replace("__", "__underscores__")
        .replace('.', "__dot__")
        .replace('-', "__dash__")
        .replace('/', "__slash__");
    let letters = escaped.chars().all(|it| it.is_ascii_alphanumeric() || it == '_');
    (letters && !escaped.starts_with(|it: char| it.is_ascii_digit())).then_some(escaped)
}
