//! `v1` `PersistentVolumeClaim`. Upstream: `pkg/registry/core/persistentvolumeclaim/strategy.go`, `printPersistentVolumeClaim`.

use crate::api::printing::age;
use crate::api::registry::{Deletion, Fidelity};
use crate::api::resources::keep;
use crate::api::resources::pod_spec::default_claim_spec;
use crate::api::resources::workload::{default_empty, within};
use crate::api::validation::every_kind::claim;
use crate::api::{Column, Resource};
use crate::model::{Object, Value};

/// Where the beta had the name of the class.
const BETA_CLASS: &str = "volume.beta.kubernetes.io/storage-class";

/// The registration.
pub(super) const RESOURCE: Resource = Resource {
    fidelity: Fidelity::Approximated("no controller binds it to a volume or provisions one yet"),
    kind: "PersistentVolumeClaim",
    plural: "persistentvolumeclaims",
    singular: "persistentvolumeclaim",
    short_names: &["pvc"],
    subresources: &["status"],
    default: |claim| {
        default_empty(claim, "status.phase", "Pending");
        within(claim, "spec", default_claim_spec);
    },
    prepare_for_create: |claim| {
        claim.set("status", Value::from([("phase", "Pending".into())]));
        within(claim, "spec", mirror_data_source);
    },
    prepare_for_update: |new, old| {
        keep(new, old, "status");
        within(new, "spec", mirror_data_source);
    },
    validate: claim::validate,
    validate_update: claim::validate_update,
    warn: claim::warn,
    selectable: &[("name", Object::name)],
    columns: &[
        Column::new("STATUS", |it, _| phase(it).to_owned()),
        Column::new("VOLUME", |it, _| it.at("spec.volumeName").str().to_owned()),
        Column::new("CAPACITY", |it, _| if_bound(it, it.at("status.capacity.storage").str().to_owned())),
        Column::new("ACCESS MODES", |it, _| if_bound(it, access_modes(it.at("status.accessModes")))),
        Column::new("STORAGECLASS", |it, _| class(it).to_owned()),
        Column::new("VOLUMEATTRIBUTESCLASS", |it, _| or_unset(it.at("spec.volumeAttributesClassName"))),
        Column::new("AGE", age),
        Column::wide("VOLUMEMODE", |it, _| or_unset(it.at("spec.volumeMode"))),
    ],
    deletion: Deletion { answers_object: true, ..Deletion::PLAIN },
    ..Resource::NONE
};

/// `dataSource` and `dataSourceRef` are one field, unless the source is in another namespace.
fn mirror_data_source(spec: &mut Value) {
    let (source, reference) = (spec.get("dataSource").clone(), spec.get("dataSourceRef").clone());
    match (source.is_null(), reference.is_null()) {
        (false, true) => spec.set("dataSourceRef", source),
        (true, false) if reference.get("namespace").is_empty() => spec.set("dataSource", reference),
        _ => {}
    }
}

fn phase(claim: &Object) -> &str {
    if claim.is_terminating() { "Terminating" } else { claim.at("status.phase").str() }
}

fn if_bound(claim: &Object, text: String) -> String {
    if claim.at("spec.volumeName").is_empty() { String::new() } else { text }
}

/// The storage class of a volume or claim: in the beta it was an annotation.
pub(super) fn class(object: &Object) -> &str {
    let annotated = object.annotation(BETA_CLASS);
    annotated.unwrap_or_else(|| object.at("spec.storageClassName").str())
}

/// `RWO,RWX`, each once, in upstream's order.
pub(super) fn access_modes(modes: &Value) -> String {
    let short =
        [("ReadWriteOnce", "RWO"), ("ReadOnlyMany", "ROX"), ("ReadWriteMany", "RWX"), ("ReadWriteOncePod", "RWOP")];
    let has = |mode: &str| modes.items().iter().any(|it| it.str() == mode);
    short.into_iter().filter(|(mode, _)| has(mode)).map(|(_, short)| short).collect::<Vec<_>>().join(",")
}

/// A field, or `<unset>`.
pub(super) fn or_unset(value: &Value) -> String {
    if value.is_null() { "<unset>".into() } else { value.str().to_owned() }
}
