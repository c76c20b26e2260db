//! Certificate requests: what they ask for, which are approved by themselves, and what the cluster's authority signs.
//!
//! Upstream: `pkg/apis/certificates/helpers.go`, `pkg/controller/certificates`.
//! Knows nothing of keys and signatures: the host has those, and asks [`work::due`] what to do with them.

pub(crate) mod request;
mod signers;
#[cfg(test)]
mod tests;
pub mod work;

pub(crate) use request::subject_of;
pub(crate) use signers::CLIENT;
