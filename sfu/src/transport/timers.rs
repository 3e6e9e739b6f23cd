//! What a shard does when time passes. Whoever shakes hands or sends is looked at every 10 ms, because handshakes are
//! repeated and feedback is due; whoever only listens every 100 ms: touching hundreds of connections costs more than
//! what is to be done for them.

use std::time::{Duration, Instant};

use super::peer::Progress;
use super::rooms::RoomState;
use super::shard::Shard;
use super::udp;
use crate::ids::ParticipantId;

/// Between two looks at those who shake hands or send.
const TICK: Duration = Duration::from_millis(10);
/// Between two looks at everybody, and decisions about who is in which slot.
const ROOM_TICK: Duration = Duration::from_millis(100);

/// How long is looked at to say how busy a shard is.
const MEASURED_OVER: Duration = Duration::from_secs(1);

/// When something is due, and for whom.
#[derive(Debug)]
pub(crate) struct Timers {
    next: Instant,
    next_room: Instant,
    measured: (Instant, Duration),
    stirred: bool,
    brisk: Vec<ParticipantId>,
}

impl Timers {
    /// Everything is due.
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            next: now,
            next_room: now,
            measured: (now, Duration::ZERO),
            stirred: false,
            brisk: Vec::new(),
        }
    }

    /// When something is due.
    pub(crate) fn due_at(&self) -> Instant {
        self.next
    }

    /// Says that somebody came or began to send.
    pub(crate) fn stir(&mut self) {
        self.stirred = true;
    }
}

impl Shard {
    /// Does what is due.
    pub(super) fn tick(&mut self, now: Instant) {
        if now < self.timers.next {
            return;
        }
        self.timers.next = now + TICK;
        let room_tick = now >= self.timers.next_room;
        let ready = self.tick_peers(now, room_tick);
        if room_tick {
            self.timers.next_room = now + ROOM_TICK;
            let rooms: Vec<_> = self.rooms.keys().cloned().collect();
            for room in rooms {
                self.update_room(&room, now);
                self.choose_layers(&room, now);
                self.tell_limits(&room, now);
            }
            self.rooms.values_mut().for_each(RoomState::prune);
            self.leave_rooms();
            self.tell_pictures(now);
            self.measure(now);
        }
        if room_tick || ready {
            self.want_keyframes(now);
        }
    }

    /// Says how busy this thread is, for whoever places newcomers.
    fn measure(&mut self, now: Instant) {
        let (since, before) = self.timers.measured;
        let took = now.saturating_duration_since(since);
        if self.across.is_alone() || took < MEASURED_OVER {
            return;
        }
        let used = udp::thread_cpu();
        let share = used.saturating_sub(before).as_micros() * 1_000 / took.as_micros().max(1);
        self.control.set_busy(share as u32);
        self.timers.measured = (now, used);
    }

    /// Looks at everybody's timers, or at those of the brisk. Says whether a connection became ready for video.
    fn tick_peers(&mut self, now: Instant, everybody: bool) -> bool {
        let mut brisk = std::mem::take(&mut self.timers.brisk);
        if everybody || std::mem::take(&mut self.timers.stirred) {
            brisk.clear();
            let peers = self.peers.iter();
            brisk.extend(
                peers
                    .filter(|(_, peer)| everybody || peer.is_brisk(now))
                    .map(|(id, _)| *id),
            );
        }
        let consent = Duration::from_secs(self.config.consent_s);
        let mut ready = false;
        for id in &brisk {
            let Some(peer) = self.peers.get_mut(id) else {
                continue;
            };
            if let Progress::Over(reason) = peer.tick(now, consent, &mut self.outbox) {
                self.gone(*id, reason, now);
            } else {
                ready |= peer.became_ready(now);
            }
        }
        if everybody {
            let peers = &self.peers;
            brisk.retain(|id| peers.get(id).is_some_and(|peer| peer.is_brisk(now)));
        }
        self.timers.brisk = brisk;
        ready
    }
}
