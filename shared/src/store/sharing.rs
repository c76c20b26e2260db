//! Finds equal parts of objects and keeps one of them.
//!
//! Pods of one template are alike in most parts, and so are their Events; clients send each part anew. What was stored
//! lately, and what stood at the same place before, is put in place of what is equal to it. Nobody can see the difference.

use crate::model::{Digest, Value};

/// How many parts are remembered; the newest takes the place of an older one.
const PARTS_MAX: usize = 2_048;
/// How many values a part may have in all to be remembered.
const WEIGHT_MAX: usize = 40;
/// How many bytes a text may have to be remembered.
const TEXT_BYTES_MAX: usize = 512;

/// The parts that were stored lately, each at the place that its digest says.
#[derive(Clone, Debug, Default)]
pub(super) struct Sharing {
    parts: Vec<Value>,
}

impl Sharing {
    /// Puts parts that are there already in place of equal parts of `new`, which follows `old` (null for nothing).
    pub(super) fn settle(&mut self, new: &mut Value, old: &Value) {
        match new {
            Value::Map(map) => {
                for (name, value) in map.unshared_mut().into_iter().flatten() {
                    self.place(value, old.get(name));
                }
            }
            Value::List(list) => {
                for (index, value) in list.unshared_mut().into_iter().flatten().enumerate() {
                    self.place(value, old.items().get(index).unwrap_or(&Value::Null));
                }
            }
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Text(_) => {}
        }
    }

    fn place(&mut self, new: &mut Value, old: &Value) {
        if is_inline(new) {
            return;
        }
        if new == old {
            *new = old.clone();
            return;
        }
        if !fits(new, &mut WEIGHT_MAX.clone()) {
            return self.settle(new, old);
        }
        let place = self.place_of(new);
        if self.parts[place] == *new {
            *new = self.parts[place].clone();
            return;
        }
        self.settle(new, old);
        self.parts[place] = new.clone();
    }

    fn place_of(&mut self, value: &Value) -> usize {
        self.parts.resize(PARTS_MAX, Value::Null);
        let mut digest = Digest::default();
        digest.value(value);
        usize::try_from(digest.0 % PARTS_MAX as u64).unwrap_or(0)
    }
}

/// True for what has no memory of its own.
fn is_inline(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) => true,
        Value::Text(text) => !text.is_heap_allocated(),
        Value::List(list) => list.is_empty(),
        Value::Map(map) => map.is_empty(),
    }
}

/// True if `value` is no larger than what is `left`, which then is less by as much.
fn fits(value: &Value, left: &mut usize) -> bool {
    *left = left.saturating_sub(1);
    *left > 0
        && match value {
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) => true,
            Value::Text(text) => text.len() <= TEXT_BYTES_MAX,
            Value::List(list) => list.iter().all(|item| fits(item, left)),
            Value::Map(map) => map.iter().all(|(_, field)| fits(field, left)),
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
