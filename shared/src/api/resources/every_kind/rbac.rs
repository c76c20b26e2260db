//! `rbac.authorization.k8s.io/v1`: roles and bindings. Upstream: `pkg/registry/rbac/*/strategy.go`, `pkg/apis/rbac/v1/defaults.go`.

use crate::api::printing::age;
use crate::api::validation::every_kind::rbac;
use crate::api::{Column, Resource, Scope};
use crate::model::{Object, Value, names};

const GROUP: &str = "rbac.authorization.k8s.io";

const ROLE_LIKE: Resource = Resource {
    group: GROUP,
    validate_name: names::path_segment,
    validate: rbac::validate_role,
    validate_update: |new, _, errors| rbac::validate_role(new, errors),
    columns: &[Column::new("CREATED AT", |it, _| it.at("metadata.creationTimestamp").str().to_owned())],
    ..Resource::NONE
};

const BINDING_LIKE: Resource = Resource {
    default: default_binding,
    validate: rbac::validate_binding,
    validate_update: rbac::validate_binding_update,
    columns: &[
        Column::new("ROLE", |it, _| format!("{}/{}", it.at("roleRef.kind").str(), it.at("roleRef.name").str())),
        Column::new("AGE", age),
        Column::wide("USERS", |it, _| subjects(it, "User")),
        Column::wide("GROUPS", |it, _| subjects(it, "Group")),
        Column::wide("ServiceAccounts", |it, _| subjects(it, "ServiceAccount")),
    ],
    ..ROLE_LIKE
};

/// `ClusterRoleBinding`.
pub(super) const CLUSTER_ROLE_BINDING: Resource = Resource {
    kind: "ClusterRoleBinding",
    plural: "clusterrolebindings",
    singular: "clusterrolebinding",
    scope: Scope::Cluster,
    ..BINDING_LIKE
};

/// `ClusterRole`.
pub(super) const CLUSTER_ROLE: Resource = Resource {
    kind: "ClusterRole",
    plural: "clusterroles",
    singular: "clusterrole",
    scope: Scope::Cluster,
    columns: &[Column::new("CREATED AT", |it, _| it.at("metadata.creationTimestamp").str().to_owned())],
    validate: rbac::validate_cluster_role,
    validate_update: |new, _, errors| rbac::validate_cluster_role(new, errors),
    ..ROLE_LIKE
};

/// `RoleBinding`.
pub(super) const ROLE_BINDING: Resource =
    Resource { kind: "RoleBinding", plural: "rolebindings", singular: "rolebinding", ..BINDING_LIKE };

/// `Role`.
pub(super) const ROLE: Resource = Resource { kind: "Role", plural: "roles", singular: "role", ..ROLE_LIKE };

fn default_binding(binding: &mut Object) {
    if binding.at("roleRef.apiGroup").is_empty() && binding.get("roleRef").as_map().is_some() {
        binding.set("roleRef.apiGroup", GROUP);
    }
    for index in 0..binding.get("subjects").items().len() {
        let subject = &mut binding.entry("subjects").list_mut()[index];
        if subject.get("apiGroup").is_empty() && matches!(subject.get("kind").str(), "User" | "Group") {
            subject.set("apiGroup", GROUP);
        }
    }
}

fn subjects(binding: &Object, kind: &str) -> String {
    let of_kind = binding.get("subjects").items().iter().filter(|it| it.get("kind").str() == kind);
    let shown = |it: &Value| match it.get("namespace").str() {
        "" => it.get("name").str().to_owned(),
        namespace => format!("{namespace}/{}", it.get("name").str()),
    };
    of_kind.map(shown).collect::<Vec<_>>().join(", ")
}
