//! The cluster, whole: what Kubernetes' objects are, how a request is handled, what each controller decides, what a
//! simulated node does, and why every write happened.
//!
//! Knows nothing of sockets, files, clocks, threads, random sources, the DOM or async. Time and chance are arguments.
//! The modules stand in reading order; each knows only those before it (`tests/layers.rs` proves it).

pub mod model;
pub mod trace;

#[cfg(feature = "every-kind")]
pub mod cel;

pub mod store;

pub mod api;

pub mod plan;

pub mod controllers;

pub mod scheduler;

pub mod kubelet;

pub mod sim;

pub mod cluster;

pub mod kubectl;

pub mod playground;
