//! The subresources that are not simply a part of their object: each answers its own requests.

#[cfg(feature = "every-kind")]
mod approval;
mod binding;
mod ephemeral_containers;
mod eviction;
mod finalize;
mod node_side;
mod scale;

use crate::api::pipeline::{Api, Call};
use crate::api::{Response, Status};

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
