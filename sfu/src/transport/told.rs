//! What a shard makes of what the others tell it.

use std::time::Instant;

use super::across::Message;
use super::remote::{Described, Other, Shared};
use super::shard::Shard;
use crate::event::Event;
use crate::forward::packet::StreamId;
use crate::forward::rtcp::SenderInfo;
use crate::ids::{ParticipantId, RoomId, Source};

/// Messages of one ring taken in one turn.
const MESSAGES_PER_TURN: usize = 512;

impl Shard {
    /// Takes what other shards tell.
    pub(super) fn take_messages(&mut self, now: Instant) {
        let mut more = false;
        for shard in 0..self.across.inlets.len() {
            for turn in 0..MESSAGES_PER_TURN {
                let inlet = self.across.inlets[shard].as_mut();
                let Some(message) = inlet.and_then(|inlet| inlet.take()) else {
                    break;
                };
                self.on_message(shard, message, now);
                more |= turn + 1 == MESSAGES_PER_TURN;
            }
            let Some(inlet) = &self.across.inlets[shard] else {
                continue;
            };
            inlet.settle();
            if inlet.is_over() {
                self.lost(shard, now);
            }
        }
        if more {
            // The others have their turn first.
            self.wake_itself();
        }
    }

    fn on_message(&mut self, shard: usize, message: Message, now: Instant) {
        match message {
            Message::Packet { room, from, shared } => {
                self.on_shared(shard, room, from, &shared, now)
            }
            Message::Clocks {
                room,
                from,
                stream,
                info,
            } => self.on_clocks(shard, &room, from, stream, &info, now),
            Message::Pictures {
                room,
                from,
                track,
                layers,
            } => {
                let state = self.rooms.get_mut(&room);
                let known = state.and_then(|state| state.elsewhere.track(from, track));
                if let Some((_, known)) = known.filter(|(owner, _)| *owner == shard) {
                    known.layers = layers;
                }
            }
            Message::Keyframe { room, layer } => {
                let owner = self
                    .rooms
                    .get(&room)
                    .and_then(|state| state.owner(layer.track));
                if let Some(peer) = owner.and_then(|owner| self.peers.get_mut(&owner)) {
                    peer.reception.request_keyframe(layer);
                }
            }
            Message::Wanted { room, track, used } => {
                if let Some(state) = self.rooms.get_mut(&room) {
                    state.note_wanted(track, shard, used);
                }
                self.choose_layers(&room, now);
            }
            Message::Hello { room, born } => {
                self.on_bye(shard, &room, now);
                self.on_state(shard, &room, born, Vec::new(), now);
            }
            Message::State {
                room,
                born,
                members,
            } => self.on_state(shard, &room, born, members, now),
            Message::Bye { room } => self.on_bye(shard, &room, now),
            Message::Reset(everything) => self.on_reset(shard, everything, now),
            change => self.on_change(shard, change, now),
        }
    }

    /// Takes a change of one participant of another shard.
    fn on_change(&mut self, shard: usize, change: Message, now: Instant) {
        let at_us = self.clock.unix_us(now);
        let room = match &change {
            Message::Joined { room, .. }
            | Message::Left { room, .. }
            | Message::Track { room, .. }
            | Message::Muted { room, .. } => room.clone(),
            _ => return,
        };
        let Some(state) = self.rooms.get_mut(&room) else {
            return;
        };
        if !state.elsewhere.knows(shard) {
            return;
        }
        match change {
            Message::Joined { participant, .. } if !self.peers.contains_key(&participant) => {
                state.remote_joined(&room, shard, participant, at_us);
            }
            Message::Left { participant, .. } => {
                state.remote_left(&room, shard, participant, at_us)
            }
            Message::Track {
                participant,
                change,
                layers,
                ..
            } => state.remote_track(&room, shard, participant, (change, layers), at_us),
            Message::Muted {
                participant,
                source,
                muted,
                ..
            } if state.elsewhere.remote(shard, participant).is_some() => {
                state.plan.set_muted(participant, source, muted);
            }
            _ => {}
        }
        self.update_room(&room, now);
    }

    /// Takes a packet that another shard received.
    fn on_shared(
        &mut self,
        shard: usize,
        room: RoomId,
        from: ParticipantId,
        shared: &Shared,
        now: Instant,
    ) {
        let Some(state) = self.rooms.get_mut(&room) else {
            return;
        };
        let packet = shared.packet();
        let remote = state.elsewhere.remote(shard, from);
        let tracks = remote.into_iter().flat_map(|remote| &mut remote.tracks);
        let mut its = tracks.filter(|track| track.track == packet.stream.track);
        let Some(track) = its.next() else {
            return;
        };
        self.across.packets_in += 1;
        let source = track.source;
        if !state.members.is_empty() {
            track.keep(shared);
        }
        if let (Some(level), Source::Microphone) = (packet.level, source) {
            state.plan.audio_level(from, level, now);
        }
        if state.is_fed() {
            let at_us = self.clock.unix_us(packet.received);
            state.feed_packet(&packet, now, at_us);
        }
        if state.members.is_empty() {
            return;
        }
        if packet.keyframe {
            self.across.served(packet.stream.layer_id());
        }
        if state.pending.is_empty() {
            self.waiting.push(room);
        }
        state.pending.push(from, &packet);
        if self.hold.is_zero() || state.pending.is_full() {
            self.forward_pending(now);
        }
    }

    fn on_clocks(
        &mut self,
        shard: usize,
        room: &RoomId,
        from: ParticipantId,
        stream: StreamId,
        info: &SenderInfo,
        now: Instant,
    ) {
        let Some(state) = self.rooms.get_mut(room) else {
            return;
        };
        let known = state.elsewhere.track(from, stream.track);
        if known.is_none_or(|(owner, _)| owner != shard) {
            return;
        }
        for member in &state.members {
            if let Some(peer) = self.peers.get_mut(member) {
                peer.send_report(stream, info, now, &mut self.outbox);
            }
        }
    }

    /// A shard says who of the room is connected to it.
    fn on_state(
        &mut self,
        shard: usize,
        room: &RoomId,
        born: Instant,
        members: Vec<Described>,
        now: Instant,
    ) {
        let at_us = self.clock.unix_us(now);
        let Some(state) = self.rooms.get_mut(room) else {
            return;
        };
        let others = &state.elsewhere.others;
        // Also one that left the room and came back, of which nothing was heard: it has forgotten us.
        let is_new = !others.contains(&Other { shard, born });
        state.elsewhere.others.retain(|other| other.shard != shard);
        state.elsewhere.others.push(Other { shard, born });
        let stays = |id: &ParticipantId| members.iter().any(|member| member.participant == *id);
        let remotes = state.elsewhere.remotes.iter();
        let gone = remotes.filter(|(id, remote)| remote.shard == shard && !stays(id));
        let gone: Vec<_> = gone.map(|(id, _)| *id).collect();
        for id in gone {
            state.remote_left(room, shard, id, at_us);
        }
        for member in members {
            if !self.peers.contains_key(&member.participant) {
                state.remote_is(room, shard, member, at_us);
            }
        }
        if is_new {
            let members = self.describe(room, now);
            let state = self.rooms.get(room);
            if let Some(born) = state.and_then(|state| state.elsewhere.born) {
                let room = room.clone();
                let answer = Message::State {
                    room,
                    born,
                    members,
                };
                self.across.put(shard, answer);
            }
        }
        self.update_room(room, now);
    }

    /// A shard does not have the room any more.
    fn on_bye(&mut self, shard: usize, room: &RoomId, now: Instant) {
        let (at_us, own) = (self.clock.unix_us(now), self.across.own);
        let Some(state) = self.rooms.get_mut(room) else {
            return;
        };
        if !state.elsewhere.knows(shard) {
            return;
        }
        let led = state.elsewhere.leads(own);
        let remotes = state.elsewhere.remotes.iter();
        let gone = remotes.filter(|(_, remote)| remote.shard == shard);
        let gone: Vec<_> = gone.map(|(id, _)| *id).collect();
        for id in gone {
            state.remote_left(room, shard, id, at_us);
        }
        state.forget_shard(shard);
        if !led && state.elsewhere.leads(own) {
            // What that shard said last is not known here.
            let speakers = state.plan.speaking().to_vec();
            let room = room.clone();
            self.outlook.tell(Event::Speaking { room, speakers });
        }
        self.update_room(room, now);
    }

    /// A shard tells everything anew because messages of it were lost.
    fn on_reset(
        &mut self,
        shard: usize,
        everything: Vec<(RoomId, Instant, Vec<Described>)>,
        now: Instant,
    ) {
        let told = |room: &RoomId| everything.iter().any(|(told, ..)| told == room);
        let rooms = self.rooms.iter();
        let over = rooms.filter(|(room, state)| state.elsewhere.knows(shard) && !told(room));
        let over: Vec<_> = over.map(|(room, _)| room.clone()).collect();
        for room in over {
            self.on_bye(shard, &room, now);
        }
        for (room, born, members) in everything {
            self.on_state(shard, &room, born, members, now);
        }
    }

    /// Another shard has ended: its participants are gone.
    fn lost(&mut self, shard: usize, now: Instant) {
        if !self.control.is_stopped() {
            tracing::error!(shard, "a shard of the media plane has ended");
        }
        let rooms = self.rooms.iter();
        let shared = rooms.filter(|(_, state)| state.elsewhere.knows(shard));
        let shared: Vec<_> = shared.map(|(room, _)| room.clone()).collect();
        for room in shared {
            self.on_bye(shard, &room, now);
        }
        self.across.part(shard);
    }
}
