//! Pods keep to the security standard that the labels of their namespace ask for: refused, warned of, or noted for the audit log.
//!
//! Upstream: `k8s.io/pod-security-admission/admission/admission.go`, `plugin/pkg/admission/security/podsecurity/admission.go`.
//! Left out: exemptions and defaults of an `AdmissionConfiguration`, which a default API server has none of.

mod baseline;
mod checks;
mod levels;
mod restricted;
#[cfg(test)]
mod tests;

use crate::api::Status;
use crate::api::admission::{Admission, InForce, Operation, Plugin};
use crate::api::status::Errors;
use crate::model::key::resources::{NAMESPACES, PODS};
use crate::model::{Object, Value};
use checks::{Finding, findings};
use levels::{Level, Policy, Standard};
use std::collections::BTreeMap;

/// The registration.
pub(crate) const PLUGIN: Plugin = Plugin {
    name: "PodSecurity",
    in_force: InForce::Full,
    on: &[Operation::Create, Operation::Update],
    resources: &[
        "namespaces",
        "pods",
        "pods/ephemeralcontainers",
        "podtemplates",
        "replicationcontrollers",
        "replicasets.apps",
        "deployments.apps",
        "statefulsets.apps",
        "daemonsets.apps",
        "jobs.batch",
        "cronjobs.batch",
    ],
    validate: Some(validate),
    ..Plugin::NONE
};

/// How many pods of a namespace are looked at when its policy changes.
const PODS_MAX: usize = 3_000;
/// The prefix of what is noted for the audit log.
const AUDIT: &str = "pod-security.kubernetes.io/";

fn validate(object: &Object, admission: &mut Admission<'_>) -> Result<(), Status> {
    match admission.key.resource.as_str() {
        "namespaces" => validate_namespace(object, admission),
        "pods" => validate_pod(object, admission),
        _ => {
            validate_template(object, admission);
            Ok(())
        }
    }
}

fn validate_namespace(new: &Object, admission: &mut Admission<'_>) -> Result<(), Status> {
    let (policy, faults) = Policy::read(new.metadata().get("labels"));
    let before = admission.old.map(|old| Policy::read(old.metadata().get("labels")));
    let has_new_faults = before.as_ref().is_none_or(|(_, old)| *old != faults);
    if !faults.0.is_empty() && has_new_faults {
        return Err(Status::invalid("Namespace", "", &new.name(), &faults));
    }
    let Some((old, _)) = before else { return Ok(()) };
    let (to, from) = (policy.enforce, old.enforce);
    let is_relaxed = to.level == Level::Privileged || (to.version == from.version && to.level <= from.level);
    if !is_relaxed {
        warn_of_pods(to, &new.name(), admission);
    }
    Ok(())
}

/// Names the pods of a namespace that its new standard would not let in.
fn warn_of_pods(standard: Standard, namespace: &str, admission: &mut Admission<'_>) {
    let mut by_warning: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for pod in admission.store.list_in(&PODS, namespace).take(PODS_MAX) {
        let found = findings(standard, pod.metadata(), pod.get("spec"));
        if !found.is_empty() {
            by_warning.entry(reasons(&found)).or_default().push(pod.name().to_string());
        }
    }
    if by_warning.is_empty() {
        return;
    }
    let head =
        format!("existing pods in namespace \"{namespace}\" violate the new PodSecurity enforce level \"{standard}\"");
    admission.warn(head);
    let mut lines: Vec<String> = by_warning.into_iter().map(|(warning, pods)| named(&pods, &warning)).collect();
    lines.sort();
    for line in lines {
        admission.warn(line);
    }
}

fn named(pods: &[String], warning: &str) -> String {
    let first = &pods[0];
    match pods.len() {
        1 => format!("{first}: {warning}"),
        2 => format!("{first} (and 1 other pod): {warning}"),
        several => format!("{first} (and {} other pods): {warning}", several - 1),
    }
}

fn validate_pod(pod: &Object, admission: &mut Admission<'_>) -> Result<(), Status> {
    let Some((policy, faults)) = policy_of(admission) else { return Ok(()) };
    let is_same = admission.old.is_some_and(|old| relevant(old) == relevant(pod));
    if policy.is_privileged() || is_same {
        return Ok(());
    }
    note_faults(&faults, admission);
    admission.annotate(&format!("{AUDIT}enforce-policy"), &policy.enforce.to_string());
    let found = findings(policy.enforce, pod.metadata(), pod.get("spec"));
    audit(policy, pod.metadata(), pod.get("spec"), admission);
    if !found.is_empty() {
        return Err(admission.forbid(&format!("violates PodSecurity \"{}\": {}", policy.enforce, details(&found))));
    }
    warn(policy, pod.metadata(), pod.get("spec"), admission);
    Ok(())
}

/// A workload is never refused, so that its pods are refused where it can be seen.
fn validate_template(workload: &Object, admission: &mut Admission<'_>) {
    let Some((policy, faults)) = policy_of(admission) else { return };
    if policy.warn.level == Level::Privileged && policy.audit.level == Level::Privileged {
        return;
    }
    let template = match workload.kind() {
        "PodTemplate" => workload.get("template"),
        "CronJob" => workload.at("spec.jobTemplate.spec.template"),
        _ => workload.at("spec.template"),
    };
    if !template.is_null() {
        note_faults(&faults, admission);
        audit(policy, template.get("metadata"), template.get("spec"), admission);
        warn(policy, template.get("metadata"), template.get("spec"), admission);
    }
}

fn policy_of(admission: &Admission<'_>) -> Option<(Policy, Errors)> {
    debug_assert!(admission.key.resource != NAMESPACES);
    let namespace = admission.namespace()?;
    Some(Policy::read(namespace.metadata().get("labels")))
}

fn note_faults(faults: &Errors, admission: &mut Admission<'_>) {
    if !faults.0.is_empty() {
        let text = format!("Failed to parse policy: {}", faults.joined());
        admission.annotate(&format!("{AUDIT}error"), &text);
    }
}

fn audit(policy: Policy, metadata: &Value, spec: &Value, admission: &mut Admission<'_>) {
    let found = findings(policy.audit, metadata, spec);
    if !found.is_empty() {
        let text = format!("would violate PodSecurity \"{}\": {}", policy.audit, details(&found));
        admission.annotate(&format!("{AUDIT}audit-violations"), &text);
    }
}

fn warn(policy: Policy, metadata: &Value, spec: &Value, admission: &mut Admission<'_>) {
    let found = findings(policy.warn, metadata, spec);
    if !found.is_empty() {
        admission.warn(format!("would violate PodSecurity \"{}\": {}", policy.warn, details(&found)));
    }
}

/// What of a pod the standards look at and an update could change.
fn relevant(pod: &Object) -> Vec<Value> {
    let lists = ["spec.initContainers", "spec.containers", "spec.ephemeralContainers"];
    let containers = lists.iter().flat_map(|list| pod.at(list).items()).map(|it| it.get("securityContext").clone());
    let annotations = pod.at("metadata.annotations").fields().iter().filter(|(key, _)| checks::is_relevant(key));
    let annotations = annotations.map(|(_, value)| value.clone());
    std::iter::once(pod.at("spec.securityContext").clone()).chain(containers).chain(annotations).collect()
}

/// `host namespaces, privileged`.
fn reasons(found: &[Finding]) -> String {
    found.iter().map(|it| it.reason).collect::<Vec<_>>().join(", ")
}

/// `host namespaces (hostNetwork=true), privileged (container "c" must not …)`.
fn details(found: &[Finding]) -> String {
    let one =
        |it: &Finding| if it.detail.is_empty() { it.reason.into() } else { format!("{} ({})", it.reason, it.detail) };
    found.iter().map(one).collect::<Vec<_>>().join(", ")
}
