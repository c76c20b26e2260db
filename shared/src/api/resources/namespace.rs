//! `v1` Namespace. Upstream: `pkg/registry/core/namespace/strategy.go`.

use crate::api::{Column, Resource, Scope};
use crate::model::{Object, Value};

/// The registration.
pub(super) const RESOURCE: Resource = Resource {
    kind: "Namespace",
    plural: "namespaces",
    singular: "namespace",
    short_names: &["ns"],
    scope: Scope::Cluster,
    subresources: &["status", "finalize"],
    prepare_for_create,
    columns: &[Column::new("STATUS", |it, _| it.at("status.phase").str().to_owned())],
    ..Resource::NONE
};

fn prepare_for_create(namespace: &mut Object) {
    namespace.set("status", Value::from([("phase", "Active".into())]));
    namespace.set("spec.finalizers", Value::from(vec![Value::from("kubernetes")]));
    let name = namespace.name();
    namespace.entry("metadata.labels").map_mut().insert("kubernetes.io/metadata.name", name);
}
