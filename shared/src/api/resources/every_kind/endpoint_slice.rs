//! `discovery.k8s.io/v1` `EndpointSlice`. Upstream: `pkg/registry/discovery/endpointslice/strategy.go`,
//! `pkg/apis/discovery/v1/defaults.go`.

use crate::api::printing::age;
use crate::api::resources::workload::{default, each};
use crate::api::validation::every_kind::endpoint_slice;
use crate::api::{Column, Resource};
use crate::model::{Object, Value};

/// How many ports or addresses are listed.
const LISTED_MAX: usize = 3;

/// The registration.
pub(super) const RESOURCE: Resource = Resource {
    group: "discovery.k8s.io",
    kind: "EndpointSlice",
    plural: "endpointslices",
    singular: "endpointslice",
    default: |slice| {
        each(slice, "ports", |port| {
            default(port, "name", "");
            default(port, "protocol", "TCP");
        });
    },
    prepare_for_create: |it| it.set("metadata.generation", 1),
    prepare_for_update: count_generation,
    validate: endpoint_slice::validate,
    validate_update: endpoint_slice::validate_update,
    warn: |it, warnings| {
        if it.get("addressType").str() == "FQDN" {
            warnings.push("spec.addressType: FQDN endpoints are deprecated".into());
        }
    },
    columns: &[
        Column::new("AddressType", |it, _| it.get("addressType").str().to_owned()),
        Column::new("PORTS", |it, _| ports(it.get("ports").items())),
        Column::new("ENDPOINTS", |it, _| endpoints(it.get("endpoints").items())),
        Column::new("AGE", age),
    ],
    ..Resource::NONE
};

/// Anything but metadata, and labels too, make a new generation.
fn count_generation(new: &mut Object, old: &Object) {
    let differs = |field: &str| new.at(field) != old.at(field);
    let changed = ["addressType", "endpoints", "ports", "metadata.labels"].into_iter().any(differs);
    let generation = old.generation() + i64::from(changed);
    if new.generation() != generation {
        new.set("metadata.generation", generation);
    }
}

fn ports(ports: &[Value]) -> String {
    let one = |port: &Value| match port.get("port").as_int() {
        Some(number) => number.to_string(),
        None if port.get("name").is_empty() => "*".into(),
        None => format!("{}/<unset>", port.get("name").str()),
    };
    listed(&ports.iter().map(one).collect::<Vec<_>>())
}

fn endpoints(endpoints: &[Value]) -> String {
    let addresses = endpoints.iter().flat_map(|it| it.get("addresses").items());
    listed(&addresses.map(|it| it.str().to_owned()).collect::<Vec<_>>())
}

fn listed(all: &[String]) -> String {
    match all.len() {
        0 => "<unset>".into(),
        1..=LISTED_MAX => all.join(","),
        more => format!("{} + {} more...", all[..LISTED_MAX].join(","), more - LISTED_MAX),
    }
}
