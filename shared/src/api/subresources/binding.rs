//! `pods/binding`: the scheduler's word on which node a pod runs.
//!
//! Upstream: `pkg/registry/core/pod/storage/storage.go` (`BindingREST`).

use crate::api::admission::{Operation, pod_topology_labels};
use crate::api::pipeline::{Api, Call, NOT_ALLOWED};
use crate::api::resources::conditions;
use crate::api::{Response, Status, Verb};
use crate::model::{Key, Object, ResourceName, Value};

const BINDINGS: ResourceName = ResourceName::of("pods/binding");

pub(super) fn handle(api: &mut Api, call: &mut Call<'_>) -> Result<Response, Status> {
    if call.request.verb != Verb::Create {
        return Err(Status::method_not_allowed(NOT_ALLOWED));
    }
    let binding = &call.request.body;
    api.admit_part(call, Operation::Create, binding)?;
    let node = binding.at("target.name").text();
    let mut pod = api.stored(&call.key)?;
    let refused = |detail: &str| Status::conflict(&Key::new(BINDINGS, "", call.key.name.clone()), detail);
    check(&pod, binding).map_err(|detail| refused(&detail))?;
    pod.set("spec.nodeName", &node);
    merge(&mut pod, binding, "annotations");
    merge(&mut pod, binding, "labels");
    pod_topology_labels::add_topology_labels(&mut pod, &node, &api.store);
    conditions::set(&mut pod, "PodScheduled", "True", call.now);
    api.commit(call, pod);
    Ok(Response::status(Status::success(201)))
}

fn check(pod: &Object, binding: &Value) -> Result<(), String> {
    let (name, asked, own) = (pod.name(), binding.at("metadata.uid").str(), pod.uid());
    if !asked.is_empty() && asked != own {
        return Err(format!("Precondition failed: UID in precondition: {asked}, UID in object meta: {own}"));
    }
    if pod.is_terminating() {
        return Err(format!("pod {name} is being deleted, cannot be assigned to a host"));
    }
    if !pod.at("spec.nodeName").is_empty() {
        return Err(format!("pod {name} is already assigned to node \"{}\"", pod.at("spec.nodeName").str()));
    }
    if !pod.at("spec.schedulingGates").is_empty() {
        return Err(format!("pod {name} has non-empty .spec.schedulingGates"));
    }
    Ok(())
}

fn merge(pod: &mut Object, binding: &Value, field: &str) {
    for (key, value) in binding.get("metadata").get(field).fields() {
        pod.entry("metadata").entry(field).map_mut().insert(key.clone(), value.clone());
    }
}
