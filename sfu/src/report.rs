//! How shards, rooms and seats are doing: a picture of one moment, for people who look after a server. It names rooms and
//! seats, and nobody: who sits there is not known here.

use std::time::Duration;

use serde::Serialize;

use crate::Stats;
use crate::ids::{Codec, ParticipantId, RoomId, Source};

/// Rooms that one report of a shard names, the fullest first; the others are only counted.
pub const MAX_ROOMS: usize = 256;
/// Seats of one room that a report names, in the order of joining.
pub const MAX_SEATS: usize = 512;

/// One shard.
#[derive(Clone, Default, Debug, Serialize)]
pub struct ShardReport {
    /// Which: the first is 0.
    pub shard: usize,
    /// Its counters.
    pub stats: Stats,
    /// Its rooms, at most [`MAX_ROOMS`], the fullest first.
    pub rooms: Vec<RoomReport>,
    /// How many rooms more it has.
    pub more_rooms: usize,
}

/// One room, as one shard sees it.
#[derive(Clone, Debug, Serialize)]
pub struct RoomReport {
    /// Its name.
    pub room: RoomId,
    /// Media connections that work.
    pub connected: usize,
    /// Somebody records it.
    pub fed: bool,
    /// What all of it together sends to us, now.
    pub received: Rate,
    /// What is sent to all of it together, now.
    pub sent: Rate,
    /// Layers of pictures that come, and that somebody needs.
    pub layers: LayerCount,
    /// Keyframes that the running streams were asked for since they began.
    pub keyframes_asked: u64,
    /// Slots whose picture was taken away because the network does not carry it.
    pub paused: usize,
    /// The worst of its seats.
    pub worst: Path,
    /// Its seats; only in the report of one room.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub seats: Vec<SeatReport>,
}

impl RoomReport {
    /// Takes over what another shard says of the same room.
    pub fn absorb(&mut self, other: RoomReport) {
        self.connected += other.connected;
        self.fed |= other.fed;
        self.received += other.received;
        self.sent += other.sent;
        self.layers.sent += other.layers.sent;
        self.layers.wanted += other.layers.wanted;
        self.keyframes_asked += other.keyframes_asked;
        self.paused += other.paused;
        self.worst.worsen(&other.worst);
        self.seats.extend(other.seats);
    }
}

/// Packets and bits of the last whole second.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize)]
pub struct Rate {
    /// Packets per second.
    pub packets: u64,
    /// Bits per second.
    pub bits: u64,
}

impl std::ops::AddAssign for Rate {
    fn add_assign(&mut self, other: Self) {
        self.packets += other.packets;
        self.bits += other.bits;
    }
}

/// Layers of pictures.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize)]
pub struct LayerCount {
    /// That come.
    pub sent: usize,
    /// That the senders were told to send.
    pub wanted: usize,
}

/// What is known of the way to a receiver; of several, the worst of each.
#[derive(Clone, Copy, PartialEq, Default, Debug, Serialize)]
pub struct Path {
    /// Round trip in ms; `None`: not measured yet.
    pub rtt_ms: Option<u64>,
    /// Share of packets lost lately on the way to it, 0–1.
    pub loss_down: Option<f64>,
    /// Share of packets lost lately on the way from it, 0–1.
    pub loss_up: Option<f64>,
    /// What its network carries, estimated, in bit/s.
    pub estimate_bps: Option<u64>,
}

impl Path {
    /// Takes over what is worse.
    pub fn worsen(&mut self, other: &Path) {
        let larger = |a: Option<f64>, b: Option<f64>| match (a, b) {
            (Some(a), Some(b)) => Some(a.max(b)),
            (a, b) => a.or(b),
        };
        self.rtt_ms = self.rtt_ms.max(other.rtt_ms);
        self.loss_down = larger(self.loss_down, other.loss_down);
        self.loss_up = larger(self.loss_up, other.loss_up);
        self.estimate_bps = match (self.estimate_bps, other.estimate_bps) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
    }
}

/// One seat.
#[derive(Clone, Debug, Serialize)]
pub struct SeatReport {
    /// Which.
    pub participant: ParticipantId,
    /// Its media connection works.
    pub connected: bool,
    /// It comes by TCP.
    pub tcp: bool,
    /// What it sends to us, now.
    pub received: Rate,
    /// What is sent to it, now.
    pub sent: Rate,
    /// Its tracks.
    pub tracks: Vec<TrackReport>,
    /// Slots that show somebody.
    pub shown: usize,
    /// Slots whose picture was taken away because the network does not carry it.
    pub paused: usize,
    /// The way to it.
    pub path: Path,
}

/// One track that a seat sends.
#[derive(Clone, Debug, Serialize)]
pub struct TrackReport {
    /// Where it comes from.
    pub source: Source,
    /// What it is.
    pub codec: Codec,
    /// Its layers, the smallest first; one without simulcast.
    pub layers: Vec<LayerReport>,
}

/// One layer of a track.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct LayerReport {
    /// Its rid; empty without simulcast.
    pub rid: String,
    /// It comes.
    pub sent: bool,
    /// Somebody needs it.
    pub wanted: bool,
    /// Bits per second of payload.
    pub bits: u64,
    /// Lines of its pictures; 0: not known, or sound.
    pub lines: u16,
}

/// As milliseconds.
pub(crate) fn ms(duration: Duration) -> u64 {
    duration.as_millis() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_of_two_paths_is_the_worst_of_each_number() {
        let mut worst = Path {
            rtt_ms: Some(20),
            loss_down: None,
            loss_up: Some(0.2),
            estimate_bps: Some(2_000_000),
        };
        worst.worsen(&Path {
            rtt_ms: None,
            loss_down: Some(0.01),
            loss_up: Some(0.1),
            estimate_bps: Some(300_000),
        });
        let expected = Path {
            rtt_ms: Some(20),
            loss_down: Some(0.01),
            loss_up: Some(0.2),
            estimate_bps: Some(300_000),
        };
        assert_eq!(worst, expected);
    }
}
