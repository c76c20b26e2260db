//! Who asks: questions about it that are asked as objects, and what service account tokens say.
//!
//! Upstream: `pkg/registry/authentication`, `pkg/serviceaccount`, `pkg/registry/core/serviceaccount/storage/token.go`.
//! Tokens are made and read here as unsigned claims; whoever hosts the cluster signs them and checks signatures.
//!
//! Knows nothing of keys, certificates and connections.

pub mod claims;
pub mod reviews;
pub mod secrets;
#[cfg(test)]
mod tests;
pub(crate) mod token_request;
pub mod verify;
