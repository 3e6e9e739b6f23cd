//! A shard's media path: a packet in, the same packet out to whoever follows it; control packets back and forth.

use std::net::SocketAddr;
use std::time::Instant;

use super::peer::Peer;
use super::shard::Shard;
use super::telling::share;
use crate::forward::packet::LayerId;
use crate::forward::rtcp::{self, Rtcp};
use crate::ids::{Kind, ParticipantId, RoomId, Source};

/// Sequence numbers of one NACK compound that are answered; a browser asks for far fewer.
const MAX_LOST: usize = 512;

impl Shard {
    /// Takes an SRTP packet of a participant.
    pub(super) fn on_rtp(
        &mut self,
        id: ParticipantId,
        bytes: &mut [u8],
        from: SocketAddr,
        now: Instant,
    ) -> Result<(), &'static str> {
        let peer = self.peers.get_mut(&id).ok_or("datagram_of_nobody")?;
        let plain = peer.open_rtp(bytes, from, now)?;
        let became_ready = peer.became_ready(now);
        let room = peer.room.clone();
        let taken = peer.reception.take(plain, now);
        let changed = !peer.reception.changes.is_empty();
        if changed {
            self.collect_tracks(id, now);
            self.update_room(&room, now);
        }
        if became_ready {
            self.want_keyframes(now);
        }
        let taken = taken?;
        self.stats.packets_in += 1;
        let at_us = self.clock.unix_us(now);
        let Some(state) = self.rooms.get_mut(&room) else {
            return Ok(());
        };
        if let (Some(level), Source::Microphone) = (taken.packet.level, taken.source) {
            state.plan.audio_level(id, level, now);
        }
        if state.is_fed() {
            state.feed_packet(&taken.packet, now, at_us);
        }
        let others = &state.elsewhere.others;
        if !others.is_empty() {
            share(&mut self.across, others, &room, id, &taken.packet);
        }
        if state.pending.is_empty() {
            self.waiting.push(room);
        }
        state.pending.push(id, &taken.packet);
        if self.hold.is_zero() || state.pending.is_full() {
            self.forward_pending(now);
        }
        Ok(())
    }

    /// Forwards what waits in every room.
    pub(super) fn forward_pending(&mut self, now: Instant) {
        for room in self.waiting.drain(..) {
            let Some(state) = self.rooms.get_mut(&room) else {
                continue;
            };
            for member in &state.members {
                if let Some(peer) = self.peers.get_mut(member) {
                    let packets = state.pending.for_others_than(*member);
                    self.stats.packets_out += peer.forward(packets, now, &mut self.outbox);
                }
            }
            for (from, stream) in state.pending.keyframes() {
                // It may have come before anybody asked: the first packet of a track makes the slots want it.
                if let Some(peer) = self.peers.get_mut(&from) {
                    self.stats.keyframes_in += 1;
                    peer.reception.keyframe_served(stream);
                } else {
                    self.across.served(stream.layer_id());
                }
            }
            state.pending.clear();
        }
    }

    /// Takes an SRTCP compound of a participant.
    pub(super) fn on_rtcp(
        &mut self,
        id: ParticipantId,
        bytes: &[u8],
        from: SocketAddr,
        now: Instant,
    ) -> Result<(), &'static str> {
        // The participant leaves the map while others are looked at for its sake.
        let mut peer = self.peers.remove(&id).ok_or("datagram_of_nobody")?;
        let result = self.on_compound(id, &mut peer, bytes, from, now);
        let became_ready = peer.became_ready(now);
        self.peers.insert(id, peer);
        if became_ready {
            self.want_keyframes(now);
        }
        result
    }

    fn on_compound(
        &mut self,
        id: ParticipantId,
        peer: &mut Peer,
        bytes: &[u8],
        from: SocketAddr,
        now: Instant,
    ) -> Result<(), &'static str> {
        let plain = peer.open_rtcp(bytes, from, now)?;
        let mut answered = 0;
        for packet in rtcp::packets(&plain) {
            match packet.map_err(|error| error.code())? {
                Rtcp::SenderReport { ssrc, info, blocks } => {
                    if let Some(stream) = peer.reception.on_sender_report(ssrc, &info, now) {
                        for other in self.peers.values_mut().filter(|p| p.room == peer.room) {
                            other.send_report(stream, &info, now, &mut self.outbox);
                        }
                        self.tell_clocks(&peer.room, id, stream, &info);
                    }
                    on_blocks(peer, blocks, now);
                }
                Rtcp::ReceiverReport { blocks, .. } => on_blocks(peer, blocks, now),
                Rtcp::Nack { ssrc, lost } => {
                    let room = self.rooms.get(&peer.room);
                    let owner = |track| room.and_then(|room| room.owner(track));
                    let peers = &self.peers;
                    let cached = |stream: crate::forward::packet::StreamId, index| {
                        let owner = owner(stream.track)?;
                        match peers.get(&owner) {
                            Some(peer) => peer.reception.upstream(stream)?.cached(index),
                            None => room?.elsewhere.cached(owner, stream, index),
                        }
                    };
                    let before = answered;
                    let lost = lost.inspect(|_| answered += 1);
                    let lost = lost.take(MAX_LOST);
                    let sent = peer.resend(ssrc, lost, cached, now, &mut self.outbox);
                    self.stats.retransmitted += sent;
                    self.stats.nacked += (answered - before) as u64;
                    if answered >= MAX_LOST {
                        return Err("rtcp_nack_flood");
                    }
                }
                Rtcp::TransportFeedback(body) => peer.on_feedback(body, now)?,
                Rtcp::Remb { bitrate_bps, .. } => peer.on_remb(bitrate_bps, now),
                Rtcp::Pli { ssrc } => self.on_keyframe_wanted(peer, ssrc),
                Rtcp::Fir(entries) => {
                    for ssrc in entries.take(16) {
                        self.on_keyframe_wanted(peer, ssrc);
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// A viewer lost its picture.
    fn on_keyframe_wanted(&mut self, peer: &Peer, ssrc: u32) {
        self.stats.keyframes_wanted += 1;
        let mut slots = peer.slots.iter();
        let slot = slots.find(|slot| slot.config().ssrc == ssrc);
        if let Some(layer) = slot.and_then(|slot| slot.keyframe_wanted_by_viewer()) {
            self.request_keyframe(&peer.room, layer);
        }
    }

    pub(super) fn request_keyframe(&mut self, room: &RoomId, layer: LayerId) {
        let owner = self
            .rooms
            .get(room)
            .and_then(|room| room.owner(layer.track));
        let Some(owner) = owner else {
            return;
        };
        if let Some(peer) = self.peers.get_mut(&owner) {
            peer.reception.request_keyframe(layer);
        } else if let Some(state) = self.rooms.get(room)
            && let Some(remote) = state.elsewhere.remotes.get(&owner)
        {
            self.across.wish(remote.shard, room, layer);
        }
    }

    /// Asks for the keyframes that slots of ready participants wait for.
    pub(super) fn want_keyframes(&mut self, now: Instant) {
        let mut wanted: Vec<(RoomId, LayerId)> = Vec::new();
        for peer in self.peers.values().filter(|peer| peer.is_ready(now)) {
            for slot in peer.slots.iter().filter(|s| s.config().kind == Kind::Video) {
                // A track whose codec the browser does not take would be asked for keyframes for ever.
                let room = self.rooms.get(&peer.room);
                let shows = |layer: LayerId| {
                    let codec = room.and_then(|room| room.codec(layer.track));
                    codec.is_some_and(|codec| slot.config().payload_types.get(codec).is_some())
                };
                if let Some(layer) = slot.needs_keyframe()
                    && !wanted.iter().any(|(_, known)| *known == layer)
                    && shows(layer)
                {
                    wanted.push((peer.room.clone(), layer));
                }
            }
        }
        for (room, layer) in wanted {
            self.request_keyframe(&room, layer);
        }
    }

    /// Tells about tracks of a participant that began or ended.
    pub(super) fn collect_tracks(&mut self, id: ParticipantId, now: Instant) {
        let at_us = self.clock.unix_us(now);
        let Some(peer) = self.peers.get_mut(&id) else {
            return;
        };
        let changes = std::mem::take(&mut peer.reception.changes);
        let room = peer.room.clone();
        self.timers.stir();
        for change in changes {
            if let Some(state) = self.rooms.get_mut(&room) {
                state.change_track(&room, id, change, at_us, Some(&mut self.outlook));
            }
            self.tell_track(&room, id, change, now);
        }
    }

    /// Decides anew who is in which slot of a room.
    pub(super) fn update_room(&mut self, room: &RoomId, now: Instant) {
        let at_us = self.clock.unix_us(now);
        let Some(state) = self.rooms.get_mut(room) else {
            return;
        };
        let assignments = state.update(room, self.across.own, now, at_us, &mut self.outlook);
        if assignments.is_empty() {
            return;
        }
        for assignment in assignments {
            let peer = self.peers.get_mut(&assignment.subscriber);
            if let Some(slot) = peer.and_then(|peer| peer.slots.get_mut(assignment.slot)) {
                slot.want(assignment.wanted, now);
            }
        }
        self.choose_layers(room, now);
        self.want_keyframes(now);
    }
}

fn on_blocks(peer: &mut Peer, blocks: rtcp::Blocks<'_>, now: Instant) {
    for block in blocks.take(64) {
        let mut slots = peer.slots.iter_mut();
        let slot =
            slots.find(|slot| [slot.config().ssrc, slot.config().rtx_ssrc].contains(&block.ssrc));
        if let Some(slot) = slot {
            slot.on_report_block(&block, now);
        }
    }
}
