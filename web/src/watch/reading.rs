//! Shards, rooms and seats at one reading, as the operators' pages get them. A seat is its number and its role in the
//! room, and nothing else of who sits there.

use serde::Serialize;
use sfu::report::{Path, Rate, TrackReport};
use sfu::{RoomReport, ShardReport, Stats};
use signaling::{RecordingStatus, RoomOverview, SeatRole};

use super::{Counted, Pace, RoomPoint, tenths};

/// Refusals that are drops of a full queue.
const DROPS: [&str; 3] = ["send_dropped", "tcp_dropped", "event_dropped"];
/// Seats that one answer names, as many as the media plane does.
const MAX_SEATS: usize = sfu::report::MAX_SEATS;

/// A shard.
#[derive(Clone, Debug, Serialize)]
pub struct ShardNow {
    /// Which.
    pub shard: usize,
    /// Its rooms.
    pub rooms: usize,
    /// Media connections that work.
    pub connected: usize,
    /// What full queues dropped since the start.
    pub dropped: u64,
    /// What it does.
    #[serde(flatten)]
    pub pace: Pace,
}

impl ShardNow {
    pub(super) fn of(report: &ShardReport, pace: Pace) -> Self {
        let refused = &report.stats.refused;
        Self {
            shard: report.shard,
            rooms: report.stats.rooms,
            connected: report.stats.participants,
            dropped: DROPS.iter().filter_map(|reason| refused.get(reason)).sum(),
            pace,
        }
    }
}

pub(super) fn counted(stats: &Stats) -> Counted {
    Counted {
        cpu_us: stats.cpu_us,
        packets_in: stats.packets_in,
        packets_out: stats.packets_out,
        bytes_in: stats.bytes_in,
        bytes_out: stats.bytes_out,
    }
}

/// What a room is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RoomKind {
    /// A reception.
    Reception,
    /// Somebody checks their line.
    Check,
    /// Made by a ticket of the operator's.
    Other,
}

/// A room.
#[derive(Clone, Debug, Serialize)]
pub struct RoomNow {
    /// Its name.
    pub room: String,
    /// What it is for.
    pub kind: RoomKind,
    /// What the reception is called.
    pub title: Option<String>,
    /// Seats of those who take part.
    pub participants: usize,
    /// Seats of those who only watch.
    pub viewers: usize,
    /// Media connections that work.
    pub connected: usize,
    /// Seconds since the first of the seats was taken.
    pub open_s: u64,
    /// How its recording stands.
    pub recording: RecordingStatus,
    /// What its seats send.
    pub received: Rate,
    /// What they receive.
    pub sent: Rate,
    /// Layers that come.
    pub layers_sent: usize,
    /// Layers that somebody needs.
    pub layers_wanted: usize,
    /// Keyframes that were asked for.
    pub keyframes_asked: u64,
    /// Pictures that a network does not carry.
    pub paused: usize,
    /// The worst of its seats.
    #[serde(flatten)]
    pub worst: PathNow,
    /// Bits per second that left, of the last minute; only in the list of rooms.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub recent: Vec<u64>,
}

impl RoomNow {
    pub(super) fn of(overview: &RoomOverview, media: Option<&RoomReport>) -> Self {
        let layers = media.map(|m| m.layers).unwrap_or_default();
        Self {
            kind: kind(&overview.room),
            room: overview.room.clone(),
            title: None,
            participants: overview.participants,
            viewers: overview.viewers,
            connected: media.map_or(0, |m| m.connected),
            open_s: overview.open_for.as_secs(),
            recording: overview.recording,
            received: media.map(|m| m.received).unwrap_or_default(),
            sent: media.map(|m| m.sent).unwrap_or_default(),
            layers_sent: layers.sent,
            layers_wanted: layers.wanted,
            keyframes_asked: media.map_or(0, |m| m.keyframes_asked),
            paused: media.map_or(0, |m| m.paused),
            worst: media.map(|m| PathNow::of(&m.worst)).unwrap_or_default(),
            recent: Vec::new(),
        }
    }

    pub(super) fn point(&self, seq: u64) -> RoomPoint {
        let loss = |loss: Option<f64>| loss.unwrap_or(0.0);
        RoomPoint {
            seq,
            bits_in: self.received.bits,
            bits_out: self.sent.bits,
            loss: loss(self.worst.loss_down).max(loss(self.worst.loss_up)),
            rtt_ms: self.worst.rtt_ms,
            connected: self.connected,
        }
    }
}

fn kind(room: &str) -> RoomKind {
    if civic_api::conferences::conference_of(room).is_some() {
        RoomKind::Reception
    } else if room.starts_with(crate::check::ROOM_PREFIX) {
        RoomKind::Check
    } else {
        RoomKind::Other
    }
}

/// The way to somebody.
#[derive(Clone, Copy, Default, Debug, Serialize)]
pub struct PathNow {
    /// Round trip in ms.
    pub rtt_ms: Option<u64>,
    /// Percent of packets lost on the way to them.
    pub loss_down: Option<f64>,
    /// Percent of packets lost on the way from them.
    pub loss_up: Option<f64>,
    /// What their network carries, estimated, in bit/s.
    pub estimate_bps: Option<u64>,
}

impl PathNow {
    fn of(path: &Path) -> Self {
        let percent = |share: f64| tenths(share * 100.0);
        Self {
            rtt_ms: path.rtt_ms,
            loss_down: path.loss_down.map(percent),
            loss_up: path.loss_up.map(percent),
            estimate_bps: path.estimate_bps,
        }
    }
}

/// A seat.
#[derive(Clone, Debug, Serialize)]
pub struct SeatNow {
    /// Its number in the room.
    pub seat: u32,
    /// What it is in the room.
    pub role: SeatRole,
    /// Its page is connected.
    pub connected: bool,
    /// Its media connection; `None`: there is none.
    pub media: Option<SeatMedia>,
}

/// A seat's media connection.
#[derive(Clone, Debug, Serialize)]
pub struct SeatMedia {
    /// It works.
    pub connected: bool,
    /// It goes by TCP.
    pub tcp: bool,
    /// What it sends.
    pub received: Rate,
    /// What is sent to it.
    pub sent: Rate,
    /// Its tracks.
    pub tracks: Vec<TrackReport>,
    /// Slots that show somebody.
    pub shown: usize,
    /// Pictures that its network does not carry.
    pub paused: usize,
    /// The way to it.
    #[serde(flatten)]
    pub path: PathNow,
}

impl SeatNow {
    pub(super) fn all(overview: &RoomOverview, media: Option<&RoomReport>) -> Vec<Self> {
        let reports = media.map(|m| &m.seats[..]).unwrap_or_default();
        let seats = overview.seats.iter().take(MAX_SEATS);
        seats
            .map(|seat| {
                let mut reports = reports.iter();
                let report = reports.find(|report| report.participant.0 == seat.participant);
                Self {
                    seat: seat.seat,
                    role: seat.role,
                    connected: seat.connected,
                    media: report.map(|report| SeatMedia {
                        connected: report.connected,
                        tcp: report.tcp,
                        received: report.received,
                        sent: report.sent,
                        tracks: report.tracks.clone(),
                        shown: report.shown,
                        paused: report.paused,
                        path: PathNow::of(&report.path),
                    }),
                }
            })
            .collect()
    }
}
