//! VP8 (RFC 7741): takes the payload descriptor off.

use bytes::Bytes;

use super::{Format, Picture};

/// One picture of these packets; `None` when its beginning is missing or a descriptor is malformed.
pub(super) fn picture(packets: &[Bytes]) -> Option<Picture> {
    let mut data = Vec::with_capacity(packets.iter().map(Bytes::len).sum());
    for (index, packet) in packets.iter().enumerate() {
        let (begins, length) = descriptor(packet)?;
        if index == 0 && !begins {
            return None;
        }
        data.extend_from_slice(packet.get(length..)?);
    }
    let format = format(&data);
    Some((data.into(), format))
}

/// Whether the first partition begins here, and how long the descriptor is (RFC 7741, 4.2).
fn descriptor(packet: &[u8]) -> Option<(bool, usize)> {
    let first = *packet.first()?;
    let begins = first & 0x17 == 0x10;
    if first & 0x80 == 0 {
        return Some((begins, 1));
    }
    let extension = *packet.get(1)?;
    let mut length = 2;
    if extension & 0x80 != 0 {
        length += if *packet.get(length)? & 0x80 != 0 {
            2
        } else {
            1
        };
    }
    length += usize::from(extension & 0x40 != 0);
    length += usize::from(extension & 0x30 != 0);
    Some((begins, length))
}

/// The size that a keyframe's header gives (RFC 6386, 9.1).
fn format(frame: &[u8]) -> Option<Format> {
    let header = frame.first_chunk::<10>()?;
    if header[0] & 1 != 0 || header[3..6] != [0x9d, 0x01, 0x2a] {
        return None;
    }
    let size = |low: u8, high: u8| u32::from(u16::from_le_bytes([low, high]) & 0x3fff);
    Some(Format {
        width: size(header[6], header[7]),
        height: size(header[8], header[9]),
        codec_data: Bytes::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptors_of_every_length_are_taken_off() {
        assert_eq!(descriptor(&[0x10, 1]), Some((true, 1)));
        assert_eq!(descriptor(&[0x00, 1]), Some((false, 1)));
        assert_eq!(descriptor(&[0x11, 1]), Some((false, 1)), "second partition");
        assert_eq!(descriptor(&[0x90, 0x80, 0x05]), Some((true, 3)));
        assert_eq!(descriptor(&[0x90, 0x80, 0x85, 0x01]), Some((true, 4)));
        assert_eq!(descriptor(&[0x90, 0xf0, 0x85, 0x01, 1, 2]), Some((true, 6)));
        assert_eq!(descriptor(&[0x90, 0x80]), None);
    }

    #[test]
    fn a_picture_without_its_beginning_is_refused() {
        let begin = Bytes::from_static(&[0x10, 0x31, 0, 0]);
        let middle = Bytes::from_static(&[0x00, 7, 8]);
        let (data, format) = picture(&[begin, middle.clone()]).expect("whole");
        assert_eq!(&data[..], [0x31, 0, 0, 7, 8]);
        assert_eq!(format, None);
        assert_eq!(picture(&[middle]), None);
    }
}
