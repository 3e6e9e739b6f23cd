//! The queue that stands on the path: how much longer packets take than the fastest ones did.
//!
//! The slope of the delay ([`super::trendline`]) is blind to a queue that is full: it does not grow any more.

use std::time::{Duration, Instant};

/// How long the fastest packets are remembered, at least. Two clocks drift apart by a few ms in that time.
const MEMORY: Duration = Duration::from_secs(30);

/// A queue this long is worth waiting for.
const IN_THE_WAY: Duration = Duration::from_millis(100);

/// Compares the delays of packets with the least one known.
#[derive(Debug)]
pub(super) struct StandingQueue {
    epoch: Instant,
    /// The least delay in this stretch of time and in the one before it, in µs between two clocks.
    least_us: [Option<i64>; 2],
    since: Instant,
    /// The least delay since the last [`Self::take`].
    lately_us: Option<i64>,
    standing: Duration,
    /// The same, smoothed over a second or so.
    smoothed: Duration,
}

impl StandingQueue {
    /// Nothing known yet.
    pub(super) fn new(now: Instant) -> Self {
        Self {
            epoch: now,
            least_us: [None; 2],
            since: now,
            lately_us: None,
            standing: Duration::ZERO,
            smoothed: Duration::ZERO,
        }
    }

    /// A packet arrived. Gives how much longer it took than the fastest one did.
    pub(super) fn add(&mut self, sent: Instant, arrived_us: i64) -> Duration {
        let delay_us = arrived_us - sent.duration_since(self.epoch).as_micros() as i64;
        if sent.duration_since(self.since) >= MEMORY {
            self.least_us = [None, self.least_us[0]];
            self.since = sent;
        }
        let least = |known: Option<i64>| Some(known.map_or(delay_us, |known| known.min(delay_us)));
        self.least_us[0] = least(self.least_us[0]);
        self.lately_us = least(self.lately_us);
        let least = self.least_us.iter().flatten().min();
        let waited = least.map_or(0, |least| delay_us.saturating_sub(*least));
        Duration::from_micros(u64::try_from(waited).unwrap_or(0))
    }

    /// How long even the luckiest packet waited between the last two [`Self::take`].
    pub(super) fn last(&self) -> Duration {
        self.standing
    }

    /// Whether it is in the way.
    pub(super) fn is_in_the_way(&self) -> bool {
        self.standing > IN_THE_WAY
    }

    /// Whether a queue that is in the way becomes shorter: somebody else's would not, because this sender yields.
    pub(super) fn is_emptying(&self) -> bool {
        self.is_in_the_way() && self.standing < self.smoothed
    }

    /// How long even the luckiest packet waited since the last one; begins anew.
    pub(super) fn take(&mut self) -> Duration {
        let least = self.least_us.iter().flatten().min();
        let standing_us = match (self.lately_us.take(), least) {
            (Some(lately), Some(least)) => u64::try_from(lately - least).unwrap_or(0),
            _ => 0,
        };
        self.standing = Duration::from_micros(standing_us);
        self.smoothed = (self.smoothed * 3 + self.standing) / 4;
        self.standing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_queue_stands_and_a_single_late_packet_does_not() {
        let epoch = Instant::now();
        let mut queue = StandingQueue::new(epoch);
        let mut add = |ms: u64, delay_ms: i64| {
            let sent = epoch + Duration::from_millis(ms);
            queue.add(sent, 7_000_000 + (ms as i64 + delay_ms) * 1_000);
        };
        add(0, 30);
        add(10, 200);
        add(20, 31);
        assert_eq!(queue.take(), Duration::ZERO);
        let mut add = |ms: u64, delay_ms: i64| {
            let sent = epoch + Duration::from_millis(ms);
            queue.add(sent, 7_000_000 + (ms as i64 + delay_ms) * 1_000);
        };
        add(10_000, 330);
        add(10_010, 325);
        assert_eq!(queue.take(), Duration::from_millis(295));
        assert_eq!(queue.take(), Duration::ZERO);
    }

    #[test]
    fn a_queue_that_becomes_shorter_is_emptying_until_it_is_short() {
        let epoch = Instant::now();
        let mut queue = StandingQueue::new(epoch);
        let emptying: Vec<_> = [0, 300, 600, 200, 110, 90]
            .iter()
            .zip(0u64..)
            .map(|(&standing_ms, n)| {
                let sent = epoch + Duration::from_millis(n);
                queue.add(sent, n as i64 * 1_000 + standing_ms * 1_000);
                queue.take();
                queue.is_emptying()
            })
            .collect();
        assert_eq!(emptying, [false, false, false, true, true, false]);
    }

    #[test]
    fn a_path_that_became_longer_is_the_new_measure_after_a_minute() {
        let epoch = Instant::now();
        let mut queue = StandingQueue::new(epoch);
        let mut standing = Vec::new();
        for second in 0..100u64 {
            let delay = if second < 5 { 30_000 } else { 130_000 };
            let sent = epoch + Duration::from_secs(second);
            queue.add(sent, second as i64 * 1_000_000 + delay);
            standing.push(queue.take().as_millis());
        }
        assert_eq!((standing[4], standing[30], standing[99]), (0, 100, 0));
    }
}
