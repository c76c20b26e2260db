//! `ConfigMap`s and Secrets. Upstream: `pkg/apis/core/validation/validation.go` (`ValidateConfigMap`, `ValidateSecret`).

use crate::api::validation::{At, IMMUTABLE};
use crate::api::{Errors, base64};
use crate::model::{Object, Value, names};

/// All data of one object together, in bytes.
const DATA_MAX_BYTES: usize = 1024 * 1024;
const SEALED: &str = "field is immutable when `immutable` is set";
const REDACTED: &str = "<secret contents redacted>";

/// Finds what is wrong with a new `ConfigMap`.
pub(crate) fn validate_config_map(config_map: &Object, errors: &mut Errors) {
    let root = At::root(config_map);
    let (data, binary) = (root.field("data"), root.field("binaryData"));
    let mut bytes = 0;
    for (key, value) in data.entries() {
        errors.invalid_each(&value, &key.into(), names::config_map_key(key));
        if !binary.get(key).is_null() {
            errors.invalid(&value, &key.into(), "duplicate of key present in binaryData");
        }
        bytes += value.str().len();
    }
    for (key, value) in binary.entries() {
        errors.invalid_each(&value, &key.into(), names::config_map_key(key));
        bytes += decoded_length(&value);
    }
    if bytes > DATA_MAX_BYTES {
        errors.too_long("", DATA_MAX_BYTES);
    }
}

/// Finds what is wrong with a change of a `ConfigMap`.
pub(crate) fn validate_config_map_update(new: &Object, old: &Object, errors: &mut Errors) {
    sealed(new, old, &["data", "binaryData"], errors);
    validate_config_map(new, errors);
}

fn sealed(new: &Object, old: &Object, fields: &[&str], errors: &mut Errors) {
    if !old.get("immutable").is_true() {
        return;
    }
    if !new.get("immutable").is_true() {
        errors.forbidden("immutable", SEALED);
    }
    for field in fields {
        if new.get(field) != old.get(field) {
            errors.forbidden(*field, SEALED);
        }
    }
}

fn decoded_length(value: &Value) -> usize {
    base64::decode(value.str()).map_or(0, |it| it.len())
}

/// Finds what is wrong with a new Secret.
pub(crate) fn validate_secret(secret: &Object, errors: &mut Errors) {
    let root = At::root(secret);
    let data = root.field("data");
    let mut bytes = 0;
    for (key, value) in data.entries() {
        errors.invalid_each(&value, &key.into(), names::config_map_key(key));
        bytes += decoded_length(&value);
    }
    if bytes > DATA_MAX_BYTES {
        errors.too_long(&data, DATA_MAX_BYTES);
    }
    let has = |key: &str| data.as_map().is_some_and(|it| it.contains_key(key));
    let required: &[&str] = match secret.get("type").str() {
        "kubernetes.io/service-account-token" => return validate_token(secret, errors),
        "kubernetes.io/dockercfg" => return validate_json(&data, ".dockercfg", errors),
        "kubernetes.io/dockerconfigjson" => return validate_json(&data, ".dockerconfigjson", errors),
        "kubernetes.io/basic-auth" if has("username") || has("password") => &[],
        "kubernetes.io/basic-auth" => &["username", "password"],
        "kubernetes.io/ssh-auth" => &["ssh-privatekey"],
        "kubernetes.io/tls" => &["tls.crt", "tls.key"],
        _ => &[],
    };
    for key in required.iter().filter(|it| !has(it)) {
        errors.required(&data.key(key), "");
    }
}

fn validate_token(secret: &Object, errors: &mut Errors) {
    let key = "kubernetes.io/service-account.name";
    if secret.annotation(key).unwrap_or_default().is_empty() {
        errors.required(format!("metadata.annotations[{key}]"), "");
    }
}

fn validate_json(data: &At<'_>, key: &str, errors: &mut Errors) {
    let at = data.key(key);
    if !at.is_set() {
        return errors.required(&at, "");
    }
    let bytes = base64::decode(at.str()).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    if Value::from_json(&text).is_err() {
        errors.invalid(&at, &REDACTED.into(), &json_error(&text));
    }
}

/// What Go's JSON reader says of the first thing in a text, where it is no JSON.
fn json_error(text: &str) -> String {
    let Some(first) = text.trim_start().chars().next() else { return "unexpected end of JSON input".into() };
    let literal = match first {
        'n' => "null",
        't' => "true",
        'f' => "false",
        '{' | '[' | '"' | '-' | '0'..='9' => return "unexpected end of JSON input".into(),
        other => return format!("invalid character '{other}' looking for beginning of value"),
    };
    let wrong = text.trim_start().chars().zip(literal.chars()).find(|(found, wanted)| found != wanted);
    match wrong {
        Some((found, wanted)) => {
            format!("invalid character '{found}' in literal {literal} (expecting '{wanted}')")
        }
        None if text.trim().len() < literal.len() => "unexpected end of JSON input".into(),
        None => "invalid character after top-level value".into(),
    }
}

/// Finds what is wrong with a change of a Secret.
pub(crate) fn validate_secret_update(new: &Object, old: &Object, errors: &mut Errors) {
    if new.get("type") != old.get("type") {
        errors.invalid("type", new.get("type"), IMMUTABLE);
    }
    sealed(new, old, &["data"], errors);
    validate_secret(new, errors);
}
