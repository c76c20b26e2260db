//! An API server with a Deployment in it, and requests on it.

use shared::api::{Api, Request, Target, Verb};
use shared::model::key::resources::DEPLOYMENTS;
use shared::model::{Chance, Text, Time, Value};

/// What is patched.
const WEB: &str = r#"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web","labels":{"app":"web"}},
"spec":{"replicas":3,"selector":{"matchLabels":{"app":"web"}},"template":{"metadata":{"labels":{"app":"web"}},
"spec":{"containers":[{"name":"a","image":"nginx:1.27","ports":[{"containerPort":80},{"containerPort":443}],
"env":[{"name":"A","value":"1"},{"name":"B","value":"2"}]},{"name":"b","image":"redis"}],
"tolerations":[{"key":"x","operator":"Exists"}]}}}}"#;

/// A fresh API server with the Deployment `default/web`.
pub fn api() -> Api {
    let mut api = Api::new(Chance::new(1));
    let mut create = Request::new(Verb::Create, Target { name: Text::default(), ..target() });
    create.body = Value::from_json(WEB).expect("it is JSON");
    let response = api.handle(&create, Time::VIRTUAL_START);
    assert!(response.failure().is_none(), "{:?}", response.failure());
    api
}

/// `deployments/web`.
pub fn target() -> Target {
    Target {
        resource: DEPLOYMENTS,
        version: "v1".into(),
        namespace: "default".into(),
        name: "web".into(),
        ..Target::default()
    }
}
