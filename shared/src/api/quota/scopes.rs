//! The scopes of a quota: which objects it counts at all.
//!
//! Upstream: `pkg/quota/v1/evaluator/core/pods.go` (`podMatchesScopeFunc`), `k8s.io/apiserver/pkg/quota/v1/generic`.

use crate::model::{Object, ResourceName, Text, Value};

/// One condition of a quota.
pub(super) struct Scope {
    name: Text,
    operator: Text,
    values: Vec<Text>,
}

/// Every condition of a quota, all of which must hold.
pub(super) fn of(quota: &Object) -> impl Iterator<Item = Scope> + '_ {
    let plain = quota.at("spec.scopes").items().iter().map(|it| Scope {
        name: it.text(),
        operator: Text::new_static("Exists"),
        values: Vec::new(),
    });
    let selected = quota.at("spec.scopeSelector.matchExpressions").items().iter().map(|it| Scope {
        name: it.get("scopeName").text(),
        operator: it.get("operator").text(),
        values: it.get("values").items().iter().map(Value::text).collect(),
    });
    plain.chain(selected)
}

impl Scope {
    /// True if the object is within. Only pods have scopes, and claims the one of their attributes class.
    pub(super) fn holds(&self, resource: &ResourceName, object: &Object) -> bool {
        match resource.as_str() {
            "pods" => self.holds_pod(object),
            "persistentvolumeclaims" if self.name == "VolumeAttributesClass" => {
                let asked = object.at("spec.volumeAttributesClassName").str();
                let present = object.at("status.currentVolumeAttributesClassName").str();
                self.selects(asked) || (!present.is_empty() && self.selects(present))
            }
            _ => false,
        }
    }

    fn holds_pod(&self, pod: &Object) -> bool {
        let ends = pod.at("spec.activeDeadlineSeconds").as_int().is_some_and(|it| it >= 0);
        let best_effort = pod.at("status.qosClass").str() == "BestEffort";
        match self.name.as_str() {
            "Terminating" => ends,
            "NotTerminating" => !ends,
            "BestEffort" => best_effort,
            "NotBestEffort" => !best_effort,
            "PriorityClass" => self.selects(pod.at("spec.priorityClassName").str()),
            "CrossNamespacePodAffinity" => reaches_across(pod),
            _ => false,
        }
    }

    /// The operator of a label selector, on a label whose value is empty if there is none.
    fn selects(&self, value: &str) -> bool {
        let listed = self.values.iter().any(|it| it == value);
        match self.operator.as_str() {
            "In" => !value.is_empty() && listed,
            "NotIn" => value.is_empty() || !listed,
            "Exists" => !value.is_empty(),
            "DoesNotExist" => value.is_empty(),
            _ => false,
        }
    }
}

/// True if an affinity of the pod looks into other namespaces.
fn reaches_across(pod: &Object) -> bool {
    const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
    const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";
    let across = |term: &Value| !term.get("namespaces").is_empty() || !term.get("namespaceSelector").is_null();
    ["podAffinity", "podAntiAffinity"].iter().any(|kind| {
        let affinity = pod.at("spec.affinity").get(kind);
        let preferred = affinity.get(PREFERRED).items().iter().map(|it| it.get("podAffinityTerm"));
        affinity.get(REQUIRED).items().iter().chain(preferred).any(across)
    })
}
