//! What a shard tells the others that have one of its rooms.

use std::time::Instant;

use super::across::{Across, Message};
use super::reception::TrackChange;
use super::remote::{Described, Other, Shared};
use super::ring::{MEDIA, Put};
use super::rooms::RoomState;
use super::shard::Shard;
use crate::forward::layers::Layers;
use crate::forward::packet::{Packet, StreamId};
use crate::forward::rtcp::SenderInfo;
use crate::ids::{Kind, ParticipantId, RoomId, TrackId};

impl Shard {
    /// A room of this shard. One that is new here is announced: whoever has it tells us of it.
    pub(super) fn enter_room(&mut self, room: &RoomId, now: Instant) -> &mut RoomState {
        if !self.rooms.contains_key(room) {
            for shard in 0..self.across.outlets.len() {
                let (room, born) = (room.clone(), now);
                self.across.put(shard, Message::Hello { room, born });
            }
        }
        let state = self.rooms.entry(room.clone()).or_default();
        state.elsewhere.born.get_or_insert(now);
        state
    }

    /// Forgets rooms in which nobody is and to which nobody listens.
    pub(super) fn leave_rooms(&mut self) {
        let rooms = self.rooms.iter();
        let over = rooms.filter(|(_, state)| state.is_over());
        let over: Vec<_> = over.map(|(room, _)| room.clone()).collect();
        for room in over {
            self.leave_room(&room);
        }
    }

    /// Forgets a room.
    pub(super) fn leave_room(&mut self, room: &RoomId) {
        self.tell_others(room, |room| Message::Bye { room });
        self.rooms.remove(room);
    }

    /// Tells every other shard that has the room.
    pub(super) fn tell_others(&mut self, room: &RoomId, message: impl Fn(RoomId) -> Message) {
        let Some(state) = self.rooms.get(room) else {
            return;
        };
        for other in &state.elsewhere.others {
            self.across.put(other.shard, message(room.clone()));
        }
    }

    /// Tells the others of a track that began or ended here.
    pub(super) fn tell_track(
        &mut self,
        room: &RoomId,
        id: ParticipantId,
        change: TrackChange,
        now: Instant,
    ) {
        let is_alone = |state: &RoomState| state.elsewhere.others.is_empty();
        if self.rooms.get(room).is_none_or(is_alone) {
            return;
        }
        let layers = match (change, self.peers.get(&id)) {
            (TrackChange::Started { track, .. }, Some(peer)) => peer.reception.layers(track, now),
            _ => Layers::default(),
        };
        self.tell_others(room, |room| Message::Track {
            room,
            participant: id,
            change,
            layers,
        });
    }

    /// Tells the others a publisher's clocks.
    pub(super) fn tell_clocks(
        &mut self,
        room: &RoomId,
        from: ParticipantId,
        stream: StreamId,
        info: &SenderInfo,
    ) {
        self.tell_others(room, |room| Message::Clocks {
            room,
            from,
            stream,
            info: *info,
        });
    }

    /// Tells the others what is measured of the layers of our pictures.
    pub(super) fn tell_pictures(&mut self, now: Instant) {
        for (room, state) in &self.rooms {
            for other in &state.elsewhere.others {
                for from in &state.members {
                    let peer = self.peers.get(from);
                    for (track, _, layers) in peer
                        .into_iter()
                        .flat_map(|peer| peer.reception.pictures(now))
                    {
                        let message = Message::Pictures {
                            room: room.clone(),
                            from: *from,
                            track,
                            layers,
                        };
                        self.across.put(other.shard, message);
                    }
                }
            }
        }
    }

    /// Tells the shard of a track's sender which layers are used here, if it was told something else.
    pub(super) fn want_elsewhere(
        &mut self,
        room: &RoomId,
        owner: ParticipantId,
        track: TrackId,
        used: u8,
    ) {
        let state = self.rooms.get_mut(room);
        let Some((shard, known)) = state.and_then(|state| state.elsewhere.track(owner, track))
        else {
            return;
        };
        if known.told.replace(used) != Some(used) {
            let room = room.clone();
            self.across
                .put(shard, Message::Wanted { room, track, used });
        }
    }

    /// What is due between shards at the end of a turn: keyframes for those who missed packets, the whole state where messages
    /// were lost, and waking whoever sleeps.
    pub(super) fn settle_across(&mut self, now: Instant) {
        if !self.across.starved.is_empty() {
            let mut starved = std::mem::take(&mut self.across.starved);
            starved.retain(|(shard, from, layer)| {
                let outlet = self.across.outlets[*shard].as_ref();
                let full = outlet.is_some_and(|outlet| outlet.torn || outlet.waiting() > MEDIA / 2);
                if !full && let Some(peer) = self.peers.get_mut(from) {
                    peer.reception.request_keyframe(*layer);
                }
                full
            });
            self.across.starved = starved;
        }
        for shard in 0..self.across.outlets.len() {
            let outlet = self.across.outlets[shard].as_ref();
            if outlet.is_some_and(|outlet| outlet.may_heal()) {
                self.reset(shard, now);
            }
        }
        self.across.flush();
    }

    /// Tells a shard everything anew.
    fn reset(&mut self, shard: usize, now: Instant) {
        let rooms: Vec<_> = self.rooms.keys().cloned().collect();
        let described = |room: RoomId| {
            let born = self.rooms.get(&room)?.elsewhere.born?;
            let members = self.describe(&room, now);
            Some((room, born, members))
        };
        let everything = rooms.into_iter().filter_map(described).collect();
        if let Some(outlet) = &mut self.across.outlets[shard] {
            outlet.torn = false;
            outlet.put(Message::Reset(everything));
        }
        // What it was told of our wishes is lost, too.
        for state in self.rooms.values_mut() {
            let remotes = state.elsewhere.remotes.values_mut();
            for remote in remotes.filter(|remote| remote.shard == shard) {
                remote.tracks.iter_mut().for_each(|track| track.told = None);
            }
        }
    }

    /// Our participants of a room.
    pub(super) fn describe(&self, room: &RoomId, now: Instant) -> Vec<Described> {
        let Some(state) = self.rooms.get(room) else {
            return Vec::new();
        };
        let members = state.members.iter().filter_map(|&participant| {
            Some(Described {
                participant,
                muted: state.plan.muted(participant).to_vec(),
                tracks: self
                    .peers
                    .get(&participant)?
                    .reception
                    .running(now)
                    .collect(),
            })
        });
        members.collect()
    }
}

/// Gives a packet to the other shards that have its room: one copy, one message for each.
pub(super) fn share(
    across: &mut Across,
    others: &[Other],
    room: &RoomId,
    from: ParticipantId,
    packet: &Packet<'_>,
) {
    let shared = Shared::new(packet);
    for other in others {
        let message = Message::Packet {
            room: room.clone(),
            from,
            shared: shared.clone(),
        };
        if across.put(other.shard, message) == Put::Done {
            across.packets_out += 1;
        } else if packet.codec.kind() == Kind::Video {
            let starved = (other.shard, from, packet.stream.layer_id());
            if !across.starved.contains(&starved) {
                across.starved.push(starved);
            }
        }
    }
}
