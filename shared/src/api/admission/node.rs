//! A new node is tainted until the node controller has seen it ready.
//!
//! Upstream: `plugin/pkg/admission/nodetaint/admission.go` (`TaintNodesByCondition`).

use crate::api::Status;
use crate::api::admission::Admission;
use crate::model::{Object, Value};

const NOT_READY: &str = "node.kubernetes.io/not-ready";

/// Adds the taint `node.kubernetes.io/not-ready:NoSchedule`.
#[allow(clippy::unnecessary_wraps, reason = "other kinds' admission may refuse")]
pub(crate) fn admit(node: &mut Object, _: &mut Admission<'_>) -> Result<(), Status> {
    let taints = node.at("spec.taints").items();
    let is_same = |it: &Value| it.get("key").str() == NOT_READY && it.get("effect").str() == "NoSchedule";
    if !taints.iter().any(is_same) {
        let taint = Value::from([("key", NOT_READY.into()), ("effect", "NoSchedule".into())]);
        node.entry("spec.taints").list_mut().push(taint);
    }
    Ok(())
}
