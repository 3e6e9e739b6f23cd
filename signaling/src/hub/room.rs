//! One room: its seats, what each is called, and what everyone in it is told.

use std::collections::{BTreeMap, HashMap};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::extract::ws::Utf8Bytes;
use sfu::ParticipantId;
use tokio::time::Instant;

use super::outgoing::{Outgoing, encode};
use crate::message::{
    Grant, Identified, Label, LostReason, MediaSource, Participant, RecordingState,
    RecordingStatus, ServerMessage, SlotSeat,
};

/// A room. It is remembered for a while after its last seat was given up, so that no number in it is given twice.
pub(super) struct Room {
    seats: BTreeMap<u32, Seat>,
    by_participant: HashMap<ParticipantId, u32>,
    pub(super) recording: RecordingState,
    /// Who speaks, loudest first.
    pub(super) speaking: Vec<u32>,
    /// Since when nobody has a seat.
    pub(super) empty_since: Option<Instant>,
    /// When the first of the seats that are taken was taken.
    pub(super) taken_since: Instant,
    /// Seats whose socket reads too slowly and has to go.
    pub(super) too_slow: Vec<u32>,
    last_seat: u32,
    last_number: u32,
}

/// A seat that is taken.
pub(super) struct Seat {
    pub(super) participant: ParticipantId,
    pub(super) label: Label,
    /// How who is called so was identified.
    pub(super) identified: Option<Identified>,
    /// The right that it was taken with, if it was: there is no second seat with the same.
    pub(super) verified: Option<String>,
    pub(super) grants: Vec<Grant>,
    /// With it the seat is taken again.
    pub(super) secret: String,
    pub(super) microphone_muted: bool,
    pub(super) camera_muted: bool,
    pub(super) link: Link,
    pub(super) media: Media,
    /// Why the media connection ended, until the next one works.
    pub(super) lost: Option<LostReason>,
    /// Who is in which receiving slot.
    pub(super) slots: Vec<(String, Option<ParticipantId>)>,
    /// Which of its layers somebody needs, by source, since its media connection was made.
    pub(super) layers: Vec<(MediaSource, Vec<String>)>,
    /// Which pictures its network does not carry.
    pub(super) limited: Limited,
    /// Whose face is kept in sight.
    pub(super) pinned: Option<u32>,
}

/// Mids of slots whose picture is smaller than its tile, and of those without one.
pub(super) type Limited = (Vec<String>, Vec<String>);

/// A seat's socket.
pub(super) enum Link {
    /// It is open.
    Here { connection: u64, outgoing: Outgoing },
    /// It broke; the seat is kept until then.
    Kept { until: Instant },
}

/// How far a seat's media connection was agreed on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Media {
    /// Not asked for, refused, or over.
    None,
    /// A fresh offer is being answered: what the media plane says of an earlier connection is old.
    Offered,
    /// Answered: the seat has slots.
    Answered,
}

impl Room {
    /// A room that nobody has come to yet.
    pub(super) fn new(now: Instant) -> Self {
        Self {
            seats: BTreeMap::new(),
            by_participant: HashMap::new(),
            recording: RecordingState {
                status: RecordingStatus::Off,
                since_ms: None,
                reason: None,
            },
            speaking: Vec::new(),
            empty_since: Some(now),
            taken_since: now,
            too_slow: Vec::new(),
            last_seat: 0,
            last_number: 0,
        }
    }

    /// Gives a seat; its number was never given before.
    pub(super) fn take_seat(&mut self, seat: Seat) -> u32 {
        self.last_seat += 1;
        if self.seats.is_empty() {
            self.taken_since = Instant::now();
        }
        self.by_participant.insert(seat.participant, self.last_seat);
        self.seats.insert(self.last_seat, seat);
        self.empty_since = None;
        self.last_seat
    }

    /// Takes a seat back.
    pub(super) fn give_up(&mut self, number: u32) -> Option<Seat> {
        let seat = self.seats.remove(&number)?;
        self.by_participant.remove(&seat.participant);
        Some(seat)
    }

    /// A seat that is taken.
    pub(super) fn seat(&mut self, number: u32) -> Option<&mut Seat> {
        self.seats.get_mut(&number)
    }

    /// The number of a participant's seat.
    pub(super) fn seat_of(&self, participant: ParticipantId) -> Option<u32> {
        self.by_participant.get(&participant).copied()
    }

    /// The numbers of all seats that are taken, the lowest first.
    pub(super) fn numbers(&self) -> Vec<u32> {
        self.seats.keys().copied().collect()
    }

    /// The seats that are taken, the lowest first.
    pub(super) fn seats(&self) -> impl Iterator<Item = (u32, &Seat)> {
        self.seats.iter().map(|(number, seat)| (*number, seat))
    }

    /// How many seats are taken.
    pub(super) fn taken(&self) -> usize {
        self.seats.len()
    }

    /// The seat that `secret` and `name` take again. Compared in constant time.
    pub(super) fn seat_to_resume(&self, secret: &str, name: Option<&str>) -> Option<u32> {
        let same = |seat: &Seat| {
            verify_slices_are_equal(seat.secret.as_bytes(), secret.as_bytes()).is_ok()
                && match &seat.label {
                    Label::Named { name: label } => name == Some(label),
                    Label::Anonymous { .. } => name.is_none(),
                }
        };
        self.seats
            .iter()
            .find(|(_, seat)| same(seat))
            .map(|(number, _)| *number)
    }

    /// What whoever comes next is called.
    pub(super) fn label(&mut self, name: Option<String>) -> Label {
        match name {
            Some(name) => Label::Named { name },
            None => {
                self.last_number += 1;
                Label::Anonymous {
                    number: self.last_number,
                }
            }
        }
    }

    /// Everyone, as the others see them.
    pub(super) fn participants(&self) -> Vec<Participant> {
        self.seats
            .iter()
            .map(|(number, seat)| seat.seen(*number))
            .collect()
    }

    /// Tells one seat, if its socket is open.
    pub(super) fn tell(&mut self, number: u32, message: &ServerMessage) {
        if let Some(seat) = self.seats.get(&number) {
            seat.push(encode(message), number, &mut self.too_slow);
        }
    }

    /// Tells everyone but one.
    pub(super) fn tell_others(&mut self, but: u32, message: &ServerMessage) {
        let text = encode(message);
        for (number, seat) in self.seats.iter().filter(|(number, _)| **number != but) {
            seat.push(text.clone(), *number, &mut self.too_slow);
        }
    }

    /// Tells everyone. (Seat numbers begin at 1.)
    pub(super) fn tell_all(&mut self, message: &ServerMessage) {
        self.tell_others(0, message);
    }

    /// Tells everyone how a seat is now.
    pub(super) fn tell_changed(&mut self, number: u32) {
        if let Some(seat) = self.seats.get(&number) {
            let participant = seat.seen(number);
            self.tell_all(&ServerMessage::ParticipantChanged { participant });
        }
    }

    /// Tells everyone who speaks.
    pub(super) fn tell_speaking(&self) {
        let text = encode(&ServerMessage::Speaking {
            seats: self.speaking.clone(),
        });
        for seat in self.seats.values() {
            if let Link::Here { outgoing, .. } = &seat.link {
                outgoing.speaking(text.clone());
            }
        }
    }

    /// Tells one seat who speaks, when someone does.
    pub(super) fn tell_speaking_to(&self, number: u32) {
        if let Some(Link::Here { outgoing, .. }) = self.seats.get(&number).map(|seat| &seat.link)
            && !self.speaking.is_empty()
        {
            outgoing.speaking(encode(&ServerMessage::Speaking {
                seats: self.speaking.clone(),
            }));
        }
    }

    /// Tells one seat which of its layers somebody needs, once that is known.
    pub(super) fn tell_layers(&mut self, number: u32) {
        let Some(seat) = self.seats.get(&number) else {
            return;
        };
        for (source, rids) in seat.layers.clone() {
            self.tell(number, &ServerMessage::Layers { source, rids });
        }
    }

    /// Tells one seat which pictures its network does not carry, once that is known.
    pub(super) fn tell_limited(&mut self, number: u32) {
        let Some((reduced, paused)) = self.seats.get(&number).map(|seat| seat.limited.clone())
        else {
            return;
        };
        self.tell(number, &ServerMessage::Limited { reduced, paused });
    }

    /// Tells one seat who is in its slots, once it has any.
    pub(super) fn tell_slots(&self, number: u32) {
        let Some(seat) = self.seats.get(&number) else {
            return;
        };
        if let (Link::Here { outgoing, .. }, Media::Answered) = (&seat.link, seat.media) {
            let slots = seat
                .slots
                .iter()
                .map(|(mid, participant)| SlotSeat {
                    mid: mid.clone(),
                    seat: participant.and_then(|participant| self.seat_of(participant)),
                })
                .collect();
            outgoing.slots(encode(&ServerMessage::Slots { slots }));
        }
    }
}

impl Seat {
    pub(super) fn has(&self, grant: Grant) -> bool {
        self.grants.contains(&grant)
    }

    /// As everyone sees it.
    pub(super) fn seen(&self, number: u32) -> Participant {
        Participant {
            seat: number,
            label: self.label.clone(),
            identified: self.identified,
            verified: self.verified.is_some(),
            host: self.has(Grant::Host),
            publish: self.has(Grant::Publish),
            microphone_muted: self.microphone_muted,
            camera_muted: self.camera_muted,
            connected: matches!(self.link, Link::Here { .. }) && self.lost.is_none(),
        }
    }

    /// Whether this is the socket that holds the seat now.
    pub(super) fn is_held_by(&self, connection: u64) -> bool {
        matches!(self.link, Link::Here { connection: held, .. } if held == connection)
    }

    /// Remembers that a source was turned off or on. `true` when it was not so before.
    pub(super) fn set_muted(&mut self, source: MediaSource, muted: bool) -> bool {
        let state = match source {
            MediaSource::Microphone => &mut self.microphone_muted,
            MediaSource::Camera => &mut self.camera_muted,
            MediaSource::Screen => return false,
        };
        std::mem::replace(state, muted) != muted
    }

    fn push(&self, text: Utf8Bytes, number: u32, too_slow: &mut Vec<u32>) {
        if let Link::Here { outgoing, .. } = &self.link
            && outgoing.push(text).is_err()
        {
            too_slow.push(number);
        }
    }
}
