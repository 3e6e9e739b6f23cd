//! The rooms of one shard: who is in each, its feeds, and how changes become events.

use std::collections::{BTreeMap, HashMap};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use tokio::sync::mpsc;

use super::pending::Pending;
use super::placement::Place;
use super::reception::TrackChange;
use super::remote::Elsewhere;
use crate::event::Event;
use crate::feed::{Feed, FeedItem, FeedPacket, FeedSender, feed};
use crate::forward::merge::Merge;
use crate::forward::packet::{LayerId, Packet};
use crate::ids::{Codec, ParticipantId, RoomId, TrackId};
use crate::room::{Assignment, Room};

/// Feeds that one room may have; a further one is refused.
const MAX_FEEDS: usize = 8;

/// The media plane's clock: microseconds since the Unix epoch, read once from the wall and then never going back.
#[derive(Clone, Copy)]
pub(crate) struct Clock {
    at: Instant,
    unix_us: u64,
}

impl Clock {
    /// A clock that agrees with the wall at `now`.
    pub(crate) fn start(now: Instant) -> Self {
        let unix = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Self {
            at: now,
            unix_us: unix.as_micros() as u64,
        }
    }

    /// An instant on this clock.
    pub(crate) fn unix_us(&self, now: Instant) -> u64 {
        self.unix_us + now.saturating_duration_since(self.at).as_micros() as u64
    }
}

/// Where facts go and refusals are counted.
///
/// The channel is bounded. When it is full an event is dropped and counted as `event_dropped`: the shard waits for nobody.
pub(crate) struct Outlook {
    events: mpsc::Sender<Event>,
    /// What was refused, by stable reason.
    pub(crate) refused: BTreeMap<&'static str, u64>,
}

impl Outlook {
    /// Facts go into `events`.
    pub(crate) fn new(events: mpsc::Sender<Event>) -> Self {
        Self {
            events,
            refused: BTreeMap::new(),
        }
    }

    /// Tells a fact.
    pub(crate) fn tell(&mut self, event: Event) {
        if self.events.try_send(event).is_err() {
            self.refuse("event_dropped");
        }
    }

    /// Counts a refusal. Reasons are constants, so the map stays small; nothing about the sender is kept.
    pub(crate) fn refuse(&mut self, reason: &'static str) {
        *self.refused.entry(reason).or_default() += 1;
        tracing::debug!(reason, "refused");
    }
}

/// A track that runs, for feeds that are opened later.
struct Known {
    participant: ParticipantId,
    codec: Codec,
    started: FeedItem,
    /// One stream of all its layers, for the feeds; `None` without simulcast.
    merge: Option<Merge>,
    /// Which of its layers other shards use, a bit for each.
    wanted: Vec<(usize, u8)>,
}

/// One room.
#[derive(Default)]
pub(crate) struct RoomState {
    /// Who is in which slot of whom.
    pub(crate) plan: Room,
    /// Who is connected.
    pub(crate) members: Vec<ParticipantId>,
    /// What waits to be forwarded.
    pub(crate) pending: Pending,
    /// What other shards have of it.
    pub(crate) elsewhere: Elsewhere,
    feeds: Vec<(FeedSender, Option<Place>)>,
    fed_us: u64,
    tracks: HashMap<TrackId, Known>,
}

impl RoomState {
    /// Whether a packet of this room is of any use to a feed.
    pub(crate) fn is_fed(&self) -> bool {
        !self.feeds.is_empty()
    }

    /// Whether the room may vanish.
    pub(crate) fn is_over(&self) -> bool {
        self.members.is_empty() && self.feeds.is_empty()
    }

    /// Lets go of feeds whose reader has gone.
    pub(crate) fn prune(&mut self) {
        self.feeds.retain(|(feed, _)| !feed.is_closed());
    }

    /// Opens a feed; `None` when there are too many. `place` keeps the room on this shard for as long.
    pub(crate) fn open_feed(&mut self, place: Option<Place>, at_us: u64) -> Option<Feed> {
        self.prune();
        if self.feeds.len() >= MAX_FEEDS {
            return None;
        }
        let at_us = self.stamp(at_us);
        let (sender, reader) = feed();
        for known in self.tracks.values() {
            sender.send(restarted(&known.started, at_us));
        }
        let speakers = self.plan.speaking().to_vec();
        if !speakers.is_empty() {
            sender.send(FeedItem::Speaking { speakers, at_us });
        }
        self.feeds.push((sender, place));
        Some(reader)
    }

    fn feed(&mut self, item: FeedItem) {
        self.feeds.retain(|(feed, _)| feed.send(item.clone()));
    }

    /// Time in a feed never goes back, though what another shard received was on its way here.
    fn stamp(&mut self, at_us: u64) -> u64 {
        self.fed_us = self.fed_us.max(at_us);
        self.fed_us
    }

    /// Hands a packet to the feeds, of a simulcast track those of the best layer that runs. A packet of padding alone is
    /// nothing for them.
    pub(crate) fn feed_packet(&mut self, packet: &Packet<'_>, now: Instant, at_us: u64) {
        if self.feeds.is_empty() || packet.payload.is_empty() {
            return;
        }
        let known = self.tracks.get_mut(&packet.stream.track);
        let (sequence, timestamp) = match known.and_then(|known| known.merge.as_mut()) {
            Some(merge) => match merge.take(packet, now) {
                Some(numbers) => numbers,
                None => return,
            },
            None => (packet.index as u16, packet.timestamp),
        };
        let at_us = self.stamp(at_us);
        self.feed(FeedItem::Packet(FeedPacket {
            track: packet.stream.track,
            at_us,
            sequence,
            timestamp,
            marker: packet.marker,
            keyframe: packet.keyframe,
            payload: Bytes::copy_from_slice(packet.primary()),
        }));
    }

    /// Takes over a track that began or ended, and tells everybody. The outside is told by the shard of its sender alone.
    pub(crate) fn change_track(
        &mut self,
        room: &RoomId,
        participant: ParticipantId,
        change: TrackChange,
        at_us: u64,
        outlook: Option<&mut Outlook>,
    ) {
        let (room, at_us) = (room.clone(), self.stamp(at_us));
        match change {
            TrackChange::Started {
                track,
                source,
                codec,
                layers,
            } => {
                let kind = codec.kind();
                self.plan.track_started(participant, track, source, kind);
                let started = FeedItem::TrackStarted {
                    track,
                    participant,
                    source,
                    codec,
                    at_us,
                };
                self.tracks.insert(
                    track,
                    Known {
                        participant,
                        codec,
                        started: started.clone(),
                        merge: (layers > 1).then(Merge::default),
                        wanted: Vec::new(),
                    },
                );
                self.feed(started);
                if let Some(outlook) = outlook {
                    outlook.tell(Event::TrackStarted {
                        room,
                        participant,
                        track,
                        source,
                        kind,
                    });
                }
            }
            TrackChange::Ended(track) => {
                self.plan.track_ended(track);
                self.tracks.remove(&track);
                self.feed(FeedItem::TrackEnded { track, at_us });
                if let Some(outlook) = outlook {
                    outlook.tell(Event::TrackEnded {
                        room,
                        participant,
                        track,
                    });
                }
            }
        }
    }

    /// The tracks that are known, with whose they are.
    #[cfg(test)]
    pub(crate) fn known(&self) -> std::collections::BTreeMap<TrackId, ParticipantId> {
        let known = self.tracks.iter();
        known.map(|(id, track)| (*id, track.participant)).collect()
    }

    /// Who sends a track.
    pub(crate) fn owner(&self, track: TrackId) -> Option<ParticipantId> {
        self.tracks.get(&track).map(|known| known.participant)
    }

    /// The layers whose keyframes the feeds need.
    pub(crate) fn feeds_need(&self, now: Instant) -> Vec<LayerId> {
        if self.feeds.is_empty() {
            return Vec::new();
        }
        let merged = self.tracks.iter();
        merged
            .filter_map(|(track, known)| known.merge.as_ref()?.needs_keyframe(*track, now))
            .collect()
    }

    /// Notes which layers of a track another shard uses.
    pub(super) fn note_wanted(&mut self, track: TrackId, shard: usize, used: u8) {
        if let Some(known) = self.tracks.get_mut(&track) {
            known.wanted.retain(|(of, _)| *of != shard);
            known.wanted.push((shard, used));
        }
    }

    /// Which layers of a track other shards use, a bit for each.
    pub(super) fn wanted_elsewhere(&self, track: TrackId) -> u8 {
        let wanted = self.tracks.get(&track).map(|known| &known.wanted);
        let wanted = wanted.into_iter().flatten();
        wanted.fold(0, |all, (_, used)| all | used)
    }

    /// Forgets that another shard has the room.
    pub(super) fn forget_shard(&mut self, shard: usize) {
        self.elsewhere.others.retain(|other| other.shard != shard);
        for known in self.tracks.values_mut() {
            known.wanted.retain(|(of, _)| *of != shard);
        }
    }

    /// What a track is.
    pub(crate) fn codec(&self, track: TrackId) -> Option<Codec> {
        self.tracks.get(&track).map(|known| known.codec)
    }

    /// Decides anew who is in which slot, tells what changed, and returns the slots to change. `own` is this shard's number.
    pub(crate) fn update(
        &mut self,
        room: &RoomId,
        own: usize,
        now: Instant,
        at_us: u64,
        outlook: &mut Outlook,
    ) -> Vec<Assignment> {
        let changes = self.plan.update(now);
        for (participant, slots) in changes.maps {
            outlook.tell(Event::SlotMap { participant, slots });
        }
        if let Some(speakers) = changes.speaking {
            let at_us = self.stamp(at_us);
            self.feed(FeedItem::Speaking {
                speakers: speakers.clone(),
                at_us,
            });
            if self.elsewhere.leads(own) {
                let room = room.clone();
                outlook.tell(Event::Speaking { room, speakers });
            }
        }
        changes.assignments
    }
}

/// A track that runs already, as a feed that is opened now sees it.
fn restarted(item: &FeedItem, at_us: u64) -> FeedItem {
    match item.clone() {
        FeedItem::TrackStarted {
            track,
            participant,
            source,
            codec,
            ..
        } => FeedItem::TrackStarted {
            track,
            participant,
            source,
            codec,
            at_us,
        },
        other => other,
    }
}
