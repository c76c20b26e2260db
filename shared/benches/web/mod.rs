//! The Deployment that the benchmarks make.

use shared::api::{Request, Target, Verb};
use shared::model::key::resources::DEPLOYMENTS;
use shared::model::{Object, Value};

/// The request that makes the Deployment `web` with so many replicas.
pub(crate) fn creation(replicas: i64) -> Request {
    let target =
        Target { resource: DEPLOYMENTS, version: "v1".into(), namespace: "default".into(), ..Target::default() };
    Request { body: deployment(replicas), ..Request::new(Verb::Create, target) }
}

fn deployment(replicas: i64) -> Value {
    let mut web = Object::new("apps/v1", "Deployment", "default", "web");
    web.set("spec.replicas", replicas);
    web.set("spec.selector.matchLabels.app", "web");
    web.set("spec.template.metadata.labels.app", "web");
    let container = Value::from([("name", "web".into()), ("image", "nginx:1.27".into())]);
    web.set("spec.template.spec.containers", Value::from(vec![container]));
    web.0
}
