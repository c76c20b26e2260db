//! Endpoint slices. Upstream: `pkg/apis/discovery/validation/validation.go`.

use crate::api::Errors;
use crate::api::validation::every_kind::addresses::{parse_ip, validate_endpoint_ip};
use crate::api::validation::{At, IMMUTABLE, labels};
use crate::model::{Object, Value, names};

const ADDRESS_TYPES: &[&str] = &["FQDN", "IPv4", "IPv6"];
const PROTOCOLS: &[&str] = &["SCTP", "TCP", "UDP"];
const ENDPOINTS_MAX: usize = 1000;
const ADDRESSES_MAX: usize = 100;
const PORTS_MAX: usize = 20_000;
const TOPOLOGY_LABELS_MAX: usize = 16;
const ZONE_HINTS_MAX: usize = 8;
const NODE_HINTS_MAX: usize = 8;
const ZONE: &str = "topology.kubernetes.io/zone";

/// Finds what is wrong with a new slice.
pub(crate) fn validate(slice: &Object, errors: &mut Errors) {
    let root = At::root(slice);
    let kind = root.field("addressType");
    if errors.needs(&kind) {
        errors.one_of(&kind, ADDRESS_TYPES);
    }
    let endpoints = root.field("endpoints");
    let found = endpoints.items().len();
    if found > ENDPOINTS_MAX {
        errors.too_many(&endpoints, found, ENDPOINTS_MAX);
    } else {
        endpoints.each().for_each(|it| validate_endpoint(&it, kind.str(), errors));
    }
    validate_ports(&root.field("ports"), errors);
}

/// Finds what is wrong with a changed slice.
pub(crate) fn validate_update(new: &Object, old: &Object, errors: &mut Errors) {
    validate(new, errors);
    let kind = new.get("addressType");
    if kind != old.get("addressType") {
        errors.invalid("addressType", kind, IMMUTABLE);
    }
}

fn validate_endpoint(endpoint: &At<'_>, kind: &str, errors: &mut Errors) {
    let addresses = endpoint.field("addresses");
    match addresses.items().len() {
        0 => errors.required(&addresses, "must contain at least 1 address"),
        found if found > ADDRESSES_MAX => errors.too_many(&addresses, found, ADDRESSES_MAX),
        _ => {}
    }
    addresses.each().for_each(|it| validate_address(&it, kind, errors));
    let node = endpoint.field("nodeName");
    if node.is_set() {
        errors.bad_each(&node, names::dns1123_subdomain(node.str()));
    }
    validate_topology(&endpoint.field("deprecatedTopology"), errors);
    let host = endpoint.field("hostname");
    if host.is_set() {
        errors.bad_each(&host, names::dns1123_label(host.str()));
    }
    let hints = endpoint.field("hints");
    validate_hints(&hints.field("forZones"), ZONE_HINTS_MAX, names::label_value, errors);
    validate_hints(&hints.field("forNodes"), NODE_HINTS_MAX, names::dns1123_subdomain, errors);
}

fn validate_address(address: &At<'_>, kind: &str, errors: &mut Errors) {
    let found = parse_ip(address.str());
    let wanted = match kind {
        "IPv4" => found.is_none_or(|it| !it.is_ipv4()).then_some("must be a valid IPv4 address"),
        "IPv6" => found.is_none_or(|it| !it.is_ipv6()).then_some("must be a valid IPv6 address"),
        "FQDN" => return errors.bad_each(address, names::fully_qualified_name(address.str())),
        _ => return,
    };
    if let Some(detail) = wanted {
        errors.bad(address, detail);
    }
    validate_endpoint_ip(address, errors);
}

fn validate_topology(topology: &At<'_>, errors: &mut Errors) {
    let found = topology.fields().len();
    if found > TOPOLOGY_LABELS_MAX {
        errors.too_many(topology, found, TOPOLOGY_LABELS_MAX);
    }
    labels::validate(topology, errors);
    let zone = topology.key(ZONE);
    if zone.is_set() {
        errors.invalid(&zone, zone.value(), "reserved and cannot be set directly");
    }
}

fn validate_hints(hints: &At<'_>, most: usize, name: fn(&str) -> Vec<String>, errors: &mut Errors) {
    let found = hints.items().len();
    if found > most {
        return errors.too_many(hints, found, most);
    }
    let mut seen: Vec<&str> = Vec::new();
    for hint in hints.each() {
        let at = hint.field("name");
        if seen.contains(&hints_name(&hint)) {
            errors.duplicate(&at, at.value());
        } else {
            errors.bad_each(&at, name(at.str()));
        }
        seen.push(hint.value().get("name").str());
    }
}

fn hints_name<'a>(hint: &At<'a>) -> &'a str {
    hint.value().get("name").str()
}

fn validate_ports(ports: &At<'_>, errors: &mut Errors) {
    let found = ports.items().len();
    if found > PORTS_MAX {
        return errors.too_many(ports, found, PORTS_MAX);
    }
    let mut seen: Vec<&Value> = Vec::new();
    for port in ports.each() {
        let (name, protocol, app) = (port.field("name"), port.field("protocol"), port.field("appProtocol"));
        if !name.is_empty() {
            errors.bad_each(&name, names::dns1123_label(name.str()));
        }
        if seen.contains(&port.value().get("name")) {
            errors.duplicate(&name, name.value());
        }
        seen.push(port.value().get("name"));
        if protocol.is_set() {
            errors.one_of(&protocol, PROTOCOLS);
        } else {
            errors.required(&protocol, "");
        }
        if app.is_set() {
            errors.bad_each(&app, names::label_key(app.str()));
        }
    }
}
