//! The numbers by which VP8 and VP9 receivers order pictures, rewritten in place so that they go on over a switch.
//!
//! Firefox drops frames whose PictureID or TL0PICIDX jump when a slot changes its source (rule 5).

use super::{vp8, vp9};
use crate::ids::Codec;

/// Where the numbers of one payload lie.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct PictureIds {
    /// Where the PictureID begins.
    pub(super) picture_at: Option<usize>,
    /// Where TL0PICIDX is.
    pub(super) tl0_at: Option<usize>,
}

/// The numbers themselves.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Numbers {
    /// PictureID, 15 bits (7 if the sender uses the short form).
    pub picture_id: Option<u16>,
    /// TL0PICIDX.
    pub tl0: Option<u8>,
}

/// What to add to a stream's numbers.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Shift {
    /// To the PictureID, modulo its width.
    pub picture_id: u16,
    /// To TL0PICIDX, modulo 256.
    pub tl0: u8,
}

impl Shift {
    /// What makes the stream that begins with `next` go on after `last`. A number that one of them lacks stays as it is.
    pub fn continuing(last: Numbers, next: Numbers) -> Self {
        Self {
            picture_id: match (last.picture_id, next.picture_id) {
                (Some(last), Some(next)) => last.wrapping_add(1).wrapping_sub(next) & 0x7fff,
                _ => 0,
            },
            tl0: match (last.tl0, next.tl0) {
                (Some(last), Some(next)) => last.wrapping_add(1).wrapping_sub(next),
                _ => 0,
            },
        }
    }
}

impl PictureIds {
    /// Finds the numbers in a payload; nowhere in other codecs and in a descriptor that is cut.
    pub fn find(codec: Codec, payload: &[u8]) -> Self {
        match codec {
            Codec::Vp8 => vp8::Descriptor::parse(payload).map(|descriptor| descriptor.ids),
            Codec::Vp9 => vp9::Descriptor::parse(payload).map(|descriptor| descriptor.ids),
            _ => None,
        }
        .unwrap_or_default()
    }

    /// The numbers in the payload in which they were found.
    pub fn numbers(&self, payload: &[u8]) -> Numbers {
        Numbers {
            picture_id: self.picture_at.map(|at| match payload[at] {
                high @ 0x80.. => u16::from_be_bytes([high & 0x7f, payload[at + 1]]),
                short => u16::from(short),
            }),
            tl0: self.tl0_at.map(|at| payload[at]),
        }
    }

    /// The PictureID, if it has 15 bits.
    pub fn long(&self, payload: &[u8]) -> Option<u16> {
        let at = self.picture_at.filter(|at| payload[*at] & 0x80 != 0)?;
        Some(u16::from_be_bytes([payload[at] & 0x7f, payload[at + 1]]))
    }

    /// Adds to the numbers in place, keeping their width, and gives the new ones.
    pub fn shift(&self, payload: &mut [u8], shift: Shift) -> Numbers {
        let numbers = self.numbers(payload);
        if let (Some(at), Some(id)) = (self.picture_at, numbers.picture_id) {
            let id = id.wrapping_add(shift.picture_id);
            if payload[at] & 0x80 != 0 {
                payload[at] = 0x80 | (id >> 8) as u8;
                payload[at + 1] = id as u8;
            } else {
                payload[at] = id as u8 & 0x7f;
            }
        }
        if let (Some(at), Some(tl0)) = (self.tl0_at, numbers.tl0) {
            payload[at] = tl0.wrapping_add(shift.tl0);
        }
        self.numbers(payload)
    }
}

/// Bytes of the PictureID at `at`: its first bit says whether it is long; `None` if it is cut.
pub(super) fn picture_id_len(payload: &[u8], at: usize) -> Option<usize> {
    let len = if payload.get(at)? & 0x80 != 0 { 2 } else { 1 };
    (at + len <= payload.len()).then_some(len)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAST: Numbers = Numbers {
        picture_id: Some(0x7fff),
        tl0: Some(255),
    };

    #[test]
    fn rule_5_numbers_go_on_over_a_switch_and_wrap_in_their_width() {
        let vp8 = [0x90, 0xe0, 0x92, 0x34, 0x07, 0x20, 0x00];
        let vp9 = [0xa8, 0x92, 0x34, 0x00, 0x07, 0xaa];
        for (codec, payload) in [(Codec::Vp8, &vp8[..]), (Codec::Vp9, &vp9[..])] {
            let mut payload = payload.to_vec();
            let ids = PictureIds::find(codec, &payload);
            let numbers = ids.numbers(&payload);
            assert_eq!((numbers.picture_id, numbers.tl0), (Some(0x1234), Some(7)));
            let shift = Shift::continuing(LAST, numbers);
            let numbers = ids.shift(&mut payload, shift);
            assert_eq!((numbers.picture_id, numbers.tl0), (Some(0), Some(0)));
            assert_eq!(PictureIds::find(codec, &payload), ids, "stays long");
        }
    }

    #[test]
    fn a_short_id_stays_short() {
        let mut payload = [0x90, 0x80, 0x7e, 0x00];
        let ids = PictureIds::find(Codec::Vp8, &payload);
        let shift = Shift {
            picture_id: 3,
            tl0: 0,
        };
        assert_eq!(ids.shift(&mut payload, shift).picture_id, Some(1));
        assert_eq!(payload, [0x90, 0x80, 0x01, 0x00]);
    }

    #[test]
    fn codecs_without_numbers_are_left_alone() {
        let mut payload = [0x90, 0xe0, 0x92, 0x34, 0x07, 0x20, 0x00];
        for codec in [Codec::H264, Codec::Av1, Codec::Opus] {
            let ids = PictureIds::find(codec, &payload);
            let shift = Shift {
                picture_id: 1,
                tl0: 1,
            };
            assert_eq!(ids.shift(&mut payload, shift), Numbers::default());
        }
        assert_eq!(payload, [0x90, 0xe0, 0x92, 0x34, 0x07, 0x20, 0x00]);
    }
}
