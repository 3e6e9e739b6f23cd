//! Transport-wide feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01): tells a publisher when its packets arrived.

use std::time::{Duration, Instant};

/// How often feedback is sent.
pub const FEEDBACK_INTERVAL: Duration = Duration::from_millis(50);

/// Collects arrivals of one connection (all its streams, retransmissions and padding included).
#[derive(Debug)]
pub struct FeedbackCollector {
    epoch: Instant,
}

impl FeedbackCollector {
    /// Nothing arrived yet. Times are counted from `now`.
    pub fn new(now: Instant) -> Self {
        Self { epoch: now }
    }

    /// A packet with this transport-wide sequence number arrived (before de-duplication, after decryption).
    pub fn received(&mut self, _sequence: u16, _now: Instant) {}

    /// When feedback is due; `None`: nothing arrived since the last.
    pub fn due_at(&self) -> Option<Instant> {
        let _ = self.epoch;
        None
    }

    /// Appends one feedback packet if it is due, and says so. Call until it says `false`. `media` is any SSRC of the publisher.
    pub fn poll(&mut self, _now: Instant, _sender: u32, _media: u32, _out: &mut Vec<u8>) -> bool {
        false
    }
}
