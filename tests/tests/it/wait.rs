//! Waiting for a fact: asked again every few milliseconds until it holds, or until the time is over.

use std::time::{Duration, Instant};

/// What the fact gave, or `None` when the time was over.
pub fn until<T>(limit: Duration, mut fact: impl FnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(found) = fact() {
            return Some(found);
        }
        if Instant::now() >= deadline {
            return None;
        }
        std::thread::park_timeout(Duration::from_millis(20));
    }
}
