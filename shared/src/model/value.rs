//! A lossless JSON tree whose subtrees are shared.
//!
//! Cloning any value costs one reference count, so a new revision that changes `status` shares `spec` and `metadata` with
//! the old one. Maps are kept sorted by key: two equal objects have equal bytes, and nothing depends on hash order.

use crate::model::{Text, short};
use ecow::EcoVec;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::fmt;

/// Any JSON value.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    /// JSON `null`; also what a YAML key without a value means.
    #[default]
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// A string.
    Text(Text),
    /// A list, shared until written to.
    List(List),
    /// A map, sorted by key, shared until written to.
    Map(Map),
}

/// A shared list of values; writing to a shared one copies its spine only.
#[derive(Clone, Debug, Default)]
pub struct List(EcoVec<Value>);

/// A shared map from field name to value, sorted by name; writing to a shared one copies its spine only.
#[derive(Clone, Debug, Default)]
pub struct Map(EcoVec<(Text, Value)>);

static NULL: Value = Value::Null;

/// Up to how many fields looking at each is faster than a binary search: most names differ in length already.
const SCANNED_MAX: usize = 12;

impl Value {
    /// An empty map.
    pub fn map() -> Self {
        Self::Map(Map::default())
    }

    /// The field `key` of a map; `Null` for a missing field or for anything that is no map.
    pub fn get(&self, key: &str) -> &Value {
        self.as_map().and_then(|map| map.get(key)).unwrap_or(&NULL)
    }

    /// The value at a dotted path of field names, such as `spec.template.spec`; `Null` where the path leaves the tree.
    ///
    /// For the fields of a schema only: keys that may contain dots (labels, annotations, data) need [`Value::get`].
    pub fn at(&self, path: &str) -> &Value {
        names(path).fold(self, |value, key| value.get(key))
    }

    /// Puts `value` at a dotted path, making the maps on the way; a non-map on the way is replaced.
    pub fn set(&mut self, path: &str, value: impl Into<Value>) {
        *self.entry(path) = value.into();
    }

    /// The place at a dotted path, made if it is missing.
    pub fn entry(&mut self, path: &str) -> &mut Value {
        names(path).fold(self, |place, key| place.map_mut().entry(key))
    }

    /// Takes away the field at a dotted path and gives it back; `Null` if there was none.
    pub fn remove(&mut self, path: &str) -> Value {
        let (parent, key) = path.rsplit_once('.').unwrap_or(("", path));
        let place = match parent {
            "" => self,
            _ if self.at(parent).as_map().is_none() => return Value::Null,
            _ => self.entry(parent),
        };
        if place.as_map().is_none() {
            return Value::Null;
        }
        place.map_mut().remove(key)
    }

    /// This value as a map to write to; anything else becomes an empty map first.
    pub fn map_mut(&mut self) -> &mut Map {
        if !matches!(self, Value::Map(_)) {
            *self = Value::map();
        }
        match self {
            Value::Map(map) => map,
            _ => unreachable!("made a map above"),
        }
    }

    /// This value as a list to write to; anything else becomes an empty list first.
    pub fn list_mut(&mut self) -> &mut List {
        if !matches!(self, Value::List(_)) {
            *self = Value::List(List::default());
        }
        match self {
            Value::List(list) => list,
            _ => unreachable!("made a list above"),
        }
    }

    /// True for JSON `null`, which is also what a missing field reads as.
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// True for null, `false`, zero, and an empty string, list or map: what Go's `omitempty` leaves out.
    pub fn is_empty(&self) -> bool {
        match self {
            Value::Null => true,
            Value::Bool(it) => !it,
            Value::Int(it) => *it == 0,
            Value::Float(it) => *it == 0.0,
            Value::Text(it) => it.is_empty(),
            Value::List(it) => it.is_empty(),
            Value::Map(it) => it.is_empty(),
        }
    }

    /// The string, or "" for anything else.
    pub fn str(&self) -> &str {
        self.as_str().unwrap_or_default()
    }

    /// The string as a [`Text`] that shares it, or "" for anything else.
    pub fn text(&self) -> Text {
        match self {
            Value::Text(it) => it.clone(),
            _ => Text::default(),
        }
    }

    /// The string, if this is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::Text(it) => Some(it),
            _ => None,
        }
    }

    /// The whole number, if this is one.
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Value::Int(it) => Some(*it),
            _ => None,
        }
    }

    /// The whole number, or `default` for anything else.
    pub fn int_or(&self, default: i64) -> i64 {
        self.as_int().unwrap_or(default)
    }

    /// The truth value, if this is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Bool(it) => Some(*it),
            _ => None,
        }
    }

    /// True only for `true`.
    pub fn is_true(&self) -> bool {
        matches!(self, Value::Bool(true))
    }

    /// The map, if this is one.
    pub fn as_map(&self) -> Option<&Map> {
        match self {
            Value::Map(it) => Some(it),
            _ => None,
        }
    }

    /// The list, if this is one.
    pub fn as_list(&self) -> Option<&List> {
        match self {
            Value::List(it) => Some(it),
            _ => None,
        }
    }

    /// The items of a list; none for anything else.
    pub fn items(&self) -> &[Value] {
        self.as_list().map_or(&[], |list| &list.0)
    }

    /// The fields of a map in key order; none for anything else.
    pub fn fields(&self) -> &[(Text, Value)] {
        self.as_map().map_or(&[], |map| &map.0)
    }

    /// Compact JSON with sorted keys.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads JSON.
    ///
    /// # Errors
    /// The text is not JSON.
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }
}

/// The names of a dotted path; for paths this short a plain loop beats the search of `str::split`.
fn names(path: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(path);
    std::iter::from_fn(move || {
        let path = rest?;
        let dot = path.bytes().position(|byte| byte == b'.');
        let (name, after) = dot.map_or((path, None), |dot| (&path[..dot], path.get(dot + 1..)));
        rest = after;
        Some(name)
    })
}

impl List {
    /// Adds an item at the end.
    pub fn push(&mut self, item: Value) {
        self.0.push(item);
    }

    /// Adds an item before the one at `index`, at most the length.
    pub fn insert(&mut self, index: usize, item: Value) {
        self.0.insert(index, item);
    }

    /// Takes the item at `index` away, which must be there.
    pub fn remove(&mut self, index: usize) -> Value {
        self.0.remove(index)
    }

    /// Takes away the items that `keeps` is false for.
    pub fn retain(&mut self, keeps: impl Fn(&Value) -> bool) {
        if !self.0.iter().all(&keeps) {
            self.0.retain(|item| keeps(item));
        }
    }

    /// The items, to change, if nobody else has this list.
    pub(crate) fn unshared_mut(&mut self) -> Option<&mut [Value]> {
        self.0.is_unique().then(|| self.0.make_mut())
    }

    /// Gives back the room that is kept for more items, if nobody else has this list.
    pub(crate) fn trim(&mut self) {
        trim(&mut self.0);
    }

    /// True if both are the very same allocation, which proves equality without looking.
    pub fn ptr_eq(&self, other: &Self) -> bool {
        std::ptr::eq(&raw const *self.0, &raw const *other.0)
    }
}

/// Moves the items of a list that nobody else has to a block that they fill.
fn trim<T: Clone>(items: &mut EcoVec<T>) {
    if items.capacity() > items.len() && items.is_unique() {
        let mut exact = EcoVec::with_capacity(items.len());
        exact.extend(std::mem::take(items));
        *items = exact;
    }
}

impl PartialEq for List {
    /// Shared lists are equal without a look inside.
    fn eq(&self, other: &Self) -> bool {
        self.ptr_eq(other) || self.0 == other.0
    }
}

impl PartialEq for Map {
    /// Shared maps are equal without a look inside.
    fn eq(&self, other: &Self) -> bool {
        self.ptr_eq(other) || self.0 == other.0
    }
}

impl std::ops::Deref for List {
    type Target = [Value];
    fn deref(&self) -> &[Value] {
        &self.0
    }
}

impl std::ops::DerefMut for List {
    fn deref_mut(&mut self) -> &mut [Value] {
        self.0.make_mut()
    }
}

impl<'a> IntoIterator for &'a mut List {
    type Item = &'a mut Value;
    type IntoIter = std::slice::IterMut<'a, Value>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter_mut()
    }
}

impl Extend<Value> for List {
    fn extend<I: IntoIterator<Item = Value>>(&mut self, items: I) {
        self.0.extend(items);
    }
}

impl Map {
    /// The value of `key`.
    pub fn get(&self, key: &str) -> Option<&Value> {
        if self.0.len() <= SCANNED_MAX {
            return self.0.iter().find(|(name, _)| short::same(name, key)).map(|(_, value)| value);
        }
        self.search(key).ok().map(|index| &self.0[index].1)
    }

    /// True if `key` is there, even with a null value.
    pub fn contains_key(&self, key: &str) -> bool {
        self.find(key).is_ok()
    }

    /// The place of `key`, made with null if it is missing.
    pub fn entry(&mut self, key: &str) -> &mut Value {
        let index = self.find(key).unwrap_or_else(|index| {
            self.0.insert(index, (Text::new(key), Value::Null));
            index
        });
        &mut self.0.make_mut()[index].1
    }

    /// Puts `value` at `key`, in place of what was there.
    pub fn insert(&mut self, key: impl Into<Text>, value: impl Into<Value>) {
        let key = key.into();
        match self.find(&key) {
            Ok(index) => self.0.make_mut()[index].1 = value.into(),
            Err(index) => self.0.insert(index, (key, value.into())),
        }
    }

    /// Takes `key` away and gives its value back; `Null` if it was not there.
    pub fn remove(&mut self, key: &str) -> Value {
        match self.find(key) {
            Ok(index) => self.0.remove(index).1,
            Err(_) => Value::Null,
        }
    }

    /// The fields in key order.
    pub fn iter(&self) -> std::slice::Iter<'_, (Text, Value)> {
        self.0.iter()
    }

    /// How many fields there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True without fields.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The fields, to change their values, if nobody else has this map.
    pub(crate) fn unshared_mut(&mut self) -> Option<impl Iterator<Item = (&Text, &mut Value)>> {
        self.0.is_unique().then(|| self.0.make_mut().iter_mut().map(|(name, value)| (&*name, value)))
    }

    /// Gives back the room that is kept for more fields, if nobody else has this map.
    pub(crate) fn trim(&mut self) {
        trim(&mut self.0);
    }

    /// True if both are the very same allocation, which proves equality without looking.
    pub fn ptr_eq(&self, other: &Self) -> bool {
        std::ptr::eq(&raw const *self.0, &raw const *other.0)
    }

    /// Where `key` is, or where it belongs.
    fn find(&self, key: &str) -> Result<usize, usize> {
        let scanned = &self.0[..self.0.len().min(SCANNED_MAX)];
        scanned.iter().position(|(name, _)| short::same(name, key)).map_or_else(|| self.search(key), Ok)
    }

    fn search(&self, key: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(name, _)| short::order(name, key))
    }
}

impl<'a> IntoIterator for &'a Map {
    type Item = &'a (Text, Value);
    type IntoIter = std::slice::Iter<'a, (Text, Value)>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl FromIterator<(Text, Value)> for Map {
    /// The last of several equal keys wins.
    fn from_iter<I: IntoIterator<Item = (Text, Value)>>(fields: I) -> Self {
        let mut fields: EcoVec<_> = fields.into_iter().collect();
        if is_sorted(&fields) {
            return Self(fields);
        }
        fields.make_mut().sort_by(|a, b| a.0.cmp(&b.0));
        if is_sorted(&fields) { Self(fields) } else { Self(without_earlier(&fields)) }
    }
}

/// True if each name is there once, and they are in order.
fn is_sorted(fields: &[(Text, Value)]) -> bool {
    fields.is_sorted_by(|a, b| a.0 < b.0)
}

/// The last of equal names, of fields in order.
fn without_earlier(fields: &[(Text, Value)]) -> EcoVec<(Text, Value)> {
    fields.chunk_by(|a, b| a.0 == b.0).filter_map(<[_]>::last).cloned().collect()
}

impl FromIterator<Value> for List {
    fn from_iter<I: IntoIterator<Item = Value>>(items: I) -> Self {
        Self(items.into_iter().collect())
    }
}

impl<V: Into<Value>> FromIterator<V> for Value {
    /// A list of the items.
    fn from_iter<I: IntoIterator<Item = V>>(items: I) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }
}

macro_rules! from {
    ($($from:ty => |$it:ident| $make:expr),+ $(,)?) => {$(
        impl From<$from> for Value {
            fn from($it: $from) -> Self {
                $make
            }
        }
    )+};
}

from! {
    bool => |it| Value::Bool(it),
    i32 => |it| Value::Int(it.into()),
    u16 => |it| Value::Int(it.into()),
    u32 => |it| Value::Int(it.into()),
    i64 => |it| Value::Int(it),
    f64 => |it| Value::Float(it),
    &str => |it| Value::Text(it.into()),
    &String => |it| Value::Text(it.into()),
    String => |it| Value::Text(it.into()),
    Text => |it| Value::Text(it),
    &Text => |it| Value::Text(it.clone()),
    &Value => |it| it.clone(),
    Map => |it| Value::Map(it),
    List => |it| Value::List(it),
    Vec<Value> => |it| Value::List(List(it.into())),
}

impl<V: Into<Value>> From<Option<V>> for Value {
    fn from(it: Option<V>) -> Self {
        it.map_or(Value::Null, Into::into)
    }
}

impl<const N: usize> From<[(&str, Value); N]> for Value {
    fn from(fields: [(&str, Value); N]) -> Self {
        Value::Map(fields.into_iter().map(|(key, value)| (Text::new(key), value)).collect())
    }
}

impl fmt::Display for Value {
    /// Compact JSON.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_json())
    }
}

impl Serialize for Value {
    /// As JSON does in formats for people, and as an enum in binary ones, which do not say what comes next.
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if !to.is_human_readable() {
            return self.serialize_tagged(to);
        }
        match self {
            Value::Null => to.serialize_unit(),
            Value::Bool(it) => to.serialize_bool(*it),
            Value::Int(it) => to.serialize_i64(*it),
            Value::Float(it) => to.serialize_f64(*it),
            Value::Text(it) => to.serialize_str(it),
            Value::List(it) => to.collect_seq(it.iter()),
            Value::Map(it) => {
                let mut map = to.serialize_map(Some(it.len()))?;
                for (key, value) in it {
                    map.serialize_entry(key.as_str(), value)?;
                }
                map.end()
            }
        }
    }
}

impl Value {
    fn serialize_tagged<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Null => to.serialize_unit_variant("Value", 0, VARIANTS[0]),
            Value::Bool(it) => to.serialize_newtype_variant("Value", 1, VARIANTS[1], it),
            Value::Int(it) => to.serialize_newtype_variant("Value", 2, VARIANTS[2], it),
            Value::Float(it) => to.serialize_newtype_variant("Value", 3, VARIANTS[3], it),
            Value::Text(it) => to.serialize_newtype_variant("Value", 4, VARIANTS[4], it),
            Value::List(it) => to.serialize_newtype_variant("Value", 5, VARIANTS[5], &*it.0),
            Value::Map(it) => to.serialize_newtype_variant("Value", 6, VARIANTS[6], &*it.0),
        }
    }
}

const VARIANTS: &[&str] = &["Null", "Bool", "Int", "Float", "Text", "List", "Map"];

/// The shape of a tagged value for reading; its maps are sorted already, because they were written by us.
#[derive(serde::Deserialize)]
enum Tagged {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Text),
    List(Vec<Value>),
    Map(Vec<(Text, Value)>),
}

impl From<Tagged> for Value {
    fn from(tagged: Tagged) -> Self {
        match tagged {
            Tagged::Null => Value::Null,
            Tagged::Bool(it) => Value::Bool(it),
            Tagged::Int(it) => Value::Int(it),
            Tagged::Float(it) => Value::Float(it),
            Tagged::Text(it) => Value::Text(it),
            Tagged::List(it) => Value::from(it),
            Tagged::Map(it) => Value::Map(it.into_iter().collect()),
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        if from.is_human_readable() {
            return from.deserialize_any(ValueVisitor);
        }
        Tagged::deserialize(from).map(Value::from)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        Value::deserialize(from)
    }
    fn visit_bool<E>(self, it: bool) -> Result<Value, E> {
        Ok(Value::Bool(it))
    }
    fn visit_i64<E>(self, it: i64) -> Result<Value, E> {
        Ok(Value::Int(it))
    }
    #[allow(clippy::cast_precision_loss, reason = "numbers past 2^63 are kept as floats, as Go's JSON reader does")]
    fn visit_u64<E>(self, it: u64) -> Result<Value, E> {
        Ok(i64::try_from(it).map_or(Value::Float(it as f64), Value::Int))
    }
    fn visit_f64<E>(self, it: f64) -> Result<Value, E> {
        Ok(Value::Float(it))
    }
    fn visit_str<E>(self, it: &str) -> Result<Value, E> {
        Ok(Value::from(it))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = from.next_element()? {
            items.push(item);
        }
        Ok(Value::from(items))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = from.next_entry::<Text, Value>()? {
            fields.push(field);
        }
        Ok(Value::Map(fields.into_iter().collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Value {
        Value::from_json(text).unwrap()
    }

    #[test]
    fn reads_and_writes_paths() {
        let mut it = json(r#"{"spec":{"replicas":3}}"#);
        assert_eq!(it.at("spec.replicas").as_int(), Some(3));
        assert!(it.at("spec.none.deeper").is_null());
        it.set("status.replicas", 2);
        assert_eq!(it.remove("spec.replicas"), Value::Int(3));
        assert!(it.remove("no.such.path").is_null());
        assert_eq!(it.to_json(), r#"{"spec":{},"status":{"replicas":2}}"#);
    }

    #[test]
    fn a_write_leaves_the_clone_alone_and_shares_the_rest() {
        let old = json(r#"{"spec":{"a":1},"status":{}}"#);
        let mut new = old.clone();
        new.set("status.ready", true);
        assert_eq!(old.to_json(), r#"{"spec":{"a":1},"status":{}}"#);
        let (Some(a), Some(b)) = (old.get("spec").as_map(), new.get("spec").as_map()) else { panic!("maps") };
        assert!(a.ptr_eq(b));
    }

    #[test]
    fn the_last_of_equal_keys_wins() {
        assert_eq!(json(r#"{"a":1,"b":2,"a":3}"#).to_json(), r#"{"a":3,"b":2}"#);
    }

    #[test]
    fn a_binary_format_gives_back_the_same_value() {
        let it = json(r#"{"a":[1,2.5,"x",null,true],"b":{"c":{}}}"#);
        let bytes = postcard::to_stdvec(&it).unwrap();
        assert_eq!(postcard::from_bytes::<Value>(&bytes).unwrap(), it);
    }
}
