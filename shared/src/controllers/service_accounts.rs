//! Gives every namespace its `default` `ServiceAccount`, and the certificates by which pods trust the API server.
//!
//! Upstream: `pkg/controller/serviceaccount/serviceaccounts_controller.go`,
//! `pkg/controller/certificates/rootcacertpublisher/publisher.go`.
//! Differs: where nothing listens with TLS, the content of `kube-root-ca.crt` says that it is simulated.

use crate::api::resources;
use crate::controllers::pods::key_of;
use crate::model::key::resources::{CONFIG_MAPS, NAMESPACES, SERVICE_ACCOUNTS};
use crate::model::{Key, Object, ResourceName, Text, Value};
use crate::plan::{Controller, Enqueue, Plan, View, Watch, Write};
use crate::store::Change;

/// The control loop for accounts.
pub(super) const ACCOUNTS: Controller = Controller {
    name: "serviceaccount-controller",
    watches: &[
        Watch { resource: "namespaces", enqueue: |change, _, queue| queue.push(Enqueue::now(change.key.clone())) },
        Watch { resource: "serviceaccounts", enqueue: |change, _, queue| of_content(change, DEFAULT, queue) },
    ],
    reconcile: |key, view| provide(key, view, &SERVICE_ACCOUNTS, &account(key)),
};

/// The control loop for certificates.
pub(super) const ROOT_CA: Controller = Controller {
    name: "root-ca-certificate-publisher-controller",
    watches: &[
        Watch { resource: "namespaces", enqueue: |change, _, queue| queue.push(Enqueue::now(change.key.clone())) },
        Watch {
            resource: "configmaps",
            enqueue: |change, view, queue| {
                of_content(change, CERTIFICATES, queue);
                if change.key == AUTHORITY {
                    queue.extend(view.cache.list(&NAMESPACES).map(|it| Enqueue::now(key_of(NAMESPACES, it))));
                }
            },
        },
    ],
    reconcile: |key, view| provide(key, view, &CONFIG_MAPS, &certificates(key, view)),
};

/// Where the API server says by which certificate it is known, if it listens with TLS.
pub(crate) const AUTHORITY: Key = Key {
    resource: CONFIG_MAPS,
    namespace: Text::new_static("kube-system"),
    name: Text::new_static("extension-apiserver-authentication"),
};

const DEFAULT: &str = "default";
const CERTIFICATES: &str = "kube-root-ca.crt";
const DESCRIPTION: &str = "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints \
such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes \
clusters.";
const SIMULATED: &str = "# Simulated: nothing in this cluster listens with TLS, so there is no certificate to trust.\n";

/// Provides an active namespace with `wanted`, if the API server serves that resource.
fn provide(key: &Key, view: &View<'_>, resource: &ResourceName, wanted: &Object) -> Plan {
    match view.cache.get(key) {
        Some(namespace) if is_active(namespace) && resources::find(resource).is_some() => {
            restore(key, view, resource, wanted)
        }
        _ => Plan::nothing(),
    }
}

/// Creates what is missing from a namespace, and puts right what was changed.
fn restore(key: &Key, view: &View<'_>, resource: &ResourceName, wanted: &Object) -> Plan {
    let mut plan = Plan::nothing();
    let (name, namespace) = (wanted.name(), key.name.clone());
    let at = Key::new(resource.clone(), namespace.clone(), name.clone());
    plan.desired = format!("{} {name}", wanted.kind()).into();
    match view.cache.get(&at) {
        None => {
            plan.observed = format!("no {} {name}", wanted.kind()).into();
            let reason = format!("namespace {namespace} had no {} {name}", wanted.kind());
            let write = Write::create(resource.clone(), wanted.clone(), reason).tolerating(&["AlreadyExists"]);
            plan.write(write.following(key, "metadata.name"));
        }
        Some(found) if found.get("data") != wanted.get("data") => {
            plan.observed = format!("a changed {} {name}", wanted.kind()).into();
            let mut restored = found.clone();
            restored.set("data", wanted.get("data"));
            let reason = format!("restored the content of {name}");
            plan.write(Write::update(&key_of(resource.clone(), found), restored, reason).following(&at, "data"));
        }
        Some(_) => plan.observed = plan.desired.clone(),
    }
    plan
}

fn is_active(namespace: &Object) -> bool {
    !namespace.is_terminating() && namespace.at("status.phase").str() != "Terminating"
}

fn account(namespace: &Key) -> Object {
    Object::new("v1", "ServiceAccount", &namespace.name, DEFAULT)
}

fn certificates(namespace: &Key, view: &View<'_>) -> Object {
    let mut it = Object::new("v1", "ConfigMap", &namespace.name, CERTIFICATES);
    it.entry("metadata.annotations").map_mut().insert("kubernetes.io/description", DESCRIPTION);
    let known = view.cache.get(&AUTHORITY).and_then(|it| it.get("data").get("client-ca-file").as_str());
    it.set("data", Value::from([("ca.crt", known.unwrap_or(SIMULATED).into())]));
    it
}

/// A lost or changed object wakes its namespace; one that was just made does not.
fn of_content(change: &Change, name: &str, queue: &mut Vec<Enqueue>) {
    if change.key.name == name && change.before.is_some() {
        queue.push(Enqueue::now(Key::new(NAMESPACES, "", change.key.namespace.clone())));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::controllers::testing::Fixture;
    use expect_test::{Expect, expect};

    fn check(content: &[Object], expected: &Expect) {
        let mut it = Fixture::default();
        let key = Key::new(NAMESPACES, "", "shop");
        for object in content {
            let resource = if object.kind() == "ConfigMap" { CONFIG_MAPS } else { SERVICE_ACCOUNTS };
            it.put(&key_of(resource, object), object.clone());
        }
        let accounts = restore(&key, &it.view(), &SERVICE_ACCOUNTS, &account(&key));
        let authority = restore(&key, &it.view(), &CONFIG_MAPS, &certificates(&key, &it.view()));
        expected.assert_eq(&[accounts, authority].map(|it| it.to_text()).join("\n"));
    }

    #[test]
    fn every_namespace_gets_both() {
        let key = Key::new(NAMESPACES, "", "shop");
        check(
            &[],
            &expect![[r#"
            saw no ServiceAccount default, wanted ServiceAccount default
            create serviceaccounts shop/default: namespace shop had no ServiceAccount default
            saw no ConfigMap kube-root-ca.crt, wanted ConfigMap kube-root-ca.crt
            create configmaps shop/kube-root-ca.crt: namespace shop had no ConfigMap kube-root-ca.crt"#]],
        );
        let mut changed = certificates(&key, &Fixture::default().view());
        changed.set("data", Value::map());
        check(
            &[account(&key), changed],
            &expect![[r#"
            saw ServiceAccount default, wanted ServiceAccount default
            saw a changed ConfigMap kube-root-ca.crt, wanted ConfigMap kube-root-ca.crt
            update configmaps shop/kube-root-ca.crt: restored the content of kube-root-ca.crt"#]],
        );
    }

    #[test]
    fn a_namespace_that_goes_gets_nothing() {
        let mut it = Fixture::default();
        let key = Key::new(NAMESPACES, "", "shop");
        let mut namespace = Object::new("v1", "Namespace", "", "shop");
        namespace.set("status.phase", "Terminating");
        it.put(&key, namespace);
        assert_eq!((ACCOUNTS.reconcile)(&key, &it.view()), Plan::nothing());
    }
}
