//! Rooms as those see them who look after the server: how many are where, in which role. No label leaves the call, so a
//! name is not in here, and an anonymous voice is as anonymous as in the room.

use std::time::Duration;

use serde::Serialize;

use crate::message::RecordingStatus;

/// A room with at least one seat taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RoomOverview {
    /// Its name.
    pub room: String,
    /// How long ago the first of those seats was taken.
    pub open_for: Duration,
    /// How its recording stands.
    pub recording: RecordingStatus,
    /// Seats of those who take part.
    pub participants: usize,
    /// Seats of those who only watch.
    pub viewers: usize,
    /// The seats; only where one room was asked for.
    pub seats: Vec<SeatOverview>,
}

/// A seat.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SeatOverview {
    /// Its number in the room.
    pub seat: u32,
    /// Its id in the media plane.
    pub participant: u64,
    /// What it is in this room.
    pub role: SeatRole,
    /// Its socket is open and its media was not lost.
    pub connected: bool,
}

/// What a seat is in its room.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SeatRole {
    /// Hosts.
    Host,
    /// Takes part: may be seen and heard.
    Participant,
    /// Only watches.
    Viewer,
}
