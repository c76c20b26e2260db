//! What lasts longer than a request: logs that are followed, commands in containers, attaching, ports that are forwarded.
//!
//! Upstream: `pkg/registry/core/pod/rest/{log,subresources}.go`, `k8s.io/kubelet/pkg/cri/streaming`. Commands and servers run in
//! simulated containers (`shared`, `sim`). Clients come with a WebSocket, or, before kubectl v1.31, with SPDY.

mod channels;
mod exec;
mod forward;
mod frames;
mod log;
mod options;
mod room;
mod shell;
mod spdy;
mod upgrade;

pub(crate) use exec::{answer as exec, attach};
pub(crate) use forward::answer as port_forward;
pub(crate) use log::follow;
pub(crate) use options::options;
