//! The parts of the code that come after the first view, each in a file of its own.
//!
//! `cargo xtask` puts into a part what nothing but its function here leads to; what others need too stays with them.

use gloo::timers::future::TimeoutFuture;
use shared::playground::Later;
use wasm_split_helpers::{SplitLoaderError, wasm_split};

/// How long after a failure a part is asked for again, in milliseconds: each time twice as long, up to a limit.
const AGAIN_MS: u32 = 1_000;
const AGAIN_MS_MAX: u32 = 60_000;

/// kubectl and the answers to questions, for the worker.
#[wasm_split(engine, fallible)]
#[allow(clippy::unnecessary_wraps, reason = "the error is that of a part that could not be loaded")]
fn engine_part() -> Result<Later, SplitLoaderError> {
    Ok(Later::ALL)
}

/// The later part of the engine, as soon as it can be had.
pub async fn engine() -> Later {
    patiently(async || engine_part().await).await
}

/// Asks until it is there: without a connection a part cannot come, and nothing else needs to end for that.
async fn patiently<T>(load: impl AsyncFn() -> Result<T, SplitLoaderError>) -> T {
    let mut wait_ms = AGAIN_MS;
    loop {
        match load().await {
            Ok(part) => return part,
            Err(_) => TimeoutFuture::new(wait_ms).await,
        }
        wait_ms = (wait_ms * 2).min(AGAIN_MS_MAX);
    }
}
