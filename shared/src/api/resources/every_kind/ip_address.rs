//! `networking.k8s.io/v1` `IPAddress`. Upstream: `pkg/registry/networking/ipaddress/strategy.go`.

use crate::api::printing::age;
use crate::api::registry::Fidelity;
use crate::api::validation::every_kind::service_range;
use crate::api::{Column, Resource, Scope};
use crate::model::Object;

/// The registration.
pub(super) const RESOURCE: Resource = Resource {
    fidelity: Fidelity::Approximated(
        "made and deleted a moment after its Service; one that a person made reserves nothing",
    ),
    group: "networking.k8s.io",
    kind: "IPAddress",
    plural: "ipaddresses",
    singular: "ipaddress",
    short_names: &["ip"],
    scope: Scope::Cluster,
    validate_name: service_range::address_name,
    validate: service_range::validate_address,
    validate_update: service_range::validate_address_update,
    selectable: &[("spec.parentRef", |it| parent(it).into())],
    columns: &[Column::new("ParentRef", |it, _| parent(it)), Column::new("AGE", age)],
    ..Resource::NONE
};

/// `services/default/kubernetes`, with the group if there is one.
fn parent(address: &Object) -> String {
    let parent = address.at("spec.parentRef");
    let of = |field: &str| parent.get(field).str().to_owned();
    let parts = [of("resource"), of("namespace"), of("name")];
    let given: Vec<String> = parts.into_iter().filter(|it| !it.is_empty()).collect();
    let group = of("group");
    let dot = if group.is_empty() { "" } else { "." };
    let mut text = given.join("/");
    if let Some(end) = text.find('/') {
        text.insert_str(end, &format!("{dot}{group}"));
    }
    text
}
