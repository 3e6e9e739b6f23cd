//! What was sent to one subscriber, and what its transport-wide feedback says became of each packet.

use std::num::NonZeroU8;
use std::time::{Duration, Instant};

use super::Feedback;
use crate::forward::window::extend;

/// Packets that are remembered: 2 s of the fastest stream there is. 16 bytes each.
pub const REMEMBERED: usize = 2048;
/// The first number. One turn above zero, so that feedback of what was never sent has a number below it.
const FIRST: u64 = 0x1_0000;
/// Microseconds in a tick of a delta, and in a unit of the reference time.
const TICK_US: i64 = 250;
const REFERENCE_US: i64 = 64_000;
const REFERENCE_TICKS: i64 = 256;
/// No clock gets here, but a liar's could overflow.
const MAX_REFERENCE: i64 = 1 << 40;

/// What a packet was sent for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    /// Sound or picture, for the first time.
    Media,
    /// Sent again because it was missed, or as a probe.
    Repair,
    /// Nothing in it.
    Padding,
}

/// Names a probe cluster for as long as its feedback can be on its way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ClusterId(NonZeroU8);

impl ClusterId {
    /// The first one.
    pub const FIRST: Self = Self(NonZeroU8::MIN);

    /// The one after it; after 255 come the small ones again.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.checked_add(1).unwrap_or(NonZeroU8::MIN))
    }
}

/// What became of one packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PacketResult {
    /// Its transport-wide sequence number, extended.
    pub index: u64,
    /// When it was sent.
    pub sent: Instant,
    /// Its bytes on the wire, as the transport counted them.
    pub bytes: usize,
    /// What it was sent for.
    pub purpose: Purpose,
    /// The probe it was part of.
    pub cluster: Option<ClusterId>,
    /// When it arrived, in µs of the receiver's clock, without wraps; `None`: lost.
    pub arrived_us: Option<i64>,
    /// It was told to be lost before, and came after all.
    pub was_lost: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fate {
    Waiting,
    Lost,
    Arrived,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    at_us: u64,
    bytes: u16,
    purpose: Purpose,
    cluster: Option<ClusterId>,
    fate: Fate,
}

/// The last [`REMEMBERED`] packets of one connection; the oldest is forgotten.
#[derive(Debug)]
pub struct History {
    epoch: Instant,
    /// By number modulo its length; the numbers are consecutive, so a place needs no name.
    ring: Box<[Entry]>,
    next: u64,
    /// The last reference time as it was written, and without wraps.
    reference: Option<(u32, i64)>,
}

impl History {
    /// Nothing sent yet. Times are counted from `now`.
    pub fn new(now: Instant) -> Self {
        let nothing = Entry {
            at_us: 0,
            bytes: 0,
            purpose: Purpose::Media,
            cluster: None,
            fate: Fate::Arrived,
        };
        Self {
            epoch: now,
            ring: vec![nothing; REMEMBERED].into_boxed_slice(),
            next: FIRST,
            reference: None,
        }
    }

    /// The number the next packet carries.
    pub fn next_sequence(&self) -> u16 {
        self.next as u16
    }

    /// The same, extended.
    pub fn next_index(&self) -> u64 {
        self.next
    }

    /// The packet with [`Self::next_sequence`] was sent. Gives its extended number.
    pub fn on_sent(
        &mut self,
        bytes: usize,
        purpose: Purpose,
        cluster: Option<ClusterId>,
        now: Instant,
    ) -> u64 {
        let index = self.next;
        self.next += 1;
        self.ring[index as usize % REMEMBERED] = Entry {
            at_us: now.duration_since(self.epoch).as_micros() as u64,
            bytes: bytes.min(usize::from(u16::MAX)) as u16,
            purpose,
            cluster,
            fate: Fate::Waiting,
        };
        index
    }

    /// Replaces `out` with what the feedback tells for the first time, in the order of the numbers. What was never sent, is
    /// forgotten, or was told before is left out.
    pub fn on_feedback(&mut self, feedback: &Feedback<'_>, out: &mut Vec<PacketResult>) {
        out.clear();
        let reference = self.unwrap(feedback.reference);
        let raw = i64::from(feedback.reference) * REFERENCE_TICKS;
        let oldest = self.next.saturating_sub(REMEMBERED as u64).max(FIRST);
        for arrival in feedback.arrivals() {
            let index = extend(Some(self.next - 1), arrival.sequence);
            if !(oldest..self.next).contains(&index) {
                continue;
            }
            let entry = &mut self.ring[index as usize % REMEMBERED];
            let (fate, arrived_us) = match arrival.ticks {
                Some(ticks) => (
                    Fate::Arrived,
                    Some(reference * REFERENCE_US + (ticks - raw) * TICK_US),
                ),
                None => (Fate::Lost, None),
            };
            if entry.fate == fate || entry.fate == Fate::Arrived {
                continue;
            }
            out.push(PacketResult {
                index,
                sent: self.epoch + Duration::from_micros(entry.at_us),
                bytes: usize::from(entry.bytes),
                purpose: entry.purpose,
                cluster: entry.cluster,
                arrived_us,
                was_lost: entry.fate == Fate::Lost,
            });
            entry.fate = fate;
        }
    }

    /// The reference time nearest to the last one: 24 bits wrap every 12 days.
    fn unwrap(&mut self, raw: u32) -> i64 {
        let reference = match self.reference {
            None => i64::from(raw),
            Some((last_raw, last)) => {
                let ahead = (raw.wrapping_sub(last_raw) << 8) as i32 >> 8;
                (last + i64::from(ahead)).clamp(-MAX_REFERENCE, MAX_REFERENCE)
            }
        };
        self.reference = Some((raw, reference));
        reference
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
    use super::*;

    fn at(epoch: Instant, ms: u64) -> Instant {
        epoch + Duration::from_millis(ms)
    }

    /// A feedback body: base, reference, and per packet the delta in ticks or `None`.
    fn body(base: u16, reference: u32, deltas: &[Option<i16>]) -> Vec<u8> {
        let mut body = vec![0; 8];
        body.extend_from_slice(&base.to_be_bytes());
        body.extend_from_slice(&(deltas.len() as u16).to_be_bytes());
        body.extend_from_slice(&(reference << 8).to_be_bytes());
        for chunk in deltas.chunks(7) {
            let mut symbols = 0xc000u16;
            for (place, delta) in chunk.iter().enumerate() {
                symbols |= u16::from(delta.is_some()) << (13 - 2 * place);
            }
            body.extend_from_slice(&symbols.to_be_bytes());
        }
        for delta in deltas.iter().flatten() {
            body.extend_from_slice(&delta.to_be_bytes());
        }
        body
    }

    fn told(history: &mut History, body: &[u8]) -> Vec<PacketResult> {
        let mut out = Vec::new();
        history.on_feedback(&Feedback::parse(body).unwrap(), &mut out);
        out
    }

    fn sent(history: &mut History, count: u64, epoch: Instant) {
        for n in 0..count {
            history.on_sent(1_000, Purpose::Media, None, at(epoch, n));
        }
    }

    #[test]
    fn a_packet_is_told_with_its_size_its_times_and_its_probe() {
        let epoch = Instant::now();
        let mut history = History::new(epoch);
        let cluster = Some(ClusterId::FIRST.next());
        assert_eq!(history.next_sequence(), 0);
        let index = history.on_sent(700, Purpose::Padding, cluster, at(epoch, 5));
        assert_eq!((index as u16, history.next_sequence()), (0, 1));
        let results = told(&mut history, &body(0, 3, &[Some(8)]));
        let expected = PacketResult {
            index,
            sent: at(epoch, 5),
            bytes: 700,
            purpose: Purpose::Padding,
            cluster,
            arrived_us: Some(3 * 64_000 + 8 * 250),
            was_lost: false,
        };
        assert_eq!(results, [expected]);
    }

    #[test]
    fn what_is_told_twice_counts_once_and_what_comes_late_is_told_again() {
        let epoch = Instant::now();
        let mut history = History::new(epoch);
        sent(&mut history, 3, epoch);
        let first = told(&mut history, &body(0, 0, &[Some(0), None, Some(4)]));
        let arrived: Vec<_> = first.iter().map(|result| result.arrived_us).collect();
        assert_eq!(arrived, [Some(0), None, Some(1_000)]);
        assert_eq!(told(&mut history, &body(0, 0, &[None, None, Some(4)])), []);
        let late = told(&mut history, &body(0, 0, &[Some(0), Some(9), Some(4)]));
        assert_eq!(late.len(), 1);
        assert_eq!((late[0].index as u16, late[0].was_lost), (1, true));
    }

    #[test]
    fn what_was_never_sent_or_is_forgotten_is_left_out() {
        let epoch = Instant::now();
        let mut history = History::new(epoch);
        assert_eq!(told(&mut history, &body(0, 0, &[Some(0), Some(0)])), []);
        sent(&mut history, 2, epoch);
        let before_and_after = body(65_535, 0, &[Some(0), Some(0), Some(0), Some(0)]);
        assert_eq!(told(&mut history, &before_and_after).len(), 2);
        sent(&mut history, REMEMBERED as u64, epoch);
        assert_eq!(
            told(&mut history, &body(1, 0, &[Some(0), Some(0)])).len(),
            1
        );
    }

    #[test]
    fn numbers_and_reference_times_go_on_over_their_wraps() {
        let epoch = Instant::now();
        let mut history = History::new(epoch);
        sent(&mut history, 65_535, epoch);
        let before = told(&mut history, &body(65_534, 0x00ff_ffff, &[Some(0)]));
        history.on_sent(1_000, Purpose::Media, None, epoch);
        history.on_sent(1_000, Purpose::Media, None, epoch);
        let after = told(&mut history, &body(65_535, 0, &[Some(0), Some(0)]));
        assert_eq!(after.len(), 2);
        assert_eq!(after[1].index, before[0].index + 2);
        let apart = after[0].arrived_us.unwrap() - before[0].arrived_us.unwrap();
        assert_eq!(apart, 64_000);
        // A feedback packet that was overtaken lies before, not twelve days ahead.
        history.on_sent(1_000, Purpose::Media, None, epoch);
        let overtaken = told(&mut history, &body(1, 0x00ff_fffe, &[Some(0)]));
        let apart = after[0].arrived_us.unwrap() - overtaken[0].arrived_us.unwrap();
        assert_eq!(apart, 128_000);
    }
}
