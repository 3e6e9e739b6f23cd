//! AV1 (the RTP specification of the Alliance for Open Media): from OBU elements to a temporal unit of OBUs with their sizes, as
//! Matroska holds it, and the sequence header beside it as `av1C`.

use bytes::Bytes;

use super::bits::Bits;
use super::{Format, Picture};

const SEQUENCE_HEADER: u8 = 1;
const TEMPORAL_DELIMITER: u8 = 2;
const TILE_LIST: u8 = 8;
const PADDING: u8 = 15;

/// One temporal unit of these packets; `None` when its beginning is missing or an element is malformed.
pub(super) fn picture(packets: &[Bytes]) -> Option<Picture> {
    let mut elements: Vec<Vec<u8>> = Vec::new();
    let mut continues = false;
    for packet in packets {
        let aggregation = *packet.first()?;
        if (aggregation & 0x80 != 0) != continues {
            return None;
        }
        continues = aggregation & 0x40 != 0;
        let joins = aggregation & 0x80 != 0;
        split(packet.get(1..)?, aggregation >> 4 & 3, joins, &mut elements)?;
    }
    if continues {
        return None;
    }
    temporal_unit(&elements)
}

/// Cuts a packet into its elements; the first may go on where the last packet ended. `count` 0: each has its length.
fn split(mut rest: &[u8], count: u8, mut joins: bool, elements: &mut Vec<Vec<u8>>) -> Option<()> {
    let mut number = 0;
    while !rest.is_empty() {
        number += 1;
        let length = if count != 0 && number == count {
            rest.len()
        } else {
            let (length, used) = leb128(rest)?;
            rest = &rest[used..];
            length
        };
        let element = rest.get(..length)?;
        rest = &rest[length..];
        if joins {
            elements.last_mut()?.extend_from_slice(element);
            joins = false;
        } else {
            elements.push(element.to_vec());
        }
    }
    (count == 0 || number == count).then_some(())
}

fn temporal_unit(elements: &[Vec<u8>]) -> Option<Picture> {
    let (mut data, mut format) = (Vec::new(), None);
    for element in elements {
        let header = *element.first()?;
        let mut head = 1 + usize::from(header & 0x04 != 0);
        let extension = element.get(1..head)?;
        let kind = header >> 3 & 15;
        let mut payload = element.get(head..)?;
        if header & 0x02 != 0 {
            let (length, used) = leb128(payload)?;
            head += used;
            payload = element.get(head..head + length)?;
        }
        if [TEMPORAL_DELIMITER, TILE_LIST, PADDING].contains(&kind) {
            continue;
        }
        let start = data.len();
        data.push(header | 0x02);
        data.extend_from_slice(extension);
        put_leb128(&mut data, payload.len());
        data.extend_from_slice(payload);
        if kind == SEQUENCE_HEADER && format.is_none() {
            format = configuration(payload, &data[start..]);
        }
    }
    Some((data.into(), format))
}

fn leb128(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut value = 0u64;
    for (index, byte) in bytes.iter().take(8).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((usize::try_from(value).ok()?, index + 1));
        }
    }
    None
}

fn put_leb128(out: &mut Vec<u8>, mut value: usize) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// `av1C` (AV1 in ISOBMFF, 2.3) and the size, from a sequence header OBU (AV1 bitstream specification, 5.5).
fn configuration(payload: &[u8], obu: &[u8]) -> Option<Format> {
    let mut bits = Bits::new(payload);
    let profile = bits.number(3)?;
    bits.flag()?;
    let (level, tier) = if bits.flag()? {
        (bits.number(5)?, 0)
    } else {
        operating_points(&mut bits)?
    };
    let width_bits = bits.number(4)? + 1;
    let height_bits = bits.number(4)? + 1;
    let width = bits.number(width_bits)?.checked_add(1)?;
    let height = bits.number(height_bits)?.checked_add(1)?;
    if profile != 0 || width > 16_384 || height > 16_384 {
        return None;
    }
    // Profile 0, as browsers send it: 8 bits, 4:2:0.
    let mut record = vec![
        0x81,
        (profile << 5 | level) as u8,
        (tier << 7) as u8 | 0x0c,
        0,
    ];
    record.extend_from_slice(obu);
    Some(Format {
        width,
        height,
        codec_data: record.into(),
    })
}

/// Level and tier of the first operating point; skips the others.
fn operating_points(bits: &mut Bits<'_>) -> Option<(u32, u32)> {
    let (mut decoder_model, mut delay_bits) = (false, 0);
    if bits.flag()? {
        bits.number(32)?;
        bits.number(32)?;
        if bits.flag()? {
            bits.golomb()?;
        }
        decoder_model = bits.flag()?;
        if decoder_model {
            delay_bits = bits.number(5)? + 1;
            bits.number(32)?;
            bits.number(10)?;
        }
    }
    let delays = bits.flag()?;
    let mut first = None;
    for _ in 0..=bits.number(5)? {
        bits.number(12)?;
        let level = bits.number(5)?;
        let tier = if level > 7 { bits.number(1)? } else { 0 };
        if decoder_model && bits.flag()? {
            bits.number(delay_bits)?;
            bits.number(delay_bits)?;
            bits.flag()?;
        }
        if delays && bits.flag()? {
            bits.number(4)?;
        }
        first.get_or_insert((level, tier));
    }
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_get_their_sizes_back() {
        // W = 2: a temporal delimiter with its length, then a frame that goes on in the next packet.
        let first = Bytes::from_static(&[0x60, 1, 0x10, 0x30, 1, 2]);
        let second = Bytes::from_static(&[0x90, 3]);
        let (data, format) = picture(&[first.clone(), second.clone()]).expect("whole");
        assert_eq!(&data[..], [0x32, 3, 1, 2, 3]);
        assert_eq!(format, None);
        assert_eq!(picture(&[second]), None);
        assert_eq!(picture(&[first]), None);
    }

    #[test]
    fn lengths_of_many_bytes_are_read_and_written() {
        for value in [0, 127, 128, 16_383, 16_384, 1 << 20] {
            let mut out = Vec::new();
            put_leb128(&mut out, value);
            assert_eq!(leb128(&out), Some((value, out.len())));
        }
        assert_eq!(leb128(&[0x80; 9]), None);
    }
}
