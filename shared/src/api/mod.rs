//! The API server without its sockets: one door for every read and write.
//!
//! A [`Request`] goes through one pipeline (`pipeline.rs`), in which each resource takes part through one registration
//! (`resources/*.rs`). What comes back is a [`Response`] with Kubernetes' own codes and bytes.
//!
//! Knows nothing of controllers, nodes, HTTP or time other than the `now` it is given.

pub mod admission;
#[cfg(feature = "every-kind")]
pub mod authentication;
#[cfg(feature = "every-kind")]
pub mod authorization;
pub mod base64;
#[cfg(feature = "every-kind")]
pub mod certificates;
mod conversion;
#[cfg(feature = "every-kind")]
pub mod custom;
mod decoding;
mod deletion;
#[cfg(feature = "every-kind")]
mod expressions;
mod fields;
mod guard;
mod list;
mod metadata;
mod patch;
pub mod pipeline;
pub mod printing;
#[cfg(feature = "every-kind")]
pub(crate) mod quota;
pub mod registration;
pub mod registry;
pub mod request;
pub mod resources;
pub mod status;
mod subresources;
pub mod table;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod validation;
mod watch;

#[cfg(feature = "every-kind")]
pub use conversion::Tried;
pub use pipeline::Api;
pub use registration::{Registration, Registry};
pub use registry::{Column, Fidelity, Resource, Scope};
pub use request::{
    Body, DryRun, FieldValidation, Options, PatchKind, Propagation, Request, Response, Target, User, Verb,
};
pub use status::{Errors, FieldError, Status};
pub use watch::{Bookmarks, Seen, Watch, WatchEvent, WatchRequest};
