//! Puts a track's packets back into the order in which they were sent. Pure: `now` is the feed's clock.
//!
//! A missing packet is waited for (a retransmission may bring it) for [`WAIT_US`], or until [`HELD`] packets wait
//! behind it; then it is lost, and the packet after it says so.

use std::collections::BTreeMap;

use sfu::FeedPacket;

/// How long a missing packet is waited for: less than the second that a crash may cost.
pub(crate) const WAIT_US: u64 = 400_000;
/// So many packets wait behind a missing one; a further one ends the wait.
const HELD: usize = 1024;
/// A sequence number this far away is another stream, not a loss.
const FAR: i64 = 3000;
/// So many late packets in a row are another stream, too.
const LATE_RUN: u32 = 64;

/// A packet with its number on the wire between the processes.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Arrived {
    /// Number of the item.
    pub(crate) seq: u64,
    /// The packet.
    pub(crate) packet: FeedPacket,
}

/// A packet in its place.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Ordered {
    /// The packet.
    pub(crate) arrived: Arrived,
    /// Something before it is lost.
    pub(crate) gap: bool,
}

/// The buffer of one track.
#[derive(Debug, Default)]
pub(crate) struct Reorder {
    /// Sequence number of the next packet, extended to 64 bits.
    next: Option<i64>,
    held: BTreeMap<i64, Arrived>,
    /// Since when the packet `next` is missing, by the feed's clock.
    missing_since: Option<u64>,
    late: u32,
}

impl Reorder {
    /// Takes a packet and appends to `out` whatever is in order now.
    pub(crate) fn push(&mut self, arrived: Arrived, out: &mut Vec<Ordered>) {
        let now = arrived.packet.at_us;
        let sequence = arrived.packet.sequence;
        let next = *self.next.get_or_insert(i64::from(sequence));
        let ahead = i64::from(sequence.wrapping_sub(next as u16) as i16);
        if ahead < 0 && ahead > -FAR {
            self.late += 1;
            if self.late < LATE_RUN {
                return;
            }
        }
        if !(0..FAR).contains(&ahead) {
            self.flush(out);
            self.next = Some(i64::from(sequence));
            self.late = 0;
            out.push(Ordered { arrived, gap: true });
            self.next = Some(i64::from(sequence) + 1);
            return;
        }
        self.late = 0;
        self.held.entry(next + ahead).or_insert(arrived);
        self.take(out);
        if self.held.len() > HELD {
            self.skip(out);
        }
        self.mark(now);
    }

    /// Gives up what has been missing for too long.
    pub(crate) fn expire(&mut self, now_us: u64, out: &mut Vec<Ordered>) {
        while self
            .missing_since
            .is_some_and(|since| now_us.saturating_sub(since) >= WAIT_US)
        {
            self.skip(out);
            self.missing_since = None;
            self.mark(now_us);
        }
    }

    /// Everything that is held, in order: the track ends here.
    pub(crate) fn flush(&mut self, out: &mut Vec<Ordered>) {
        while !self.held.is_empty() {
            self.skip(out);
        }
        self.missing_since = None;
    }

    /// The number of the oldest item that is held.
    pub(crate) fn oldest(&self) -> Option<u64> {
        self.held.values().map(|arrived| arrived.seq).min()
    }

    fn mark(&mut self, now_us: u64) {
        if self.held.is_empty() {
            self.missing_since = None;
        } else {
            self.missing_since.get_or_insert(now_us);
        }
    }

    /// Moves the packets that are in order to `out`.
    fn take(&mut self, out: &mut Vec<Ordered>) {
        while let Some(next) = self.next
            && let Some(arrived) = self.held.remove(&next)
        {
            out.push(Ordered {
                arrived,
                gap: false,
            });
            self.next = Some(next + 1);
            self.missing_since = None;
        }
    }

    /// Declares what is missing lost, and goes on with the first packet behind it.
    fn skip(&mut self, out: &mut Vec<Ordered>) {
        if let Some((first, arrived)) = self.held.pop_first() {
            let gap = self.next != Some(first);
            out.push(Ordered { arrived, gap });
            self.next = Some(first + 1);
            self.take(out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use sfu::TrackId;

    fn arrived(sequence: u16, at_us: u64) -> Arrived {
        Arrived {
            seq: at_us,
            packet: FeedPacket {
                track: TrackId(1),
                at_us,
                sequence,
                timestamp: 0,
                marker: false,
                keyframe: false,
                payload: bytes::Bytes::from_static(b"x"),
            },
        }
    }

    /// Pushes sequence numbers 1 ms apart; gives those that came out, with a `!` for a gap.
    fn run(sequences: &[u16]) -> (Reorder, Vec<String>) {
        let mut reorder = Reorder::default();
        let mut out = Vec::new();
        for (index, sequence) in sequences.iter().enumerate() {
            reorder.push(arrived(*sequence, index as u64 * 1000), &mut out);
        }
        (reorder, names(&out))
    }

    fn names(out: &[Ordered]) -> Vec<String> {
        let name = |o: &Ordered| {
            let mark = if o.gap { "!" } else { "" };
            format!("{mark}{}", o.arrived.packet.sequence)
        };
        out.iter().map(name).collect()
    }

    #[test]
    fn a_late_packet_finds_its_place() {
        assert_eq!(run(&[1, 3, 4, 2, 5]).1, ["1", "2", "3", "4", "5"]);
        assert_eq!(run(&[65534, 0, 65535, 1]).1, ["65534", "65535", "0", "1"]);
    }

    #[test]
    fn a_lost_packet_is_given_up_after_a_while() {
        let (mut reorder, out) = run(&[1, 3, 4]);
        assert_eq!(out, ["1"]);
        assert_eq!(reorder.oldest(), Some(1000));
        let mut more = Vec::new();
        reorder.expire(1000 + WAIT_US - 1, &mut more);
        assert!(more.is_empty());
        reorder.expire(1000 + WAIT_US, &mut more);
        assert_eq!(names(&more), ["!3", "4"]);
        assert_eq!(reorder.oldest(), None);
    }

    #[test]
    fn duplicates_and_packets_too_late_are_dropped() {
        assert_eq!(run(&[5, 6, 6, 5, 4, 7]).1, ["5", "6", "7"]);
    }

    #[test]
    fn another_stream_begins_with_a_gap() {
        assert_eq!(run(&[1, 2, 30000, 30001]).1, ["1", "2", "!30000", "30001"]);
        assert_eq!(run(&[30000, 1, 2]).1, ["30000", "!1", "2"]);
        let back: Vec<u16> = std::iter::once(2000).chain(1000..1100).collect();
        assert_eq!(run(&back).1[1], "!1063");
    }

    proptest! {
        #[test]
        fn nothing_comes_twice_and_little_is_held(sequences in proptest::collection::vec(any::<u16>(), 0..600)) {
            let mut reorder = Reorder::default();
            let mut out = Vec::new();
            for (index, sequence) in sequences.iter().enumerate() {
                reorder.push(arrived(*sequence, index as u64), &mut out);
                prop_assert!(reorder.held.len() <= HELD);
            }
            reorder.flush(&mut out);
            prop_assert!(out.len() <= sequences.len());
            let mut seqs: Vec<u64> = out.iter().map(|o| o.arrived.seq).collect();
            seqs.sort_unstable();
            seqs.dedup();
            prop_assert_eq!(seqs.len(), out.len());
        }
    }
}
