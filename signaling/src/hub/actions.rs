//! What someone with a seat may do.

use std::time::Duration;

use sfu::{Join, Joined, ParticipantId, RoomId, SfuError, Source};
use tokio::sync::oneshot;

use super::room::{Limited, Media};
use super::{Hub, Who};
use crate::RoomEvent;
use crate::media::MediaPlane;
use crate::message::{
    ErrorCode, Grant, MediaSource, RecordingState, RecordingStatus, SentTrack, ServerMessage,
    SlotInfo, Tile,
};

/// For how long the media plane may think about an offer.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// From a socket that has a seat.
pub(crate) enum Action {
    /// `done` is dropped when the answer, or the refusal, was queued: a socket sends one offer at a time.
    Offer {
        sdp: String,
        fresh: bool,
        tracks: Vec<SentTrack>,
        done: oneshot::Sender<()>,
    },
    Mute {
        source: MediaSource,
        muted: bool,
    },
    Pin {
        seat: Option<u32>,
    },
    View {
        tiles: Vec<Tile>,
    },
    Record {
        on: bool,
    },
    /// The seat is given up.
    Leave,
    /// The socket is gone; the seat is kept.
    Broken,
}

/// What became of an offer.
pub(super) struct Answered {
    who: Who,
    participant: ParticipantId,
    fresh: bool,
    result: Result<Joined, SfuError>,
    done: oneshot::Sender<()>,
}

impl<M: MediaPlane> Hub<M> {
    pub(super) fn act(&mut self, who: &Who, action: Action) {
        let Some(room) = self.rooms.get_mut(&who.room) else {
            return;
        };
        if !room
            .seat(who.seat)
            .is_some_and(|seat| seat.is_held_by(who.connection))
        {
            return;
        }
        match action {
            Action::Offer {
                sdp,
                fresh,
                tracks,
                done,
            } => self.offer(who, sdp, fresh, tracks, done),
            Action::Mute { source, muted } => self.mute(who, source, muted),
            Action::Pin { seat } => self.pin(who, seat),
            Action::View { tiles } => self.view(who, tiles),
            Action::Record { on } => self.record(who, on),
            Action::Leave => self.give_up(&who.room, who.seat),
            Action::Broken => self.keep(&who.room, who.seat),
        }
        self.settle(&who.room);
    }

    /// Says what was refused.
    pub(super) fn refuse(&mut self, id: &RoomId, seat: u32, code: ErrorCode, message: String) {
        self.refusals.count(code);
        self.room(id).tell(
            seat,
            &ServerMessage::Error {
                code,
                message,
                fatal: false,
            },
        );
    }

    /// Whoever may send or receive may offer.
    fn offer(
        &mut self,
        who: &Who,
        offer: String,
        fresh: bool,
        tracks: Vec<SentTrack>,
        done: oneshot::Sender<()>,
    ) {
        let Some(seat) = self.room(&who.room).seat(who.seat) else {
            return;
        };
        let (publish, subscribe) = (seat.has(Grant::Publish), seat.has(Grant::Subscribe));
        if !publish && !subscribe {
            let why = "an offer needs the grant publish or subscribe".to_owned();
            return self.refuse(&who.room, who.seat, ErrorCode::NotAllowed, why);
        }
        if fresh {
            seat.media = Media::Offered;
            seat.slots.clear();
            seat.layers.clear();
            seat.limited = Limited::default();
        }
        let participant = seat.participant;
        let sources: Vec<(String, Source)> = tracks
            .into_iter()
            .map(|track| (track.mid, track.source.into()))
            .collect();
        let media = self.media.clone();
        let who = who.clone();
        self.offers.spawn(async move {
            let answer = async {
                if !fresh {
                    return media.reoffer(participant, offer, sources).await;
                }
                let room = who.room.clone();
                let join = Join {
                    room,
                    participant,
                    offer,
                    publish,
                    subscribe,
                    sources,
                };
                media.join(join).await
            };
            let result = tokio::time::timeout(ANSWER_WITHIN, answer)
                .await
                .unwrap_or(Err(SfuError::Unavailable));
            Answered {
                who,
                participant,
                fresh,
                result,
                done,
            }
        });
    }

    /// The media plane has answered, or refused.
    pub(super) fn answered(&mut self, answered: Answered) {
        let Answered {
            who,
            participant,
            fresh,
            result,
            done: _done,
        } = answered;
        if !self.seats.contains_key(&participant) {
            // The seat was given up meanwhile, perhaps before the media plane knew of it.
            return self.media.leave(participant);
        }
        let room = self.room(&who.room);
        let Some(seat) = room.seat(who.seat) else {
            return;
        };
        if !seat.is_held_by(who.connection) {
            return;
        }
        match result {
            Ok(joined) => self.connect(&who, fresh, joined),
            Err(error) => {
                if fresh {
                    seat.media = Media::None;
                }
                tracing::info!(room = %who.room, seat = who.seat, code = error.code(), "offer refused");
                self.refuse(&who.room, who.seat, (&error).into(), error.to_string());
            }
        }
        self.settle(&who.room);
    }

    /// Gives the answer, and says to the new connection what was said to the one before.
    fn connect(&mut self, who: &Who, fresh: bool, joined: Joined) {
        let Some(room) = self.rooms.get_mut(&who.room) else {
            return;
        };
        let Some(seat) = room.seat(who.seat) else {
            return;
        };
        seat.media = Media::Answered;
        if seat.slots.is_empty() {
            seat.slots = joined
                .slots
                .iter()
                .map(|slot| (slot.mid.clone(), None))
                .collect();
        }
        let participant = seat.participant;
        let muted = [
            (Source::Microphone, seat.microphone_muted),
            (Source::Camera, seat.camera_muted),
        ];
        let pinned = seat.pinned;
        let slots = joined
            .slots
            .into_iter()
            .map(|slot| SlotInfo {
                mid: slot.mid,
                kind: slot.kind.into(),
            })
            .collect();
        let sdp = joined.answer;
        room.tell(who.seat, &ServerMessage::Answer { sdp, slots });
        room.tell_slots(who.seat);
        if fresh {
            for (source, muted) in muted {
                self.media.set_muted(participant, source, muted);
            }
            if let Some(pinned) = pinned.and_then(|number| room.seat(number)) {
                self.media.pin(participant, Some(pinned.participant));
            }
        }
    }

    /// Whoever may send may say that they do not.
    fn mute(&mut self, who: &Who, source: MediaSource, muted: bool) {
        let room = self.room(&who.room);
        let Some(seat) = room.seat(who.seat) else {
            return;
        };
        if !seat.has(Grant::Publish) {
            let why = "muting needs the grant publish".to_owned();
            return self.refuse(&who.room, who.seat, ErrorCode::NotAllowed, why);
        }
        let participant = seat.participant;
        if seat.set_muted(source, muted) {
            room.tell_changed(who.seat);
        }
        self.media.set_muted(participant, source.into(), muted);
    }

    /// Whoever may receive may choose whom to see.
    fn pin(&mut self, who: &Who, pinned: Option<u32>) {
        let room = self.room(&who.room);
        let found = pinned.map(|number| room.seat(number).map(|seat| seat.participant));
        if found == Some(None) {
            let why = "nobody has this seat".to_owned();
            return self.refuse(&who.room, who.seat, ErrorCode::SeatUnknown, why);
        }
        let Some(seat) = room.seat(who.seat) else {
            return;
        };
        if !seat.has(Grant::Subscribe) {
            let why = "pinning needs the grant subscribe".to_owned();
            return self.refuse(&who.room, who.seat, ErrorCode::NotAllowed, why);
        }
        seat.pinned = pinned;
        let participant = seat.participant;
        self.media.pin(participant, found.flatten());
    }

    /// How large someone sees the others. Whoever may not receive has no slots: it changes nothing.
    fn view(&mut self, who: &Who, tiles: Vec<Tile>) {
        if let Some(seat) = self.room(&who.room).seat(who.seat) {
            let tiles = tiles.into_iter().map(|tile| (tile.mid, tile.lines));
            let participant = seat.participant;
            self.media.view(participant, tiles.collect());
        }
    }

    /// A host starts and stops the recording; everyone sees at once that it was asked for.
    fn record(&mut self, who: &Who, on: bool) {
        let room = self.room(&who.room);
        if !room
            .seat(who.seat)
            .is_some_and(|seat| seat.has(Grant::Host))
        {
            let why = "recording needs the grant host".to_owned();
            return self.refuse(&who.room, who.seat, ErrorCode::NotAllowed, why);
        }
        let recording = match room.recording.status {
            RecordingStatus::Starting | RecordingStatus::On => true,
            RecordingStatus::Off | RecordingStatus::Failed => false,
        };
        if recording == on {
            return;
        }
        if on {
            room.recording = RecordingState {
                status: RecordingStatus::Starting,
                since_ms: None,
                reason: None,
            };
            let recording = room.recording.clone();
            room.tell_all(&ServerMessage::Recording { recording });
        }
        self.outbox.push_back(RoomEvent::RecordRequested {
            room: who.room.to_string(),
            seat: who.seat,
            on,
        });
    }
}
