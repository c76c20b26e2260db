//! `pods/eviction`: a deletion that disruption budgets may refuse.
//!
//! Upstream: `pkg/registry/core/pod/storage/eviction.go`.

use crate::api::pipeline::{Api, Call, NOT_ALLOWED};
use crate::api::{Request, Response, Status, Verb};
use crate::model::{Key, Object, ResourceName, Selector, Value};

const BUDGETS: ResourceName = ResourceName::of("poddisruptionbudgets.policy");

pub(super) fn handle(api: &mut Api, call: &mut Call<'_>) -> Result<Response, Status> {
    if call.request.verb != Verb::Create {
        return Err(Status::method_not_allowed(NOT_ALLOWED));
    }
    let pod = api.stored(&call.key)?;
    if !ignores_budgets(&pod) {
        spend_budget(api, call, &pod)?;
    }
    let mut request = Request { verb: Verb::Delete, ..call.request.clone() };
    request.body = call.request.body.get("deleteOptions").clone();
    let mut deletion =
        Call { request: &request, resource: call.resource, key: call.key.clone(), now: call.now, warnings: Vec::new() };
    api.delete(&mut deletion)?;
    Ok(Response::status(Status::success(201)))
}

/// Pods that have ended, have not begun or are going already disturb nobody.
fn ignores_budgets(pod: &Object) -> bool {
    pod.is_terminating() || matches!(pod.at("status.phase").str(), "Succeeded" | "Failed" | "Pending")
}

/// Takes one disruption from the budget that covers the pod.
fn spend_budget(api: &mut Api, call: &Call<'_>, pod: &Object) -> Result<(), Status> {
    let covers = |budget: &&Object| {
        let labels = pod.metadata().get("labels");
        Selector::from_object(budget.at("spec.selector")).is_ok_and(|it| it.matches(labels))
    };
    let budgets: Vec<Object> = api.store.list_in(&BUDGETS, &call.key.namespace).filter(covers).cloned().collect();
    let [budget] = &budgets[..] else {
        if budgets.is_empty() {
            return Ok(());
        }
        return Err(Status::internal(
            "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
        ));
    };
    let allowed = budget.at("status.disruptionsAllowed").int_or(0);
    if allowed < 1 {
        return Err(too_many(budget));
    }
    let mut budget = budget.clone();
    budget.set("status.disruptionsAllowed", allowed - 1);
    budget.entry("status.disruptedPods").map_mut().insert(pod.name(), call.now.to_string());
    if !call.is_dry_run() {
        let key = Key::new(BUDGETS, budget.namespace(), budget.name());
        api.store.commit(key, Some(budget));
    }
    Ok(())
}

/// 429: come back later.
fn too_many(budget: &Object) -> Status {
    let healthy = budget.at("status.currentHealthy").int_or(0);
    let (name, desired) = (budget.name(), budget.at("status.desiredHealthy").int_or(0));
    let cause = Value::from([
        ("reason", "DisruptionBudget".into()),
        (
            "message",
            format!("The disruption budget {name} needs {desired} healthy pods and has {healthy} currently").into(),
        ),
    ]);
    Status {
        code: 429,
        reason: "TooManyRequests",
        message: "Cannot evict pod as it would violate the pod's disruption budget.".into(),
        details: Value::from([("causes", vec![cause].into())]),
    }
}
