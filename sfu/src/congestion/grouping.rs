//! Groups packets that left in one burst, and says how far apart two groups left and arrived
//! (draft-ietf-rmcat-gcc-02 §5.2, §5.3).

use std::time::{Duration, Instant};

/// Packets that leave within this time are one group.
const BURST: Duration = Duration::from_millis(5);
/// Packets that arrive this close after one another although they left further apart were held up together.
const HELD_UP_US: i64 = 5_000;
/// A group of packets that were held up spans no more than this.
const HELD_UP_MAX_US: i64 = 100_000;
/// So many groups that arrive before the one before them: the receiver's clock was set.
const MAX_BACKWARDS: u8 = 3;
/// A clock that leaps further than this was set, or the path changed.
const MAX_LEAP_US: i64 = 3_000_000;

/// The distance between the ends of two groups.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Distance {
    /// Between their departures, in ms.
    pub(super) sent_ms: f64,
    /// Between their arrivals, in ms.
    pub(super) arrived_ms: f64,
    /// When the later one arrived, in µs of the receiver's clock.
    pub(super) at_us: i64,
}

#[derive(Clone, Copy, Debug)]
struct Group {
    first_sent: Instant,
    last_sent: Instant,
    first_arrived_us: i64,
    last_arrived_us: i64,
}

impl Group {
    fn of(sent: Instant, arrived_us: i64) -> Self {
        Self {
            first_sent: sent,
            last_sent: sent,
            first_arrived_us: arrived_us,
            last_arrived_us: arrived_us,
        }
    }

    fn takes(&self, sent: Instant, arrived_us: i64) -> bool {
        if sent.duration_since(self.first_sent) <= BURST {
            return true;
        }
        let after_us = arrived_us - self.last_arrived_us;
        let apart_us = sent.duration_since(self.last_sent).as_micros() as i64;
        after_us <= HELD_UP_US
            && after_us < apart_us
            && arrived_us - self.first_arrived_us < HELD_UP_MAX_US
    }
}

/// Makes groups of packets in the order of their arrival.
#[derive(Debug, Default)]
pub(super) struct Grouping {
    before: Option<Group>,
    current: Option<Group>,
    backwards: u8,
}

impl Grouping {
    /// A packet arrived. When it begins a group, the distance between the two groups before it.
    pub(super) fn add(&mut self, sent: Instant, arrived_us: i64) -> Option<Distance> {
        let Some(current) = &mut self.current else {
            self.current = Some(Group::of(sent, arrived_us));
            return None;
        };
        if (arrived_us - current.last_arrived_us).abs() > MAX_LEAP_US {
            *self = Self::default();
            return None;
        }
        if sent < current.first_sent {
            return None;
        }
        if current.takes(sent, arrived_us) {
            current.last_sent = current.last_sent.max(sent);
            current.last_arrived_us = current.last_arrived_us.max(arrived_us);
            return None;
        }
        let ended = *current;
        self.current = Some(Group::of(sent, arrived_us));
        let before = self.before.replace(ended)?;
        let arrived_us = ended.last_arrived_us - before.last_arrived_us;
        if arrived_us < 0 {
            self.backwards += 1;
            if self.backwards >= MAX_BACKWARDS {
                *self = Self::default();
            }
            return None;
        }
        self.backwards = 0;
        Some(Distance {
            sent_ms: ended
                .last_sent
                .duration_since(before.last_sent)
                .as_secs_f64()
                * 1e3,
            arrived_ms: arrived_us as f64 / 1e3,
            at_us: ended.last_arrived_us,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bursts_are_groups_and_their_ends_are_compared() {
        let epoch = Instant::now();
        let at = |ms| epoch + Duration::from_millis(ms);
        let mut grouping = Grouping::default();
        let packets = [(0, 50), (4, 55), (20, 72), (22, 80), (40, 100)];
        let distances: Vec<_> = packets
            .iter()
            .filter_map(|&(sent, arrived)| grouping.add(at(sent), arrived * 1_000))
            .collect();
        let expected = Distance {
            sent_ms: 18.0,
            arrived_ms: 25.0,
            at_us: 80_000,
        };
        assert_eq!(distances, [expected]);
    }

    #[test]
    fn packets_that_were_held_up_together_are_one_group() {
        let epoch = Instant::now();
        let at = |ms| epoch + Duration::from_millis(ms);
        let mut grouping = Grouping::default();
        // The radio slept: three packets left 20 ms apart and came at once.
        let packets = [
            (0, 50),
            (20, 100),
            (40, 101),
            (60, 102),
            (80, 125),
            (100, 145),
        ];
        let distances: Vec<_> = packets
            .iter()
            .filter_map(|&(sent, arrived)| grouping.add(at(sent), arrived * 1_000))
            .collect();
        assert_eq!(distances.len(), 2);
        assert_eq!(
            (distances[0].sent_ms, distances[0].arrived_ms),
            (60.0, 52.0)
        );
    }

    #[test]
    fn a_receiver_that_sets_its_clock_begins_anew() {
        let epoch = Instant::now();
        let mut grouping = Grouping::default();
        for n in 0..4u64 {
            let sent = epoch + Duration::from_millis(20 * n);
            grouping.add(sent, 20_000 * n as i64);
        }
        let sent = epoch + Duration::from_millis(80);
        assert_eq!(grouping.add(sent, 90_000_000), None);
        assert_eq!(grouping.add(sent, 90_000_000), None);
    }
}
