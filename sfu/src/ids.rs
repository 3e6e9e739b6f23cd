//! The names the media plane knows things by. None of them says anything about a person.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A room's name. Opaque here: who may use it was decided by whoever signed the join ticket.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct RoomId(pub Arc<str>);

impl RoomId {
    /// A room by its name.
    pub fn new(name: &str) -> Self {
        Self(Arc::from(name))
    }
}

impl fmt::Display for RoomId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One seat in one room, unique within this process and never used again in it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct ParticipantId(pub u64);

/// One stream of one source of one participant. A participant who reconnects gets new tracks.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct TrackId(pub u64);

/// What is heard or what is seen.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Sound: Opus, 48 kHz clock.
    Audio,
    /// Picture: VP8, VP9, H264 or AV1, 90 kHz clock.
    Video,
}

/// Where a track comes from, as the sender says it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A voice.
    Microphone,
    /// A face.
    Camera,
    /// A shared screen; it has a slot of its own.
    Screen,
}

/// A codec, with what must be equal for two payload types to mean the same bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Codec {
    /// RFC 6716, RFC 7587.
    Opus,
    /// RFC 7741.
    Vp8,
    /// RFC 9628, profile 0.
    Vp9,
    /// RFC 6184, packetization-mode 1, constrained baseline.
    H264,
    /// The AV1 RTP specification of the Alliance for Open Media.
    Av1,
}

impl Codec {
    /// Ticks of the RTP clock in a second.
    pub fn clock_rate(self) -> u32 {
        if self == Codec::Opus { 48_000 } else { 90_000 }
    }

    /// Sound or picture.
    pub fn kind(self) -> Kind {
        if self == Codec::Opus {
            Kind::Audio
        } else {
            Kind::Video
        }
    }
}
