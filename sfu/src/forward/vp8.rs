//! The VP8 payload descriptor (RFC 7741 §4.2), and its picture numbers rewritten so that they go on over a switch.
//!
//! Firefox drops frames whose PictureID or TL0PICIDX jump when a slot changes its source (rule 5).

/// Where the numbers of one payload lie, and what they are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Descriptor {
    /// Bytes before the VP8 payload itself.
    pub len: usize,
    /// The first packet of a frame (S set, partition 0).
    pub begins_frame: bool,
    picture: Option<Picture>,
    tl0_at: Option<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Picture {
    at: usize,
    long: bool,
}

/// The numbers by which VP8 receivers order pictures.
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

impl Descriptor {
    /// Reads the descriptor; `None` if it is cut.
    pub fn parse(payload: &[u8]) -> Option<Self> {
        let first = *payload.first()?;
        let mut descriptor = Self {
            len: 1,
            begins_frame: first & 0x17 == 0x10,
            picture: None,
            tl0_at: None,
        };
        if first & 0x80 != 0 {
            let extended = *payload.get(1)?;
            descriptor.len = 2;
            if extended & 0x80 != 0 {
                let at = descriptor.len;
                let long = payload.get(at)? & 0x80 != 0;
                descriptor.picture = Some(Picture { at, long });
                descriptor.len += if long { 2 } else { 1 };
            }
            if extended & 0x40 != 0 {
                descriptor.tl0_at = Some(descriptor.len);
                descriptor.len += 1;
            }
            if extended & 0x30 != 0 {
                descriptor.len += 1;
            }
        }
        (descriptor.len <= payload.len()).then_some(descriptor)
    }

    /// The numbers in the payload this descriptor was read from.
    pub fn numbers(&self, payload: &[u8]) -> Numbers {
        Numbers {
            picture_id: self.picture.map(|picture| {
                let high = payload[picture.at] & 0x7f;
                if picture.long {
                    u16::from_be_bytes([high, payload[picture.at + 1]])
                } else {
                    u16::from(high)
                }
            }),
            tl0: self.tl0_at.map(|at| payload[at]),
        }
    }

    /// Adds to the numbers in place, keeping their width, and gives the new ones.
    pub fn shift(&self, payload: &mut [u8], shift: Shift) -> Numbers {
        let numbers = self.numbers(payload);
        if let (Some(picture), Some(id)) = (self.picture, numbers.picture_id) {
            let id = id.wrapping_add(shift.picture_id);
            if picture.long {
                payload[picture.at] = 0x80 | (id >> 8) as u8;
                payload[picture.at + 1] = id as u8;
            } else {
                payload[picture.at] = id as u8 & 0x7f;
            }
        }
        if let (Some(at), Some(tl0)) = (self.tl0_at, numbers.tl0) {
            payload[at] = tl0.wrapping_add(shift.tl0);
        }
        self.numbers(payload)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
    use super::*;

    #[test]
    fn the_longest_descriptor_is_read() {
        let payload = [0x90, 0xf0, 0x92, 0x34, 0x07, 0x60, 0x00];
        let descriptor = Descriptor::parse(&payload).unwrap();
        assert_eq!(descriptor.len, 6);
        assert!(descriptor.begins_frame);
        let numbers = descriptor.numbers(&payload);
        assert_eq!(numbers.picture_id, Some(0x1234));
        assert_eq!(numbers.tl0, Some(7));
    }

    #[test]
    fn the_shortest_descriptor_has_no_numbers() {
        let descriptor = Descriptor::parse(&[0x00, 0xaa]).unwrap();
        assert_eq!(descriptor.len, 1);
        assert!(!descriptor.begins_frame);
        assert_eq!(descriptor.numbers(&[0x00, 0xaa]), Numbers::default());
    }

    #[test]
    fn a_cut_descriptor_is_refused() {
        for cut in 0..6 {
            assert_eq!(
                Descriptor::parse(&[0x90, 0xf0, 0x92, 0x34, 0x07, 0x60][..cut]),
                None
            );
        }
    }

    #[test]
    fn rule_5_numbers_go_on_over_a_switch_and_wrap_in_their_width() {
        let last = Numbers {
            picture_id: Some(0x7fff),
            tl0: Some(255),
        };
        let mut payload = [0x90, 0xe0, 0x92, 0x34, 0x07, 0x20, 0x00];
        let descriptor = Descriptor::parse(&payload).unwrap();
        let shift = Shift::continuing(last, descriptor.numbers(&payload));
        let numbers = descriptor.shift(&mut payload, shift);
        assert_eq!(
            numbers,
            Numbers {
                picture_id: Some(0),
                tl0: Some(0)
            }
        );
        assert_eq!(payload[2] & 0x80, 0x80, "stays long");

        let mut short = [0x90, 0x80, 0x7e, 0x00];
        let descriptor = Descriptor::parse(&short).unwrap();
        let shift = Shift {
            picture_id: 3,
            tl0: 0,
        };
        assert_eq!(descriptor.shift(&mut short, shift).picture_id, Some(1));
        assert_eq!(short[2], 1, "stays short");
    }
}
