//! Lets claims go that no pod uses any more, and volumes that no claim holds.
//!
//! Upstream: `pkg/controller/volume/pvcprotection/pvc_protection_controller.go`,
//! `pkg/controller/volume/pvprotection/pv_protection_controller.go`.

use crate::controllers::pods::is_terminal;
use crate::model::key::resources::PODS;
use crate::model::{Key, Object, ResourceName, Value};
use crate::plan::{Controller, Enqueue, Plan, View, Watch, Write};
use crate::store::Change;

/// The control loop for claims.
pub(crate) const CLAIMS: Controller = Controller {
    name: "persistentvolumeclaim-protection-controller",
    watches: &[
        Watch { resource: "persistentvolumeclaims", enqueue: of_itself },
        Watch { resource: "pods", enqueue: of_pod },
    ],
    reconcile: |key, view| release(key, view, "kubernetes.io/pvc-protection", user_of_claim(key, view)),
};

/// The control loop for volumes.
pub(crate) const VOLUMES: Controller = Controller {
    name: "persistentvolume-protection-controller",
    watches: &[Watch { resource: "persistentvolumes", enqueue: of_itself }],
    reconcile: |key, view| {
        let is_bound = view.cache.get(key).is_some_and(|it| it.at("status.phase").str() == "Bound");
        release(key, view, "kubernetes.io/pv-protection", is_bound.then(|| "its claim".to_owned()))
    },
};

const CLAIM: ResourceName = ResourceName::of("persistentvolumeclaims");

fn of_itself(change: &Change, _: &View<'_>, queue: &mut Vec<Enqueue>) {
    if change.after.as_ref().is_some_and(Object::is_terminating) {
        queue.push(Enqueue::now(change.key.clone()));
    }
}

/// A pod that ends or is gone may have been the last that used its claims.
fn of_pod(change: &Change, view: &View<'_>, queue: &mut Vec<Enqueue>) {
    let pod = change.after.as_ref().filter(|it| !is_terminal(it));
    let Some(before) = change.before.as_ref().filter(|_| pod.is_none()) else { return };
    let keys = claims(before).map(|name| Key::new(CLAIM, change.key.namespace.clone(), name));
    let going = keys.filter(|key| view.cache.get(key).is_some_and(Object::is_terminating));
    queue.extend(going.map(Enqueue::now));
}

/// The claims of a pod, those of its ephemeral volumes among them.
fn claims(pod: &Object) -> impl Iterator<Item = String> {
    let name = pod.name();
    pod.at("spec.volumes").items().iter().filter_map(move |it| {
        if it.get("ephemeral").is_null() {
            return it.at("persistentVolumeClaim.claimName").as_str().map(str::to_owned);
        }
        Some(format!("{name}-{}", it.get("name").str()))
    })
}

/// A pod on a node that has not ended and uses the claim.
fn user_of_claim(key: &Key, view: &View<'_>) -> Option<String> {
    let uses = |pod: &&Object| {
        !is_terminal(pod) && !pod.at("spec.nodeName").is_empty() && claims(pod).any(|name| name == key.name)
    };
    view.cache.list_in(&PODS, &key.namespace).find(uses).map(|pod| format!("pod {}", pod.name()))
}

/// Takes the finalizer away from an object that is to go, once nobody uses it.
fn release(key: &Key, view: &View<'_>, finalizer: &str, user: Option<String>) -> Plan {
    let mut plan = Plan::nothing();
    let Some(object) = view.cache.get(key).filter(|it| it.is_terminating()) else { return plan };
    if !object.finalizers().any(|it| it == finalizer) {
        return plan;
    }
    plan.desired = format!("no finalizer {finalizer}").into();
    if let Some(user) = user {
        plan.observed = format!("used by {user}").into();
        return plan;
    }
    // Not `Write::remove_finalizer`, which patches: the roles of these loops let them update.
    let mut new = object.clone();
    let others: Value = object.finalizers().filter(|it| *it != finalizer).map(Value::from).collect();
    new.set("metadata.finalizers", others);
    let write = Write::update(key, new, "nobody uses it").tolerating(&["NotFound"]);
    plan.write(write.following(key, "metadata.deletionTimestamp"));
    plan
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::controllers::testing::Fixture;
    use expect_test::{Expect, expect};

    /// A claim `c` that is to go, and a pod of this phase that uses it.
    fn check(phase: &str, expected: &Expect) {
        let mut it = Fixture::default();
        let key = Key::new(CLAIM, "default", "c");
        let mut claim = Object::new("v1", "PersistentVolumeClaim", "default", "c");
        claim.set("metadata.finalizers", Value::from(vec!["kubernetes.io/pvc-protection".into()]));
        claim.set("metadata.deletionTimestamp", "2026-01-01T00:00:00Z");
        it.put(&key, claim);
        let mut pod = Object::new("v1", "Pod", "default", "p");
        pod.set("spec.nodeName", "a");
        pod.set("status.phase", phase);
        let volumes = r#"[{"name":"v","persistentVolumeClaim":{"claimName":"c"}}]"#;
        pod.set("spec.volumes", Value::from_json(volumes).unwrap());
        it.put(&Key::new(PODS, "default", "p"), pod);
        expected.assert_eq(&(CLAIMS.reconcile)(&key, &it.view()).to_text());
    }

    #[test]
    fn a_claim_goes_when_its_pods_have_ended() {
        check("Running", &expect!["saw used by pod p, wanted no finalizer kubernetes.io/pvc-protection"]);
        check(
            "Succeeded",
            &expect![[r#"
            saw , wanted no finalizer kubernetes.io/pvc-protection
            update persistentvolumeclaims default/c: nobody uses it"#]],
        );
    }
}
