//! From a track's RTP timestamps to Unix microseconds. Pure.
//!
//! The anchor is the arrival of the first packet; from there on the sender's own clock counts, so that the network's jitter does not
//! reach the recording. A clock that jumps is anchored anew; one that drifts is corrected when a piece begins.

/// A timestamp this far behind its packet's arrival belongs to another clock. A network may stall for seconds.
const LATEST_US: i64 = 10_000_000;
/// Nothing can arrive before it was sent; clocks drift and first packets come late.
const EARLIEST_US: i64 = -1_000_000;
/// The correction when a piece begins is at most this.
const CORRECTION_US: i64 = 250_000;
/// And at least this: nobody hears or sees less.
const NOTICED_US: i64 = 40_000;
/// And is made only when so many packets were seen since the last one.
const ENOUGH: u32 = 100;

/// One track's clock.
#[derive(Debug)]
pub(crate) struct Timeline {
    rate: i64,
    /// Unix µs and ticks that are the same moment.
    anchor: Option<(i64, i64)>,
    /// The newest timestamp, and what it is in ticks without wrapping.
    newest: (u32, i64),
    /// The least time by which packets came later than their timestamps say.
    least_late_us: i64,
    seen: u32,
}

impl Timeline {
    /// A clock of `rate` ticks a second.
    pub(crate) fn new(rate: u32) -> Self {
        Self {
            rate: i64::from(rate),
            anchor: None,
            newest: (0, 0),
            least_late_us: i64::MAX,
            seen: 0,
        }
    }

    /// Goes on with an anchor from before a restart; `now` (Unix µs) tells how often the clock may have wrapped since.
    pub(crate) fn resume(&mut self, at_us: u64, timestamp: u32, now_us: u64) {
        let since = (i128::from(now_us) - i128::from(at_us)) * i128::from(self.rate) / 1_000_000;
        let since = since.clamp(0, 1 << 60) as i64;
        self.anchor = Some((to_i64(at_us), 0));
        self.newest = (timestamp.wrapping_add(since as u32), since);
    }

    /// When a packet with this timestamp was made, in Unix µs, given when it arrived.
    pub(crate) fn place(&mut self, timestamp: u32, at_us: u64) -> u64 {
        let at = to_i64(at_us);
        let step = i64::from(timestamp.wrapping_sub(self.newest.0) as i32);
        let ticks = self.newest.1.saturating_add(step);
        if step > 0 || self.anchor.is_none() {
            self.newest = (timestamp, ticks);
        }
        let (anchor_us, anchor_ticks) = *self.anchor.get_or_insert((at, ticks));
        let elapsed = i128::from(ticks - anchor_ticks) * 1_000_000 / i128::from(self.rate);
        let made = anchor_us.saturating_add(elapsed as i64);
        let late = at.saturating_sub(made);
        if !(EARLIEST_US..=LATEST_US).contains(&late) {
            self.newest = (timestamp, ticks);
            self.anchor = Some((at, ticks));
            (self.least_late_us, self.seen) = (0, 1);
            return at_us;
        }
        self.least_late_us = self.least_late_us.min(late);
        self.seen = self.seen.saturating_add(1);
        made.max(0) as u64
    }

    /// A piece begins: takes away what the sender's clock drifted, and what the first packet came late.
    pub(crate) fn correct(&mut self) {
        if self.seen < ENOUGH {
            return;
        }
        if let Some((anchor_us, _)) = &mut self.anchor
            && self.least_late_us.abs() >= NOTICED_US
        {
            *anchor_us += self.least_late_us.clamp(-CORRECTION_US, CORRECTION_US);
        }
        (self.least_late_us, self.seen) = (i64::MAX, 0);
    }
}

fn to_i64(at_us: u64) -> i64 {
    i64::try_from(at_us).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_senders_clock_counts_and_not_the_jitter() {
        let mut line = Timeline::new(48_000);
        assert_eq!(line.place(1000, 5_000_000), 5_000_000);
        assert_eq!(line.place(1960, 5_050_000), 5_020_000);
        assert_eq!(line.place(2920, 5_040_000), 5_040_000);
        assert_eq!(line.place(1960, 5_060_000), 5_020_000, "out of order");
    }

    #[test]
    fn the_clock_wraps() {
        let mut line = Timeline::new(90_000);
        line.place(u32::MAX - 44_999, 1_000_000);
        assert_eq!(line.place(45_000, 2_000_000), 2_000_000);
    }

    #[test]
    fn a_silence_of_minutes_is_no_jump() {
        let mut line = Timeline::new(48_000);
        line.place(0, 1_000_000);
        let minutes = 20 * 60;
        let later = line.place(
            48_000 * minutes,
            1_000_000 + u64::from(minutes) * 1_000_000 + 30,
        );
        assert_eq!(later, 1_000_000 + u64::from(minutes) * 1_000_000);
    }

    #[test]
    fn a_clock_that_jumps_is_anchored_anew() {
        let mut line = Timeline::new(90_000);
        line.place(0, 1_000_000);
        assert_eq!(line.place(2_000_000_000, 1_033_000), 1_033_000);
        assert_eq!(line.place(2_000_090_000, 2_000_000), 2_033_000);
        assert_eq!(line.place(5, 2_100_000), 2_100_000);
    }

    #[test]
    fn a_restart_keeps_the_anchor_across_wraps() {
        let mut line = Timeline::new(48_000);
        let hours = 30 * 3600;
        line.resume(1_000_000, 7, 1_000_000 + hours * 1_000_000 + 40_000);
        let timestamp = 7u32.wrapping_add((hours * 48_000) as u32);
        assert_eq!(
            line.place(timestamp, 1_000_000 + hours * 1_000_000 + 40_000),
            1_000_000 + hours * 1_000_000
        );
    }

    #[test]
    fn drift_is_corrected_when_a_piece_begins() {
        let mut line = Timeline::new(48_000);
        // The first packet came 100 ms late, all others in time.
        line.place(0, 1_100_000);
        for n in 1..=200u32 {
            line.place(n * 960, 1_000_000 + u64::from(n) * 20_000);
        }
        line.correct();
        assert_eq!(line.place(201 * 960, 5_020_000), 5_020_000);
    }

    proptest! {
        #[test]
        fn never_far_from_the_arrival(steps in proptest::collection::vec((any::<u32>(), 0..5_000_000u64), 1..200)) {
            let mut line = Timeline::new(90_000);
            let mut now = 1_000_000_000;
            for (timestamp, pause) in steps {
                now += pause;
                let made = line.place(timestamp, now) as i64;
                prop_assert!((now as i64 - made) <= LATEST_US && (now as i64 - made) >= EARLIEST_US);
                if pause % 7 == 0 { line.correct(); }
            }
        }
    }
}
