//! The signers of Kubernetes itself, and what each of them signs.
//!
//! Upstream: `pkg/controller/certificates/signer/signer.go` (`isKubeletServing` and its like), `pkg/apis/certificates/helpers.go`.
//! Left out: the rules for ML-DSA keys, which the authority does not sign.

use crate::api::certificates::request::Subject;
use crate::model::{Object, Value};
use std::collections::BTreeSet;

/// Signs what clients log in with.
pub(crate) const CLIENT: &str = "kubernetes.io/kube-apiserver-client";
/// Signs what kubelets log in with.
pub(super) const KUBELET_CLIENT: &str = "kubernetes.io/kube-apiserver-client-kubelet";
/// Signs what kubelets show.
const KUBELET_SERVING: &str = "kubernetes.io/kubelet-serving";

const NODES: &str = "system:nodes";
const NODE_PREFIX: &str = "system:node:";
const CLIENT_AUTH: &str = "client auth";
const SIGNATURE: &str = "digital signature";
const ENCIPHERMENT: &str = "key encipherment";
const SERVER_AUTH: &str = "server auth";

/// True for a signer that is one of these.
pub(super) fn is_known(signer: &str) -> bool {
    [CLIENT, KUBELET_CLIENT, KUBELET_SERVING].contains(&signer)
}

/// Whether the signer of `request` may sign for `subject`; `None` if the signer is none of these.
pub(super) fn judge(request: &Object, subject: &Subject) -> Option<Result<(), String>> {
    let usages: Vec<&str> = request.at("spec.usages").items().iter().map(Value::str).collect();
    match request.at("spec.signerName").str() {
        CLIENT => Some(client(&usages)),
        KUBELET_CLIENT => Some(kubelet_client(subject, &usages)),
        KUBELET_SERVING => Some(kubelet_serving(subject, &usages)),
        _ => None,
    }
}

fn client(usages: &[&str]) -> Result<(), String> {
    let known = [CLIENT_AUTH, SIGNATURE, ENCIPHERMENT];
    if let Some(other) = usages.iter().find(|it| !known.contains(it)) {
        return Err(format!("invalid usage for client certificate: {other}"));
    }
    if !usages.contains(&CLIENT_AUTH) {
        return Err(format!("missing required usage for client certificate: {CLIENT_AUTH}"));
    }
    Ok(())
}

/// What a kubelet logs in with: a node's name, the group of nodes, and nothing else.
pub(super) fn kubelet_client(subject: &Subject, usages: &[&str]) -> Result<(), String> {
    of_nodes(subject)?;
    let others = &subject.others;
    for (count, kind) in [(others.dns, "DNS"), (others.emails, "Email"), (others.addresses, "IP"), (others.uris, "URI")]
    {
        none(count, kind)?;
    }
    of_node(subject)?;
    exactly(usages, CLIENT_AUTH)
}

fn kubelet_serving(subject: &Subject, usages: &[&str]) -> Result<(), String> {
    of_nodes(subject)?;
    let others = &subject.others;
    if others.dns + others.addresses == 0 {
        return Err("DNS or IP subjectAltName is required".into());
    }
    none(others.emails, "Email")?;
    none(others.uris, "URI")?;
    exactly(usages, SERVER_AUTH)?;
    of_node(subject)
}

fn of_nodes(subject: &Subject) -> Result<(), String> {
    let is_so = subject.organizations.iter().eq([NODES]);
    if is_so { Ok(()) } else { Err(format!("subject organization is not {NODES}")) }
}

fn of_node(subject: &Subject) -> Result<(), String> {
    let is_so = subject.common_name.starts_with(NODE_PREFIX);
    if is_so { Ok(()) } else { Err(format!("subject common name does not begin with {NODE_PREFIX}")) }
}

fn none(count: usize, kind: &str) -> Result<(), String> {
    if count == 0 { Ok(()) } else { Err(format!("{kind} subjectAltNames are not allowed")) }
}

/// The usages are this one and those of every key; only keys that can encipher need to say so.
fn exactly(usages: &[&str], own: &'static str) -> Result<(), String> {
    let given: BTreeSet<&str> = usages.iter().copied().collect();
    let whole = BTreeSet::from([own, SIGNATURE, ENCIPHERMENT]);
    if given == whole || given == BTreeSet::from([own, SIGNATURE]) {
        return Ok(());
    }
    let names: Vec<&str> = whole.into_iter().collect();
    Err(format!("usages did not match [{}]", names.join(" ")))
}
