//! The restricted standard, beside what the baseline asks for.
//!
//! Upstream: `k8s.io/pod-security-admission/policy/check_{allowPrivilegeEscalation,capabilities_restricted,restrictedVolumes,
//! runAsNonRoot,runAsUser,seccompProfile_restricted}.go`.

use super::baseline::{added, explicit_seccomp};
use super::checks::{Check, Finding, Subject, containers, finding, plural, quoted, set, setters};
use crate::model::Value;

/// The checks, by their upstream names.
pub(super) const CHECKS: [Check; 6] = [
    Check { since: 8, replaced: None, run: privilege_escalation },
    Check { since: 22, replaced: None, run: capabilities },
    Check { since: 0, replaced: None, run: volumes },
    Check { since: 0, replaced: None, run: run_as_non_root },
    Check { since: 23, replaced: None, run: run_as_user },
    Check { since: 19, replaced: None, run: seccomp },
];

/// Sources of volumes that are allowed.
const VOLUMES: [&str; 9] = [
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "image",
    "persistentVolumeClaim",
    "projected",
    "secret",
];
/// From this minor version on pods of Windows need not ask for what only Linux has.
const WINDOWS_SINCE: u32 = 25;
/// From this minor version on pods with users of their own may be root.
const USERS_SINCE: u32 = 35;

fn is_spared(it: &Subject<'_>) -> bool {
    it.minor >= WINDOWS_SINCE && it.is_windows()
}

fn privilege_escalation(it: &Subject<'_>) -> Option<Finding> {
    let names = it.named(|container| container.at("securityContext.allowPrivilegeEscalation").as_bool() != Some(false));
    if is_spared(it) || names.is_empty() {
        return None;
    }
    let who = containers(&names);
    let detail = format!("{who} must set securityContext.allowPrivilegeEscalation=false");
    finding("allowPrivilegeEscalation != false", detail)
}

fn capabilities(it: &Subject<'_>) -> Option<Finding> {
    if is_spared(it) {
        return None;
    }
    let drops_all = |container: &Value| {
        container.at("securityContext.capabilities.drop").items().iter().any(|name| name.str() == "ALL")
    };
    let is_bad = |name: &&str| *name != "NET_BIND_SERVICE";
    let keeping = it.named(|container| !drops_all(container));
    let adding = it.named(|container| added(container).any(|name| is_bad(&name)));
    let mut details = Vec::new();
    if !keeping.is_empty() {
        details.push(format!("{} must set securityContext.capabilities.drop=[\"ALL\"]", containers(&keeping)));
    }
    if !adding.is_empty() {
        let bad = quoted(set(it.containers().flat_map(added).filter(is_bad)));
        let who = containers(&adding);
        details.push(format!("{who} must not include {bad} in securityContext.capabilities.add"));
    }
    finding("unrestricted capabilities", details.join("; "))
}

/// The source of a volume, if it is not allowed.
fn bad_source(volume: &Value) -> Option<&str> {
    let source = volume.fields().iter().map(|(key, _)| key.as_str()).find(|key| *key != "name");
    let source = source.unwrap_or("unknown");
    (!VOLUMES.contains(&source)).then_some(source)
}

fn volumes(it: &Subject<'_>) -> Option<Finding> {
    let bad = it.spec.get("volumes").items().iter().filter(|volume| bad_source(volume).is_some());
    let names: Vec<&str> = bad.clone().map(|volume| volume.get("name").str()).collect();
    if names.is_empty() {
        return None;
    }
    let kinds = set(bad.filter_map(bad_source));
    let word = plural("volume", "volumes", names.len());
    let verb = plural("uses", "use", names.len());
    let kind = plural("restricted volume type", "restricted volume types", kinds.len());
    let detail = format!("{word} {} {verb} {kind} {}", quoted(names), quoted(kinds));
    finding("restricted volume types", detail)
}

fn run_as_non_root(it: &Subject<'_>) -> Option<Finding> {
    const REASON: &str = "runAsNonRoot != true";
    if it.minor >= USERS_SINCE && it.has_own_users() {
        return None;
    }
    let said = |context: &Value| context.get("runAsNonRoot").as_bool();
    let own = said(it.context());
    let refusing = it.named(|container| said(container.get("securityContext")) == Some(false));
    let who = setters(own == Some(false), &refusing);
    if !who.is_empty() {
        return finding(REASON, format!("{} must not set securityContext.runAsNonRoot=false", who.join(" and ")));
    }
    let silent = it.named(|container| said(container.get("securityContext")).is_none());
    if own == Some(true) || silent.is_empty() {
        return None;
    }
    finding(REASON, format!("pod or {} must set securityContext.runAsNonRoot=true", containers(&silent)))
}

fn run_as_user(it: &Subject<'_>) -> Option<Finding> {
    if it.minor >= USERS_SINCE && it.has_own_users() {
        return None;
    }
    let is_root = |context: &Value| context.get("runAsUser").as_int() == Some(0);
    let who = setters(is_root(it.context()), &it.named(|container| is_root(container.get("securityContext"))));
    if who.is_empty() {
        return None;
    }
    finding("runAsUser=0", format!("{} must not set runAsUser=0", who.join(" and ")))
}

fn seccomp(it: &Subject<'_>) -> Option<Finding> {
    if is_spared(it) {
        return None;
    }
    if let Some(found) = explicit_seccomp(it) {
        return Some(found);
    }
    let silent = it.named(|container| container.at("securityContext.seccompProfile").is_null());
    if !it.context().get("seccompProfile").is_null() || silent.is_empty() {
        return None;
    }
    let who = containers(&silent);
    let detail =
        format!("pod or {who} must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\"");
    finding("seccompProfile", detail)
}
