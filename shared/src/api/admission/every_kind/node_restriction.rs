//! A node changes only what is its own: its Node, the status of its pods, its Lease, and only labels that are harmless.
//!
//! Upstream: `plugin/pkg/admission/noderestriction/admission.go`, `k8s.io/kubelet/pkg/apis/well_known_labels.go`.
//! Left out: `resourceClaimStatuses`, which no node writes here.
//! Differs: the refusal of a claim's status ends after its first sentence, without upstream's difference of Go structs.

use crate::api::Status;
use crate::api::admission::{Admission, InForce, Operation, Plugin};
use crate::api::authorization::node;
use crate::model::key::resources::{NODES, PODS};
use crate::model::{Key, Object, Text, Value, names};
use std::collections::BTreeSet;

/// The registration.
pub(crate) const PLUGIN: Plugin = Plugin {
    name: "NodeRestriction",
    in_force: InForce::Full,
    on: &[Operation::Create, Operation::Update, Operation::Delete],
    resources: &[
        "pods/*",
        "nodes/*",
        "persistentvolumeclaims/*",
        "serviceaccounts/token",
        "leases.coordination.k8s.io",
        "csinodes.storage.k8s.io",
    ],
    mutate: Some(|object, admission| admit(object, admission)),
    ..Plugin::NONE
};

/// On pods that a kubelet made for itself.
const MIRROR: &str = "kubernetes.io/config.mirror";
const LEASE_NAMESPACE: &str = "kube-node-lease";
/// The prefix of labels that a node never sets.
const RESTRICTED: &str = "node-restriction.kubernetes.io";
/// Labels of Kubernetes that a node may set.
const OWN_LABELS: [&str; 11] = [
    "kubernetes.io/hostname",
    "topology.kubernetes.io/zone",
    "topology.kubernetes.io/region",
    "failure-domain.beta.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/region",
    "node.kubernetes.io/instance-type",
    "beta.kubernetes.io/instance-type",
    "kubernetes.io/os",
    "kubernetes.io/arch",
    "beta.kubernetes.io/os",
    "beta.kubernetes.io/arch",
];
/// Prefixes of labels of Kubernetes that a node may set.
const OWN_PREFIXES: [&str; 2] = ["kubelet.kubernetes.io", "node.kubernetes.io"];

fn admit(object: &Object, admission: &Admission<'_>) -> Result<(), Status> {
    let user = admission.user();
    let Some(node) = node::name_of(user) else { return Ok(()) };
    if node.is_empty() {
        return Err(admission.forbid(&format!("could not determine node from user {}", names::quote(&user.name))));
    }
    let verdict = match (admission.key.resource.plural(), admission.subresource()) {
        ("pods", "") => admit_pod(node, object, admission),
        ("pods", "status") => admit_pod_status(node, object, admission),
        ("pods", "eviction") => admit_eviction(node, admission),
        ("pods", other) => {
            Err(format!("unexpected pod subresource \"{other}\", only 'status' and 'eviction' are allowed").into())
        }
        ("nodes", _) => admit_node(node, object, admission),
        ("persistentvolumeclaims", "status") => admit_claim_status(node, object, admission),
        ("persistentvolumeclaims", _) => Err("may only update PVC status".into()),
        ("serviceaccounts", _) => admit_token(node, object, admission),
        ("leases", _) => admit_lease(node, admission),
        _ => own_name(node, "CSINode with the same name as the requesting node", admission),
    };
    verdict.map_err(|refusal| refusal.status(admission))
}

/// Why a node may not do something.
enum Refusal {
    /// Because of this.
    Text(String),
    /// What it is about is not there.
    Missing(Key),
}

impl<T: Into<String>> From<T> for Refusal {
    fn from(text: T) -> Self {
        Self::Text(text.into())
    }
}

impl Refusal {
    fn status(self, admission: &Admission<'_>) -> Status {
        match self {
            Self::Text(text) => admission.forbid(&text),
            Self::Missing(key) => Status::not_found(&key),
        }
    }
}

fn refuse_if(condition: bool, text: impl FnOnce() -> String) -> Result<(), Refusal> {
    if condition { Err(text().into()) } else { Ok(()) }
}

fn admit_pod(node: &str, pod: &Object, admission: &Admission<'_>) -> Result<(), Refusal> {
    match (admission.operation, admission.old) {
        (Operation::Create, _) => admit_mirror(node, pod, admission),
        (Operation::Delete, old) => refuse_if(!old.is_some_and(|it| runs_on(it, node)), || {
            format!("node \"{node}\" can only delete pods with spec.nodeName set to itself")
        }),
        (Operation::Update, _) => {
            Err(format!("unexpected operation \"UPDATE\", node \"{node}\" can only create and delete mirror pods")
                .into())
        }
        (Operation::Connect, _) => Ok(()),
    }
}

fn runs_on(pod: &Object, node: &str) -> bool {
    pod.at("spec.nodeName").str() == node
}

/// A node makes mirrors of its static pods only, which belong to it and refer to nothing.
fn admit_mirror(node: &str, pod: &Object, admission: &Admission<'_>) -> Result<(), Refusal> {
    refuse_if(pod.annotation(MIRROR).is_none(), || {
        format!("pod does not have \"{MIRROR}\" annotation, node \"{node}\" can only create mirror pods")
    })?;
    refuse_if(!runs_on(pod, node), || {
        format!("node \"{node}\" can only create pods with spec.nodeName set to itself")
    })?;
    check_owner(node, pod, admission)?;
    for (refers, what) in references(pod) {
        refuse_if(refers, || format!("node \"{node}\" can not create pods that reference {what}"))?;
    }
    Ok(())
}

fn check_owner(node: &str, pod: &Object, admission: &Admission<'_>) -> Result<(), Refusal> {
    let owners = pod.at("metadata.ownerReferences").items();
    let only =
        |detail: &str| Refusal::from(format!("node \"{node}\" can only create pods with {detail} set to itself"));
    let [owner] = owners else {
        let single = if owners.is_empty() { "an owner reference" } else { "a single owner reference" };
        return Err(only(single));
    };
    let is_own = owner.get("apiVersion").str() == "v1" && owner.get("kind").str() == "Node";
    if !is_own || owner.get("name").str() != node {
        return Err(only("an owner reference"));
    }
    if !owner.get("controller").is_true() {
        return Err(only("a controller owner reference"));
    }
    refuse_if(owner.get("blockOwnerDeletion").is_true(), || {
        format!("node \"{node}\" must not set blockOwnerDeletion on an owner reference")
    })?;
    let key = Key::new(NODES, "", node);
    let found = admission.store.get(&key).ok_or(Refusal::Missing(key))?;
    let (asked, known) = (owner.get("uid").str(), found.uid());
    refuse_if(asked != known, || format!("node {node} UID mismatch: expected {asked} got {known}"))
}

/// What a pod may refer to, and whether it does.
fn references(pod: &Object) -> [(bool, &'static str); 5] {
    let spec = pod.get("spec");
    let volumes = spec.get("volumes").items();
    let bundles = volumes.iter().flat_map(|it| it.at("projected.sources").items());
    [
        (!spec.get("serviceAccountName").is_empty(), "a service account"),
        (node::secret_names(spec).any(|it| !it.is_empty()), "secrets"),
        (node::config_map_names(spec).any(|it| !it.is_empty()), "configmaps"),
        (bundles.into_iter().any(|it| !it.get("clusterTrustBundle").is_null()), "clustertrustbundles"),
        (volumes.iter().any(|it| !it.get("persistentVolumeClaim").is_null()), "persistentvolumeclaims"),
    ]
}

fn admit_pod_status(node: &str, pod: &Object, admission: &Admission<'_>) -> Result<(), Refusal> {
    let Some(old) = admission.old.filter(|_| admission.operation == Operation::Update) else {
        return Err("unexpected operation".into());
    };
    refuse_if(!runs_on(old, node), || {
        format!("node \"{node}\" can only update pod status for pods with spec.nodeName set to itself")
    })?;
    let same = changed_labels(pod, Some(old)).is_empty();
    refuse_if(!same, || format!("node \"{node}\" cannot update labels through pod status"))
}

fn admit_eviction(node: &str, admission: &Admission<'_>) -> Result<(), Refusal> {
    let key = Key::new(PODS, admission.key.namespace.clone(), admission.key.name.clone());
    let pod = admission.store.get(&key).ok_or(Refusal::Missing(key))?;
    refuse_if(!runs_on(pod, node), || format!("node {node} can only evict pods with spec.nodeName set to itself"))
}

fn admit_node(node: &str, new: &Object, admission: &Admission<'_>) -> Result<(), Refusal> {
    let name = &admission.key.name;
    refuse_if(name != node, || format!("node \"{node}\" is not allowed to modify node \"{name}\""))?;
    match (admission.operation, admission.old) {
        (Operation::Create, _) => {
            refuse_if(!new.at("spec.configSource").is_null(), || {
                format!("node \"{node}\" is not allowed to create pods with a non-nil configSource")
            })?;
            let labels = forbidden(changed_labels(new, None));
            refuse_if(!labels.is_empty(), || {
                format!("node \"{node}\" is not allowed to set the following labels: {labels}")
            })
        }
        (Operation::Update, Some(old)) => admit_node_update(node, new, old),
        (Operation::Update | Operation::Delete | Operation::Connect, _) => Ok(()),
    }
}

fn admit_node_update(node: &str, new: &Object, old: &Object) -> Result<(), Refusal> {
    let source = new.at("spec.configSource");
    refuse_if(!source.is_null() && source != old.at("spec.configSource"), || {
        format!("node \"{node}\" is not allowed to update configSource to a new non-nil configSource")
    })?;
    let taints = |it: &Object| it.at("spec.taints").items().to_vec();
    refuse_if(taints(new) != taints(old), || format!("node \"{node}\" is not allowed to modify taints"))?;
    let labels = forbidden(changed_labels(new, Some(old)));
    refuse_if(!labels.is_empty(), || format!("is not allowed to modify labels: {labels}"))
}

/// The labels that one of the two has otherwise than the other.
fn changed_labels(new: &Object, old: Option<&Object>) -> BTreeSet<Text> {
    let of = |it: Option<&Object>| it.map_or(&Value::Null, |it| it.metadata().get("labels")).clone();
    let (a, b) = (of(Some(new)), of(old));
    let keys = a.fields().iter().chain(b.fields()).map(|(key, _)| key.clone());
    keys.filter(|key| a.get(key) != b.get(key)).collect()
}

/// Those of `labels` that a node may not touch, with commas between them.
fn forbidden(labels: BTreeSet<Text>) -> String {
    labels.into_iter().filter(|it| is_forbidden(it)).collect::<Vec<_>>().join(", ")
}

fn is_forbidden(label: &str) -> bool {
    let prefix = label.split_once('/').map_or("", |(prefix, _)| prefix);
    let below = |domain: &str| prefix == domain || prefix.strip_suffix(domain).is_some_and(|it| it.ends_with('.'));
    let is_own = OWN_LABELS.contains(&label) || OWN_PREFIXES.iter().any(|it| below(it));
    below(RESTRICTED) || ((below("kubernetes.io") || below("k8s.io")) && !is_own)
}

fn admit_claim_status(node: &str, new: &Object, admission: &Admission<'_>) -> Result<(), Refusal> {
    let Some(old) = admission.old else { return Err("unexpected operation".into()) };
    let rest = |it: &Object| {
        let mut it = it.clone();
        for field in ["capacity", "conditions", "allocatedResourceStatuses", "allocatedResources"] {
            it.remove(&format!("status.{field}"));
        }
        for field in ["resourceVersion", "managedFields"] {
            it.remove(&format!("metadata.{field}"));
        }
        it
    };
    refuse_if(rest(new) != rest(old), || {
        format!("node \"{node}\" is not allowed to update fields other than status.capacity and status.conditions")
    })
}

fn admit_token(node: &str, request: &Object, admission: &Admission<'_>) -> Result<(), Refusal> {
    let bound = request.at("spec.boundObjectRef");
    let is_pod = bound.get("apiVersion").str() == "v1" && bound.get("kind").str() == "Pod";
    refuse_if(!is_pod || bound.get("name").is_empty(), || "node requested token not bound to a pod".into())?;
    let uid = bound.get("uid").str();
    refuse_if(uid.is_empty(), || "node requested token with a pod binding without a uid".into())?;
    let key = Key::new(PODS, admission.key.namespace.clone(), bound.get("name").text());
    let pod = admission.store.get(&key).ok_or(Refusal::Missing(key))?;
    refuse_if(uid != pod.uid(), || {
        format!(
            "the UID in the bound object reference ({uid}) does not match the UID in record. The object might have been deleted and then recreated"
        )
    })?;
    refuse_if(!runs_on(pod, node), || "node requested token bound to a pod scheduled on a different node".into())
}

fn admit_lease(node: &str, admission: &Admission<'_>) -> Result<(), Refusal> {
    refuse_if(admission.key.namespace != LEASE_NAMESPACE, || {
        format!("can only access leases in the \"{LEASE_NAMESPACE}\" system namespace")
    })?;
    own_name(node, "node lease with the same name as the requesting node", admission)
}

fn own_name(node: &str, what: &str, admission: &Admission<'_>) -> Result<(), Refusal> {
    refuse_if(admission.key.name != node, || format!("can only access {what}"))
}
