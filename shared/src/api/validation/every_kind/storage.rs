//! The kinds of `storage.k8s.io`. Upstream: `pkg/apis/storage/validation/validation.go`.

use crate::api::Errors;
use crate::api::validation::{At, IMMUTABLE, NOT_NEGATIVE, labels};
use crate::model::keyed::Met;
use crate::model::{Object, Quantity, Value, names};

const PARAMETERS_MAX: usize = 512;
const PARAMETERS_MAX_BYTES: usize = 256 * 1024;
const DRIVER_NAME_MAX_BYTES: usize = 63;
const NODE_ID_MAX_BYTES: usize = 256;
const UPDATE_PERIOD_MIN_SECONDS: i64 = 10;
const ONE_SOURCE: &str = "must specify exactly one of inlineVolumeSpec and persistentVolumeName";

/// Finds what is wrong with a new `StorageClass`.
pub(crate) fn validate_class(class: &Object, errors: &mut Errors) {
    let root = At::root(class);
    let provisioner = root.field("provisioner");
    if errors.needs(&provisioner) {
        errors.bad_each(&provisioner, names::label_key(&provisioner.str().to_lowercase()));
    }
    validate_parameters(&root.field("parameters"), errors);
    let reclaim = root.field("reclaimPolicy");
    if !reclaim.is_empty() {
        errors.one_of(&reclaim, &["Delete", "Retain"]);
    }
    validate_binding_mode(&root.field("volumeBindingMode"), errors);
    validate_topologies(&root.field("allowedTopologies"), errors);
}

fn validate_binding_mode(mode: &At<'_>, errors: &mut Errors) {
    if mode.is_set() {
        errors.one_of(mode, &["Immediate", "WaitForFirstConsumer"]);
    } else {
        errors.required(mode, "");
    }
}

fn validate_topologies(topologies: &At<'_>, errors: &mut Errors) {
    let mut seen = Met::default();
    for term in topologies.each() {
        for requirement in term.field("matchLabelExpressions").each() {
            let (key, values) = (requirement.field("key"), requirement.field("values"));
            errors.needs(&values);
            let mut met = Met::default();
            for value in values.each() {
                if met.again(value.value()) > 0 {
                    errors.duplicate(&value, value.value());
                }
            }
            errors.bad_each(&key, names::label_key(key.str()));
        }
        if seen.again(term.value()) > 0 {
            errors.duplicate(&term.field("matchLabelExpressions"), &Value::from(""));
        }
    }
}

fn validate_parameters(parameters: &At<'_>, errors: &mut Errors) {
    let fields = parameters.fields();
    if fields.len() > PARAMETERS_MAX {
        return errors.too_long(parameters, PARAMETERS_MAX);
    }
    if parameters.value().get("").as_str().is_some() {
        errors.invalid(parameters, &"".into(), "field can not be empty.");
    }
    if fields.iter().map(|(key, value)| key.len() + value.str().len()).sum::<usize>() > PARAMETERS_MAX_BYTES {
        errors.too_long(parameters, PARAMETERS_MAX_BYTES);
    }
}

/// Finds what is wrong with a changed `StorageClass`: nearly nothing may change.
pub(crate) fn validate_class_update(new: &Object, old: &Object, errors: &mut Errors) {
    for field in ["parameters", "provisioner", "reclaimPolicy"] {
        if new.get(field) != old.get(field) {
            errors.forbidden(field, &format!("updates to {field} are forbidden."));
        }
    }
    immutable(new, old, &["volumeBindingMode"], errors);
    validate_topologies(&At::root(new).field("allowedTopologies"), errors);
}

fn immutable(new: &Object, old: &Object, fields: &[&str], errors: &mut Errors) {
    for field in fields {
        if new.at(field) != old.at(field) {
            errors.invalid(*field, new.at(field), IMMUTABLE);
        }
    }
}

/// Finds what is wrong with the name of a driver.
fn validate_driver(driver: &At<'_>, errors: &mut Errors) {
    if !errors.needs(driver) {
        return;
    }
    if driver.str().len() > DRIVER_NAME_MAX_BYTES {
        errors.too_long(driver, DRIVER_NAME_MAX_BYTES);
    }
    errors.bad_each(driver, names::dns1123_subdomain(&driver.str().to_lowercase()));
}

/// Finds what is wrong with a new `VolumeAttributesClass`.
pub(crate) fn validate_attributes_class(class: &Object, errors: &mut Errors) {
    let root = At::root(class);
    validate_driver(&root.field("driverName"), errors);
    let parameters = root.field("parameters");
    if parameters.is_empty() {
        errors.required(&parameters, "must contain at least one parameter");
    }
    validate_parameters(&parameters, errors);
}

/// Finds what is wrong with a changed `VolumeAttributesClass`.
pub(crate) fn validate_attributes_class_update(new: &Object, old: &Object, errors: &mut Errors) {
    immutable(new, old, &["driverName", "parameters"], errors);
}

/// Finds what is wrong with a new `VolumeAttachment`.
pub(crate) fn validate_attachment(attachment: &Object, errors: &mut Errors) {
    let root = At::root(attachment);
    let spec = root.field("spec");
    let attacher = spec.field("attacher");
    validate_driver(&attacher, errors);
    let source = spec.field("source");
    let (inline, volume) = (source.field("inlineVolumeSpec"), source.field("persistentVolumeName"));
    match (inline.is_set(), volume.is_set()) {
        (false, false) => errors.required(&source, ONE_SOURCE),
        (true, true) => errors.forbidden(&source, ONE_SOURCE),
        (false, true) if volume.is_empty() => errors.required(&volume, "must specify non empty persistentVolumeName"),
        (false, true) => errors.bad_each(&volume, names::dns1123_subdomain(volume.str())),
        (true, false) => {}
    }
    let node = spec.field("nodeName");
    errors.bad_each(&node, names::dns1123_subdomain(node.str()));
}

/// Finds what is wrong with a changed `VolumeAttachment`: its spec stays.
pub(crate) fn validate_attachment_update(new: &Object, old: &Object, errors: &mut Errors) {
    let spec = new.get("spec");
    if spec == old.get("spec") {
        return;
    }
    let source = Value::from([
        ("InlineVolumeSpec", spec.at("source.inlineVolumeSpec").clone()),
        ("PersistentVolumeName", spec.at("source.persistentVolumeName").clone()),
    ]);
    let shown = Value::from([
        ("Attacher", spec.get("attacher").clone()),
        ("NodeName", spec.get("nodeName").clone()),
        ("Source", source),
    ]);
    errors.invalid("spec", &shown, IMMUTABLE);
}

/// Finds what is wrong with a new `CSIDriver`.
pub(crate) fn validate_csi_driver(driver: &Object, errors: &mut Errors) {
    let root = At::root(driver);
    let spec = root.field("spec");
    for field in ["attachRequired", "podInfoOnMount", "storageCapacity"] {
        if !spec.get(field).is_null() {
            continue;
        }
        errors.required(&spec.field(field), "");
    }
    let group = spec.field("fsGroupPolicy");
    if group.is_set() {
        errors.one_of(&group, &["File", "None", "ReadWriteOnceWithFSType"]);
    }
    validate_token_requests(&spec.field("tokenRequests"), errors);
    for mode in spec.field("volumeLifecycleModes").each() {
        errors.one_of(&mode, &["Ephemeral", "Persistent"]);
    }
    let period = spec.field("nodeAllocatableUpdatePeriodSeconds");
    if period.as_int().is_some_and(|it| it < UPDATE_PERIOD_MIN_SECONDS) {
        errors.bad(&period, "must be greater than or equal to 10 seconds");
    }
}

fn validate_token_requests(requests: &At<'_>, errors: &mut Errors) {
    const LEAST: i64 = 600;
    const MOST: i64 = 1 << 32;
    let mut met = Met::default();
    for request in requests.each() {
        let audience = request.value().get("audience");
        if met.again(audience) > 0 {
            errors.duplicate(&request.field("audience"), &Value::from(audience.str()));
        }
        let seconds = request.field("expirationSeconds");
        let Some(number) = seconds.as_int() else { continue };
        if number < LEAST {
            errors.bad(&seconds, "may not specify a duration less than 10 minutes");
        }
        if number > MOST {
            errors.bad(&seconds, "may not specify a duration larger than 2^32 seconds");
        }
    }
}

/// Finds what is wrong with a changed `CSIDriver`.
pub(crate) fn validate_csi_driver_update(new: &Object, old: &Object, errors: &mut Errors) {
    validate_csi_driver(new, errors);
    // The path of the first has this extra letters upstream.
    for (field, path) in
        [("attachRequired", "spec.attachedRequired"), ("volumeLifecycleModes", "spec.volumeLifecycleModes")]
    {
        let value = new.get("spec").get(field);
        if value != old.get("spec").get(field) {
            errors.invalid(path, value, IMMUTABLE);
        }
    }
}

/// Finds what is wrong with a `CSINode`.
pub(crate) fn validate_csi_node(node: &Object, errors: &mut Errors) {
    let root = At::root(node);
    let spec = root.field("spec");
    let drivers = spec.field("drivers");
    let mut met = Met::default();
    for driver in drivers.each() {
        let (name, id) = (driver.field("name"), driver.field("nodeID"));
        validate_driver(&name, errors);
        if errors.needs(&id) && id.str().len() > NODE_ID_MAX_BYTES {
            errors.bad(&id, &format!("must be {NODE_ID_MAX_BYTES} characters or less"));
        }
        let count = driver.at("allocatable.count");
        if count.int_or(0) < 0 {
            errors.invalid(format!("{driver}.allocatable.count"), count, NOT_NEGATIVE);
        }
        if met.again(name.value()) > 0 {
            errors.duplicate(&name, name.value());
        }
        validate_topology_keys(&driver.field("topologyKeys"), errors);
    }
}

fn validate_topology_keys(keys: &At<'_>, errors: &mut Errors) {
    let mut met = Met::default();
    for key in keys.each() {
        if met.again(key.value()) > 0 {
            errors.duplicate(keys, key.value());
        }
        errors.invalid_each(keys, key.value(), names::label_key(key.str()));
    }
}

/// Finds what is wrong with a changed `CSINode`: drivers that stay do not change.
pub(crate) fn validate_csi_node_update(new: &Object, old: &Object, errors: &mut Errors) {
    validate_csi_node(new, errors);
    for driver in new.at("spec.drivers").items() {
        let before = old.at("spec.drivers").items().iter().find(|it| it.get("name") == driver.get("name"));
        if before.is_some_and(|it| it != driver) {
            errors.invalid("spec.drivers", driver, IMMUTABLE);
        }
    }
}

/// Finds what is wrong with a new `CSIStorageCapacity`.
pub(crate) fn validate_capacity(capacity: &Object, errors: &mut Errors) {
    let root = At::root(capacity);
    labels::validate_selector(&root.field("nodeTopology"), errors);
    let class = root.field("storageClassName");
    errors.bad_each(&class, names::dns1123_subdomain(class.str()));
    for field in ["capacity", "maximumVolumeSize"] {
        let at = root.field(field);
        if Quantity::from_value(at.value()).is_ok_and(|it| it.is_negative()) {
            errors.bad(&at, NOT_NEGATIVE);
        }
    }
}

/// Finds what is wrong with a changed `CSIStorageCapacity`.
pub(crate) fn validate_capacity_update(new: &Object, old: &Object, errors: &mut Errors) {
    validate_capacity(new, errors);
    immutable(new, old, &["nodeTopology", "storageClassName"], errors);
}
