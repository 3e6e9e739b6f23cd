//! Every tenth of a second: which layer of which track each slot shows, and which layers their senders should send.

use std::time::Instant;

use super::peer::SlotSource;
use super::shard::Shard;
use crate::congestion::allocate::Priority;
use crate::event::Event;
use crate::forward::downstream::Downstream;
use crate::forward::layers::{Layers, Wish};
use crate::forward::packet::LayerId;
use crate::ids::{ParticipantId, RoomId, Source, TrackId};

/// One track of pictures of the room.
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

    /// What a slot can use of it: who is pinned is shown as well as it can be.
    fn wish(&self, slot: &Downstream, pinned: Option<ParticipantId>) -> Wish {
        let mut wish = slot.wish();
        if pinned == Some(self.owner) {
            wish.lines = None;
        }
        wish
    }

    /// The layer of it that a slot shows.
    fn shown_by(&self, slot: &Downstream) -> Option<u8> {
        let shown = slot.current().filter(|shown| shown.track == self.id)?;
        Some(if self.layers.within {
            slot.level().spatial.min(self.layers.count - 1)
        } else {
            shown.layer
        })
    }

    /// What it is to a slot that shows it.
    fn source_of(
        &self,
        slot: &Downstream,
        pinned: Option<ParticipantId>,
        speaker: Option<ParticipantId>,
    ) -> SlotSource {
        let wish = Wish {
            most: None,
            ..self.wish(slot, pinned)
        };
        let (rates, count) = SlotSource::rates(&self.layers);
        let screen = self.source == Source::Screen;
        SlotSource {
            priority: if screen || Some(self.owner) == speaker {
                Priority::Speaker
            } else if Some(self.owner) == pinned {
                Priority::Pinned
            } else {
                Priority::Rest
            },
            screen,
            max_spatial: self.layers.choose(wish, self.shown_by(slot)).desired,
            rates,
            count,
        }
    }
}

impl Shard {
    /// Decides anew for every slot of a room. Costs members × slots.
    pub(super) fn choose_layers(&mut self, room: &RoomId, now: Instant) {
        let mut tracks = self.picture_tracks(room, now);
        if tracks.is_empty() {
            return;
        }
        let Some(state) = self.rooms.get(room) else {
            return;
        };
        let mut sources = Vec::new();
        for member in &state.members {
            let Some(peer) = self.peers.get_mut(member) else {
                continue;
            };
            let pinned = state.plan.pinned(*member);
            let speaker = state.plan.speaking().first().copied();
            let place = |id: Option<TrackId>| tracks.binary_search_by_key(&id?, |t| t.id).ok();
            sources.clear();
            sources.extend(peer.slots.iter().map(|slot| {
                let track = &tracks[place(slot.wanted())?];
                Some(track.source_of(slot, pinned, speaker))
            }));
            peer.share(&sources, now);
            for slot in &mut peer.slots {
                let found = slot
                    .wanted()
                    .map(|id| tracks.binary_search_by_key(&id, |t| t.id));
                let Some(Ok(place)) = found else {
                    continue;
                };
                let track = &mut tracks[place];
                let shown = track.shown_by(slot);
                let choice = track.layers.choose(track.wish(slot, pinned), shown);
                if track.layers.within {
                    slot.set_target(0);
                    slot.set_size(Some(choice.target));
                } else {
                    slot.set_target(choice.target);
                    slot.set_size(None);
                }
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

    /// The tracks of pictures, by id.
    fn picture_tracks(&self, room: &RoomId, now: Instant) -> Vec<Track> {
        let Some(state) = self.rooms.get(room) else {
            return Vec::new();
        };
        let mut tracks = Vec::new();
        for owner in &state.members {
            let Some(peer) = self.peers.get(owner) else {
                continue;
            };
            for (id, source, layers) in peer.reception.pictures(now) {
                tracks.push(Track {
                    id,
                    owner: *owner,
                    source,
                    layers,
                    used: 0,
                });
            }
        }
        for (owner, remote) in &state.elsewhere.remotes {
            let pictures = remote.tracks.iter().filter(|track| track.is_picture());
            tracks.extend(pictures.map(|track| Track {
                id: track.track,
                owner: *owner,
                source: track.source,
                layers: track.layers,
                used: 0,
            }));
        }
        tracks.sort_unstable_by_key(|track| track.id);
        tracks
    }

    fn tell_layers(&mut self, room: &RoomId, track: &Track, now: Instant) {
        if track.layers.count < 2 {
            return;
        }
        let Some(peer) = self.peers.get_mut(&track.owner) else {
            self.want_elsewhere(room, track.owner, track.id, track.used);
            return;
        };
        let elsewhere = self.rooms.get(room);
        let elsewhere = elsewhere.map_or(0, |state| state.wanted_elsewhere(track.id));
        let used = track.used | elsewhere;
        if let Some(layers) = peer.reception.want_layers(track.id, used, now) {
            self.outlook.tell(Event::LayersWanted {
                room: room.clone(),
                participant: track.owner,
                source: track.source,
                layers,
            });
        }
    }
}
