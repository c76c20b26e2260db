//! Finds equal parts of objects and keeps one of them.
//!
//! Pods of one template are alike in most parts, and so are their Events; clients send each part anew. What was stored
//! lately, and what stood at the same place before, is put in place of what is equal to it. Nobody can see the difference.

use crate::model::{Digest, Value};

/// How many parts are remembered; the newest takes the place of an older one.
const PARTS_MAX: usize = 2_048;
/// How many values of its own a part may have in all to be remembered.
const WEIGHT_MAX: usize = 40;
/// How many bytes a text may have to be remembered.
const TEXT_BYTES_MAX: usize = 512;

/// The parts that were stored lately, each at the place that its print says.
#[derive(Clone, Debug, Default)]
pub(super) struct Sharing {
    parts: Vec<Value>,
}

/// A settled part.
#[derive(Clone, Copy)]
struct Part {
    /// The same for parts that are equal: made of what is in it, where a part that others hold counts as where it is.
    print: u64,
    /// How many values it has of its own.
    weight: usize,
}

impl Sharing {
    /// Puts parts that are there already in place of equal parts of `new`, which follows `old` (null for nothing).
    pub(super) fn settle(&mut self, new: &mut Value, old: &Value) {
        self.inside(new, old);
        trim(new);
    }

    /// Settles what is in a list or map that nobody else holds.
    fn inside(&mut self, new: &mut Value, old: &Value) -> Option<Part> {
        let mut digest = Digest::default();
        let mut weight = 1;
        match new {
            Value::Map(map) => {
                for (name, value) in map.unshared_mut()? {
                    let part = self.place(value, old.get(name));
                    digest.word(part.print.rotate_left(8) ^ name.len() as u64);
                    weight += part.weight;
                }
            }
            Value::List(list) => {
                for (index, value) in list.unshared_mut()?.iter_mut().enumerate() {
                    let part = self.place(value, old.items().get(index).unwrap_or(&Value::Null));
                    digest.word(part.print);
                    weight += part.weight;
                }
            }
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Text(_) => return None,
        }
        Some(Part { print: digest.0, weight })
    }

    fn place(&mut self, new: &mut Value, old: &Value) -> Part {
        let part = match address(new) {
            None => return Part { print: content(new), weight: 1 },
            Some(at) if address(old) == Some(at) => return Part { print: at, weight: 1 },
            Some(_) if matches!(new, Value::Text(_)) => Part { print: content(new), weight: 1 },
            Some(at) => self.inside(new, old).unwrap_or(Part { print: at, weight: usize::MAX }),
        };
        if *new == *old {
            *new = old.clone();
        } else if part.weight <= WEIGHT_MAX && !is_long(new) {
            self.remembered(new, part.print);
        } else if part.weight < usize::MAX {
            trim(new);
            return part;
        }
        Part { print: address(new).unwrap_or_default(), weight: 1 }
    }

    /// Puts the remembered part that is equal to `new` in its place, or else remembers `new`.
    fn remembered(&mut self, new: &mut Value, print: u64) {
        self.parts.resize(PARTS_MAX, Value::Null);
        let place = usize::try_from(print % PARTS_MAX as u64).unwrap_or(0);
        if self.parts[place] == *new {
            *new = self.parts[place].clone();
        } else {
            trim(new);
            self.parts[place] = new.clone();
        }
    }
}

/// Where a value has its memory; `None` for what has none of its own.
fn address(value: &Value) -> Option<u64> {
    let at = match value {
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) => return None,
        Value::Text(text) => Some(text).filter(|it| it.is_heap_allocated()).map(|it| it.as_ptr().addr()),
        Value::List(list) => Some(list).filter(|it| !it.is_empty()).map(|it| it.as_ptr().addr()),
        Value::Map(map) => Some(map).filter(|it| !it.is_empty()).map(|it| it.iter().as_slice().as_ptr().addr()),
    };
    at.map(|at| at as u64)
}

fn content(value: &Value) -> u64 {
    let mut digest = Digest::default();
    digest.value(value);
    digest.0
}

fn is_long(value: &Value) -> bool {
    value.as_str().map_or(0, str::len) > TEXT_BYTES_MAX
}

fn trim(value: &mut Value) {
    match value {
        Value::List(list) => list.trim(),
        Value::Map(map) => map.trim(),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Text(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Which of the parts at `paths` are the same in memory in both.
    fn shared(a: &Value, b: &Value, paths: &[&str]) -> String {
        let same = |path: &&&str| match (a.at(path), b.at(path)) {
            (Value::Map(a), Value::Map(b)) => a.ptr_eq(b),
            (Value::List(a), Value::List(b)) => a.ptr_eq(b),
            (a, b) => std::ptr::eq(a.str(), b.str()),
        };
        paths.iter().filter(same).copied().collect::<Vec<_>>().join(" ")
    }

    const PATHS: [&str; 4] = ["labels", "spec", "spec.list", "uid"];

    fn object(name: &str, list: &str) -> Value {
        let text = format!(
            r#"{{"labels":{{"app":"web"}},"spec":{{"list":[{list}],"name":"{name}"}},"uid":"a text that is not inline"}}"#
        );
        Value::from_json(&text).unwrap()
    }

    #[test]
    fn equal_parts_of_different_objects_become_one() {
        let mut sharing = Sharing::default();
        let (mut a, mut b) = (object("a", "1,2"), object("b", "1,2"));
        sharing.settle(&mut a, &Value::Null);
        sharing.settle(&mut b, &Value::Null);
        assert_eq!(shared(&a, &b, &PATHS), "labels spec.list uid");
        assert_eq!((&a, &b), (&object("a", "1,2"), &object("b", "1,2")));
    }

    #[test]
    fn what_did_not_change_is_the_part_that_was_there() {
        let mut sharing = Sharing::default();
        let many: String = (0..100).map(|it| format!("{it},")).collect::<String>() + "100";
        let (old, mut new) = (object("a", &many), object("b", &many));
        sharing.settle(&mut new, &old);
        assert_eq!(shared(&old, &new, &PATHS), "labels spec.list uid");
    }

    #[test]
    fn what_is_too_large_is_not_remembered() {
        let mut sharing = Sharing::default();
        let many: String = (0..100).map(|it| format!("{it},")).collect::<String>() + "100";
        let (mut a, mut b) = (object("a", &many), object("a", &many));
        sharing.settle(&mut a, &Value::Null);
        sharing.settle(&mut b, &Value::Null);
        assert_eq!(shared(&a, &b, &PATHS), "labels uid");
    }

    #[test]
    fn a_part_that_others_hold_is_left_as_it_is() {
        let mut sharing = Sharing::default();
        let mut a = object("a", "1,2");
        let held = a.get("spec").clone();
        sharing.settle(&mut a, &Value::Null);
        assert!(a.get("spec").as_map().unwrap().ptr_eq(held.as_map().unwrap()));
    }
}
