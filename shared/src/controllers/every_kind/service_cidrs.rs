//! Says of each `ServiceCIDR` that it is ready, and keeps one that is to go until no address needs it.
//!
//! Upstream: `pkg/controller/servicecidrs/servicecidrs_controller.go`, which waits ten seconds before it lets go (`DIFFERENCE`).

use crate::api::resources::every_kind::service_cidr::contains;
use crate::controllers::conditions::{self, Condition};
use crate::controllers::every_kind::service_addresses::ADDRESSES;
use crate::model::{Key, Object, ResourceName};
use crate::plan::{Controller, Enqueue, Plan, View, Watch, Write};
use crate::store::Change;
use std::net::IpAddr;

/// The control loop.
pub(crate) const CONTROLLER: Controller = Controller {
    name: "service-cidr-controller",
    watches: &[
        Watch { resource: "servicecidrs.networking.k8s.io", enqueue: of_range },
        Watch { resource: "ipaddresses.networking.k8s.io", enqueue: of_address },
    ],
    reconcile,
};

const RANGES: ResourceName = ResourceName::of("servicecidrs.networking.k8s.io");
const FINALIZER: &str = "networking.k8s.io/service-cidr-finalizer";

/// A range, and those that are to go: the change may let them.
fn of_range(change: &Change, view: &View<'_>, queue: &mut Vec<Enqueue>) {
    if change.after.is_some() {
        queue.push(Enqueue::now(change.key.clone()));
    }
    queue.extend(going(view));
}

/// An address that is gone may have been the last that a range waits for.
fn of_address(change: &Change, view: &View<'_>, queue: &mut Vec<Enqueue>) {
    if change.after.is_none() {
        queue.extend(going(view));
    }
}

fn going(view: &View<'_>) -> impl Iterator<Item = Enqueue> {
    let ranges = view.cache.list(&RANGES).filter(|it| it.is_terminating());
    ranges.map(|it| Enqueue::now(Key::new(RANGES, "", it.name())))
}

fn reconcile(key: &Key, view: &View<'_>) -> Plan {
    let Some(range) = view.cache.get(key) else { return Plan::nothing() };
    if range.is_terminating() { let_go(key, range, view) } else { serve(key, range, view) }
}

/// Guards the range by a finalizer and says that it is ready.
fn serve(key: &Key, range: &Object, view: &View<'_>) -> Plan {
    let mut plan = Plan::nothing();
    if !range.finalizers().any(|it| it == FINALIZER) {
        let mut new = range.clone();
        new.entry("metadata.finalizers").list_mut().push(FINALIZER.into());
        plan.write(Write::update(key, new, "it may not go while addresses need it"));
    }
    if range.condition("Ready").get("status").str() != "True" {
        let ready = Condition::new("Ready", "True", "", "Kubernetes Service CIDR is ready");
        plan.write(says(key, range, &ready, view));
    }
    plan
}

/// Takes the finalizer away once every address is in another range, and says so as long as one is not.
fn let_go(key: &Key, range: &Object, view: &View<'_>) -> Plan {
    let mut plan = Plan::nothing();
    if !range.finalizers().any(|it| it == FINALIZER) {
        return plan;
    }
    if !needs(range, view) {
        let write = Write::remove_finalizer(key, range, FINALIZER, "no address needs it");
        plan.write(write.following(key, "metadata.deletionTimestamp"));
    } else if range.condition("Ready").get("reason").str() != "Terminating" {
        let message =
            "There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR";
        plan.write(says(key, range, &Condition::new("Ready", "False", "Terminating", message), view));
    }
    plan
}

fn says(key: &Key, range: &Object, condition: &Condition, view: &View<'_>) -> Write {
    let mut status = range.get("status").clone();
    conditions::put(&mut status, condition.to_value(view.now));
    Write::patch_status(key, &range.uid(), &status, format!("Ready is {}", condition.status))
}

/// True if an address is in this range and in no other that stays.
fn needs(range: &Object, view: &View<'_>) -> bool {
    let others: Vec<&Object> = view.cache.list(&RANGES).filter(|it| !it.is_terminating()).collect();
    let names = view.cache.list(&ADDRESSES).filter_map(|it| it.name().parse::<IpAddr>().ok());
    names.into_iter().any(|ip| contains(range, ip) && !others.iter().any(|other| contains(other, ip)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::controllers::testing::Fixture;
    use crate::model::Value;
    use expect_test::{Expect, expect};

    /// What is decided about the range `a`, which has the finalizer if it `goes`; with another range, and an address.
    fn check(goes: bool, other: &str, ip: &str, expected: &Expect) {
        let mut it = Fixture::default();
        let key = Key::new(RANGES, "", "a");
        let mut range = Object::new("networking.k8s.io/v1", "ServiceCIDR", "", "a");
        range.set("spec.cidrs", Value::from(vec!["10.96.0.0/12".into()]));
        if goes {
            range.set("metadata.finalizers", Value::from(vec![FINALIZER.into()]));
            range.set("metadata.deletionTimestamp", "2026-01-01T00:00:00Z");
        }
        it.put(&key, range.clone());
        range.set("metadata", Value::from([("name", "b".into())]));
        range.set("spec.cidrs", Value::from(vec![other.into()]));
        it.put(&Key::new(RANGES, "", "b"), range);
        let address = Object::new("networking.k8s.io/v1", "IPAddress", "", ip);
        it.put(&Key::new(ADDRESSES, "", ip), address);
        expected.assert_eq(&reconcile(&key, &it.view()).to_text());
    }

    #[test]
    fn a_range_goes_when_no_address_needs_it() {
        check(
            false,
            "10.0.0.0/8",
            "10.97.0.1",
            &expect![[r#"
            update servicecidrs.networking.k8s.io a: it may not go while addresses need it
            patch servicecidrs.networking.k8s.io/status a: Ready is True"#]],
        );
        check(
            true,
            "10.0.0.0/8",
            "10.97.0.1",
            &expect![
                "patch servicecidrs.networking.k8s.io a: took the finalizer networking.k8s.io/service-cidr-finalizer away: no address needs it"
            ],
        );
        check(
            true,
            "10.0.0.0/9",
            "10.97.0.1",
            &expect![
                "patch servicecidrs.networking.k8s.io a: took the finalizer networking.k8s.io/service-cidr-finalizer away: no address needs it"
            ],
        );
        check(
            true,
            "10.0.0.0/16",
            "10.97.0.1",
            &expect!["patch servicecidrs.networking.k8s.io/status a: Ready is False"],
        );
        check(
            true,
            "10.0.0.0/16",
            "10.112.0.1",
            &expect![
                "patch servicecidrs.networking.k8s.io a: took the finalizer networking.k8s.io/service-cidr-finalizer away: no address needs it"
            ],
        );
        check(
            true,
            "10.0.0.0/16",
            "fd00::1",
            &expect![
                "patch servicecidrs.networking.k8s.io a: took the finalizer networking.k8s.io/service-cidr-finalizer away: no address needs it"
            ],
        );
    }
}
