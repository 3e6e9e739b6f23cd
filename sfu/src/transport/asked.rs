//! What the outside asks of a shard: who comes, who goes, what they want.

use std::time::Instant;

use super::across::Message;
use super::handle::{Command, JoinCommand};
use super::negotiation::Grants;
use super::peer::{NewPeer, Peer};
use super::placement::Place;
use super::rooms::RoomState;
use super::shard::Shard;
use crate::command::Joined;
use crate::error::SfuError;
use crate::event::{Event, GoneReason};
use crate::feed::Feed;
use crate::ids::{ParticipantId, RoomId, Source};

impl Shard {
    pub(super) fn on_command(&mut self, command: Command, now: Instant) {
        match command {
            Command::Join(join, reply) => {
                let _ = reply.send(self.join(*join, now));
            }
            Command::Reoffer {
                participant,
                offer,
                sources,
                reply,
            } => {
                let _ = reply.send(self.reoffer(participant, &offer, &sources, now));
            }
            Command::Leave(participant) => self.remove(participant, now),
            Command::CloseRoom(room) => self.close_room(&room, now),
            Command::SetMuted(participant, source, muted) => {
                self.set_muted(participant, source, muted, now);
            }
            Command::Pin(subscriber, pinned) => {
                self.with_room_of(subscriber, now, |room| room.plan.pin(subscriber, pinned));
            }
            Command::View(subscriber, tiles) => {
                if let Some(peer) = self.peers.get_mut(&subscriber) {
                    peer.view(&tiles);
                    let room = peer.room.clone();
                    self.choose_layers(&room, now);
                }
            }
            Command::Keyframe(track) => {
                for peer in self.peers.values_mut() {
                    peer.reception.request_track_keyframe(track, now);
                }
            }
            Command::Feed(room, place, reply) => {
                let _ = reply.send(self.open_feed(room, Some(place), now));
            }
            Command::Stats(reply) => {
                let _ = reply.send(self.stats());
            }
            Command::Report(room, reply) => {
                let _ = reply.send(self.report(room.as_ref(), now));
            }
        }
    }

    pub(super) fn join(&mut self, join: JoinCommand, now: Instant) -> Result<Joined, SfuError> {
        let id = join.participant;
        let replaces = self.peers.contains_key(&id);
        if !replaces && self.peers.len() >= self.config.max_participants {
            return Err(SfuError::Full);
        }
        let new = NewPeer {
            room: join.room.clone(),
            grants: Grants {
                publish: join.publish,
                subscribe: join.subscribe,
            },
            offer: &join.offer,
            sources: &join.sources,
            track_ids: self.track_ids.clone(),
        };
        let (peer, joined) = Peer::new(new, &self.identity, &self.candidates, now)?;
        if replaces {
            self.disconnect(id, now, Some(&join.room));
        }
        self.directory.set_ufrags(id, peer.ice.ufrags());
        let at_us = self.clock.unix_us(now);
        let room = self.enter_room(&join.room, now);
        room.end_remote(&join.room, id, at_us);
        room.plan.add(id, peer.public_slots());
        room.members.push(id);
        self.peers.insert(id, Box::new(peer));
        self.places.extend(join.place.map(|place| (id, place)));
        self.tell_others(&join.room, |room| Message::Joined {
            room,
            participant: id,
        });
        self.timers.stir();
        self.update_room(&join.room, now);
        Ok(joined)
    }

    pub(super) fn reoffer(
        &mut self,
        id: ParticipantId,
        offer: &super::sdp::Offer,
        sources: &[(String, Source)],
        now: Instant,
    ) -> Result<Joined, SfuError> {
        let peer = self
            .peers
            .get_mut(&id)
            .ok_or(SfuError::UnknownParticipant)?;
        let joined = peer.reoffer(offer, sources, &self.identity, &self.candidates, now)?;
        self.directory.set_ufrags(id, peer.ice.ufrags());
        let room = peer.room.clone();
        if let Some(state) = self.rooms.get_mut(&room) {
            state.plan.set_slots(id, peer.public_slots());
        }
        self.collect_tracks(id, now);
        self.update_room(&room, now);
        Ok(joined)
    }

    pub(super) fn set_muted(
        &mut self,
        participant: ParticipantId,
        source: Source,
        muted: bool,
        now: Instant,
    ) {
        let Some(room) = self.peers.get(&participant).map(|peer| peer.room.clone()) else {
            return;
        };
        self.tell_others(&room, |room| Message::Muted {
            room,
            participant,
            source,
            muted,
        });
        self.with_room_of(participant, now, |room| {
            room.plan.set_muted(participant, source, muted);
        });
    }

    pub(super) fn open_feed(
        &mut self,
        room: RoomId,
        place: Option<Place>,
        now: Instant,
    ) -> Result<Feed, SfuError> {
        let at_us = self.clock.unix_us(now);
        let state = self.enter_room(&room, now);
        state.open_feed(place, at_us).ok_or(SfuError::Unavailable)
    }

    pub(super) fn close_room(&mut self, room: &RoomId, now: Instant) {
        let members = self.rooms.get(room).map(|state| state.members.clone());
        for id in members.unwrap_or_default() {
            self.disconnect(id, now, Some(room));
        }
        self.leave_room(room);
    }

    /// Ends a connection that ended by itself, and says so.
    pub(super) fn gone(&mut self, id: ParticipantId, reason: GoneReason, now: Instant) {
        let Some(room) = self.peers.get(&id).map(|peer| peer.room.clone()) else {
            return;
        };
        self.remove(id, now);
        self.outlook.tell(Event::Gone {
            room,
            participant: id,
            reason,
        });
    }

    pub(super) fn remove(&mut self, id: ParticipantId, now: Instant) {
        let Some(room) = self.peers.get(&id).map(|peer| peer.room.clone()) else {
            return;
        };
        self.disconnect(id, now, None);
        self.update_room(&room, now);
        self.leave_rooms();
    }

    /// Closes a connection and ends its tracks. In `staying` the seat itself is kept (mutes and pins survive).
    fn disconnect(&mut self, id: ParticipantId, now: Instant, staying: Option<&RoomId>) {
        let Some(peer) = self.peers.get_mut(&id) else {
            return;
        };
        peer.close(now, &mut self.outbox);
        peer.reception.end();
        let room = peer.room.clone();
        self.collect_tracks(id, now);
        self.peers.remove(&id);
        for address in self.directory.remove(id) {
            self.outbox.links.close_soon(address);
        }
        if let Some(state) = self.rooms.get_mut(&room) {
            state.members.retain(|member| *member != id);
            if staying != Some(&room) {
                state.plan.remove(id);
            }
        }
        if staying != Some(&room) {
            self.tell_others(&room, |room| Message::Left {
                room,
                participant: id,
            });
            self.update_room(&room, now);
        }
        // Last of all: from now on they may come to another shard.
        self.places.remove(&id);
    }

    fn with_room_of(&mut self, id: ParticipantId, now: Instant, act: impl FnOnce(&mut RoomState)) {
        let Some(room) = self.peers.get(&id).map(|peer| peer.room.clone()) else {
            return;
        };
        if let Some(state) = self.rooms.get_mut(&room) {
            act(state);
        }
        self.update_room(&room, now);
    }
}
