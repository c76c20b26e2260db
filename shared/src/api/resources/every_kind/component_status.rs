//! `v1` `ComponentStatus`, which is never stored. Upstream: `pkg/registry/core/componentstatus/rest.go`.
//!
//! The parts that upstream asks over HTTP are parts of this process: whoever gets an answer has one that is healthy.

use crate::api::{Column, Resource, Scope};
use crate::model::{Object, Value};

/// The registration.
pub(super) const RESOURCE: Resource = Resource {
    kind: "ComponentStatus",
    plural: "componentstatuses",
    singular: "componentstatus",
    short_names: &["cs"],
    scope: Scope::Cluster,
    columns: &[
        Column::new("STATUS", |it, _| {
            if healthy(it).get("status").str() == "True" { "Healthy" } else { "Unhealthy" }.into()
        }),
        Column::new("MESSAGE", |it, _| healthy(it).get("message").str().to_owned()),
        Column::new("ERROR", |it, _| healthy(it).get("error").str().to_owned()),
    ],
    deprecated: "v1 ComponentStatus is deprecated in v1.19+",
    computed: Some(|| ["etcd-0", "scheduler", "controller-manager"].into_iter().map(component).collect()),
    ..Resource::NONE
};

fn component(name: &str) -> Object {
    let healthy = Value::from([("type", "Healthy".into()), ("status", "True".into()), ("message", "ok".into())]);
    let mut object = Object::new("v1", "ComponentStatus", "", name);
    object.set("conditions", Value::from(vec![healthy]));
    object
}

fn healthy(component: &Object) -> &Value {
    component.get("conditions").items().iter().find(|it| it.get("type").str() == "Healthy").unwrap_or(&Value::Null)
}
