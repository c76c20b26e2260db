//! `v1` Secret. Upstream: `pkg/registry/core/secret/strategy.go`, `pkg/apis/core/v1/conversion.go` (`stringData`).

use crate::api::printing::age;
use crate::api::resources::workload::default_empty;
use crate::api::validation;
use crate::api::{Column, Resource, base64};
use crate::model::{Object, Value};

/// The registration.
pub(super) const RESOURCE: Resource = Resource {
    kind: "Secret",
    plural: "secrets",
    singular: "secret",
    default: |secret| {
        default_empty(secret, "type", "Opaque");
        fold_string_data(secret);
    },
    validate: validation::config::validate_secret,
    validate_update: validation::config::validate_secret_update,
    selectable: &[("type", |it| it.get("type").text())],
    columns: &[
        Column::new("TYPE", |it, _| it.get("type").str().to_owned()),
        Column::new("DATA", |it, _| it.get("data").fields().len().to_string()),
        Column::new("AGE", age),
    ],
    ..Resource::NONE
};

/// `stringData` is a way to write `data`; it is never kept.
fn fold_string_data(secret: &mut Object) {
    if secret.get("stringData").is_null() {
        return;
    }
    let plain = secret.remove("stringData");
    for (key, value) in plain.fields() {
        let bytes = Value::from(base64::encode(value.str().as_bytes()));
        secret.entry("data").map_mut().insert(key.clone(), bytes);
    }
}
