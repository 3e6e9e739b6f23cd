//! The last ten minutes, as numbers for charts. Pure: readings in, series out.

use std::collections::VecDeque;

use serde::Serialize;

/// Readings that are kept: ten minutes of one every two seconds.
pub const KEPT: usize = 300;

/// A bounded series; the oldest falls out.
#[derive(Clone, Debug)]
pub struct Series<P>(VecDeque<P>);

impl<P> Default for Series<P> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}

impl<P: Copy> Series<P> {
    /// Adds a reading.
    pub fn push(&mut self, point: P) {
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        self.0.push_back(point);
    }

    /// The readings for which `newer` holds, the oldest first.
    pub fn since(&self, newer: impl Fn(&P) -> bool) -> Vec<P> {
        self.0
            .iter()
            .filter(|point| newer(point))
            .copied()
            .collect()
    }

    /// The last so many, the oldest first.
    pub fn last(&self, count: usize) -> impl Iterator<Item = &P> {
        self.0.iter().skip(self.0.len().saturating_sub(count))
    }
}

/// The whole server at one reading.
#[derive(Clone, Copy, PartialEq, Default, Debug, Serialize)]
pub struct ServerPoint {
    /// Which reading.
    pub seq: u64,
    /// CPU time of the busiest shard, in percent of a core.
    pub cpu: f64,
    /// Packets per second that came.
    pub packets_in: u64,
    /// Packets per second that left.
    pub packets_out: u64,
    /// Bits per second that came.
    pub bits_in: u64,
    /// Bits per second that left.
    pub bits_out: u64,
}

/// A room at one reading.
#[derive(Clone, Copy, PartialEq, Default, Debug, Serialize)]
pub struct RoomPoint {
    /// Which reading.
    pub seq: u64,
    /// Bits per second that its seats send.
    pub bits_in: u64,
    /// Bits per second that they receive.
    pub bits_out: u64,
    /// The worst loss of a seat, in percent, in either direction.
    pub loss: f64,
    /// The worst round trip of a seat, in ms; `None`: none is known.
    pub rtt_ms: Option<u64>,
    /// Media connections that work.
    pub connected: usize,
}

/// What a shard had counted at a reading.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Counted {
    /// CPU time in µs.
    pub cpu_us: u64,
    /// Packets in.
    pub packets_in: u64,
    /// Packets out.
    pub packets_out: u64,
    /// Bytes in.
    pub bytes_in: u64,
    /// Bytes out.
    pub bytes_out: u64,
}

/// What a shard did in a second, between two readings.
#[derive(Clone, Copy, PartialEq, Default, Debug, Serialize)]
pub struct Pace {
    /// Percent of a core.
    pub cpu: f64,
    /// Packets per second that came.
    pub packets_in: u64,
    /// Packets per second that left.
    pub packets_out: u64,
    /// Bits per second that came.
    pub bits_in: u64,
    /// Bits per second that left.
    pub bits_out: u64,
}

impl Pace {
    /// Between two readings that are `passed_ms` apart.
    pub fn between(before: &Counted, now: &Counted, passed_ms: u64) -> Self {
        let passed_ms = passed_ms.max(1);
        let per_s = |before: u64, now: u64| now.saturating_sub(before) * 1_000 / passed_ms;
        let cpu_us = now.cpu_us.saturating_sub(before.cpu_us);
        Self {
            cpu: tenths(cpu_us as f64 / passed_ms as f64 / 10.0),
            packets_in: per_s(before.packets_in, now.packets_in),
            packets_out: per_s(before.packets_out, now.packets_out),
            bits_in: 8 * per_s(before.bytes_in, now.bytes_in),
            bits_out: 8 * per_s(before.bytes_out, now.bytes_out),
        }
    }
}

/// With one digit after the comma: nobody reads more, and it need not be sent.
pub fn tenths(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_keeps_the_last_ten_minutes() {
        let mut series = Series::default();
        for seq in 0..KEPT as u64 + 5 {
            series.push(seq);
        }
        let all = series.since(|_| true);
        assert_eq!((all.len(), all[0]), (KEPT, 5));
        assert_eq!(series.since(|seq| *seq > 302), [303, 304]);
        assert_eq!(series.last(2).copied().collect::<Vec<_>>(), [303, 304]);
    }

    #[test]
    fn a_pace_is_what_was_counted_between_two_readings() {
        let before = Counted::default();
        let now = Counted {
            cpu_us: 500_000,
            packets_in: 200,
            packets_out: 2_000,
            bytes_in: 1_000,
            bytes_out: 10_000,
        };
        let pace = Pace::between(&before, &now, 2_000);
        assert_eq!((pace.cpu, pace.packets_out), (25.0, 1_000));
        assert_eq!((pace.bits_in, pace.bits_out), (4_000, 40_000));
        // A shard that began anew counts from nothing: no number is negative.
        assert_eq!(Pace::between(&now, &before, 2_000), Pace::default());
    }
}
