//! What a slot is made with, and what it writes.

use super::rtp::ExtensionIds;
use crate::ids::{Codec, Kind};

/// The receiver's payload types, by codec.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct PayloadTypes([Option<PayloadType>; 5]);

/// A codec's payload type and that of its retransmissions, if negotiated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PayloadType {
    /// For the media.
    pub media: u8,
    /// For RTX (RFC 4588).
    pub rtx: Option<u8>,
    /// For packets with earlier ones repeated in front (RED, RFC 2198).
    pub red: Option<u8>,
}

impl PayloadTypes {
    /// Notes a codec's payload types.
    pub fn set(&mut self, codec: Codec, payload_type: PayloadType) {
        self.0[codec as usize] = Some(payload_type);
    }

    /// The payload type of retransmissions of the first codec that has them.
    pub fn rtx(&self) -> Option<u8> {
        self.0
            .iter()
            .flatten()
            .find_map(|payload_type| payload_type.rtx)
    }

    /// A codec's payload types; `None`: the receiver does not take it.
    pub fn get(&self, codec: Codec) -> Option<PayloadType> {
        self.0[codec as usize]
    }
}

/// What a slot is made with. The three first numbers should be random.
#[derive(Clone, Debug)]
pub struct DownstreamConfig {
    /// What fits into it.
    pub kind: Kind,
    /// The slot's m-line, for the MID extension.
    pub mid: String,
    /// Its SSRC, as in the answer.
    pub ssrc: u32,
    /// That of its retransmissions, as in the answer.
    pub rtx_ssrc: u32,
    /// The first sequence number; its highest bit is ignored (RFC 3711 §3.3.1: keeps the first rollover unambiguous).
    pub first_sequence: u16,
    /// The first retransmission's; likewise.
    pub first_rtx_sequence: u16,
    /// The first timestamp.
    pub first_timestamp: u32,
    /// The receiver's payload types.
    pub payload_types: PayloadTypes,
    /// The receiver's extension ids.
    pub extensions: ExtensionIds,
}

/// A packet that was appended to the caller's buffer, ready to be sealed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Written {
    /// The SSRC in it: the slot's, or that of its retransmissions.
    pub ssrc: u32,
    /// The SRTP packet index (RFC 3711 §3.3.1): rollover counter × 65536 + sequence number. It comes once per SSRC, except
    /// that a resend without RTX repeats it with the same bytes, which seals to the same ciphertext.
    pub index: u64,
    /// Bytes of header and extensions.
    pub header_len: usize,
    /// Bytes in all.
    pub len: usize,
    /// The first packet of another stream in this slot.
    pub switched: bool,
}
