//! Taking a seat: a new one, or the same again after the connection broke.

use sfu::{ParticipantId, RoomId, Source};
use tokio::sync::oneshot;

use super::outgoing::{Outgoing, encode};
use super::room::{Limited, Link, Media, Room, Seat};
use super::{Hub, Who};
use crate::RoomEvent;
use crate::media::MediaPlane;
use crate::message::{ErrorCode, Grant, ServerMessage, VERSION};
use crate::ticket::{Ticket, random_text, unix_now_s};

/// A wish for a seat; the ticket's signature is checked.
pub(crate) struct Enter {
    pub(crate) room: RoomId,
    pub(crate) ticket: Ticket,
    /// The ticket's time is over: it is good for taking the same seat again, not for a new one.
    pub(crate) expired: bool,
    pub(crate) resume: Option<String>,
    pub(crate) microphone_muted: bool,
    pub(crate) camera_muted: bool,
    pub(crate) connection: u64,
    pub(crate) outgoing: Outgoing,
}

/// No seat; the socket gets back what it brought.
pub(crate) struct Refused {
    pub(crate) code: ErrorCode,
    pub(crate) outgoing: Outgoing,
}

impl<M: MediaPlane> Hub<M> {
    pub(super) fn enter(&mut self, enter: Enter, answer: oneshot::Sender<Result<Who, Refused>>) {
        let room = self.rooms.get(&enter.room);
        let held = room.and_then(|room| {
            room.seat_to_resume(enter.resume.as_deref()?, enter.ticket.name.as_deref())
        });
        if held.is_none() && !enter.expired {
            self.replace_same_right(&enter);
        }
        let room = self.rooms.get(&enter.room);
        let full = room.map_or(0, Room::taken) >= self.max_seats || self.stopping;
        let refused = match held {
            Some(_) => None,
            None if enter.expired => Some(ErrorCode::TicketExpired),
            None => full.then_some(ErrorCode::RoomFull),
        };
        if let Some(code) = refused {
            let outgoing = enter.outgoing;
            let _ = answer.send(Err(Refused { code, outgoing }));
            return;
        }
        let room = enter.room.clone();
        let connection = enter.connection;
        let seat = match held {
            Some(number) => self.resume(enter, number),
            None => self.seat(enter),
        };
        let who = Who {
            room: room.clone(),
            seat,
            connection,
        };
        if answer.send(Ok(who)).is_err() {
            // The socket ended while it waited, and will not say so.
            self.keep(&room, seat);
        }
        self.settle(&room);
    }

    /// A right is one seat: whoever comes with it again, from another window, gives up the seat they had.
    fn replace_same_right(&mut self, enter: &Enter) {
        let Some(right) = &enter.ticket.verified else {
            return;
        };
        let room = self.rooms.get(&enter.room);
        let older = room.and_then(|room| {
            let mut seats = room.seats();
            seats.find(|(_, seat)| seat.verified.as_ref() == Some(right))
        });
        let Some((number, seat)) = older else {
            return;
        };
        if let Link::Here { outgoing, .. } = &seat.link {
            let _ = outgoing.push(encode(&ServerMessage::Closing {
                reason: "replaced".to_owned(),
                in_ms: 0,
            }));
        }
        self.give_up(&enter.room, number);
    }

    /// A new seat.
    fn seat(&mut self, enter: Enter) -> u32 {
        let participant = ParticipantId(self.next_participant);
        self.next_participant += 1;
        let id = enter.room;
        let room = self.room(&id);
        // A mark belongs to a name: where there is none, nothing goes with the seat but that it was verified.
        let named = enter.ticket.name.is_some();
        let account = enter.ticket.account.filter(|_| named);
        let label = room.label(enter.ticket.name);
        let identified = enter.ticket.identified.filter(|_| named);
        let verified = enter.ticket.verified.is_some();
        let number = room.take_seat(Seat {
            participant,
            label: label.clone(),
            identified,
            verified: enter.ticket.verified,
            grants: enter.ticket.grants,
            secret: random_text(),
            microphone_muted: enter.microphone_muted,
            camera_muted: enter.camera_muted,
            link: Link::Here {
                connection: enter.connection,
                outgoing: enter.outgoing,
            },
            media: Media::None,
            lost: None,
            slots: Vec::new(),
            layers: Vec::new(),
            limited: Limited::default(),
            pinned: None,
        });
        let host = room.seat(number).is_some_and(|seat| seat.has(Grant::Host));
        self.seats.insert(participant, (id.clone(), number));
        self.welcome(&id, number, false);
        if enter.resume.is_some() {
            self.refuse(
                &id,
                number,
                ErrorCode::ResumeUnknown,
                "a new seat was given".into(),
            );
        }
        let room = self.room(&id);
        if let Some(participant) = room.seat(number).map(|seat| seat.seen(number)) {
            room.tell_others(number, &ServerMessage::ParticipantJoined { participant });
        }
        self.outbox.push_back(RoomEvent::Joined {
            room: id.to_string(),
            seat: number,
            participant: participant.0,
            label,
            identified,
            verified,
            host,
            account,
        });
        tracing::info!(room = %id, seat = number, "seat taken");
        number
    }

    /// The same seat by another socket.
    fn resume(&mut self, enter: Enter, number: u32) -> u32 {
        let id = enter.room;
        let room = self.room(&id);
        let Some(seat) = room.seat(number) else {
            return number;
        };
        if !enter.expired {
            seat.grants = enter.ticket.grants;
            seat.identified = enter
                .ticket
                .identified
                .filter(|_| enter.ticket.name.is_some());
        }
        seat.microphone_muted = enter.microphone_muted;
        seat.camera_muted = enter.camera_muted;
        let participant = seat.participant;
        let link = Link::Here {
            connection: enter.connection,
            outgoing: enter.outgoing,
        };
        match std::mem::replace(&mut seat.link, link) {
            Link::Here { outgoing, .. } => {
                let _ = outgoing.push(encode(&ServerMessage::Closing {
                    reason: "replaced".to_owned(),
                    in_ms: 0,
                }));
            }
            Link::Kept { until } => {
                self.expiries.remove(&(until, id.clone(), number));
            }
        }
        let media = &self.media;
        media.set_muted(participant, Source::Microphone, enter.microphone_muted);
        media.set_muted(participant, Source::Camera, enter.camera_muted);
        self.welcome(&id, number, true);
        self.room(&id).tell_changed(number);
        tracing::info!(room = %id, seat = number, "seat taken again");
        number
    }

    /// The first message of a seat, and the whole states that belong to it.
    fn welcome(&mut self, id: &RoomId, number: u32, resumed: bool) {
        let resume_s = u32::try_from(self.seat_kept.as_secs()).unwrap_or(u32::MAX);
        // Looked up first: `room` holds the whole hub from then on.
        let holder = self.room(id).seat(number).map(|seat| seat.participant.0);
        let ice_servers = self.turn.credentials(holder.unwrap_or(0), unix_now_s());
        let room = self.room(id);
        let Some(seat) = room.seat(number) else {
            return;
        };
        let is_limited = seat.limited != Limited::default();
        let lost = seat.lost.filter(|_| seat.media == Media::None);
        let welcome = ServerMessage::Welcome {
            version: VERSION,
            seat: number,
            resume: seat.secret.clone(),
            resume_s,
            resumed,
            grants: seat.grants.clone(),
            participants: room.participants(),
            recording: room.recording.clone(),
            ice_servers,
        };
        room.tell(number, &welcome);
        if let Some(reason) = lost {
            room.tell(number, &ServerMessage::MediaLost { reason });
        }
        room.tell_layers(number);
        if is_limited {
            room.tell_limited(number);
        }
        room.tell_slots(number);
        room.tell_speaking_to(number);
    }
}
