//! `v1` Endpoints. Upstream: `pkg/registry/core/endpoint/strategy.go`, `printEndpoints`.

use crate::api::printing::age;
use crate::api::resources::workload::each;
use crate::api::validation::every_kind::endpoints;
use crate::api::{Column, Resource};
use crate::model::{Object, Value};

/// How many addresses the column shows.
const SHOWN_MAX: usize = 3;

/// The registration.
pub(super) const RESOURCE: Resource = Resource {
    kind: "Endpoints",
    plural: "endpoints",
    singular: "endpoints",
    short_names: &["ep"],
    default: |it| {
        each(it, "subsets", |subset| {
            each(subset, "ports", |port| {
                if port.get("protocol").is_empty() {
                    port.set("protocol", "TCP");
                }
            });
        });
    },
    validate: endpoints::validate,
    validate_update: |new, _, errors| endpoints::validate(new, errors),
    columns: &[Column::new("ENDPOINTS", |it, _| addresses(it)), Column::new("AGE", age)],
    deprecated: "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice",
    ..Resource::NONE
};

/// `10.0.0.1:80,10.0.0.2:80 + 3 more...`.
fn addresses(endpoints: &Object) -> String {
    if endpoints.get("subsets").is_empty() {
        return "<none>".into();
    }
    let all: Vec<String> = endpoints.get("subsets").items().iter().flat_map(of_subset).collect();
    let shown = all.iter().take(SHOWN_MAX).cloned().collect::<Vec<_>>().join(",");
    match all.len().checked_sub(SHOWN_MAX) {
        Some(more @ 1..) => format!("{shown} + {more} more..."),
        Some(0) | None => shown,
    }
}

fn of_subset(subset: &Value) -> Vec<String> {
    let ips = subset.get("addresses").items().iter().map(|it| it.get("ip").str().to_owned());
    let ports = subset.get("ports").items();
    if ports.is_empty() {
        return ips.collect();
    }
    let ips: Vec<String> = ips.collect();
    let with = |port: &Value| {
        let number = port.get("port").int_or(0);
        let joined = |ip: &String| if ip.contains(':') { format!("[{ip}]:{number}") } else { format!("{ip}:{number}") };
        ips.iter().map(joined).collect::<Vec<_>>()
    };
    ports.iter().flat_map(with).collect()
}
