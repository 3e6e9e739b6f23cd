//! Whatever happens in a room over several shards, they agree about it in the end.

use super::client::{KEYFRAME, Wish};
use super::mesh::{Mesh, fill};
use crate::ids::{ParticipantId, RoomId, Source};
use crate::transport::ring::RING;

const SHARDS: usize = 3;

/// A room of people who come, go, move, speak and mute themselves, over rings that are torn now and then.
struct Crowd {
    mesh: Mesh,
    /// Where everybody is: their shard and their double there.
    seats: [Option<(usize, usize)>; 6],
    spoken: u16,
    random: u64,
}

impl Crowd {
    fn new(seed: u64) -> Self {
        Self {
            mesh: Mesh::new(SHARDS),
            seats: [None; 6],
            spoken: 0,
            random: seed,
        }
    }

    /// A number below `count`.
    fn any(&mut self, count: usize) -> usize {
        // Numerical Recipes' generator: its high bits are random enough for a test.
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005);
        self.random = self.random.wrapping_add(1_442_695_040_888_963_407);
        (self.random >> 33) as usize % count
    }

    fn act(&mut self) {
        let who = self.any(self.seats.len());
        let id = ParticipantId(who as u64 + 1);
        let (act, to) = (self.any(8), self.any(SHARDS));
        let now = self.mesh.now();
        match (self.seats[who], act) {
            (None, _) => self.join(id, to),
            (Some((shard, _)), 0 | 1) => {
                self.mesh.shards[shard].shard.remove(id, now);
                self.seats[who] = None;
            }
            (Some((shard, _)), 2) => {
                self.mesh.shards[shard].shard.remove(id, now);
                self.join(id, to);
            }
            // The connection alone is new.
            (Some((shard, _)), 3) => self.join(id, shard),
            (Some((shard, _)), 4) => {
                let shard = &mut self.mesh.shards[shard].shard;
                shard.set_muted(id, Source::Camera, to == 0, now);
            }
            (Some((shard, _)), 5) if to != shard => {
                // What the shard says from here on is lost.
                fill(&mut self.mesh, (shard, to), RING);
                let across = &mut self.mesh.shards[shard].shard.across;
                across.outlets[to].as_mut().unwrap().torn = true;
            }
            (Some((shard, place)), _) => {
                self.spoken += 1;
                let client = self.mesh.client(shard, place);
                if client.is_connected() {
                    client.speak(self.spoken);
                    client.show(self.spoken, KEYFRAME);
                }
                self.mesh.shards[shard].step();
            }
        }
    }

    fn join(&mut self, id: ParticipantId, shard: usize) {
        let network = &mut self.mesh.shards[shard];
        let place = network.client();
        let offer = network.clients[place].offer(&Wish::default());
        network.join_with(place, id.0, &offer, true, true).unwrap();
        network.begin(place);
        self.seats[id.0 as usize - 1] = Some((shard, place));
    }

    /// Every shard that has the room has the same people, mutes and tracks in it as their own shards say.
    fn agree(&self) {
        let room = RoomId::new("room");
        let there = self.seats.iter().enumerate();
        let there = there.filter(|(_, seat)| seat.is_some());
        let there: Vec<_> = there
            .map(|(who, _)| ParticipantId(who as u64 + 1))
            .collect();
        let states = self.mesh.shards.iter().map(|network| &network.shard.rooms);
        let states: Vec<_> = states.filter_map(|rooms| rooms.get(&room)).collect();
        for (shard, network) in self.mesh.shards.iter().enumerate() {
            let is_here = |seat: &Option<(usize, usize)>| seat.is_some_and(|seat| seat.0 == shard);
            assert_eq!(
                network.shard.rooms.contains_key(&room),
                self.seats.iter().any(is_here)
            );
        }
        for state in &states {
            let mut people: Vec<_> = state.plan.participants().collect();
            people.sort();
            assert_eq!(people, there);
            assert_eq!(state.elsewhere.others.len() + 1, states.len());
            assert_eq!(state.known(), states[0].known());
            for id in &there {
                assert_eq!(state.plan.muted(*id), states[0].plan.muted(*id));
            }
        }
        let leaders = self
            .mesh
            .shards
            .iter()
            .enumerate()
            .filter(|(shard, network)| {
                let state = network.shard.rooms.get(&room);
                state.is_some_and(|state| state.elsewhere.leads(*shard))
            });
        assert_eq!(leaders.count(), usize::from(!there.is_empty()));
    }
}

#[test]
fn whatever_happens_and_whatever_is_lost_all_shards_agree_in_the_end() {
    for seed in 1..=8 {
        let mut crowd = Crowd::new(seed);
        for _ in 0..30 {
            for _ in 0..1 + crowd.any(4) {
                crowd.act();
            }
            let ms = 5 * crowd.any(10) as u64;
            crowd.mesh.run(ms);
        }
        crowd.mesh.run(200);
        crowd.agree();
    }
}
