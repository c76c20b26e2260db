//! `networking.k8s.io/v1` `IngressClass`. Upstream: `pkg/registry/networking/ingressclass/strategy.go`.

use crate::api::printing::{age, or_none};
use crate::api::resources::workload::{count_generation, default, within};
use crate::api::validation::every_kind::ingress;
use crate::api::{Column, Resource, Scope};
use crate::model::Object;

/// The registration.
pub(super) const RESOURCE: Resource = Resource {
    group: "networking.k8s.io",
    kind: "IngressClass",
    plural: "ingressclasses",
    singular: "ingressclass",
    scope: Scope::Cluster,
    default: |it| within(it, "spec", |spec| within(spec, "parameters", |it| default(it, "scope", "Cluster"))),
    prepare_for_create: |it| it.set("metadata.generation", 1),
    prepare_for_update: count_generation,
    validate: ingress::validate_class,
    validate_update: ingress::validate_class_update,
    columns: &[
        Column::new("CONTROLLER", |it, _| it.at("spec.controller").str().to_owned()),
        Column::new("PARAMETERS", |it, _| or_none(&parameters(it))),
        Column::new("AGE", age),
    ],
    ..Resource::NONE
};

/// `Kind.group/name`.
fn parameters(class: &Object) -> String {
    let parameters = class.at("spec.parameters");
    if parameters.is_null() {
        return String::new();
    }
    let group = parameters.get("apiGroup").as_str().map_or_else(String::new, |it| format!(".{it}"));
    format!("{}{group}/{}", parameters.get("kind").str(), parameters.get("name").str())
}
