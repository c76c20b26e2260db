//! Deployments, `ReplicaSet`s, `StatefulSet`s, `DaemonSet`s.
//!
//! Upstream: `describeDeployment`, `describeReplicaSet`, `describeStatefulSet`, `describeDaemonSet`.

use crate::api::Options;
use crate::kubectl::describe::writer::{Writer, rfc1123};
use crate::kubectl::describe::{Subject, pod};
use crate::kubectl::history;
use crate::kubectl::print;
use crate::kubectl::session::Session;
use crate::model::key::resources::PODS;
use crate::model::{IntOrString, Object, Order, Value, selector};

/// Writes a deployment.
pub(super) fn deployment(out: &mut Writer, subject: &mut Subject<'_, '_>) {
    let it = subject.object;
    out.field(0, "Name", it.name());
    out.field(0, "Namespace", it.namespace());
    out.field(0, "CreationTimestamp", rfc1123(it.metadata().get("creationTimestamp")));
    subject.labels_and_annotations(out);
    out.field(0, "Selector", selector::describe(it.at("spec.selector")));
    let number = |field: &str| it.at(field).int_or(0);
    out.field(
        0,
        "Replicas",
        format!(
            "{} desired | {} updated | {} total | {} available | {} unavailable",
            it.at("spec.replicas").int_or(1),
            number("status.updatedReplicas"),
            number("status.replicas"),
            number("status.availableReplicas"),
            number("status.unavailableReplicas")
        ),
    );
    out.field(0, "StrategyType", it.at("spec.strategy.type").str());
    out.field(0, "MinReadySeconds", number("spec.minReadySeconds").to_string());
    let rolling = it.at("spec.strategy.rollingUpdate");
    if !rolling.is_null() {
        let (down, up) = (amount(rolling.get("maxUnavailable")), amount(rolling.get("maxSurge")));
        out.field(0, "RollingUpdateStrategy", format!("{down} max unavailable, {up} max surge"));
    }
    pod::template(out, it.at("spec.template"));
    conditions(out, it);
    replica_sets(out, subject);
    subject.events(out);
}

fn amount(value: &Value) -> String {
    IntOrString::read(value).map_or_else(|| "0".into(), |it| print::json::plain(&it.to_value()))
}

fn conditions(out: &mut Writer, object: &Object) {
    let conditions = object.at("status.conditions").items();
    if conditions.is_empty() {
        return;
    }
    out.line(0, "Conditions:\n  Type\tStatus\tReason");
    out.line(1, "----\t------\t------");
    for it in conditions {
        let text = |field: &str| it.get(field).str();
        out.line(1, format!("{} \t{}\t{}", text("type"), text("status"), text("reason")));
    }
}

fn replica_sets(out: &mut Writer, subject: &mut Subject<'_, '_>) {
    let sets = history::replica_sets(subject.session, subject.object).unwrap_or_default();
    if sets.is_empty() {
        return;
    }
    let new = history::newest(subject.object, &sets).cloned();
    let is_new = |it: &Object| new.as_ref().is_some_and(|new| new.uid() == it.uid());
    let mut old: Vec<&Object> = sets.iter().filter(|it| !is_new(it)).collect();
    old.order_by_key(|it| it.created());
    let shown = |sets: &[&Object]| {
        let texts: Vec<String> = sets.iter().map(|it| created(it)).collect();
        if texts.is_empty() { "<none>".to_owned() } else { texts.join(", ") }
    };
    out.field(0, "OldReplicaSets", shown(&old));
    out.field(0, "NewReplicaSet", shown(&new.iter().collect::<Vec<_>>()));
}

fn created(set: &Object) -> String {
    let (is, wanted) = (set.at("status.replicas").int_or(0), set.at("spec.replicas").int_or(1));
    format!("{} ({is}/{wanted} replicas created)", set.name())
}

/// Writes a `ReplicaSet`.
pub(super) fn replica_set(out: &mut Writer, subject: &mut Subject<'_, '_>) {
    let it = subject.object;
    out.field(0, "Name", it.name());
    out.field(0, "Namespace", it.namespace());
    out.field(0, "Selector", selector::describe(it.at("spec.selector")));
    subject.labels_and_annotations(out);
    if let Some(owner) = it.controller() {
        out.field(0, "Controlled By", format!("{}/{}", owner.kind, owner.name));
    }
    let (is, wanted) = (it.at("status.replicas").int_or(0), it.at("spec.replicas").int_or(1));
    out.field(0, "Replicas", format!("{is} current / {wanted} desired"));
    out.field(0, "Pods Status", pod_phases(subject.session, it));
    pod::template(out, it.at("spec.template"));
    conditions(out, it);
    subject.events(out);
}

/// Writes a `ReplicationController`.
#[cfg(feature = "every-kind")]
pub(super) fn replication_controller(out: &mut Writer, subject: &mut Subject<'_, '_>) {
    let it = subject.object;
    out.field(0, "Name", it.name());
    out.field(0, "Namespace", it.namespace());
    out.field(0, "Selector", crate::api::printing::labels(it.at("spec.selector")));
    subject.labels_and_annotations(out);
    let (is, wanted) = (it.at("status.replicas").int_or(0), it.at("spec.replicas").int_or(1));
    out.field(0, "Replicas", format!("{is} current / {wanted} desired"));
    out.field(0, "Pods Status", pod_phases(subject.session, it));
    pod::template(out, it.at("spec.template"));
    conditions(out, it);
    subject.events(out);
}

/// `3 Running / 0 Waiting / 0 Succeeded / 0 Failed`, of the pods that `owner` manages.
fn pod_phases(session: &mut Session<'_>, owner: &Object) -> String {
    let pods = match pods_of(session, owner) {
        Ok(pods) => pods,
        Err(failure) => return format!("error in fetching pods: {}", failure.bare()),
    };
    let count = |phase: &str| pods.iter().filter(|it| it.at("status.phase").str() == phase).count();
    format!(
        "{} Running / {} Waiting / {} Succeeded / {} Failed",
        count("Running"),
        count("Pending"),
        count("Succeeded"),
        count("Failed")
    )
}

fn pods_of(session: &mut Session<'_>, owner: &Object) -> Result<Vec<Object>, crate::kubectl::failure::Failure> {
    let kind = session.kinds().resource(&PODS)?;
    let labels = match owner.at("spec.selector") {
        // That of a replication controller is a map of labels.
        labels if owner.kind() == "ReplicationController" => crate::api::printing::labels(labels),
        other => selector::describe(other),
    };
    let options = Options { label_selector: labels.into(), ..Options::default() };
    let list = session.list(&kind, &owner.namespace(), options)?;
    let mut pods = print::items(&list);
    pods.retain(|it| it.controller().is_some_and(|controller| controller.uid == owner.uid()));
    Ok(pods)
}

/// Writes a `StatefulSet`.
pub(super) fn stateful_set(out: &mut Writer, subject: &mut Subject<'_, '_>) {
    let it = subject.object;
    out.field(0, "Name", it.name());
    out.field(0, "Namespace", it.namespace());
    out.field(0, "CreationTimestamp", rfc1123(it.metadata().get("creationTimestamp")));
    out.field(0, "Selector", selector::describe(it.at("spec.selector")));
    subject.labels_and_annotations(out);
    let (is, wanted) = (it.at("status.replicas").int_or(0), it.at("spec.replicas").int_or(1));
    out.field(0, "Replicas", format!("{wanted} desired | {is} total"));
    out.field(0, "Update Strategy", it.at("spec.updateStrategy.type").str());
    let rolling = it.at("spec.updateStrategy.rollingUpdate");
    if let Some(partition) = rolling.get("partition").as_int() {
        out.field(1, "Partition", partition.to_string());
    }
    out.field(0, "Pods Status", pod_phases(subject.session, it));
    pod::template(out, it.at("spec.template"));
    claims(out, it.at("spec.volumeClaimTemplates"));
    subject.events(out);
}

fn claims(out: &mut Writer, templates: &Value) {
    if templates.items().is_empty() {
        out.field(0, "Volume Claims", "<none>");
        return;
    }
    out.line(0, "Volume Claims:");
    for claim in templates.items() {
        let spec = claim.get("spec");
        out.field(1, "Name", claim.at("metadata.name").str());
        out.field(1, "StorageClass", spec.get("storageClassName").str());
        out.labels_indented("  ", "Labels", "\t", claim.at("metadata.labels"));
        out.labels_indented("  ", "Annotations", "\t", claim.at("metadata.annotations"));
        out.field(1, "Capacity", spec.at("resources.requests.storage").as_str().unwrap_or("<default>"));
        let modes: Vec<&str> = spec.get("accessModes").items().iter().map(Value::str).collect();
        out.field(1, "Access Modes", format!("[{}]", modes.join(" ")));
    }
}

/// Writes a `DaemonSet`.
pub(super) fn daemon_set(out: &mut Writer, subject: &mut Subject<'_, '_>) {
    let it = subject.object;
    let number = |field: &str| it.at("status").get(field).int_or(0).to_string();
    out.field(0, "Name", it.name());
    out.field(0, "Namespace", it.namespace());
    out.field(0, "Selector", selector::describe(it.at("spec.selector")));
    out.labels("Node-Selector", it.at("spec.template.spec.nodeSelector"));
    subject.labels_and_annotations(out);
    out.field(0, "Desired Number of Nodes Scheduled", number("desiredNumberScheduled"));
    out.field(0, "Current Number of Nodes Scheduled", number("currentNumberScheduled"));
    out.field(0, "Number of Nodes Scheduled with Up-to-date Pods", number("updatedNumberScheduled"));
    out.field(0, "Number of Nodes Scheduled with Available Pods", number("numberAvailable"));
    out.field(0, "Number of Nodes Misscheduled", number("numberMisscheduled"));
    out.field(0, "Pods Status", pod_phases(subject.session, it));
    pod::template(out, it.at("spec.template"));
    subject.events(out);
}
