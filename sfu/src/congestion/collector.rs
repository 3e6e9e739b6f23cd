//! Collects when a publisher's packets arrived, and writes the transport-wide feedback that tells it
//! (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1).

use std::time::{Duration, Instant};

use super::chunks::{self, Status};
use crate::forward::rtcp_write::{begin, end, words};
use crate::forward::window::extend;

/// How often feedback is sent.
pub const FEEDBACK_INTERVAL: Duration = Duration::from_millis(50);

/// Arrivals that are remembered, so that a late packet can be reported beside its neighbours.
const REMEMBERED: usize = 2048;
/// So many packets are worth a report before it is due.
const FULL: u64 = 512;
/// A hole larger than this is not reported as lost: the sender began anew.
const MAX_HOLE: u64 = 512;
/// Largest feedback packet, in bytes.
const MAX_BYTES: usize = 1100;
/// Ticks of 250 µs in the 64 ms of a reference time.
const REFERENCE_TICKS: i64 = 256;

/// Collects arrivals of one connection (all its streams, retransmissions and padding included). Remembers the last 2048
/// numbers; a packet that is later than that is not reported.
#[derive(Debug)]
pub struct FeedbackCollector {
    epoch: Instant,
    /// By number modulo its length: the number and when it came, in ticks of 250 µs.
    arrivals: Box<[(u64, i64)]>,
    highest: Option<u64>,
    /// The first number that no feedback covered yet.
    next: u64,
    /// The lowest number that arrived since the last feedback, and when to send the next.
    pending: Option<(u64, Instant)>,
    count: u8,
    statuses: Vec<Status>,
    deltas: Vec<u8>,
}

impl FeedbackCollector {
    /// Nothing arrived yet. Times are counted from `now`.
    pub fn new(now: Instant) -> Self {
        Self {
            epoch: now,
            arrivals: vec![(u64::MAX, 0); REMEMBERED].into_boxed_slice(),
            highest: None,
            next: 0,
            pending: None,
            count: 0,
            statuses: Vec::new(),
            deltas: Vec::new(),
        }
    }

    /// A packet with this transport-wide sequence number arrived (before de-duplication, after decryption).
    pub fn received(&mut self, sequence: u16, now: Instant) {
        let index = extend(self.highest, sequence);
        let highest = self.highest.unwrap_or(index);
        if index + REMEMBERED as u64 <= highest || self.arrival(index).is_some() {
            return;
        }
        let ticks = now.duration_since(self.epoch).as_micros() / 250;
        self.arrivals[index as usize % REMEMBERED] = (index, ticks as i64);
        self.highest = Some(highest.max(index));
        self.pending = Some(match self.pending {
            Some((lowest, due)) => (lowest.min(index), due),
            None => (index, now + FEEDBACK_INTERVAL),
        });
    }

    /// When feedback is due; `None`: nothing arrived since the last.
    pub fn due_at(&self) -> Option<Instant> {
        self.pending.map(|(_, due)| due)
    }

    /// Appends one feedback packet if it is due (or many packets wait), and says so. Call until it says `false`. `media` is any
    /// SSRC of the publisher.
    pub fn poll(&mut self, now: Instant, sender: u32, media: u32, out: &mut Vec<u8>) -> bool {
        let (Some((lowest, due)), Some(highest)) = (self.pending, self.highest) else {
            return false;
        };
        if now < due && highest - lowest < FULL {
            return false;
        }
        // What was skipped since the last feedback is reported as lost; a late packet takes the report back to itself.
        let hole = lowest.saturating_sub(self.next);
        let first = if self.next == 0 || hole > MAX_HOLE {
            lowest
        } else {
            lowest.min(self.next)
        };
        let (reference, after) = self.gather(first, highest);
        let start = begin(out, 15, 205);
        words(out, &[sender, media]);
        out.extend_from_slice(&(first as u16).to_be_bytes());
        out.extend_from_slice(&(self.statuses.len() as u16).to_be_bytes());
        words(out, &[(reference as u32) << 8 | u32::from(self.count)]);
        chunks::write(out, &self.statuses);
        out.extend_from_slice(&self.deltas);
        while !(out.len() - start).is_multiple_of(4) {
            out.push(0);
        }
        end(out, start);
        self.count = self.count.wrapping_add(1);
        self.next = self.next.max(after);
        self.pending = (after..=highest)
            .find(|&index| self.arrival(index).is_some())
            .map(|lowest| (lowest, now));
        true
    }

    /// Fills statuses and deltas for `first..=highest`, or as much of it as one packet holds; gives the reference time in units of
    /// 64 ms and the number after the last one in it.
    fn gather(&mut self, first: u64, highest: u64) -> (i64, u64) {
        self.statuses.clear();
        self.deltas.clear();
        let mut reference = None;
        let mut last = 0;
        for index in first..=highest {
            if 20 + 2 * self.statuses.len().div_ceil(7) + self.deltas.len() > MAX_BYTES {
                return (reference.unwrap_or(0), index);
            }
            let Some(ticks) = self.arrival(index) else {
                self.statuses.push(Status::Missing);
                continue;
            };
            if reference.is_none() {
                reference = Some(ticks / REFERENCE_TICKS);
                last = ticks / REFERENCE_TICKS * REFERENCE_TICKS;
            }
            let delta = ticks - last;
            if let Ok(small) = u8::try_from(delta) {
                self.statuses.push(Status::Small);
                self.deltas.push(small);
            } else if let Ok(large) = i16::try_from(delta) {
                self.statuses.push(Status::Large);
                self.deltas.extend_from_slice(&large.to_be_bytes());
            } else {
                // More than 8 s apart: the next packet begins with a reference time of its own.
                return (reference.unwrap_or(0), index);
            }
            last = ticks;
        }
        (reference.unwrap_or(0), highest + 1)
    }

    fn arrival(&self, index: u64) -> Option<i64> {
        let (found, ticks) = self.arrivals[index as usize % REMEMBERED];
        (found == index).then_some(ticks)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
    use super::super::Feedback;
    use super::*;

    fn at(epoch: Instant, us: u64) -> Instant {
        epoch + Duration::from_micros(us)
    }

    fn report(collector: &mut FeedbackCollector, now: Instant) -> Vec<u8> {
        let mut out = Vec::new();
        assert!(collector.poll(now, 0x0102_0304, 0x0506_0708, &mut out));
        out
    }

    fn arrivals(packet: &[u8]) -> Vec<(u16, Option<i64>)> {
        let feedback = Feedback::parse(&packet[4..]).unwrap();
        feedback
            .arrivals()
            .map(|arrival| (arrival.sequence, arrival.ticks))
            .collect()
    }

    #[test]
    fn a_report_is_written_byte_for_byte() {
        let epoch = Instant::now();
        let mut collector = FeedbackCollector::new(epoch);
        // 130 ms: reference 2 (128 ms), then 8 ticks; 10 ms later; one lost; 70 ms later; 5 ms earlier.
        collector.received(65_534, at(epoch, 130_000));
        collector.received(65_535, at(epoch, 140_000));
        collector.received(1, at(epoch, 210_000));
        collector.received(2, at(epoch, 205_000));
        let expected = [
            0x8f,
            205,
            0,
            6, // header: 7 words
            1,
            2,
            3,
            4,
            5,
            6,
            7,
            8, // sender, media
            0xff,
            0xfe,
            0,
            5, // base, count
            0,
            0,
            2,
            0, // reference 2, feedback 0
            0b1101_0100,
            0b1010_0000, // vector: small small missing large large, two unused
            8,
            40, // 2 ms, 10 ms
            0x01,
            0x18, // 70 ms
            0xff,
            0xec, // -5 ms
        ];
        let due = collector.due_at().unwrap();
        assert_eq!(due, at(epoch, 180_000));
        let mut out = Vec::new();
        assert!(!collector.poll(at(epoch, 179_999), 1, 2, &mut out));
        let written = report(&mut collector, at(epoch, 210_000));
        assert_eq!(written, expected);
        assert_eq!(collector.due_at(), None);
    }

    #[test]
    fn losses_between_two_reports_are_reported() {
        let epoch = Instant::now();
        let mut collector = FeedbackCollector::new(epoch);
        collector.received(10, epoch);
        report(&mut collector, at(epoch, 50_000));
        collector.received(13, at(epoch, 60_000));
        let second = report(&mut collector, at(epoch, 110_000));
        assert_eq!(arrivals(&second), [(11, None), (12, None), (13, Some(240))]);
        assert_eq!(second[19], 1, "feedback count");
    }

    #[test]
    fn a_late_packet_is_reported_with_its_neighbours() {
        let epoch = Instant::now();
        let mut collector = FeedbackCollector::new(epoch);
        for sequence in [10, 12, 13] {
            collector.received(sequence, epoch);
        }
        report(&mut collector, at(epoch, 50_000));
        collector.received(11, at(epoch, 60_000));
        collector.received(11, at(epoch, 70_000));
        let second = report(&mut collector, at(epoch, 110_000));
        assert_eq!(
            arrivals(&second),
            [(11, Some(240)), (12, Some(0)), (13, Some(0))]
        );
        collector.received(14, at(epoch, 120_000));
        let third = report(&mut collector, at(epoch, 170_000));
        assert_eq!(arrivals(&third), [(14, Some(480))]);
    }

    #[test]
    fn a_sender_that_jumps_far_begins_anew() {
        let epoch = Instant::now();
        let mut collector = FeedbackCollector::new(epoch);
        collector.received(10, epoch);
        report(&mut collector, at(epoch, 50_000));
        collector.received(20_000, at(epoch, 60_000));
        let second = report(&mut collector, at(epoch, 110_000));
        assert_eq!(arrivals(&second), [(20_000, Some(240))]);
    }

    #[test]
    fn a_pause_longer_than_a_delta_can_say_begins_a_new_packet() {
        let epoch = Instant::now();
        let mut collector = FeedbackCollector::new(epoch);
        collector.received(1, epoch);
        collector.received(2, at(epoch, 20_000_000));
        let first = report(&mut collector, at(epoch, 20_000_000));
        assert_eq!(arrivals(&first), [(1, Some(0))]);
        let second = report(&mut collector, at(epoch, 20_000_000));
        assert_eq!(arrivals(&second), [(2, Some(80_000))]);
        assert_eq!(collector.due_at(), None);
    }

    #[test]
    fn many_packets_are_reported_before_the_time_and_in_packets_of_bounded_size() {
        let epoch = Instant::now();
        let mut collector = FeedbackCollector::new(epoch);
        let mut reported = 0;
        for n in 0..5_000u32 {
            let now = at(epoch, u64::from(n) * 90_000 % 1_000_000 + u64::from(n / 12));
            collector.received(n as u16, now);
            let mut out = Vec::new();
            while collector.poll(epoch, 1, 2, &mut out) {
                assert!(out.len() <= MAX_BYTES + 4);
                reported += arrivals(&out).iter().filter(|a| a.1.is_some()).count();
                out.clear();
            }
        }
        assert!(reported >= 4_400, "{reported}");
    }
}
