//! What the media plane reports, in the words of the protocol: seats instead of participants.

use sfu::{Event, ParticipantId, RoomId};

use super::Hub;
use super::room::{Limited, Media};
use crate::media::MediaPlane;
use crate::message::{LostReason, MediaSource, ServerMessage};

impl<M: MediaPlane> Hub<M> {
    pub(super) fn media_event(&mut self, event: Event) {
        match event {
            Event::Connected { participant, .. } => self.media_works(participant),
            Event::Gone {
                participant,
                reason,
                ..
            } => self.media_lost(participant, reason.into()),
            Event::SlotMap { participant, slots } => self.slot_map(participant, slots),
            Event::LayersWanted {
                participant,
                source,
                layers,
                ..
            } => self.layers_wanted(participant, source.into(), layers),
            Event::Limited {
                participant,
                reduced,
                paused,
            } => self.limited(participant, (reduced, paused)),
            Event::Speaking { room, speakers } => self.speaking(&room, &speakers),
            // A track's life is the recorder's business.
            Event::TrackStarted { .. } | Event::TrackEnded { .. } => {}
        }
    }

    fn media_works(&mut self, participant: ParticipantId) {
        if let Some((id, number)) = self.seats.get(&participant).cloned()
            && let Some(seat) = self.room(&id).seat(number)
        {
            if seat.lost.take().is_some() {
                self.room(&id).tell_changed(number);
                self.settle(&id);
            }
            tracing::info!(room = %id, seat = number, "media connected");
        }
    }

    fn media_lost(&mut self, participant: ParticipantId, reason: LostReason) {
        if let Some((id, number)) = self.seats.get(&participant).cloned()
            && let Some(seat) = self.room(&id).seat(number)
        {
            // While a fresh offer is being answered this is about the connection before it.
            if seat.media != Media::Answered {
                return;
            }
            seat.media = Media::None;
            seat.lost = Some(reason);
            seat.slots.clear();
            seat.layers.clear();
            seat.limited = Limited::default();
            let room = self.room(&id);
            room.tell(number, &ServerMessage::MediaLost { reason });
            room.tell_changed(number);
            self.settle(&id);
            tracing::info!(room = %id, seat = number, ?reason, "media lost");
        }
    }

    fn slot_map(
        &mut self,
        participant: ParticipantId,
        slots: Vec<(String, Option<ParticipantId>)>,
    ) {
        if let Some((id, number)) = self.seats.get(&participant).cloned()
            && let Some(seat) = self.room(&id).seat(number)
        {
            seat.slots = slots;
            self.room(&id).tell_slots(number);
        }
    }

    fn layers_wanted(
        &mut self,
        participant: ParticipantId,
        source: MediaSource,
        rids: Vec<String>,
    ) {
        if let Some((id, number)) = self.seats.get(&participant).cloned()
            && let Some(seat) = self.room(&id).seat(number)
            && seat.media == Media::Answered
        {
            seat.layers.retain(|(known, _)| *known != source);
            seat.layers.push((source, rids.clone()));
            let message = ServerMessage::Layers { source, rids };
            self.room(&id).tell(number, &message);
        }
    }

    fn limited(&mut self, participant: ParticipantId, limited: Limited) {
        if let Some((id, number)) = self.seats.get(&participant).cloned()
            && let Some(seat) = self.room(&id).seat(number)
            && seat.media == Media::Answered
        {
            seat.limited = limited;
            self.room(&id).tell_limited(number);
        }
    }

    fn speaking(&mut self, id: &RoomId, speakers: &[ParticipantId]) {
        if let Some(room) = self.rooms.get_mut(id) {
            room.speaking = speakers
                .iter()
                .filter_map(|speaker| room.seat_of(*speaker))
                .collect();
            room.tell_speaking();
        }
    }
}
