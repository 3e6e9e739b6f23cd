//! Which shard a participant is connected to. Asked when somebody joins and told when they have left: the only lock that
//! shards share, and never on the way of a packet.
//!
//! A room stays on the shard that has it as long as it is small and that shard is not much busier than the idlest; a large
//! one spreads evenly. Who joins again comes back to the shard that has the seat.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::handle::Control;
use crate::error::SfuError;
use crate::ids::{ParticipantId, RoomId};

/// How many more participants than the idlest a shard may have before a room that it has goes on elsewhere, too.
const SMALL_ROOM: usize = 16;
/// CPU time, in thousandths of a core, below which a shard is idle.
const IDLE: u32 = 300;
/// How much CPU time, in thousandths of a core, makes a difference.
const STEP: u32 = 100;

/// Where everybody is.
pub(crate) struct Placement {
    controls: Vec<Arc<Control>>,
    max_participants: usize,
    places: Mutex<Places>,
}

struct Places {
    seats: HashMap<ParticipantId, Seat>,
    rooms: HashMap<RoomId, Vec<usize>>,
    participants: Vec<usize>,
    ended: Vec<bool>,
}

struct Seat {
    shard: usize,
    /// Connections of this seat, of which all but the last are about to be replaced.
    holders: usize,
}

/// Somebody's or some feed's place on a shard, for as long as it is kept.
pub(crate) struct Place {
    placement: Arc<Placement>,
    room: RoomId,
    participant: Option<ParticipantId>,
    /// The shard.
    pub(crate) shard: usize,
}

impl Placement {
    /// Nobody is there yet. The controls say how busy each shard is.
    pub(crate) fn new(controls: Vec<Arc<Control>>, max_participants: usize) -> Arc<Self> {
        let places = Places {
            seats: HashMap::new(),
            rooms: HashMap::new(),
            participants: vec![0; controls.len()],
            ended: vec![false; controls.len()],
        };
        Arc::new(Self {
            controls,
            max_participants,
            places: Mutex::new(places),
        })
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for a participant.
    pub(crate) fn seat(
        self: &Arc<Self>,
        room: &RoomId,
        participant: ParticipantId,
    ) -> Result<Place, SfuError> {
        let mut places = self.places();
        let known = places.seats.get(&participant).map(|seat| seat.shard);
        if known.is_none() && places.seats.len() >= self.max_participants {
            return Err(SfuError::Full);
        }
        let shard = match known {
            Some(shard) => shard,
            None => self.choose(&places, room).ok_or(SfuError::Unavailable)?,
        };
        let seat = places.seats.entry(participant);
        seat.or_insert(Seat { shard, holders: 0 }).holders += 1;
        places.participants[shard] += usize::from(known.is_none());
        Ok(self.place(&mut places, room, Some(participant), shard))
    }

    /// A place for a feed: where most of the room is.
    pub(crate) fn feed(self: &Arc<Self>, room: &RoomId) -> Result<Place, SfuError> {
        let mut places = self.places();
        let counts = places.rooms.get(room);
        let fullest = counts.and_then(|counts| {
            let shards = 0..counts.len();
            let has = shards.filter(|&shard| counts[shard] > 0 && !places.ended[shard]);
            has.max_by_key(|&shard| counts[shard])
        });
        let shard = fullest.or_else(|| self.choose(&places, room));
        let shard = shard.ok_or(SfuError::Unavailable)?;
        Ok(self.place(&mut places, room, None, shard))
    }

    fn place(
        self: &Arc<Self>,
        places: &mut Places,
        room: &RoomId,
        participant: Option<ParticipantId>,
        shard: usize,
    ) -> Place {
        let shards = self.controls.len();
        let counts = places.rooms.entry(room.clone());
        counts.or_insert_with(|| vec![0; shards])[shard] += 1;
        Place {
            placement: self.clone(),
            room: room.clone(),
            participant,
            shard,
        }
    }

    fn choose(&self, places: &Places, room: &RoomId) -> Option<usize> {
        let load = |shard: usize| {
            let busy = self.controls[shard].busy().saturating_sub(IDLE - STEP) / STEP;
            (busy, places.participants[shard])
        };
        let shards = (0..self.controls.len()).filter(|&shard| !places.ended[shard]);
        let idlest = shards.clone().min_by_key(|&shard| load(shard))?;
        let counts = places.rooms.get(room);
        let has = |shard: &usize| counts.is_some_and(|counts| counts[*shard] > 0);
        let Some(near) = shards.filter(has).min_by_key(|&shard| load(shard)) else {
            return Some(idlest);
        };
        let ((busy, many), (least_busy, fewest)) = (load(near), load(idlest));
        let loaded = busy > least_busy + 1 || many >= fewest + SMALL_ROOM;
        Some(if loaded { idlest } else { near })
    }

    /// Where a participant is.
    pub(crate) fn shard_of(&self, participant: ParticipantId) -> Option<usize> {
        self.places().seats.get(&participant).map(|seat| seat.shard)
    }

    /// Rooms that somebody is in or a feed waits for.
    pub(crate) fn rooms(&self) -> usize {
        self.places().rooms.len()
    }

    /// A shard has ended: nobody is sent there any more.
    pub(crate) fn ended(&self, shard: usize) {
        self.places().ended[shard] = true;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut places = self.placement.places();
        if let Some(counts) = places.rooms.get_mut(&self.room) {
            counts[self.shard] = counts[self.shard].saturating_sub(1);
            if counts.iter().all(|count| *count == 0) {
                places.rooms.remove(&self.room);
            }
        }
        let Some(participant) = self.participant else {
            return;
        };
        if let Some(seat) = places.seats.get_mut(&participant) {
            seat.holders = seat.holders.saturating_sub(1);
            if seat.holders == 0 {
                places.seats.remove(&participant);
                let count = &mut places.participants[self.shard];
                *count = count.saturating_sub(1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]
    use super::*;

    fn placement(shards: usize) -> Arc<Placement> {
        let controls = (0..shards).map(|_| Arc::new(Control::new().unwrap()));
        Placement::new(controls.collect(), 1_000)
    }

    fn join(placement: &Arc<Placement>, room: &str, ids: std::ops::Range<u64>) -> Vec<Place> {
        let room = RoomId::new(room);
        let seat = |id| placement.seat(&room, ParticipantId(id)).unwrap();
        ids.map(seat).collect()
    }

    fn on(places: &[Place], shard: usize) -> usize {
        places.iter().filter(|place| place.shard == shard).count()
    }

    #[test]
    fn a_small_room_stays_together_and_the_next_one_goes_elsewhere() {
        let placement = placement(2);
        let first = join(&placement, "first", 0..10);
        let second = join(&placement, "second", 10..20);
        let third = join(&placement, "third", 20..25);
        assert_eq!((on(&first, 0), on(&second, 1), on(&third, 0)), (10, 10, 5));
        assert_eq!(placement.rooms(), 3);
        drop((first, second, third));
        assert_eq!(placement.rooms(), 0);
        assert_eq!(placement.places().participants, [0, 0]);
    }

    #[test]
    fn a_large_room_spreads_evenly() {
        for shards in [2, 3, 8] {
            let placement = placement(shards);
            let places = join(&placement, "room", 0..400);
            for shard in 0..shards {
                let share = on(&places, shard);
                assert!(
                    share.abs_diff(400 / shards) <= SMALL_ROOM,
                    "{share} of {shards}"
                );
            }
        }
    }

    #[test]
    fn who_joins_again_comes_back_to_the_same_shard_until_they_have_left() {
        let placement = placement(2);
        let _others = join(&placement, "a", 0..30);
        let first = join(&placement, "b", 40..41).remove(0);
        let _more = join(&placement, "c", 50..90);
        let again = join(&placement, "b", 40..41).remove(0);
        assert_eq!(first.shard, again.shard);
        drop(first);
        assert_eq!(placement.shard_of(ParticipantId(40)), Some(again.shard));
        drop(again);
        assert_eq!(placement.shard_of(ParticipantId(40)), None);
    }

    #[test]
    fn a_busy_shard_gets_no_newcomers_while_another_is_idle() {
        let placement = placement(2);
        let _first = join(&placement, "room", 0..2);
        placement.controls[0].set_busy(900);
        let newcomer = join(&placement, "room", 2..3).remove(0);
        assert_eq!(newcomer.shard, 1);
        placement.controls[1].set_busy(850);
        let newcomer = join(&placement, "room", 3..4).remove(0);
        assert_eq!(
            newcomer.shard, 1,
            "the least loaded of those who have the room"
        );
    }

    #[test]
    fn nobody_is_sent_to_a_shard_that_has_ended_or_into_a_full_house() {
        let placement = placement(2);
        placement.ended(0);
        let places = join(&placement, "room", 0..1_000);
        assert_eq!(on(&places, 1), 1_000);
        let full = placement.seat(&RoomId::new("room"), ParticipantId(5_000));
        assert_eq!(full.err(), Some(SfuError::Full));
        assert!(
            placement
                .seat(&RoomId::new("room"), ParticipantId(3))
                .is_ok()
        );
        placement.ended(1);
        let room = RoomId::new("other");
        assert_eq!(placement.feed(&room).err(), Some(SfuError::Unavailable));
    }

    #[test]
    fn a_feed_waits_where_most_of_the_room_is_and_keeps_the_room_there() {
        let placement = placement(2);
        let feed = placement.feed(&RoomId::new("room")).unwrap();
        let _elsewhere = join(&placement, "other", 100..104);
        let members = join(&placement, "room", 0..3);
        assert_eq!(on(&members, feed.shard), 3);
        assert_eq!(
            placement.feed(&RoomId::new("room")).unwrap().shard,
            feed.shard
        );
    }
}
