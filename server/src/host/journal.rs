//! Where commits go so that they outlive the process.
//!
//! The seam to the storage: commits are handed over in order, under the cluster's lock; answers wait outside of it.

use shared::api::Status;
use shared::store::Change;
use shared::trace::Revision;

/// What keeps the commits.
#[derive(Clone, Debug)]
pub(crate) enum Journal {
    /// Nothing: the cluster lives as long as the process.
    Memory,
}

impl Journal {
    /// Takes over what was committed; quick, because the cluster is locked.
    pub(crate) fn enqueue(&self, _changes: &[Change]) {
        match self {
            Self::Memory => {}
        }
    }

    /// Waits until everything up to `revision` is durable.
    ///
    /// # Errors
    /// It never will be, as the client is told.
    #[allow(clippy::unused_async, reason = "journals on a disk wait here")]
    pub(crate) async fn durable(&self, _revision: Revision) -> Result<(), Status> {
        match self {
            Self::Memory => Ok(()),
        }
    }
}
