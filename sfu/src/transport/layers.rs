//! Every tenth of a second: which layer of which track each slot shows, and which layers their senders should send.

use std::time::Instant;

use super::shard::Shard;
use crate::event::Event;
use crate::forward::layers::{Layers, Wish};
use crate::forward::packet::{LayerId, StreamId};
use crate::ids::{ParticipantId, RoomId, Source, TrackId};

/// One simulcast track of the room.
struct Track {
    id: TrackId,
    owner: ParticipantId,
    source: Source,
    layers: Layers,
    /// A bit for each layer that somebody shows or wants.
    used: u8,
}

impl Track {
    fn uses(&mut self, layer: u8) {
        self.used |= 1 << layer;
    }
}

impl Shard {
    /// Decides anew for every slot of a room. Costs members × slots; nothing in a room without simulcast.
    pub(super) fn choose_layers(&mut self, room: &RoomId, now: Instant) {
        let mut tracks = self.simulcast_tracks(room, now);
        if tracks.is_empty() {
            return;
        }
        let Some(state) = self.rooms.get(room) else {
            return;
        };
        for member in &state.members {
            let Some(peer) = self.peers.get_mut(member) else {
                continue;
            };
            let pinned = state.plan.pinned(*member);
            for slot in &mut peer.slots {
                let found = slot
                    .wanted()
                    .map(|id| tracks.binary_search_by_key(&id, |t| t.id));
                let Some(Ok(place)) = found else {
                    continue;
                };
                let track = &mut tracks[place];
                let shown = slot.current().filter(|shown| shown.track == track.id);
                let shown = shown.map(|StreamId { layer, .. }| layer);
                let wish = if pinned == Some(track.owner) {
                    Wish {
                        lines: None,
                        ..slot.wish()
                    }
                } else {
                    slot.wish()
                };
                let choice = track.layers.choose(wish, shown);
                slot.set_target(choice.target);
                track.uses(choice.desired);
                track.uses(choice.target);
                shown.into_iter().for_each(|layer| track.uses(layer));
            }
        }
        let feeds_need: Vec<LayerId> = state.feeds_need(now);
        if state.is_fed() {
            for track in &mut tracks {
                track.uses(track.layers.choose(Wish::default(), None).target);
                track.uses(track.layers.count - 1);
            }
        }
        for layer in feeds_need {
            self.request_keyframe(room, layer);
        }
        for track in tracks {
            self.tell_layers(room, &track, now);
        }
    }

    /// The tracks of more than one layer, by id.
    fn simulcast_tracks(&self, room: &RoomId, now: Instant) -> Vec<Track> {
        let Some(state) = self.rooms.get(room) else {
            return Vec::new();
        };
        let mut tracks = Vec::new();
        for owner in &state.members {
            let Some(peer) = self.peers.get(owner) else {
                continue;
            };
            for (id, source, layers) in peer.reception.simulcast(now) {
                tracks.push(Track {
                    id,
                    owner: *owner,
                    source,
                    layers,
                    used: 0,
                });
            }
        }
        tracks.sort_unstable_by_key(|track| track.id);
        tracks
    }

    fn tell_layers(&mut self, room: &RoomId, track: &Track, now: Instant) {
        let Some(peer) = self.peers.get_mut(&track.owner) else {
            return;
        };
        if let Some(layers) = peer.reception.want_layers(track.id, track.used, now) {
            self.outlook.tell(Event::LayersWanted {
                room: room.clone(),
                participant: track.owner,
                source: track.source,
                layers,
            });
        }
    }
}
