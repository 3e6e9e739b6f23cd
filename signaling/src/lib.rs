//! Join tickets and the call protocol: the door between a browser and the media plane; beside it, WHIP and WHEP for
//! programs. It knows seats and rooms, and nothing of why someone may enter: the ticket says that.

mod door;
pub mod fuzz;
mod hub;
mod media;
pub mod message;
pub mod overview;
mod rate;
mod refusals;
mod socket;
#[cfg(test)]
mod tests;
pub mod ticket;
mod turn;
pub mod typescript;
mod whip;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sfu::RoomId;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Semaphore, mpsc, oneshot, watch};

use hub::{Control, Ends, Hub};
use media::MediaPlane;
use refusals::Refusals;
use socket::Door;

pub use message::{
    ErrorCode, Grant, Identified, Label, Level, RecordingState, RecordingStatus, Way,
};
pub use overview::{RoomOverview, SeatOverview, SeatRole};
pub use ticket::{Ticket, TicketError, TicketKey};
pub use turn::TurnServers;

/// How the door is set up.
#[derive(Clone, Debug)]
pub struct SignalingConfig {
    /// Signs and checks join tickets.
    pub ticket_key: TicketKey,
    /// For how long a seat is kept for someone whose connection broke.
    pub seat_kept: Duration,
    /// Seats in one room at once.
    pub max_seats: usize,
    /// What a browser, or a WHIP or WHEP client, may relay by.
    pub turn: TurnServers,
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
        /// How the holder was identified; only of who is called by name.
        identified: Option<Identified>,
        /// The seat was taken by right: an anonymous resident whose identity was checked.
        verified: bool,
        /// They host.
        host: bool,
        /// Whose seat it is, as the ticket says it: of who is called by name. Nobody in the room is told.
        account: Option<String>,
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

/// Commands of this server that may wait. The hub reads them whatever else it waits for, so that a full queue means
/// a dead hub: the command is then dropped, and that is logged.
const CONTROL: usize = 1024;

/// Room events that may wait for their reader. Nothing is dropped: the hub makes the sockets wait.
const EVENTS: usize = 1024;

/// The running door. Cheap to clone; it ends when the last clone is dropped.
#[derive(Clone, Debug)]
pub struct Signaling {
    door: Arc<Door>,
    control: mpsc::Sender<Control>,
    sockets: Arc<Semaphore>,
    sessions: Arc<whip::Register>,
    turn: TurnServers,
}

impl Signaling {
    /// Starts the hub on the current tokio runtime.
    pub fn start(
        config: SignalingConfig,
        sfu: sfu::Sfu,
        sfu_events: mpsc::Receiver<sfu::Event>,
    ) -> (Self, mpsc::Receiver<RoomEvent>) {
        Self::start_with(config, sfu, sfu_events)
    }

    /// As [`Self::start`], with any media plane.
    fn start_with<M: MediaPlane>(
        config: SignalingConfig,
        media: M,
        media_events: mpsc::Receiver<sfu::Event>,
    ) -> (Self, mpsc::Receiver<RoomEvent>) {
        let (commands, commands_end) = mpsc::channel(hub::COMMANDS);
        let (control, control_end) = mpsc::channel(CONTROL);
        let (events, events_end) = mpsc::channel(EVENTS);
        let refusals = Arc::new(Refusals::default());
        let hub = Hub::new(&config, media, first_participant(), refusals.clone());
        tokio::spawn(hub.run(Ends {
            commands: commands_end,
            control: control_end,
            media: media_events,
            events,
        }));
        let door = Door {
            key: config.ticket_key,
            commands,
            stop: watch::Sender::new(false),
            connections: AtomicU64::new(1),
            refusals,
        };
        let signaling = Self {
            door: Arc::new(door),
            control,
            sockets: Arc::new(Semaphore::new(door::MAX_SOCKETS as usize)),
            sessions: Arc::default(),
            turn: config.turn,
        };
        (signaling, events_end)
    }

    /// `GET /call`: the WebSocket; `/whip/…` and `/whep/…`. They check who asks, from where and how much by themselves:
    /// no form's token, no cookie and no limit of the pages is for them.
    pub fn router(&self) -> axum::Router {
        let porch = whip::Porch {
            door: self.door.clone(),
            register: self.sessions.clone(),
            turn: self.turn.clone(),
        };
        door::router(self.door.clone(), self.sockets.clone()).merge(whip::router(porch))
    }

    /// Tells a room, and everyone who joins it later, how its recording stands.
    pub fn set_recording(&self, room: &str, recording: RecordingState) {
        self.tell(Control::SetRecording(RoomId::new(room), recording));
    }

    /// Ends a room: everyone is told `reason`, then disconnected.
    pub fn close_room(&self, room: &str, reason: &'static str) {
        self.tell(Control::CloseRoom(RoomId::new(room), reason));
    }

    /// Rooms with at least one seat taken, and how many are.
    pub async fn rooms(&self) -> Vec<(String, usize)> {
        let (answer, answered) = oneshot::channel::<Vec<(String, usize)>>();
        let _ = self.control.send(Control::Rooms(answer)).await;
        answered.await.unwrap_or_default()
    }

    /// Rooms with at least one seat taken, for whoever looks after the server: of all of them without seats, or of one with
    /// them.
    pub async fn overview(&self, room: Option<&str>) -> Vec<RoomOverview> {
        let (answer, answered) = oneshot::channel::<Vec<RoomOverview>>();
        let room = room.map(RoomId::new);
        let _ = self.control.send(Control::Overview(room, answer)).await;
        answered.await.unwrap_or_default()
    }

    /// TURN servers with credentials for one visitor who is not in a room yet. `holder` tells visitors apart, and says
    /// nothing of who they are.
    pub fn relays(&self, holder: u64) -> Vec<message::IceServer> {
        self.turn.credentials(holder, ticket::unix_now_s())
    }

    /// How often each thing was refused since the start.
    pub fn refused(&self) -> BTreeMap<ErrorCode, u64> {
        self.door.refusals.counted()
    }

    /// Tells every room that the server restarts, waits until the browsers have heard it (at most `grace`), ends:
    /// every seat is given up, and no socket is opened any more.
    pub async fn shutdown(&self, grace: Duration) {
        self.door.stop.send_replace(true);
        let (told, everyone) = oneshot::channel::<()>();
        let _ = self.control.send(Control::Stop(told)).await;
        let ended = async {
            let _ = everyone.await;
            let _ = self.sockets.acquire_many(door::MAX_SOCKETS).await;
        };
        if tokio::time::timeout(grace, ended).await.is_err() {
            tracing::warn!("some sockets did not end in time");
        }
    }

    fn tell(&self, control: Control) {
        match self.control.try_send(control) {
            Ok(()) => {}
            // Rooms that end with the server are told so by the end of it.
            Err(TrySendError::Closed(_)) => tracing::debug!("the hub has ended"),
            Err(TrySendError::Full(_)) => {
                tracing::error!("the hub does not listen, a command was dropped");
            }
        }
    }
}

/// Ids that no earlier run of this server gave (unless it gave more than a thousand a millisecond), and that
/// JavaScript can count: a recording's labels are kept by them.
fn first_participant() -> u64 {
    const PER_MS: u64 = 1024;
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
    let ms = since_epoch.map_or(0, |since| since.as_millis());
    u64::try_from(ms).unwrap_or(0).saturating_mul(PER_MS).max(1)
}
