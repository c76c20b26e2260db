//! A namespace does not use more than its quotas say; what a request uses is noted in their status with the request's own write.
//!
//! Upstream: `k8s.io/apiserver/pkg/admission/plugin/resourcequota/{admission,controller}.go`.
//! Left out: limited resources of an `AdmissionConfiguration`, which a default API server has none of.

use crate::api::Status;
use crate::api::admission::{Admission, InForce, Operation, Plugin};
use crate::api::quota;
use crate::api::quota::amounts::Amounts;
use crate::model::{Key, Object, ResourceName, Text};

/// The registration.
pub(crate) const PLUGIN: Plugin = Plugin {
    name: "ResourceQuota",
    in_force: InForce::Full,
    on: &[Operation::Create, Operation::Update],
    resources: &["*"],
    validate: Some(validate),
    ..Plugin::NONE
};

/// The resource of quotas.
const QUOTAS: ResourceName = ResourceName::of("resourcequotas");

fn validate(object: &Object, admission: &mut Admission<'_>) -> Result<(), Status> {
    let is_counted = admission.subresource().is_empty() && counts_on(admission.operation, &admission.key.resource);
    if admission.key.namespace.is_empty() || !is_counted {
        return Ok(());
    }
    let quotas = admission.store.list_in(&QUOTAS, &admission.key.namespace);
    let mut concerned: Vec<Object> = Vec::new();
    for quota in quotas {
        if concerns(quota, object, admission)? {
            concerned.push(quota.clone());
        }
    }
    if concerned.is_empty() {
        return Ok(());
    }
    let delta = delta(object, admission);
    for quota in concerned {
        charge(quota, &delta, admission)?;
    }
    Ok(())
}

/// Most objects count when they are made; services and claims may come to use more later.
fn counts_on(operation: Operation, resource: &ResourceName) -> bool {
    match operation {
        Operation::Create => resource.plural() != "events",
        Operation::Update => matches!(resource.as_str(), "services" | "persistentvolumeclaims"),
        Operation::Delete | Operation::Connect => false,
    }
}

/// Whether a quota counts the object, which then has to say what is limited.
fn concerns(quota: &Object, object: &Object, admission: &Admission<'_>) -> Result<bool, Status> {
    let resource = &admission.key.resource;
    let hard = Amounts::read(quota.at("status.hard"));
    let names: Vec<Text> = hard.names().into_iter().filter(|it| quota::counts(resource, it)).collect();
    if names.is_empty() || !quota::covers(quota, resource, object) {
        return Ok(false);
    }
    let missing = quota::missing(resource, object, &names);
    if !missing.is_empty() {
        return Err(admission.forbid(&format!("failed quota: {}: {missing}", quota.name())));
    }
    let used = quota.at("status.used");
    if names.iter().any(|it| used.get(it).is_null()) {
        let names = names.join(",");
        return Err(admission.forbid(&format!("status unknown for quota: {}, resources: {names}", quota.name())));
    }
    Ok(true)
}

/// What the request uses more than before.
fn delta(object: &Object, admission: &Admission<'_>) -> Amounts {
    let usage = |it: &Object| quota::usage(&admission.key.resource, it, admission.now);
    let wanted = usage(object);
    let delta = admission.old.map_or(wanted.clone(), |old| wanted.above(&usage(old)));
    delta.only(|_, amount| !amount.is_zero())
}

fn charge(mut quota: Object, delta: &Amounts, admission: &mut Admission<'_>) -> Result<(), Status> {
    let (hard, mut used) = (Amounts::read(quota.at("status.hard")), Amounts::read(quota.at("status.used")));
    let before = used.clone();
    let requested = delta.only(|name, _| hard.get(name).is_some());
    if requested.is_empty() {
        return Ok(());
    }
    used.add(&requested);
    let exceeds = |name: &str| requested.get(name).is_some() && used.get(name) > hard.get(name);
    let exceeded = |it: &Amounts| it.only(|name, _| exceeds(name)).shown();
    let requested_too_much = exceeded(&requested);
    if !requested_too_much.is_empty() {
        return Err(admission.forbid(&format!(
            "exceeded quota: {}, requested: {requested_too_much}, used: {}, limited: {}",
            quota.name(),
            exceeded(&before),
            exceeded(&hard)
        )));
    }
    quota.set("status.used", used.to_value());
    admission.write_along(Key::new(QUOTAS, quota.namespace(), quota.name()), quota);
    Ok(())
}
