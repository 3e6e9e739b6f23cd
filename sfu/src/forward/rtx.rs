//! Retransmission payloads (RFC 4588): the original sequence number in front of the original payload.

use super::rtp::{Header, Malformed, RtpView, write_header};

/// What a packet of a retransmission stream holds.
#[derive(Debug, PartialEq, Eq)]
pub enum Unwrapped<'a> {
    /// The original packet, rebuilt in the same buffer: parse it like any other.
    Original(&'a [u8]),
    /// Padding alone (browsers probe for bandwidth with it): nothing to forward (rule 1).
    Padding,
}

/// Rebuilds the original packet in place: payload type and SSRC of the media stream, the sequence number from the payload
/// (RFC 4588 §4). Extensions stay those of the retransmission.
pub fn unwrap(bytes: &mut [u8], payload_type: u8, ssrc: u32) -> Result<Unwrapped<'_>, Malformed> {
    let view = RtpView::parse(bytes)?;
    let Some(&sequence) = view.payload().first_chunk::<2>() else {
        return Ok(Unwrapped::Padding);
    };
    // The two bytes of the sequence number close up: the header moves over them.
    let header_len = view.header_len();
    bytes.copy_within(..header_len, 2);
    let original = &mut bytes[2..];
    original[1] = (original[1] & 0x80) | (payload_type & 0x7f);
    original[2..4].copy_from_slice(&sequence);
    original[8..12].copy_from_slice(&ssrc.to_be_bytes());
    Ok(Unwrapped::Original(original))
}

/// Appends a retransmission's header and the original sequence number; the original payload follows. `header` is that of the
/// retransmission stream. Gives the header's length.
pub fn write_wrapped(
    out: &mut Vec<u8>,
    header: &Header,
    extensions: &[(u8, &[u8])],
    original_sequence: u16,
) -> usize {
    let len = write_header(out, header, extensions);
    out.extend_from_slice(&original_sequence.to_be_bytes());
    len
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
    use super::*;

    const HEADER: Header = Header {
        marker: true,
        payload_type: 97,
        sequence: 5,
        timestamp: 0xdead_beef,
        ssrc: 0x2222,
    };

    #[test]
    fn what_was_wrapped_comes_out_as_it_was() {
        let mut bytes = Vec::new();
        write_wrapped(&mut bytes, &HEADER, &[(1, &[0x85])], 0xabcd);
        bytes.extend_from_slice(b"payload");
        let Unwrapped::Original(original) = unwrap(&mut bytes, 96, 0x1111).unwrap() else {
            panic!("there was a payload");
        };
        let view = RtpView::parse(original).unwrap();
        assert_eq!(
            (view.payload_type(), view.sequence(), view.ssrc()),
            (96, 0xabcd, 0x1111)
        );
        assert_eq!(view.timestamp(), HEADER.timestamp);
        assert!(view.marker());
        assert_eq!(view.payload(), b"payload");
        assert_eq!(view.extension(1), Some(&[0x85][..]));
    }

    #[test]
    fn padding_behind_the_payload_stays_padding() {
        let mut bytes = Vec::new();
        write_wrapped(&mut bytes, &HEADER, &[], 9);
        bytes.extend_from_slice(b"xy\0\0\x03");
        bytes[0] |= 0x20;
        let Unwrapped::Original(original) = unwrap(&mut bytes, 96, 1).unwrap() else {
            panic!("there was a payload");
        };
        assert_eq!(RtpView::parse(original).unwrap().payload(), b"xy");
    }

    #[test]
    fn rule_1_padding_alone_is_dropped() {
        let mut bytes = Vec::new();
        write_header(&mut bytes, &HEADER, &[]);
        bytes.extend_from_slice(&[0; 254]);
        bytes.push(255);
        bytes[0] |= 0x20;
        assert_eq!(unwrap(&mut bytes, 96, 1), Ok(Unwrapped::Padding));
    }
}
