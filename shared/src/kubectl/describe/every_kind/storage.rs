//! Claims and volumes. Upstream: `describePersistentVolumeClaim`, `describePersistentVolume`.

use crate::api::Options;
use crate::api::printing::since;
use crate::kubectl::describe::writer::{Writer, plain, rfc1123};
use crate::kubectl::describe::{Subject, volumes};
use crate::kubectl::print;
use crate::model::key::resources::PODS;
use crate::model::{Object, Value};

const BETA_CLASS: &str = "volume.beta.kubernetes.io/storage-class";

/// Writes a `PersistentVolumeClaim`.
pub(super) fn claim(out: &mut Writer, subject: &mut Subject<'_, '_>) {
    let it = subject.object;
    out.field(0, "Name", it.name());
    out.field(0, "Namespace", it.namespace());
    out.field(0, "StorageClass", class(it));
    phase(out, subject);
    out.field(0, "Volume", it.at("spec.volumeName").str());
    subject.labels_and_annotations(out);
    finalizers(out, it);
    let bound = !it.at("spec.volumeName").is_empty();
    let shown = |text: String| if bound { text } else { String::new() };
    out.field(0, "Capacity", shown(it.at("status.capacity.storage").str().to_owned()));
    out.field(0, "Access Modes", shown(access_modes(it.at("status.accessModes"))));
    out.field_if(0, "VolumeMode", it.at("spec.volumeMode"));
    let source = it.at("spec.dataSource");
    if !source.is_null() {
        out.line(0, "DataSource:");
        out.field_if(1, "APIGroup", source.get("apiGroup"));
        out.field(1, "Kind", source.get("kind").str());
        out.field(1, "Name", source.get("name").str());
    }
    let users = users(subject);
    out.stack("", "Used By", "\t", &users);
    conditions(out, it);
    subject.events(out);
}

fn class(object: &Object) -> &str {
    object.annotation(BETA_CLASS).unwrap_or_else(|| object.at("spec.storageClassName").str())
}

fn phase(out: &mut Writer, subject: &Subject<'_, '_>) {
    let it = subject.object;
    let text = if it.is_terminating() {
        format!("Terminating (lasts {})", since(it.metadata().get("deletionTimestamp"), subject.session.now()))
    } else {
        it.at("status.phase").str().to_owned()
    };
    out.field(0, "Status", text);
}

fn finalizers(out: &mut Writer, object: &Object) {
    let all: Vec<&str> = object.finalizers().collect();
    out.field(0, "Finalizers", format!("[{}]", all.join(" ")));
}

fn access_modes(modes: &Value) -> String {
    let short = |mode: &str| match mode {
        "ReadWriteOnce" => "RWO",
        "ReadOnlyMany" => "ROX",
        "ReadWriteMany" => "RWX",
        "ReadWriteOncePod" => "RWOP",
        _ => "",
    };
    modes.items().iter().map(|it| short(it.str())).filter(|it| !it.is_empty()).collect::<Vec<_>>().join(",")
}

/// The pods that mount the claim.
fn users(subject: &mut Subject<'_, '_>) -> Vec<String> {
    let (name, namespace) = (subject.object.name(), subject.object.namespace());
    let Ok(kind) = subject.session.kinds().resource(&PODS) else { return Vec::new() };
    let Ok(list) = subject.session.list(&kind, &namespace, Options::default()) else { return Vec::new() };
    let mounts = |pod: &Object| {
        pod.at("spec.volumes").items().iter().any(|it| it.at("persistentVolumeClaim.claimName").str() == name)
    };
    let mut names: Vec<String> =
        print::items(&list).iter().filter(|it| mounts(it)).map(|it| it.name().to_string()).collect();
    names.sort();
    names
}

fn conditions(out: &mut Writer, claim: &Object) {
    let conditions = claim.at("status.conditions").items();
    if conditions.is_empty() {
        return;
    }
    out.line(0, "Conditions:");
    out.line(1, "Type\tStatus\tLastProbeTime\tLastTransitionTime\tReason\tMessage");
    out.line(1, "----\t------\t-----------------\t------------------\t------\t-------");
    for it in conditions {
        let text = |field: &str| it.get(field).str();
        let (probed, changed) = (rfc1123(it.get("lastProbeTime")), rfc1123(it.get("lastTransitionTime")));
        let (kind, status) = (text("type"), text("status"));
        out.line(1, format!("{kind} \t{status} \t{probed} \t{changed} \t{} \t{}", text("reason"), text("message")));
    }
}

/// Writes a `PersistentVolume`.
pub(super) fn volume(out: &mut Writer, subject: &mut Subject<'_, '_>) {
    let it = subject.object;
    out.field(0, "Name", it.name());
    subject.labels_and_annotations(out);
    finalizers(out, it);
    out.field(0, "StorageClass", class(it));
    phase(out, subject);
    let claim = it.at("spec.claimRef");
    let claim = match claim {
        Value::Null => String::new(),
        claim => format!("{}/{}", claim.get("namespace").str(), claim.get("name").str()),
    };
    out.field(0, "Claim", claim);
    out.field(0, "Reclaim Policy", it.at("spec.persistentVolumeReclaimPolicy").str());
    out.field(0, "Access Modes", access_modes(it.at("spec.accessModes")));
    out.field_if(0, "VolumeMode", it.at("spec.volumeMode"));
    out.field(0, "Capacity", it.at("spec.capacity.storage").str());
    node_affinity(out, it.at("spec.nodeAffinity.required"));
    out.field(0, "Message", it.at("status.message").str());
    out.line(0, "Source:");
    volumes::source(out, it.get("spec"));
    subject.events(out);
}

fn node_affinity(out: &mut Writer, required: &Value) {
    if required.is_null() {
        return out.field(0, "Node Affinity", "<none>");
    }
    out.line(0, "Node Affinity:\t");
    let terms = required.get("nodeSelectorTerms").items();
    out.line(1, if terms.is_empty() { "Required Terms:\t<none>" } else { "Required Terms:\t" });
    for (index, term) in terms.iter().enumerate() {
        let rows: Vec<String> = term.get("matchExpressions").items().iter().map(requirement).collect();
        out.stack("    ", &format!("Term {index}"), "\t", &rows);
    }
}

/// `kubernetes.io/hostname in [node-1]`.
fn requirement(it: &Value) -> String {
    let (key, operator) = (it.get("key").str(), it.get("operator").str().to_lowercase());
    match it.get("values") {
        values if values.is_empty() => format!("{key} {operator}"),
        values => format!("{key} {operator} {}", plain(values).replace(' ', ", ")),
    }
}
