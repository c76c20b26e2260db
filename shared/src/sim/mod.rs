//! Simulated nodes: images with sizes and pull rates, containers whose processes are small programs, probes, faults.
//!
//! Knows nothing of the API server, of controllers, or of what a kubelet wants; it carries out commands and reports.

pub mod config;
pub mod fault;
pub mod images;
pub mod node;

mod check;
mod process;
mod pulls;
#[cfg(feature = "every-kind")]
mod resume;
mod script;
#[cfg(feature = "every-kind")]
mod web;

pub use config::NodeConfig;
pub use fault::Fault;
pub use images::Catalog;
pub use node::{LogNews, LogPlace, LogQuery, Previous, RunningContainer, SimNode, Snapshot};
pub use process::LogLine;
pub use pulls::PullProgress;
#[cfg(feature = "every-kind")]
pub use web::{Listener, WebAnswer, WebRequest};

#[cfg(test)]
mod tests;
