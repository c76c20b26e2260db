//! Items of a list by what tells them apart, so that long lists are never compared each with each.
//!
//! What tells an item apart is any value: a name, all of the keys of an item, or the item itself. Values are the same if they
//! are written the same, as in upstream's maps by JSON (`k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype`).
//! Building and asking take `n log n` comparisons of texts for `n` items.

use crate::model::Value;
use std::collections::BTreeMap;

/// How often each value was met.
#[derive(Debug, Default)]
pub struct Met(BTreeMap<String, usize>);

impl Met {
    /// Notes a value and says how often it was met before.
    pub fn again(&mut self, value: &Value) -> usize {
        let times = self.0.entry(value.to_json()).or_default();
        *times += 1;
        *times - 1
    }
}

/// The items of a list, to be found by their identity; of several with the same identity the first.
#[derive(Debug, Default)]
pub struct Keyed<'v>(BTreeMap<String, &'v Value>);

impl<'v> Keyed<'v> {
    /// An index of the items that `identity` knows an identity of.
    pub fn new(items: &'v [Value], identity: impl Fn(&Value) -> Option<Value>) -> Self {
        let mut found = BTreeMap::new();
        for item in items {
            if let Some(it) = identity(item) {
                found.entry(it.to_json()).or_insert(item);
            }
        }
        Self(found)
    }

    /// The item with an identity.
    pub fn find(&self, identity: &Value) -> Option<&'v Value> {
        self.0.get(&identity.to_json()).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many that comparing each with each would take minutes.
    const MANY: i64 = 200_000;

    #[test]
    fn long_lists_are_indexed() {
        let items: Vec<Value> = (0..MANY).map(Value::from).collect();
        let keyed = Keyed::new(&items, |it| Some(it.clone()));
        assert!(items.iter().rev().all(|it| keyed.find(it) == Some(it)));
        assert_eq!(keyed.find(&"0".into()), None);
        let mut met = Met::default();
        assert!(items.iter().all(|it| met.again(it) == 0));
        assert!(items.iter().all(|it| met.again(it) == 1));
    }

    #[test]
    fn the_first_of_equals_is_found() {
        let items = Value::from_json(r#"[{"k":1,"v":1},{"v":0},{"k":1,"v":2}]"#).unwrap();
        let keyed = Keyed::new(items.items(), |it| Some(it.get("k").clone()).filter(|it| !it.is_null()));
        assert_eq!(keyed.find(&1.into()), Some(&items.items()[0]));
        assert_eq!(keyed.find(&Value::Null), None);
    }
}
