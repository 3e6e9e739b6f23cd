//! The VP9 payload descriptor (RFC 9628 §4.2), as far as forwarding needs it.

use super::picture_ids::{PictureIds, picture_id_len};

/// What the beginning of one payload's descriptor says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Descriptor {
    /// The first packet of a layer's frame (B).
    pub begins_frame: bool,
    /// The last packet of a layer's frame (E).
    pub ends_frame: bool,
    /// No larger layer of the picture needs it (Z).
    pub needed_by_no_larger: bool,
    /// Predicted from an earlier picture (P).
    pub predicted: bool,
    /// Spatial layer; 0 where there are none.
    pub spatial_layer: u8,
    /// Its speed, where there are layers: 0 is the slowest.
    pub temporal: Option<u8>,
    /// What is faster needs nothing faster from before this picture (U).
    pub may_rise: bool,
    /// Where its picture numbers lie.
    pub ids: PictureIds,
}

impl Descriptor {
    /// Reads flags, PictureID and layer indices; `None` if they are cut, or nothing follows them.
    pub fn parse(payload: &[u8]) -> Option<Self> {
        let flags = *payload.first()?;
        let flexible = flags & 0x10 != 0;
        let (mut len, mut spatial_layer, mut ids) = (1, 0, PictureIds::default());
        let (mut temporal, mut may_rise) = (None, false);
        if flags & 0x80 != 0 {
            ids.picture_at = Some(len);
            len += picture_id_len(payload, len)?;
        }
        if flags & 0x20 != 0 {
            let layer = *payload.get(len)?;
            spatial_layer = layer >> 1 & 7;
            (temporal, may_rise) = (Some(layer >> 5), layer & 0x10 != 0);
            len += 1;
            if !flexible {
                ids.tl0_at = Some(len);
                len += 1;
            }
        }
        (len < payload.len()).then_some(Self {
            begins_frame: flags & 0x08 != 0,
            ends_frame: flags & 0x04 != 0,
            needed_by_no_larger: flags & 0x01 != 0,
            predicted: flags & 0x40 != 0,
            spatial_layer,
            temporal,
            may_rise,
            ids,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
    use super::*;

    #[test]
    fn flags_numbers_and_layers_are_read() {
        let payload = [0xe8, 0x92, 0x34, 0x02, 0x07, 0xaa];
        let descriptor = Descriptor::parse(&payload).unwrap();
        assert!(descriptor.begins_frame && descriptor.predicted);
        assert_eq!(descriptor.spatial_layer, 1);
        let numbers = descriptor.ids.numbers(&payload);
        assert_eq!((numbers.picture_id, numbers.tl0), (Some(0x1234), Some(7)));
    }

    #[test]
    fn flexible_mode_has_no_tl0picidx() {
        let payload = [0xb8, 0x05, 0x00, 0x07];
        let descriptor = Descriptor::parse(&payload).unwrap();
        let numbers = descriptor.ids.numbers(&payload);
        assert_eq!((numbers.picture_id, numbers.tl0), (Some(5), None));
    }

    #[test]
    fn a_cut_descriptor_is_refused() {
        for cut in 0..=5 {
            let payload = &[0xa8, 0x92, 0x34, 0x00, 0x07][..cut];
            assert_eq!(Descriptor::parse(payload), None);
        }
    }
}
