//! Keeps the `EndpointSlice`s of each Service.
//!
//! Upstream: `pkg/controller/endpointslice/endpointslice_controller.go`, `k8s.io/endpointslice/{reconciler,utils}.go`.
//! Left out: topology hints, slices of IPv6 addresses.
//! Differs: endpoints are in the order in which they came, and of their pods' names; upstream's order is that of a Go map.

use super::pack::{Packed, pack};
use super::{Backend, TRIGGERED, backends, by_name, hostname, labels, of_pod, of_service, ports, reference, triggered};
use crate::controllers::pods::{key_of, node_of};
use crate::model::key::resources::{NODES, SERVICES};
use crate::model::{Key, Object, OwnerReference, ResourceName, Value};
use crate::plan::{Controller, Enqueue, Plan, View, Watch, Write};

/// The control loop.
pub(crate) const CONTROLLER: Controller = Controller {
    name: "endpointslice-controller",
    watches: &[
        Watch { resource: "services", enqueue: of_service },
        Watch { resource: "pods", enqueue: of_pod },
        Watch {
            resource: "endpointslices.discovery.k8s.io",
            enqueue: |change, _, queue| {
                let mut objects = [&change.after, &change.before].into_iter().flatten();
                let owned = |it: &&Object| it.label(MANAGED_BY) == Some(MANAGER);
                if let Some(name) = objects.find(owned).and_then(|it| it.label(SERVICE_NAME)) {
                    queue.push(Enqueue::now(Key::new(SERVICES, change.key.namespace.clone(), name)));
                }
            },
        },
    ],
    reconcile,
};

const SLICES: ResourceName = ResourceName::of("endpointslices.discovery.k8s.io");
const MANAGED_BY: &str = "endpointslice.kubernetes.io/managed-by";
const MANAGER: &str = "endpointslice-controller.k8s.io";
const SERVICE_NAME: &str = "kubernetes.io/service-name";
const ZONE: &str = "topology.kubernetes.io/zone";

/// Endpoints with the same ports.
struct Group {
    ports: Vec<Value>,
    endpoints: Vec<Value>,
}

fn reconcile(key: &Key, view: &View<'_>) -> Plan {
    let mut plan = Plan::nothing();
    let Some(service) = super::selecting(key, view).filter(|it| !it.is_terminating()) else { return plan };
    let backends = by_name(backends(service, view));
    let there: Vec<&Object> = own_slices(service, view).collect();
    let groups = groups(service, &backends, view);
    plan.observed = format!("{} slices", there.len()).into();
    plan.desired = format!("{} endpoints", backends.len()).into();
    let change = Change { service, backends: &backends, key };
    for group in &groups {
        let same: Vec<&Object> = there.iter().copied().filter(|it| it.get("ports").items() == group.ports).collect();
        change.write(&same, pack(&same, &group.endpoints), &group.ports, &mut plan);
    }
    let is_old = |it: &&Object| !groups.iter().any(|group| it.get("ports").items() == group.ports);
    for slice in there.into_iter().filter(is_old) {
        plan.write(Write::delete(&key_of(SLICES, slice), &slice.uid(), "its ports are no longer asked for"));
    }
    plan
}

fn own_slices<'a>(service: &Object, view: &View<'a>) -> impl Iterator<Item = &'a Object> + use<'a> {
    let (namespace, name) = (service.namespace(), service.name());
    let all = view.cache.list(&SLICES).filter(move |it| it.metadata().get("namespace").str() == namespace);
    all.filter(move |it| {
        it.label(SERVICE_NAME) == Some(&name) && it.label(MANAGED_BY) == Some(MANAGER) && !it.is_terminating()
    })
}

/// The endpoints by their ports; without any, one group that is empty.
fn groups(service: &Object, backends: &[Backend<'_>], view: &View<'_>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for backend in backends {
        let ports: Vec<Value> = ports(service, backend.pod).into_iter().map(with_name).collect();
        let endpoint = endpoint(service, backend, view);
        match groups.iter_mut().find(|it| it.ports == ports) {
            Some(group) => group.endpoints.push(endpoint),
            None => groups.push(Group { ports, endpoints: vec![endpoint] }),
        }
    }
    if groups.is_empty() {
        groups.push(Group { ports: Vec::new(), endpoints: Vec::new() });
    }
    groups
}

/// A slice's ports always have a name, which may be empty.
fn with_name(mut port: Value) -> Value {
    if port.get("name").is_null() {
        port.set("name", "");
    }
    port
}

fn endpoint(service: &Object, backend: &Backend<'_>, view: &View<'_>) -> Value {
    let pod = backend.pod;
    let published = service.at("spec.publishNotReadyAddresses").is_true();
    let ready = published || (backend.ready && !backend.terminating);
    let conditions = Value::from([
        ("ready", ready.into()),
        ("serving", backend.ready.into()),
        ("terminating", backend.terminating.into()),
    ]);
    let mut it = Value::from([
        ("addresses", Value::from(vec![pod.at("status.podIP").clone()])),
        ("conditions", conditions),
        ("targetRef", reference(pod)),
    ]);
    let node = node_of(pod);
    if !node.is_empty() {
        it.set("nodeName", node);
    }
    if let Some(zone) = view.cache.get(&Key::new(NODES, "", node)).and_then(|node| node.label(ZONE)) {
        it.set("zone", zone);
    }
    if let Some(name) = hostname(service, pod) {
        it.set("hostname", name);
    }
    it
}

/// What the slices of a Service are to become.
struct Change<'a> {
    service: &'a Object,
    backends: &'a [Backend<'a>],
    key: &'a Key,
}

impl Change<'_> {
    fn write(&self, there: &[&Object], packed: Packed, ports: &[Value], plan: &mut Plan) {
        let is_placeholder = packed.new.is_empty() && packed.kept.iter().all(Vec::is_empty);
        for (index, (slice, endpoints)) in there.iter().zip(packed.kept).enumerate() {
            if endpoints.is_empty() && !(is_placeholder && index == 0) {
                plan.write(Write::delete(&key_of(SLICES, slice), &slice.uid(), "it is empty"));
            } else {
                plan.writes.extend(self.update(slice, endpoints));
            }
        }
        let empty = (is_placeholder && there.is_empty()).then(Vec::new);
        for endpoints in packed.new.into_iter().chain(empty) {
            let reason = format!("{} endpoints had no slice", endpoints.len());
            let write = Write::create(SLICES, self.slice(endpoints, ports), reason);
            plan.write(write.following(self.key, "spec.selector"));
        }
    }

    fn labels(&self) -> Value {
        labels(self.service, &[(SERVICE_NAME, &self.service.name()), (MANAGED_BY, MANAGER)])
    }

    fn slice(&self, endpoints: Vec<Value>, ports: &[Value]) -> Object {
        let mut slice = Object::new("discovery.k8s.io/v1", "EndpointSlice", &self.service.namespace(), "");
        slice.entry("metadata").remove("name");
        slice.set("metadata.generateName", format!("{}-", self.service.name()));
        let owner = OwnerReference::controlled_by(self.service).to_value();
        slice.set("metadata.ownerReferences", Value::from(vec![owner]));
        slice.set("metadata.labels", self.labels());
        slice.set("addressType", "IPv4");
        slice.set("ports", Value::from(ports.to_vec()));
        slice.set("endpoints", Value::from(endpoints));
        self.stamp(&mut slice, None);
        slice
    }

    /// The write that gives a slice its endpoints, unless it has them.
    fn update(&self, slice: &Object, endpoints: Vec<Value>) -> Option<Write> {
        let labels = self.labels();
        if slice.get("endpoints").items() == endpoints && *slice.metadata().get("labels") == labels {
            return None;
        }
        let mut new = slice.clone();
        let reason = format!("{} endpoints instead of {}", endpoints.len(), slice.get("endpoints").items().len());
        new.set("endpoints", Value::from(endpoints));
        new.set("metadata.labels", labels);
        self.stamp(&mut new, slice.annotation(TRIGGERED));
        Some(Write::update(&key_of(SLICES, slice), new, reason).following(self.key, "spec.selector"))
    }

    fn stamp(&self, slice: &mut Object, before: Option<&str>) {
        if let Some(time) = triggered(self.service, self.backends, before) {
            slice.entry("metadata.annotations").map_mut().insert(TRIGGERED, time);
        }
    }
}
