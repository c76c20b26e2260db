//! Network policies. Upstream: `pkg/apis/networking/validation/validation.go` (`ValidateNetworkPolicy`).

use crate::api::Errors;
use crate::api::validation::every_kind::addresses::{parse_cidr, validate_lax_cidr, warn_of_cidr};
use crate::api::validation::{At, labels};
use crate::model::{Object, Value, names};

const PROTOCOLS: &[&str] = &["TCP", "UDP", "SCTP"];
const TYPES: &[&str] = &["Ingress", "Egress"];
/// Which list of peers each kind of rule has.
const DIRECTIONS: &[(&str, &str)] = &[("ingress", "from"), ("egress", "to")];

/// Finds what is wrong with a policy, new or changed.
pub(crate) fn validate(policy: &Object, errors: &mut Errors) {
    let root = At::root(policy);
    let spec = root.field("spec");
    labels::validate_selector(&spec.field("podSelector"), errors);
    for (direction, peers) in DIRECTIONS {
        for rule in spec.field(direction).each() {
            rule.field("ports").each().for_each(|port| validate_port(&port, errors));
            rule.field(peers).each().for_each(|peer| validate_peer(&peer, errors));
        }
    }
    let types = spec.field("policyTypes");
    if types.items().len() > TYPES.len() {
        return errors.bad(&types, "may not specify more than two policyTypes");
    }
    types.each().for_each(|it| errors.one_of(&it, TYPES));
}

fn validate_port(rule: &At<'_>, errors: &mut Errors) {
    let (protocol, port, end) = (rule.field("protocol"), rule.field("port"), rule.field("endPort"));
    if protocol.is_set() {
        errors.one_of(&protocol, PROTOCOLS);
    }
    match port.value() {
        Value::Int(number) => {
            errors.bad_each(&port, names::port_number(*number));
            if let Some(last) = end.as_int() {
                if last < *number {
                    // The value shown is the port's, as upstream has it.
                    errors.invalid(&end, port.value(), "must be greater than or equal to `port`");
                }
                errors.bad_each(&end, names::port_number(last));
            }
        }
        Value::Text(name) => {
            if end.is_set() {
                errors.bad(&end, "may not be specified when `port` is non-numeric");
            }
            errors.bad_each(&port, names::port_name(name));
        }
        _ if end.is_set() => errors.bad(&end, "may not be specified when `port` is not specified"),
        _ => {}
    }
}

fn validate_peer(peer: &At<'_>, errors: &mut Errors) {
    let block = peer.field("ipBlock");
    let mut selectors = 0;
    for name in ["podSelector", "namespaceSelector"] {
        let selector = peer.field(name);
        if selector.is_set() {
            selectors += 1;
            labels::validate_selector(&selector, errors);
        }
    }
    if block.is_set() {
        validate_block(&block, errors);
        if selectors > 0 {
            errors.forbidden(peer, "may not specify both ipBlock and another peer");
        }
    } else if selectors == 0 {
        errors.required(peer, "must specify a peer");
    }
}

fn validate_block(block: &At<'_>, errors: &mut Errors) {
    let cidr = block.field("cidr");
    if !errors.needs(&cidr) {
        return;
    }
    validate_lax_cidr(&cidr, errors);
    let Some(whole) = parse_cidr(cidr.str()) else { return };
    for except in block.field("except").each() {
        validate_lax_cidr(&except, errors);
        let part = parse_cidr(except.str());
        if part.is_some_and(|it| !whole.contains(it.address) || whole.prefix >= it.prefix) {
            errors.bad(&except, "must be a strict subset of `cidr`");
        }
    }
}

/// What may be wrong with a policy that is accepted: CIDRs that are not in their canonical form.
pub(crate) fn warn(policy: &Object, warnings: &mut Vec<String>) {
    let root = At::root(policy);
    let spec = root.field("spec");
    for (direction, peers) in DIRECTIONS {
        for rule in spec.field(direction).each() {
            for peer in rule.field(peers).each() {
                let block = peer.field("ipBlock");
                warn_of_cidr(&block.field("cidr"), warnings);
                block.field("except").each().for_each(|it| warn_of_cidr(&it, warnings));
            }
        }
    }
}
