//! Transport-wide feedback as it is received (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1): which packets
//! arrived at the other end, and when.

use super::chunks::{Status, Statuses};
pub use super::collector::{FEEDBACK_INTERVAL, FeedbackCollector};
use crate::forward::rtp::Malformed;

/// One feedback packet. Every length in it was checked.
#[derive(Clone, Debug)]
pub struct Feedback<'a> {
    /// First sequence number it tells of.
    pub base: u16,
    /// Of how many it tells.
    pub packets: u16,
    /// The reference time, in units of 64 ms; 24 bits, wraps.
    pub reference: u32,
    /// Counts feedback packets, modulo 256.
    pub count: u8,
    chunks: &'a [u8],
    deltas: &'a [u8],
}

/// What became of one packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Arrival {
    /// Its transport-wide sequence number.
    pub sequence: u16,
    /// When it arrived, in ticks of 250 µs on the receiver's clock; `None`: it did not.
    pub ticks: Option<i64>,
}

impl<'a> Feedback<'a> {
    /// Reads the body of a transport feedback packet, from its sender's SSRC on.
    pub fn parse(body: &'a [u8]) -> Result<Self, Malformed> {
        let (head, chunks) = body.split_first_chunk::<16>().ok_or(Malformed::Short)?;
        let packets = u16::from_be_bytes([head[10], head[11]]);
        let mut statuses = Statuses::new(chunks);
        let mut deltas_len = 0;
        for _ in 0..packets {
            deltas_len += match statuses.next().ok_or(Malformed::Length)? {
                Status::Missing => 0,
                Status::Small => 1,
                Status::Large => 2,
            };
        }
        Ok(Self {
            base: u16::from_be_bytes([head[8], head[9]]),
            packets,
            reference: u32::from_be_bytes([0, head[12], head[13], head[14]]),
            count: head[15],
            chunks,
            deltas: statuses.rest().get(..deltas_len).ok_or(Malformed::Length)?,
        })
    }

    /// What became of each packet, by sequence number.
    pub fn arrivals(&self) -> Arrivals<'a> {
        Arrivals {
            statuses: Statuses::new(self.chunks),
            deltas: self.deltas,
            sequence: self.base,
            left: self.packets,
            ticks: i64::from(self.reference) * 256,
        }
    }
}

/// See [`Feedback::arrivals`].
#[derive(Clone, Debug)]
pub struct Arrivals<'a> {
    statuses: Statuses<'a>,
    deltas: &'a [u8],
    sequence: u16,
    left: u16,
    ticks: i64,
}

impl Iterator for Arrivals<'_> {
    type Item = Arrival;

    fn next(&mut self) -> Option<Arrival> {
        self.left = self.left.checked_sub(1)?;
        let sequence = self.sequence;
        self.sequence = sequence.wrapping_add(1);
        let (delta, used) = match (self.statuses.next()?, self.deltas) {
            (Status::Small, [delta, ..]) => (i64::from(*delta), 1),
            (Status::Large, [high, low, ..]) => (i64::from(i16::from_be_bytes([*high, *low])), 2),
            _ => {
                return Some(Arrival {
                    sequence,
                    ticks: None,
                });
            }
        };
        self.deltas = &self.deltas[used..];
        self.ticks += delta;
        Some(Arrival {
            sequence,
            ticks: Some(self.ticks),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_refused() {
        let mut body = vec![0; 8];
        // Base 1, three packets, reference 1, count 9; a run of three small deltas, of which one byte is missing.
        body.extend_from_slice(&[0, 1, 0, 3, 0, 0, 1, 9, 0x20, 3, 1, 2]);
        assert_eq!(Feedback::parse(&body).err(), Some(Malformed::Length));
        assert_eq!(Feedback::parse(&body[..15]).err(), Some(Malformed::Short));
        assert_eq!(Feedback::parse(&body[..17]).err(), Some(Malformed::Length));
        body.push(3);
        let ticks: Vec<_> = Feedback::parse(&body)
            .into_iter()
            .flat_map(|feedback| feedback.arrivals())
            .map(|arrival| (arrival.sequence, arrival.ticks))
            .collect();
        assert_eq!(ticks, [(1, Some(257)), (2, Some(259)), (3, Some(262))]);
    }

    #[test]
    fn empty_runs_do_not_hold_the_reader_up() {
        let mut body = vec![0; 8];
        body.extend_from_slice(&[0, 1, 0, 1, 0, 0, 0, 0]);
        body.extend_from_slice(&[0; 40]);
        assert_eq!(Feedback::parse(&body).err(), Some(Malformed::Length));
    }
}
