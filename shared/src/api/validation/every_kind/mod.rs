//! The checks of the kinds in `resources/every_kind`: one file per kind.

pub(crate) mod controller_revision;
pub(crate) mod pod_template;
pub(crate) mod rbac;
