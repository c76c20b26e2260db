//! Gives a `ClusterRole` with an aggregation rule the rules of the roles that it selects: so `admin`, `edit` and `view` come to theirs.
//!
//! Upstream: `pkg/controller/clusterroleaggregation/clusterroleaggregation_controller.go`.
//! Differs: the rules are written by a merge patch and not by server-side apply, so that no field manager is noted.

use crate::api::PatchKind;
use crate::api::authorization::CLUSTER_ROLES;
use crate::controllers::pods::key_of;
use crate::model::{Key, Object, Selector, Value};
use crate::plan::{Controller, Enqueue, Plan, View, Watch, Write};

/// The control loop.
pub(crate) const CONTROLLER: Controller = Controller {
    name: "clusterrole-aggregation-controller",
    watches: &[Watch {
        resource: "clusterroles.rbac.authorization.k8s.io",
        enqueue: |_, view, queue| aggregated(view, queue),
    }],
    reconcile,
};

/// Any change of a role may concern every aggregated one.
fn aggregated(view: &View<'_>, queue: &mut Vec<Enqueue>) {
    let roles = view.cache.list(&CLUSTER_ROLES).filter(|it| !it.get("aggregationRule").is_null());
    queue.extend(roles.map(|it| Enqueue::now(key_of(CLUSTER_ROLES, it))));
}

fn reconcile(key: &Key, view: &View<'_>) -> Plan {
    let mut plan = Plan::nothing();
    let Some(role) = view.cache.get(key).filter(|it| !it.get("aggregationRule").is_null()) else { return plan };
    let (rules, sources) = wanted(role, view);
    plan.observed = format!("{} rules", role.get("rules").items().len()).into();
    plan.desired = format!("{} rules", rules.len()).into();
    if role.get("rules").items() == rules {
        return plan;
    }
    let patch = Value::from([("rules", Value::from(rules))]);
    let reason = format!("it is made of {}", sources.iter().map(Object::name).collect::<Vec<_>>().join(", "));
    let write = Write::patch(key, "", PatchKind::Merge, patch, reason).tolerating(&["NotFound"]);
    plan.write(sources.iter().fold(write, |it, source| it.following(&key_of(CLUSTER_ROLES, source), "rules")));
    plan
}

/// The rules of the selected roles, each once, and those roles by name.
fn wanted(role: &Object, view: &View<'_>) -> (Vec<Value>, Vec<Object>) {
    let (mut rules, mut sources): (Vec<Value>, Vec<Object>) = Default::default();
    for selector in role.at("aggregationRule.clusterRoleSelectors").items() {
        let Ok(selector) = Selector::from_object(selector) else { continue };
        let selected = view.cache.list(&CLUSTER_ROLES).filter(|it| selector.matches(it.metadata().get("labels")));
        for source in selected.filter(|it| it.name() != role.name()) {
            let own = source.get("rules").items();
            rules.extend(own.iter().filter(|it| !rules.contains(it)).cloned().collect::<Vec<_>>());
            if !sources.iter().any(|it| it.name() == source.name()) {
                sources.push(source.clone());
            }
        }
    }
    (rules, sources)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::controllers::testing::Fixture;
    use expect_test::{Expect, expect};

    fn role(name: &str, label: &str, resources: &[&str]) -> Object {
        let mut role = Object::new("rbac.authorization.k8s.io/v1", "ClusterRole", "", name);
        role.entry("metadata.labels").map_mut().insert(label, "true");
        let one = |resource: &&str| Value::from([("resources", Value::from(vec![Value::from(*resource)]))]);
        role.set("rules", resources.iter().map(one).collect::<Value>());
        role
    }

    fn check(own: &[&str], expected: &Expect) {
        let mut it = Fixture::default();
        let mut whole = role("whole", "", own);
        let selector = Value::from_json(r#"[{"matchLabels":{"to-whole":"true"}}]"#).unwrap();
        whole.set("aggregationRule.clusterRoleSelectors", selector);
        for role in [
            whole,
            role("b", "to-whole", &["pods"]),
            role("a", "to-whole", &["pods", "services"]),
            role("c", "", &["nodes"]),
        ] {
            it.put(&key_of(CLUSTER_ROLES, &role), role);
        }
        expected.assert_eq(&reconcile(&Key::new(CLUSTER_ROLES, "", "whole"), &it.view()).to_text());
    }

    #[test]
    fn the_rules_of_selected_roles_are_collected() {
        check(
            &[],
            &expect![[r#"
            saw 0 rules, wanted 2 rules
            patch clusterroles.rbac.authorization.k8s.io whole: it is made of a, b"#]],
        );
        check(
            &["secrets"],
            &expect![[r#"
            saw 1 rules, wanted 2 rules
            patch clusterroles.rbac.authorization.k8s.io whole: it is made of a, b"#]],
        );
        check(&["pods", "services"], &expect!["saw 2 rules, wanted 2 rules"]);
    }
}
