//! What objects use of a quota: the numbers by which `ResourceQuota` is enforced and its status counted.
//!
//! Upstream: `pkg/quota/v1/evaluator/core/{pods,services,persistent_volume_claims,registry}.go`,
//! `k8s.io/apiserver/pkg/quota/v1/generic/evaluator.go`.
//! Left out: amounts that an in-place resize left in a pod's status; device claims.
//!
//! Knows nothing of who asks and of what becomes of a request.

pub(crate) mod amounts;
mod claims;
mod pods;
mod scopes;
mod services;

use crate::model::{Object, Quantity, ResourceName, Text, Time};
use amounts::Amounts;

pub(crate) use pods::overdue_at;

/// Resources whose number has a name of its own beside `count/…`.
const PLAIN: [&str; 4] = ["configmaps", "replicationcontrollers", "resourcequotas", "secrets"];

/// True if `name`, an entry of a quota's `hard`, is about objects of `resource`.
pub(crate) fn counts(resource: &ResourceName, name: &str) -> bool {
    if name.strip_prefix("count/") == Some(resource.as_str()) {
        return true;
    }
    match resource.as_str() {
        "pods" => pods::counts(name),
        "services" => services::counts(name),
        "persistentvolumeclaims" => claims::counts(name),
        plural => PLAIN.contains(&plural) && name == plural,
    }
}

/// What one object uses.
pub(crate) fn usage(resource: &ResourceName, object: &Object, now: Time) -> Amounts {
    let mut it = Amounts::default();
    it.put(Text::from(format!("count/{resource}")), Quantity::new(1));
    match resource.as_str() {
        "pods" => pods::use_of(object, now, &mut it),
        "services" => services::use_of(object, &mut it),
        "persistentvolumeclaims" => claims::use_of(object, &mut it),
        plural if PLAIN.contains(&plural) => it.put(plural, Quantity::new(1)),
        _ => {}
    }
    it
}

/// True if the scopes of `quota` let it count the object.
pub(crate) fn covers(quota: &Object, resource: &ResourceName, object: &Object) -> bool {
    scopes::of(quota).all(|scope| scope.holds(resource, object))
}

/// What the object must say because `names` are limited; empty if it says all.
pub(crate) fn missing(resource: &ResourceName, object: &Object, names: &[Text]) -> String {
    if resource.as_str() == "pods" { pods::missing(object, names) } else { String::new() }
}
