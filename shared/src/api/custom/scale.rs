//! Where the subresource `scale` of a custom resource finds its numbers.
//!
//! Upstream: `k8s.io/apiextensions-apiserver/pkg/registry/customresource/{etcd,validator}.go`.

use crate::api::Errors;
use crate::api::custom::validate;
use crate::model::jsonpath::show;
use crate::model::{Object, Text, Value};

/// Dotted paths without the first dot: `spec.replicas`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Paths {
    /// How many are wanted.
    pub(crate) spec: Text,
    /// How many there are.
    pub(crate) status: Text,
    /// The selector as text; empty without.
    pub(crate) selector: Text,
}

impl Paths {
    /// Reads `subresources.scale`; `None` without.
    pub(super) fn read(declared: &Value) -> Option<Self> {
        declared.as_map()?;
        let path = |field: &str| Text::new(declared.get(field).str().trim_start_matches('.'));
        Some(Self {
            spec: path("specReplicasPath"),
            status: path("statusReplicasPath"),
            selector: path("labelSelectorPath"),
        })
    }
}

/// Finds numbers that are none, or below 0.
pub(super) fn validate(object: &Object, paths: Option<&Paths>, errors: &mut Errors) {
    let Some(paths) = paths else { return };
    for path in [&paths.spec, &paths.status] {
        let value = object.at(path);
        match value {
            Value::Int(it) if i32::try_from(*it).is_err() => {
                errors.invalid(format!(".{path}"), value, "should be less than or equal to 2147483647");
            }
            Value::Int(it) if *it < 0 => errors.invalid(format!(".{path}"), value, "should be a non-negative integer"),
            Value::Null | Value::Int(_) => {}
            other => {
                let found = validate::type_name(other);
                let shown = show(other);
                let detail = format!(".{path} accessor error: {shown} is of the type {found}, expected int64");
                errors.invalid(format!(".{path}"), &0.into(), &detail);
            }
        }
    }
}
