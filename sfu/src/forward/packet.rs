//! One accepted media packet on its way from an [`Upstream`](super::upstream::Upstream) to the slots.

use std::time::Instant;

use super::rtp::AudioLevel;
use crate::ids::{Codec, TrackId};

/// Names one RTP stream: a track whose sender changes its SSRC goes on as another stream.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct StreamId {
    /// The track it belongs to.
    pub track: TrackId,
    /// The SSRC it was sent with.
    pub ssrc: u32,
    /// Which of the track's simulcast layers it is: 0 is the smallest picture, and the only one without simulcast.
    pub layer: u8,
}

impl StreamId {
    /// The layer whose stream this is.
    pub fn layer_id(self) -> LayerId {
        LayerId {
            track: self.track,
            layer: self.layer,
        }
    }
}

/// Names one layer of a track, whichever SSRC it is sent with.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct LayerId {
    /// The track.
    pub track: TrackId,
    /// The layer; see [`StreamId::layer`].
    pub layer: u8,
}

/// A packet as its sender sent it: decrypted, unwrapped from RTX, seen for the first time.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Packet<'a> {
    /// Where it comes from.
    pub stream: StreamId,
    /// What the payload is.
    pub codec: Codec,
    /// Extended sequence number: its low 16 bits are the RTP sequence number, and it never wraps.
    pub index: u64,
    /// How many numbers the newest packet of the stream is ahead of this one: 0 for one that came in order.
    pub behind: u64,
    /// RTP timestamp, in ticks of the codec's clock.
    pub timestamp: u32,
    /// RTP marker bit.
    pub marker: bool,
    /// Begins a picture that needs no other (always `false` for sound).
    pub keyframe: bool,
    /// The sender's own measure of its loudness (RFC 6464).
    pub level: Option<AudioLevel>,
    /// The payload without padding. Empty in a packet of padding alone: it is forwarded, because its sequence number
    /// would be missed otherwise, but it is nothing for a recording.
    pub payload: &'a [u8],
    /// When it arrived.
    pub received: Instant,
}

impl Packet<'_> {
    /// The same packet with this payload.
    pub fn with_payload<'b>(&self, payload: &'b [u8]) -> Packet<'b> {
        Packet {
            stream: self.stream,
            codec: self.codec,
            index: self.index,
            behind: self.behind,
            timestamp: self.timestamp,
            marker: self.marker,
            keyframe: self.keyframe,
            level: self.level,
            payload,
            received: self.received,
        }
    }
}
