//! Patches that kubectl computes itself: what was applied last, what is to be applied now, what the server has.
//!
//! Upstream: `k8s.io/apimachinery/pkg/util/strategicpatch` (`CreateThreeWayMergePatch`),
//! `pkg/util/jsonmergepatch`. Knows nothing of requests.

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

/// The lists of the API that merge, by field name: `patchStrategy: merge` with its `patchMergeKey`.
const KEYED: &[(&str, &str)] = &[
    ("containers", "name"),
    ("initContainers", "name"),
    ("ephemeralContainers", "name"),
    ("volumes", "name"),
    ("env", "name"),
    ("volumeMounts", "mountPath"),
    ("volumeDevices", "devicePath"),
    ("imagePullSecrets", "name"),
    ("hostAliases", "ip"),
    ("topologySpreadConstraints", "topologyKey"),
    ("resourceClaims", "name"),
    ("ownerReferences", "uid"),
    ("conditions", "type"),
    ("secrets", "name"),
    ("schedulingGates", "name"),
];

/// The patch that turns `current` into what `modified` says, taking away what `original` said and `modified` does not.
/// An empty map means that nothing changes.
pub(crate) fn three_way_strategic(kind: &str, original: &Value, modified: &Value, current: &Value) -> Value {
    let differ = Differ { kind };
    let delta = differ.additions("", current, modified);
    let deletions = differ.deletions("", original, modified);
    merged(&deletions, &delta)
}

/// The same as an RFC 7386 patch, for custom resources.
pub(crate) fn three_way_merge(original: &Value, modified: &Value, current: &Value) -> Value {
    let delta = plain_additions(current, modified);
    let deletions = plain_deletions(original, modified);
    merged(&deletions, &delta)
}

/// The patch that turns `current` into `modified`, whatever was before; strategic.
pub(crate) fn two_way_strategic(kind: &str, current: &Value, modified: &Value) -> Value {
    three_way_strategic(kind, current, modified, current)
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

/// Knows which lists merge, by the object's kind.
struct Differ<'a> {
    kind: &'a str,
}

impl Differ<'_> {
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
        match self.list_kind(here, key, new) {
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
        match self.list_kind(here, key, old) {
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

    fn list_kind(&self, path: &str, field: &str, items: &[Value]) -> ListKind {
        if field == "finalizers" && path == "metadata.finalizers" {
            return ListKind::Set;
        }
        if self.kind == "ServiceAccount" && field == "imagePullSecrets" {
            return ListKind::Atomic;
        }
        let by = match field {
            "ports" if path == "spec.ports" && self.kind == "Service" => Some("port"),
            "ports" if items.iter().all(|it| it.as_map().is_some_and(|it| it.contains_key("containerPort"))) => {
                Some("containerPort")
            }
            _ => KEYED.iter().find(|(name, _)| *name == field).map(|(_, by)| *by),
        };
        let keyed = by.filter(|by| items.iter().all(|it| !it.get(by).is_null()));
        keyed.map_or(ListKind::Atomic, ListKind::Keyed)
    }

    /// True for maps with `patchStrategy: replace`.
    fn replaces(&self, path: &str) -> bool {
        self.kind == "PodDisruptionBudget" && path == "spec.selector"
    }

    /// True for maps with `patchStrategy: retainKeys`.
    fn retains_keys(&self, path: &str) -> bool {
        (self.kind == "Deployment" && path == "spec.strategy") || path.ends_with("spec.volumes")
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

/// One patch after the other, as one.
fn merged(first: &Value, second: &Value) -> Value {
    let mut out = first.clone();
    for (key, new) in second.fields() {
        let place = out.map_mut().entry(key);
        *place = match (&*place, new) {
            (Value::Map(_), Value::Map(_)) => merged(place, new),
            (Value::List(old), Value::List(new)) if !key.starts_with('$') => merged_items(key, old, new),
            _ => new.clone(),
        };
    }
    out
}

fn merged_items(field: &str, old: &[Value], new: &[Value]) -> Value {
    let by = match field {
        "ports" if new.iter().all(|it| !it.get("containerPort").is_null()) => "containerPort",
        "ports" => "port",
        _ => KEYED.iter().find(|(name, _)| *name == field).map_or("", |(_, by)| by),
    };
    let mut out = old.to_vec();
    for item in new {
        match out.iter_mut().find(|it| !it.get(by).is_null() && it.get(by) == item.get(by)) {
            Some(place) => *place = merged(place, item),
            None => out.push(item.clone()),
        }
    }
    out.into()
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
        let read = |text: &str| Value::from_json(text).unwrap();
        let patch = three_way_strategic("Deployment", &read(original), &read(modified), &read(current));
        expect.assert_eq(&patch.to_json());
    }

    #[test]
    fn takes_away_only_what_was_applied_before() {
        check(r#"{"a":1,"b":2}"#, r#"{"a":1}"#, r#"{"a":1,"b":2,"c":3}"#, &expect![[r#"{"b":null}"#]]);
        check(r#"{"a":1}"#, r#"{"a":1}"#, r#"{"a":1,"c":3}"#, &expect!["{}"]);
    }

    #[test]
    fn merges_lists_by_key() {
        let current = r#"{"spec":{"containers":[{"name":"a","image":"x","ports":[{"containerPort":80,"protocol":"TCP"}]},{"name":"b"}]}}"#;
        let original =
            r#"{"spec":{"containers":[{"name":"a","image":"x","ports":[{"containerPort":80}]},{"name":"b"}]}}"#;
        check(original, original, current, &expect!["{}"]);
        check(
            original,
            r#"{"spec":{"containers":[{"name":"a","image":"y","ports":[{"containerPort":80}]}]}}"#,
            current,
            &expect![[
                r#"{"spec":{"$setElementOrder/containers":[{"name":"a"}],"containers":[{"$patch":"delete","name":"b"},{"image":"y","name":"a"}]}}"#
            ]],
        );
        check(
            original,
            r#"{"spec":{"containers":[{"name":"b"},{"name":"a","image":"x"}]}}"#,
            current,
            &expect![[
                r#"{"spec":{"$setElementOrder/containers":[{"name":"b"},{"name":"a"}],"containers":[{"name":"a","ports":null}]}}"#
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
