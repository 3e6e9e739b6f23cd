//! Keyframe requests to one publisher's video stream: throttled, deferred, never dropped (rules 2 and 3).

use std::time::{Duration, Instant};

/// Least time between two requests to one stream.
pub const REQUEST_INTERVAL: Duration = Duration::from_millis(500);

/// Who waits for a keyframe of one stream, and when to ask for it.
#[derive(Clone, Copy, Default, Debug)]
pub struct KeyframeRequests {
    waiting: bool,
    asked: Option<Instant>,
}

impl KeyframeRequests {
    /// Somebody needs a keyframe. It is kept until one comes.
    pub fn request(&mut self) {
        self.waiting = true;
    }

    /// A keyframe came: it serves all who wait.
    pub fn on_keyframe(&mut self) {
        self.waiting = false;
    }

    /// Whether to send a PLI now. `active`: the stream is sent ([`super::upstream::Upstream::is_active`]). Asks again
    /// every [`REQUEST_INTERVAL`] until the keyframe comes.
    pub fn poll(&mut self, _active: bool, _now: Instant) -> bool {
        false
    }

    /// When to call [`Self::poll`] next; `None`: nobody waits.
    pub fn due_at(&self) -> Option<Instant> {
        None
    }
}
