//! A hash over values and what became of them: equal native and in WASM, and in proportion to what changed.

use crate::model::{List, Map, Text, Value, short};
use std::cmp::Ordering;
use std::fmt;

/// A hash over everything that was written to it, in order. Not for adversaries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Digest(pub u64);

/// Tells apart what is written: kinds of values and of changes.
#[derive(Clone, Copy)]
enum Mark {
    Null,
    False,
    True,
    Int,
    Float,
    Text,
    List,
    Map,
    Added,
    Removed,
    Changed,
    End,
}

impl Digest {
    /// Adds a number.
    pub fn word(&mut self, word: u64) {
        let mixed = (self.0 ^ word).wrapping_add(0x9E37_79B9_7F4A_7C15).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        self.0 = mixed ^ (mixed >> 31);
    }

    /// Adds a text, with its length.
    pub fn text(&mut self, text: &str) {
        self.word(text.len() as u64);
        let (whole, rest) = text.as_bytes().as_chunks::<8>();
        for eight in whole {
            self.word(u64::from_le_bytes(*eight));
        }
        if !rest.is_empty() {
            let mut last = [0; 8];
            last[..rest.len()].copy_from_slice(rest);
            self.word(u64::from_le_bytes(last));
        }
    }

    /// Adds a value, whole.
    pub fn value(&mut self, value: &Value) {
        match value {
            Value::Null => self.mark(Mark::Null),
            Value::Bool(false) => self.mark(Mark::False),
            Value::Bool(true) => self.mark(Mark::True),
            Value::Int(it) => {
                self.mark(Mark::Int);
                self.word(it.cast_unsigned());
            }
            Value::Float(it) => {
                self.mark(Mark::Float);
                self.word(it.to_bits());
            }
            Value::Text(it) => {
                self.mark(Mark::Text);
                self.text(it);
            }
            Value::List(it) => {
                self.mark(Mark::List);
                self.word(it.len() as u64);
                it.iter().for_each(|item| self.value(item));
            }
            Value::Map(it) => {
                self.mark(Mark::Map);
                self.word(it.len() as u64);
                for (name, field) in it {
                    self.text(name);
                    self.value(field);
                }
            }
        }
    }

    /// Adds all by which `after` differs from `before`, and where; true if they differ.
    ///
    /// With `before` known, that covers `after` whole. Parts that both share cost nothing, and whether they are shared or
    /// merely equal makes no difference.
    pub fn change(&mut self, before: &Value, after: &Value) -> bool {
        match (before, after) {
            (Value::Map(before), Value::Map(after)) => self.map(before, after),
            (Value::List(before), Value::List(after)) => self.list(before, after),
            _ if before == after => false,
            _ => {
                self.mark(Mark::Changed);
                self.value(after);
                true
            }
        }
    }

    fn map(&mut self, before: &Map, after: &Map) -> bool {
        if before.ptr_eq(after) {
            return false;
        }
        let (mut old, mut new) = (before.iter().peekable(), after.iter().peekable());
        let mut differs = false;
        loop {
            let order = match (old.peek(), new.peek()) {
                (None, None) => break,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(old), Some(new)) => short::order(&old.0, &new.0),
            };
            let old = if order.is_le() { old.next() } else { None };
            let new = if order.is_ge() { new.next() } else { None };
            differs |= self.field(old, new);
        }
        if differs {
            self.mark(Mark::End);
        }
        differs
    }

    fn field(&mut self, old: Option<&(Text, Value)>, new: Option<&(Text, Value)>) -> bool {
        match (old, new) {
            (None, None) => return false,
            (Some((name, _)), None) => {
                self.mark(Mark::Removed);
                self.text(name);
            }
            (None, Some((name, value))) => {
                self.mark(Mark::Added);
                self.text(name);
                self.value(value);
            }
            (Some((_, old)), Some((name, new))) => return self.inside(|it| it.text(name), old, new),
        }
        true
    }

    fn list(&mut self, before: &List, after: &List) -> bool {
        if before.ptr_eq(after) {
            return false;
        }
        if before.len() != after.len() {
            self.mark(Mark::Changed);
            self.word(after.len() as u64);
            after.iter().for_each(|item| self.value(item));
            return true;
        }
        let mut differs = false;
        for (index, (old, new)) in before.iter().zip(after.iter()).enumerate() {
            differs |= self.inside(|it| it.word(index as u64), old, new);
        }
        if differs {
            self.mark(Mark::End);
        }
        differs
    }

    /// Adds where and how a part changed, or nothing at all.
    fn inside(&mut self, place: impl FnOnce(&mut Self), before: &Value, after: &Value) -> bool {
        let untouched = *self;
        self.mark(Mark::Changed);
        place(self);
        let differs = self.change(before, after);
        if !differs {
            *self = untouched;
        }
        differs
    }

    fn mark(&mut self, mark: Mark) {
        self.word(mark as u64);
    }
}

impl fmt::Write for Digest {
    /// Adds a piece of formatted text.
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.text(text);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(before: &str, after: &str) -> Digest {
        let mut digest = Digest::default();
        let (before, after) = (Value::from_json(before).unwrap(), Value::from_json(after).unwrap());
        assert_eq!(digest.change(&before, &after), before != after);
        digest
    }

    #[test]
    fn every_difference_counts_and_equal_parts_do_not() {
        let base = r#"{"a":{"b":[1,"x",{"c":null}]},"d":"long enough for two words"}"#;
        let others = [
            "{}",
            r#"{"a":{"b":[1,"x",{"c":null}]},"d":"long enough for two worlds"}"#,
            r#"{"a":{"b":[1,"x",{"c":null}]}}"#,
            r#"{"a":{"b":[1,"x",{"c":0}]},"d":"long enough for two words"}"#,
            r#"{"a":{"b":[1,"y",{"c":null}]},"d":"long enough for two words"}"#,
            r#"{"a":{"b":[1,"x"]},"d":"long enough for two words"}"#,
            r#"{"a":{"b":[1,"x",{"e":null}]},"d":"long enough for two words"}"#,
            r#"{"a":{"b":[1.5,"x",{"c":null}]},"d":"long enough for two words"}"#,
        ];
        let digests: std::collections::BTreeSet<u64> = others.iter().map(|it| change(base, it).0).collect();
        assert_eq!(digests.len(), others.len());
        assert_eq!(change(base, base), Digest::default());
    }

    #[test]
    fn shared_and_merely_equal_parts_give_one_hash() {
        let before = Value::from_json(r#"{"spec":{"n":[1,2]},"status":{"ready":1}}"#).unwrap();
        let mut after = before.clone();
        after.set("status.ready", 2);
        let copy = Value::from_json(&after.to_json()).unwrap();
        let (mut shared, mut equal) = (Digest::default(), Digest::default());
        assert!(shared.change(&before, &after) && equal.change(&before, &copy));
        assert_eq!(shared, equal);
        expect_test::expect!["9b5d9913cb306d2f"].assert_eq(&format!("{:016x}", shared.0));
    }
}
