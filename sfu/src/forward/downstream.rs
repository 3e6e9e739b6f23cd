//! One outgoing slot: follows one track after another as a single unbroken RTP stream.

use std::time::{Duration, Instant};

use super::packet::{Packet, StreamId};
use super::rtcp::{ReportBlock, SenderInfo};
use super::rtp::ExtensionIds;
use crate::ids::{Codec, Kind, TrackId};

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
}

impl PayloadTypes {
    /// Notes a codec's payload types.
    pub fn set(&mut self, codec: Codec, payload_type: PayloadType) {
        self.0[codec as usize] = Some(payload_type);
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

/// One outgoing slot.
#[derive(Debug)]
pub struct Downstream {
    config: DownstreamConfig,
    wanted: Option<TrackId>,
}

impl Downstream {
    /// An empty slot.
    pub fn new(config: DownstreamConfig, _now: Instant) -> Self {
        Self {
            config,
            wanted: None,
        }
    }

    /// What it was made with.
    pub fn config(&self) -> &DownstreamConfig {
        &self.config
    }

    /// Takes over what a further offer negotiated. SSRCs and numbers stay.
    pub fn renegotiate(&mut self, payload_types: PayloadTypes, extensions: ExtensionIds) {
        self.config.payload_types = payload_types;
        self.config.extensions = extensions;
    }

    /// Says what the slot should show from now on. Sound changes with the next packet; a picture at the wanted track's next
    /// keyframe, and until then (1 s at most) the old one goes on. `None` empties the slot at once.
    pub fn want(&mut self, track: Option<TrackId>, _now: Instant) {
        self.wanted = track;
    }

    /// What the slot should show.
    pub fn wanted(&self) -> Option<TrackId> {
        self.wanted
    }

    /// What the slot shows.
    pub fn current(&self) -> Option<StreamId> {
        None
    }

    /// The track a keyframe of which is needed before the slot can show it. Ask after [`Self::want`] and after a
    /// [`Self::forward`] that gave `None`.
    pub fn needs_keyframe(&self) -> Option<TrackId> {
        None
    }

    /// The receiver asks for a keyframe (PLI, FIR): of which track. `None` for an empty slot, which keeps its last picture
    /// and may ask for another for ever (rule 7), and for sound.
    pub fn keyframe_wanted_by_viewer(&self) -> Option<TrackId> {
        None
    }

    /// Whether packets of this track may interest the slot (cheap; ask before [`Self::forward`]).
    pub fn follows(&self, _track: TrackId) -> bool {
        false
    }

    /// Appends the packet as this slot sends it; `None`: not for this slot, or not now.
    pub fn forward(
        &mut self,
        _packet: &Packet<'_>,
        _now: Instant,
        _out: &mut Vec<u8>,
    ) -> Option<Written> {
        None
    }

    /// Answers a NACK for one sequence number of this slot: appends the retransmission. `cached` finds the packet in
    /// [`super::upstream::Upstream::cached`] of that stream. `None`: not ours, no longer kept, sent again within the last
    /// round trip, or the budget (half of what was sent, and a burst) is spent.
    pub fn resend<'a>(
        &mut self,
        _sequence: u16,
        _cached: impl FnOnce(StreamId, u64) -> Option<Packet<'a>>,
        _now: Instant,
        _out: &mut Vec<u8>,
    ) -> Option<Written> {
        None
    }

    /// A sender report of `stream` as this slot sends it on; `None` unless the slot shows that stream. Write it with
    /// [`super::rtcp_write::sender_report`] and this slot's SSRC.
    pub fn sender_report(
        &mut self,
        _stream: StreamId,
        _info: &SenderInfo,
        _now: Instant,
    ) -> Option<SenderInfo> {
        None
    }

    /// The receiver's report about this slot (or its retransmissions): gives the round trip time.
    pub fn on_report_block(&mut self, _block: &ReportBlock, _now: Instant) {}

    /// Smoothed round trip time to the receiver, once it is known.
    pub fn rtt(&self) -> Option<Duration> {
        None
    }
}
