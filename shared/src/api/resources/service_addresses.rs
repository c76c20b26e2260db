//! What no two services may share: cluster addresses and node ports, and the address families they come with.
//!
//! Upstream: `pkg/registry/core/service/storage/alloc.go`. Single stack IPv4 alone is offered, as in the default set-up.

use crate::api::registry::Allocation;
use crate::api::resources::service::is_of_type;
use crate::api::resources::workload::default_empty;
use crate::api::{DryRun, Errors};
use crate::model::key::resources::SERVICES;
use crate::model::{Chance, Object, Value};
use crate::store::Store;
use std::net::Ipv4Addr;

/// Where cluster addresses come from, as kubeadm has it.
#[cfg(feature = "every-kind")]
pub(crate) const RANGE: &str = "10.96.0.0/12";
/// The first address of 10.96.0.0/12, where cluster addresses come from.
const RANGE_START: u32 = 0x0a60_0000;
/// How many addresses the range holds.
const RANGE_SIZE: u32 = 1 << 20;
/// How many addresses at the start of the range are drawn only when the rest is used up.
const RANGE_STATIC: u32 = 256;
/// Node ports.
const NODE_PORTS: std::ops::RangeInclusive<i64> = 30_000..=32_767;
/// How many node ports at the start are drawn only when the rest is used up.
const NODE_PORTS_STATIC: i64 = 86;
/// How many random draws are made before the range is searched in order.
const DRAWS_MAX: usize = 64;

const NOT_IN_RANGE: &str = "is not in the valid range. The range of valid IPs is 10.96.0.0/12";

/// Draws what `service` lacks and checks what it asks for.
pub(super) fn allocate(service: &mut Object, from: &mut Allocation<'_>, errors: &mut Errors) {
    if is_of_type(service, &["ClusterIP", "NodePort", "LoadBalancer"]) {
        fill_families(service);
        check_families(service, errors);
        allocate_address(service, from, errors);
    }
    let all_nodes = is_of_type(service, &["NodePort"])
        || is_of_type(service, &["LoadBalancer"]) && !is_false(service.at("spec.allocateLoadBalancerNodePorts"));
    allocate_node_ports(service, from, errors, all_nodes);
    let local = service.at("spec.externalTrafficPolicy").str() == "Local";
    if local && is_of_type(service, &["LoadBalancer"]) && service.at("spec.healthCheckNodePort").is_empty() {
        let taken = taken_ports(service, from.store);
        if let Some(port) = draw_port(&taken, from.chance) {
            service.set("spec.healthCheckNodePort", port);
        }
    }
}

fn is_false(value: &Value) -> bool {
    value.as_bool() == Some(false)
}

fn is_headless(service: &Object) -> bool {
    service.at("spec.clusterIP").str() == "None"
        || service.at("spec.clusterIPs").items().first().is_some_and(|it| it.str() == "None")
}

/// A headless service without a selector may be of both families, since its addresses come from elsewhere.
fn fill_families(service: &mut Object) {
    let both = is_headless(service) && service.at("spec.selector").is_empty();
    let (policy, families) =
        if both { ("RequireDualStack", vec!["IPv4", "IPv6"]) } else { ("SingleStack", vec!["IPv4"]) };
    default_empty(service, "spec.ipFamilyPolicy", policy);
    default_empty(service, "spec.ipFamilies", families.into_iter().collect::<Value>());
}

fn check_families(service: &Object, errors: &mut Errors) {
    if is_headless(service) && service.at("spec.selector").is_empty() {
        return;
    }
    for (index, family) in service.at("spec.ipFamilies").items().iter().enumerate() {
        if family.str() == "IPv6" {
            errors.invalid(format!("spec.ipFamilies[{index}]"), family, "not configured on this cluster");
        }
    }
    if service.at("spec.ipFamilyPolicy").str() == "RequireDualStack" {
        let detail = "this cluster is not configured for dual-stack services";
        errors.invalid("spec.ipFamilyPolicy", service.at("spec.ipFamilyPolicy"), detail);
    }
}

fn allocate_address(service: &mut Object, from: &mut Allocation<'_>, errors: &mut Errors) {
    let asked = service.at("spec.clusterIP").text();
    let listed = service.at("spec.clusterIPs").items().first().map(Value::text).unwrap_or_default();
    let asked = if asked.is_empty() { listed } else { asked };
    if asked == "None" || from.old.is_some_and(|it| !asked.is_empty() && it.at("spec.clusterIP").str() == asked) {
        return set_address(service, &asked);
    }
    if !asked.is_empty() {
        let shown = Value::from(vec![Value::from(&asked)]);
        match asked.parse::<Ipv4Addr>() {
            Ok(address) if !in_range(address) => {
                let detail = format!("failed to allocate IP {asked}: the provided IP ({asked}) {NOT_IN_RANGE}");
                errors.invalid("spec.clusterIPs", &shown, &detail);
            }
            Ok(address) if is_taken(address, service, from.store) => {
                let detail = format!("failed to allocate IP {asked}: provided IP is already allocated");
                errors.invalid("spec.clusterIPs", &shown, &detail);
            }
            Ok(_) | Err(_) => {}
        }
        return set_address(service, &asked);
    }
    match draw_address(service, from.store, from.chance) {
        Some(address) => set_address(service, &address.to_string()),
        None => errors.push("InternalError", "spec.clusterIPs", "failed to allocate a serviceIP: range is full".into()),
    }
}

fn set_address(service: &mut Object, address: &str) {
    service.set("spec.clusterIP", address);
    service.set("spec.clusterIPs", Value::from(vec![Value::from(address)]));
}

fn in_range(address: Ipv4Addr) -> bool {
    (RANGE_START + 1..RANGE_START + RANGE_SIZE - 1).contains(&u32::from(address))
}

fn others<'a>(service: &Object, store: &'a Store) -> impl Iterator<Item = &'a Object> + use<'a> {
    let (namespace, name) = (service.namespace(), service.name());
    store.list(&SERVICES).filter(move |it| it.name() != name || it.namespace() != namespace)
}

fn is_taken(address: Ipv4Addr, service: &Object, store: &Store) -> bool {
    let text = address.to_string();
    others(service, store).any(|it| it.at("spec.clusterIP").str() == text)
}

fn draw_address(service: &Object, store: &Store, chance: &mut Chance) -> Option<Ipv4Addr> {
    let upper = u64::from(RANGE_SIZE - RANGE_STATIC - 1);
    let drawn = (0..DRAWS_MAX).map(|_| RANGE_STATIC + u32::try_from(chance.below(upper)).unwrap_or(0));
    let in_order = 1..RANGE_SIZE - 1;
    drawn.chain(in_order).map(|it| Ipv4Addr::from(RANGE_START + it)).find(|it| !is_taken(*it, service, store))
}

fn allocate_node_ports(service: &mut Object, from: &mut Allocation<'_>, errors: &mut Errors, all: bool) {
    let mut taken = taken_ports(service, from.store);
    let before = from.old.map(ports_of).unwrap_or_default();
    for index in 0..service.at("spec.ports").items().len() {
        let place = service.at("spec.ports").items()[index].get("nodePort").clone();
        let asked = place.int_or(0);
        let field = format!("spec.ports[{index}].nodePort");
        if asked == 0 {
            if all && let Some(port) = draw_port(&taken, from.chance) {
                taken.push(port);
                service.entry("spec.ports").list_mut()[index].set("nodePort", port);
            }
            continue;
        }
        if before.contains(&asked) {
            continue;
        }
        if !NODE_PORTS.contains(&asked) && from.dry_run == DryRun::Off {
            let detail = "provided port is not in the valid range. The range of valid ports is 30000-32767";
            errors.invalid(field, &place, detail);
        } else if taken.contains(&asked) {
            errors.invalid(field, &place, "provided port is already allocated");
        }
        taken.push(asked);
    }
}

fn ports_of(service: &Object) -> Vec<i64> {
    let ports = service.at("spec.ports").items().iter().map(|it| it.get("nodePort").int_or(0));
    ports.chain([service.at("spec.healthCheckNodePort").int_or(0)]).filter(|it| *it != 0).collect()
}

fn taken_ports(service: &Object, store: &Store) -> Vec<i64> {
    others(service, store).flat_map(ports_of).collect()
}

fn draw_port(taken: &[i64], chance: &mut Chance) -> Option<i64> {
    let first = NODE_PORTS.start() + NODE_PORTS_STATIC;
    let upper = NODE_PORTS.end() - first + 1;
    let drawn = (0..DRAWS_MAX).map(|_| first + chance.below(upper.unsigned_abs()).cast_signed());
    drawn.chain(NODE_PORTS).find(|it| !taken.contains(it))
}
