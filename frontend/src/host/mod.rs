//! The two hosts of the WebAssembly, and what goes between them.
//!
//! ```text
//! page  ── the compiled module, once ──▶  worker     (worker.js starts the same WebAssembly)
//! page  ◀──────── "ready" ─────────────  worker
//! page  ◀─── postcard bytes, moved ───▶  worker     (buffers change hands; nothing is copied twice)
//! page  ◀─── "panic: …", then silence ─  worker     (a panic ends the instance; the page may start another)
//! ```
//!
//! A server can be in the worker's place: [`server`] says the same over a `WebSocket`.

pub mod cluster;
#[cfg(feature = "page")]
pub mod page;
#[cfg(feature = "page")]
pub mod server;
mod ticks;
pub mod wire;
pub mod worker;

use shared::playground::Later;

/// What the worker runs: bytes in, bytes out, and time when it asks for it.
///
/// Bytes are messages in the form of [`wire`]. The engine reads no clock; it is told how much time went by.
pub trait Engine {
    /// Takes one message and returns the messages for the page, in order.
    fn handle(&mut self, bytes: &[u8]) -> Vec<Vec<u8>>;

    /// Goes on for `elapsed_ms` milliseconds of wall time and returns the messages for the page, in order.
    ///
    /// Default: time means nothing to this engine.
    fn tick(&mut self, elapsed_ms: f64) -> Vec<Vec<u8>> {
        let _ = elapsed_ms;
        Vec::new()
    }

    /// Takes in the part of the code that comes after the first view and returns the messages for the page, in order.
    ///
    /// Default: nothing is missing.
    fn complete(&mut self, later: Later) -> Vec<Vec<u8>> {
        let _ = later;
        Vec::new()
    }

    /// How long until [`tick`](Self::tick) should be called, in milliseconds; `None` while nothing plays.
    ///
    /// Asked after each message and each tick. Default: `None`.
    fn tick_in_ms(&self) -> Option<i32> {
        None
    }
}

/// What the worker says when its engine can be used.
const READY: &str = "ready";

/// What the worker says before the reason when it is about to end.
const PANIC: &str = "panic: ";
