//! `IPAddress` and `ServiceCIDR`. Upstream: `pkg/apis/networking/validation/validation.go`.

use crate::api::Errors;
use crate::api::validation::every_kind::addresses::{Cidr, parse_cidr, validate_cidr};
use crate::api::validation::{At, IMMUTABLE};
use crate::model::{Object, names};
use std::net::IpAddr;

/// One of each family.
const CIDRS_MAX: usize = 2;

/// What is wrong with the name of an address, which is the address itself.
pub(crate) fn address_name(name: &str) -> Vec<String> {
    match name.parse::<IpAddr>() {
        Ok(it) if it.to_string() == name => Vec::new(),
        Ok(_) => vec!["must be a canonical form IP address".into()],
        Err(_) => vec![format!("ParseAddr({}): unable to parse IP", names::quote(name))],
    }
}

/// Finds what is wrong with a new address.
pub(crate) fn validate_address(address: &Object, errors: &mut Errors) {
    let root = At::root(address);
    let spec = root.field("spec");
    let parent = spec.field("parentRef");
    if !parent.is_set() {
        return errors.required(&parent, "");
    }
    let group = parent.field("group");
    if !group.is_empty() {
        errors.bad_each(&group, names::dns1123_subdomain(group.str()));
    }
    for field in ["resource", "name"] {
        let at = parent.field(field);
        if errors.needs(&at) {
            errors.bad_each(&at, names::path_segment(at.str()));
        }
    }
    let namespace = parent.field("namespace");
    if !namespace.is_empty() {
        errors.bad_each(&namespace, names::path_segment(namespace.str()));
    }
}

/// Finds what is wrong with a changed address: who holds it stays.
pub(crate) fn validate_address_update(new: &Object, old: &Object, errors: &mut Errors) {
    let root = At::root(new);
    let spec = root.field("spec");
    let parent = spec.field("parentRef");
    if parent.value() != old.at("spec.parentRef") {
        errors.bad(&parent, IMMUTABLE);
    }
}

/// Finds what is wrong with a new range.
pub(crate) fn validate_range(range: &Object, errors: &mut Errors) {
    let root = At::root(range);
    let spec = root.field("spec");
    let cidrs = spec.field("cidrs");
    let families: Vec<Option<bool>> =
        cidrs.items().iter().map(|it| parse_cidr(it.str()).map(|it: Cidr| it.address.is_ipv4())).collect();
    match families[..] {
        [] => return errors.required(&cidrs, "at least one CIDR required"),
        [a, b] if a.is_none() || b.is_none() || a == b => {
            let detail = "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/96";
            return errors.invalid(&cidrs, &capitals(&spec), detail);
        }
        _ if families.len() > CIDRS_MAX => {
            return errors.invalid(&cidrs, &capitals(&spec), "may only hold up to 2 values");
        }
        _ => {}
    }
    cidrs.each().for_each(|it| validate_cidr(&it, errors));
}

/// The spec as Go's own type writes it.
fn capitals(spec: &At<'_>) -> crate::model::Value {
    crate::model::Value::from([("CIDRs", spec.get("cidrs").clone())])
}

/// Finds what is wrong with a changed range, which may only grow by the other family.
pub(crate) fn validate_range_update(new: &Object, old: &Object, errors: &mut Errors) {
    let root = At::root(new);
    let spec = root.field("spec");
    let cidrs = spec.field("cidrs");
    let before = old.at("spec.cidrs").items();
    match (before, cidrs.items()) {
        ([one], [first, _]) if one == first => validate_range(new, errors),
        ([one], [first, _]) if one != first => {
            errors.invalid(format!("{cidrs}[0]"), first, IMMUTABLE);
        }
        (before, now) if before != now => errors.bad(&cidrs, IMMUTABLE),
        _ => {}
    }
}
