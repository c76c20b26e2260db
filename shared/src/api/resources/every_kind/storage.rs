//! `storage.k8s.io/v1`: classes of volumes and what CSI drivers say about themselves.
//!
//! Upstream: `pkg/registry/storage/*/strategy.go`, `pkg/apis/storage/v1/defaults.go`.

use crate::api::printing::age;
use crate::api::registry::Fidelity;
use crate::api::registry::Named;
use crate::api::resources::workload::{default, keep, within};
use crate::api::validation::every_kind::storage;
use crate::api::{Column, Resource, Scope};
use crate::model::{Object, Value};

const COMMON: Resource = Resource { group: "storage.k8s.io", scope: Scope::Cluster, ..Resource::NONE };
/// Either annotation makes a class the default one.
const DEFAULT_CLASS: [&str; 2] =
    ["storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"];

/// The registration of `StorageClass`.
pub(super) const STORAGE_CLASS: Resource = Resource {
    fidelity: Fidelity::Approximated("claims get the default one, but no controller provisions volumes yet"),
    kind: "StorageClass",
    plural: "storageclasses",
    singular: "storageclass",
    short_names: &["sc"],
    default: |it| {
        default(it, "reclaimPolicy", "Delete");
        default(it, "volumeBindingMode", "Immediate");
    },
    validate: storage::validate_class,
    validate_update: storage::validate_class_update,
    named: Named::InColumns,
    columns: &[
        Column::new("NAME", |it, _| class_name(it)),
        Column::new("PROVISIONER", |it, _| it.get("provisioner").str().to_owned()),
        Column::new("ReclaimPolicy", |it, _| it.get("reclaimPolicy").str().to_owned()),
        Column::new("VolumeBindingMode", |it, _| it.get("volumeBindingMode").str().to_owned()),
        Column::new("AllowVolumeExpansion", |it, _| it.get("allowVolumeExpansion").is_true().to_string()),
        Column::new("AGE", age),
    ],
    ..COMMON
};

fn class_name(class: &Object) -> String {
    let mark = if DEFAULT_CLASS.iter().any(|it| class.annotation(it) == Some("true")) { " (default)" } else { "" };
    format!("{}{mark}", class.name())
}

/// The registration of `VolumeAttributesClass`.
pub(super) const VOLUME_ATTRIBUTES_CLASS: Resource = Resource {
    fidelity: Fidelity::Approximated("no controller changes volumes by it yet"),
    kind: "VolumeAttributesClass",
    plural: "volumeattributesclasses",
    singular: "volumeattributesclass",
    short_names: &["vac"],
    validate: storage::validate_attributes_class,
    validate_update: storage::validate_attributes_class_update,
    columns: &[Column::new("DriverName", |it, _| it.get("driverName").str().to_owned()), Column::new("AGE", age)],
    ..COMMON
};

/// The registration of `VolumeAttachment`.
pub(super) const VOLUME_ATTACHMENT: Resource = Resource {
    fidelity: Fidelity::Approximated("no controller attaches volumes yet"),
    kind: "VolumeAttachment",
    plural: "volumeattachments",
    singular: "volumeattachment",
    subresources: &["status"],
    prepare_for_create: |it| it.set("status", Value::from([("attached", false.into())])),
    prepare_for_update: |new, old| keep(new, old, "status"),
    validate: storage::validate_attachment,
    validate_update: storage::validate_attachment_update,
    columns: &[
        Column::new("ATTACHER", |it, _| it.at("spec.attacher").str().to_owned()),
        Column::new("PV", |it, _| it.at("spec.source.persistentVolumeName").str().to_owned()),
        Column::new("NODE", |it, _| it.at("spec.nodeName").str().to_owned()),
        Column::new("ATTACHED", |it, _| it.at("status.attached").is_true().to_string()),
        Column::new("AGE", age),
    ],
    ..COMMON
};

/// The registration of `CSIDriver`.
pub(super) const CSI_DRIVER: Resource = Resource {
    fidelity: Fidelity::Approximated("no kubelet speaks to drivers yet"),
    kind: "CSIDriver",
    plural: "csidrivers",
    singular: "csidriver",
    default: default_driver,
    validate: storage::validate_csi_driver,
    validate_update: storage::validate_csi_driver_update,
    columns: &[
        Column::new("AttachRequired", |it, _| yes(it, "attachRequired")),
        Column::new("PodInfoOnMount", |it, _| yes(it, "podInfoOnMount")),
        Column::new("StorageCapacity", |it, _| yes(it, "storageCapacity")),
        Column::new("TokenRequests", |it, _| listed(it.at("spec.tokenRequests"), "<unset>")),
        Column::new("RequiresRepublish", |it, _| yes(it, "requiresRepublish")),
        Column::new("MODES", |it, _| listed(it.at("spec.volumeLifecycleModes"), "<none>")),
        Column::new("AGE", age),
    ],
    ..COMMON
};

fn default_driver(driver: &mut Object) {
    if driver.get("spec").is_null() {
        driver.set("spec", Value::map());
    }
    within(driver, "spec", |spec| {
        default(spec, "attachRequired", true);
        for field in ["podInfoOnMount", "storageCapacity", "requiresRepublish", "seLinuxMount"] {
            default(spec, field, false);
        }
        default(spec, "fsGroupPolicy", "ReadWriteOnceWithFSType");
        if spec.get("volumeLifecycleModes").is_empty() {
            spec.set("volumeLifecycleModes", ["Persistent"].into_iter().collect::<Value>());
        }
    });
}

fn yes(driver: &Object, field: &str) -> String {
    driver.get("spec").get(field).is_true().to_string()
}

/// Words, or the audiences of tokens, with commas.
fn listed(list: &Value, none: &str) -> String {
    let word = |it: &Value| it.as_str().unwrap_or(it.get("audience").str()).to_owned();
    let all: Vec<String> = list.items().iter().map(word).collect();
    if all.is_empty() { none.into() } else { all.join(",") }
}

/// The registration of `CSINode`.
pub(super) const CSI_NODE: Resource = Resource {
    fidelity: Fidelity::Approximated("no kubelet speaks to drivers yet"),
    kind: "CSINode",
    plural: "csinodes",
    singular: "csinode",
    validate: storage::validate_csi_node,
    validate_update: storage::validate_csi_node_update,
    columns: &[
        Column::new("DRIVERS", |it, _| it.at("spec.drivers").items().len().to_string()),
        Column::new("AGE", age),
    ],
    ..COMMON
};

/// The registration of `CSIStorageCapacity`.
pub(super) const CSI_STORAGE_CAPACITY: Resource = Resource {
    fidelity: Fidelity::Approximated("the scheduler does not look at it yet"),
    kind: "CSIStorageCapacity",
    plural: "csistoragecapacities",
    singular: "csistoragecapacity",
    scope: Scope::Namespaced,
    validate: storage::validate_capacity,
    validate_update: storage::validate_capacity_update,
    columns: &[Column::new("CREATED AT", |it, _| it.at("metadata.creationTimestamp").str().to_owned())],
    ..COMMON
};
