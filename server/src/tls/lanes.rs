//! Threads for connections, one for each processor: a connection stays on its thread from the handshake to the end.
//!
//! Where threads steal work from each other, each request wakes a second one that looks whether there is more to do, and
//! finds nothing. On an idle machine to wake it takes as long as to answer.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

/// How many there are at most.
const LANES_MAX: usize = 64;

/// The threads. Their connections end with this value.
pub(crate) struct Lanes(Vec<Lane>);

/// One of them.
struct Lane {
    handle: Handle,
    open: Arc<AtomicUsize>,
    /// The thread ends when this goes.
    _end: oneshot::Sender<()>,
}

/// A connection's place on a thread; it is free again when this goes.
pub(super) struct Place(Arc<AtomicUsize>);

impl Lanes {
    /// Starts the threads, with so many bytes of stack each.
    ///
    /// # Errors
    /// The system has no more threads.
    pub(crate) fn start(stack_bytes: usize) -> std::io::Result<Self> {
        let count = std::thread::available_parallelism().map_or(1, NonZeroUsize::get).min(LANES_MAX);
        (0..count).map(|number| Lane::start(number, stack_bytes)).collect::<std::io::Result<_>>().map(Self)
    }

    /// Where the next connection goes: to the thread with the fewest.
    pub(super) fn next(&self) -> Option<(&Handle, Place)> {
        let lane = self.0.iter().min_by_key(|it| it.open.load(Ordering::Relaxed))?;
        lane.open.fetch_add(1, Ordering::Relaxed);
        Some((&lane.handle, Place(lane.open.clone())))
    }
}

impl Lane {
    fn start(number: usize, stack_bytes: usize) -> std::io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().thread_stack_size(stack_bytes).build()?;
        let handle = runtime.handle().clone();
        let (end, ended) = oneshot::channel::<()>();
        let thread = std::thread::Builder::new().name(format!("api-{number}")).stack_size(stack_bytes);
        // Nothing is ever sent: it is over when the other half has gone.
        thread.spawn(move || drop(runtime.block_on(ended)))?;
        Ok(Self { handle, open: Arc::default(), _end: end })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_are_spread_and_each_runs_on_its_thread() {
        let lanes = Lanes::start(1 << 20).unwrap();
        let mut places: Vec<Place> = Vec::new();
        let mut names = std::collections::BTreeSet::new();
        for _ in 0..lanes.0.len() {
            let (handle, place) = lanes.next().unwrap();
            let (told, name) = std::sync::mpsc::channel();
            handle.spawn(async move { told.send(std::thread::current().name().map(str::to_owned)) });
            names.insert(name.recv().unwrap());
            places.push(place);
        }
        assert_eq!(names.len(), lanes.0.len());
        places.clear();
        assert!(lanes.0.iter().all(|it| it.open.load(Ordering::Relaxed) == 0));
    }
}
