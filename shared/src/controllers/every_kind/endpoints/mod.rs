//! Who answers for a Service: its pods, as `EndpointSlice`s and, for old clients, as Endpoints.
//!
//! Upstream: `pkg/controller/util/endpoint/controller_utils.go`, `pkg/api/v1/pod/util.go` (`FindPort`), and the two loops' own.
//! Knows nothing of how requests reach the pods.

pub(in crate::controllers) mod legacy;
mod pack;
pub(in crate::controllers) mod slices;
#[cfg(test)]
mod tests;

use crate::controllers::pods::{is_ready, is_terminal, key_of};
use crate::model::key::resources::{PODS, SERVICES};
use crate::model::{Key, Object, Order, Selector, Text, Time, Value};
use crate::plan::{Enqueue, View};
use crate::store::Change;

/// Where a loop notes when what it last followed had changed.
const TRIGGERED: &str = "endpoints.kubernetes.io/last-change-trigger-time";
/// On what belongs to a Service without an address of its own.
const HEADLESS: &str = "service.kubernetes.io/headless";

/// A pod that answers for a Service.
struct Backend<'a> {
    pod: &'a Object,
    ready: bool,
    terminating: bool,
}

/// The Service at `key`, if its endpoints are made from a selector.
fn selecting<'a>(key: &Key, view: &View<'a>) -> Option<&'a Object> {
    let service = view.cache.get(key)?;
    let selects = !service.at("spec.selector").is_empty() && service.at("spec.type").str() != "ExternalName";
    selects.then_some(service)
}

/// The pods of a Service that have an address and have not ended, by name.
fn backends<'a>(service: &Object, view: &View<'a>) -> Vec<Backend<'a>> {
    let selector = Selector::from_labels(service.at("spec.selector"));
    let namespace = service.namespace();
    let all = view.cache.list(&PODS).filter(|pod| pod.metadata().get("namespace").str() == namespace);
    let own = all.filter(|pod| selector.matches(pod.metadata().get("labels")));
    let answering = own.filter(|pod| !is_terminal(pod) && !pod.at("status.podIP").is_empty());
    answering.map(|pod| Backend { pod, ready: is_ready(pod), terminating: pod.is_terminating() }).collect()
}

/// The ports of a Service at one of its pods; those whose name the pod does not know are left out.
fn ports(service: &Object, pod: &Object) -> Vec<Value> {
    let one = |port: &Value| {
        let number = target(port, pod)?;
        let mut it = Value::from([("port", number.into()), ("protocol", port.get("protocol").clone())]);
        for field in ["name", "appProtocol"] {
            if !port.get(field).is_empty() {
                it.set(field, port.get(field).clone());
            }
        }
        Some(it)
    };
    service.at("spec.ports").items().iter().filter_map(one).collect()
}

/// The number of a port's target: its own, or that of the container port of its name.
fn target(port: &Value, pod: &Object) -> Option<i64> {
    let wanted = port.get("targetPort");
    if let Some(number) = wanted.as_int() {
        return Some(number);
    }
    let sidecars = pod.at("spec.initContainers").items().iter();
    let sidecars = sidecars.filter(|it| it.get("restartPolicy").str() == "Always");
    let containers = pod.at("spec.containers").items().iter().chain(sidecars);
    let mut ports = containers.flat_map(|it| it.get("ports").items());
    let same = |it: &&Value| it.get("name") == wanted && it.get("protocol") == port.get("protocol");
    ports.find(same)?.get("containerPort").as_int()
}

/// The name by which the pod is found below the Service's, if it has one there.
fn hostname(service: &Object, pod: &Object) -> Option<Text> {
    let named = pod.at("spec.subdomain").str() == service.name();
    let hostname = pod.at("spec.hostname").text();
    (named && !hostname.is_empty()).then_some(hostname)
}

/// `targetRef`.
fn reference(pod: &Object) -> Value {
    Value::from([
        ("kind", "Pod".into()),
        ("namespace", pod.namespace().into()),
        ("name", pod.name().into()),
        ("uid", pod.uid().into()),
    ])
}

/// The labels of a Service, with what a loop adds to them.
fn labels(service: &Object, added: &[(&str, &str)]) -> Value {
    let mut labels = service.metadata().get("labels").clone();
    for (key, value) in added {
        labels.map_mut().insert(*key, *value);
    }
    if service.at("spec.clusterIP").str() == "None" {
        labels.map_mut().insert(HEADLESS, "");
    } else if !labels.get(HEADLESS).is_null() {
        labels.map_mut().remove(HEADLESS);
    }
    labels
}

/// When the oldest thing happened that `before`, the annotation's last value, does not know of; `None` if nothing did.
fn triggered(service: &Object, backends: &[Backend<'_>], before: Option<&str>) -> Option<Text> {
    let known = before.and_then(Time::parse).or(service.created())?;
    let ready = |it: &Backend<'_>| Time::parse(it.pod.condition("Ready").get("lastTransitionTime").str());
    let news = backends.iter().filter_map(ready).filter(|time| *time > known).min()?;
    Some(news.to_string().into())
}

/// The Services that a change of a pod concerns: those that select it, or did.
fn of_pod(change: &Change, view: &View<'_>, queue: &mut Vec<Enqueue>) {
    if let (Some(before), Some(after)) = (&change.before, &change.after)
        && facts(before) == facts(after)
    {
        return;
    }
    let pods: Vec<&Object> = [&change.before, &change.after].into_iter().flatten().collect();
    let selects = |service: &&Object| {
        let selector = service.at("spec.selector");
        let matches = |pod: &&Object| Selector::from_labels(selector).matches(pod.metadata().get("labels"));
        !selector.is_empty() && pods.iter().any(matches)
    };
    let services = view.cache.list_in(&SERVICES, &change.key.namespace).filter(selects);
    queue.extend(services.map(|it| Enqueue::now(key_of(SERVICES, it))));
}

/// What of a pod its endpoints show.
fn facts(pod: &Object) -> (bool, bool, bool, Vec<&Value>) {
    let fields = ["status.podIP", "metadata.labels", "spec.nodeName", "spec.hostname", "spec.subdomain"];
    (is_ready(pod), is_terminal(pod), pod.is_terminating(), fields.map(|it| pod.at(it)).to_vec())
}

/// A Service itself.
fn of_service(change: &Change, _: &View<'_>, queue: &mut Vec<Enqueue>) {
    queue.push(Enqueue::now(change.key.clone()));
}

/// Backends whose order is that of their pods' names.
fn by_name(mut backends: Vec<Backend<'_>>) -> Vec<Backend<'_>> {
    backends.order_by_key(|it| it.pod.name());
    backends
}
