//! The revisions of a workload: the `ReplicaSet`s of a deployment.
//!
//! Upstream: `k8s.io/kubectl/pkg/util/deployment`, `pkg/polymorphichelpers/history.go`.

use crate::kubectl::failure::Failure;
use crate::kubectl::session::Session;
use crate::model::key::resources::REPLICA_SETS;
use crate::model::{Object, Value, selector};

/// Where a deployment and its sets say which revision they are.
pub(crate) const REVISION: &str = "deployment.kubernetes.io/revision";
/// The label by which pods of different templates are told apart.
pub(crate) const TEMPLATE_HASH: &str = "pod-template-hash";

/// The sets that `deployment` manages.
///
/// # Errors
/// The server refuses to list them.
pub(crate) fn replica_sets(session: &mut Session<'_>, deployment: &Object) -> Result<Vec<Object>, Failure> {
    let kind = session.kinds().resource(&REPLICA_SETS)?;
    let labels = selector::describe(deployment.at("spec.selector"));
    let mut sets = session.select(&kind, &deployment.namespace(), &labels)?;
    sets.retain(|it| it.controller().is_some_and(|owner| owner.uid == deployment.uid()));
    Ok(sets)
}

/// The oldest set whose template is the deployment's.
pub(crate) fn newest<'a>(deployment: &Object, sets: &'a [Object]) -> Option<&'a Object> {
    let wanted = without_hash(deployment.at("spec.template"));
    let same = sets.iter().filter(|it| without_hash(it.at("spec.template")) == wanted);
    same.min_by_key(|it| (it.created(), it.name()))
}

/// A template without the label that the deployment controller adds.
pub(crate) fn without_hash(template: &Value) -> Value {
    let mut template = template.clone();
    if !template.at("metadata.labels").is_null() {
        template.entry("metadata.labels").map_mut().remove(TEMPLATE_HASH);
    }
    template
}

/// The revision of a set or deployment; 0 without one.
pub(crate) fn revision(object: &Object) -> i64 {
    object.annotation(REVISION).and_then(|it| it.parse().ok()).unwrap_or(0)
}
