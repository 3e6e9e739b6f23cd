//! What can be told from the first bytes of a payload: whether a picture begins here that needs no other.

use super::{vp8, vp9};
use crate::ids::Codec;

/// Whether this payload begins a keyframe. Sound has none; an empty or cut payload is none.
pub fn begins_keyframe(codec: Codec, payload: &[u8]) -> bool {
    match codec {
        Codec::Opus => false,
        Codec::Vp8 => vp8_begins(payload).unwrap_or(false),
        Codec::Vp9 => vp9_begins(payload).unwrap_or(false),
        Codec::H264 => h264_begins(payload).unwrap_or(false),
        Codec::Av1 => av1_begins(payload),
    }
}

/// Lines of the picture that a keyframe begins, where its first packet says so plainly (VP8).
pub fn keyframe_lines(codec: Codec, payload: &[u8]) -> Option<u16> {
    if codec != Codec::Vp8 {
        return None;
    }
    // RFC 6386 §9.1: three bytes of tag, the start code, width and height of 14 bits each.
    let header = payload.get(vp8::Descriptor::parse(payload)?.len..)?;
    let [_, _, _, 0x9d, 0x01, 0x2a, _, _, low, high, ..] = *header else {
        return None;
    };
    Some(u16::from_le_bytes([low, high]) & 0x3fff).filter(|lines| *lines > 0)
}

/// RFC 7741 §4.3: the first partition begins here and its header's P bit is 0.
fn vp8_begins(payload: &[u8]) -> Option<bool> {
    let descriptor = vp8::Descriptor::parse(payload)?;
    let header = payload.get(descriptor.len)?;
    Some(descriptor.begins_frame && header & 1 == 0)
}

/// RFC 9628 §4.2: not predicted from another picture (P), begin of a frame (B), lowest spatial layer (SID).
fn vp9_begins(payload: &[u8]) -> Option<bool> {
    let descriptor = vp9::Descriptor::parse(payload)?;
    Some(!descriptor.predicted && descriptor.begins_frame && descriptor.spatial_layer == 0)
}

/// RFC 6184 §5.4: a sequence parameter set, alone, in an aggregate (STAP-A), or beginning in a fragment (FU-A).
fn h264_begins(payload: &[u8]) -> Option<bool> {
    const SPS: u8 = 7;
    const STAP_A: u8 = 24;
    const FU_A: u8 = 28;
    match payload.first()? & 0x1f {
        SPS => Some(payload.len() > 1),
        STAP_A => {
            let mut rest = &payload[1..];
            while let [high, low, unit @ ..] = rest {
                let len = usize::from(u16::from_be_bytes([*high, *low]));
                if len == 0 || unit.len() < len {
                    return None;
                }
                if unit[0] & 0x1f == SPS {
                    return Some(true);
                }
                rest = &unit[len..];
            }
            Some(false)
        }
        FU_A => Some(payload.get(1)? & 0x9f == 0x80 | SPS),
        _ => Some(false),
    }
}

/// AV1 RTP specification §4.4: the N bit of the aggregation header; a continued unit (Z) cannot begin anything.
fn av1_begins(payload: &[u8]) -> bool {
    payload.len() > 1 && payload[0] & 0x88 == 0x08
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vp8_keyframes_begin_with_a_clear_p_bit_in_the_first_partition() {
        assert!(begins_keyframe(Codec::Vp8, &[0x10, 0x00, 0x9d]));
        assert!(!begins_keyframe(Codec::Vp8, &[0x10, 0x01, 0x9d]));
        assert!(
            !begins_keyframe(Codec::Vp8, &[0x00, 0x00]),
            "continues a partition"
        );
        assert!(
            !begins_keyframe(Codec::Vp8, &[0x11, 0x00]),
            "second partition"
        );
        assert!(begins_keyframe(
            Codec::Vp8,
            &[0x90, 0xe0, 0x81, 0x23, 0x07, 0x20, 0x10]
        ));
        assert!(!begins_keyframe(Codec::Vp8, &[0x90, 0x80, 0x81]), "cut");
    }

    #[test]
    fn vp8_keyframes_say_how_large_they_are() {
        let header = [
            0x90, 0x80, 0x05, 0, 0, 0, 0x9d, 0x01, 0x2a, 0x00, 0x05, 0xd0, 0x42, 9,
        ];
        assert_eq!(keyframe_lines(Codec::Vp8, &header), Some(720));
        assert_eq!(keyframe_lines(Codec::Vp8, &header[..10]), None, "cut");
        assert_eq!(keyframe_lines(Codec::H264, &header), None);
    }

    #[test]
    fn vp9_keyframes_begin_unpredicted_in_the_lowest_layer() {
        assert!(begins_keyframe(Codec::Vp9, &[0x88, 0x01, 0xaa]));
        assert!(
            begins_keyframe(Codec::Vp9, &[0x88, 0x81, 0x01, 0xaa]),
            "15-bit id"
        );
        assert!(!begins_keyframe(Codec::Vp9, &[0xc8, 0x01, 0xaa]), "P");
        assert!(!begins_keyframe(Codec::Vp9, &[0x80, 0x01, 0xaa]), "not B");
        assert!(begins_keyframe(Codec::Vp9, &[0xa8, 0x01, 0x00, 0x05, 0xaa]));
        assert!(
            !begins_keyframe(Codec::Vp9, &[0xa8, 0x01, 0x02, 0x05, 0xaa]),
            "layer 1"
        );
    }

    #[test]
    fn h264_keyframes_begin_with_a_parameter_set() {
        assert!(begins_keyframe(Codec::H264, &[0x67, 0x42]));
        assert!(begins_keyframe(
            Codec::H264,
            &[0x78, 0, 2, 0x09, 0x10, 0, 2, 0x67, 0x42, 0, 1, 0x68]
        ));
        assert!(!begins_keyframe(Codec::H264, &[0x78, 0, 2, 0x61, 0x10]));
        assert!(
            !begins_keyframe(Codec::H264, &[0x78, 0, 9, 0x67]),
            "beyond the end"
        );
        assert!(
            begins_keyframe(Codec::H264, &[0x7c, 0x87, 0x42]),
            "first fragment"
        );
        assert!(
            !begins_keyframe(Codec::H264, &[0x7c, 0x07, 0x42]),
            "later fragment"
        );
        assert!(!begins_keyframe(Codec::H264, &[0x61, 0x42]));
    }

    #[test]
    fn av1_keyframes_begin_with_a_new_sequence() {
        assert!(begins_keyframe(Codec::Av1, &[0x18, 0x0a]));
        assert!(!begins_keyframe(Codec::Av1, &[0x10, 0x0a]));
        assert!(
            !begins_keyframe(Codec::Av1, &[0x98, 0x0a]),
            "continues a unit"
        );
    }

    #[test]
    fn nothing_is_no_keyframe() {
        for codec in [Codec::Opus, Codec::Vp8, Codec::Vp9, Codec::H264, Codec::Av1] {
            assert!(!begins_keyframe(codec, &[]));
        }
    }
}
