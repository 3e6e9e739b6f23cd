//! RTP headers (RFC 3550, extensions RFC 8285): a view without allocation, and a writer into the caller's buffer.

/// Why bytes are not an RTP or RTCP packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Malformed {
    /// Shorter than its fixed header.
    #[error("too short")]
    Short,
    /// The version is not 2.
    #[error("not version 2")]
    Version,
    /// The CSRC list, the extension or the item it announces does not fit into it.
    #[error("a length points beyond the end")]
    Length,
    /// More padding than there is room for, or none where it is announced.
    #[error("padding does not fit")]
    Padding,
}

impl Malformed {
    /// The stable code under which it is counted.
    pub fn code(self) -> &'static str {
        match self {
            Self::Short => "rtp_short",
            Self::Version => "rtp_version",
            Self::Length => "rtp_length",
            Self::Padding => "rtp_padding",
        }
    }
}

/// A sender's own measure of a packet's loudness (RFC 6464).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AudioLevel {
    /// The sender believes it is speech.
    pub voice: bool,
    /// −dBov: 0 is the loudest, 127 is silence.
    pub level: u8,
}

impl AudioLevel {
    /// From the extension's first byte.
    pub fn from_byte(byte: u8) -> Self {
        Self {
            voice: byte & 0x80 != 0,
            level: byte & 0x7f,
        }
    }

    /// The extension's byte.
    pub fn to_byte(self) -> u8 {
        (self.level & 0x7f) | if self.voice { 0x80 } else { 0 }
    }
}

/// Where the parts of an RTP packet lie. Copies nothing.
#[derive(Clone, Copy, Debug)]
pub struct RtpView<'a> {
    bytes: &'a [u8],
    extension_profile: u16,
    extension_start: usize,
    payload_start: usize,
    payload_end: usize,
}

const ONE_BYTE_PROFILE: u16 = 0xBEDE;
const FIXED_HEADER: usize = 12;

impl<'a> RtpView<'a> {
    /// Reads a decrypted packet and checks every length in it (RFC 3550 §5.1, §5.3.1).
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        if bytes.len() < FIXED_HEADER {
            return Err(Malformed::Short);
        }
        if bytes[0] >> 6 != 2 {
            return Err(Malformed::Version);
        }
        let mut offset = FIXED_HEADER + 4 * usize::from(bytes[0] & 0x0f);
        let (mut extension_profile, mut extension_start) = (0, offset);
        if bytes[0] & 0x10 != 0 {
            let head = bytes.get(offset..offset + 4).ok_or(Malformed::Length)?;
            extension_profile = u16::from_be_bytes([head[0], head[1]]);
            extension_start = offset + 4;
            offset = extension_start + 4 * usize::from(u16::from_be_bytes([head[2], head[3]]));
        }
        if offset > bytes.len() {
            return Err(Malformed::Length);
        }
        let mut payload_end = bytes.len();
        if bytes[0] & 0x20 != 0 {
            let padding = usize::from(bytes[bytes.len() - 1]);
            if padding == 0 || padding > bytes.len() - offset {
                return Err(Malformed::Padding);
            }
            payload_end -= padding;
        }
        Ok(Self {
            bytes,
            extension_profile,
            extension_start,
            payload_start: offset,
            payload_end,
        })
    }

    /// The marker bit.
    pub fn marker(&self) -> bool {
        self.bytes[1] & 0x80 != 0
    }

    /// The payload type, 0–127.
    pub fn payload_type(&self) -> u8 {
        self.bytes[1] & 0x7f
    }

    /// The sequence number.
    pub fn sequence(&self) -> u16 {
        u16::from_be_bytes([self.bytes[2], self.bytes[3]])
    }

    /// The timestamp, in ticks of the payload's clock.
    pub fn timestamp(&self) -> u32 {
        u32::from_be_bytes([self.bytes[4], self.bytes[5], self.bytes[6], self.bytes[7]])
    }

    /// The synchronisation source.
    pub fn ssrc(&self) -> u32 {
        u32::from_be_bytes([self.bytes[8], self.bytes[9], self.bytes[10], self.bytes[11]])
    }

    /// Bytes of header, CSRC list and extensions.
    pub fn header_len(&self) -> usize {
        self.payload_start
    }

    /// The payload without padding.
    pub fn payload(&self) -> &'a [u8] {
        &self.bytes[self.payload_start..self.payload_end]
    }

    /// Bytes of padding, the length byte included.
    pub fn padding_len(&self) -> usize {
        self.bytes.len() - self.payload_end
    }

    /// The header extension elements, id and value, in the order in which they are written (RFC 8285 §4.2, §4.3). An
    /// element that does not fit ends the list.
    pub fn extensions(&self) -> Extensions<'a> {
        let bytes = if self.extension_start < self.payload_start {
            &self.bytes[self.extension_start..self.payload_start]
        } else {
            &[]
        };
        Extensions {
            rest: bytes,
            form: match self.extension_profile {
                ONE_BYTE_PROFILE => Form::OneByte,
                profile if profile & 0xfff0 == 0x1000 => Form::TwoByte,
                _ => Form::Unknown,
            },
        }
    }

    /// The value of one extension.
    pub fn extension(&self, id: u8) -> Option<&'a [u8]> {
        self.extensions()
            .find(|&(found, _)| found == id)
            .map(|(_, value)| value)
    }
}

#[derive(Clone, Copy, Debug)]
enum Form {
    OneByte,
    TwoByte,
    Unknown,
}

/// The extension elements of one packet.
#[derive(Clone, Debug)]
pub struct Extensions<'a> {
    rest: &'a [u8],
    form: Form,
}

impl<'a> Iterator for Extensions<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        // Zero bytes between elements are padding.
        while let [0, rest @ ..] = self.rest {
            self.rest = rest;
        }
        let (id, len, rest) = match (self.form, self.rest) {
            // Id 15 ends a one-byte list (RFC 8285 §4.2).
            (Form::OneByte, [head, rest @ ..]) if head >> 4 != 15 => {
                (head >> 4, usize::from(head & 0x0f) + 1, rest)
            }
            (Form::TwoByte, [id, len, rest @ ..]) => (*id, usize::from(*len), rest),
            _ => {
                self.rest = &[];
                return None;
            }
        };
        if rest.len() < len {
            self.rest = &[];
            return None;
        }
        let (value, rest) = rest.split_at(len);
        self.rest = rest;
        Some((id, value))
    }
}

/// The header fields of a packet that goes out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Header {
    /// The marker bit.
    pub marker: bool,
    /// The receiver's payload type.
    pub payload_type: u8,
    /// The sequence number.
    pub sequence: u16,
    /// The timestamp.
    pub timestamp: u32,
    /// The slot's SSRC.
    pub ssrc: u32,
}

/// The ids under which a receiver wants header extensions; `None`: not negotiated, not sent. Ids 1–14.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct ExtensionIds {
    /// `urn:ietf:params:rtp-hdrext:sdes:mid`. A slot has a fixed SSRC in the answer, so this may stay `None`.
    pub mid: Option<u8>,
    /// `urn:ietf:params:rtp-hdrext:ssrc-audio-level`.
    pub audio_level: Option<u8>,
    /// The transport-wide sequence number (draft-holmer-rmcat-transport-wide-cc-extensions-01 §2).
    pub transport_cc: Option<u8>,
    /// The dependency descriptor (AV1 RTP specification, appendix A).
    pub dependencies: Option<u8>,
}

/// Appends a header with its extensions and gives its length: in the one-byte form (RFC 8285 §4.2), or in the two-byte form
/// (§4.3) where a value is longer than 16 bytes. An element with an id outside 1–14 or a value outside 1–255 bytes is
/// left out.
pub fn write_header(out: &mut Vec<u8>, header: &Header, extensions: &[(u8, &[u8])]) -> usize {
    let start = out.len();
    out.push(0x80);
    out.push((header.payload_type & 0x7f) | if header.marker { 0x80 } else { 0 });
    out.extend_from_slice(&header.sequence.to_be_bytes());
    out.extend_from_slice(&header.timestamp.to_be_bytes());
    out.extend_from_slice(&header.ssrc.to_be_bytes());
    let body = out.len() + 4;
    let taken = |id: u8, value: &[u8]| (1..=14).contains(&id) && (1..=255).contains(&value.len());
    let long = extensions
        .iter()
        .any(|(id, value)| taken(*id, value) && value.len() > 16);
    for &(id, value) in extensions {
        if !taken(id, value) {
            continue;
        }
        if out.len() < body {
            out.extend_from_slice(if long {
                &[0x10, 0, 0, 0]
            } else {
                &[0xbe, 0xde, 0, 0]
            });
            out[start] |= 0x10;
        }
        if long {
            out.extend_from_slice(&[id, value.len() as u8]);
        } else {
            out.push(id << 4 | (value.len() - 1) as u8);
        }
        out.extend_from_slice(value);
    }
    if out.len() > body {
        while !(out.len() - body).is_multiple_of(4) {
            out.push(0);
        }
        let words = ((out.len() - body) / 4) as u16;
        out[body - 2..body].copy_from_slice(&words.to_be_bytes());
    }
    out.len() - start
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
    use super::*;

    const HEADER: Header = Header {
        marker: true,
        payload_type: 111,
        sequence: 0x1234,
        timestamp: 0x0102_0304,
        ssrc: 0xa0b0_c0d0,
    };

    #[test]
    fn what_is_written_is_read() {
        let mut bytes = vec![0xff; 3];
        let len = write_header(&mut bytes, &HEADER, &[(4, b"12"), (1, &[0x85])]);
        bytes.extend_from_slice(b"sound");
        let view = RtpView::parse(&bytes[3..]).unwrap();
        assert_eq!(view.header_len(), len);
        assert!(view.marker());
        assert_eq!(
            (
                view.payload_type(),
                view.sequence(),
                view.timestamp(),
                view.ssrc()
            ),
            (111, 0x1234, 0x0102_0304, 0xa0b0_c0d0)
        );
        assert_eq!(view.extension(4), Some(&b"12"[..]));
        assert_eq!(view.extension(1), Some(&[0x85][..]));
        assert_eq!(view.extension(2), None);
        assert_eq!(view.payload(), b"sound");
    }

    #[test]
    fn a_header_without_extensions_is_twelve_bytes() {
        let mut bytes = Vec::new();
        assert_eq!(
            write_header(&mut bytes, &HEADER, &[(15, b"x"), (3, b"")]),
            12
        );
        assert_eq!(
            bytes,
            [0x80, 0xef, 0x12, 0x34, 1, 2, 3, 4, 0xa0, 0xb0, 0xc0, 0xd0]
        );
    }

    #[test]
    fn contributors_and_two_byte_extensions_are_passed_over() {
        let mut bytes = vec![0x92, 96, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3];
        bytes.extend_from_slice(&[0; 8]);
        bytes.extend_from_slice(&[0x10, 0x00, 0, 3]);
        bytes.extend_from_slice(&[20, 0, 0, 21, 5, b'h', b'e', b'l', b'l', b'o', 0, 0]);
        bytes.extend_from_slice(b"pp");
        let view = RtpView::parse(&bytes).unwrap();
        assert_eq!(view.extension(20), Some(&[][..]));
        assert_eq!(view.extension(21), Some(&b"hello"[..]));
        assert_eq!(view.payload(), b"pp");
    }

    #[test]
    fn an_element_beyond_the_extension_ends_the_list() {
        let mut bytes = vec![0x90, 96, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3];
        bytes.extend_from_slice(&[0xbe, 0xde, 0, 1, 0x10, 7, 0x2f, 0]);
        let view = RtpView::parse(&bytes).unwrap();
        assert_eq!(view.extensions().collect::<Vec<_>>(), [(1, &[7][..])]);
    }

    #[test]
    fn padding_is_taken_off_and_checked() {
        let packet = |padding: &[u8]| {
            let mut bytes = vec![0xa0, 96, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3];
            bytes.extend_from_slice(padding);
            bytes
        };
        let bytes = packet(&[9, 9, 0, 2]);
        let view = RtpView::parse(&bytes).unwrap();
        assert_eq!((view.payload(), view.padding_len()), (&[9, 9][..], 2));
        assert!(
            RtpView::parse(&packet(&[0, 0, 3]))
                .unwrap()
                .payload()
                .is_empty()
        );
        assert_eq!(
            RtpView::parse(&packet(&[0, 0, 4])).unwrap_err(),
            Malformed::Padding
        );
        assert_eq!(
            RtpView::parse(&packet(&[0, 0, 0])).unwrap_err(),
            Malformed::Padding
        );
    }

    #[test]
    fn lengths_that_lie_are_refused() {
        let whole = [0x80, 96, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3];
        assert_eq!(RtpView::parse(&whole[..11]).unwrap_err(), Malformed::Short);
        for (first, reason) in [
            (0x40, Malformed::Version),
            (0x81, Malformed::Length),
            (0x90, Malformed::Length),
        ] {
            let mut bytes = whole;
            bytes[0] = first;
            assert_eq!(RtpView::parse(&bytes).unwrap_err(), reason);
        }
        let mut padded = whole;
        padded[0] = 0xa0;
        assert_eq!(RtpView::parse(&padded).unwrap_err(), Malformed::Padding);
    }
}
