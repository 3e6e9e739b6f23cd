//! Who is in which slot of whom: the loudest voices, the pinned and the recent faces. Pure: commands in, changes out.
//!
//! All subscribers share one order of the tracks (screens, who speaks, who spoke, who came first). Each takes the first of
//! it that fit into its slots, without its own; whoever is in a slot stays there unless a slot is needed for somebody of a
//! higher [`Class`]. A decision costs O(tracks · log tracks + subscribers · slots).

use std::collections::HashMap;
use std::time::Instant;

use crate::command::Slot;
use crate::forward::rtp::AudioLevel;
use crate::ids::{Kind, ParticipantId, Source, TrackId};
use crate::speaker::Speakers;

/// A slot that should show something else: pass it to [`crate::forward::downstream::Downstream::want`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Assignment {
    /// Whose slot.
    pub subscriber: ParticipantId,
    /// Which, by its place in the participant's slots.
    pub slot: usize,
    /// What it should show.
    pub wanted: Option<TrackId>,
}

/// The whole map of one subscriber, as in [`crate::Event::SlotMap`].
pub type SlotMap = (ParticipantId, Vec<(String, Option<ParticipantId>)>);

/// What is different since the last [`Room::update`].
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Changes {
    /// Slots that should show something else.
    pub assignments: Vec<Assignment>,
    /// The maps of those subscribers in whose slots somebody else is now, and of those who never got one.
    pub maps: Vec<SlotMap>,
    /// The list of speakers, loudest first, if it is another.
    pub speaking: Option<Vec<ParticipantId>>,
}

/// Why a track deserves a slot; the first is the most deserving.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Class {
    Screen,
    Pinned,
    Speaks,
    Spoke,
    Present,
    /// A silent microphone keeps a slot that nobody else needs: its first word is not lost.
    Muted,
}

/// The participants of a room, their tracks and their slots.
#[derive(Debug, Default)]
pub struct Room {
    members: Vec<Member>,
    /// A member's place in `members`.
    places: HashMap<ParticipantId, usize>,
    tracks: HashMap<TrackId, Track>,
    speakers: Speakers,
    changed: bool,
}

#[derive(Debug)]
struct Member {
    id: ParticipantId,
    slots: Vec<Place>,
    pinned: Option<ParticipantId>,
    muted: Vec<Source>,
    /// Who was in the slots when that was last said.
    told: Option<Vec<Option<ParticipantId>>>,
}

#[derive(Debug)]
struct Place {
    slot: Slot,
    shows: Option<TrackId>,
}

#[derive(Clone, Copy, Debug)]
struct Track {
    owner: ParticipantId,
    source: Source,
    kind: Kind,
    /// Class and place in the common order; `None`: not worth a slot now.
    rank: Option<Rank>,
}

/// Smaller is more deserving.
type Rank = (Class, usize);

impl Room {
    /// An empty room.
    pub fn new() -> Self {
        Self::default()
    }

    /// A participant came, with these receiving slots. If it is here already, its slots are replaced and empty, its tracks stay.
    pub fn add(&mut self, participant: ParticipantId, slots: Vec<Slot>) {
        self.changed = true;
        let slots: Vec<_> = slots
            .into_iter()
            .map(|slot| Place { slot, shows: None })
            .collect();
        if let Some(&place) = self.places.get(&participant) {
            let member = &mut self.members[place];
            member.slots = slots;
            member.told = None;
            return;
        }
        self.places.insert(participant, self.members.len());
        self.members.push(Member {
            id: participant,
            slots,
            pinned: None,
            muted: Vec::new(),
            told: None,
        });
    }

    /// A further offer added slots at the end: the whole new list. Slots that stay keep what they show.
    pub fn set_slots(&mut self, participant: ParticipantId, slots: Vec<Slot>) {
        let Some(member) = self.member(participant) else {
            return;
        };
        let before = std::mem::take(&mut member.slots);
        let shown = |slot: &Slot| before.iter().find(|place| place.slot == *slot)?.shows;
        member.slots = slots
            .into_iter()
            .map(|slot| Place {
                shows: shown(&slot),
                slot,
            })
            .collect();
        self.changed = true;
    }

    /// A participant left, with its tracks.
    pub fn remove(&mut self, participant: ParticipantId) {
        let Some(place) = self.places.remove(&participant) else {
            return;
        };
        // The order is that of joining, so the rest closes up.
        self.members.remove(place);
        for (place, member) in self.members.iter().enumerate().skip(place) {
            self.places.insert(member.id, place);
        }
        self.tracks.retain(|_, track| track.owner != participant);
        self.speakers.remove(participant);
        self.changed = true;
    }

    /// First packet of a track. Ignored for one who is not here.
    pub fn track_started(
        &mut self,
        participant: ParticipantId,
        track: TrackId,
        source: Source,
        kind: Kind,
    ) {
        if self.places.contains_key(&participant) {
            let started = Track {
                owner: participant,
                source,
                kind,
                rank: None,
            };
            self.tracks.insert(track, started);
            self.changed = true;
        }
    }

    /// A track is over.
    pub fn track_ended(&mut self, track: TrackId) {
        self.changed |= self.tracks.remove(&track).is_some();
    }

    /// A source is muted or not; also said before its track starts, also kept over a reconnection.
    pub fn set_muted(&mut self, participant: ParticipantId, source: Source, muted: bool) {
        let Some(member) = self.member(participant) else {
            return;
        };
        if member.muted.contains(&source) == muted {
            return;
        }
        member.muted.retain(|&other| other != source);
        if muted {
            member.muted.push(source);
        }
        if source == Source::Microphone {
            self.speakers.set_muted(participant, muted);
        }
        self.changed = true;
    }

    /// What is muted of a participant.
    pub fn muted(&self, participant: ParticipantId) -> &[Source] {
        let place = self.places.get(&participant);
        let member = place.and_then(|&place| self.members.get(place));
        member.map_or(&[], |member| &member.muted)
    }

    /// Keeps one face in a slot of `subscriber` whoever speaks.
    pub fn pin(&mut self, subscriber: ParticipantId, pinned: Option<ParticipantId>) {
        if let Some(member) = self.member(subscriber) {
            member.pinned = pinned;
            self.changed = true;
        }
    }

    /// Whose face `subscriber` keeps in sight.
    pub fn pinned(&self, subscriber: ParticipantId) -> Option<ParticipantId> {
        let place = *self.places.get(&subscriber)?;
        self.members.get(place)?.pinned
    }

    /// The loudness of one packet of a participant's microphone. Ignored for one who is not here.
    pub fn audio_level(&mut self, participant: ParticipantId, level: AudioLevel, now: Instant) {
        if self.places.contains_key(&participant) {
            self.speakers.level(participant, level, now);
        }
    }

    /// Decides anew where something changed. Call after every command and every 100 ms.
    pub fn update(&mut self, now: Instant) -> Changes {
        let mut changes = Changes::default();
        if self.speakers.tick(now) {
            changes.speaking = Some(self.speakers.speaking().to_vec());
            self.changed = true;
        }
        if !std::mem::take(&mut self.changed) {
            return changes;
        }
        let audio = self.rank(Kind::Audio);
        let video = self.rank(Kind::Video);
        for member in &mut self.members {
            for (kind, order) in [(Kind::Audio, &audio), (Kind::Video, &video)] {
                member.assign(kind, order, &self.tracks, &mut changes.assignments);
            }
            changes.maps.extend(member.tell(&self.tracks));
        }
        changes
    }

    /// Whether nobody is here.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Who is here, in the order of joining.
    pub fn participants(&self) -> impl Iterator<Item = ParticipantId> + '_ {
        self.members.iter().map(|member| member.id)
    }

    /// Who speaks, loudest first.
    pub fn speaking(&self) -> &[ParticipantId] {
        self.speakers.speaking()
    }

    fn member(&mut self, participant: ParticipantId) -> Option<&mut Member> {
        let place = *self.places.get(&participant)?;
        self.members.get_mut(place)
    }

    /// Ranks all tracks of a kind, and gives them in order, with their owners.
    fn rank(&mut self, kind: Kind) -> Vec<(TrackId, ParticipantId)> {
        let speaking = self.speakers.speaking();
        let mut spoken: HashMap<ParticipantId, Rank> = HashMap::new();
        for (place, &id) in self.speakers.recent().iter().enumerate() {
            // A silent room goes on showing its last speaker as if it spoke.
            let class = if place == 0 && speaking.is_empty() {
                Class::Speaks
            } else {
                Class::Spoke
            };
            spoken.insert(id, (class, place));
        }
        for (place, &id) in speaking.iter().enumerate() {
            spoken.insert(id, (Class::Speaks, place));
        }
        let mut order = Vec::new();
        for (&id, track) in self.tracks.iter_mut().filter(|(_, t)| t.kind == kind) {
            let Some(&place) = self.places.get(&track.owner) else {
                continue;
            };
            let muted = self.members[place].muted.contains(&track.source);
            track.rank = match (kind, muted, track.source) {
                (Kind::Video, true, _) => None,
                (Kind::Audio, true, _) => Some((Class::Muted, place)),
                (_, false, Source::Screen) => Some((Class::Screen, place)),
                _ => Some(
                    spoken
                        .get(&track.owner)
                        .copied()
                        .unwrap_or((Class::Present, place)),
                ),
            };
            order.extend(track.rank.map(|rank| (rank, id, track.owner)));
        }
        order.sort_unstable();
        order
            .into_iter()
            .map(|(_, id, owner)| (id, owner))
            .collect()
    }
}

impl Member {
    /// Puts the most deserving tracks of a kind into this member's slots, moving nobody without need.
    fn assign(
        &mut self,
        kind: Kind,
        order: &[(TrackId, ParticipantId)],
        tracks: &HashMap<TrackId, Track>,
        assignments: &mut Vec<Assignment>,
    ) {
        let slots: Vec<usize> = (0..self.slots.len())
            .filter(|&slot| self.slots[slot].slot.kind == kind)
            .collect();
        let before: Vec<_> = slots.iter().map(|&slot| self.slots[slot].shows).collect();
        for &slot in &slots {
            let shows = &mut self.slots[slot].shows;
            *shows = shows.filter(|id| tracks.get(id).is_some_and(|track| track.rank.is_some()));
        }
        let deserving = self.deserving(kind, order, tracks, slots.len());
        for &track in &deserving {
            if slots
                .iter()
                .any(|&slot| self.slots[slot].shows == Some(track))
            {
                continue;
            }
            // The least deserving place: an empty one, else the holder that comes last of those who are not deserving.
            let weakest = slots
                .iter()
                .filter(|&&slot| {
                    self.slots[slot]
                        .shows
                        .is_none_or(|id| !deserving.contains(&id))
                })
                .map(|&slot| (self.slots[slot].shows.map(|id| self.rank(id, tracks)), slot))
                .max_by_key(|&(rank, slot)| (rank.is_none(), rank, std::cmp::Reverse(slot)));
            match weakest {
                Some((None, slot)) => self.slots[slot].shows = Some(track),
                Some((Some((class, _)), slot)) if self.rank(track, tracks).0 < class => {
                    self.slots[slot].shows = Some(track);
                }
                _ => {}
            }
        }
        for (&slot, before) in slots.iter().zip(before) {
            let wanted = self.slots[slot].shows;
            if wanted != before {
                assignments.push(Assignment {
                    subscriber: self.id,
                    slot,
                    wanted,
                });
            }
        }
    }

    /// The first `count` tracks of the order, the pinned one before all but screens, without this member's own.
    fn deserving(
        &self,
        kind: Kind,
        order: &[(TrackId, ParticipantId)],
        tracks: &HashMap<TrackId, Track>,
        count: usize,
    ) -> Vec<TrackId> {
        let mut deserving: Vec<_> = order
            .iter()
            .filter(|&&(_, owner)| owner != self.id)
            .map(|&(id, _)| id)
            .take(count)
            .collect();
        let owner = self
            .pinned
            .filter(|&owner| kind == Kind::Video && owner != self.id);
        let pinned = owner.and_then(|pinned| {
            order.iter().find(|&&(id, owner)| {
                owner == pinned && tracks.get(&id).is_some_and(|t| t.source != Source::Screen)
            })
        });
        if let Some(&(pinned, _)) = pinned {
            if !deserving.contains(&pinned) {
                deserving.push(pinned);
            }
            deserving.sort_by_key(|&id| self.rank(id, tracks));
            deserving.truncate(count);
        }
        deserving
    }

    /// A track's rank as this member sees it.
    fn rank(&self, id: TrackId, tracks: &HashMap<TrackId, Track>) -> Rank {
        let Some(track) = tracks.get(&id) else {
            return (Class::Muted, usize::MAX);
        };
        let rank = track.rank.unwrap_or((Class::Muted, usize::MAX));
        if self.pinned == Some(track.owner) && track.kind == Kind::Video {
            rank.min((Class::Pinned, 0))
        } else {
            rank
        }
    }

    /// The map, if it is another than the one that was told.
    fn tell(&mut self, tracks: &HashMap<TrackId, Track>) -> Option<SlotMap> {
        let shown: Vec<_> = self
            .slots
            .iter()
            .map(|place| place.shows.and_then(|id| tracks.get(&id)).map(|t| t.owner))
            .collect();
        if self.slots.is_empty() || self.told.as_ref() == Some(&shown) {
            return None;
        }
        let map = self
            .slots
            .iter()
            .zip(&shown)
            .map(|(place, &owner)| (place.slot.mid.clone(), owner))
            .collect();
        self.told = Some(shown);
        Some((self.id, map))
    }
}

#[cfg(test)]
#[path = "tests/room.rs"]
mod tests;
