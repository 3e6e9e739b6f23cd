//! How one stream is renumbered while a slot shows it: its numbers, timestamps and picture numbers shifted onto the slot's own.

use super::packet::StreamId;
use super::picture_ids::Shift;

/// Stretches of the past that are remembered for retransmissions; a NACK for an older one is not answered.
const REMEMBERED: usize = 8;

/// One stretch of a slot's stream: from the packet at which the slot switched to it until the next switch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Splice {
    /// Which stream.
    pub stream: StreamId,
    /// The incoming number of its first packet here.
    pub first_in: u64,
    /// The number under which that one went out.
    pub first_out: u64,
    /// The highest number that went out.
    pub last_out: u64,
    /// What is added to its timestamps.
    pub timestamp_shift: u32,
    /// What is added to its picture numbers.
    pub pictures: Shift,
}

impl Splice {
    /// The number under which an incoming packet goes out; `None` for one from before the switch.
    pub fn out_index(&self, index: u64) -> Option<u64> {
        index
            .checked_sub(self.first_in)
            .map(|ahead| self.first_out + ahead)
    }
}

/// The last [`REMEMBERED`] stretches, the newest last.
#[derive(Debug, Default)]
pub struct Splices {
    past: Vec<Splice>,
}

impl Splices {
    /// Begins a new stretch; the oldest is forgotten when there are too many.
    pub fn begin(&mut self, splice: Splice) {
        if self.past.len() == REMEMBERED {
            self.past.remove(0);
        }
        self.past.push(splice);
    }

    /// The newest.
    pub fn newest(&self) -> Option<&Splice> {
        self.past.last()
    }

    /// A packet of the newest went out.
    pub fn went_out(&mut self, out_index: u64) {
        if let Some(newest) = self.past.last_mut() {
            newest.last_out = newest.last_out.max(out_index);
        }
    }

    /// Which stretch an outgoing number belongs to, and its incoming number.
    pub fn find(&self, out_index: u64) -> Option<(&Splice, u64)> {
        let splice = self
            .past
            .iter()
            .rev()
            .find(|splice| (splice.first_out..=splice.last_out).contains(&out_index))?;
        Some((splice, splice.first_in + (out_index - splice.first_out)))
    }
}
