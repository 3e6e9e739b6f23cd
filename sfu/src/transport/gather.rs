//! How long what leaves may wait for more that goes to the same address. An idle shard sends at once; a busy one asks the
//! kernel less often. Pure: the time and the counter are arguments.

use std::time::{Duration, Instant};

/// How often the rate is measured.
const EVERY: Duration = Duration::from_millis(100);
/// Below this rate a datagram leaves at once.
const IDLE_RATE: u64 = 5_000;
/// Up to this rate it waits for [`SHORTEST`]: a picture comes as one burst (docs/decisions/0005).
const MODERATE_RATE: u64 = 40_000;
/// From this rate on it may wait for [`LONGEST`].
const BUSY_RATE: u64 = 200_000;
const SHORTEST: Duration = Duration::from_millis(1);
const LONGEST: Duration = Duration::from_millis(5);

/// Measures the rate at which packets leave, and says how long they may wait.
#[derive(Debug)]
pub(crate) struct Gather {
    since: Instant,
    packets: u64,
    window: Duration,
}

impl Gather {
    /// Nothing left yet.
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            since: now,
            packets: 0,
            window: Duration::ZERO,
        }
    }

    /// How long a packet may wait. `packets` left in all so far.
    pub(crate) fn window(&mut self, packets: u64, now: Instant) -> Duration {
        let took = now.saturating_duration_since(self.since);
        if took >= EVERY {
            let left = packets.saturating_sub(self.packets);
            self.window = window(left * 1_000_000 / took.as_micros().max(1) as u64);
            self.since = now;
            self.packets = packets;
        }
        self.window
    }
}

/// For this many packets a second.
fn window(rate: u64) -> Duration {
    if rate < IDLE_RATE {
        return Duration::ZERO;
    }
    let above = rate.clamp(MODERATE_RATE, BUSY_RATE) - MODERATE_RATE;
    let share = above as f64 / (BUSY_RATE - MODERATE_RATE) as f64;
    SHORTEST + (LONGEST - SHORTEST).mul_f64(share)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_idle_shard_sends_at_once_and_a_busy_one_within_5_ms() {
        assert_eq!(window(0), Duration::ZERO);
        assert_eq!(window(IDLE_RATE - 1), Duration::ZERO);
        assert_eq!(window(IDLE_RATE), SHORTEST);
        assert_eq!(window(MODERATE_RATE), SHORTEST);
        assert!(window(MODERATE_RATE + 1_000) > SHORTEST);
        assert_eq!(window(u64::MAX), LONGEST);
    }

    #[test]
    fn the_rate_is_that_of_the_last_100_ms() {
        let start = Instant::now();
        let mut gather = Gather::new(start);
        let after = |ms| start + Duration::from_millis(ms);
        assert_eq!(gather.window(30_000, after(99)), Duration::ZERO);
        assert_eq!(gather.window(30_000, after(100)), LONGEST);
        assert_eq!(gather.window(30_000, after(150)), LONGEST);
        assert_eq!(gather.window(30_400, after(200)), Duration::ZERO);
    }
}
