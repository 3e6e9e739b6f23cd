//! The hub: one task that owns every room. Sockets and the media plane speak to it through bounded queues; it waits
//! for none of them, so there is no lock and nothing that one slow browser could hold up.

mod actions;
mod enter;
mod media_events;
pub(crate) mod outgoing;
mod overview;
mod room;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use sfu::{ParticipantId, RoomId};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::Instant;

pub(crate) use actions::Action;
use actions::Answered;
pub(crate) use enter::{Enter, Refused};
use room::{Link, Room};

use crate::media::MediaPlane;
use crate::message::{ErrorCode, RecordingState, RecordingStatus, ServerMessage};
use crate::overview::RoomOverview;
use crate::refusals::Refusals;
use crate::{RoomEvent, SignalingConfig, TurnServers};

/// Commands of sockets that may wait; a full queue makes the sockets wait.
pub(crate) const COMMANDS: usize = 1024;

/// Room events that may wait in the hub, beside those in the channel, before it stops reading commands of sockets.
const OUTBOX: usize = 256;

/// Rooms that are remembered after their last seat was given up; beyond it the one that is empty longest is forgotten.
const EMPTY_ROOMS: usize = 1024;

/// From a socket.
pub(crate) enum Command {
    /// Someone with a good ticket wants a seat.
    Enter {
        enter: Enter,
        answer: oneshot::Sender<Result<Who, Refused>>,
    },
    /// Someone with a seat wants something.
    Act { who: Who, action: Action },
}

/// From this server.
pub(crate) enum Control {
    SetRecording(RoomId, RecordingState),
    CloseRoom(RoomId, &'static str),
    Rooms(oneshot::Sender<Vec<(String, usize)>>),
    /// Every room, or one with its seats.
    Overview(Option<RoomId>, oneshot::Sender<Vec<RoomOverview>>),
    /// Answered when everyone has been told.
    Stop(oneshot::Sender<()>),
}

/// Which seat, and by which socket. A socket that lost its seat to another is not listened to any more.
#[derive(Clone, Debug)]
pub(crate) struct Who {
    pub(crate) room: RoomId,
    pub(crate) seat: u32,
    pub(crate) connection: u64,
}

/// What the hub listens to, and where it reports.
pub(crate) struct Ends {
    pub(crate) commands: mpsc::Receiver<Command>,
    pub(crate) control: mpsc::Receiver<Control>,
    pub(crate) media: mpsc::Receiver<sfu::Event>,
    pub(crate) events: mpsc::Sender<RoomEvent>,
}

/// All rooms.
pub(crate) struct Hub<M> {
    media: M,
    seat_kept: Duration,
    max_seats: usize,
    turn: TurnServers,
    rooms: HashMap<RoomId, Room>,
    /// Whose slots a slot map is about.
    seats: HashMap<ParticipantId, (RoomId, u32)>,
    /// When which kept seat is given up.
    expiries: BTreeSet<(Instant, RoomId, u32)>,
    next_participant: u64,
    /// Offers that the media plane is answering; at most one a socket.
    offers: JoinSet<Answered>,
    /// Events that wait for their reader: while there are [`OUTBOX`], no command is read. Nothing is dropped.
    outbox: VecDeque<RoomEvent>,
    stopping: bool,
    refusals: Arc<Refusals>,
}

impl<M: MediaPlane> Hub<M> {
    /// `first_participant` is the media plane's id of the first seat; each further one counts up from it.
    pub(crate) fn new(
        config: &SignalingConfig,
        media: M,
        first_participant: u64,
        refusals: Arc<Refusals>,
    ) -> Self {
        Self {
            media,
            seat_kept: config.seat_kept,
            max_seats: config.max_seats,
            turn: config.turn.clone(),
            rooms: HashMap::new(),
            seats: HashMap::new(),
            expiries: BTreeSet::new(),
            next_participant: first_participant,
            offers: JoinSet::new(),
            outbox: VecDeque::new(),
            stopping: false,
            refusals,
        }
    }

    /// Runs until every handle is gone, or until it was stopped and its events were read.
    pub(crate) async fn run(mut self, mut ends: Ends) {
        let mut media_open = true;
        while !(self.stopping && self.outbox.is_empty()) {
            let busy = self.outbox.len() >= OUTBOX;
            let expiry = self.expiries.first().map(|(at, ..)| *at);
            // In this order: what the media plane said before it answered an offer is heard before the answer, and
            // commands of sockets wait for everything else.
            tokio::select! {
                biased;
                permit = ends.events.reserve(), if !self.outbox.is_empty() => match permit {
                    Ok(permit) => {
                        if let Some(event) = self.outbox.pop_front() {
                            permit.send(event);
                        }
                    }
                    // Nobody keeps the civic record: the rooms go on without.
                    Err(_) => self.outbox.clear(),
                },
                control = ends.control.recv() => match control {
                    Some(control) => self.control(control),
                    None => break,
                },
                event = ends.media.recv(), if media_open => match event {
                    Some(event) => self.media_event(event),
                    None => media_open = false,
                },
                Some(answered) = self.offers.join_next() => {
                    if let Ok(answered) = answered {
                        self.answered(answered);
                    }
                }
                () = sleep_until(expiry) => self.expire(Instant::now()),
                Some(command) = ends.commands.recv(), if !busy => match command {
                    Command::Enter { enter, answer } => self.enter(enter, answer),
                    Command::Act { who, action } => self.act(&who, action),
                },
            }
        }
    }

    fn control(&mut self, control: Control) {
        match control {
            Control::SetRecording(room, recording) => self.set_recording(&room, recording),
            Control::CloseRoom(room, reason) => self.close_room(&room, reason),
            Control::Rooms(answer) => {
                let taken = |room: &Room| Some(room.taken()).filter(|taken| *taken > 0);
                let rooms = self
                    .rooms
                    .iter()
                    .filter_map(|(id, room)| Some((id.to_string(), taken(room)?)));
                let _ = answer.send(rooms.collect());
            }
            Control::Overview(room, answer) => {
                let _ = answer.send(self.overview(room.as_ref()));
            }
            Control::Stop(told) => {
                self.stopping = true;
                for room in self.rooms.keys().cloned().collect::<Vec<_>>() {
                    self.close_room(&room, "server_restart");
                }
                let _ = told.send(());
            }
        }
    }

    fn set_recording(&mut self, id: &RoomId, recording: RecordingState) {
        let off = recording.status == RecordingStatus::Off;
        // Nobody may be there yet: whoever comes has to know.
        if off && !self.rooms.contains_key(id) {
            return;
        }
        let room = self.room(id);
        room.recording = recording.clone();
        room.tell_all(&ServerMessage::Recording { recording });
        self.settle(id);
        self.forget_empty_rooms();
    }

    fn close_room(&mut self, id: &RoomId, reason: &str) {
        let Some(room) = self.rooms.get_mut(id) else {
            return;
        };
        room.tell_all(&ServerMessage::Closing {
            reason: reason.to_owned(),
            in_ms: 0,
        });
        let numbers = room.numbers();
        for number in &numbers {
            // Their sockets end first: nobody who goes has to hear who else does.
            if let Some(seat) = room.seat(*number) {
                seat.link = Link::Kept {
                    until: Instant::now(),
                };
            }
        }
        for number in numbers {
            self.give_up(id, number);
        }
        self.media.close_room(id);
        self.rooms.remove(id);
        tracing::info!(room = %id, reason, "room closed");
    }

    /// Gives up every kept seat whose time is over.
    fn expire(&mut self, now: Instant) {
        while let Some((at, room, number)) = self.expiries.pop_first() {
            if at > now {
                self.expiries.insert((at, room, number));
                return;
            }
            self.give_up(&room, number);
        }
    }

    /// A seat's socket is gone: the seat is kept for a while.
    fn keep(&mut self, id: &RoomId, number: u32) {
        let until = Instant::now() + self.seat_kept;
        let Some(room) = self.rooms.get_mut(id) else {
            return;
        };
        if let Some(seat) = room.seat(number)
            && matches!(seat.link, Link::Here { .. })
        {
            seat.link = Link::Kept { until };
            self.expiries.insert((until, id.clone(), number));
            room.tell_changed(number);
            tracing::info!(room = %id, seat = number, "connection broken, seat kept");
        }
    }

    /// A seat is given up for good.
    fn give_up(&mut self, id: &RoomId, number: u32) {
        let Some(room) = self.rooms.get_mut(id) else {
            return;
        };
        let Some(seat) = room.give_up(number) else {
            return;
        };
        if let Link::Kept { until } = seat.link {
            self.expiries.remove(&(until, id.clone(), number));
        }
        self.seats.remove(&seat.participant);
        self.media.leave(seat.participant);
        room.speaking.retain(|speaker| *speaker != number);
        room.tell_all(&ServerMessage::ParticipantLeft { seat: number });
        let empty = room.taken() == 0;
        self.outbox.push_back(RoomEvent::Left {
            room: id.to_string(),
            seat: number,
        });
        tracing::info!(room = %id, seat = number, "seat given up");
        if empty {
            room.empty_since = Some(Instant::now());
            self.outbox.push_back(RoomEvent::RoomEmpty {
                room: id.to_string(),
            });
            self.forget_empty_rooms();
        }
        self.settle(id);
    }

    /// Lets go of the sockets that read too slowly. Each of them is one more thing to tell the others.
    fn settle(&mut self, id: &RoomId) {
        while let Some(number) = self.rooms.get_mut(id).and_then(|room| room.too_slow.pop()) {
            self.refusals.count(ErrorCode::TooSlow);
            tracing::warn!(room = %id, seat = number, "socket reads too slowly");
            self.keep(id, number);
        }
    }

    fn room(&mut self, id: &RoomId) -> &mut Room {
        let now = Instant::now();
        self.rooms
            .entry(id.clone())
            .or_insert_with(|| Room::new(now))
    }

    fn forget_empty_rooms(&mut self) {
        let mut empty: Vec<_> = self
            .rooms
            .iter()
            .filter_map(|(id, room)| Some((room.empty_since?, id.clone())))
            .collect();
        if empty.len() > EMPTY_ROOMS {
            empty.sort();
            self.rooms.remove(&empty[0].1);
        }
    }
}

/// Ends at `at`, or never.
async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}
