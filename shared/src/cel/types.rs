//! The types of expressions, as the checker knows them.
//!
//! Upstream: `cel-go/common/types/types.go`, `checker/format.go`.

use crate::model::Text;
use std::fmt;
use std::sync::Arc;

/// What an expression evaluates to.
#[derive(Clone, Debug)]
pub enum Type {
    /// Known only when it runs.
    Dyn,
    /// What a wrong expression has; fits everywhere, so that one mistake is told once.
    Error,
    /// `null`.
    Null,
    /// `bool`.
    Bool,
    /// `int`.
    Int,
    /// `uint`.
    Uint,
    /// `double`.
    Double,
    /// `string`.
    Text,
    /// `bytes`.
    Bytes,
    /// `duration`.
    Duration,
    /// `timestamp`.
    Timestamp,
    /// `list(A)`.
    List(Arc<Type>),
    /// `map(A, B)`.
    Map(Arc<(Type, Type)>),
    /// `optional_type(A)`.
    Optional(Arc<Type>),
    /// `type(A)`: the type of a type.
    Kind(Arc<Type>),
    /// A type of a library, such as `kubernetes.Quantity`.
    Named(&'static str),
    /// A type with fields.
    Object(Arc<dyn Fields>),
    /// A type that is still to be found: a parameter of a function, the items of an empty list.
    Var(u32),
}

/// A type with fields. Its fields may be endless, since types can hold themselves, so they are asked for.
pub trait Fields: fmt::Debug + Send + Sync {
    /// The name in messages; equal names are equal types.
    fn name(&self) -> &str;

    /// The field that an expression calls `name`; `None` if there is no such field.
    fn field(&self, name: &str) -> Option<Field>;
}

/// A field of a type.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its name in JSON, which an expression may have to write in another way.
    pub json: Text,
    /// What it holds.
    pub kind: Type,
}

/// A type with fields that are written down.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// The name in messages.
    pub name: Text,
    /// Fields by name.
    pub fields: Vec<(Text, Type)>,
}

impl Type {
    /// `list(ITEM)`.
    pub fn list(item: Type) -> Self {
        Self::List(Arc::new(item))
    }

    /// `map(KEY, VALUE)`.
    pub fn map(key: Type, value: Type) -> Self {
        Self::Map(Arc::new((key, value)))
    }

    /// `optional_type(OF)`.
    pub fn optional(of: Type) -> Self {
        Self::Optional(Arc::new(of))
    }

    /// A type with these fields.
    pub fn record(name: &str, fields: &[(&str, Type)]) -> Self {
        let fields = fields.iter().map(|(name, kind)| (Text::new(name), kind.clone())).collect();
        Self::Object(Arc::new(Record { name: name.into(), fields }))
    }

    /// True for what is only known when it runs.
    pub fn is_dyn(&self) -> bool {
        matches!(self, Self::Dyn | Self::Error)
    }
}

impl PartialEq for Type {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::List(a), Self::List(b))
            | (Self::Optional(a), Self::Optional(b))
            | (Self::Kind(a), Self::Kind(b)) => a == b,
            (Self::Map(a), Self::Map(b)) => a == b,
            (Self::Named(a), Self::Named(b)) => a == b,
            (Self::Object(a), Self::Object(b)) => a.name() == b.name(),
            (Self::Var(a), Self::Var(b)) => a == b,
            _ => std::mem::discriminant(self) == std::mem::discriminant(other),
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dyn => f.write_str("dyn"),
            Self::Error => f.write_str("!error!"),
            Self::Null => f.write_str("null"),
            Self::Bool => f.write_str("bool"),
            Self::Int => f.write_str("int"),
            Self::Uint => f.write_str("uint"),
            Self::Double => f.write_str("double"),
            Self::Text => f.write_str("string"),
            Self::Bytes => f.write_str("bytes"),
            Self::Duration => f.write_str("duration"),
            Self::Timestamp => f.write_str("timestamp"),
            Self::List(item) => write!(f, "list({item})"),
            Self::Map(it) => write!(f, "map({}, {})", it.0, it.1),
            Self::Optional(of) => write!(f, "optional_type({of})"),
            Self::Kind(of) => write!(f, "type({of})"),
            Self::Named(name) => f.write_str(name),
            Self::Object(it) => f.write_str(it.name()),
            Self::Var(number) => write!(f, "_var{number}"),
        }
    }
}

impl Fields for Record {
    fn name(&self) -> &str {
        &self.name
    }

    fn field(&self, name: &str) -> Option<Field> {
        let (json, kind) = self.fields.iter().find(|(it, _)| it == name)?;
        Some(Field { json: json.clone(), kind: kind.clone() })
    }
}
