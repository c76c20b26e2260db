//! Endpoints. Upstream: `pkg/apis/core/validation/validation.go` (`ValidateEndpoints`).

use crate::api::Errors;
use crate::api::validation::At;
use crate::api::validation::pod_spec::BAD_IP;
use crate::model::{Object, names};
use std::net::IpAddr;

/// Finds what is wrong with endpoints, new or changed.
pub(crate) fn validate(endpoints: &Object, errors: &mut Errors) {
    let root = At::root(endpoints);
    for subset in root.field("subsets").each() {
        let (ready, not_ready) = (subset.field("addresses"), subset.field("notReadyAddresses"));
        if ready.is_empty() && not_ready.is_empty() {
            errors.required(&subset, "must specify `addresses` or `notReadyAddresses`");
        }
        for list in [&ready, &not_ready] {
            list.each().for_each(|it| validate_address(&it, errors));
        }
        let ports = subset.field("ports");
        let several = ports.items().len() > 1;
        ports.each().for_each(|it| validate_port(&it, several, errors));
    }
}

fn validate_address(address: &At<'_>, errors: &mut Errors) {
    let (ip, host) = (address.field("ip"), address.field("hostname"));
    let parsed: Option<IpAddr> = ip.str().parse().ok();
    if parsed.is_none() {
        errors.bad(&ip, BAD_IP);
    }
    if !host.is_empty() {
        errors.bad_each(&host, names::dns1123_label(host.str()));
    }
    let node = address.field("nodeName");
    if node.is_set() {
        errors.bad_each(&node, names::dns1123_subdomain(node.str()));
    }
    if let Some(parsed) = parsed {
        validate_reachable(&ip, parsed, errors);
    }
}

/// Addresses that never mean a pod of this cluster.
fn validate_reachable(at: &At<'_>, ip: IpAddr, errors: &mut Errors) {
    let link_local = match ip {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    };
    let local_multicast = match ip {
        IpAddr::V4(ip) => ip.octets()[..3] == [224, 0, 0],
        IpAddr::V6(ip) => ip.segments()[0] & 0xff0f == 0xff02,
    };
    if ip.is_unspecified() {
        errors.bad(at, &format!("may not be unspecified ({})", at.str()));
    }
    if ip.is_loopback() {
        errors.bad(at, "may not be in the loopback range (127.0.0.0/8, ::1/128)");
    }
    if link_local {
        errors.bad(at, "may not be in the link-local range (169.254.0.0/16, fe80::/10)");
    }
    if local_multicast {
        errors.bad(at, "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)");
    }
}

fn validate_port(port: &At<'_>, named: bool, errors: &mut Errors) {
    let name = port.field("name");
    if named && name.is_empty() {
        errors.required(&name, "");
    } else if !name.is_empty() {
        errors.bad_each(&name, names::dns1123_label(name.str()));
    }
    let number = port.field("port");
    errors.bad_each(&number, names::port_number(number.int_or(0)));
    let protocol = port.field("protocol");
    if errors.needs(&protocol) {
        errors.one_of(&protocol, &["SCTP", "TCP", "UDP"]);
    }
    let app = port.field("appProtocol");
    if app.is_set() {
        errors.bad_each(&app, names::label_key(app.str()));
    }
}
