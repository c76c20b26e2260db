//! `v1` `PersistentVolume`. Upstream: `pkg/registry/core/persistentvolume/strategy.go`, `printPersistentVolume`.

use crate::api::printing::age;
use crate::api::registry::{Deletion, Fidelity};
use crate::api::resources::every_kind::persistent_volume_claim::{access_modes, class, or_unset};
use crate::api::resources::keep;
use crate::api::resources::pod_spec::{canonical_amounts, default_source_of_volume};
use crate::api::resources::workload::{default, default_empty, within};
use crate::api::validation::every_kind::volume;
use crate::api::{Column, Resource, Scope};
use crate::model::{Object, Value};

/// The registration.
pub(super) const RESOURCE: Resource = Resource {
    fidelity: Fidelity::Approximated("no controller binds it to a claim yet"),
    kind: "PersistentVolume",
    plural: "persistentvolumes",
    singular: "persistentvolume",
    short_names: &["pv"],
    scope: Scope::Cluster,
    subresources: &["status"],
    default: default_volume,
    prepare_for_create: |it| it.set("status", Value::from([("phase", "Pending".into())])),
    prepare_for_update: |new, old| keep(new, old, "status"),
    validate: volume::validate,
    validate_update: volume::validate_update,
    selectable: &[("name", Object::name)],
    columns: &[
        Column::new("CAPACITY", |it, _| it.at("spec.capacity.storage").str().to_owned()),
        Column::new("ACCESS MODES", |it, _| access_modes(it.at("spec.accessModes"))),
        Column::new("RECLAIM POLICY", |it, _| it.at("spec.persistentVolumeReclaimPolicy").str().to_owned()),
        Column::new("STATUS", |it, _| phase(it).to_owned()),
        Column::new("CLAIM", |it, _| claim(it)),
        Column::new("STORAGECLASS", |it, _| class(it).to_owned()),
        Column::new("VOLUMEATTRIBUTESCLASS", |it, _| or_unset(it.at("spec.volumeAttributesClassName"))),
        Column::new("REASON", |it, _| it.at("status.reason").str().to_owned()),
        Column::new("AGE", age),
        Column::wide("VOLUMEMODE", |it, _| or_unset(it.at("spec.volumeMode"))),
    ],
    deletion: Deletion { answers_object: true, ..Deletion::PLAIN },
    ..Resource::NONE
};

fn default_volume(volume: &mut Object) {
    default_empty(volume, "status.phase", "Pending");
    within(volume, "spec", |spec| {
        default_empty(spec, "persistentVolumeReclaimPolicy", "Retain");
        default(spec, "volumeMode", "Filesystem");
        within(spec, "capacity", canonical_amounts);
        default_source_of_volume(spec);
        within(spec, "claimRef", |claim| {
            default_empty(claim, "apiVersion", "v1");
            default_empty(claim, "kind", "PersistentVolumeClaim");
        });
    });
}

fn phase(volume: &Object) -> &str {
    if volume.is_terminating() { "Terminating" } else { volume.at("status.phase").str() }
}

fn claim(volume: &Object) -> String {
    let claim = volume.at("spec.claimRef");
    if claim.is_null() {
        return String::new();
    }
    format!("{}/{}", claim.get("namespace").str(), claim.get("name").str())
}
