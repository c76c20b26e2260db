//! A pod spec, alone or in a template. Upstream: `pkg/apis/core/validation/validation.go` (`ValidatePodSpec`).

use crate::api::Errors;
use crate::api::validation::{At, affinity, container, labels, resource_amounts, security, tolerations, volumes};
use crate::model::names;
use std::net::IpAddr;

const DNS_POLICIES: &[&str] = &["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"];
/// The most name servers of a `dnsConfig`.
const NAME_SERVERS_MAX: usize = 3;
/// The most search domains of a `dnsConfig`.
const SEARCHES_MAX: usize = 32;

/// Finds what is wrong, in upstream's order.
pub(crate) fn validate(spec: &At<'_>, errors: &mut Errors) {
    let volumes = volumes::validate(&spec.field("volumes"), errors);
    container::validate_all(spec, &volumes, errors);
    resource_amounts::validate(&spec.field("resources"), errors);
    let policy = spec.field("restartPolicy");
    if errors.needs(&policy) {
        errors.one_of(&policy, &["Always", "OnFailure", "Never"]);
    }
    let policy = spec.field("dnsPolicy");
    if errors.needs(&policy) {
        errors.one_of(&policy, DNS_POLICIES);
    }
    labels::validate(&spec.field("nodeSelector"), errors);
    security::validate_pod(spec, errors);
    for secret in spec.field("imagePullSecrets").each() {
        if secret.get("name").is_empty() {
            errors.required(&secret.field("name"), "");
        }
    }
    affinity::validate(&spec.field("affinity"), errors);
    validate_dns(spec, errors);
    validate_gates(spec, errors);
    validate_spread(&spec.field("topologySpreadConstraints"), errors);
    validate_names(spec, errors);
    tolerations::validate(&spec.field("tolerations"), errors);
    validate_host_aliases(&spec.field("hostAliases"), errors);
    validate_classes(spec, errors);
}

fn validate_dns(spec: &At<'_>, errors: &mut Errors) {
    let config = spec.field("dnsConfig");
    let servers = config.field("nameservers");
    if spec.get("dnsPolicy").str() == "None" {
        if !config.is_set() {
            errors.required(&config, "must provide `dnsConfig` when `dnsPolicy` is None");
            return;
        }
        if servers.is_empty() {
            errors.required(&servers, "must provide at least one DNS nameserver when `dnsPolicy` is None");
            return;
        }
    }
    if servers.items().len() > NAME_SERVERS_MAX {
        let detail = format!("must not have more than {NAME_SERVERS_MAX} nameservers");
        errors.bad(&servers, &detail);
    }
    for server in servers.each() {
        if server.str().parse::<IpAddr>().is_err() {
            errors.bad(&server, BAD_IP);
        }
    }
    let searches = config.field("searches");
    if searches.items().len() > SEARCHES_MAX {
        errors.bad(&searches, &format!("must not have more than {SEARCHES_MAX} search paths"));
    }
    for option in config.field("options").each() {
        if option.get("name").is_empty() {
            errors.required(&option, "must not be empty");
        }
    }
}

pub(super) const BAD_IP: &str = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";

fn validate_gates(spec: &At<'_>, errors: &mut Errors) {
    for gate in spec.field("readinessGates").each() {
        labels::validate_key(&gate.field("conditionType"), errors);
    }
    let gates = spec.field("schedulingGates");
    let mut seen: Vec<&str> = Vec::new();
    for gate in gates.each() {
        let name = gate.value().get("name").str();
        errors.bad_each(&gate.field("name"), names::label_key(name));
        if seen.contains(&name) {
            errors.duplicate(&gate.field("name"), gate.get("name"));
        }
        seen.push(name);
    }
}

fn validate_spread(constraints: &At<'_>, errors: &mut Errors) {
    for constraint in constraints.each() {
        if constraint.get("maxSkew").int_or(0) <= 0 {
            errors.bad(&constraint.field("maxSkew"), "must be greater than zero");
        }
        let key = constraint.field("topologyKey");
        if key.is_empty() {
            errors.required(&key, "can not be empty");
        } else {
            labels::validate_key(&key, errors);
        }
        errors.one_of(&constraint.field("whenUnsatisfiable"), &["DoNotSchedule", "ScheduleAnyway"]);
        let domains = constraint.field("minDomains");
        if domains.as_int().is_some_and(|it| it <= 0) {
            errors.bad(&domains, "must be greater than zero");
        }
        if domains.is_set() && constraint.get("whenUnsatisfiable").str() != "DoNotSchedule" {
            let detail = format!(
                "can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {}",
                constraint.get("whenUnsatisfiable").str()
            );
            errors.bad(&domains, &detail);
        }
        for policy in ["nodeAffinityPolicy", "nodeTaintsPolicy"] {
            let policy = constraint.field(policy);
            if policy.is_set() {
                errors.one_of(&policy, &["Honor", "Ignore"]);
            }
        }
        labels::validate_selector(&constraint.field("labelSelector"), errors);
    }
}

fn validate_names(spec: &At<'_>, errors: &mut Errors) {
    let mut check = |field: &str, rule: fn(&str) -> Vec<String>| {
        let at = spec.field(field);
        if !at.is_empty() {
            errors.bad_each(&at, rule(at.str()));
        }
    };
    check("serviceAccountName", names::dns1123_subdomain);
    check("nodeName", names::dns1123_subdomain);
    let deadline = spec.field("activeDeadlineSeconds");
    if let Some(seconds) = deadline.as_int() {
        errors.bad_each(&deadline, names::in_range(seconds, 1, i64::from(i32::MAX)));
    }
    for field in ["hostname", "subdomain"] {
        let at = spec.field(field);
        if !at.is_empty() {
            errors.bad_each(&at, names::dns1123_label(at.str()));
        }
    }
}

fn validate_host_aliases(aliases: &At<'_>, errors: &mut Errors) {
    for alias in aliases.each() {
        let ip = alias.field("ip");
        if ip.str().parse::<IpAddr>().is_err() {
            errors.bad(&ip, BAD_IP);
        }
        for name in alias.field("hostnames").each() {
            let at = alias.field("hostnames");
            errors.invalid_each(&at, name.value(), names::dns1123_subdomain(name.str()));
        }
    }
}

fn validate_classes(spec: &At<'_>, errors: &mut Errors) {
    for field in ["priorityClassName", "runtimeClassName"] {
        let at = spec.field(field);
        if !at.is_empty() {
            errors.bad_each(&at, names::dns1123_subdomain(at.str()));
        }
    }
    let policy = spec.field("preemptionPolicy");
    if policy.is_set() {
        errors.one_of(&policy, &["Never", "PreemptLowerPriority"]);
    }
    let os = spec.field("os");
    if os.is_set() {
        let name = os.field("name");
        if name.is_empty() {
            errors.required(&name, "cannot be empty");
        } else if !matches!(name.str(), "linux" | "windows") {
            errors.unsupported(&os, name.value(), &["linux", "windows"]);
        }
    }
}
