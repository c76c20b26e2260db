//! A new node is tainted until the node controller has seen it ready.
//!
//! Upstream: `plugin/pkg/admission/nodetaint/admission.go` (`TaintNodesByCondition`).

use crate::api::admission::Plugin;
use crate::model::{Object, Value};

/// The registration.
pub(super) const PLUGIN: Plugin = Plugin {
    name: "TaintNodesByCondition",
    resources: &["nodes"],
    mutate: Some(|node, _| {
        taint(node);
        Ok(())
    }),
    ..Plugin::NONE
};

const NOT_READY: &str = "node.kubernetes.io/not-ready";

/// Adds the taint `node.kubernetes.io/not-ready:NoSchedule`.
fn taint(node: &mut Object) {
    let taints = node.at("spec.taints").items();
    let is_same = |it: &Value| it.get("key").str() == NOT_READY && it.get("effect").str() == "NoSchedule";
    if !taints.iter().any(is_same) {
        let taint = Value::from([("key", NOT_READY.into()), ("effect", "NoSchedule".into())]);
        node.entry("spec.taints").list_mut().push(taint);
    }
}
