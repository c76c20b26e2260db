//! `namespaces/finalize`: takes finalizers out of a namespace's spec, the last of which lets it go.
//!
//! Upstream: `pkg/registry/core/namespace/storage/storage.go` (`FinalizeREST`).

use crate::api::admission::Operation;
use crate::api::pipeline::{Api, Call, NOT_ALLOWED};
use crate::api::{Response, Status, Verb, deletion, metadata};
use crate::model::Object;

pub(super) fn handle(api: &mut Api, call: &mut Call<'_>) -> Result<Response, Status> {
    if call.request.verb != Verb::Update {
        return Err(Status::method_not_allowed(NOT_ALLOWED));
    }
    let old = api.stored(&call.key)?;
    let asked = Object(call.request.body.clone());
    metadata::check_identity(&asked, &old, &call.key)?;
    let mut new = old.clone();
    new.set("spec.finalizers", asked.at("spec.finalizers"));
    if asked.at("spec.finalizers").is_empty() {
        new.entry("spec").remove("finalizers");
    }
    api.mutate(call, Operation::Update, &mut new, Some(&old))?;
    api.admit(call, Operation::Update, &new, Some(&old))?;
    if deletion::lets_go(&new, &old) {
        return Ok(Response::object(200, api.remove(call, new)));
    }
    if new == old {
        return Ok(Response::object(200, old));
    }
    Ok(Response::object(200, api.commit(call, new)))
}
