//! `pods/ephemeralcontainers`: containers that join a running pod; those that are there stay as they are.
//!
//! Upstream: `pkg/registry/core/pod/strategy.go` (`podEphemeralContainersStrategy`), `ValidatePodEphemeralContainersUpdate`.

use crate::api::admission::Operation;
use crate::api::pipeline::{Api, Call};
use crate::api::{Errors, Response, Status, validation};
use crate::model::{Object, Value, names};

const FIELD: &str = "spec.ephemeralContainers";

pub(super) fn handle(api: &mut Api, call: &mut Call<'_>) -> Result<Response, Status> {
    let old = api.stored(&call.key)?;
    let Some(asked) = super::asked(call, &old)? else { return Ok(Response::object(200, old)) };
    let mut new = old.clone();
    if asked.at(FIELD) != old.at(FIELD) {
        new.set(FIELD, asked.at(FIELD));
        (call.resource.default)(&mut new);
        (call.resource.prepare_for_update)(&mut new, &old);
    }
    if new == old {
        return Ok(Response::object(200, old));
    }
    let mut errors = Errors::default();
    validation::pod::validate_spec(&new, &mut errors);
    stays(&new, &old, &mut errors);
    call.refuse(&errors)?;
    api.mutate(call, Operation::Update, &mut new, Some(&old))?;
    call.track(Some(&old), &mut new);
    api.admit(call, Operation::Update, &new, Some(&old))?;
    Ok(Response::object(200, api.commit(call, new)))
}

/// What runs already may neither change nor go.
fn stays(new: &Object, old: &Object, errors: &mut Errors) {
    for container in old.at(FIELD).items() {
        let name = container.get("name");
        let found = new.at(FIELD).items().iter().find(|it| it.get("name") == name);
        let verb = match found {
            Some(it) if it == container => continue,
            Some(_) => "changed",
            None => "removed",
        };
        let name = names::quote(Value::str(name));
        errors.forbidden(FIELD, &format!("existing ephemeral containers {name} may not be {verb}"));
    }
}
