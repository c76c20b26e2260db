//! `apiextensions.k8s.io/v1` `CustomResourceDefinition`.
//!
//! Upstream: `k8s.io/apiextensions-apiserver/pkg/registry/customresourcedefinition/{strategy,etcd}.go`,
//! `pkg/apis/apiextensions/v1/defaults.go`.

use crate::api::custom::establish;
use crate::api::registry::Deletion;
use crate::api::registry::Fidelity;
use crate::api::resources::workload::{count_generation, default_empty, keep};
use crate::api::validation::every_kind::custom_resource_definition as checks;
use crate::api::{Column, Resource, Scope};
use crate::model::{Object, Text, Time, Value};

/// The finalizer that keeps a definition until its objects are gone.
pub(crate) const CLEANUP: &str = "customresourcecleanup.apiextensions.k8s.io";

/// The registration.
pub(super) const RESOURCE: Resource = Resource {
    group: "apiextensions.k8s.io",
    fidelity: Fidelity::Approximated("in force, but metadata in the default of an embedded resource is not looked at"),
    kind: "CustomResourceDefinition",
    plural: "customresourcedefinitions",
    singular: "customresourcedefinition",
    short_names: &["crd", "crds"],
    categories: &["api-extensions"],
    scope: Scope::Cluster,
    subresources: &["status"],
    default,
    prepare_for_create: |it| {
        it.set("metadata.generation", 1);
        let names = Value::from([("kind", "".into()), ("plural", "".into())]);
        let stored: Value = storage_version(it).into_iter().collect();
        let fields = [("acceptedNames", names), ("conditions", Value::Null), ("storedVersions", stored)];
        it.set("status", Value::from(fields));
    },
    prepare_for_update: |new, old| {
        keep(new, old, "status");
        count_generation(new, old);
        let stored = new.at("status.storedVersions");
        if let Some(version) = storage_version(new)
            && !stored.items().iter().any(|it| it.str() == version)
        {
            let all: Value = stored.items().iter().cloned().chain([Value::from(version)]).collect();
            new.set("status.storedVersions", all);
        }
    },
    validate: checks::validate,
    validate_update: checks::validate_update,
    validate_status: |new, _, errors| checks::validate_status(new, errors),
    deletion: Deletion { begin: Some(begin_deletion), ..Deletion::PLAIN },
    columns: &[Column::new("Created At", |it, _| it.metadata().get("creationTimestamp").str().to_owned())],
    ..Resource::NONE
};

fn default(it: &mut Object) {
    let kind = it.at("spec.names.kind").text();
    if !kind.is_empty() {
        default_empty(it, "spec.names.singular", kind.to_lowercase());
        default_empty(it, "spec.names.listKind", format!("{kind}List"));
    }
    default_empty(it, "spec.conversion", Value::from([("strategy", "None".into())]));
    if it.at("spec.conversion.webhook.clientConfig.service").as_map().is_some() {
        default_empty(it, "spec.conversion.webhook.clientConfig.service.port", 443);
    }
}

fn storage_version(it: &Object) -> Option<Text> {
    let versions = it.at("spec.versions").items();
    versions.iter().find(|it| it.get("storage").is_true()).map(|it| it.get("name").text())
}

/// A definition that is to go first waits for its objects.
fn begin_deletion(it: &mut Object, now: Time) {
    if !it.finalizers().any(|it| it == CLEANUP) {
        let all: Value = it.finalizers().map(Value::from).chain([Value::from(CLEANUP)]).collect();
        it.set("metadata.finalizers", all);
    }
    let message = "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon".to_owned();
    establish::put(it, ("Terminating", "True", "InstanceDeletionPending", message), now);
}
