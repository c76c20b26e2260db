//! Values of running expressions. Those that come from objects are read where they stand and never copied whole.
//!
//! Upstream: `cel-go/common/types`, `k8s.io/apiserver/pkg/cel/common/values.go`.

use crate::cel::functions::authorizer::Check;
use crate::cel::functions::formats::NamedFormat;
use crate::cel::functions::net::Cidr;
use crate::cel::functions::semver::Semver;
use crate::cel::functions::url::Url;
use crate::model::{self, Quantity, Text, Time, Value};
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

/// A value.
#[derive(Clone, Debug)]
pub enum Val {
    /// `null`.
    Null,
    /// `bool`.
    Bool(bool),
    /// `int`.
    Int(i64),
    /// `uint`.
    Uint(u64),
    /// `double`.
    Double(f64),
    /// `string`.
    Text(Text),
    /// `bytes`.
    Bytes(Arc<[u8]>),
    /// `list`.
    List(Seq),
    /// `map`.
    Map(Dict),
    /// A message: what a policy wants an object to look like, or a step of a JSON patch.
    Struct(Arc<Message>),
    /// `duration`, in nanoseconds.
    Duration(i64),
    /// `timestamp`. `DIFFERENCE`: to the microsecond.
    Timestamp(Time),
    /// A type, by its name.
    Kind(Text),
    /// `optional`.
    Optional(Option<Arc<Val>>),
    /// `kubernetes.Quantity`.
    Quantity(Quantity),
    /// `kubernetes.URL`.
    Url(Arc<Url>),
    /// `net.IP`.
    Ip(IpAddr),
    /// `net.CIDR`.
    Cidr(Cidr),
    /// `kubernetes.Semver`.
    Semver(Arc<Semver>),
    /// `kubernetes.NamedFormat`.
    Format(&'static NamedFormat),
    /// A question to the authorizer, as far as it is asked.
    Check(Arc<Check>),
}

/// A list.
#[derive(Clone, Debug)]
pub enum Seq {
    /// Of an object.
    Json(model::List),
    /// Made by an expression.
    Made(Arc<Vec<Val>>),
}

/// A map.
#[derive(Clone, Debug)]
pub enum Dict {
    /// Of an object.
    Json(model::Map),
    /// Made by an expression.
    Made(Arc<BTreeMap<Name, Val>>),
}

/// A message with its type's name.
#[derive(Clone, Debug)]
pub struct Message {
    /// `Object.spec`, `JSONPatch`.
    pub name: Text,
    /// The fields that are set.
    pub fields: Vec<(Text, Val)>,
}

/// A key of a map. Numbers that are equal are one key, whatever their types.
#[derive(Clone, Debug)]
pub enum Name {
    /// `bool`.
    Bool(bool),
    /// `int`.
    Int(i64),
    /// `uint`.
    Uint(u64),
    /// `string`.
    Text(Text),
}

impl Val {
    /// Text.
    pub fn text(text: &str) -> Self {
        Self::Text(text.into())
    }

    /// A list.
    pub fn list(items: Vec<Val>) -> Self {
        Self::List(Seq::Made(Arc::new(items)))
    }

    /// `optional.of(value)`.
    pub fn some(value: Val) -> Self {
        Self::Optional(Some(Arc::new(value)))
    }

    /// Optional, with a value or without.
    pub fn optional(value: Option<Val>) -> Self {
        Self::Optional(value.map(Arc::new))
    }

    /// The type of this name.
    pub(in crate::cel) fn text_of_type(name: &str) -> Self {
        Self::Kind(name.into())
    }

    /// The name of its type, as `type(x)` and messages say it.
    pub fn type_name(&self) -> Text {
        let name = match self {
            Self::Null => "null_type",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Uint(_) => "uint",
            Self::Double(_) => "double",
            Self::Text(_) => "string",
            Self::Bytes(_) => "bytes",
            Self::List(_) => "list",
            Self::Map(_) => "map",
            Self::Struct(it) => return it.name.clone(),
            Self::Duration(_) => "google.protobuf.Duration",
            Self::Timestamp(_) => "google.protobuf.Timestamp",
            Self::Kind(_) => "type",
            Self::Optional(_) => "optional_type",
            Self::Quantity(_) => "kubernetes.Quantity",
            Self::Url(_) => "kubernetes.URL",
            Self::Ip(_) => "net.IP",
            Self::Cidr(_) => "net.CIDR",
            Self::Semver(_) => "kubernetes.Semver",
            Self::Format(_) => "kubernetes.NamedFormat",
            Self::Check(it) => return it.type_name(),
        };
        name.into()
    }

    /// As JSON; `None` for what JSON has no form for.
    pub fn to_value(&self) -> Option<Value> {
        Some(match self {
            Self::Null | Self::Optional(None) => Value::Null,
            Self::Bool(it) => Value::Bool(*it),
            Self::Int(it) => Value::Int(*it),
            Self::Uint(it) => Value::Int(i64::try_from(*it).ok()?),
            Self::Double(it) => Value::Float(*it),
            Self::Text(it) => Value::Text(it.clone()),
            Self::Bytes(it) => Value::from(crate::cel::functions::conversions::to_base64(it)),
            Self::List(Seq::Json(it)) => Value::List(it.clone()),
            Self::List(it) => Value::from(it.iter().map(|it| it.to_value()).collect::<Option<Vec<_>>>()?),
            Self::Map(Dict::Json(it)) => Value::Map(it.clone()),
            Self::Map(Dict::Made(it)) => {
                let fields = it.iter().map(|(name, value)| Some((name.as_text()?, value.to_value()?)));
                Value::Map(fields.collect::<Option<_>>()?)
            }
            Self::Struct(it) => {
                let fields = it.fields.iter().map(|(name, value)| Some((name.clone(), value.to_value()?)));
                Value::Map(fields.collect::<Option<_>>()?)
            }
            Self::Optional(Some(it)) => it.to_value()?,
            Self::Duration(_) | Self::Timestamp(_) => Value::from(crate::cel::functions::conversions::to_text(self)?),
            _ => return None,
        })
    }
}

impl From<&Value> for Val {
    fn from(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(it) => Self::Bool(*it),
            Value::Int(it) => Self::Int(*it),
            Value::Float(it) => Self::Double(*it),
            Value::Text(it) => Self::Text(it.clone()),
            Value::List(it) => Self::List(Seq::Json(it.clone())),
            Value::Map(it) => Self::Map(Dict::Json(it.clone())),
        }
    }
}

impl Seq {
    /// How many items there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Json(it) => it.len(),
            Self::Made(it) => it.len(),
        }
    }

    /// True without items.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The item at a place.
    pub fn get(&self, index: usize) -> Option<Val> {
        match self {
            Self::Json(it) => it.get(index).map(Val::from),
            Self::Made(it) => it.get(index).cloned(),
        }
    }

    /// The items in order.
    pub fn iter(&self) -> impl Iterator<Item = Val> + '_ {
        (0..self.len()).filter_map(|index| self.get(index))
    }
}

impl Dict {
    /// How many entries there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Json(it) => it.len(),
            Self::Made(it) => it.len(),
        }
    }

    /// True without entries.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of a key.
    pub fn get(&self, name: &Name) -> Option<Val> {
        match (self, name) {
            (Self::Json(it), Name::Text(name)) => it.get(name).map(Val::from),
            (Self::Json(_), _) => None,
            (Self::Made(it), _) => it.get(name).cloned(),
        }
    }

    /// The entries in the order of their keys.
    pub fn entries(&self) -> Vec<(Val, Val)> {
        match self {
            Self::Json(it) => it.iter().map(|(name, value)| (Val::Text(name.clone()), value.into())).collect(),
            Self::Made(it) => it.iter().map(|(name, value)| (name.to_val(), value.clone())).collect(),
        }
    }
}

impl Name {
    /// A value as a key; `None` if it cannot be one.
    pub fn of(value: &Val) -> Option<Self> {
        match value {
            Val::Bool(it) => Some(Self::Bool(*it)),
            Val::Int(it) => Some(Self::Int(*it)),
            Val::Uint(it) => Some(Self::Uint(*it)),
            Val::Text(it) => Some(Self::Text(it.clone())),
            // A whole double finds the key that is equal to it.
            Val::Double(it) => whole(*it).map(Self::Int),
            _ => None,
        }
    }

    /// The key as a value.
    pub fn to_val(&self) -> Val {
        match self {
            Self::Bool(it) => Val::Bool(*it),
            Self::Int(it) => Val::Int(*it),
            Self::Uint(it) => Val::Uint(*it),
            Self::Text(it) => Val::Text(it.clone()),
        }
    }

    fn as_text(&self) -> Option<Text> {
        match self {
            Self::Text(it) => Some(it.clone()),
            _ => None,
        }
    }
}

/// A double as the whole number that it is.
pub(in crate::cel) fn whole(number: f64) -> Option<i64> {
    // Both limits are exact as doubles; the upper one is just too large.
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    #[allow(clippy::cast_possible_truncation, reason = "its limits are checked beside it")]
    (number.fract() == 0.0 && (-LIMIT..LIMIT).contains(&number)).then_some(number as i64)
}

impl Ord for Name {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (Self::Bool(a), Self::Bool(b)) => a.cmp(b),
            _ => match (self.number(), other.number()) {
                (Some(a), Some(b)) => a.cmp(&b),
                _ => self.rank().cmp(&other.rank()),
            },
        }
    }
}

impl Name {
    fn number(&self) -> Option<i128> {
        match self {
            Self::Int(it) => Some((*it).into()),
            Self::Uint(it) => Some((*it).into()),
            Self::Bool(_) | Self::Text(_) => None,
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Bool(_) => 0,
            Self::Int(_) | Self::Uint(_) => 1,
            Self::Text(_) => 2,
        }
    }
}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Name {}
