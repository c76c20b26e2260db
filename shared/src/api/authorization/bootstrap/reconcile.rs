//! Default roles and bindings that were changed get back what they lack when the API server starts, and keep what was added.
//!
//! Upstream: `k8s.io/component-helpers/auth/rbac/reconciliation/{reconcile_role,reconcile_rolebindings}.go`,
//! `pkg/registry/rbac/rest/storage_rbac.go`. One with the annotation `rbac.authorization.kubernetes.io/autoupdate: "false"` is
//! left alone.

use crate::api::authorization::rules::{self, Rule};
use crate::model::{Object, Value};

const AUTO_UPDATE: &str = "rbac.authorization.kubernetes.io/autoupdate";

/// What is to be done about a default role or binding.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Reconciled {
    /// It is not there.
    Create,
    /// Nothing: it has all that it should, or is protected.
    Keep,
    /// It takes this form.
    Update(Object),
    /// It refers to another role, which cannot be changed: it goes and is made anew.
    Recreate,
}

/// Compares what a default object should be with what is stored.
pub(crate) fn reconcile(expected: &Object, stored: Option<&Object>) -> Reconciled {
    let Some(stored) = stored else { return Reconciled::Create };
    if stored.annotation(AUTO_UPDATE) == Some("false") {
        return Reconciled::Keep;
    }
    if expected.get("roleRef") != stored.get("roleRef") {
        return Reconciled::Recreate;
    }
    let mut new = stored.clone();
    merge(&mut new, expected, "annotations");
    merge(&mut new, expected, "labels");
    add_rules(&mut new, expected);
    for list in ["subjects", "aggregationRule.clusterRoleSelectors"] {
        add_items(&mut new, expected, list);
    }
    if new == *stored { Reconciled::Keep } else { Reconciled::Update(new) }
}

/// Adds the labels or annotations that are missing; those that are there stay as they are.
fn merge(new: &mut Object, expected: &Object, field: &str) {
    for (key, value) in expected.metadata().get(field).fields() {
        if new.metadata().get(field).get(key).is_null() {
            new.entry("metadata").entry(field).map_mut().insert(key.clone(), value.clone());
        }
    }
}

/// Adds the rules that nothing covers; those of an aggregated role are its controller's to keep.
fn add_rules(new: &mut Object, expected: &Object) {
    if !expected.get("aggregationRule").is_null() && !new.get("aggregationRule").is_null() {
        return;
    }
    let missing = rules::missing(&Rule::read_all(new), &Rule::read_all(expected));
    if !missing.is_empty() {
        new.entry("rules").list_mut().extend(missing.iter().map(Rule::to_value));
    }
}

fn add_items(new: &mut Object, expected: &Object, list: &str) {
    let has = |it: &&Value| !new.at(list).items().contains(it);
    let missing: Vec<Value> = expected.at(list).items().iter().filter(has).cloned().collect();
    if !missing.is_empty() {
        new.entry(list).list_mut().extend(missing);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::authorization::bootstrap::objects;
    use expect_test::{Expect, expect};

    fn default(kind: &str, name: &str) -> Object {
        objects().into_iter().find(|it| it.kind() == kind && it.name() == name).unwrap()
    }

    /// What becomes of a default object that `change` has changed: the part at `shown`.
    fn check(name: (&str, &str), change: impl Fn(&mut Object), shown: &str, expected: &Expect) {
        let wanted = default(name.0, name.1);
        let mut stored = wanted.clone();
        change(&mut stored);
        let text = match reconcile(&wanted, Some(&stored)) {
            Reconciled::Update(new) => new.at(shown).to_json(),
            other => format!("{other:?}"),
        };
        expected.assert_eq(&text);
    }

    #[test]
    fn what_is_missing_comes_back_and_what_was_added_stays() {
        assert_eq!(reconcile(&default("ClusterRole", "view"), None), Reconciled::Create);
        check(("ClusterRole", "system:basic-user"), |_| {}, "rules", &expect!["Keep"]);
        let other = Value::from_json(r#"[{"apiGroups":[""],"resources":["pods"],"verbs":["get"]}]"#).unwrap();
        check(
            ("ClusterRole", "system:basic-user"),
            |it| it.set("rules", other.clone()),
            "rules",
            &expect![[
                r#"[{"apiGroups":[""],"resources":["pods"],"verbs":["get"]},{"apiGroups":["authorization.k8s.io"],"resources":["selfsubjectaccessreviews"],"verbs":["create"]},{"apiGroups":["authorization.k8s.io"],"resources":["selfsubjectrulesreviews"],"verbs":["create"]},{"apiGroups":["authentication.k8s.io"],"resources":["selfsubjectreviews"],"verbs":["create"]}]"#
            ]],
        );
        check(("ClusterRole", "view"), |it| it.set("rules", other.clone()), "rules", &expect!["Keep"]);
        check(
            ("ClusterRole", "view"),
            |it| drop(it.remove("metadata.labels")),
            "metadata.labels",
            &expect![[
                r#"{"kubernetes.io/bootstrapping":"rbac-defaults","rbac.authorization.k8s.io/aggregate-to-edit":"true"}"#
            ]],
        );
        let bot = Value::from_json(r#"[{"kind":"User","name":"bot"}]"#).unwrap();
        check(
            ("ClusterRoleBinding", "system:node-proxier"),
            |it| it.set("subjects", bot.clone()),
            "subjects",
            &expect![[
                r#"[{"kind":"User","name":"bot"},{"apiGroup":"rbac.authorization.k8s.io","kind":"User","name":"system:kube-proxy"}]"#
            ]],
        );
    }

    #[test]
    fn another_role_is_recreated_and_a_protected_one_kept() {
        let binding = ("ClusterRoleBinding", "system:node-proxier");
        check(binding, |it| it.set("roleRef.name", "other"), "", &expect!["Recreate"]);
        let protect = |it: &mut Object| {
            it.remove("subjects");
            it.entry("metadata.annotations").map_mut().insert(AUTO_UPDATE, "false");
        };
        check(binding, protect, "", &expect!["Keep"]);
    }
}
