//! The VP8 payload descriptor (RFC 7741 §4.2).

use super::picture_ids::{PictureIds, picture_id_len};

/// What the descriptor of one payload says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Descriptor {
    /// Bytes before the VP8 payload itself.
    pub len: usize,
    /// The first packet of a frame (S set, partition 0).
    pub begins_frame: bool,
    /// Its speed (TID), where there is more than one: 0 is the slowest.
    pub temporal: Option<u8>,
    /// It needs nothing but the slowest (Y).
    pub synchronises: bool,
    /// Where its picture numbers lie.
    pub ids: PictureIds,
}

impl Descriptor {
    /// Reads the descriptor; `None` if it is cut.
    pub fn parse(payload: &[u8]) -> Option<Self> {
        let first = *payload.first()?;
        let (mut len, mut ids) = (1, PictureIds::default());
        let (mut temporal, mut synchronises) = (None, false);
        if first & 0x80 != 0 {
            let extended = *payload.get(1)?;
            len = 2;
            if extended & 0x80 != 0 {
                ids.picture_at = Some(len);
                len += picture_id_len(payload, len)?;
            }
            if extended & 0x40 != 0 {
                ids.tl0_at = Some(len);
                len += 1;
            }
            if extended & 0x30 != 0 {
                let speed = *payload.get(len)?;
                if extended & 0x20 != 0 {
                    temporal = Some(speed >> 6);
                    synchronises = speed & 0x20 != 0;
                }
                len += 1;
            }
        }
        (len <= payload.len()).then_some(Self {
            len,
            begins_frame: first & 0x17 == 0x10,
            temporal,
            synchronises,
            ids,
        })
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
        assert_eq!(
            (descriptor.temporal, descriptor.synchronises),
            (Some(1), true)
        );
        let numbers = descriptor.ids.numbers(&payload);
        assert_eq!(numbers.picture_id, Some(0x1234));
        assert_eq!(numbers.tl0, Some(7));
    }

    #[test]
    fn the_shortest_descriptor_has_no_numbers() {
        let descriptor = Descriptor::parse(&[0x00, 0xaa]).unwrap();
        assert_eq!(descriptor.len, 1);
        assert!(!descriptor.begins_frame);
        assert_eq!(descriptor.temporal, None);
        assert_eq!(descriptor.ids, PictureIds::default());
    }

    #[test]
    fn a_cut_descriptor_is_refused() {
        for cut in 0..6 {
            let payload = &[0x90, 0xf0, 0x92, 0x34, 0x07, 0x60][..cut];
            assert_eq!(Descriptor::parse(payload), None);
        }
    }
}
