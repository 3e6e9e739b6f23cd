//! Tells a subscriber which pictures its network does not carry: a face that stops without a word looks like a fault of
//! whoever is seen.

use std::time::{Duration, Instant};

use super::peer::Peer;
use super::shard::Shard;
use crate::event::Event;
use crate::ids::RoomId;

/// Least time between two such events to one subscriber: what swings is not worth telling.
const INTERVAL: Duration = Duration::from_secs(1);

/// What was told last.
#[derive(Default)]
pub(crate) struct Told {
    limited: Limited,
    at: Option<Instant>,
}

/// Slots, by their mids.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
struct Limited {
    reduced: Vec<String>,
    paused: Vec<String>,
}

impl Shard {
    /// Looks at every member of a room. Costs members × slots.
    pub(super) fn tell_limits(&mut self, room: &RoomId, now: Instant) {
        let Some(state) = self.rooms.get(room) else {
            return;
        };
        for member in &state.members {
            let peer = self.peers.get_mut(member);
            if let Some(limited) = peer.and_then(|peer| peer.limits_changed(now)) {
                self.outlook.tell(Event::Limited {
                    participant: *member,
                    reduced: limited.reduced,
                    paused: limited.paused,
                });
            }
        }
    }
}

impl Peer {
    fn limits_changed(&mut self, now: Instant) -> Option<Limited> {
        let receiving = self.receiving.as_mut()?;
        if receiving.told.at.is_some_and(|at| now < at + INTERVAL) {
            return None;
        }
        let mut limited = Limited::default();
        for (place, slot) in self.slots.iter().enumerate() {
            if slot.is_paused() {
                limited.paused.push(slot.config().mid.clone());
            } else if slot.wanted().is_some() && receiving.reduced.get(place) == Some(&true) {
                limited.reduced.push(slot.config().mid.clone());
            }
        }
        if limited == receiving.told.limited {
            return None;
        }
        receiving.told.limited = limited.clone();
        receiving.told.at = Some(now);
        Some(limited)
    }
}
