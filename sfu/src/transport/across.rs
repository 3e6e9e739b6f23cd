//! A room on several shards: what they tell each other, and how each keeps its picture of the others' participants.
//!
//! Shards that have the same room know each other by `Hello` and `State`. From then on each tells the others, in order,
//! what happens to its own participants, and gives them every packet that these send, once. What is not about a
//! participant of the shard that says it is ignored, so nothing is ever taken for somebody else's.

use std::sync::Arc;
use std::time::Instant;

use super::handle::Control;
use super::reception::TrackChange;
use super::remote::{Described, Shared};
use super::ring::{Inlet, Outlet, Put, ring};
use crate::forward::layers::Layers;
use crate::forward::packet::{LayerId, StreamId};
use crate::forward::rtcp::SenderInfo;
use crate::ids::{ParticipantId, RoomId, Source, TrackId};

/// Keyframes that may be waiting to be asked for; a further one is asked for again when a slot looks.
const WISHES: usize = 1_024;

/// What one shard tells another. All of it is about participants of the shard that says it, except `Keyframe` and `Wanted`.
pub(super) enum Message {
    /// A packet that one of them sent.
    Packet {
        room: RoomId,
        from: ParticipantId,
        shared: Shared,
    },
    /// A sender report.
    Clocks {
        room: RoomId,
        from: ParticipantId,
        stream: StreamId,
        info: SenderInfo,
    },
    /// What is known now of a picture's layers.
    Pictures {
        room: RoomId,
        from: ParticipantId,
        track: TrackId,
        layers: Layers,
    },
    /// Somebody here needs a keyframe of one of yours.
    Keyframe { room: RoomId, layer: LayerId },
    /// Which layers of a track of yours are used here, a bit for each.
    Wanted {
        room: RoomId,
        track: TrackId,
        used: u8,
    },
    /// This shard has the room from now on.
    Hello { room: RoomId, born: Instant },
    /// All of a room's participants who are connected here: the answer to a `Hello`, and to a first `State`.
    State {
        room: RoomId,
        born: Instant,
        members: Vec<Described>,
    },
    /// Somebody came, or has a new connection.
    Joined {
        room: RoomId,
        participant: ParticipantId,
    },
    /// Somebody left.
    Left {
        room: RoomId,
        participant: ParticipantId,
    },
    /// A track began or ended.
    Track {
        room: RoomId,
        participant: ParticipantId,
        change: TrackChange,
        layers: Layers,
    },
    /// A source is muted or not.
    Muted {
        room: RoomId,
        participant: ParticipantId,
        source: Source,
        muted: bool,
    },
    /// This shard does not have the room any more.
    Bye { room: RoomId },
    /// Everything that this shard has, after messages were lost.
    Reset(Vec<(RoomId, Instant, Vec<Described>)>),
}

impl Message {
    /// Whether it is worth little if it comes late: what a full ring drops first.
    pub(super) fn is_media(&self) -> bool {
        matches!(
            self,
            Self::Packet { .. } | Self::Clocks { .. } | Self::Pictures { .. }
        )
    }
}

/// One shard's ends of the rings to and from all others, by their numbers.
#[derive(Default)]
pub(crate) struct Across {
    /// This shard's number.
    pub(super) own: usize,
    pub(super) outlets: Vec<Option<Outlet>>,
    pub(super) inlets: Vec<Option<Inlet>>,
    /// Keyframes to ask for, and of which shard. Bounded by [`WISHES`]; waits while a ring is full.
    wishes: Vec<(usize, RoomId, LayerId)>,
    /// Pictures of ours of which another shard did not get every packet: they need a keyframe when its ring has room.
    pub(super) starved: Vec<(usize, ParticipantId, LayerId)>,
    /// Packets that were put into rings, and those that were taken from them.
    pub(super) packets_out: u64,
    pub(super) packets_in: u64,
    /// Dropped by rings to shards that have ended.
    dropped: u64,
}

impl Across {
    /// The rings between as many shards as there are controls, each of which wakes one.
    pub(crate) fn mesh(controls: &[Arc<Control>]) -> Vec<Self> {
        let count = controls.len();
        let mut all: Vec<Self> = (0..count)
            .map(|own| Self {
                own,
                outlets: (0..count).map(|_| None).collect(),
                inlets: (0..count).map(|_| None).collect(),
                ..Self::default()
            })
            .collect();
        for from in 0..count {
            for (to, control) in controls.iter().enumerate().filter(|(to, _)| *to != from) {
                let (outlet, inlet) = ring(control.clone());
                all[from].outlets[to] = Some(outlet);
                all[to].inlets[from] = Some(inlet);
            }
        }
        all
    }

    /// Puts a message into the ring to a shard.
    pub(super) fn put(&mut self, shard: usize, message: Message) -> Put {
        let outlet = self.outlets.get_mut(shard).and_then(Option::as_mut);
        outlet.map_or(Put::Dropped, |outlet| outlet.put(message))
    }

    /// Whether there is no other shard.
    pub(super) fn is_alone(&self) -> bool {
        self.outlets.len() < 2
    }

    /// Whether anything came. Asked before falling asleep.
    pub(super) fn has_next(&mut self) -> bool {
        self.inlets.iter_mut().flatten().any(Inlet::has_next)
    }

    /// Notes that a shard should be asked for a keyframe.
    pub(super) fn wish(&mut self, shard: usize, room: &RoomId, layer: LayerId) {
        let known = |wish: &(usize, RoomId, LayerId)| wish.2 == layer;
        if self.wishes.len() < WISHES && !self.wishes.iter().any(known) {
            self.wishes.push((shard, room.clone(), layer));
        }
    }

    /// A keyframe came: it need not be asked for.
    pub(super) fn served(&mut self, layer: LayerId) {
        self.wishes.retain(|wish| wish.2 != layer);
    }

    /// Asks for the keyframes, as far as rings have room, and wakes whoever was told something.
    pub(super) fn flush(&mut self) {
        if !self.wishes.is_empty() {
            let mut wishes = std::mem::take(&mut self.wishes);
            wishes.retain(|(shard, room, layer)| {
                let outlet = self.outlets.get_mut(*shard).and_then(Option::as_mut);
                let Some(outlet) = outlet else {
                    return false;
                };
                // It can wait: it must not tear the ring.
                let full = outlet.is_full();
                if !full {
                    let (room, layer) = (room.clone(), *layer);
                    outlet.put(Message::Keyframe { room, layer });
                }
                full
            });
            self.wishes = wishes;
        }
        self.outlets.iter_mut().flatten().for_each(Outlet::wake);
    }

    /// Lets go of the rings to and from a shard that has ended.
    pub(super) fn part(&mut self, shard: usize) {
        if let Some(outlet) = self.outlets[shard].take() {
            self.dropped += outlet.dropped;
        }
        self.inlets[shard] = None;
        self.wishes.retain(|wish| wish.0 != shard);
        self.starved.retain(|starved| starved.0 != shard);
    }

    /// Messages that full rings dropped.
    pub(super) fn dropped(&self) -> u64 {
        let open = self.outlets.iter().flatten();
        self.dropped + open.map(|outlet| outlet.dropped).sum::<u64>()
    }
}
