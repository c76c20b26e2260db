//! `certificatesigningrequests/approval`: says whether a certificate is given.
//!
//! Upstream: `pkg/registry/certificates/certificates/strategy.go` (`csrApprovalStrategy`).

use crate::api::admission::Operation;
use crate::api::pipeline::{Api, Call};
use crate::api::validation::every_kind::certificate_request;
use crate::api::{Errors, Response, Status};
use crate::model::{Object, Value};

pub(super) fn handle(api: &mut Api, call: &mut Call<'_>) -> Result<Response, Status> {
    let old = api.stored(&call.key)?;
    let Some(asked) = super::asked(call, &old)? else { return Ok(Response::object(200, old)) };
    let mut new = old.clone();
    let stamped = asked.at("status.conditions").items().iter().map(|it| stamp(it, &old, call));
    new.set("status.conditions", stamped.collect::<Value>());
    let mut errors = Errors::default();
    certificate_request::validate_status(&new, &mut errors);
    certificate_request::validate_update(&new, &old, &mut errors);
    call.refuse(&errors)?;
    api.mutate(call, Operation::Update, &mut new, Some(&old))?;
    call.track(Some(&old), &mut new);
    api.admit(call, Operation::Update, &new, Some(&old))?;
    let stored = if new == old { old } else { api.commit(call, new) };
    Ok(Response::object(200, stored))
}

/// A condition with its times, which a client may leave out.
fn stamp(condition: &Value, old: &Object, call: &Call<'_>) -> Value {
    let before = old.condition(condition.get("type").str());
    let mut condition = condition.clone();
    if condition.get("lastUpdateTime").is_empty() {
        condition.set("lastUpdateTime", call.now.to_string());
    }
    if condition.get("lastTransitionTime").is_empty() {
        let kept = before.get("lastTransitionTime");
        let same = before.get("status") == condition.get("status") && !kept.is_empty();
        condition.set("lastTransitionTime", if same { kept.clone() } else { call.now.to_string().into() });
    }
    condition
}
