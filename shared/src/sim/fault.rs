//! What can be done to a node to see how the cluster takes it.

use crate::model::{Span, Text};

/// Something that goes wrong, or is put right again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Kills a container's process: exit code 137.
    KillContainer {
        /// The pod's uid.
        pod: Text,
        /// The container's name.
        container: Text,
    },
    /// The kernel kills a container for its use of memory: exit code 137, reason `OOMKilled`.
    OutOfMemory {
        /// The pod's uid.
        pod: Text,
        /// The container's name.
        container: Text,
    },
    /// Every container of an image ends with 1 this long after its start, those that run now too.
    CrashImage {
        /// As pods name it.
        image: Text,
        /// How long it runs.
        after: Span,
    },
    /// Heals [`Fault::CrashImage`].
    HealImage {
        /// As pods name it.
        image: Text,
    },
    /// The node can no longer be reached: no reports, no heartbeats. Its containers go on.
    LoseNode,
    /// The node is reached again; what happened meanwhile is reported.
    ReturnNode,
    /// Pulls take this many times as long; 1 is normal.
    SlowPulls {
        /// The factor.
        factor: u32,
    },
    /// Connections to a port of a pod are refused.
    RefusePort {
        /// The pod's uid.
        pod: Text,
        /// The number.
        port: u16,
    },
    /// Heals [`Fault::RefusePort`].
    AcceptPort {
        /// The pod's uid.
        pod: Text,
        /// The number.
        port: u16,
    },
}
