//! How often and how much a slot sends again: once a round trip per packet, and within a budget.

use std::time::{Duration, Instant};

/// Packets whose last resend is remembered. A power of two.
const REMEMBERED: usize = 512;
/// Bytes that may be sent again at once.
const BURST: usize = 128 * 1024;
/// Least time between two resends of one packet, and the time while the round trip is not known.
const MIN_INTERVAL: Duration = Duration::from_millis(20);

/// What was sent again, and what may be.
#[derive(Debug)]
pub struct ResendLimit {
    born: Instant,
    /// By number modulo its length: the number (low 32 bits) and when, in ms since `born`.
    sent: Box<[(u32, u32)]>,
    budget: usize,
}

impl ResendLimit {
    /// Nothing sent yet: the whole burst is there.
    pub fn new(now: Instant) -> Self {
        Self {
            born: now,
            sent: vec![(u32::MAX, 0); REMEMBERED].into_boxed_slice(),
            budget: BURST,
        }
    }

    /// Media was sent: half as much may be sent again, up to the burst.
    pub fn earn(&mut self, bytes: usize) {
        self.budget = (self.budget + bytes / 2).min(BURST);
    }

    /// Whether a packet of `bytes` may be sent again now; if so, it is counted as sent.
    pub fn take(&mut self, index: u64, bytes: usize, rtt: Option<Duration>, now: Instant) -> bool {
        let now_ms = now.duration_since(self.born).as_millis() as u32;
        let interval = rtt.unwrap_or_default().max(MIN_INTERVAL).as_millis() as u32;
        let place = &mut self.sent[index as usize % REMEMBERED];
        let recently = place.0 == index as u32 && now_ms.wrapping_sub(place.1) < interval;
        if recently || bytes > self.budget {
            return false;
        }
        *place = (index as u32, now_ms);
        self.budget -= bytes;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_is_sent_again_once_a_round_trip() {
        let start = Instant::now();
        let rtt = Some(Duration::from_millis(100));
        let mut limit = ResendLimit::new(start);
        assert!(limit.take(7, 1000, rtt, start));
        assert!(!limit.take(7, 1000, rtt, start + Duration::from_millis(99)));
        assert!(limit.take(8, 1000, rtt, start));
        assert!(limit.take(7, 1000, rtt, start + Duration::from_millis(100)));
    }

    #[test]
    fn the_budget_ends_and_grows_with_what_is_sent() {
        let now = Instant::now();
        let mut limit = ResendLimit::new(now);
        let taken = (0..10_000)
            .filter(|&index| limit.take(index, 1024, None, now))
            .count();
        assert_eq!(taken, 128);
        limit.earn(2048);
        assert!(limit.take(20_000, 1024, None, now));
        assert!(!limit.take(20_001, 1024, None, now));
    }
}
