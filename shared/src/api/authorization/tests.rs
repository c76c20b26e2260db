use super::attributes::Asked;
use super::escalation::Escalation;
use super::*;
use crate::model::{Key, Object, ResourceName, Text, Value};
use attributes::What;
use expect_test::{Expect, expect};

/// A store with the default policy and the objects of `extra`, JSON lines of `resource object`.
fn store(extra: &str) -> Store {
    let mut store = Store::default();
    for object in bootstrap::objects() {
        let plural = match object.kind() {
            "ClusterRole" => CLUSTER_ROLES,
            "Role" => ROLES,
            "ClusterRoleBinding" => CLUSTER_ROLE_BINDINGS,
            _ => ROLE_BINDINGS,
        };
        store.commit(Key::new(plural, object.namespace(), object.name()), Some(object));
    }
    for line in extra.lines().map(str::trim).filter(|it| !it.is_empty()) {
        let (resource, json) = line.split_once(' ').unwrap();
        let (plural, group) = resource.split_once('.').unwrap_or((resource, ""));
        let object = Object(Value::from_json(json).unwrap());
        store.commit(Key::new(ResourceName::new(plural, group), object.namespace(), object.name()), Some(object));
    }
    store
}

/// Reads `NAME` or `NAME[GROUP,GROUP]`.
fn user(text: &str) -> User {
    let (name, groups) = text.split_once('[').unwrap_or((text, "]"));
    let groups = groups.trim_end_matches(']').split(',').filter(|it| !it.is_empty()).map(Text::new).collect();
    User { name: name.into(), groups, ..User::default() }
}

/// Reads `RESOURCE.GROUP/SUBRESOURCE`, NAMESPACE (`-` for none) and NAME.
fn asked<'a>(resource: &'a str, namespace: &'a str, name: &'a str, fields: &'a str) -> Asked<'a> {
    let (whole, subresource) = resource.split_once('/').unwrap_or((resource, ""));
    let (resource, group) = whole.split_once('.').unwrap_or((whole, ""));
    let namespace = if namespace == "-" { "" } else { namespace };
    Asked { group, resource, subresource, namespace, name, fields }
}

/// Asks `USER VERB RESOURCE NAMESPACE [NAME] [fields]`, or `USER VERB /PATH`.
fn ask(line: &str, store: &Store) -> String {
    let words: Vec<&str> = line.split(' ').collect();
    let who = user(words[0]);
    let word = |index: usize| words.get(index).copied().unwrap_or("");
    let what = if words[2].starts_with('/') {
        What::Path(words[2])
    } else {
        What::Resource(asked(words[2], word(3), word(4).trim_start_matches('-'), word(5)))
    };
    let question = Attributes { user: &who, verb: words[1], what };
    let authorizer = Authorizer::new(store);
    match authorizer.decide(&question, store) {
        Decision::Allowed(grounds) => format!("yes {grounds}").trim().to_owned(),
        Decision::NoOpinion(reason) => question.refusal(&reason).message,
    }
}

fn check(line: &str, expected: &Expect) {
    expected.assert_eq(&ask(line, &store(CUSTOM)));
}

const CUSTOM: &str = r#"
rolebindings.rbac.authorization.k8s.io {"metadata":{"namespace":"shop","name":"dev"},"roleRef":{"kind":"ClusterRole","name":"read"},"subjects":[{"kind":"User","name":"ann"},{"kind":"ServiceAccount","name":"bot"}]}
rolebindings.rbac.authorization.k8s.io {"metadata":{"namespace":"shop","name":"lost"},"roleRef":{"kind":"Role","name":"gone"},"subjects":[{"kind":"Group","name":"lost"}]}
clusterroles.rbac.authorization.k8s.io {"metadata":{"name":"read"},"rules":[{"apiGroups":[""],"resources":["pods","pods/log"],"verbs":["get","list"]},{"apiGroups":["apps"],"resources":["*/scale"],"resourceNames":["web"],"verbs":["*"]}]}
"#;

#[test]
fn masters_may_do_everything() {
    check("root[system:masters] delete nodes - a", &expect!["yes"]);
    check("root[system:masters] get /metrics", &expect!["yes"]);
}

#[test]
fn a_binding_holds_in_its_namespace() {
    check(
        "ann get pods shop web",
        &expect![[r#"yes RBAC: allowed by RoleBinding "dev/shop" of ClusterRole "read" to User "ann""#]],
    );
    check(
        "ann get pods/log shop web",
        &expect![[r#"yes RBAC: allowed by RoleBinding "dev/shop" of ClusterRole "read" to User "ann""#]],
    );
    check(
        "system:serviceaccount:shop:bot list pods shop",
        &expect![[r#"yes RBAC: allowed by RoleBinding "dev/shop" of ClusterRole "read" to ServiceAccount "bot/shop""#]],
    );
    check(
        "ann list pods default",
        &expect![[
            r#"pods is forbidden: User "ann" cannot list resource "pods" in API group "" in the namespace "default""#
        ]],
    );
    check(
        "ann list pods -",
        &expect![[r#"pods is forbidden: User "ann" cannot list resource "pods" in API group "" at the cluster scope"#]],
    );
}

#[test]
fn names_and_parts_are_looked_at() {
    check(
        "ann update deployments.apps/scale shop web",
        &expect![[r#"yes RBAC: allowed by RoleBinding "dev/shop" of ClusterRole "read" to User "ann""#]],
    );
    check(
        "ann update deployments.apps/scale shop api",
        &expect![[
            r#"deployments.apps "api" is forbidden: User "ann" cannot update resource "deployments/scale" in API group "apps" in the namespace "shop""#
        ]],
    );
    check(
        "ann create pods/exec shop web",
        &expect![[
            r#"pods "web" is forbidden: User "ann" cannot create resource "pods/exec" in API group "" in the namespace "shop""#
        ]],
    );
}

#[test]
fn a_role_that_is_missing_is_named() {
    check(
        "eve[lost] get pods shop web",
        &expect![[
            r#"pods "web" is forbidden: User "eve" cannot get resource "pods" in API group "" in the namespace "shop": RBAC: role.rbac.authorization.k8s.io "gone" not found"#
        ]],
    );
}

#[test]
fn nobody_may_ask_how_it_is() {
    check(
        "system:anonymous[system:unauthenticated] get /livez",
        &expect![[
            r#"yes RBAC: allowed by ClusterRoleBinding "system:public-info-viewer" of ClusterRole "system:public-info-viewer" to Group "system:unauthenticated""#
        ]],
    );
    check(
        "system:anonymous[system:unauthenticated] get /metrics",
        &expect![[r#"forbidden: User "system:anonymous" cannot get path "/metrics""#]],
    );
    check(
        "ann[system:authenticated] get /openapi/v3",
        &expect![[
            r#"yes RBAC: allowed by ClusterRoleBinding "system:discovery" of ClusterRole "system:discovery" to Group "system:authenticated""#
        ]],
    );
}

#[test]
fn a_node_sees_what_its_pods_need() {
    let store = store(
        r#"
        pods {"metadata":{"namespace":"shop","name":"web"},"spec":{"nodeName":"a","serviceAccountName":"bot","containers":[{"envFrom":[{"secretRef":{"name":"env"}}]}],"volumes":[{"configMap":{"name":"page"}},{"persistentVolumeClaim":{"claimName":"disk"}}]}}
        persistentvolumes {"metadata":{"name":"pv"},"spec":{"claimRef":{"namespace":"shop","name":"disk"},"csi":{"nodePublishSecretRef":{"namespace":"x","name":"y"}}}}
        "#,
    );
    let check = |line: &str, expected: &Expect| expected.assert_eq(&ask(&format!("system:node:{line}"), &store));
    check("a[system:nodes] get secrets shop env", &expect!["yes"]);
    check("a[system:nodes] watch configmaps shop page", &expect!["yes"]);
    check("a[system:nodes] get persistentvolumes - pv", &expect!["yes"]);
    check("a[system:nodes] create serviceaccounts/token shop bot", &expect!["yes"]);
    check(
        "b[system:nodes] get secrets shop env",
        &expect![[
            r#"secrets "env" is forbidden: User "system:node:b" cannot get resource "secrets" in API group "" in the namespace "shop": no relationship found between node 'b' and this object"#
        ]],
    );
    check(
        "a[system:nodes] list secrets shop",
        &expect![[
            r#"secrets is forbidden: User "system:node:a" cannot list resource "secrets" in API group "" in the namespace "shop": No Object name found"#
        ]],
    );
    check("a[system:nodes] list pods - - spec.nodeName=a", &expect!["yes"]);
    check(
        "a[system:nodes] get nodes - b",
        &expect![[
            r#"nodes "b" is forbidden: User "system:node:a" cannot get resource "nodes" in API group "" at the cluster scope: node 'a' cannot read 'b', only its own Node object"#
        ]],
    );
    check("a[system:nodes] list services -", &expect!["yes"]);
    check(
        "a get secrets shop env",
        &expect![[
            r#"secrets "env" is forbidden: User "system:node:a" cannot get resource "secrets" in API group "" in the namespace "shop""#
        ]],
    );
}

fn escalate(line: &str, resource: &ResourceName, object: &str, expected: &Expect) {
    let store = store(CUSTOM);
    let object = Object(Value::from_json(object).unwrap());
    let key = Key::new(resource.clone(), object.namespace(), object.name());
    let (authorizer, user) = (Authorizer::new(&store), user(line));
    let it = Escalation { authorizer: &authorizer, store: &store, user: &user, key: &key, path_name: "" };
    expected.assert_eq(&it.check(&object, None).map_or_else(|it| it.message, |()| "yes".into()));
}

#[test]
fn nobody_grants_what_they_do_not_have() {
    let role = r#"{"metadata":{"namespace":"shop","name":"r"},"rules":[{"apiGroups":[""],"resources":["pods"],"verbs":["get","delete","watch"]}]}"#;
    escalate(
        "ann[a,b]",
        &ROLES,
        role,
        &expect![[r#"
        roles.rbac.authorization.k8s.io "r" is forbidden: user "ann" (groups=["a" "b"]) is attempting to grant RBAC permissions not currently held:
        {APIGroups:[""], Resources:["pods"], Verbs:["delete" "watch"]}"#]],
    );
    escalate("root[system:masters]", &ROLES, role, &expect!["yes"]);
    let own = r#"{"metadata":{"namespace":"shop","name":"r"},"rules":[{"apiGroups":[""],"resources":["pods"],"verbs":["get"]}]}"#;
    escalate("ann", &ROLES, own, &expect!["yes"]);
    let aggregated =
        r#"{"metadata":{"name":"r"},"aggregationRule":{"clusterRoleSelectors":[{"matchLabels":{"a":"b"}}]}}"#;
    escalate(
        "ann",
        &CLUSTER_ROLES,
        aggregated,
        &expect![[
            r#"clusterroles.rbac.authorization.k8s.io "r" is forbidden: must have cluster-admin privileges to use the aggregationRule"#
        ]],
    );
    let binding = r#"{"metadata":{"name":"b"},"roleRef":{"kind":"ClusterRole","name":"system:kube-dns"}}"#;
    escalate(
        "ann",
        &CLUSTER_ROLE_BINDINGS,
        binding,
        &expect![[r#"
        clusterrolebindings.rbac.authorization.k8s.io "b" is forbidden: user "ann" (groups=[]) is attempting to grant RBAC permissions not currently held:
        {APIGroups:[""], Resources:["endpoints"], Verbs:["list" "watch"]}
        {APIGroups:[""], Resources:["services"], Verbs:["list" "watch"]}"#]],
    );
    let lost = r#"{"metadata":{"name":"b"},"roleRef":{"kind":"ClusterRole","name":"none"}}"#;
    escalate(
        "ann",
        &CLUSTER_ROLE_BINDINGS,
        lost,
        &expect![[r#"clusterroles.rbac.authorization.k8s.io "none" not found"#]],
    );
}

#[test]
fn the_index_follows_the_store() {
    let mut store = store("");
    let mut authorizer = Authorizer::new(&store);
    let ann = user("ann");
    let question = Attributes { user: &ann, verb: "get", what: What::Resource(asked("pods", "shop", "web", "")) };
    assert!(!authorizer.decide(&question, &store).is_allowed());
    let line =
        |index: usize| Object(Value::from_json(CUSTOM.lines().nth(index).unwrap().split_once(' ').unwrap().1).unwrap());
    store.commit(Key::new(CLUSTER_ROLES, "", "read"), Some(line(3)));
    store.commit(Key::new(ROLE_BINDINGS, "shop", "dev"), Some(line(1)));
    authorizer.refresh(&store);
    assert!(authorizer.decide(&question, &store).is_allowed());
    store.commit(Key::new(ROLE_BINDINGS, "shop", "dev"), None);
    store.compact(store.revision());
    authorizer.refresh(&store);
    assert!(!authorizer.decide(&question, &store).is_allowed());
}

#[test]
fn a_namespace_is_in_itself() {
    let request = crate::api::testing::request("get namespaces/shop");
    let asked = Attributes::of(&request);
    expect![[r#"namespaces "shop" is forbidden: User "kubernetes-admin" cannot get resource "namespaces" in API group "" in the namespace "shop""#]]
        .assert_eq(&asked.refusal("").message);
}

#[test]
fn who_is_impersonated_is_asked_about() {
    let it = impersonation::Impersonation {
        user: "system:serviceaccount:shop:bot".into(),
        groups: vec!["dev".into()],
        uid: "1".into(),
        extra: vec![("scopes".into(), vec!["a".into(), "b".into()])],
    };
    let ann = user("ann");
    let asked: Vec<String> = it.questions(&ann).iter().map(|it| it.refusal("").message).collect();
    expect![[r#"
        serviceaccounts "bot" is forbidden: User "ann" cannot impersonate resource "serviceaccounts" in API group "" in the namespace "shop"
        groups "dev" is forbidden: User "ann" cannot impersonate resource "groups" in API group "" at the cluster scope
        userextras.authentication.k8s.io "a" is forbidden: User "ann" cannot impersonate resource "userextras/scopes" in API group "authentication.k8s.io" at the cluster scope
        userextras.authentication.k8s.io "b" is forbidden: User "ann" cannot impersonate resource "userextras/scopes" in API group "authentication.k8s.io" at the cluster scope
        uids.authentication.k8s.io "1" is forbidden: User "ann" cannot impersonate resource "uids" in API group "authentication.k8s.io" at the cluster scope"#]]
    .assert_eq(&asked.join("\n"));
    assert_eq!(it.user().groups, ["dev", "system:authenticated"]);
}
