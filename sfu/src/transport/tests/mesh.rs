//! Shards in memory with rings between them.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use super::client::{Client, Wish};
use super::network::Network;
use crate::SfuConfig;
use crate::feed::Feed;
use crate::forward::rtcp::{Rtcp, packets};
use crate::ids::{ParticipantId, RoomId, TrackId};
use crate::transport::across::{Across, Message};
use crate::transport::dtls::Identity;
use crate::transport::handle::Control;

/// Shards with their doubles, one clock, and rings between them.
pub(super) struct Mesh {
    pub(super) shards: Vec<Network>,
}

/// The double of the first participant of a shard, and so on.
pub(super) const FIRST: usize = 0;

impl Mesh {
    pub(super) fn new(count: usize) -> Self {
        let controls = (0..count).map(|_| Arc::new(Control::new().unwrap()));
        let controls: Vec<_> = controls.collect();
        let identity = Arc::new(Identity::generate().unwrap());
        let (ids, now) = (Arc::new(AtomicU64::new(1)), Instant::now());
        let one = |across| {
            let config = SfuConfig::default();
            Network::one_of(config, identity.clone(), across, ids.clone(), now)
        };
        Self {
            shards: Across::mesh(&controls).into_iter().map(one).collect(),
        }
    }

    /// Two shards, each with one participant who is ready for video: 1 and 11.
    pub(super) fn pair() -> Self {
        let mut mesh = Self::new(2);
        mesh.join(0, &Wish::default());
        mesh.join(1, &Wish::default());
        mesh.run(400);
        mesh
    }

    /// Somebody joins a shard: participant 10 × shard + place + 1.
    pub(super) fn join(&mut self, shard: usize, wish: &Wish) -> usize {
        let network = &mut self.shards[shard];
        let place = network.client();
        let offer = network.clients[place].offer(wish);
        let id = id(shard, place).0;
        network.join_with(place, id, &offer, true, true).unwrap();
        network.begin(place);
        self.run(15);
        assert!(self.shards[shard].clients[place].is_connected());
        place
    }

    /// Lets time pass for all in steps of 5 ms.
    pub(super) fn run(&mut self, ms: u64) {
        for _ in 0..=ms / 5 {
            // What one tells the next takes two rounds to be answered.
            for _ in 0..3 {
                self.shards.iter_mut().for_each(Network::step);
            }
            for network in &mut self.shards {
                network.now += Duration::from_millis(5);
            }
        }
    }

    pub(super) fn client(&mut self, shard: usize, place: usize) -> &mut Client {
        &mut self.shards[shard].clients[place]
    }

    /// What somebody heard in the slot with this mid.
    pub(super) fn heard(&self, shard: usize, place: usize, mid: &str) -> Vec<(u16, Vec<u8>)> {
        let client = &self.shards[shard].clients[place];
        client.heard(client.slot_ssrc(mid))
    }

    pub(super) fn now(&self) -> Instant {
        self.shards[0].now
    }

    pub(super) fn feed(&mut self, shard: usize) -> Feed {
        let now = self.now();
        let room = RoomId::new("room");
        self.shards[shard].shard.open_feed(room, None, now).unwrap()
    }

    /// How often somebody was asked for a keyframe of a stream since the last look.
    pub(super) fn plis(&mut self, shard: usize, place: usize, of: u32) -> usize {
        let compounds = std::mem::take(&mut self.client(shard, place).rtcp);
        let packets = compounds.iter().flat_map(|compound| packets(compound));
        packets
            .filter(|packet| matches!(packet, Ok(Rtcp::Pli { ssrc }) if *ssrc == of))
            .count()
    }

    pub(super) fn dropped(&self, shard: usize) -> u64 {
        self.shards[shard].shard.across.dropped()
    }

    pub(super) fn members(&self, shard: usize) -> Vec<ParticipantId> {
        let state = self.shards[shard].shard.rooms.get(&RoomId::new("room"));
        let mut all: Vec<_> = state.unwrap().plan.participants().collect();
        all.sort();
        all
    }
}

/// Who joined first on the first shard is 1, on the second 11.
pub(super) fn id(shard: usize, place: usize) -> ParticipantId {
    ParticipantId((10 * shard + place + 1) as u64)
}

/// Fills the ring from one shard to another with what takes part in nothing.
pub(super) fn fill(mesh: &mut Mesh, (from, to): (usize, usize), up_to: usize) {
    for _ in 0..up_to {
        let message = Message::Wanted {
            room: RoomId::new("another"),
            track: TrackId(0),
            used: 0,
        };
        mesh.shards[from].shard.across.put(to, message);
    }
}
