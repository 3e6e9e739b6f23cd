//! VP9 (RFC 9628): takes the payload descriptor off; the spatial layers of one picture become one superframe.

use bytes::Bytes;

use super::bits::Bits;
use super::{Format, Picture};

/// More spatial layers than this do not exist.
const LAYERS: usize = 8;

/// What a payload descriptor says that matters here.
struct Descriptor {
    begins: bool,
    inter: bool,
    spatial: u8,
    length: usize,
}

/// One picture of these packets; `None` when its beginning is missing or a descriptor is malformed.
pub(super) fn picture(packets: &[Bytes]) -> Option<Picture> {
    let mut data = Vec::with_capacity(packets.iter().map(Bytes::len).sum());
    let mut layers: Vec<usize> = Vec::new();
    let mut key = false;
    for (index, packet) in packets.iter().enumerate() {
        let descriptor = descriptor(packet)?;
        if index == 0 {
            if !descriptor.begins {
                return None;
            }
            key = !descriptor.inter && descriptor.spatial == 0;
        }
        let payload = packet.get(descriptor.length..)?;
        if descriptor.begins {
            layers.push(0);
        }
        *layers.last_mut()? += payload.len();
        data.extend_from_slice(payload);
    }
    let format = key.then(|| format(&data)).flatten();
    if (2..=LAYERS).contains(&layers.len()) {
        index(&mut data, &layers);
    } else if layers.len() > LAYERS {
        return None;
    }
    Some((data.into(), format))
}

/// RFC 9628, 4.2.
fn descriptor(packet: &[u8]) -> Option<Descriptor> {
    let first = *packet.first()?;
    let bit = |mask: u8| first & mask != 0;
    let mut at = 1;
    if bit(0x80) {
        at += if packet.get(at)? & 0x80 != 0 { 2 } else { 1 };
    }
    let mut spatial = 0;
    if bit(0x20) {
        spatial = packet.get(at)? >> 1 & 7;
        at += if bit(0x10) { 1 } else { 2 };
    }
    if bit(0x10) && bit(0x40) {
        for _ in 0..3 {
            at += 1;
            if packet.get(at - 1)? & 1 == 0 {
                break;
            }
        }
    }
    if bit(0x02) {
        at += structure(packet.get(at..)?)?;
    }
    Some(Descriptor {
        begins: bit(0x08),
        inter: bit(0x40),
        spatial,
        length: at,
    })
}

/// The length of the scalability structure (RFC 9628, 4.2.1).
fn structure(bytes: &[u8]) -> Option<usize> {
    let first = *bytes.first()?;
    let mut at = 1;
    if first & 0x10 != 0 {
        at += 4 * (usize::from(first >> 5) + 1);
    }
    if first & 0x08 != 0 {
        let pictures = *bytes.get(at)?;
        at += 1;
        for _ in 0..pictures {
            at += 1 + usize::from(bytes.get(at)? >> 2 & 3);
        }
    }
    Some(at)
}

/// The size in the header of a keyframe of profile 0 (VP9 bitstream specification, 6.2).
fn format(frame: &[u8]) -> Option<Format> {
    let mut bits = Bits::new(frame);
    let marker = bits.number(2)?;
    let profile = bits.number(2)?;
    let shown_again = bits.flag()?;
    let inter = bits.flag()?;
    bits.number(2)?;
    let sync = bits.number(24)?;
    let color_space = bits.number(3)?;
    if marker != 2 || profile != 0 || shown_again || inter || sync != 0x49_83_42 || color_space == 7
    {
        return None;
    }
    bits.flag()?;
    Some(Format {
        width: bits.number(16)? + 1,
        height: bits.number(16)? + 1,
        codec_data: Bytes::new(),
    })
}

/// Appends a superframe index (VP9 bitstream specification, annex B).
fn index(data: &mut Vec<u8>, layers: &[usize]) {
    let marker = 0b1100_0000 | 3 << 3 | (layers.len() as u8 - 1);
    data.push(marker);
    for layer in layers {
        data.extend_from_slice(&(*layer as u32).to_le_bytes());
    }
    data.push(marker);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptors_of_both_modes_are_taken_off() {
        let length = |packet: &[u8]| descriptor(packet).map(|d| d.length);
        assert_eq!(length(&[0x08]), Some(1));
        assert_eq!(length(&[0x88, 0x85, 0x01]), Some(3), "15-bit picture id");
        assert_eq!(length(&[0xa8, 0x05, 0x00, 0x09]), Some(4), "layers, TL0");
        assert_eq!(
            length(&[0xf8, 0x05, 0x00, 3, 4]),
            Some(5),
            "flexible, two references"
        );
        let one_size = [0x8a, 0x05, 0x18, 1, 64, 0, 240, 1, 0x04, 1];
        assert_eq!(length(&one_size), Some(10), "structure");
        assert_eq!(length(&one_size[..8]), None);
    }

    #[test]
    fn layers_become_one_superframe() {
        let base = Bytes::from_static(&[0x28 | 0x10, 0x00, 1, 1, 1]);
        let upper = Bytes::from_static(&[0x28 | 0x10, 0x02, 2, 2]);
        let (data, _) = picture(&[base, upper]).expect("whole");
        assert_eq!(
            &data[..],
            [1, 1, 1, 2, 2, 0xd9, 3, 0, 0, 0, 2, 0, 0, 0, 0xd9]
        );
    }
}
