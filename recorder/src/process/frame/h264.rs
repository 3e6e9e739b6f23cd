//! H264 (RFC 6184, packetization mode 1): access units with length prefixes, and the parameter sets beside them as `avcC`.

use bytes::Bytes;

use super::bits::Bits;
use super::{Format, Picture};

const IDR: u8 = 5;
const SPS: u8 = 7;
const PPS: u8 = 8;
const DELIMITER: u8 = 9;
const FILLER: u8 = 12;

/// One access unit of these packets; `None` when a packet is malformed.
pub(super) fn picture(packets: &[Bytes]) -> Option<Picture> {
    let mut units: Vec<Vec<u8>> = Vec::new();
    let mut fragment: Option<Vec<u8>> = None;
    for packet in packets {
        let header = *packet.first()?;
        match header & 0x1f {
            1..=23 => units.push(packet.to_vec()),
            24 => aggregated(packet.get(1..)?, &mut units)?,
            28 => {
                let indicator = *packet.get(1)?;
                if indicator & 0x80 != 0 {
                    fragment = Some(vec![header & 0xe0 | indicator & 0x1f]);
                }
                let unit = fragment.as_mut()?;
                unit.extend_from_slice(packet.get(2..)?);
                if indicator & 0x40 != 0 {
                    units.extend(fragment.take());
                }
            }
            _ => return None,
        }
    }
    if fragment.is_some() {
        return None;
    }
    Some(access_unit(&units))
}

/// STAP-A (RFC 6184, 5.7.1).
fn aggregated(mut rest: &[u8], units: &mut Vec<Vec<u8>>) -> Option<()> {
    while !rest.is_empty() {
        let length = usize::from(u16::from_be_bytes(*rest.first_chunk()?));
        let unit = rest.get(2..2 + length)?;
        if !unit.is_empty() {
            units.push(unit.to_vec());
        }
        rest = &rest[2 + length..];
    }
    Some(())
}

fn access_unit(units: &[Vec<u8>]) -> Picture {
    let (mut data, mut idr) = (Vec::new(), false);
    let (mut sps, mut pps): (Vec<&[u8]>, Vec<&[u8]>) = (Vec::new(), Vec::new());
    for unit in units {
        match unit[0] & 0x1f {
            SPS => sps.push(unit),
            PPS => pps.push(unit),
            DELIMITER | FILLER => {}
            kind => {
                idr |= kind == IDR;
                data.extend_from_slice(&(unit.len() as u32).to_be_bytes());
                data.extend_from_slice(unit);
            }
        }
    }
    let format = if idr { configuration(&sps, &pps) } else { None };
    (data.into(), format)
}

/// `avcC` (ISO/IEC 14496-15, 5.3.3.1) of the parameter sets that came with a keyframe.
fn configuration(sps: &[&[u8]], pps: &[&[u8]]) -> Option<Format> {
    let first = *sps.first()?;
    let (width, height) = size(first)?;
    let count = |sets: &[&[u8]], most: usize| {
        u8::try_from(sets.len())
            .ok()
            .filter(|n| usize::from(*n) <= most)
    };
    let mut record = vec![1, *first.get(1)?, *first.get(2)?, *first.get(3)?, 0xff];
    record.push(0xe0 | count(sps, 31)?);
    let put = |record: &mut Vec<u8>, set: &[u8]| -> Option<()> {
        record.extend_from_slice(&u16::try_from(set.len()).ok()?.to_be_bytes());
        record.extend_from_slice(set);
        Some(())
    };
    for set in sps {
        put(&mut record, set)?;
    }
    record.push(count(pps, 255).filter(|n| *n > 0)?);
    for set in pps {
        put(&mut record, set)?;
    }
    Some(Format {
        width,
        height,
        codec_data: record.into(),
    })
}

/// Width and height of a sequence parameter set (H.264, 7.3.2.1.1).
fn size(sps: &[u8]) -> Option<(u32, u32)> {
    let plain = unescaped(sps.get(1..)?);
    let mut bits = Bits::new(&plain);
    let profile = bits.number(8)?;
    bits.number(16)?;
    bits.golomb()?;
    let mut chroma = 1;
    if [100, 110, 122, 244, 44, 83, 86, 118, 128, 138].contains(&profile) {
        chroma = bits.golomb()?;
        // 4:4:4 and scaling lists: nothing that a browser sends by this name.
        if chroma == 3 || bits.golomb()? > 6 || bits.golomb()? > 6 {
            return None;
        }
        bits.flag()?;
        if bits.flag()? {
            return None;
        }
    }
    bits.golomb()?;
    match bits.golomb()? {
        0 => {
            bits.golomb()?;
        }
        1 => {
            bits.flag()?;
            bits.skip_signed_golomb()?;
            bits.skip_signed_golomb()?;
            for _ in 0..bits.golomb()?.min(255) {
                bits.skip_signed_golomb()?;
            }
        }
        _ => {}
    }
    bits.golomb()?;
    bits.flag()?;
    let width = bits.golomb()?.checked_add(1)?.checked_mul(16)?;
    let rows = bits.golomb()?.checked_add(1)?;
    let frames_only = u32::from(bits.flag()?);
    let height = rows.checked_mul(16)?.checked_mul(2 - frames_only)?;
    if frames_only == 0 {
        bits.flag()?;
    }
    bits.flag()?;
    let (mut across, mut down) = (0u32, 0u32);
    if bits.flag()? {
        let unit_x = if chroma == 0 { 1 } else { 2 };
        let unit_y = if chroma == 1 { 2 } else { 1 } * (2 - frames_only);
        across = bits
            .golomb()?
            .checked_add(bits.golomb()?)?
            .checked_mul(unit_x)?;
        down = bits
            .golomb()?
            .checked_add(bits.golomb()?)?
            .checked_mul(unit_y)?;
    }
    let width = width
        .checked_sub(across)
        .filter(|w| (1..=16_384).contains(w))?;
    let height = height
        .checked_sub(down)
        .filter(|h| (1..=16_384).contains(h))?;
    Some((width, height))
}

/// Without the bytes that keep start codes out (H.264, 7.4.1).
fn unescaped(unit: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(unit.len());
    let mut zeros = 0;
    for byte in unit {
        if zeros >= 2 && *byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if *byte == 0 { zeros + 1 } else { 0 };
        plain.push(*byte);
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Constrained baseline, 640 × 360 (cropped from 368).
    const SPS_360: &[u8] = &[
        0x67, 0x42, 0xc0, 0x1e, 0xda, 0x02, 0x80, 0xbf, 0xe5, 0xc0, 0x44, 0x00, 0x00, 0x03, 0x00,
        0x04, 0x00, 0x00, 0x03, 0x00, 0xf0, 0x3c, 0x58, 0xba, 0x80,
    ];

    #[test]
    fn the_size_is_read() {
        assert_eq!(size(SPS_360), Some((640, 360)));
        assert_eq!(size(&SPS_360[..6]), None);
    }

    #[test]
    fn single_aggregated_and_fragmented_units_become_an_access_unit() {
        let mut stap = vec![0x78, 0, SPS_360.len() as u8];
        stap.extend_from_slice(SPS_360);
        stap.extend_from_slice(&[0, 4, 0x68, 0xce, 0x3c, 0x80]);
        let packets = [
            Bytes::from(stap),
            Bytes::from_static(&[0x7c, 0x85, 1, 2]),
            Bytes::from_static(&[0x7c, 0x05, 3]),
            Bytes::from_static(&[0x7c, 0x45, 4]),
            Bytes::from_static(&[0x06, 9]),
        ];
        let (data, format) = picture(&packets).expect("whole");
        assert_eq!(&data[..], [0, 0, 0, 5, 0x65, 1, 2, 3, 4, 0, 0, 0, 2, 6, 9]);
        let format = format.expect("a keyframe");
        assert_eq!((format.width, format.height), (640, 360));
        assert_eq!(format.codec_data[..6], [1, 0x42, 0xc0, 0x1e, 0xff, 0xe1]);
        assert_eq!(picture(&packets[1..3]), None, "an end is missing");
        assert_eq!(picture(&packets[2..]), None, "a beginning is missing");
    }
}
