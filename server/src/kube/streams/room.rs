//! How much of what a client has sent waits for whoever is to read it: over all streams of one connection together.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How many bytes wait on one connection at most, beside the piece that is just read: when they are full the client has to wait.
pub(super) const WAITING_BYTES_MAX: u32 = 2 << 20;

/// What is left of them.
#[derive(Clone)]
pub(super) struct Room {
    left: Arc<Semaphore>,
    size: u32,
}

/// Bytes that wait; what they take is free again when they go.
#[derive(Debug)]
pub(super) struct Held {
    bytes: Bytes,
    _place: Option<OwnedSemaphorePermit>,
}

impl Room {
    /// Room for so many bytes.
    pub(super) fn new(size: u32) -> Self {
        Self { left: Arc::new(Semaphore::new(size as usize)), size }
    }

    /// Takes bytes in; waits until there is room. What is larger than the whole room takes all of it.
    pub(super) async fn take(&self, bytes: Bytes) -> Held {
        let wanted = u32::try_from(bytes.len()).unwrap_or(u32::MAX).min(self.size);
        // Nobody ever closes it.
        let place = self.left.clone().acquire_many_owned(wanted).await.ok();
        Held { bytes, _place: place }
    }
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt as _;

    #[test]
    fn bytes_wait_for_room() {
        let room = Room::new(10);
        let take = |length: usize| room.take(Bytes::from(vec![0; length])).now_or_never();
        let (first, second) = (take(6).unwrap(), take(4).unwrap());
        assert!(take(1).is_none());
        drop(first);
        assert!(take(7).is_none());
        drop(take(6).unwrap());
        drop(second);
        assert_eq!(take(100).unwrap().as_ref().len(), 100);
    }
}
