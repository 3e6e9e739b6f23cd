//! How one stream is renumbered while a slot shows it: its numbers, timestamps and picture numbers shifted onto the slot's own.

use super::packet::{Packet, StreamId};
use super::picture_ids::{PictureIds, Shift};
use super::skips::Skips;
use crate::ids::Codec;

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
    /// What is added to its frame numbers (dependency descriptor).
    pub frames: u16,
    /// Which of its packets were left out.
    pub left_out: Skips<16>,
    /// Which of its pictures were left out whole (VP8).
    pub pictures_left_out: Skips<4>,
}

impl Splice {
    /// A stretch that begins with this packet, with nothing else changed.
    pub fn new(stream: StreamId, first_in: u64, first_out: u64, timestamp_shift: u32) -> Self {
        Self {
            stream,
            first_in,
            first_out,
            last_out: first_out,
            timestamp_shift,
            pictures: Shift::default(),
            frames: 0,
            left_out: Skips::new(first_in),
            pictures_left_out: Skips::new(0),
        }
    }

    /// Takes a packet over, or leaves it out. Gives the number under which it goes out; `None`: it does not. One that is not
    /// needed but comes too late to be left out has its number all the same.
    pub fn admit(&mut self, packet: &Packet<'_>, needed: bool) -> Option<u64> {
        if packet.index < self.first_in {
            return None;
        }
        // Receivers of VP8 take a missing picture for lost; of the other codecs they know what it was.
        let picture = (packet.codec == Codec::Vp8 && packet.shape.layering.exist.is_choice())
            .then(|| PictureIds::find(packet.codec, packet.payload).long(packet.payload))
            .flatten();
        let picture = picture.map(|id| extend_picture(self.pictures_left_out.newest(), id));
        if !needed && self.left_out.skip(packet.index) {
            picture.map(|id| self.pictures_left_out.skip(id));
            return None;
        }
        if !self.left_out.take(packet.index) {
            return None;
        }
        picture.map(|id| self.pictures_left_out.take(id));
        let index = self.out_index(packet.index)?;
        self.last_out = self.last_out.max(index);
        Some(index)
    }

    /// The number under which an incoming packet goes out; `None` for one from before the switch.
    pub fn out_index(&self, index: u64) -> Option<u64> {
        index
            .checked_sub(self.first_in)
            .map(|ahead| self.first_out + ahead - self.left_out.before(index))
    }

    /// What is added to the picture numbers of a picture with this PictureID.
    pub fn pictures_at(&self, picture: Option<u16>) -> Shift {
        let Some(picture) = picture else {
            return self.pictures;
        };
        let left_out = self
            .pictures_left_out
            .before(extend_picture(self.pictures_left_out.newest(), picture));
        Shift {
            picture_id: self.pictures.picture_id.wrapping_sub(left_out as u16) & 0x7fff,
            tl0: self.pictures.tl0,
        }
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

    /// The newest, to be changed.
    pub fn newest_mut(&mut self) -> Option<&mut Splice> {
        self.past.last_mut()
    }

    /// Which stretch an outgoing number belongs to, and its incoming number.
    pub fn find(&self, out_index: u64) -> Option<(&Splice, u64)> {
        let splice = self
            .past
            .iter()
            .rev()
            .find(|splice| (splice.first_out..=splice.last_out).contains(&out_index))?;
        let index = splice.left_out.at_place(out_index - splice.first_out)?;
        Some((splice, index))
    }
}

/// Extends a PictureID of 15 bits to the nearest number around the newest.
pub fn extend_picture(newest: Option<u64>, picture: u16) -> u64 {
    let Some(newest) = newest else {
        return 0x8000 + u64::from(picture & 0x7fff);
    };
    let ahead = (picture.wrapping_sub(newest as u16) & 0x7fff) << 1;
    newest.wrapping_add_signed(i64::from(ahead as i16 >> 1))
}
