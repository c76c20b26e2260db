//! A set of field paths, as a tree; `fieldsV1` is its JSON.
//!
//! Upstream: `structured-merge-diff/fieldpath/{set,serialize,pathelementmap}.go`.

use crate::model::names::quote;
use crate::model::{Text, Value};
use std::collections::BTreeMap;

/// A set of paths below one node: `f:NAME` for fields, `k:{KEYS}` for items told apart by keys, `v:VALUE` for items of sets.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Set {
    /// True if the node itself is in the set.
    pub(crate) member: bool,
    /// What is below it.
    pub(crate) children: BTreeMap<Text, Set>,
}

impl Set {
    /// The node alone.
    pub(crate) fn leaf() -> Self {
        Self { member: true, children: BTreeMap::new() }
    }

    /// Reads `fieldsV1`.
    pub(crate) fn read(value: &Value) -> Self {
        let children = value.fields().iter().filter(|(key, _)| key != ".");
        let read = |child: &Value| {
            let mut it = Self::read(child);
            it.member = child.is_empty() || child.as_map().is_some_and(|map| map.contains_key("."));
            it
        };
        Self { member: false, children: children.map(|(key, child)| (key.clone(), read(child))).collect() }
    }

    /// Writes `fieldsV1`.
    pub(crate) fn write(&self) -> Value {
        let dot = (self.member && !self.children.is_empty()).then(|| (Text::new_static("."), Value::map()));
        let children = self.children.iter().map(|(key, child)| (key.clone(), child.write()));
        Value::Map(dot.into_iter().chain(children).collect())
    }

    /// True without a path.
    pub(crate) fn is_empty(&self) -> bool {
        !self.member && self.children.is_empty()
    }

    /// Adds a child, if there is anything in it.
    pub(crate) fn put(&mut self, element: Text, child: Set) {
        if !child.is_empty() {
            self.children.insert(element, child);
        }
    }

    /// Adds every path of `other`.
    pub(crate) fn add(&mut self, other: &Set) {
        self.member |= other.member;
        for (element, child) in &other.children {
            match self.children.get_mut(element) {
                Some(own) => own.add(child),
                None => drop(self.children.insert(element.clone(), child.clone())),
            }
        }
    }

    /// The paths that `other` does not have.
    pub(crate) fn minus(&self, other: &Set) -> Set {
        let mut left = Set { member: self.member && !other.member, children: BTreeMap::new() };
        for (element, child) in &self.children {
            let rest = other.children.get(element).map_or_else(|| child.clone(), |it| child.minus(it));
            left.put(element.clone(), rest);
        }
        left
    }

    /// The paths that both have.
    pub(crate) fn and(&self, other: &Set) -> Set {
        let mut both = Set { member: self.member && other.member, children: BTreeMap::new() };
        for (element, child) in &self.children {
            if let Some(theirs) = other.children.get(element) {
                both.put(element.clone(), child.and(theirs));
            }
        }
        both
    }

    /// Takes away everything below a path of field names.
    pub(crate) fn drop_fields(&mut self, path: &[&str]) {
        let Some((first, rest)) = path.split_first() else { return };
        let element = Text::from(format!("f:{first}"));
        if rest.is_empty() {
            self.children.remove(&element);
        } else if let Some(child) = self.children.get_mut(&element) {
            child.drop_fields(rest);
            if child.is_empty() {
                self.children.remove(&element);
            }
        }
    }

    /// Every path as the API's errors show it: `.spec.containers[name="a"].image`.
    pub(crate) fn paths(&self) -> Vec<String> {
        let mut out = Vec::new();
        self.collect(&mut String::new(), &mut out);
        out
    }

    fn collect(&self, path: &mut String, out: &mut Vec<String>) {
        if self.member {
            out.push(path.clone());
        }
        for (element, child) in &self.children {
            let length = path.len();
            path.push_str(&shown(element));
            child.collect(path, out);
            path.truncate(length);
        }
    }
}

/// The element of a field.
pub(crate) fn field(name: &str) -> Text {
    smol_str::format_smolstr!("f:{name}")
}

/// One step of a path as the API's errors show it.
pub(crate) fn shown(element: &str) -> String {
    let value = |text: &str| Value::from_json(text).unwrap_or_default();
    let quoted = |it: &Value| it.as_str().map_or_else(|| it.to_json(), quote);
    match element.split_at_checked(2) {
        Some(("f:", name)) => format!(".{name}"),
        Some(("k:", keys)) => {
            let keys = value(keys);
            let pairs: Vec<String> = keys.fields().iter().map(|(key, it)| format!("{key}={}", quoted(it))).collect();
            format!("[{}]", pairs.join(","))
        }
        Some(("v:", item)) => format!("[={}]", quoted(&value(item))),
        _ => element.to_owned(),
    }
}
