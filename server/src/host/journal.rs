//! Where commits go so that they outlive the process.
//!
//! The seam to the storage: commits are handed over in order, under the cluster's lock; answers wait outside of it.

use shared::api::Status;
use shared::model::Value;
use shared::store::Change;
use shared::trace::Revision;

use crate::storage;

/// What keeps the commits.
pub(crate) enum Journal {
    /// Nothing: the cluster lives as long as the process.
    Memory,
    /// The data directory.
    Disk(Box<storage::Journal>),
}

/// Who writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hands {
    /// The caller, who waits for the disk.
    Own,
    /// The journal's thread.
    Thread,
}

impl Journal {
    /// Returns when a request that writes may be handled, or the cluster take a step; to be asked before each.
    ///
    /// # Errors
    /// The disk is full or broken: 507, and nothing may be written until it is well again.
    pub(crate) async fn admit(&self) -> Result<(), Status> {
        match self {
            Self::Memory => Ok(()),
            Self::Disk(journal) => journal.admit().await.map_err(|fault| no_storage(&fault)),
        }
    }

    /// Takes over what was committed; quick, because the cluster is locked. It is written by [`Self::write`].
    pub(crate) fn enqueue(&self, changes: &[Change]) {
        match self {
            Self::Memory => {}
            Self::Disk(journal) => journal.enqueue(changes),
        }
    }

    /// Has what was taken over written.
    pub(crate) fn write(&self, by: Hands) {
        match (self, by) {
            (Self::Memory, _) => {}
            (Self::Disk(journal), Hands::Thread) => journal.write(),
            (Self::Disk(journal), Hands::Own) => journal.write_here(),
        }
    }

    /// Waits until everything up to `revision` is durable.
    ///
    /// # Errors
    /// Whether it will be is not known, as the client is told.
    pub(crate) async fn durable(&self, revision: Revision) -> Result<(), Status> {
        match self {
            Self::Memory => Ok(()),
            Self::Disk(journal) => journal.durable(revision).await.map_err(|fault| no_storage(&fault)),
        }
    }

    /// Says up to where the cluster has forgotten its history.
    pub(crate) fn compact(&self, revision: Revision) {
        match self {
            Self::Memory => {}
            Self::Disk(journal) => journal.compact(revision),
        }
    }
}

/// 507, in the form of an internal error: Kubernetes has no reason of its own for it, etcd's `NOSPACE` comes as one too.
fn no_storage(fault: &storage::Fault) -> Status {
    let cause = Value::from([("message", fault.to_string().into())]);
    let details = Value::from([("causes", Value::from(vec![cause]))]);
    Status { code: 507, reason: "InternalError", message: format!("Internal error occurred: {fault}"), details }
}
