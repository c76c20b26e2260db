//! Counts what the objects of a namespace use of its quotas; admission adds to that number, this loop puts it right.
//!
//! Upstream: `pkg/controller/resourcequota/resource_quota_controller.go`, `pkg/quota/v1/install/update_filter.go`.
//! Differs: no full count every five minutes; a terminating pod that stops to count sets a timer instead.

use crate::api::quota::{self, amounts::Amounts};
use crate::api::{Resource, Scope, resources};
use crate::controllers::pods::{is_terminal, key_of};
use crate::model::key::resources::PODS;
use crate::model::{Key, Object, Quantity, ResourceName, Text};
use crate::plan::{Controller, Enqueue, Plan, View, Watch, Write};
use crate::store::Change;

/// The control loop.
pub(crate) const CONTROLLER: Controller = Controller {
    name: "resourcequota-controller",
    watches: &[Watch { resource: Watch::EVERY, enqueue: of_change }],
    reconcile,
};

const QUOTAS: ResourceName = ResourceName::of("resourcequotas");

/// A quota that is new or asks for something else, and every quota of a namespace in which something needs less than before.
fn of_change(change: &Change, view: &View<'_>, queue: &mut Vec<Enqueue>) {
    if change.key.namespace.is_empty() {
        return;
    }
    if change.key.resource == QUOTAS && change.after.is_some() {
        let hard = |it: Option<&Object>| it.map(|it| it.at("spec.hard").clone());
        if hard(change.before.as_ref()) != hard(change.after.as_ref()) {
            queue.push(Enqueue::now(change.key.clone()));
        }
        return;
    }
    if frees(change) {
        let quotas = view.cache.list_in(&QUOTAS, &change.key.namespace);
        queue.extend(quotas.map(|it| Enqueue::now(key_of(QUOTAS, it))));
    }
}

/// True for a deletion, a pod that ends or begins to go, and a change of what services and claims ask for.
fn frees(change: &Change) -> bool {
    let (Some(before), Some(after)) = (&change.before, &change.after) else {
        return change.after.is_none() && change.key.resource.plural() != "events";
    };
    match change.key.resource.as_str() {
        "pods" => {
            is_terminal(after) != is_terminal(before)
                || after.is_terminating() != before.is_terminating()
                || after.get("spec") != before.get("spec")
        }
        "services" | "persistentvolumeclaims" => after.get("spec") != before.get("spec"),
        _ => false,
    }
}

fn reconcile(key: &Key, view: &View<'_>) -> Plan {
    let mut plan = Plan::nothing();
    let Some(quota) = view.cache.get(key).filter(|it| !it.is_terminating()) else { return plan };
    let hard = Amounts::read(quota.at("spec.hard"));
    let used = count(quota, &hard, view);
    plan.requeue_after = next_overdue(quota, view);
    plan.observed = Text::from(Amounts::read(quota.at("status.used")).shown());
    plan.desired = Text::from(used.shown());
    let (hard, used) = (quota.at("spec.hard").clone(), used.to_value());
    let is_new = quota.at("status.hard").is_null() || quota.at("status.used").is_null();
    if is_new || *quota.at("status.hard") != hard || *quota.at("status.used") != used {
        let mut new = quota.clone();
        new.set("status.hard", hard);
        new.set("status.used", used);
        let write = Write::update_status(key, new, "counted what is used").tolerating(&["NotFound"]);
        plan.write(write.following(key, "spec.hard"));
    }
    plan
}

/// What is used of each entry that some kind of object counts; entries that none does keep what they had.
fn count(quota: &Object, hard: &Amounts, view: &View<'_>) -> Amounts {
    let mut used = Amounts::read(quota.at("status.used")).only(|name, _| hard.get(name).is_some());
    let counted = |resource: &ResourceName| hard.iter().any(|(name, _)| quota::counts(resource, name));
    for resource in namespaced().map(Resource::stored_name).filter(counted) {
        let mut total = Amounts::default();
        let objects = view.cache.list_in(&resource, quota.metadata().get("namespace").str());
        for object in objects.filter(|it| quota::covers(quota, &resource, it)) {
            total.add(&quota::usage(&resource, object, view.now));
        }
        for (name, _) in hard.iter().filter(|(name, _)| quota::counts(&resource, name)) {
            used.put(name.clone(), total.get(name).cloned().unwrap_or(Quantity::ZERO));
        }
    }
    used
}

fn namespaced() -> impl Iterator<Item = &'static Resource> {
    resources::all().filter(|it| it.scope == Scope::Namespaced && it.kept_as.is_none() && !it.is_question())
}

/// When the next terminating pod stops to count.
fn next_overdue(quota: &Object, view: &View<'_>) -> Option<crate::model::Span> {
    let pods = view.cache.list_in(&PODS, quota.metadata().get("namespace").str());
    let due = pods.filter_map(quota::overdue_at).filter(|due| *due >= view.now).min()?;
    Some(due - view.now + crate::model::Span::seconds(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::controllers::testing::Fixture;
    use crate::model::Value;
    use expect_test::{Expect, expect};

    const POD: &str = r#"{"spec":{"containers":[{"name":"c","resources":{"requests":{"cpu":"300m","memory":"1Gi"}}}]}"#;

    fn check(hard: &str, objects: &[(&str, &str)], expected: &Expect) {
        let mut it = Fixture::default();
        let key = Key::new(QUOTAS, "default", "q");
        let mut quota = Object::new("v1", "ResourceQuota", "default", "q");
        quota.set("spec.hard", Value::from_json(hard).unwrap());
        it.put(&key, quota);
        for (index, (resource, json)) in objects.iter().enumerate() {
            let mut object = Object(Value::from_json(json).unwrap());
            object.set("metadata.name", format!("o{index}"));
            object.set("metadata.namespace", "default");
            it.put(&Key::new(ResourceName::new(resource, ""), "default", object.name()), object);
        }
        expected.assert_eq(&reconcile(&key, &it.view()).to_text());
    }

    #[test]
    fn living_pods_count() {
        let hard = r#"{"pods":"9","count/pods":"9","requests.cpu":"2","requests.memory":"4Gi"}"#;
        let running = format!("{POD}}}");
        let ended = format!(r#"{POD},"status":{{"phase":"Succeeded"}}}}"#);
        let going = format!(
            r#"{POD},"metadata":{{"deletionTimestamp":"2026-01-01T00:00:05Z","deletionGracePeriodSeconds":30}}}}"#
        );
        let stuck = going.replace("2026-01-01T00:00:05Z", "2025-12-31T23:00:00Z");
        let pods = [&running, &running, &ended, &going, &stuck].map(|it| ("pods", it.as_str()));
        check(
            hard,
            &pods,
            &expect![[r#"
            saw , wanted count/pods=5,pods=3,requests.cpu=900m,requests.memory=3Gi
            update resourcequotas/status default/q: counted what is used
            again in 36000 ms"#]],
        );
        check(
            hard,
            &[],
            &expect![[r#"
            saw , wanted count/pods=0,pods=0,requests.cpu=0,requests.memory=0
            update resourcequotas/status default/q: counted what is used"#]],
        );
    }

    #[test]
    fn objects_count_and_unknown_entries_do_not() {
        let hard = r#"{"configmaps":"1","count/secrets":"2","count/widgets.example.com":"3","services.nodeports":"4"}"#;
        let service = r#"{"spec":{"type":"NodePort","ports":[{"port":1},{"port":2}]}}"#;
        check(
            hard,
            &[("configmaps", "{}"), ("secrets", "{}"), ("services", service)],
            &expect![[r#"
            saw , wanted configmaps=1,count/secrets=1,services.nodeports=2
            update resourcequotas/status default/q: counted what is used"#]],
        );
    }
}
