//! Lets the memory of this WebAssembly grow in few large steps.
//!
//! The allocator asks for one page of 64 KiB after the other, and each time the browser makes a new buffer of the whole
//! memory and counts it as garbage to come. A run of ten thousand Pods would do so ten thousand times.

/// The least and the most that is asked for at once, in bytes; in between, a share of what there is.
const STEP_BYTES_MIN: usize = 4 << 20;
const STEP_BYTES_MAX: usize = 64 << 20;
const SHARE: usize = 4;

/// Knows how large the memory was when it was looked at last.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Room {
    bytes: usize,
}

impl Room {
    /// Makes room for what is about to come, if what came since the last time needed more than there was.
    pub(super) fn keep(&mut self) {
        if memory_bytes() != self.bytes {
            // Taken and given back: the allocator keeps it for what is wanted next.
            drop(std::hint::black_box(Vec::<u8>::with_capacity(step(memory_bytes()))));
            self.bytes = memory_bytes();
        }
    }
}

/// How much more to ask for.
fn step(bytes: usize) -> usize {
    (bytes / SHARE).clamp(STEP_BYTES_MIN, STEP_BYTES_MAX)
}

#[cfg(target_arch = "wasm32")]
fn memory_bytes() -> usize {
    const PAGE_BYTES: usize = 64 << 10;
    core::arch::wasm32::memory_size(0) * PAGE_BYTES
}

/// Outside of a WebAssembly the system's memory grows as it likes.
#[cfg(not(target_arch = "wasm32"))]
fn memory_bytes() -> usize {
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_a_share_within_bounds() {
        assert_eq!([1 << 20, 64 << 20, 1 << 30].map(step), [4 << 20, 16 << 20, 64 << 20]);
    }
}
