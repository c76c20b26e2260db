//! Keeps the Endpoints of each Service, in the old form.
//!
//! Upstream: `pkg/controller/endpoint/endpoints_controller.go`, `pkg/api/v1/endpoints/util.go` (`RepackSubsets`).
//! Differs: ports of one subset are in the order of the Service; upstream's is that of a hash.

use super::{Backend, TRIGGERED, backends, hostname, labels, of_pod, of_service, ports, reference, triggered};
use crate::controllers::pods::node_of;
use crate::model::key::resources::SERVICES;
use crate::model::{Key, Object, Order, ResourceName, Value};
use crate::plan::{Controller, Enqueue, Plan, View, Watch, Write};

/// The control loop.
pub(crate) const CONTROLLER: Controller = Controller {
    name: "endpoints-controller",
    watches: &[
        Watch { resource: "services", enqueue: of_service },
        Watch { resource: "pods", enqueue: of_pod },
        Watch {
            resource: "endpoints",
            enqueue: |change, _, queue| {
                let Key { namespace, name, .. } = change.key.clone();
                queue.push(Enqueue::now(Key::new(SERVICES, namespace, name)));
            },
        },
    ],
    reconcile,
};

const ENDPOINTS: ResourceName = ResourceName::of("endpoints");
const MANAGED_BY: &str = "endpoints.kubernetes.io/managed-by";
const MANAGER: &str = "endpoint-controller";
const OVER_CAPACITY: &str = "endpoints.kubernetes.io/over-capacity";
/// How many addresses one object lists.
const ADDRESSES_MAX: usize = 1_000;

fn reconcile(key: &Key, view: &View<'_>) -> Plan {
    let at = Key::new(ENDPOINTS, key.namespace.clone(), key.name.clone());
    let there = view.cache.get(&at);
    match (super::selecting(key, view), there) {
        (Some(service), _) if service.is_terminating() => Plan::nothing(),
        (Some(service), there) => provide(service, there, &at, key, view),
        (None, Some(there)) if view.cache.get(key).is_none() && there.label(MANAGED_BY) == Some(MANAGER) => {
            let mut plan = Plan::nothing();
            plan.write(Write::delete(&at, &there.uid(), "its service is gone"));
            plan
        }
        (None, _) => Plan::nothing(),
    }
}

fn provide(service: &Object, there: Option<&Object>, at: &Key, key: &Key, view: &View<'_>) -> Plan {
    let mut plan = Plan::nothing();
    let published = service.at("spec.publishNotReadyAddresses").is_true();
    let all = backends(service, view).into_iter().filter(|it| published || !it.terminating);
    let mut backends: Vec<Backend<'_>> = all.collect();
    backends.order_by_key(|it| it.pod.at("status.podIP").text());
    let truncated = backends.len() > ADDRESSES_MAX;
    backends.truncate(ADDRESSES_MAX);
    let subsets = subsets(service, &backends, published);
    let labels = labels(service, &[(MANAGED_BY, MANAGER)]);
    plan.observed = there.map_or_else(|| "no endpoints".into(), |it| counted(it.get("subsets").items()));
    plan.desired = counted(&subsets);
    let is_same = |it: &Object| it.get("subsets").items() == subsets && *it.metadata().get("labels") == labels;
    if there.is_some_and(is_same) {
        return plan;
    }
    let mut new = there.cloned().unwrap_or_else(|| Object::new("v1", "Endpoints", &key.namespace, &key.name));
    new.remove("subsets");
    if !subsets.is_empty() {
        new.set("subsets", Value::from(subsets));
    }
    new.set("metadata.labels", labels);
    let trigger = triggered(service, &backends, there.and_then(|it| it.annotation(TRIGGERED)));
    annotate(&mut new, TRIGGERED, trigger.as_deref());
    annotate(&mut new, OVER_CAPACITY, truncated.then_some("truncated"));
    let reason = format!("wanted {}, saw {}", plan.desired, plan.observed);
    let write = if there.is_some() { Write::update(at, new, reason) } else { Write::create(ENDPOINTS, new, reason) };
    plan.write(write.following(key, "spec.selector"));
    plan
}

fn annotate(object: &mut Object, key: &str, value: Option<&str>) {
    match value {
        Some(value) => object.entry("metadata.annotations").map_mut().insert(key, value),
        None if object.annotation(key).is_some() => drop(object.entry("metadata.annotations").map_mut().remove(key)),
        None => {}
    }
}

fn counted(subsets: &[Value]) -> crate::model::Text {
    let count = |field: &str| subsets.iter().map(|it| it.get(field).items().len()).sum::<usize>();
    format!("{} ready, {} not ready", count("addresses"), count("notReadyAddresses")).into()
}

/// Addresses with the same ports are one subset.
fn subsets(service: &Object, backends: &[Backend<'_>], published: bool) -> Vec<Value> {
    let mut subsets: Vec<Value> = Vec::new();
    let headless = service.at("spec.clusterIP").str() == "None" && service.at("spec.ports").is_empty();
    for backend in backends {
        let ports = ports(service, backend.pod);
        if ports.is_empty() && !headless {
            continue;
        }
        let list = if published || backend.ready { "addresses" } else { "notReadyAddresses" };
        let place = subsets.iter().position(|it| it.get("ports").items() == ports).unwrap_or_else(|| {
            subsets.push(Value::map());
            subsets.len() - 1
        });
        let subset = &mut subsets[place];
        if !ports.is_empty() {
            subset.set("ports", Value::from(ports));
        }
        subset.entry(list).list_mut().push(address(service, backend.pod));
    }
    subsets
}

fn address(service: &Object, pod: &Object) -> Value {
    let mut it = Value::from([("ip", pod.at("status.podIP").clone()), ("targetRef", reference(pod))]);
    if !node_of(pod).is_empty() {
        it.set("nodeName", node_of(pod));
    }
    if let Some(name) = hostname(service, pod) {
        it.set("hostname", name);
    }
    it
}
