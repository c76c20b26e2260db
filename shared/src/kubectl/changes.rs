//! Patches that kubectl computes itself: what was applied last, what is to be applied now, what the server has.
//!
//! Upstream: `k8s.io/apimachinery/pkg/util/strategicpatch` (`CreateThreeWayMergePatch`),
//! `pkg/util/jsonmergepatch`. Knows nothing of requests.

use crate::model::schema::{Field, Schema, TypeId};
use crate::model::{List, Text, Value};

/// What a list is to a strategic merge patch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ListKind {
    /// One value, replaced whole.
    Atomic,
    /// Maps that this field tells apart.
    Keyed(&'static str),
    /// A set of scalars.
    Set,
}

/// The patch that turns `current` into what `modified` says, taking away what `original` said and `modified` does not.
/// An empty map means that nothing changes.
pub(crate) fn three_way_strategic(original: &Value, modified: &Value, current: &Value) -> Value {
    let differ = Differ::of(modified);
    let delta = differ.additions("", current, modified);
    let deletions = differ.deletions("", original, modified);
    differ.merged("", &deletions, &delta)
}

/// The same as an RFC 7386 patch, for custom resources.
pub(crate) fn three_way_merge(original: &Value, modified: &Value, current: &Value) -> Value {
    let delta = plain_additions(current, modified);
    let deletions = plain_deletions(original, modified);
    Differ { kind: "", root: None }.merged("", &deletions, &delta)
}

/// The patch that turns `current` into `modified`, whatever was before; strategic.
pub(crate) fn two_way_strategic(current: &Value, modified: &Value) -> Value {
    three_way_strategic(current, modified, current)
}

/// The patch that turns `current` into `modified` as RFC 7386 has it.
pub(crate) fn two_way_merge(current: &Value, modified: &Value) -> Value {
    three_way_merge(current, modified, current)
}

fn plain_additions(current: &Value, modified: &Value) -> Value {
    let mut patch = Value::map();
    for (key, new) in modified.fields() {
        let old = current.get(key);
        if new == old {
            continue;
        }
        let change = if is_map(old) && is_map(new) { plain_additions(old, new) } else { new.clone() };
        if !(is_map(old) && is_map(new) && change.is_empty()) {
            patch.map_mut().insert(key.clone(), change);
        }
    }
    patch
}

fn plain_deletions(original: &Value, modified: &Value) -> Value {
    let mut patch = Value::map();
    for (key, old) in original.fields() {
        match modified.as_map().and_then(|it| it.get(key)) {
            None => patch.map_mut().insert(key.clone(), Value::Null),
            Some(new) if is_map(old) && is_map(new) => {
                let inner = plain_deletions(old, new);
                if !inner.is_empty() {
                    patch.map_mut().insert(key.clone(), inner);
                }
            }
            Some(_) => {}
        }
    }
    patch
}

fn is_map(value: &Value) -> bool {
    value.as_map().is_some()
}

/// Knows which lists merge, by the type of the object; without a type none does.
struct Differ<'a> {
    kind: &'a str,
    root: Option<TypeId>,
}

impl<'a> Differ<'a> {
    fn of(object: &'a Value) -> Self {
        let kind = object.get("kind").str();
        Self { kind, root: Schema::get().find(object.get("apiVersion").str(), kind) }
    }

    fn field(&self, path: &str) -> Option<&'static Field> {
        Schema::get().field(self.root?, path)
    }

    /// What `modified` adds to `current` or changes in it.
    fn additions(&self, at: &str, current: &Value, modified: &Value) -> Value {
        let mut patch = Value::map();
        for (key, new) in modified.fields() {
            let here = join(at, key);
            let old = current.as_map().and_then(|it| it.get(key));
            match (old, new) {
                (Some(Value::Map(_)), Value::Map(_)) if self.replaces(&here) => {
                    patch.map_mut().insert(key.clone(), new.clone());
                }
                (Some(old @ Value::Map(_)), Value::Map(_)) => {
                    let mut inner = self.additions(&here, old, new);
                    if !inner.is_empty() {
                        self.retain_keys(&here, new, &mut inner);
                        patch.map_mut().insert(key.clone(), inner);
                    }
                }
                (Some(Value::List(old)), Value::List(new)) => self.list_additions(&here, key, old, new, &mut patch),
                (Some(old), _) if same(old, new) => {}
                _ => patch.map_mut().insert(key.clone(), new.clone()),
            }
        }
        patch
    }

    fn list_additions(&self, here: &str, key: &Text, old: &List, new: &List, to: &mut Value) {
        match self.list_kind(here, new) {
            ListKind::Atomic if old == new => {}
            ListKind::Atomic => to.map_mut().insert(key.clone(), Value::List(new.clone())),
            ListKind::Set => {
                let added: Vec<Value> = new.iter().filter(|it| !old.contains(it)).cloned().collect();
                if !added.is_empty() {
                    to.map_mut().insert(key.clone(), added);
                    to.map_mut().insert(format!("$setElementOrder/{key}"), Value::List(new.clone()));
                }
            }
            ListKind::Keyed(by) => {
                let changed: Vec<Value> = new.iter().filter_map(|it| self.item_addition(here, by, old, it)).collect();
                let order = |list: &[Value]| -> Vec<Value> {
                    let known = list.iter().filter(|it| find(new, by, it.get(by)).is_some());
                    known.map(|it| it.get(by).clone()).collect()
                };
                if !changed.is_empty() || order(old) != order(new) {
                    let keys = new.iter().map(|it| Value::from([(by, it.get(by).clone())]));
                    to.map_mut().insert(format!("$setElementOrder/{key}"), keys.collect::<Vec<_>>());
                }
                if !changed.is_empty() {
                    to.map_mut().insert(key.clone(), changed);
                }
            }
        }
    }

    fn item_addition(&self, here: &str, by: &'static str, old: &[Value], new: &Value) -> Option<Value> {
        let Some(old) = find(old, by, new.get(by)) else { return Some(new.clone()) };
        let mut change = self.additions(here, old, new);
        if change.is_empty() {
            return None;
        }
        self.retain_keys(here, new, &mut change);
        change.map_mut().insert(by, new.get(by).clone());
        Some(change)
    }

    /// What `original` had and `modified` has not.
    fn deletions(&self, at: &str, original: &Value, modified: &Value) -> Value {
        let mut patch = Value::map();
        for (key, old) in original.fields() {
            let here = join(at, key);
            match (old, modified.as_map().and_then(|it| it.get(key))) {
                (_, None) => patch.map_mut().insert(key.clone(), Value::Null),
                (Value::Map(_), Some(new @ Value::Map(_))) if !self.replaces(&here) => {
                    let inner = self.deletions(&here, old, new);
                    if !inner.is_empty() {
                        patch.map_mut().insert(key.clone(), inner);
                    }
                }
                (Value::List(old), Some(Value::List(new))) => self.list_deletions(&here, key, old, new, &mut patch),
                (_, Some(_)) => {}
            }
        }
        patch
    }

    fn list_deletions(&self, here: &str, key: &Text, old: &List, new: &List, to: &mut Value) {
        match self.list_kind(here, old) {
            ListKind::Atomic => {}
            ListKind::Set => {
                let gone: Vec<Value> = old.iter().filter(|it| !new.contains(it)).cloned().collect();
                if !gone.is_empty() {
                    to.map_mut().insert(format!("$deleteFromPrimitiveList/{key}"), gone);
                }
            }
            ListKind::Keyed(by) => {
                let changes: Vec<Value> = old.iter().filter_map(|it| self.item_deletion(here, by, it, new)).collect();
                if !changes.is_empty() {
                    let keys = new.iter().map(|it| Value::from([(by, it.get(by).clone())]));
                    to.map_mut().insert(format!("$setElementOrder/{key}"), keys.collect::<Vec<_>>());
                    to.map_mut().insert(key.clone(), changes);
                }
            }
        }
    }

    fn item_deletion(&self, here: &str, by: &'static str, old: &Value, new: &[Value]) -> Option<Value> {
        let key = old.get(by).clone();
        let Some(new) = find(new, by, &key) else {
            return Some(Value::from([("$patch", "delete".into()), (by, key)]));
        };
        let mut change = self.deletions(here, old, new);
        if change.is_empty() {
            return None;
        }
        change.map_mut().insert(by, key);
        Some(change)
    }

    /// How the list at `path` is patched; items without the key cannot be told apart.
    fn list_kind(&self, path: &str, items: &[Value]) -> ListKind {
        match self.field(path).and_then(|it| it.patch.merge_key.as_deref()) {
            Some("") => ListKind::Set,
            Some(by) if items.iter().all(|it| !it.get(by).is_null()) => ListKind::Keyed(by),
            None | Some(_) => ListKind::Atomic,
        }
    }

    /// True for maps with `patchStrategy: replace`.
    fn replaces(&self, path: &str) -> bool {
        self.kind == "PodDisruptionBudget" && path == "spec.selector"
    }

    /// True for maps with `patchStrategy: retainKeys`.
    fn retains_keys(&self, path: &str) -> bool {
        self.field(path).is_some_and(|it| it.patch.retain_keys)
    }

    /// One patch after the other, as one.
    fn merged(&self, at: &str, first: &Value, second: &Value) -> Value {
        let mut out = first.clone();
        for (key, new) in second.fields() {
            let here = join(at, key);
            let place = out.map_mut().entry(key);
            *place = match (&*place, new) {
                (Value::Map(_), Value::Map(_)) => self.merged(&here, place, new),
                (Value::List(old), Value::List(new)) => match self.list_kind(&here, new) {
                    ListKind::Keyed(by) => self.merged_items(&here, by, old, new),
                    ListKind::Atomic | ListKind::Set => Value::List(new.clone()),
                },
                _ => new.clone(),
            };
        }
        out
    }

    fn merged_items(&self, here: &str, by: &str, old: &[Value], new: &[Value]) -> Value {
        let mut out = old.to_vec();
        for item in new {
            match out.iter_mut().find(|it| it.get(by) == item.get(by)) {
                Some(place) => *place = self.merged(here, place, item),
                None => out.push(item.clone()),
            }
        }
        out.into()
    }

    fn retain_keys(&self, here: &str, new: &Value, to: &mut Value) {
        if self.retains_keys(here) {
            let keys: Vec<Value> = new.fields().iter().map(|(key, _)| Value::from(key)).collect();
            to.map_mut().insert("$retainKeys", keys);
        }
    }
}

fn join(at: &str, key: &str) -> String {
    if at.is_empty() { key.to_owned() } else { format!("{at}.{key}") }
}

fn find<'a>(items: &'a [Value], by: &str, key: &Value) -> Option<&'a Value> {
    items.iter().find(|it| it.get(by) == key)
}

/// Equal as JSON: `1` and `1.0` are the same number.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        #[allow(clippy::cast_precision_loss, clippy::float_cmp, reason = "JSON knows one kind of number")]
        (Value::Int(a), Value::Float(b)) | (Value::Float(b), Value::Int(a)) => *a as f64 == *b,
        _ => a == b,
    }
}

/// Applies an RFC 7386 patch.
pub(crate) fn apply_merge(place: &mut Value, patch: &Value) {
    let Value::Map(fields) = patch else {
        *place = patch.clone();
        return;
    };
    for (field, value) in fields {
        match value {
            Value::Null => drop(place.map_mut().remove(field)),
            _ => apply_merge(place.map_mut().entry(field), value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    fn check(original: &str, modified: &str, current: &str, expect: &Expect) {
        let read = |text: &str| {
            let mut object = Value::from_json(text).unwrap();
            object.set("apiVersion", "apps/v1");
            object.set("kind", "Deployment");
            object
        };
        let patch = three_way_strategic(&read(original), &read(modified), &read(current));
        expect.assert_eq(&patch.to_json());
    }

    #[test]
    fn takes_away_only_what_was_applied_before() {
        check(r#"{"a":1,"b":2}"#, r#"{"a":1}"#, r#"{"a":1,"b":2,"c":3}"#, &expect![[r#"{"b":null}"#]]);
        check(r#"{"a":1}"#, r#"{"a":1}"#, r#"{"a":1,"c":3}"#, &expect!["{}"]);
    }

    #[test]
    fn merges_lists_by_key() {
        let current = r#"{"spec":{"template":{"spec":{"containers":[{"name":"a","image":"x","ports":[{"containerPort":80,"protocol":"TCP"}]},{"name":"b"}]}}}}"#;
        let original = r#"{"spec":{"template":{"spec":{"containers":[{"name":"a","image":"x","ports":[{"containerPort":80}]},{"name":"b"}]}}}}"#;
        check(original, original, current, &expect!["{}"]);
        check(
            original,
            r#"{"spec":{"template":{"spec":{"containers":[{"name":"a","image":"y","ports":[{"containerPort":80}]}]}}}}"#,
            current,
            &expect![[
                r#"{"spec":{"template":{"spec":{"$setElementOrder/containers":[{"name":"a"}],"containers":[{"$patch":"delete","name":"b"},{"image":"y","name":"a"}]}}}}"#
            ]],
        );
        check(
            original,
            r#"{"spec":{"template":{"spec":{"containers":[{"name":"b"},{"name":"a","image":"x"}]}}}}"#,
            current,
            &expect![[
                r#"{"spec":{"template":{"spec":{"$setElementOrder/containers":[{"name":"b"},{"name":"a"}],"containers":[{"name":"a","ports":null}]}}}}"#
            ]],
        );
    }

    #[test]
    fn keeps_only_the_keys_of_a_union() {
        let current = r#"{"spec":{"strategy":{"type":"RollingUpdate","rollingUpdate":{"maxSurge":1}}}}"#;
        check(
            "{}",
            r#"{"spec":{"strategy":{"type":"Recreate"}}}"#,
            current,
            &expect![[r#"{"spec":{"strategy":{"$retainKeys":["type"],"type":"Recreate"}}}"#]],
        );
    }
}
