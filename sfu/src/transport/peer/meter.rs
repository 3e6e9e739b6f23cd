//! How much passes in one direction of a connection, for people to see.

use std::time::{Duration, Instant};

use crate::report::Rate;

/// Over how long is counted.
const WINDOW: Duration = Duration::from_secs(1);

/// Counts over windows of a second.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Meter {
    since: Instant,
    packets: u64,
    bytes: u64,
    last: Rate,
}

impl Meter {
    /// Nothing has passed.
    pub(super) fn new(now: Instant) -> Self {
        Self {
            since: now,
            packets: 0,
            bytes: 0,
            last: Rate::default(),
        }
    }

    /// So many packets with so many bytes passed.
    pub(super) fn note(&mut self, packets: u64, bytes: usize, now: Instant) {
        if now.duration_since(self.since) >= WINDOW {
            self.last = self.counted(now);
            self.since = now;
            (self.packets, self.bytes) = (0, 0);
        }
        self.packets += packets;
        self.bytes += bytes as u64;
    }

    /// The last whole window; when the present one has become longer, that.
    pub(crate) fn rate(&self, now: Instant) -> Rate {
        if now.duration_since(self.since) >= 2 * WINDOW {
            self.counted(now)
        } else {
            self.last
        }
    }

    fn counted(&self, now: Instant) -> Rate {
        let ms = (now.duration_since(self.since).as_millis() as u64).max(1);
        Rate {
            packets: self.packets * 1_000 / ms,
            bits: self.bytes * 8_000 / ms,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_flow_is_measured_and_silence_fades() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut meter = Meter::new(start);
        for ms in (0..=3_000).step_by(10) {
            meter.note(1, 1_250, at(ms));
        }
        let flow = Rate {
            packets: 100,
            bits: 1_000_000,
        };
        assert_eq!(meter.rate(at(3_000)), flow);
        assert!(meter.rate(at(60_000)).bits < 1_000);
    }
}
