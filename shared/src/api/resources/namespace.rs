//! `v1` Namespace. Upstream: `pkg/registry/core/namespace/strategy.go`.

use crate::api::printing::age;
use crate::api::resources::workload::keep;
use crate::api::{Column, Resource, Scope};
use crate::model::{Object, Value, names};

/// The registration.
pub(super) const RESOURCE: Resource = Resource {
    kind: "Namespace",
    plural: "namespaces",
    singular: "namespace",
    short_names: &["ns"],
    scope: Scope::Cluster,
    subresources: &["status", "finalize"],
    default: name_label,
    validate_name: names::dns1123_label,
    prepare_for_create,
    prepare_for_update: |new, old| {
        keep(new, old, "status");
        new.set("spec.finalizers", old.at("spec.finalizers"));
    },
    selectable: &[("status.phase", |it| it.at("status.phase").text())],
    columns: &[Column::new("STATUS", |it, _| it.at("status.phase").str().to_owned()), Column::new("AGE", age)],
    ..Resource::NONE
};

fn prepare_for_create(namespace: &mut Object) {
    namespace.set("status", Value::from([("phase", "Active".into())]));
    let kubernetes = Value::from("kubernetes");
    if !namespace.at("spec.finalizers").items().contains(&kubernetes) {
        namespace.entry("spec.finalizers").list_mut().push(kubernetes);
    }
}

fn name_label(namespace: &mut Object) {
    let name = namespace.name();
    if namespace.label("kubernetes.io/metadata.name") != Some(&name) && !name.is_empty() {
        namespace.entry("metadata.labels").map_mut().insert("kubernetes.io/metadata.name", name);
    }
}
