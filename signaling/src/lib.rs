//! Join tickets and the call protocol: the door between a browser and the media plane. It knows seats and rooms,
//! and nothing of why someone may enter: the ticket says that.

pub mod message;
pub mod ticket;
pub mod typescript;

use std::time::Duration;

use tokio::sync::mpsc;

pub use message::{ErrorCode, Grant, Label, RecordingState, RecordingStatus};
pub use ticket::{Ticket, TicketError, TicketKey};

/// How the door is set up.
#[derive(Clone, Debug)]
pub struct SignalingConfig {
    /// Signs and checks join tickets.
    pub ticket_key: TicketKey,
    /// For how long a seat is kept for someone whose connection broke.
    pub seat_kept: Duration,
    /// Seats in one room at once.
    pub max_seats: usize,
}

/// What happens in rooms, for whoever keeps the civic record. Bounded (1,024): the hub waits for its reader.
#[derive(Clone, PartialEq, Debug)]
pub enum RoomEvent {
    /// A seat was taken.
    Joined {
        /// The room.
        room: String,
        /// The seat's number in the room.
        seat: u32,
        /// The seat's id in the media plane (what a recording's manifest names).
        participant: u64,
        /// What they are called.
        label: Label,
        /// They host.
        host: bool,
    },
    /// A seat was given up, or not taken again in time.
    Left {
        /// The room.
        room: String,
        /// The seat.
        seat: u32,
    },
    /// A host wants the recording started or stopped.
    RecordRequested {
        /// The room.
        room: String,
        /// The host's seat.
        seat: u32,
        /// Start.
        on: bool,
    },
    /// The last seat was given up.
    RoomEmpty {
        /// The room.
        room: String,
    },
}

/// The running door. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Signaling {}

impl Signaling {
    /// Starts the hub on the current tokio runtime.
    pub fn start(
        _config: SignalingConfig,
        _sfu: sfu::Sfu,
        _sfu_events: mpsc::Receiver<sfu::Event>,
    ) -> (Self, mpsc::Receiver<RoomEvent>) {
        let (_, events) = mpsc::channel(1024);
        (Self {}, events)
    }

    /// `GET /call`: the WebSocket.
    pub fn router(&self) -> axum::Router {
        axum::Router::new()
    }

    /// Tells a room, and everyone who joins it later, how its recording stands.
    pub fn set_recording(&self, _room: &str, _recording: RecordingState) {}

    /// Ends a room: everyone is told `reason`, then disconnected.
    pub fn close_room(&self, _room: &str, _reason: &'static str) {}

    /// Rooms with at least one seat taken, and how many are.
    pub async fn rooms(&self) -> Vec<(String, usize)> {
        Vec::new()
    }

    /// Tells every room that the server restarts, waits until the browsers have heard it (at most `grace`), ends.
    pub async fn shutdown(&self, _grace: Duration) {}
}
