//! Round trip time to a receiver, from the sender reports it got and what it says about them (RFC 3550 §6.4.1).

use std::time::{Duration, Instant};

use super::rtcp::ReportBlock;

/// Sender reports that are remembered: at one a second, those of the last 8 s.
const REMEMBERED: usize = 8;

/// When the last sender reports went out. They carry the publisher's clock, so only the time of sending counts.
#[derive(Debug, Default)]
pub struct RoundTrip {
    sent: [Option<(u32, Instant)>; REMEMBERED],
    next: usize,
    smoothed: Option<Duration>,
}

impl RoundTrip {
    /// A sender report went out.
    pub fn sent(&mut self, ntp: u64, now: Instant) {
        self.sent[self.next] = Some(((ntp >> 16) as u32, now));
        self.next = (self.next + 1) % REMEMBERED;
    }

    /// A report came back.
    pub fn on_report(&mut self, block: &ReportBlock, now: Instant) {
        let Some((_, sent)) = self
            .sent
            .iter()
            .flatten()
            .find(|(ntp, _)| block.last_sr != 0 && *ntp == block.last_sr)
        else {
            return;
        };
        let held = Duration::from_micros((u64::from(block.delay_since_last_sr) * 1_000_000) >> 16);
        // A receiver that claims to have held it longer than it was away does not know its clock.
        let Some(rtt) = now.duration_since(*sent).checked_sub(held) else {
            return;
        };
        self.smoothed = Some(match self.smoothed {
            Some(smoothed) => (smoothed * 7 + rtt) / 8,
            None => rtt,
        });
    }

    /// The smoothed time, once it is known.
    pub fn smoothed(&self) -> Option<Duration> {
        self.smoothed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_held_by_the_receiver_is_taken_off() {
        let start = Instant::now();
        let mut trip = RoundTrip::default();
        trip.sent(0x0000_1234_5678_0000, start);
        let block = ReportBlock {
            last_sr: 0x1234_5678,
            delay_since_last_sr: 32_768,
            ..ReportBlock::default()
        };
        trip.on_report(&block, start + Duration::from_millis(540));
        assert_eq!(trip.smoothed(), Some(Duration::from_millis(40)));
    }

    #[test]
    fn a_report_about_nothing_we_sent_or_from_the_future_says_nothing() {
        let start = Instant::now();
        let mut trip = RoundTrip::default();
        let mut block = ReportBlock::default();
        trip.on_report(&block, start);
        trip.sent(0x0000_0001_0000_0000, start);
        block.last_sr = 0x0001_0000;
        block.delay_since_last_sr = u32::MAX;
        trip.on_report(&block, start + Duration::from_millis(5));
        assert_eq!(trip.smoothed(), None);
    }
}
