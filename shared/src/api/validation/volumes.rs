//! Volumes of a pod spec. Upstream: `pkg/apis/core/validation/validation.go` (`ValidateVolumes`, `validateVolumeSource`).

use crate::api::Errors;
use crate::api::validation::{At, container};
use crate::model::{Quantity, names};

const MODE: &str = "must be a number between 0 and 0777 (octal), both inclusive";
const HOST_PATH_TYPES: &[&str] =
    &["", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"];

/// Finds what is wrong, and gives the names that mounts may refer to.
pub(super) fn validate(volumes: &At<'_>, errors: &mut Errors) -> container::Volumes {
    let mut seen = container::Volumes::new();
    for volume in volumes.each() {
        let before = errors.0.len();
        validate_source(&volume, errors);
        let name = volume.field("name");
        if errors.needs(&name) {
            errors.bad_each(&name, names::dns1123_label(name.str()));
        }
        if seen.contains(&name.text()) {
            errors.duplicate(&name, name.value());
        }
        if errors.0.len() == before {
            seen.push(name.text());
        }
    }
    seen
}

fn validate_source(volume: &At<'_>, errors: &mut Errors) {
    let mut count = 0;
    for (field, value) in volume.fields() {
        if field == "name" || value.is_null() {
            continue;
        }
        let source = volume.field(field);
        if count > 0 {
            errors.forbidden(&source, "may not specify more than 1 volume type");
            continue;
        }
        count += 1;
        validate_kind(field, &source, errors);
    }
    if count == 0 {
        errors.required(volume, "must specify a volume type");
    }
}

/// What is wrong with a source of that kind.
pub(super) fn validate_kind(kind: &str, source: &At<'_>, errors: &mut Errors) {
    match kind {
        "emptyDir" => {
            let limit = source.field("sizeLimit");
            if limit.is_set() && Quantity::read(&limit).is_negative() {
                errors.forbidden(&limit, "SizeLimit field must be a valid resource quantity");
            }
        }
        "hostPath" => validate_host_path(source, errors),
        "secret" => {
            errors.needs(&source.field("secretName"));
            validate_files(source, errors);
        }
        "configMap" => {
            errors.needs(&source.field("name"));
            validate_files(source, errors);
        }
        "persistentVolumeClaim" => drop(errors.needs(&source.field("claimName"))),
        "downwardAPI" => {
            validate_mode(&source.field("defaultMode"), errors);
            validate_downward(&source.field("items"), errors);
        }
        "projected" => validate_projected(source, errors),
        "nfs" => validate_nfs(source, errors),
        "csi" => drop(errors.needs(&source.field("driver"))),
        "ephemeral" => {
            let template = source.field("volumeClaimTemplate");
            if !template.is_set() {
                errors.required(&template, "");
            }
        }
        _ => {}
    }
}

fn validate_host_path(source: &At<'_>, errors: &mut Errors) {
    let path = source.field("path");
    if errors.needs(&path) {
        errors.bad_each(&path, names::no_backsteps(path.str()));
        let kind = source.field("type");
        errors.one_of(&kind, HOST_PATH_TYPES);
    }
}

fn validate_nfs(source: &At<'_>, errors: &mut Errors) {
    errors.needs(&source.field("server"));
    let path = source.field("path");
    if errors.needs(&path) && !path.str().starts_with('/') {
        errors.bad(&path, "must be an absolute path");
    }
}

fn validate_mode(mode: &At<'_>, errors: &mut Errors) {
    if mode.as_int().is_some_and(|it| !(0..=0o777).contains(&it)) {
        errors.bad(mode, MODE);
    }
}

fn validate_files(source: &At<'_>, errors: &mut Errors) {
    validate_mode(&source.field("defaultMode"), errors);
    validate_items(&source.field("items"), errors);
}

fn validate_items(items: &At<'_>, errors: &mut Errors) {
    for item in items.each() {
        errors.needs(&item.field("key"));
        validate_target(&item.field("path"), errors);
        validate_mode(&item.field("mode"), errors);
    }
}

fn validate_target(path: &At<'_>, errors: &mut Errors) {
    if !errors.needs(path) {
        return;
    }
    container::descending(path, path, errors);
    let text = path.str();
    if text.starts_with("..") && text != ".." && !text.starts_with("../") {
        errors.bad(path, "must not start with '..'");
    }
}

fn validate_downward(items: &At<'_>, errors: &mut Errors) {
    for item in items.each() {
        validate_target(&item.field("path"), errors);
        let (field, resource) = (item.field("fieldRef"), item.field("resourceFieldRef"));
        if field.is_set() {
            container::field_ref(&field, container::FILE_FIELDS, errors);
            if resource.is_set() {
                errors.bad(items, "fieldRef and resourceFieldRef can not be specified simultaneously");
            }
        } else if resource.is_set() {
            errors.needs(&resource.field("containerName"));
            container::resource_field_ref(&resource, errors);
        } else {
            errors.required(items, "one of fieldRef and resourceFieldRef is required");
        }
        validate_mode(&item.field("mode"), errors);
    }
}

fn validate_projected(source: &At<'_>, errors: &mut Errors) {
    validate_mode(&source.field("defaultMode"), errors);
    for part in source.field("sources").each() {
        let mut count = 0;
        for (kind, value) in part.fields() {
            if value.is_null() {
                continue;
            }
            let at = part.field(kind);
            count += 1;
            if count > 1 {
                errors.forbidden(&at, "may not specify more than 1 volume type");
                continue;
            }
            validate_projection(kind, &at, errors);
        }
    }
}

fn validate_projection(kind: &str, source: &At<'_>, errors: &mut Errors) {
    match kind {
        "secret" | "configMap" => {
            errors.needs(&source.field("name"));
            validate_items(&source.field("items"), errors);
        }
        "downwardAPI" => validate_downward(&source.field("items"), errors),
        "serviceAccountToken" => {
            let seconds = source.field("expirationSeconds");
            match seconds.int_or(0) {
                ..600 => errors.bad(&seconds, "may not specify a duration less than 10 minutes"),
                4_294_967_297.. => errors.bad(&seconds, "may not specify a duration larger than 2^32 seconds"),
                _ => {}
            }
            validate_target(&source.field("path"), errors);
        }
        _ => {}
    }
}
