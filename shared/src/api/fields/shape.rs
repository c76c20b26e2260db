//! How server-side apply sees a value: as one, as fields, or as items.

use crate::model::schema::{Field, Kind, ListKind, Presence, Schema, TypeId};
use crate::model::{Text, Value};

/// How a value is taken apart.
#[derive(Clone, Copy)]
pub(crate) enum Shape<'a> {
    /// As one value.
    Leaf(&'a Kind),
    /// As the fields of a type.
    Struct(TypeId),
    /// As entries whose keys are data.
    Map(&'a Kind),
    /// As items told apart by keys.
    Keyed(&'a [Text], TypeId),
    /// As a set of scalars.
    Scalars(&'a Kind),
}

impl<'a> Shape<'a> {
    /// The shape of a field's value.
    pub(crate) fn of(field: &'a Field) -> Self {
        match (&field.kind, &field.list) {
            (Kind::List(_), ListKind::Atomic) => Self::Leaf(&field.kind),
            (Kind::List(inner), ListKind::Set) => Self::Scalars(inner),
            (Kind::List(inner), ListKind::Map(keys)) => match inner.object() {
                Some(id) => Self::Keyed(keys, id),
                None => Self::Leaf(&field.kind),
            },
            _ if field.atomic => Self::Leaf(&field.kind),
            (kind, _) => Self::of_kind(kind),
        }
    }

    /// The shape of a value of a kind that is no list.
    pub(crate) fn of_kind(kind: &'a Kind) -> Self {
        match kind {
            Kind::Object(id) if !Schema::get().type_of(*id).atomic => Self::Struct(*id),
            Kind::Map(inner) => Self::Map(inner),
            _ => Self::Leaf(kind),
        }
    }

    /// The field of a type and its shape.
    pub(crate) fn field(id: TypeId, name: &str) -> Option<Shape<'static>> {
        Schema::get().type_of(id).field(name).map(Shape::of)
    }
}

/// What tells an item apart: `k:{"name":"a"}`; an error names the key that it lacks.
pub(crate) fn key_of(item: &Value, keys: &[Text], id: TypeId) -> Result<Text, Text> {
    let mut found = Vec::with_capacity(keys.len());
    for key in keys {
        let own = item.get(key);
        let value = if own.is_null() { default_of(id, key) } else { own.clone() };
        if value.is_null() {
            return Err(key.clone());
        }
        found.push((key.clone(), value));
    }
    Ok(smol_str::format_smolstr!("k:{}", Value::Map(found.into_iter().collect())))
}

/// The default of a key; what Go always writes has its zero as a default.
fn default_of(id: TypeId, key: &str) -> Value {
    let Some(field) = Schema::get().type_of(id).field(key) else { return Value::Null };
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
        Shape::Keyed(keys, id) => all.filter_map(|it| key_of(it, keys, id).ok().map(|key| (key, it))).collect(),
        _ => all.map(|it| (item_key(it), it)).collect(),
    }
}
