//! `pods/eviction`: a deletion that disruption budgets may refuse.
//!
//! Upstream: `pkg/registry/core/pod/storage/eviction.go`.

use crate::api::admission::{Notes, Operation};
use crate::api::pipeline::{Api, Call, NOT_ALLOWED};
use crate::api::{Request, Response, Status, Verb};
use crate::model::{Key, Object, ResourceName, Selector, Time, Value};

const BUDGETS: ResourceName = ResourceName::of("poddisruptionbudgets.policy");
/// When to come back to a budget whose controller has not seen it yet.
const UNOBSERVED_RETRY_SECONDS: i64 = 10;
/// How many evictions may wait for the budget's controller.
const DISRUPTED_PODS_MAX: usize = 2_000;

pub(super) fn handle(api: &mut Api, call: &mut Call<'_>) -> Result<Response, Status> {
    if call.request.verb != Verb::Create {
        return Err(Status::method_not_allowed(NOT_ALLOWED));
    }
    let pod = api.stored(&call.key)?;
    api.admit_part(call, Operation::Create, &call.request.body)?;
    if !ignores_budgets(&pod) {
        spend_budget(api, call, &pod)?;
    }
    let mut request = Request { verb: Verb::Delete, ..call.request.clone() };
    request.body = call.request.body.get("deleteOptions").clone();
    let mut deletion = Call {
        request: &request,
        resource: call.resource,
        key: call.key.clone(),
        now: call.now,
        notes: Notes::default(),
    };
    api.delete_admitted(&mut deletion)?;
    Ok(Response::status(Status::success(201)))
}

/// Pods that have ended, have not begun or are going already disturb nobody.
fn ignores_budgets(pod: &Object) -> bool {
    pod.is_terminating() || matches!(pod.at("status.phase").str(), "Succeeded" | "Failed" | "Pending")
}

/// Takes one disruption from the budget that covers the pod.
fn spend_budget(api: &mut Api, call: &Call<'_>, pod: &Object) -> Result<(), Status> {
    let covers = |budget: &&Object| {
        let (selector, labels) = (budget.at("spec.selector"), pod.metadata().get("labels"));
        !selector.is_null() && Selector::from_object(selector).is_ok_and(|it| it.matches(labels))
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
    if goes_free(pod, budget) {
        return Ok(());
    }
    let key = Key::new(BUDGETS, budget.namespace(), budget.name());
    check(budget, &key)?;
    if !call.is_dry_run() {
        api.store.commit(key, Some(spent(budget, pod, call.now)));
    }
    Ok(())
}

/// A pod that is not ready costs nothing if the budget says so, or while enough others are healthy.
fn goes_free(pod: &Object, budget: &Object) -> bool {
    if pod.condition("Ready").get("status").str() == "True" {
        return false;
    }
    let count = |field: &str| budget.get("status").get(field).int_or(0);
    let enough = count("currentHealthy") >= count("desiredHealthy") && count("desiredHealthy") > 0;
    enough || budget.at("spec.unhealthyPodEvictionPolicy").str() == "AlwaysAllow"
}

/// Whether the budget has a disruption left.
fn check(budget: &Object, key: &Key) -> Result<(), Status> {
    let name = budget.name();
    if budget.at("status.observedGeneration").int_or(0) < budget.generation() {
        let cause = format!("The disruption budget {name} is still being processed by the server.");
        return Err(too_many(&cause, Some(UNOBSERVED_RETRY_SECONDS)));
    }
    let allowed = budget.at("status.disruptionsAllowed").int_or(0);
    if allowed < 0 {
        return Err(Status::forbidden(key, "pdb disruptions allowed is negative"));
    }
    if budget.at("status.disruptedPods").fields().len() > DISRUPTED_PODS_MAX {
        let detail = "DisruptedPods map too big - too many evictions not confirmed by PDB controller";
        return Err(Status::forbidden(key, detail));
    }
    if allowed > 0 {
        return Ok(());
    }
    let (healthy, desired) = (budget.at("status.currentHealthy"), budget.at("status.desiredHealthy"));
    let condition = budget.condition("DisruptionAllowed");
    let cause = if condition.get("reason").str() == "SyncFailed" {
        let why = condition.get("message").str();
        format!("The disruption budget {name} does not allow evicting pods currently because it failed sync: {why}")
    } else {
        let (desired, healthy) = (desired.int_or(0), healthy.int_or(0));
        format!("The disruption budget {name} needs {desired} healthy pods and has {healthy} currently")
    };
    Err(too_many(&cause, None))
}

/// The budget with one disruption less, which `pod` takes.
fn spent(budget: &Object, pod: &Object, now: Time) -> Object {
    let mut budget = budget.clone();
    let left = budget.at("status.disruptionsAllowed").int_or(0) - 1;
    budget.set("status.disruptionsAllowed", left);
    if left == 0 {
        forbid(&mut budget, now);
    }
    budget.entry("status.disruptedPods").map_mut().insert(pod.name(), now.to_string());
    budget
}

/// The condition of a budget that has no disruption left.
fn forbid(budget: &mut Object, now: Time) {
    const KIND: &str = "DisruptionAllowed";
    let was = budget.condition(KIND);
    let since =
        if was.get("status").str() == "False" { was.get("lastTransitionTime").clone() } else { now.to_string().into() };
    let condition = Value::from([
        ("type", KIND.into()),
        ("status", "False".into()),
        ("reason", "InsufficientPods".into()),
        ("message", "".into()),
        ("observedGeneration", budget.at("status.observedGeneration").clone()),
        ("lastTransitionTime", since),
    ]);
    let conditions = budget.entry("status.conditions").list_mut();
    match conditions.iter_mut().find(|it| it.get("type").str() == KIND) {
        Some(place) => *place = condition,
        None => conditions.push(condition),
    }
}

/// 429: come back later.
fn too_many(cause: &str, retry_seconds: Option<i64>) -> Status {
    let cause = Value::from([("reason", "DisruptionBudget".into()), ("message", cause.into())]);
    let mut details = Value::from([("causes", vec![cause].into())]);
    if let Some(seconds) = retry_seconds {
        details.set("retryAfterSeconds", seconds);
    }
    Status {
        code: 429,
        reason: "TooManyRequests",
        message: "Cannot evict pod as it would violate the pod's disruption budget.".into(),
        details,
    }
}
