//! How well one stream is received, and what its sender said of its clocks (RFC 3550 §6.4.1, appendix A.3 and A.8).

use std::time::Instant;

use super::rtcp::{ReportBlock, SenderInfo};

/// Counts of one incoming stream. Retransmissions are not counted as received: the sender should see the path's true loss.
#[derive(Debug)]
pub struct Quality {
    clock_rate: u32,
    first: Option<(u64, Instant)>,
    highest: u64,
    received: u64,
    /// Expected and received at the last report.
    reported: (u64, u64),
    /// Of 256, between the last two reports.
    fraction_lost: u8,
    last_transit: Option<u32>,
    /// In ticks, times 16.
    jitter: u32,
    sender: Option<(SenderInfo, Instant)>,
}

impl Quality {
    /// Nothing received yet.
    pub fn new(clock_rate: u32) -> Self {
        Self {
            clock_rate,
            first: None,
            highest: 0,
            received: 0,
            reported: (0, 0),
            fraction_lost: 0,
            last_transit: None,
            jitter: 0,
            sender: None,
        }
    }

    /// A packet came on its own SSRC.
    pub fn received(&mut self, index: u64, timestamp: u32, now: Instant) {
        let (_, start) = *self.first.get_or_insert((index, now));
        self.highest = self.highest.max(index);
        self.received += 1;
        let arrival =
            now.duration_since(start).as_micros() * u128::from(self.clock_rate) / 1_000_000;
        let transit = (arrival as u32).wrapping_sub(timestamp);
        if let Some(last) = self.last_transit.replace(transit) {
            let change = (transit.wrapping_sub(last) as i32).unsigned_abs();
            // A leap of more than 5 s is another timeline, not jitter.
            if change < 5 * self.clock_rate {
                self.jitter = self.jitter + change - ((self.jitter + 8) >> 4);
            }
        }
    }

    /// Share of packets lost on the path between the last two reports, 0–1.
    pub fn lost_lately(&self) -> f64 {
        f64::from(self.fraction_lost) / 256.0
    }

    /// The sender's clocks.
    pub fn on_sender_report(&mut self, info: &SenderInfo, now: Instant) {
        self.sender = Some((*info, now));
    }

    /// The sender's clocks now, carried on from its last report: what a slot that has just switched can pass on at once.
    pub fn sender_now(&self, now: Instant) -> Option<SenderInfo> {
        let (info, at) = self.sender?;
        let passed = now.duration_since(at);
        let ntp = (passed.as_nanos() << 32) / 1_000_000_000;
        let ticks = passed.as_micros() * u128::from(self.clock_rate) / 1_000_000;
        Some(SenderInfo {
            ntp: info.ntp.wrapping_add(ntp as u64),
            rtp: info.rtp.wrapping_add(ticks as u32),
            ..info
        })
    }

    /// The report; `None` before the first packet. Begins a new interval for the fraction lost.
    pub fn report(&mut self, ssrc: u32, now: Instant) -> Option<ReportBlock> {
        let (first, _) = self.first?;
        // A packet older than the first one makes more received than expected.
        let expected = self.highest - first.min(self.highest) + 1;
        let (expected_before, received_before) =
            std::mem::replace(&mut self.reported, (expected, self.received));
        let interval = expected - expected_before;
        let lost = interval.saturating_sub(self.received - received_before);
        let fraction = (lost << 8).checked_div(interval).unwrap_or(0).min(255);
        self.fraction_lost = fraction as u8;
        let cumulative = expected as i64 - self.received as i64;
        let (last_sr, delay_since_last_sr) = self.sender.map_or((0, 0), |(info, at)| {
            let delay = now.duration_since(at).as_micros() * 65_536 / 1_000_000;
            ((info.ntp >> 16) as u32, delay as u32)
        });
        Some(ReportBlock {
            ssrc,
            fraction_lost: fraction as u8,
            cumulative_lost: cumulative.clamp(-0x80_0000, 0x7f_ffff) as i32,
            // Our numbers begin one turn above zero.
            highest: self.highest.wrapping_sub(0x1_0000) as u32,
            jitter: self.jitter >> 4,
            last_sr,
            delay_since_last_sr,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
    use super::*;
    use std::time::Duration;

    #[test]
    fn loss_is_reported_for_the_interval_and_for_ever() {
        let now = Instant::now();
        let mut quality = Quality::new(90_000);
        assert_eq!(quality.report(1, now), None);
        for index in (0x1_0000..0x1_0064).filter(|index| index % 4 != 1) {
            quality.received(index, 0, now);
        }
        let block = quality.report(7, now).unwrap();
        assert_eq!((block.ssrc, block.fraction_lost), (7, 64));
        assert_eq!((block.cumulative_lost, block.highest), (25, 99));
        for index in 0x1_0064..0x1_0080 {
            quality.received(index, 0, now);
        }
        let block = quality.report(7, now).unwrap();
        assert_eq!((block.fraction_lost, block.cumulative_lost), (0, 25));
        assert_eq!(quality.report(7, now).unwrap().fraction_lost, 0);
    }

    #[test]
    fn an_even_stream_has_no_jitter_and_an_uneven_one_has() {
        let start = Instant::now();
        let run = |late_ms: u64| {
            let mut quality = Quality::new(48_000);
            for n in 0..500 {
                let late = Duration::from_millis(if n % 2 == 1 { late_ms } else { 0 });
                let at = start + Duration::from_millis(20 * n) + late;
                quality.received(0x1_0000 + n, (960 * n) as u32, at);
            }
            quality.report(1, start).unwrap().jitter
        };
        assert_eq!(run(0), 0);
        // Each transit differs by 5 ms = 240 ticks from the one before.
        assert!((235..=245).contains(&run(5)), "{}", run(5));
    }

    #[test]
    fn the_senders_report_comes_back_with_its_delay() {
        let now = Instant::now();
        let mut quality = Quality::new(48_000);
        quality.received(0x1_0000, 0, now);
        let info = SenderInfo {
            ntp: 0x1111_2222_3333_4444,
            ..SenderInfo::default()
        };
        quality.on_sender_report(&info, now);
        let block = quality.report(1, now + Duration::from_millis(500)).unwrap();
        assert_eq!(
            (block.last_sr, block.delay_since_last_sr),
            (0x2222_3333, 32_768)
        );
    }

    #[test]
    fn rule_8_the_senders_clocks_go_on_between_its_reports() {
        let now = Instant::now();
        let mut quality = Quality::new(90_000);
        assert_eq!(quality.sender_now(now), None);
        let info = SenderInfo {
            ntp: 5 << 32,
            rtp: u32::MAX,
            ..SenderInfo::default()
        };
        quality.on_sender_report(&info, now);
        let later = quality
            .sender_now(now + Duration::from_millis(1500))
            .unwrap();
        assert_eq!((later.ntp, later.rtp), (13 << 31, 134_999));
    }
}
