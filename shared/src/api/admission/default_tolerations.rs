//! A pod stays five minutes on a node that is not ready or cannot be reached, unless it says otherwise.
//!
//! Upstream: `plugin/pkg/admission/defaulttolerationseconds/admission.go`.

use crate::api::admission::Plugin;
use crate::model::{Object, Value};
use std::sync::LazyLock;

/// The registration.
pub(super) const PLUGIN: Plugin = Plugin {
    name: "DefaultTolerationSeconds",
    resources: &["pods"],
    mutate: Some(|pod, _| {
        default_tolerations(pod);
        Ok(())
    }),
    ..Plugin::NONE
};

/// How long a pod stays on a node that is not ready or not reachable.
const TOLERATION_SECONDS: i64 = 300;

fn default_tolerations(pod: &mut Object) {
    let missing = |key: &str| {
        let matches = |it: &Value| {
            let effect = it.get("effect").str();
            (it.get("key").str() == key || it.get("key").is_empty()) && (effect == "NoExecute" || effect.is_empty())
        };
        !pod.at("spec.tolerations").items().iter().any(matches)
    };
    let wanted: Vec<Value> = DEFAULTS.iter().filter(|it| missing(it.get("key").str())).cloned().collect();
    if !wanted.is_empty() {
        pod.entry("spec.tolerations").list_mut().extend(wanted);
    }
}

/// The same for every pod, so that all share them.
static DEFAULTS: LazyLock<[Value; 2]> =
    LazyLock::new(|| ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"].map(toleration));

fn toleration(key: &str) -> Value {
    Value::from([
        ("key", key.into()),
        ("operator", "Exists".into()),
        ("effect", "NoExecute".into()),
        ("tolerationSeconds", TOLERATION_SECONDS.into()),
    ])
}
