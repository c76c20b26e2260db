//! Gives definitions of custom resources their names and establishes them; and empties those that are to go.
//!
//! Upstream: `k8s.io/apiextensions-apiserver/pkg/controller/{status,establish,nonstructuralschema,apiapproval,finalizer}`.
//! Differs: one loop writes all conditions but `Terminating`; objects are read from the cache and deleted one by one.

use crate::api::Propagation;
use crate::api::custom::{DEFINITIONS, establish, is_built_in};
use crate::api::resources::every_kind::custom_resource_definition::CLEANUP;
use crate::controllers::pods::key_of;
use crate::model::{Key, Object, ResourceName, Span, Text, Value};
use crate::plan::{Controller, Enqueue, Plan, View, Watch, Write};
use crate::store::Change;

/// The loop that accepts names.
pub(super) const NAMING: Controller = Controller {
    name: "crd-naming-condition-controller",
    watches: &[Watch { resource: "customresourcedefinitions.apiextensions.k8s.io", enqueue: of_names }],
    reconcile: establish,
};

/// The loop that deletes the objects of a definition that is to go.
pub(super) const FINALIZER: Controller = Controller {
    name: "crd-finalizer",
    watches: &[
        Watch {
            resource: "customresourcedefinitions.apiextensions.k8s.io",
            enqueue: |change, _, queue| {
                if change.after.as_ref().is_some_and(Object::is_terminating) {
                    queue.push(Enqueue::now(change.key.clone()));
                }
            },
        },
        Watch { resource: Watch::EVERY, enqueue: of_gone },
    ],
    reconcile: finalize,
};

/// The most objects that one reconcile deletes.
const DELETIONS_MAX: usize = 500;

/// A definition, and when it lets go of names the others of its group.
fn of_names(change: &Change, view: &View<'_>, queue: &mut Vec<Enqueue>) {
    let names = |it: &Option<Object>| it.as_ref().map(|it| it.at("status.acceptedNames").clone());
    if change.after.is_some() {
        queue.push(Enqueue::now(change.key.clone()));
    }
    let Some(before) = change.before.as_ref().filter(|_| names(&change.before) != names(&change.after)) else { return };
    let group = before.at("spec.group");
    let others =
        view.cache.list(&DEFINITIONS).filter(|it| it.at("spec.group") == group && it.name() != change.key.name);
    queue.extend(others.map(|it| Enqueue::now(Key::new(DEFINITIONS, "", it.name()))));
}

fn establish(key: &Key, view: &View<'_>) -> Plan {
    let Some(definition) = view.cache.get(key) else { return Plan::nothing() };
    let others = view.cache.list(&DEFINITIONS).filter(|it| it.name() != key.name);
    let status = establish::status(definition, others, view.now);
    if status == *definition.get("status") {
        return Plan::nothing();
    }
    let mut plan = Plan::nothing();
    plan.observed = conditions(definition.get("status")).into();
    plan.desired = conditions(&status).into();
    let mut new = definition.clone();
    new.set("status", status);
    let write = Write::update_status(key, new, format!("gave {} its names", key.name));
    plan.write(write.following(key, "spec.names"));
    plan
}

/// `NamesAccepted, Established`, or `no conditions`.
fn conditions(status: &Value) -> String {
    let all = status.get("conditions").items().iter().filter(|it| it.get("status").str() == "True");
    let all: Vec<&str> = all.map(|it| it.get("type").str()).collect();
    if all.is_empty() { "no conditions".to_owned() } else { all.join(", ") }
}

/// A gone object may be the last one that its definition waits for.
fn of_gone(change: &Change, view: &View<'_>, queue: &mut Vec<Enqueue>) {
    if change.after.is_some() {
        return;
    }
    let definition = Key::new(DEFINITIONS, "", change.key.resource.as_str());
    if view.cache.get(&definition).is_some_and(Object::is_terminating) {
        queue.push(Enqueue::now(definition));
    }
}

fn finalize(key: &Key, view: &View<'_>) -> Plan {
    let Some(definition) = view.cache.get(key).filter(|it| it.is_terminating()) else { return Plan::nothing() };
    if !definition.finalizers().any(|it| it == CLEANUP) {
        return Plan::nothing();
    }
    let resource = ResourceName::new(definition.at("spec.names.plural").str(), definition.at("spec.group").str());
    let own = !is_built_in(&resource) && establish::is_established(definition);
    let objects: Vec<&Object> = view.cache.list(&resource).filter(|_| own).collect();
    let mut plan = Plan::nothing();
    plan.observed = format!("{} object{}", objects.len(), if objects.len() == 1 { "" } else { "s" }).into();
    plan.desired = Text::new_static("no objects");
    let reason = definition.condition("Terminating").get("reason").str();
    match reason {
        _ if objects.is_empty() => let_go(key, definition, view, &mut plan),
        "InstanceDeletionInProgress" => delete_some(key, &resource, &objects, &mut plan),
        _ => {
            plan.write(note(
                key,
                definition,
                "InstanceDeletionInProgress",
                "CustomResource deletion is in progress",
                view,
            ));
            delete_some(key, &resource, &objects, &mut plan);
        }
    }
    plan
}

fn delete_some(key: &Key, resource: &ResourceName, objects: &[&Object], plan: &mut Plan) {
    let fresh: Vec<&&Object> = objects.iter().filter(|it| !it.is_terminating()).collect();
    for object in fresh.iter().take(DELETIONS_MAX) {
        let reason = format!("deleted {}: its definition is to go", object.name());
        let write = Write::delete(&key_of(resource.clone(), object), &object.uid(), reason);
        let write = write.propagation(Propagation::Background);
        plan.write(write.following(key, "metadata.deletionTimestamp"));
    }
    if fresh.len() > DELETIONS_MAX {
        plan.requeue_after = Some(Span::millis(1));
    }
}

/// A write of the condition `Terminating`.
fn note(key: &Key, definition: &Object, reason: &str, message: &str, view: &View<'_>) -> Write {
    let mut new = definition.clone();
    establish::put(&mut new, ("Terminating", "True", reason, message.to_owned()), view.now);
    Write::update_status(key, new, reason).following(key, "metadata.deletionTimestamp")
}

fn let_go(key: &Key, definition: &Object, view: &View<'_>, plan: &mut Plan) {
    if definition.condition("Terminating").get("reason").str() != "InstanceDeletionCompleted" {
        return plan.write(note(key, definition, "InstanceDeletionCompleted", "removed all instances", view));
    }
    plan.write(Write::remove_finalizer(key, definition, CLEANUP, "no object is left"));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::controllers::testing::Fixture;
    use expect_test::{Expect, expect};

    fn definition(text: &str) -> (Key, Object) {
        let (plural, kind) = text.split_once('/').unwrap();
        let mut it = Object::new("apiextensions.k8s.io/v1", "CustomResourceDefinition", "", &format!("{plural}.a.b"));
        it.set("spec.group", "a.b");
        let kinds = [("plural", plural), ("singular", kind), ("kind", kind), ("listKind", &format!("{kind}List"))];
        for (field, value) in kinds {
            it.set(&format!("spec.names.{field}"), value);
        }
        (Key::new(DEFINITIONS, "", it.name()), it)
    }

    /// Plays both loops by hand on definitions, the last of which is told about.
    fn check(definitions: &[&str], expected: &Expect) {
        let mut it = Fixture::default();
        let mut told = String::new();
        for text in definitions {
            let (key, object) = definition(text);
            it.put(&key, object);
            let plan = (NAMING.reconcile)(&key, &it.view());
            told = plan.to_text();
            if let Some(write) = plan.writes.first() {
                let status = write.request.body.get("status");
                told = [told, status.get("conditions").to_json()].join("\n");
                it.put(&key, Object(write.request.body.clone()));
            }
            assert_eq!((NAMING.reconcile)(&key, &it.view()), Plan::nothing(), "it is done");
        }
        expected.assert_eq(&told);
    }

    #[test]
    fn names_are_given_once() {
        check(
            &["widgets/Widget"],
            &expect![[r#"
            saw no conditions, wanted NamesAccepted, Established
            update customresourcedefinitions.apiextensions.k8s.io/status widgets.a.b: gave widgets.a.b its names
            [{"lastTransitionTime":"2026-01-01T00:00:00Z","message":"no conflicts found","reason":"NoConflicts","status":"True","type":"NamesAccepted"},{"lastTransitionTime":"2026-01-01T00:00:00Z","message":"the initial names have been accepted","reason":"InitialNamesAccepted","status":"True","type":"Established"}]"#]],
        );
        check(
            &["widgets/Widget", "gizmos/Widget"],
            &expect![[r#"
            saw no conditions, wanted no conditions
            update customresourcedefinitions.apiextensions.k8s.io/status gizmos.a.b: gave gizmos.a.b its names
            [{"lastTransitionTime":"2026-01-01T00:00:00Z","message":"\"WidgetList\" is already in use","reason":"ListKindConflict","status":"False","type":"NamesAccepted"},{"lastTransitionTime":"2026-01-01T00:00:00Z","message":"not all names are accepted","reason":"NotAccepted","status":"False","type":"Established"}]"#]],
        );
    }

    #[test]
    fn objects_go_before_their_definition() {
        let mut it = Fixture::default();
        let (key, mut object) = definition("widgets/Widget");
        let status = establish::status(&object, std::iter::empty(), it.view().now);
        object.set("status", status);
        object.set("metadata.deletionTimestamp", "2026-01-01T00:00:00Z");
        object.set("metadata.finalizers", [CLEANUP].into_iter().collect::<Value>());
        it.put(&key, object.clone());
        let widget = Key::new(ResourceName::new("widgets", "a.b"), "default", "w");
        it.put(&widget, Object::new("a.b/v1", "Widget", "default", "w"));
        expect![[r#"
            saw 1 object, wanted no objects
            update customresourcedefinitions.apiextensions.k8s.io/status widgets.a.b: InstanceDeletionInProgress
            delete widgets.a.b default/w (Background): deleted w: its definition is to go"#]]
        .assert_eq(&(FINALIZER.reconcile)(&key, &it.view()).to_text());
        let gone = it.cache.get(&widget).cloned();
        let change = Change { revision: crate::trace::Revision(9), key: widget, before: gone, after: None };
        it.cache.apply(&change);
        let mut queue = Vec::new();
        of_gone(&change, &it.view(), &mut queue);
        assert_eq!(queue, [Enqueue::now(key.clone())]);
        expect![[r#"
            saw 0 objects, wanted no objects
            update customresourcedefinitions.apiextensions.k8s.io/status widgets.a.b: InstanceDeletionCompleted"#]]
        .assert_eq(&(FINALIZER.reconcile)(&key, &it.view()).to_text());
        establish::put(&mut object, ("Terminating", "True", "InstanceDeletionCompleted", String::new()), it.view().now);
        it.put(&key, object);
        expect![[r#"
            saw 0 objects, wanted no objects
            patch customresourcedefinitions.apiextensions.k8s.io widgets.a.b: took the finalizer customresourcecleanup.apiextensions.k8s.io away: no object is left"#]].assert_eq(&(FINALIZER.reconcile)(&key, &it.view()).to_text());
    }
}
