//! TLS: the authority of the first start, what it signs, whom a client certificate names, and the listener.

mod authority;
mod der;
mod identity;
mod kubeconfig;
mod lanes;
mod listener;
mod patience;
mod signature;
mod signer;

pub(crate) use authority::{Authority, AuthorityError, make_private_folder, write_private, write_private_bytes};
pub(crate) use der::pem;
pub(crate) use kubeconfig::kubeconfig;
pub(crate) use lanes::Lanes;
pub(crate) use listener::serve;
pub(crate) use signature::check_signature;
pub(crate) use signer::Signer;
