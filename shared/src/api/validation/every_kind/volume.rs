//! Volumes of the cluster. Upstream: `pkg/apis/core/validation/validation.go` (`ValidatePersistentVolume`).
//!
//! Differs: a refused change ends after its first line (`DIFFERENCE`: Kubernetes adds a diff of its internal Go structs).

use crate::api::Errors;
use crate::api::validation::every_kind::claim::{
    NOT_POSITIVE, class_name, positive, validate_access_modes, volume_mode,
};
use crate::api::validation::{At, IMMUTABLE, affinity, volumes};
use crate::model::{Object, names};

/// The sources of a volume, in the order in which upstream looks at them.
const SOURCES: &[&str] = &[
    "hostPath",
    "gcePersistentDisk",
    "awsElasticBlockStore",
    "glusterfs",
    "flocker",
    "nfs",
    "rbd",
    "quobyte",
    "cephfs",
    "iscsi",
    "cinder",
    "fc",
    "flexVolume",
    "azureFile",
    "vsphereVolume",
    "photonPersistentDisk",
    "portworxVolume",
    "azureDisk",
    "scaleIO",
    "local",
    "storageos",
    "csi",
];

/// Finds what is wrong with a new volume.
pub(crate) fn validate(volume: &Object, errors: &mut Errors) {
    let root = At::root(volume);
    let spec = root.field("spec");
    let modes = spec.field("accessModes");
    errors.needs(&modes);
    validate_capacity(&spec.field("capacity"), &modes, errors);
    let policy = spec.field("persistentVolumeReclaimPolicy");
    if !policy.is_empty() {
        errors.one_of(&policy, &["Delete", "Recycle", "Retain"]);
    }
    let nodes = spec.field("nodeAffinity");
    validate_nodes(&nodes, errors);
    validate_source(&spec, errors);
    if spec.at("hostPath.path").str().trim_end_matches('/').is_empty()
        && spec.field("hostPath").is_set()
        && policy.str() == "Recycle"
    {
        errors.forbidden(&policy, "may not be 'recycle' for a hostPath mount of '/'");
    }
    class_name(&spec.field("storageClassName"), errors);
    volume_mode(&spec.field("volumeMode"), errors);
    validate_attributes(&spec, errors);
}

fn validate_capacity(capacity: &At<'_>, modes: &At<'_>, errors: &mut Errors) {
    errors.needs(capacity);
    if capacity.get("storage").is_null() || capacity.fields().len() > 1 {
        errors.unsupported(capacity, capacity.value(), &["storage"]);
    }
    validate_access_modes(modes, errors);
    for (_, amount) in capacity.entries() {
        positive(&amount, NOT_POSITIVE, errors);
    }
}

fn validate_nodes(nodes: &At<'_>, errors: &mut Errors) {
    let required = nodes.field("required");
    if required.is_set() {
        affinity::validate_node_selector(&required, errors);
    } else if nodes.is_set() {
        errors.required(&required, "must specify required node constraints");
    }
}

fn validate_source(spec: &At<'_>, errors: &mut Errors) {
    let mut given = SOURCES.iter().filter(|it| !spec.get(it).is_null());
    let Some(first) = given.next() else {
        return errors.required(spec, "must specify a volume type");
    };
    validate_kind(first, spec, errors);
    for other in given {
        errors.forbidden(&spec.field(other), "may not specify more than 1 volume type");
    }
}

fn validate_kind(kind: &str, spec: &At<'_>, errors: &mut Errors) {
    let source = spec.field(kind);
    match kind {
        "local" => {
            let path = source.field("path");
            if errors.needs(&path) {
                errors.bad_each(&path, names::no_backsteps(path.str()));
            }
            if !spec.field("nodeAffinity").is_set() {
                errors.required(&spec.field("nodeAffinity"), "Local volume requires node affinity");
            }
        }
        "csi" => {
            errors.needs(&source.field("driver"));
            errors.needs(&source.field("volumeHandle"));
        }
        "gcePersistentDisk" => drop(errors.needs(&source.field("pdName"))),
        "awsElasticBlockStore" | "cinder" => drop(errors.needs(&source.field("volumeID"))),
        _ => volumes::validate_kind(kind, &source, errors),
    }
}

fn validate_attributes(spec: &At<'_>, errors: &mut Errors) {
    let class = spec.field("volumeAttributesClassName");
    if !class.is_set() {
        return;
    }
    if class.is_empty() {
        errors.required(&class, "an empty string is disallowed");
    }
    class_name(&class, errors);
    let csi = spec.field("csi");
    if !csi.is_set() {
        errors.required(&csi, "has to be specified when using volumeAttributesClassName");
    }
}

/// Finds what is wrong with a change.
pub(crate) fn validate_update(new: &Object, old: &Object, errors: &mut Errors) {
    if new.get("spec") == old.get("spec") {
        return;
    }
    validate(new, errors);
    let source = |volume: &Object| -> Vec<_> { SOURCES.iter().map(|it| volume.get("spec").get(it).clone()).collect() };
    if source(new) != source(old) {
        errors.forbidden("spec.persistentvolumesource", "spec.persistentvolumesource is immutable after creation");
    }
    for field in ["volumeMode", "nodeAffinity"] {
        let (after, before) = (new.get("spec").get(field), old.get("spec").get(field));
        if after != before && !(field == "nodeAffinity" && before.is_null()) {
            errors.invalid(field, after, IMMUTABLE);
        }
    }
}
