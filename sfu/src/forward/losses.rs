//! What is missing of one incoming stream, and when to ask for it (again).

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Packets that may be missing at once. A larger hole is not worth repairing: a keyframe is quicker.
pub const MAX_MISSING: usize = 512;
/// How long a packet may be late before it is asked for: what networks reorder arrives within it.
pub const REORDER_WAIT: Duration = Duration::from_millis(5);
/// How often one packet is asked for.
pub const MAX_ASKS: u8 = 10;
/// How long a packet is asked for.
pub const MAX_AGE: Duration = Duration::from_secs(1);
/// Least time between two requests for one packet.
const MIN_INTERVAL: Duration = Duration::from_millis(20);

/// The missing packets, ascending; at most [`MAX_MISSING`]: the oldest are given up first.
#[derive(Debug, Default)]
pub struct Losses {
    missing: VecDeque<Missing>,
    given_up: u64,
}

#[derive(Clone, Copy, Debug)]
struct Missing {
    index: u64,
    found: Instant,
    due: Instant,
    asks: u8,
}

impl Losses {
    /// `first..next` were skipped.
    pub fn skipped(&mut self, first: u64, next: u64, now: Instant) {
        if next - first > MAX_MISSING as u64 {
            self.given_up += self.missing.len() as u64 + (next - first);
            self.missing.clear();
            return;
        }
        for index in first..next {
            if self.missing.len() == MAX_MISSING {
                self.missing.pop_front();
                self.given_up += 1;
            }
            self.missing.push_back(Missing {
                index,
                found: now,
                due: now + REORDER_WAIT,
                asks: 0,
            });
        }
    }

    /// A packet came that is older than the newest.
    pub fn arrived(&mut self, index: u64) {
        if let Ok(place) = self
            .missing
            .binary_search_by_key(&index, |missing| missing.index)
        {
            self.missing.remove(place);
        }
    }

    /// Appends what to ask for now, ascending; what was asked for in vain is given up.
    pub fn ask(&mut self, now: Instant, rtt: Duration, out: &mut Vec<u16>) {
        let interval = (rtt + rtt / 4).max(MIN_INTERVAL);
        let before = self.missing.len();
        self.missing.retain_mut(|missing| {
            if missing.due > now {
                return true;
            }
            if missing.asks >= MAX_ASKS || now.duration_since(missing.found) > MAX_AGE {
                return false;
            }
            missing.asks += 1;
            missing.due = now + interval;
            out.push(missing.index as u16);
            true
        });
        self.given_up += (before - self.missing.len()) as u64;
    }

    /// When to ask next.
    pub fn due_at(&self) -> Option<Instant> {
        self.missing.iter().map(|missing| missing.due).min()
    }

    /// Packets that never came.
    pub fn given_up(&self) -> u64 {
        self.given_up
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RTT: Duration = Duration::from_millis(40);

    fn asked(losses: &mut Losses, now: Instant) -> Vec<u16> {
        let mut out = Vec::new();
        losses.ask(now, RTT, &mut out);
        out
    }

    #[test]
    fn what_is_merely_reordered_is_not_asked_for() {
        let now = Instant::now();
        let mut losses = Losses::default();
        losses.skipped(10, 13, now);
        assert!(asked(&mut losses, now).is_empty());
        losses.arrived(11);
        assert_eq!(asked(&mut losses, now + REORDER_WAIT), [10, 12]);
    }

    #[test]
    fn a_request_is_repeated_after_a_round_trip_and_given_up_in_the_end() {
        let start = Instant::now();
        let mut losses = Losses::default();
        losses.skipped(10, 11, start);
        let mut asks = Vec::new();
        for ms in 0..3000 {
            let now = start + Duration::from_millis(ms);
            if !asked(&mut losses, now).is_empty() {
                asks.push(ms);
            }
        }
        assert_eq!(asks.len(), usize::from(MAX_ASKS));
        assert!(asks.windows(2).all(|pair| pair[1] - pair[0] == 50));
        assert_eq!((losses.due_at(), losses.given_up()), (None, 1));
    }

    #[test]
    fn a_slow_path_gives_up_by_age() {
        let start = Instant::now();
        let mut losses = Losses::default();
        losses.skipped(10, 11, start);
        let mut out = Vec::new();
        for ms in 0..3000 {
            losses.ask(
                start + Duration::from_millis(ms),
                Duration::from_millis(400),
                &mut out,
            );
        }
        assert_eq!(out.len(), 2);
        assert_eq!(losses.due_at(), None);
    }

    #[test]
    fn the_list_is_bounded() {
        let now = Instant::now();
        let mut losses = Losses::default();
        for index in 0..10_000 {
            losses.skipped(2 * index, 2 * index + 1, now);
        }
        assert_eq!(losses.missing.len(), MAX_MISSING);
        losses.skipped(100_000, 200_000, now);
        assert_eq!(losses.due_at(), None, "a large hole is left to a keyframe");
    }
}
