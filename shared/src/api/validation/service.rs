//! Services. Upstream: `pkg/apis/core/validation/validation.go` (`ValidateService`, `ValidateServiceUpdate`).

use crate::api::Errors;
use crate::api::validation::pod_spec::BAD_IP;
use crate::api::validation::{At, handlers, labels};
use crate::model::{Object, Value, names};
use std::net::IpAddr;

const TYPES: &[&str] = &["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
/// The longest `sessionAffinityConfig.clientIP.timeoutSeconds`: a day.
const AFFINITY_MAX_SECONDS: i64 = 86_400;

/// Finds what is wrong with a new service.
pub(crate) fn validate(service: &Object, errors: &mut Errors) {
    let root = At::root(service);
    let spec = root.field("spec");
    let kind = spec.value().get("type").str();
    let headless = spec.get("clusterIP").str() == "None";
    let ports = spec.field("ports");
    if ports.is_empty() && !headless && kind != "ExternalName" {
        errors.required(&ports, "");
    }
    validate_type_needs(&spec, kind, headless, errors);
    validate_ports(&ports, errors);
    labels::validate(&spec.field("selector"), errors);
    validate_affinity(&spec, errors);
    validate_addresses(&spec, kind, errors);
    let kind_at = spec.field("type");
    if errors.needs(&kind_at) {
        errors.one_of(&kind_at, TYPES);
    }
    if kind == "ClusterIP" {
        for port in ports.each() {
            if !port.get("nodePort").is_empty() {
                errors.forbidden(&port.field("nodePort"), "may not be used when `type` is 'ClusterIP'");
            }
        }
    }
    duplicate_ports(&ports, errors);
    validate_traffic(&spec, kind, errors);
}

fn validate_type_needs(spec: &At<'_>, kind: &str, headless: bool, errors: &mut Errors) {
    match kind {
        "LoadBalancer" | "NodePort" if headless => {
            let detail = format!("may not be set to 'None' for {kind} services");
            let at = spec.field("clusterIPs");
            let first = at.each().next();
            errors.invalid(first.as_ref().unwrap_or(&at), &"None".into(), &detail);
        }
        "ExternalName" => {
            let addresses = spec.field("clusterIPs");
            if !addresses.is_empty() {
                errors.forbidden(&addresses, "may not be set when type is 'ExternalName'");
            }
            let name = spec.field("externalName");
            if errors.needs(&name) {
                errors.bad_each(&name, names::dns1123_subdomain(name.str().trim_end_matches('.')));
            }
        }
        _ => {}
    }
}

fn validate_ports(ports: &At<'_>, errors: &mut Errors) {
    let several = ports.items().len() > 1;
    let mut seen: Vec<&str> = Vec::new();
    for port in ports.each() {
        let (name, text) = (port.field("name"), port.value().get("name").str());
        if several && text.is_empty() {
            errors.required(&name, "");
        } else if !text.is_empty() {
            errors.bad_each(&name, names::dns1123_label(text));
            if seen.contains(&text) {
                errors.duplicate(&name, name.value());
            }
            seen.push(text);
        }
        errors.bad_each(&port.field("port"), names::port_number(port.get("port").int_or(0)));
        let protocol = port.field("protocol");
        if errors.needs(&protocol) {
            errors.one_of(&protocol, &["SCTP", "TCP", "UDP"]);
        }
        handlers::port_number_or_name(&port.field("targetPort"), errors);
    }
}

fn duplicate_ports(ports: &At<'_>, errors: &mut Errors) {
    let mut seen: Vec<(&Value, &Value)> = Vec::new();
    for port in ports.each() {
        let value = port.value();
        let place = (value.get("protocol"), value.get("port"));
        if seen.contains(&place) {
            let shown = format!(
                "{{\"Name\":\"\",\"Protocol\":{},\"AppProtocol\":null,\"Port\":{},\"TargetPort\":0,\"NodePort\":0}}",
                place.0, place.1
            );
            errors.push("FieldValueDuplicate", &port, format!("Duplicate value: {shown}"));
        }
        seen.push(place);
    }
}

fn validate_affinity(spec: &At<'_>, errors: &mut Errors) {
    let affinity = spec.field("sessionAffinity");
    if errors.needs(&affinity) {
        errors.one_of(&affinity, &["ClientIP", "None"]);
    }
    if affinity.str() == "ClientIP" {
        let config = spec.field("sessionAffinityConfig");
        let client = config.field("clientIP");
        let seconds = client.field("timeoutSeconds");
        if !(1..=AFFINITY_MAX_SECONDS).contains(&seconds.int_or(0)) {
            errors.bad(&seconds, &format!("must be greater than 0 and less than {AFFINITY_MAX_SECONDS}"));
        }
    }
}

fn validate_addresses(spec: &At<'_>, kind: &str, errors: &mut Errors) {
    if kind == "ExternalName" {
        return;
    }
    let given = spec.field("clusterIP");
    let listed = spec.field("clusterIPs");
    if listed.is_empty() && !given.is_empty() && given.str() != "None" && given.str().parse::<IpAddr>().is_err() {
        errors.invalid(format!("{listed}[0]"), given.value(), BAD_IP);
    }
    for address in listed.each() {
        if address.str() != "None" && address.str().parse::<IpAddr>().is_err() {
            errors.bad(&address, BAD_IP);
        }
    }
    for address in spec.field("externalIPs").each() {
        if address.str().parse::<IpAddr>().is_err() {
            errors.bad(&address, BAD_IP);
        }
    }
}

fn validate_traffic(spec: &At<'_>, kind: &str, errors: &mut Errors) {
    let external = spec.field("externalTrafficPolicy");
    match kind {
        "NodePort" | "LoadBalancer" if external.is_set() => errors.one_of(&external, &["Cluster", "Local"]),
        "NodePort" | "LoadBalancer" => {}
        _ if external.is_set() => errors.bad(&external, "may only be set for externally-accessible services"),
        _ => {}
    }
    let internal = spec.field("internalTrafficPolicy");
    if internal.is_set() {
        errors.one_of(&internal, &["Cluster", "Local"]);
    }
}

/// Finds what is wrong with a change.
pub(crate) fn validate_update(new: &Object, old: &Object, errors: &mut Errors) {
    let root = At::root(new);
    let spec = root.field("spec");
    let inside = |it: &Object| it.at("spec.type").str() != "ExternalName";
    let before = old.at("spec.clusterIP");
    if inside(new) && inside(old) && !before.is_empty() && spec.get("clusterIP") != before {
        let shown = Value::from(vec![spec.get("clusterIP").clone()]);
        errors.invalid("spec.clusterIPs[0]", &shown, "may not change once set");
    }
    validate(new, errors);
}
