//! What types are called in OpenAPI documents: `core.v1.Pod` is `io.k8s.api.core.v1.Pod`.

use shared::api::Registration;
use shared::model::schema::Schema;

/// The prefix of the packages that begin so; all others are `io.k8s.api.`.
const PREFIXES: &[(&str, &str)] = &[
    ("meta.", "io.k8s.apimachinery.pkg.apis."),
    ("apiextensions.", "io.k8s.apiextensions-apiserver.pkg.apis."),
    ("apiregistration.", "io.k8s.kube-aggregator.pkg.apis."),
    ("runtime.", "io.k8s.apimachinery.pkg."),
    ("util.", "io.k8s.apimachinery.pkg."),
    ("version.", "io.k8s.apimachinery.pkg."),
    ("api.", "io.k8s.apimachinery.pkg."),
];

/// Types that are no structs, which every document has.
pub(super) const TIME: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.Time";
pub(super) const MICRO_TIME: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime";
pub(super) const QUANTITY: &str = "io.k8s.apimachinery.pkg.api.resource.Quantity";
pub(super) const INT_OR_STRING: &str = "io.k8s.apimachinery.pkg.util.intstr.IntOrString";
pub(super) const PATCH: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.Patch";
pub(super) const STATUS: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.Status";
pub(super) const OBJECT_META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";
pub(super) const LIST_META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta";

/// A kind whose `apiVersion`, `kind` and `metadata` are described as those of all kinds.
pub(super) const TYPICAL: &str = "core.v1.Pod";

/// The name in a document.
pub(super) fn full(short: &str) -> String {
    let prefix = PREFIXES.iter().find(|(package, _)| short.starts_with(package)).map_or("io.k8s.api.", |(_, it)| it);
    format!("{prefix}{short}")
}

/// The name of a resource's type; `None` if the schema does not know its kind.
pub(super) fn of_resource(resource: &Registration) -> Option<String> {
    if resource.is_custom() {
        let group: Vec<&str> = resource.group.rsplit('.').collect();
        return Some(format!("{}.{}.{}", group.join("."), resource.version, resource.kind));
    }
    let schema = Schema::get();
    let id = schema.find(&resource.api_version(), &resource.kind)?;
    Some(full(&schema.type_of(id).name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_upstreams() {
        assert_eq!(full("core.v1.Pod"), "io.k8s.api.core.v1.Pod");
        assert_eq!(full("meta.v1.ObjectMeta"), "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta");
    }
}
