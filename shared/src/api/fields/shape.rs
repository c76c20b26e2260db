//! How server-side apply sees a value: as one, as fields, or as items.

use crate::model::schema::{Field, Kind, ListKind, Presence, Schema, TypeId};
use crate::model::{Text, Value};

/// How a value is taken apart.
#[derive(Clone, Copy)]
pub(crate) enum Shape<'a> {
    /// As one value.
    Leaf(&'a Kind),
    /// As the fields of a type.
    Struct(&'a Schema, TypeId),
    /// As entries whose keys are data.
    Map(&'a Schema, &'a Kind),
    /// As items told apart by keys.
    Keyed(&'a [Text], &'a Schema, TypeId),
    /// As a set of scalars.
    Scalars(&'a Kind),
    /// As the value itself suggests, where no schema says: a map by its entries, anything else as one value.
    Deduced,
}

impl<'a> Shape<'a> {
    /// The shape of a field's value.
    pub(crate) fn of(schema: &'a Schema, field: &'a Field) -> Self {
        match (&field.kind, &field.list) {
            (Kind::List(_), ListKind::Atomic) => Self::Leaf(&field.kind),
            (Kind::List(inner), ListKind::Set) => Self::Scalars(inner),
            (Kind::List(inner), ListKind::Map(keys)) => match inner.object() {
                Some(id) => Self::Keyed(keys, schema, id),
                None => Self::Leaf(&field.kind),
            },
            _ if field.atomic => Self::Leaf(&field.kind),
            (kind, _) => Self::of_kind(schema, kind),
        }
    }

    /// The shape of a value of a kind that is no list.
    pub(crate) fn of_kind(schema: &'a Schema, kind: &'a Kind) -> Self {
        match kind {
            Kind::Object(id) if !schema.type_of(*id).atomic => Self::Struct(schema, *id),
            Kind::Map(inner) => Self::Map(schema, inner),
            Kind::Any if schema.deduces() => Self::Deduced,
            _ => Self::Leaf(kind),
        }
    }

    /// The shape of what is called `name` in a value of this shape; `None` if there can be no such thing.
    pub(crate) fn child(self, name: &str) -> Option<Self> {
        match self {
            Self::Struct(schema, id) => {
                let of = schema.type_of(id);
                let known = of.field(name).map(|field| Shape::of(schema, field));
                known.or(of.open.then_some(Self::Deduced))
            }
            Self::Map(schema, kind) => Some(Self::of_kind(schema, kind)),
            Self::Deduced => Some(Self::Deduced),
            Self::Leaf(_) | Self::Keyed(..) | Self::Scalars(_) => None,
        }
    }

    /// True if `value` is taken as one value.
    pub(crate) fn takes_whole(self, value: &Value) -> bool {
        match self {
            Self::Leaf(_) => true,
            Self::Deduced => value.as_map().is_none(),
            Self::Struct(..) | Self::Map(..) | Self::Keyed(..) | Self::Scalars(_) => false,
        }
    }
}

/// What tells an item apart: `k:{"name":"a"}`; an error names the key that it lacks.
pub(crate) fn key_of(item: &Value, keys: &[Text], schema: &Schema, id: TypeId) -> Result<Text, Text> {
    let mut found = Vec::with_capacity(keys.len());
    for key in keys {
        let own = item.get(key);
        let value = if own.is_null() { default_of(schema, id, key) } else { own.clone() };
        if value.is_null() {
            return Err(key.clone());
        }
        found.push((key.clone(), value));
    }
    Ok(smol_str::format_smolstr!("k:{}", Value::Map(found.into_iter().collect())))
}

/// The default of a key; what Go always writes has its zero as a default.
fn default_of(schema: &Schema, id: TypeId, key: &str) -> Value {
    let Some(field) = schema.type_of(id).field(key) else { return Value::Null };
    match (&field.default, field.presence, &field.kind) {
        (Some(text), ..) => Value::from_json(text).unwrap_or_else(|_| text.into()),
        (None, Presence::Always, Kind::Text) => "".into(),
        (None, Presence::Always, Kind::Int32 | Kind::Int64) => 0.into(),
        (None, ..) => Value::Null,
    }
}

/// What tells an item of a set apart: itself.
pub(crate) fn item_key(item: &Value) -> Text {
    smol_str::format_smolstr!("v:{item}")
}

/// The items of a list with what tells them apart; items that lack a key are left out.
pub(crate) fn items<'v>(list: &'v Value, shape: Shape<'_>) -> Vec<(Text, &'v Value)> {
    let all = list.items().iter();
    match shape {
        Shape::Keyed(keys, schema, id) => {
            all.filter_map(|it| key_of(it, keys, schema, id).ok().map(|key| (key, it))).collect()
        }
        _ => all.map(|it| (item_key(it), it)).collect(),
    }
}
