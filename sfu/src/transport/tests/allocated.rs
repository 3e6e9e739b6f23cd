//! What a shard's thread allocates: each of its turns is counted, and nothing of any other thread.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

/// Since the shard began.
#[derive(Default)]
pub(crate) struct Allocated {
    allocations: AtomicU64,
    held_bytes: AtomicI64,
}

impl Allocated {
    /// Counts what a turn allocates.
    pub(crate) fn count(&self, turn: impl FnOnce()) {
        let counted = allocation_counter::measure(turn);
        self.allocations
            .fetch_add(counted.count_total, Ordering::Relaxed);
        self.held_bytes
            .fetch_add(counted.bytes_current, Ordering::Relaxed);
    }

    /// Allocations, and bytes that were allocated and not freed by this thread.
    pub(crate) fn so_far(&self) -> (u64, i64) {
        let allocations = self.allocations.load(Ordering::Relaxed);
        (allocations, self.held_bytes.load(Ordering::Relaxed))
    }
}
