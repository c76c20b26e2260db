//! The cluster: puts API server, controllers, scheduler, kubelets and nodes together and does one thing at a time.

mod why;

pub use why::{End, Hop, Line, Link, Why};
