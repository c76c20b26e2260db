//! The subresources that are not simply a part of their object: each answers its own requests.

#[cfg(feature = "every-kind")]
mod approval;
mod binding;
mod ephemeral_containers;
mod eviction;
mod finalize;
mod node_side;
mod scale;

use crate::api::pipeline::{Api, Call, NOT_ALLOWED};
use crate::api::{Response, Status, Verb, metadata, patch};
use crate::model::Object;

/// Answers one request to a subresource.
pub(super) type Handler = fn(&mut Api, &mut Call<'_>) -> Result<Response, Status>;

/// Who answers for a subresource; `None` for the object itself and for `status`, which take the common way.
pub(super) fn find(subresource: &str) -> Option<Handler> {
    match subresource {
        #[cfg(feature = "every-kind")]
        "approval" => Some(approval::handle),
        "binding" => Some(binding::handle),
        "ephemeralcontainers" => Some(ephemeral_containers::handle),
        "eviction" => Some(eviction::handle),
        "finalize" => Some(finalize::handle),
        "scale" => Some(scale::handle),
        #[cfg(feature = "every-kind")]
        "token" => Some(crate::api::authentication::token_request::handle),
        "log" | "exec" | "attach" | "portforward" => Some(node_side::handle),
        _ => None,
    }
}

/// The object that an update or a patch of a subresource asks for; `None` for a read.
fn asked(call: &mut Call<'_>, old: &Object) -> Result<Option<Object>, Status> {
    let asked = match call.request.verb {
        Verb::Get => return Ok(None),
        Verb::Update => Object(call.request.body.clone()),
        Verb::Patch(kind) => patch::apply(kind, call, old)?,
        Verb::List | Verb::Create | Verb::Delete | Verb::DeleteCollection => {
            return Err(Status::method_not_allowed(NOT_ALLOWED));
        }
    };
    metadata::check_identity(&asked, old, &call.key)?;
    Ok(Some(asked))
}
