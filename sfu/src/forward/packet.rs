//! One accepted media packet on its way from an [`Upstream`](super::upstream::Upstream) to the slots.

use std::time::Instant;

use super::dependency::MAX_BYTES;
use super::layering::Layering;
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
    /// How it is to be read beyond its codec.
    pub shape: Shape,
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
            shape: self.shape,
            payload,
            received: self.received,
        }
    }
}

impl<'a> Packet<'a> {
    /// The payload without earlier packets in front of it.
    pub fn primary(&self) -> &'a [u8] {
        let at = usize::from(self.shape.primary_at);
        self.payload.get(at..).unwrap_or_default()
    }
}

/// How a packet is to be read beyond its codec.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Shape {
    /// Where the payload's own sound begins: before it earlier packets are repeated (RED, RFC 2198). 0: they are not.
    pub primary_at: u16,
    /// Which levels of its stream need it.
    pub layering: Layering,
    dependencies: Dependencies,
}

impl Shape {
    /// Keeps the value of the packet's dependency descriptor, if it is not too long.
    pub fn set_dependencies(&mut self, value: &[u8]) {
        if let Some(bytes) = self.dependencies.bytes.get_mut(..value.len()) {
            bytes.copy_from_slice(value);
            self.dependencies.len = value.len() as u8;
        }
    }

    /// The value of the packet's dependency descriptor; empty where there is none.
    pub fn dependencies(&self) -> &[u8] {
        &self.dependencies.bytes[..usize::from(self.dependencies.len)]
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Dependencies {
    len: u8,
    bytes: [u8; MAX_BYTES],
}

impl Default for Dependencies {
    fn default() -> Self {
        Self {
            len: 0,
            bytes: [0; MAX_BYTES],
        }
    }
}
