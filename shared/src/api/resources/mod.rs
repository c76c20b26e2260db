//! One file per resource; this list is all that makes it exist.

pub(crate) mod conditions;
mod config_map;
mod event;
#[cfg(feature = "every-kind")]
pub(crate) mod every_kind;
mod lease;
mod namespace;
mod node;
mod pod;
mod pod_columns;
mod pod_spec;
mod replicaset;
mod secret;
mod service;
mod service_account;
pub(crate) mod service_addresses;
mod workload;

pub mod deployment;

pub(crate) use workload::keep;

use crate::api::{Fidelity, Resource};
use crate::model::ResourceName;

/// The resources that every host offers, in the order of the discovery documents.
static RESOURCES: &[Resource] = &[
    config_map::RESOURCE,
    event::RESOURCE,
    namespace::RESOURCE,
    node::RESOURCE,
    pod::RESOURCE,
    secret::RESOURCE,
    service_account::RESOURCE,
    service::RESOURCE,
    deployment::RESOURCE,
    replicaset::RESOURCE,
    event::EVENTS_GROUP,
    lease::RESOURCE,
];

/// The resources that the page does without, to stay small.
#[cfg(feature = "every-kind")]
static MORE: &[Resource] = every_kind::RESOURCES;
#[cfg(not(feature = "every-kind"))]
static MORE: &[Resource] = &[];

/// Every resource that is offered; where a resource has several versions, the preferred one comes first.
pub fn all() -> impl Iterator<Item = &'static Resource> {
    RESOURCES.iter().chain(MORE)
}

/// The registration of a resource, in its preferred version.
pub fn find(name: &ResourceName) -> Option<&'static Resource> {
    let (plural, group) = (name.plural(), name.group());
    all().find(|it| it.plural == plural && it.group == group)
}

/// The registration of a resource in a version; without that version, the preferred one.
pub fn find_version(name: &ResourceName, version: &str) -> Option<&'static Resource> {
    let exact = all().find(|it| it.plural == name.plural() && it.group == name.group() && it.version == version);
    exact.or_else(|| find(name))
}

/// The registration of a kind: `find_kind("apps/v1", "Deployment")`.
pub fn find_kind(api_version: &str, kind: &str) -> Option<&'static Resource> {
    all().find(|it| it.kind == kind && it.api_version() == api_version)
}

/// How true to Kubernetes each kind is, as a table of the documentation.
pub fn fidelity_table() -> String {
    let mut text = String::from("| kind | of | |\n| --- | --- | --- |\n");
    for it in all() {
        let how = match it.fidelity {
            Fidelity::Faithful => "faithful".to_owned(),
            Fidelity::Approximated(why) => format!("approximated: stored and validated; {why}"),
        };
        text.extend(["| ", it.kind, " | ", &it.api_version(), " | ", &how, " |\n"]);
    }
    text
}
