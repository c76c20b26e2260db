//! What a Service uses: itself, its node ports and its load balancer.
//!
//! Upstream: `pkg/quota/v1/evaluator/core/services.go`.

use crate::api::quota::amounts::Amounts;
use crate::model::{Object, Quantity};

/// True if the entry of a quota is about services.
pub(super) fn counts(name: &str) -> bool {
    matches!(name, "services" | "services.nodeports" | "services.loadbalancers")
}

/// Adds what the service uses.
pub(super) fn use_of(service: &Object, into: &mut Amounts) {
    let ports = service.at("spec.ports").items();
    let balanced = service.at("spec.type").str() == "LoadBalancer";
    let drawn = service.at("spec.allocateLoadBalancerNodePorts").as_bool() != Some(false);
    let node_ports = match service.at("spec.type").str() {
        "NodePort" => ports.len(),
        "LoadBalancer" if drawn => ports.len(),
        "LoadBalancer" => ports.iter().filter(|it| it.get("nodePort").int_or(0) != 0).count(),
        _ => 0,
    };
    into.put("services", Quantity::new(1));
    into.put("services.nodeports", Quantity::new(i64::try_from(node_ports).unwrap_or(i64::MAX)));
    into.put("services.loadbalancers", Quantity::new(i64::from(balanced)));
}
