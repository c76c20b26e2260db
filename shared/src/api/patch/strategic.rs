//! Strategic merge patch: lists whose items have a key are merged by it; directives in the patch delete, replace and order.
//!
//! Upstream: `k8s.io/apimachinery/pkg/util/strategicpatch/patch.go`. The schema says which lists merge, and by which key.

use crate::api::Status;
use crate::model::schema::{Field, Kind, Patch, Schema, TypeId};
use crate::model::{Object, Order, Value};

const DIRECTIVE: &str = "$patch";
const RETAIN: &str = "$retainKeys";
const ORDER: &str = "$setElementOrder/";
const DELETE: &str = "$deleteFromPrimitiveList/";

/// `old` with `patch` merged into it; both are of the type `id`.
pub(super) fn apply(old: &Object, patch: &Value, id: TypeId) -> Result<Object, Status> {
    let mut object = old.clone();
    merge_map(&mut object.0, patch, Some(id)).map_err(Status::bad_request)?;
    Ok(object)
}

/// What the schema knows of a field.
struct Known<'a> {
    kind: Option<&'a Kind>,
    patch: Option<&'a Patch>,
}

fn known(id: Option<TypeId>, name: &str) -> Known<'static> {
    let field: Option<&'static Field> = id.and_then(|id| Schema::get().type_of(id).field(name));
    Known { kind: field.map(|it| &it.kind), patch: field.map(|it| &it.patch) }
}

fn merge_map(place: &mut Value, patch: &Value, id: Option<TypeId>) -> Result<(), String> {
    match patch.get(DIRECTIVE).str() {
        "" | "merge" => {}
        "replace" => {
            *place = without_directives(patch);
            return Ok(());
        }
        "delete" => {
            *place = Value::map();
            return Ok(());
        }
        other => return Err(format!("unknown patch type found: {other}")),
    }
    retain_keys(place, patch)?;
    for (name, value) in patch.fields() {
        if name == DIRECTIVE || name == RETAIN {
            continue;
        }
        if let Some(field) = name.strip_prefix(DELETE) {
            delete_scalars(place, field, value);
        } else if let Some(field) = name.strip_prefix(ORDER) {
            if patch.get(field).is_null() && place.get(field).as_list().is_some() {
                merge_list(place, field, &Value::from(Vec::new()), patch, &known(id, field))?;
            }
        } else {
            merge_field(place, name, value, patch, id)?;
        }
    }
    Ok(())
}

fn merge_field(place: &mut Value, name: &str, value: &Value, patch: &Value, id: Option<TypeId>) -> Result<(), String> {
    if value.is_null() {
        place.map_mut().remove(name);
        return Ok(());
    }
    let known = known(id, name);
    match (place.get(name), value) {
        (Value::Map(_), Value::Map(_)) => {
            let inner = known.kind.and_then(struct_of);
            merge_map(place.map_mut().entry(name), value, inner)
        }
        (Value::List(_), Value::List(_)) if known.patch.is_some_and(|it| it.merge_key.is_some()) => {
            merge_list(place, name, value, patch, &known)
        }
        (old, new) if old == new => Ok(()),
        (Value::Null, Value::List(_)) => {
            place.map_mut().insert(name, without_deletions(value));
            Ok(())
        }
        _ => {
            place.map_mut().insert(name, without_directives(value));
            Ok(())
        }
    }
}

/// The struct of a field that is one; none for maps, whose keys are data.
fn struct_of(kind: &Kind) -> Option<TypeId> {
    match kind {
        Kind::Object(id) => Some(*id),
        Kind::List(inner) => struct_of(inner),
        _ => None,
    }
}

/// `$retainKeys`: what the patch does not name goes.
fn retain_keys(place: &mut Value, patch: &Value) -> Result<(), String> {
    let Some(keys) = patch.get(RETAIN).as_list() else { return Ok(()) };
    let keeps = |name: &str| keys.iter().any(|key| key.str() == name);
    let stray = patch.fields().iter().find(|(name, value)| !name.starts_with('$') && !value.is_null() && !keeps(name));
    if stray.is_some() {
        return Err("$retainKeys directives must contain all the keys in the patch".into());
    }
    let gone: Vec<_> = place.fields().iter().map(|(name, _)| name.clone()).filter(|name| !keeps(name)).collect();
    for name in gone {
        place.map_mut().remove(&name);
    }
    Ok(())
}

fn delete_scalars(place: &mut Value, field: &str, gone: &Value) {
    if place.get(field).as_list().is_some() {
        place.map_mut().entry(field).list_mut().retain(|it| !gone.items().contains(it));
    }
}

fn merge_list(place: &mut Value, name: &str, value: &Value, patch: &Value, known: &Known<'_>) -> Result<(), String> {
    let key = known.patch.and_then(|it| it.merge_key.clone()).unwrap_or_default();
    let before = place.get(name).clone();
    let mut items = before.items().to_vec();
    if key.is_empty() {
        let new = value.items().iter().filter(|it| !before.items().contains(it));
        items.extend(new.cloned());
    } else {
        merge_items(&mut items, value.items(), &key, known.kind.and_then(struct_of))?;
    }
    if let Some(order) = patch.get(&format!("{ORDER}{name}")).as_list() {
        items = ordered(items, order, before.items(), &key);
    }
    place.map_mut().insert(name, items);
    Ok(())
}

fn merge_items(items: &mut Vec<Value>, patches: &[Value], key: &str, id: Option<TypeId>) -> Result<(), String> {
    if patches.iter().any(|it| it.get(DIRECTIVE).str() == "replace") {
        let kept = patches.iter().filter(|it| it.get(DIRECTIVE).str() != "replace" || it.fields().len() > 1);
        *items = kept.map(without_directives).collect();
        return Ok(());
    }
    for patch in patches {
        let own = patch.get(key);
        if own.is_null() {
            return Err(format!("map: {} does not contain declared merge key: {key}", go_map(patch)));
        }
        let found = items.iter().position(|it| it.get(key) == own);
        match (patch.get(DIRECTIVE).str(), found) {
            ("delete", _) => items.retain(|it| it.get(key) != own),
            (_, Some(index)) => merge_map(&mut items[index], patch, id)?,
            (_, None) => items.push(without_directives(patch)),
        }
    }
    Ok(())
}

/// A map as Go's `%v` shows it.
fn go_map(value: &Value) -> String {
    let shown = |it: &Value| it.as_str().map_or_else(|| it.to_json(), str::to_owned);
    let fields: Vec<String> = value.fields().iter().map(|(key, it)| format!("{key}:{}", shown(it))).collect();
    format!("map[{}]", fields.join(" "))
}

/// A value that meets nothing it could be merged with: its directives and nulls have nothing to do.
fn without_directives(value: &Value) -> Value {
    match value {
        Value::Map(fields) => {
            let kept = fields.iter().filter(|(name, it)| !name.starts_with('$') && !it.is_null());
            Value::Map(kept.map(|(name, it)| (name.clone(), without_directives(it))).collect())
        }
        Value::List(_) => without_deletions(value),
        other => other.clone(),
    }
}

fn without_deletions(list: &Value) -> Value {
    let kept = list.items().iter().filter(|it| {
        let directive = it.get(DIRECTIVE).str();
        directive.is_empty() || directive == "merge" || (directive == "replace" && it.fields().len() > 1)
    });
    kept.map(without_directives).collect()
}

/// Items in the order that the patch asks for; those that it does not know keep their place among the others.
fn ordered(items: Vec<Value>, order: &[Value], before: &[Value], key: &str) -> Vec<Value> {
    let name = |it: &Value| if key.is_empty() { it.clone() } else { it.get(key).clone() };
    let rank = |list: &[Value], it: &Value| list.iter().position(|other| name(other) == name(it));
    let (mut asked, mut others): (Vec<Value>, Vec<Value>) = items.into_iter().partition(|it| rank(order, it).is_some());
    asked.order_by_key(|it| rank(order, it));
    others.order_by_key(|it| rank(before, it));
    let mut result = Vec::with_capacity(asked.len() + others.len());
    let (mut asked, mut others) = (asked.into_iter().peekable(), others.into_iter().peekable());
    while let (Some(left), Some(right)) = (others.peek(), asked.peek()) {
        let first = match (rank(before, left), rank(before, right)) {
            (Some(left), Some(right)) => left < right,
            _ => false,
        };
        result.extend(if first { others.next() } else { asked.next() });
    }
    result.extend(asked);
    result.extend(others);
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Chance;
    use expect_test::{Expect, expect};

    fn patched(old: &Value, patch: &Value) -> Result<Object, Status> {
        let id = Schema::get().find("v1", "Pod").unwrap();
        apply(&Object(old.clone()), patch, id)
    }

    fn check(old: &str, patch: &str, expected: &Expect) {
        let (old, patch) = (Value::from_json(old).unwrap(), Value::from_json(patch).unwrap());
        let shown = patched(&old, &patch).map_or_else(|status| status.message, |it| it.to_json());
        expected.assert_eq(&shown);
    }

    const POD: &str = r#"{"metadata":{"finalizers":["a.b/c"],"labels":{"a":"1"}},"spec":{"containers":[{"name":"a","image":"x","command":["c"]},{"name":"b"}],"tolerations":[{"key":"k"}]}}"#;

    #[test]
    fn lists_merge_by_key_or_are_replaced() {
        check(
            POD,
            r#"{"spec":{"containers":[{"name":"b","image":"y"},{"name":"c","x":null}]}}"#,
            &expect![[
                r#"{"metadata":{"finalizers":["a.b/c"],"labels":{"a":"1"}},"spec":{"containers":[{"command":["c"],"image":"x","name":"a"},{"image":"y","name":"b"},{"name":"c"}],"tolerations":[{"key":"k"}]}}"#
            ]],
        );
        check(
            POD,
            r#"{"spec":{"tolerations":[{"key":"other"}]}}"#,
            &expect![[
                r#"{"metadata":{"finalizers":["a.b/c"],"labels":{"a":"1"}},"spec":{"containers":[{"command":["c"],"image":"x","name":"a"},{"name":"b"}],"tolerations":[{"key":"other"}]}}"#
            ]],
        );
        check(
            POD,
            r#"{"metadata":{"finalizers":["d.e/f","a.b/c"],"labels":{"a":null,"b":"2"}}}"#,
            &expect![[
                r#"{"metadata":{"finalizers":["a.b/c","d.e/f"],"labels":{"b":"2"}},"spec":{"containers":[{"command":["c"],"image":"x","name":"a"},{"name":"b"}],"tolerations":[{"key":"k"}]}}"#
            ]],
        );
        check(
            POD,
            r#"{"spec":{"containers":[{"image":"y"}]}}"#,
            &expect!["map: map[image:y] does not contain declared merge key: name"],
        );
    }

    #[test]
    fn directives() {
        check(
            POD,
            r#"{"spec":{"containers":[{"name":"a","$patch":"delete"}]}}"#,
            &expect![[
                r#"{"metadata":{"finalizers":["a.b/c"],"labels":{"a":"1"}},"spec":{"containers":[{"name":"b"}],"tolerations":[{"key":"k"}]}}"#
            ]],
        );
        check(
            POD,
            r#"{"spec":{"containers":[{"$patch":"replace"},{"name":"z"}]}}"#,
            &expect![[
                r#"{"metadata":{"finalizers":["a.b/c"],"labels":{"a":"1"}},"spec":{"containers":[{"name":"z"}],"tolerations":[{"key":"k"}]}}"#
            ]],
        );
        check(
            POD,
            r#"{"metadata":{"$patch":"replace","labels":{"z":"1"}}}"#,
            &expect![[
                r#"{"metadata":{"labels":{"z":"1"}},"spec":{"containers":[{"command":["c"],"image":"x","name":"a"},{"name":"b"}],"tolerations":[{"key":"k"}]}}"#
            ]],
        );
        check(
            POD,
            r#"{"metadata":{"$deleteFromPrimitiveList/finalizers":["a.b/c"]}}"#,
            &expect![[
                r#"{"metadata":{"finalizers":[],"labels":{"a":"1"}},"spec":{"containers":[{"command":["c"],"image":"x","name":"a"},{"name":"b"}],"tolerations":[{"key":"k"}]}}"#
            ]],
        );
        check(
            POD,
            r#"{"spec":{"$setElementOrder/containers":[{"name":"c"},{"name":"b"},{"name":"a"}],"containers":[{"name":"c"}]}}"#,
            &expect![[
                r#"{"metadata":{"finalizers":["a.b/c"],"labels":{"a":"1"}},"spec":{"containers":[{"name":"c"},{"name":"b"},{"command":["c"],"image":"x","name":"a"}],"tolerations":[{"key":"k"}]}}"#
            ]],
        );
        check(
            POD,
            r#"{"spec":{"$setElementOrder/containers":[{"name":"b"},{"name":"a"}]}}"#,
            &expect![[
                r#"{"metadata":{"finalizers":["a.b/c"],"labels":{"a":"1"}},"spec":{"containers":[{"name":"b"},{"command":["c"],"image":"x","name":"a"}],"tolerations":[{"key":"k"}]}}"#
            ]],
        );
        check(
            POD,
            r#"{"metadata":{"$retainKeys":["labels"],"labels":{"b":"2"}}}"#,
            &expect![[
                r#"{"metadata":{"labels":{"a":"1","b":"2"}},"spec":{"containers":[{"command":["c"],"image":"x","name":"a"},{"name":"b"}],"tolerations":[{"key":"k"}]}}"#
            ]],
        );
        check(
            POD,
            r#"{"metadata":{"$retainKeys":["x"],"labels":{"b":"2"}}}"#,
            &expect!["$retainKeys directives must contain all the keys in the patch"],
        );
        check(POD, r#"{"metadata":{"$patch":"shuffle"}}"#, &expect!["unknown patch type found: shuffle"]);
    }

    /// A value like a pod with a few random containers.
    fn random_pod(chance: &mut Chance) -> Value {
        let containers: Value = (0..chance.below(4))
            .map(|index| {
                let mut it = Value::from([("name", format!("c{index}").into())]);
                if chance.below(2) == 0 {
                    it.set("image", format!("i{}", chance.below(3)));
                }
                it.set(
                    "env",
                    (0..chance.below(3)).map(|n| Value::from([("name", n.to_string().into())])).collect::<Value>(),
                );
                it
            })
            .collect();
        Value::from([("spec", Value::from([("containers", containers)]))])
    }

    #[test]
    fn a_patch_applied_twice_changes_nothing_more_and_contains_what_it_says() {
        for seed in 0..200 {
            let mut chance = Chance::new(seed);
            let (old, patch) = (random_pod(&mut chance), random_pod(&mut chance));
            let once = patched(&old, &patch).unwrap();
            assert_eq!(patched(&once, &patch).unwrap(), once, "seed {seed}");
            for container in patch.at("spec.containers").items() {
                let merged =
                    once.at("spec.containers").items().iter().find(|it| it.get("name") == container.get("name"));
                let image = container.get("image");
                assert!(image.is_null() || merged.unwrap().get("image") == image, "seed {seed}");
            }
        }
    }
}
