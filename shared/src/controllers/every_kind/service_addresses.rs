//! Keeps one `IPAddress` for each cluster IP of each Service, and none beside.
//!
//! Upstream: `pkg/registry/core/service/ipallocator/{ipallocator.go,controller/repairip.go}`. `DIFFERENCE`: there the object is
//! made before the Service is stored; here the Service's address is taken when it is stored, and this loop follows.

use crate::controllers::pods::key_of;
use crate::model::key::resources::SERVICES;
use crate::model::{Key, Object, ResourceName, Text, Value};
use crate::plan::{Controller, Enqueue, Plan, View, Watch, Write};
use crate::store::Change;

/// The control loop; part of the API server.
pub(crate) const CONTROLLER: Controller = Controller {
    name: "ipallocator-repair-controller",
    watches: &[
        Watch { resource: "services", enqueue: of_service },
        Watch { resource: "ipaddresses.networking.k8s.io", enqueue: of_address },
    ],
    reconcile,
};

/// What addresses are stored as.
pub(super) const ADDRESSES: ResourceName = ResourceName::of("ipaddresses.networking.k8s.io");
/// Who made an address: the only ones that this loop deletes.
const MANAGED_BY: (&str, &str) = ("ipaddress.kubernetes.io/managed-by", "ipallocator.k8s.io");
const FAMILY: &str = "ipaddress.kubernetes.io/ip-family";

/// A Service that is there may lack addresses; those that it no longer has may have to go.
fn of_service(change: &Change, _: &View<'_>, queue: &mut Vec<Enqueue>) {
    if change.after.is_some() {
        queue.push(Enqueue::now(change.key.clone()));
    }
    let now: Vec<Text> = change.after.iter().flat_map(cluster_ips).collect();
    let before = change.before.iter().flat_map(cluster_ips).filter(|ip| !now.contains(ip));
    queue.extend(before.map(|ip| Enqueue::now(Key::new(ADDRESSES, "", ip))));
}

/// An address that is there may be nobody's; one that is gone may be missed by its Service, or by one that has it by now.
fn of_address(change: &Change, view: &View<'_>, queue: &mut Vec<Enqueue>) {
    if change.after.is_some() {
        return queue.push(Enqueue::now(change.key.clone()));
    }
    let services = view.cache.list(&SERVICES).filter(|it| cluster_ips(it).contains(&change.key.name));
    queue.extend(services.map(|it| Enqueue::now(key_of(SERVICES, it))));
}

/// The addresses that a Service holds; none for a headless one.
fn cluster_ips(service: &Object) -> Vec<Text> {
    let all = service.at("spec.clusterIPs").items().iter();
    all.map(Value::text).filter(|ip| !ip.is_empty() && ip != "None").collect()
}

/// The Service that an address says it belongs to.
fn holder(address: &Object) -> Option<Key> {
    let parent = address.at("spec.parentRef");
    let is_service = parent.get("resource").str() == "services" && parent.get("group").is_empty();
    is_service.then(|| Key::new(SERVICES, parent.get("namespace").text(), parent.get("name").text()))
}

fn reconcile(key: &Key, view: &View<'_>) -> Plan {
    match view.cache.get(key) {
        Some(service) if key.resource == SERVICES => provide(key, service, view),
        Some(address) => release(key, address, view),
        None => Plan::nothing(),
    }
}

/// Makes the addresses that the Service lacks.
fn provide(key: &Key, service: &Object, view: &View<'_>) -> Plan {
    let mut plan = Plan::nothing();
    for ip in cluster_ips(service) {
        if view.cache.get(&Key::new(ADDRESSES, "", ip.clone())).is_none() {
            let write = Write::create(ADDRESSES, address(&ip, key), format!("{} has the address {ip}", key.path()));
            plan.write(write.tolerating(&["AlreadyExists"]).following(key, "spec.clusterIPs"));
        }
    }
    plan
}

/// Deletes an address of ours whose Service is gone or has it no longer.
fn release(key: &Key, address: &Object, view: &View<'_>) -> Plan {
    let mut plan = Plan::nothing();
    let Some(holder) = holder(address).filter(|_| address.label(MANAGED_BY.0) == Some(MANAGED_BY.1)) else {
        return plan;
    };
    let held = view.cache.get(&holder).is_some_and(|service| cluster_ips(service).contains(&key.name));
    if !held && !address.is_terminating() {
        let write = Write::delete(key, &address.uid(), format!("{} has it no longer", holder.path()));
        plan.write(write);
    }
    plan
}

fn address(ip: &Text, service: &Key) -> Object {
    let family = if ip.contains(':') { "IPv6" } else { "IPv4" };
    let mut it = Object::new("networking.k8s.io/v1", "IPAddress", "", ip);
    it.set("metadata.labels", Value::from([(FAMILY, family.into()), (MANAGED_BY.0, MANAGED_BY.1.into())]));
    let parent =
        [("resource", "services".into()), ("namespace", (&service.namespace).into()), ("name", (&service.name).into())];
    it.set("spec.parentRef", Value::from(parent));
    it
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::controllers::testing::Fixture;
    use expect_test::{Expect, expect};

    fn check(objects: &[(&Key, &str)], key: &Key, expected: &Expect) {
        let mut it = Fixture::default();
        for (key, json) in objects {
            it.put(key, Object(Value::from_json(json).unwrap()));
        }
        expected.assert_eq(&reconcile(key, &it.view()).to_text());
    }

    #[test]
    fn each_cluster_ip_has_its_address() {
        let web = Key::new(SERVICES, "default", "web");
        let four = Key::new(ADDRESSES, "", "10.96.0.7");
        let ours = r#"{"metadata":{"labels":{"ipaddress.kubernetes.io/managed-by":"ipallocator.k8s.io"}},"spec":{"parentRef":{"resource":"services","namespace":"default","name":"web"}}}"#;
        let foreign =
            r#"{"metadata":{},"spec":{"parentRef":{"resource":"services","namespace":"default","name":"web"}}}"#;
        let both = r#"{"spec":{"clusterIPs":["10.96.0.7","fd00::7"]}}"#;
        let headless = r#"{"spec":{"clusterIPs":["None"]}}"#;
        check(
            &[(&web, both), (&four, ours)],
            &web,
            &expect!["create ipaddresses.networking.k8s.io fd00::7: default/web has the address fd00::7"],
        );
        check(&[(&web, headless)], &web, &expect![""]);
        check(&[(&web, both), (&four, ours)], &four, &expect![""]);
        check(
            &[(&web, headless), (&four, ours)],
            &four,
            &expect!["delete ipaddresses.networking.k8s.io 10.96.0.7: default/web has it no longer"],
        );
        check(
            &[(&four, ours)],
            &four,
            &expect!["delete ipaddresses.networking.k8s.io 10.96.0.7: default/web has it no longer"],
        );
        check(&[(&four, foreign)], &four, &expect![""]);
    }

    #[test]
    fn an_address_that_goes_is_missed_by_the_service_that_has_it_by_now() {
        let mut it = Fixture::default();
        let (next, gone) = (Key::new(SERVICES, "default", "next"), Key::new(ADDRESSES, "", "10.96.0.7"));
        let mut service = Object::new("v1", "Service", "default", "next");
        service.set("spec.clusterIPs", Value::from(vec!["10.96.0.7".into()]));
        it.put(&next, service);
        let before = Some(Object::new("networking.k8s.io/v1", "IPAddress", "", "10.96.0.7"));
        let mut queue = Vec::new();
        let change = Change { revision: crate::trace::Revision(9), key: gone, before, after: None };
        of_address(&change, &it.view(), &mut queue);
        assert_eq!(queue.iter().map(|it| &it.key).collect::<Vec<_>>(), [&next]);
    }
}
