//! Claims. Upstream: `pkg/apis/core/validation/validation.go` (`ValidatePersistentVolumeClaim`), `pkg/api/persistentvolumeclaim`.
//!
//! Differs: a refused change ends after its first line (`DIFFERENCE`: Kubernetes adds a diff of its internal Go structs).

use crate::api::Errors;
use crate::api::validation::{At, IMMUTABLE, labels};
use crate::model::{Object, Quantity, Value, names};

/// What a volume's bytes may be used for, in the order of the alphabet, as messages list them.
const ACCESS_MODES: &[&str] = &["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];
const FIXED: &str =
    "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims";
/// What an amount that has to be above 0 is told.
pub(super) const NOT_POSITIVE: &str = "must be greater than zero";
const STORAGE: &str = "resources.requests.storage";

/// Finds what is wrong with a new claim.
pub(crate) fn validate(claim: &Object, errors: &mut Errors) {
    let root = At::root(claim);
    validate_spec(&root.field("spec"), errors);
}

/// The spec of a claim, alone or as a template.
pub(super) fn validate_spec(spec: &At<'_>, errors: &mut Errors) {
    let modes = spec.field("accessModes");
    if modes.is_empty() {
        errors.required(&modes, "at least 1 access mode is required");
    }
    let selector = spec.field("selector");
    if selector.is_set() {
        labels::validate_selector(&selector, errors);
    }
    validate_access_modes(&modes, errors);
    let resources = spec.field("resources");
    let size = At { value: resources.value().at("requests.storage"), ..resources.key("storage") };
    if size.is_set() {
        positive(&size, NOT_POSITIVE, errors);
    } else {
        errors.required(&size, "");
    }
    class_name(&spec.field("storageClassName"), errors);
    volume_mode(&spec.field("volumeMode"), errors);
    for field in ["dataSource", "dataSourceRef"] {
        validate_source(&spec.field(field), errors);
    }
    class_name(&spec.field("volumeAttributesClassName"), errors);
}

/// Known modes, of which `ReadWriteOncePod` stands alone.
pub(super) fn validate_access_modes(modes: &At<'_>, errors: &mut Errors) {
    let (mut once_pod, mut other) = (false, false);
    for mode in modes.items() {
        if !ACCESS_MODES.contains(&mode.str()) {
            errors.unsupported(modes, mode, ACCESS_MODES);
        }
        *(if mode.str() == "ReadWriteOncePod" { &mut once_pod } else { &mut other }) = true;
    }
    if once_pod && other {
        errors.forbidden(modes, "may not use ReadWriteOncePod with other access modes");
    }
}

/// An amount above 0.
pub(super) fn positive(amount: &At<'_>, detail: &str, errors: &mut Errors) {
    let quantity = Quantity::read(amount);
    if quantity.is_zero() || quantity.is_negative() {
        errors.invalid(amount, &quantity.to_string().into(), detail);
    }
}

/// The name of a class, if there is one.
pub(super) fn class_name(name: &At<'_>, errors: &mut Errors) {
    if !name.is_empty() {
        errors.bad_each(name, names::dns1123_subdomain(name.str()));
    }
}

/// `Block` or `Filesystem`, if it is there.
pub(super) fn volume_mode(mode: &At<'_>, errors: &mut Errors) {
    if mode.is_set() {
        errors.one_of(mode, &["Block", "Filesystem"]);
    }
}

fn validate_source(source: &At<'_>, errors: &mut Errors) {
    if !source.is_set() {
        return;
    }
    errors.needs(&source.field("name"));
    let kind = source.field("kind");
    errors.needs(&kind);
    let group = source.field("apiGroup");
    if group.is_empty() && kind.str() != "PersistentVolumeClaim" {
        errors.invalid(source, kind.value(), "");
    }
    if !group.is_empty() {
        errors.bad_each(&group, names::dns1123_subdomain(group.str()));
    }
}

/// Finds what is wrong with a change.
pub(crate) fn validate_update(new: &Object, old: &Object, errors: &mut Errors) {
    if new.get("spec") == old.get("spec") {
        return;
    }
    validate(new, errors);
    let (mut after, before) = (new.get("spec").clone(), old.get("spec"));
    let mut free = |field: &str| match before.at(field) {
        Value::Null => drop(after.remove(field)),
        kept => after.set(field, kept),
    };
    if before.get("volumeName").is_empty() {
        free("volumeName");
    }
    if gains_class(new, old) {
        free("storageClassName");
    }
    if new.at("status.phase").str() == "Bound" {
        free(STORAGE);
        free("volumeAttributesClassName");
    }
    if after != *before {
        errors.forbidden("spec", FIXED);
    }
    let size = |spec: &Value| Quantity::read(spec.at(STORAGE));
    let capacity = Quantity::read(old.at("status.capacity.storage"));
    if size(new.get("spec")) < size(before) && size(new.get("spec")) <= capacity {
        errors.forbidden("spec.resources.requests.storage", "field can not be less than status.capacity");
    }
    if new.at("spec.volumeMode") != before.get("volumeMode") {
        errors.invalid("volumeMode", new.at("spec.volumeMode"), IMMUTABLE);
    }
}

/// A claim without a class may get one, from nothing or from the beta's annotation.
fn gains_class(new: &Object, old: &Object) -> bool {
    const BETA: &str = "volume.beta.kubernetes.io/storage-class";
    let class = new.at("spec.storageClassName").as_str();
    match (old.annotation(BETA), old.at("spec.storageClassName").is_null()) {
        (_, false) => false,
        (Some(beta), true) => class == Some(beta),
        (None, true) => class.is_some() && new.annotation(BETA).is_none(),
    }
}

/// What may be wrong with a claim that is accepted.
pub(crate) fn warn(claim: &Object, warnings: &mut Vec<String>) {
    let root = At::root(claim);
    warn_of_amounts(&root.field("spec"), warnings);
}

/// Amounts of bytes that are not whole.
pub(super) fn warn_of_amounts(spec: &At<'_>, warnings: &mut Vec<String>) {
    let resources = spec.field("resources");
    let requests = resources.field("requests");
    let size = requests.key("storage");
    let quantity = Quantity::read(&size);
    if size.is_set() && !quantity.is_whole() {
        let shown = names::quote(&quantity.to_string());
        warnings.push(format!("{size}: fractional byte value {shown} is invalid, must be an integer"));
    }
}
