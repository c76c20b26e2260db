//! Names each key that a JSON text has twice, which a tree of values can no longer show.
//!
//! Upstream: `sigs.k8s.io/json` (`UnmarshalStrict`).

use super::{push_index, push_name};
use crate::model::names::quote;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::collections::BTreeSet;
use std::fmt;

/// Each duplicate field of a JSON text: `duplicate field "spec.foo"`; none for a text that is no JSON.
pub fn duplicate_fields(json: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut from = serde_json::Deserializer::from_str(json);
    let read = Look { path: &mut String::new(), found: &mut found }.deserialize(&mut from);
    if read.is_err() {
        return Vec::new();
    }
    found
}

struct Look<'a> {
    path: &'a mut String,
    found: &'a mut Vec<String>,
}

impl<'de> DeserializeSeed<'de> for Look<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Look<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }
    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }
    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }
    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }
    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<(), A::Error> {
        let (length, mut index) = (self.path.len(), 0_usize);
        loop {
            push_index(self.path, index);
            let next = from.next_element_seed(Look { path: self.path, found: self.found })?;
            self.path.truncate(length);
            index += 1;
            if next.is_none() {
                return Ok(());
            }
        }
    }
    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<(), A::Error> {
        let mut seen = BTreeSet::new();
        while let Some(key) = from.next_key::<String>()? {
            let length = self.path.len();
            push_name(self.path, &key);
            if seen.insert(key) {
                from.next_value_seed(Look { path: self.path, found: self.found })?;
            } else {
                self.found.push(format!("duplicate field {}", quote(self.path)));
                from.next_value::<IgnoredAny>()?;
            }
            self.path.truncate(length);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_each() {
        let text = r#"{"a":1,"b":{"c":[1,{"d":2,"d":3}]},"a":2}"#;
        assert_eq!(duplicate_fields(text), [r#"duplicate field "b.c[1].d""#, r#"duplicate field "a""#]);
        assert_eq!(duplicate_fields("{"), Vec::<String>::new());
    }
}
