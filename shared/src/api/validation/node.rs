//! Nodes. Upstream: `pkg/apis/core/validation/validation.go` (`ValidateNode`).

use crate::api::Errors;
use crate::api::validation::{At, labels};
use crate::model::{Object, names};
use std::net::IpAddr;

const BAD_RANGE: &str = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";

/// Finds what is wrong with a node.
pub(crate) fn validate(node: &Object, errors: &mut Errors) {
    let root = At::root(node);
    let spec = root.field("spec");
    validate_taints(&spec.field("taints"), errors);
    for range in spec.field("podCIDRs").each() {
        if !is_range(range.str()) {
            errors.bad(&range, BAD_RANGE);
        }
    }
}

fn validate_taints(taints: &At<'_>, errors: &mut Errors) {
    let mut seen: Vec<(&str, &str)> = Vec::new();
    for taint in taints.each() {
        labels::validate_key(&taint.field("key"), errors);
        let wrong = names::label_value(taint.get("value").str());
        if !wrong.is_empty() {
            errors.bad(&taint.field("value"), &wrong.join(";"));
        }
        let effect = taint.field("effect");
        if errors.needs(&effect) {
            errors.one_of(&effect, &["NoSchedule", "PreferNoSchedule", "NoExecute"]);
        }
        let value = taint.value();
        let place = (value.get("key").str(), value.get("effect").str());
        if seen.contains(&place) {
            errors.duplicate(&taint, value);
        }
        seen.push(place);
    }
}

fn is_range(text: &str) -> bool {
    let Some((address, bits)) = text.split_once('/') else { return false };
    let most = match address.parse::<IpAddr>() {
        Ok(IpAddr::V4(_)) => 32,
        Ok(IpAddr::V6(_)) => 128,
        Err(_) => return false,
    };
    bits.parse::<u8>().is_ok_and(|it| it <= most)
}
