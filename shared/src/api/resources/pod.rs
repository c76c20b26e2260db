//! `v1` Pod. Upstream: `pkg/registry/core/pod/strategy.go`, `pkg/apis/core/helper/qos`.

use crate::api::Resource;
use crate::api::registry::Deletion;
use crate::api::resources::pod_columns::COLUMNS;
use crate::api::resources::pod_spec::default_pod;
use crate::api::resources::workload::{count_generation, keep, within};
use crate::api::validation;
use crate::model::{Object, Quantity, Text, Value};

/// The registration.
pub(super) const RESOURCE: Resource = Resource {
    kind: "Pod",
    plural: "pods",
    singular: "pod",
    short_names: &["po"],
    categories: &["all"],
    subresources: &["status", "binding", "eviction", "log", "exec", "attach", "portforward", "ephemeralcontainers"],
    default: |pod| {
        if pod.get("spec").is_null() {
            pod.set("spec", Value::map());
        }
        within(pod, "spec", default_pod);
    },
    prepare_for_create,
    prepare_for_update,
    prepare_for_status,
    validate: validation::pod::validate,
    validate_update: validation::pod::validate_update,
    warn: validation::pod::warn,
    selectable: &[
        ("spec.nodeName", |it| it.at("spec.nodeName").text()),
        ("spec.restartPolicy", |it| it.at("spec.restartPolicy").text()),
        ("spec.schedulerName", |it| it.at("spec.schedulerName").text()),
        ("spec.serviceAccountName", |it| it.at("spec.serviceAccountName").text()),
        ("spec.hostNetwork", |it| if it.at("spec.hostNetwork").is_true() { "true".into() } else { "false".into() }),
        ("status.phase", |it| it.at("status.phase").text()),
        ("status.podIP", |it| it.at("status.podIP").text()),
        ("status.nominatedNodeName", |it| it.at("status.nominatedNodeName").text()),
    ],
    columns: COLUMNS,
    deletion: Deletion { grace: Some(grace), answers_object: true, ..Deletion::PLAIN },
    ..Resource::NONE
};

fn prepare_for_create(pod: &mut Object) {
    pod.set("metadata.generation", 1);
    positive_grace(pod);
    let class = qos_class(pod.get("spec"));
    pod.set("status", Value::from([("phase", "Pending".into()), ("qosClass", class.into())]));
    if !pod.at("spec.schedulingGates").items().is_empty() {
        let gated = Value::from([
            ("type", "PodScheduled".into()),
            ("status", "False".into()),
            ("reason", "SchedulingGated".into()),
            ("message", "Scheduling is blocked due to non-empty scheduling gates".into()),
            ("lastProbeTime", Value::Null),
            ("lastTransitionTime", Value::Null),
        ]);
        pod.set("status.conditions", Value::from(vec![gated]));
    }
}

fn prepare_for_update(pod: &mut Object, old: &Object) {
    keep(pod, old, "status");
    positive_grace(pod);
    count_generation(pod, old);
}

/// A grace period below 0 means 1 second.
fn positive_grace(pod: &mut Object) {
    if pod.at("spec.terminationGracePeriodSeconds").int_or(0) < 0 {
        pod.set("spec.terminationGracePeriodSeconds", 1);
    }
}

/// Old kubelets corrupted owner references, so that a status update does not touch them.
fn prepare_for_status(pod: &mut Object, old: &Object) {
    keep(pod, old, "spec");
    keep(pod, old, "metadata.ownerReferences");
    if pod.at("status.qosClass").is_empty() {
        pod.set("status.qosClass", old.at("status.qosClass"));
    }
}

/// A pod without a node, or that has ended, goes at once.
fn grace(pod: &Object, asked: Option<i64>) -> i64 {
    let ended = matches!(pod.at("status.phase").str(), "Succeeded" | "Failed");
    if ended || pod.at("spec.nodeName").is_empty() {
        return 0;
    }
    let seconds = asked.unwrap_or_else(|| pod.at("spec.terminationGracePeriodSeconds").int_or(0));
    if seconds < 0 { 1 } else { seconds }
}

/// `Guaranteed` if every container asks for as much CPU and memory as it may have, `BestEffort` if none asks for any.
fn qos_class(spec: &Value) -> Text {
    let pod_level = spec.get("resources");
    if !pod_level.is_empty() {
        return class_of(&[pod_level]);
    }
    let lists = [spec.get("initContainers"), spec.get("containers")];
    let all: Vec<&Value> = lists.iter().flat_map(|it| it.items()).map(|it| it.get("resources")).collect();
    class_of(&all)
}

fn class_of(resources: &[&Value]) -> Text {
    let amount = |it: &Value, list: &str, name: &str| Quantity::read(it.get(list).get(name));
    let compute = ["cpu", "memory"];
    let asks = |it: &Value| {
        let lists = ["requests", "limits"];
        lists.iter().any(|list| compute.iter().any(|name| !amount(it, list, name).is_zero()))
    };
    let whole = |it: &Value| {
        compute.iter().all(|name| {
            let limit = amount(it, "limits", name);
            !limit.is_zero() && amount(it, "requests", name) == limit
        })
    };
    let class = match (resources.iter().any(|it| asks(it)), resources.iter().all(|it| whole(it))) {
        (false, _) => "BestEffort",
        (true, true) => "Guaranteed",
        (true, false) => "Burstable",
    };
    Text::new_static(class)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(resources: &[&str], expected: &str) {
        let containers: Value =
            resources.iter().map(|it| Value::from([("resources", Value::from_json(it).unwrap())])).collect();
        assert_eq!(qos_class(&Value::from([("containers", containers)])), expected);
    }

    #[test]
    fn qos_classes() {
        let whole = r#"{"limits":{"cpu":"1","memory":"1Gi"},"requests":{"cpu":"1000m","memory":"1Gi"}}"#;
        check(&["{}"], "BestEffort");
        check(&[whole], "Guaranteed");
        check(&[whole, "{}"], "Burstable");
        check(&[r#"{"requests":{"example.com/gpu":"1"}}"#], "BestEffort");
        check(&[r#"{"limits":{"cpu":"1"},"requests":{"cpu":"1"}}"#], "Burstable");
    }
}
