//! The baseline standard.
//!
//! Upstream: `k8s.io/pod-security-admission/policy/check_{appArmorProfile,capabilities_baseline,hostNamespaces,hostPathVolumes,
//! hostPorts,hostProbesAndHostLifecycle,privileged,procMount,seLinuxOptions,seccompProfile_baseline,sysctls,windowsHostProcess}.go`.

use super::checks::{Check, Finding, Subject, containers, finding, plural, quoted, set, setters};
use super::levels::Level;
use crate::model::Value;
use std::collections::BTreeSet;

/// The checks, by their upstream names.
pub(super) const CHECKS: [Check; 12] = [
    Check { since: 0, replaced: None, run: app_armor },
    Check { since: 0, replaced: Some(22), run: capabilities },
    Check { since: 0, replaced: None, run: host_namespaces },
    Check { since: 0, replaced: Some(0), run: host_paths },
    Check { since: 0, replaced: None, run: host_ports },
    Check { since: 34, replaced: None, run: probe_hosts },
    Check { since: 0, replaced: None, run: privileged },
    Check { since: 0, replaced: None, run: proc_mount },
    Check { since: 0, replaced: None, run: selinux },
    Check { since: 0, replaced: Some(19), run: seccomp },
    Check { since: 0, replaced: None, run: sysctls },
    Check { since: 0, replaced: None, run: host_process },
];

const CAPABILITIES: [&str; 13] = [
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];
/// Safe kernel parameters, and the minor version since when.
const SYSCTLS: [(&str, u32); 12] = [
    ("kernel.shm_rmid_forced", 0),
    ("net.ipv4.ip_local_port_range", 0),
    ("net.ipv4.tcp_syncookies", 0),
    ("net.ipv4.ping_group_range", 0),
    ("net.ipv4.ip_unprivileged_port_start", 0),
    ("net.ipv4.ip_local_reserved_ports", 27),
    ("net.ipv4.tcp_keepalive_time", 29),
    ("net.ipv4.tcp_fin_timeout", 29),
    ("net.ipv4.tcp_keepalive_intvl", 29),
    ("net.ipv4.tcp_keepalive_probes", 29),
    ("net.ipv4.tcp_rmem", 32),
    ("net.ipv4.tcp_wmem", 32),
];
/// Types of `SELinux` labels, and the minor version since when.
const SELINUX_TYPES: [(&str, u32); 5] =
    [("", 0), ("container_t", 0), ("container_init_t", 0), ("container_kvm_t", 0), ("container_engine_t", 31)];
const APP_ARMOR: &str = "container.apparmor.security.beta.kubernetes.io/";
/// Profiles of seccomp and `AppArmor` that confine.
const CONFINING: [&str; 2] = ["RuntimeDefault", "Localhost"];

/// The type of a profile, if it is set to one that does not confine.
fn bad_profile<'a>(context: &'a Value, field: &str) -> Option<&'a str> {
    let profile = context.get(field);
    let kind = profile.get("type").str();
    (!profile.is_null() && !CONFINING.contains(&kind)).then_some(kind)
}

/// Who sets a profile that does not confine, and to what.
pub(super) fn bad_profiles<'a>(it: &Subject<'a>, field: &str) -> (Vec<String>, BTreeSet<&'a str>) {
    let own = bad_profile(it.context(), field);
    let names = it.named(|container| bad_profile(container.get("securityContext"), field).is_some());
    let values = it.containers().filter_map(|container| bad_profile(container.get("securityContext"), field));
    (setters(own.is_some(), &names), own.into_iter().chain(values).collect())
}

fn app_armor(it: &Subject<'_>) -> Option<Finding> {
    let (mut who, mut values) = bad_profiles(it, "appArmorProfile");
    let confines = |value: &str| value.is_empty() || value == "runtime/default" || value.starts_with("localhost/");
    let annotations = it.metadata.get("annotations").fields().iter();
    let bad: Vec<_> = annotations.filter(|(key, value)| key.starts_with(APP_ARMOR) && !confines(value.str())).collect();
    if !bad.is_empty() {
        let word = plural("annotation", "annotations", bad.len());
        who.push(format!("{word} {}", quoted(bad.iter().map(|(key, _)| key.as_str()))));
        values.extend(bad.iter().map(|(_, value)| value.str()));
    }
    if who.is_empty() {
        return None;
    }
    let reason = plural("forbidden AppArmor profile", "forbidden AppArmor profiles", values.len());
    let (who, values) = (who.join(" and "), quoted(values));
    finding(reason, format!("{who} must not set AppArmor profile type to {values}"))
}

/// The capabilities that a container adds.
pub(super) fn added(container: &Value) -> impl Iterator<Item = &str> {
    container.at("securityContext.capabilities.add").items().iter().map(Value::str)
}

fn capabilities(it: &Subject<'_>) -> Option<Finding> {
    let is_bad = |name: &&str| !CAPABILITIES.contains(name);
    let names = it.named(|container| added(container).any(|name| is_bad(&name)));
    let bad = set(it.containers().flat_map(added).filter(is_bad));
    if names.is_empty() {
        return None;
    }
    let (who, bad) = (containers(&names), quoted(bad));
    finding("non-default capabilities", format!("{who} must not include {bad} in securityContext.capabilities.add"))
}

fn host_namespaces(it: &Subject<'_>) -> Option<Finding> {
    let shared = ["hostNetwork", "hostPID", "hostIPC"].into_iter().filter(|field| it.spec.get(field).is_true());
    finding("host namespaces", shared.map(|field| format!("{field}=true")).collect::<Vec<_>>().join(", "))
}

fn host_paths(it: &Subject<'_>) -> Option<Finding> {
    let volumes = it.spec.get("volumes").items().iter().filter(|volume| !volume.get("hostPath").is_null());
    let names: Vec<&str> = volumes.map(|volume| volume.get("name").str()).collect();
    if names.is_empty() {
        return None;
    }
    finding("hostPath volumes", format!("{} {}", plural("volume", "volumes", names.len()), quoted(names)))
}

fn host_ports(it: &Subject<'_>) -> Option<Finding> {
    let ports = |container: &Value| {
        let all = container.get("ports").items().iter().map(|port| port.get("hostPort").int_or(0));
        all.filter(|port| *port != 0).map(|port| port.to_string()).collect::<Vec<_>>()
    };
    let names = it.named(|container| !ports(container).is_empty());
    if names.is_empty() {
        return None;
    }
    let used: BTreeSet<String> = it.containers().flat_map(ports).collect();
    let (reason, verb) = (plural("hostPort", "hostPorts", used.len()), plural("uses", "use", names.len()));
    let list = used.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    finding(reason, format!("{} {verb} {reason} {list}", containers(&names)))
}

/// The hosts that a container's probes and hooks call.
fn called(container: &Value) -> impl Iterator<Item = &str> {
    let handlers = ["livenessProbe", "readinessProbe", "startupProbe", "lifecycle.postStart", "lifecycle.preStop"];
    let hosts = handlers.into_iter().flat_map(|at| ["httpGet", "tcpSocket"].map(|how| container.at(at).get(how)));
    hosts.map(|it| it.get("host").str()).filter(|host| !host.is_empty())
}

fn probe_hosts(it: &Subject<'_>) -> Option<Finding> {
    const REASON: &str = "probe or lifecycle host";
    let names = set(it.named(|container| called(container).next().is_some()));
    if names.is_empty() {
        return None;
    }
    let hosts = set(it.containers().flat_map(called));
    let names: Vec<&str> = names.into_iter().collect();
    let verb = plural("uses", "use", names.len());
    let word = plural(REASON, "probe or lifecycle hosts", hosts.len());
    finding(REASON, format!("{} {verb} {word} {}", containers(&names), quoted(hosts)))
}

fn privileged(it: &Subject<'_>) -> Option<Finding> {
    let names = it.named(|container| container.at("securityContext.privileged").is_true());
    if names.is_empty() {
        return None;
    }
    finding("privileged", format!("{} must not set securityContext.privileged=true", containers(&names)))
}

fn proc_mount(it: &Subject<'_>) -> Option<Finding> {
    if it.level == Level::Baseline && it.minor >= 35 && it.has_own_users() {
        return None;
    }
    let mounted = |container: &Value| container.at("securityContext.procMount").text();
    let is_bad = |kind: &str| !kind.is_empty() && kind != "Default";
    let names = it.named(|container| is_bad(&mounted(container)));
    if names.is_empty() {
        return None;
    }
    let kinds: BTreeSet<_> = it.containers().map(mounted).filter(|kind| is_bad(kind)).collect();
    let kinds = quoted(kinds.iter().map(crate::model::Text::as_str));
    finding("procMount", format!("{} must not set securityContext.procMount to {kinds}", containers(&names)))
}

fn selinux(it: &Subject<'_>) -> Option<Finding> {
    let known = |kind: &str| SELINUX_TYPES.iter().any(|(name, since)| *name == kind && *since <= it.minor);
    let is_bad = |options: &Value| {
        let set = |field: &str| !options.get(field).is_empty();
        !known(options.get("type").str()) || set("user") || set("role")
    };
    let of = |container: &'_ Value| container.at("securityContext.seLinuxOptions").clone();
    let own = it.context().get("seLinuxOptions");
    let names = it.named(|container| is_bad(&of(container)));
    let who = setters(is_bad(own), &names);
    if who.is_empty() {
        return None;
    }
    let all: Vec<Value> = std::iter::once(own.clone()).chain(it.containers().map(of)).collect();
    let kinds = set(all.iter().map(|options| options.get("type").str()).filter(|kind| !known(kind)));
    let mut data = Vec::new();
    if !kinds.is_empty() {
        data.push(format!("{} {}", plural("type", "types", kinds.len()), quoted(kinds)));
    }
    for field in ["user", "role"] {
        if all.iter().any(|options| !options.get(field).is_empty()) {
            data.push(format!("{field} may not be set"));
        }
    }
    let (who, data) = (who.join(" and "), data.join("; "));
    finding("seLinuxOptions", format!("{who} set forbidden securityContext.seLinuxOptions: {data}"))
}

fn seccomp(it: &Subject<'_>) -> Option<Finding> {
    if it.minor < 19 {
        return seccomp_annotations(it);
    }
    explicit_seccomp(it)
}

/// Who turns seccomp off.
pub(super) fn explicit_seccomp(it: &Subject<'_>) -> Option<Finding> {
    let (who, values) = bad_profiles(it, "seccompProfile");
    if who.is_empty() {
        return None;
    }
    let (who, values) = (who.join(" and "), quoted(values));
    finding("seccompProfile", format!("{who} must not set securityContext.seccompProfile.type to {values}"))
}

/// Before the fields there were annotations.
fn seccomp_annotations(it: &Subject<'_>) -> Option<Finding> {
    let confines =
        |value: &str| matches!(value, "runtime/default" | "docker/default") || value.starts_with("localhost/");
    let is_one = |key: &str| {
        key == "seccomp.security.alpha.kubernetes.io/pod"
            || key.starts_with("container.seccomp.security.alpha.kubernetes.io/")
    };
    let annotations = it.metadata.get("annotations").fields().iter();
    let bad = annotations.filter(|(key, value)| is_one(key) && !confines(value.str()));
    let bad: Vec<String> = bad.map(|(key, value)| format!("{key}={}", value.str())).collect();
    if bad.is_empty() {
        return None;
    }
    let word = plural("annotation", "annotations", bad.len());
    finding("seccompProfile", format!("forbidden {word} {}", quoted(bad.iter().map(String::as_str))))
}

fn sysctls(it: &Subject<'_>) -> Option<Finding> {
    let safe = |name: &str| SYSCTLS.iter().any(|(known, since)| *known == name && *since <= it.minor);
    let names = it.context().get("sysctls").items().iter().map(|sysctl| sysctl.get("name").str());
    finding("forbidden sysctls", names.filter(|name| !safe(name)).collect::<Vec<_>>().join(", "))
}

fn host_process(it: &Subject<'_>) -> Option<Finding> {
    let is_bad = |context: &Value| context.at("windowsOptions.hostProcess").is_true();
    let who = setters(is_bad(it.context()), &it.named(|container| is_bad(container.get("securityContext"))));
    if who.is_empty() {
        return None;
    }
    finding(
        "hostProcess",
        format!("{} must not set securityContext.windowsOptions.hostProcess=true", who.join(" and ")),
    )
}
