//! `networking.k8s.io/v1` `ServiceCIDR`. Upstream: `pkg/registry/networking/servicecidr/strategy.go`.

use crate::api::printing::age;
use crate::api::registry::Fidelity;
use crate::api::resources::workload::keep;
use crate::api::validation::every_kind::addresses::parse_cidr;
use crate::api::validation::every_kind::service_range;
use crate::api::{Column, Resource, Scope};
use crate::model::{Object, Value};
use std::net::IpAddr;

/// The registration.
pub(super) const RESOURCE: Resource = Resource {
    fidelity: Fidelity::Approximated("Services draw their addresses from 10.96.0.0/12, whatever is added to it"),
    group: "networking.k8s.io",
    kind: "ServiceCIDR",
    plural: "servicecidrs",
    singular: "servicecidr",
    scope: Scope::Cluster,
    subresources: &["status"],
    prepare_for_create: |it| it.set("status", Value::map()),
    prepare_for_update: |new, old| keep(new, old, "status"),
    validate: service_range::validate_range,
    validate_update: service_range::validate_range_update,
    columns: &[
        Column::new("CIDRs", |it, _| it.at("spec.cidrs").items().iter().map(Value::str).collect::<Vec<_>>().join(",")),
        Column::new("AGE", age),
    ],
    ..Resource::NONE
};

/// True if an address is in one of the range's blocks.
pub(crate) fn contains(range: &Object, address: IpAddr) -> bool {
    let blocks = range.at("spec.cidrs").items().iter().filter_map(|it| parse_cidr(it.str()));
    blocks.into_iter().any(|it| it.contains(address))
}
