//! How large the values that a schema describes can be.
//!
//! Upstream: `k8s.io/apiserver/pkg/cel/common/schemas.go` (`SchemaDeclType`), `pkg/cel/limits.go`.

use crate::cel::schema::{Root, escaped};
use crate::model::{Text, Value};
use std::collections::BTreeMap;

/// The largest request, in bytes: nothing in it is larger.
const REQUEST_BYTES_MAX: u64 = 3 * 1024 * 1024;
/// The most bytes of a duration and of a date with a time, as JSON.
const TIME_BYTES_MAX: u64 = 32;
/// The bytes of a date, as JSON.
const DATE_BYTES: u64 = 12;
/// The most bytes of one character.
const CHARACTER_BYTES_MAX: u64 = 4;

/// A type as its schema declares it.
#[derive(Clone, Debug, Default)]
pub struct Declared {
    /// The most items, entries, characters or bytes; 0 for what has no size.
    pub(super) most: u64,
    /// The bytes that it has at least, as JSON.
    least_bytes: u64,
    inner: Inner,
}

#[derive(Clone, Debug, Default)]
enum Inner {
    #[default]
    Single,
    Items(Box<Declared>),
    Values(Box<Declared>),
    Fields(BTreeMap<Text, Declared>),
}

/// A step into a type.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step<'a> {
    /// An item of a list, or a value of a map.
    Item,
    /// A key of a map.
    Key,
    /// The place of an item in a list.
    Index,
    /// A field, by the name that expressions call it.
    Field(&'a str),
}

static KEY: Declared = Declared { most: 0, least_bytes: 2, inner: Inner::Single };

impl Declared {
    /// The type that a schema declares; `None` for what expressions do not see.
    pub fn read(schema: &Value, root: Root) -> Option<Self> {
        if schema.get("x-kubernetes-int-or-string").is_true() {
            let most = characters(schema).unwrap_or(REQUEST_BYTES_MAX - 2);
            return Some(Self { most, least_bytes: 1, inner: Inner::Single });
        }
        Some(match schema.get("type").str() {
            "array" => {
                let items = Self::read(schema.get("items"), Root::No)?;
                let most = bound(schema, "maxItems").unwrap_or((REQUEST_BYTES_MAX - 2) / (items.least_bytes + 1));
                Self { most, least_bytes: 2, inner: Inner::Items(items.into()) }
            }
            "object" if schema.get("additionalProperties").as_map().is_some() => {
                let values = Self::read(schema.get("additionalProperties"), Root::No)?;
                let fitting = (REQUEST_BYTES_MAX - 2) / (values.least_bytes + 6);
                let most = bound(schema, "maxProperties").unwrap_or(fitting);
                Self { most, least_bytes: 2, inner: Inner::Values(values.into()) }
            }
            "object" => Self::object(schema, root),
            "string" => Self::text(schema),
            "boolean" => Self { least_bytes: 4, ..Self::default() },
            "number" | "integer" => Self { least_bytes: 1, ..Self::default() },
            _ => return None,
        })
    }

    fn object(schema: &Value, root: Root) -> Self {
        let is_whole = root == Root::Yes || schema.get("x-kubernetes-embedded-resource").is_true();
        let adds = is_whole && !describes_every_object(schema);
        let own = |name: &str| if adds { Self::of_every_object(name) } else { None };
        let required = schema.get("required").items();
        let (mut fields, mut least_bytes) = (BTreeMap::new(), 2);
        for (name, property) in schema.get("properties").fields() {
            let Some(it) = own(name).or_else(|| Self::read(property, Root::No)) else { continue };
            // What has a default need not be sent.
            if required.iter().any(|it| it.str() == name) && property.get("default").is_null() {
                least_bytes += name.len() as u64 + it.least_bytes + 4;
            }
            fields.extend(escaped(name).map(|name| (Text::from(name), it)));
        }
        for name in ["apiVersion", "kind", "metadata"] {
            fields.extend(own(name).map(|it| (name.into(), it)));
        }
        Self { most: 0, least_bytes, inner: Inner::Fields(fields) }
    }

    /// A field that every object has, whatever its schema says of it.
    fn of_every_object(name: &str) -> Option<Self> {
        let text = || Self { most: REQUEST_BYTES_MAX - 2, least_bytes: 2, inner: Inner::Single };
        match name {
            "apiVersion" | "kind" => Some(text()),
            "metadata" => {
                let names = ["name", "generateName"].map(|it| (it.into(), text()));
                Some(Self { most: 0, least_bytes: 2, inner: Inner::Fields(names.into()) })
            }
            _ => None,
        }
    }

    fn text(schema: &Value) -> Self {
        let (most, least_bytes) = match schema.get("format").str() {
            "byte" => (bound(schema, "maxLength").unwrap_or(REQUEST_BYTES_MAX - 2), 2),
            "duration" => (TIME_BYTES_MAX, 3),
            "date" => (DATE_BYTES, DATE_BYTES),
            "date-time" => (TIME_BYTES_MAX, 21),
            _ => (characters(schema).or_else(|| longest_word(schema)).unwrap_or(REQUEST_BYTES_MAX - 2), 2),
        };
        Self { most, least_bytes, inner: Inner::Single }
    }

    /// How often such a value can stand in one request.
    pub fn fitting(&self) -> u64 {
        REQUEST_BYTES_MAX / (self.least_bytes + 1)
    }

    /// The type of a field of the schema, by its name there.
    pub fn property(&self, name: &str) -> Option<&Self> {
        escaped(name).and_then(|it| self.step(Step::Field(&it)))
    }

    /// The type of the items of a list or the values of a map.
    pub fn item(&self) -> Option<&Self> {
        self.step(Step::Item)
    }

    /// The type that a step leads to; `None` if it leads nowhere.
    pub(super) fn step(&self, step: Step<'_>) -> Option<&Self> {
        match (&self.inner, step) {
            (Inner::Items(it) | Inner::Values(it), Step::Item) => Some(it),
            (Inner::Values(_), Step::Key) => Some(&KEY),
            (Inner::Fields(fields), Step::Field(name)) => fields.get(name),
            _ => None,
        }
    }
}

/// True if the schema itself says of the fields that every object has what an expression can know.
fn describes_every_object(schema: &Value) -> bool {
    let properties = schema.get("properties");
    let texts = ["apiVersion", "kind"].iter().all(|it| properties.get(it).get("type").str() == "string");
    let names = properties.get("metadata").get("properties");
    texts && ["name", "generateName"].iter().all(|it| names.get(it).get("type").str() == "string")
}

fn bound(schema: &Value, field: &str) -> Option<u64> {
    schema.get(field).as_int().map(|it| u64::try_from(it).unwrap_or_default())
}

/// The most bytes of a text whose characters are limited.
fn characters(schema: &Value) -> Option<u64> {
    bound(schema, "maxLength").map(|it| it.saturating_mul(CHARACTER_BYTES_MAX))
}

/// The most bytes of a text that is one of a few words.
fn longest_word(schema: &Value) -> Option<u64> {
    let words = schema.get("enum").items();
    (!words.is_empty()).then(|| words.iter().map(|it| it.str().len() as u64).max().unwrap_or_default())
}
