//! A shard's answer to how it is doing. It is given between two batches of datagrams, costs participants × slots, and
//! never names more than the bounds of [`crate::report`] allow.

use std::time::Instant;

use super::links;
use super::peer::Peer;
use super::reception::Line;
use super::rooms::RoomState;
use super::shard::Shard;
use crate::forward::downstream::Downstream;
use crate::ids::RoomId;
use crate::report::{
    LayerReport, MAX_ROOMS, MAX_SEATS, Path, Rate, RoomReport, SeatReport, ShardReport,
    TrackReport, ms,
};

impl Shard {
    /// Every room of this shard, without seats; or one room, with them.
    pub(super) fn report(&self, one: Option<&RoomId>, now: Instant) -> ShardReport {
        let asked = |id: &&RoomId| one.is_none_or(|one| one == *id);
        let mut rooms: Vec<(&RoomId, &RoomState)> =
            self.rooms.iter().filter(|(id, _)| asked(id)).collect();
        rooms.sort_unstable_by_key(|(_, state)| std::cmp::Reverse(state.members.len()));
        let more_rooms = rooms.len().saturating_sub(MAX_ROOMS);
        rooms.truncate(MAX_ROOMS);
        let rooms = rooms
            .into_iter()
            .map(|(id, state)| self.room_report(id, state, one.is_some(), now));
        ShardReport {
            shard: 0,
            stats: self.stats(),
            rooms: rooms.collect(),
            more_rooms,
        }
    }

    fn room_report(&self, id: &RoomId, state: &RoomState, seats: bool, now: Instant) -> RoomReport {
        let mut report = RoomReport {
            room: id.clone(),
            connected: 0,
            fed: state.is_fed(),
            received: Rate::default(),
            sent: Rate::default(),
            layers: crate::report::LayerCount::default(),
            keyframes_asked: 0,
            paused: 0,
            worst: Path::default(),
            seats: Vec::new(),
        };
        for member in &state.members {
            let Some(peer) = self.peers.get(member) else {
                continue;
            };
            report.connected += usize::from(peer.is_connected());
            report.received += peer.received.rate(now);
            report.sent += peer.sent.rate(now);
            report.paused += peer.slots.iter().filter(|slot| slot.is_paused()).count();
            report.worst.worsen(&peer.path_report(now));
            for line in &peer.reception.lines {
                report.keyframes_asked += line.keyframes_asked();
                for layer in line.pictures(now) {
                    report.layers.sent += usize::from(layer.sent);
                    report.layers.wanted += usize::from(layer.wanted);
                }
            }
            if seats && report.seats.len() < MAX_SEATS {
                report.seats.push(peer.seat_report(*member, now));
            }
        }
        report
    }
}

impl Peer {
    fn seat_report(&self, participant: crate::ids::ParticipantId, now: Instant) -> SeatReport {
        let tracks = self.reception.lines.iter();
        SeatReport {
            participant,
            connected: self.is_connected(),
            tcp: self
                .ice
                .path()
                .is_some_and(|path| links::connection(path).is_some()),
            received: self.received.rate(now),
            sent: self.sent.rate(now),
            tracks: tracks.filter_map(|line| line.report(now)).collect(),
            shown: self.slots.iter().filter(|s| s.wanted().is_some()).count(),
            paused: self.slots.iter().filter(|s| s.is_paused()).count(),
            path: self.path_report(now),
        }
    }

    fn path_report(&self, now: Instant) -> Path {
        let receiving = self.receiving.as_ref().map(|r| &r.bandwidth);
        let lines = self.reception.lines.iter();
        let running = lines.filter_map(|line| line.running.as_ref());
        let lost = running
            .flat_map(|running| &running.layers)
            .filter(|layer| layer.upstream.is_active(now))
            .map(|layer| layer.upstream.lost_lately());
        Path {
            rtt_ms: self.slots.iter().find_map(Downstream::rtt).map(ms),
            loss_down: receiving.map(|bandwidth| bandwidth.path().loss),
            loss_up: lost.reduce(f64::max),
            estimate_bps: receiving.map(|bandwidth| bandwidth.estimate_bps(now)),
        }
    }
}

impl Line {
    fn keyframes_asked(&self) -> u64 {
        let layers = self.running.iter().flat_map(|running| &running.layers);
        layers.map(|layer| layer.keyframes.asked_times()).sum()
    }

    /// Its layers, when it is pictures that come.
    fn pictures(&self, now: Instant) -> impl Iterator<Item = LayerReport> + '_ {
        let pictures = self.plan.kind == crate::ids::Kind::Video && self.running.is_some();
        let count = if pictures { self.layers() } else { 0 };
        (0..count).map(move |layer| self.layer_report(layer, now))
    }

    fn layer_report(&self, layer: u8, now: Instant) -> LayerReport {
        let running = self.running.as_ref();
        let state = running.and_then(|running| running.layer(layer));
        let state = state.map(|known| known.upstream.state(now));
        let state = state.unwrap_or_default();
        let wanted = running.and_then(|running| running.wanted.told());
        LayerReport {
            rid: self
                .plan
                .rids
                .get(usize::from(layer))
                .cloned()
                .unwrap_or_default(),
            sent: state.runs,
            // Without simulcast nobody is told, and the one layer is always wanted.
            wanted: wanted.is_none_or(|wanted| wanted & (1 << layer) != 0),
            bits: if state.runs { state.bitrate } else { 0 },
            lines: state.lines,
        }
    }

    fn report(&self, now: Instant) -> Option<TrackReport> {
        let running = self.running.as_ref()?;
        Some(TrackReport {
            source: self.plan.source,
            codec: running.codec,
            layers: (0..self.layers())
                .map(|layer| self.layer_report(layer, now))
                .collect(),
        })
    }
}
