//! Who is in which slot of whom: the loudest voices, the pinned and the recent faces. Pure: commands in, changes out.

use std::time::Instant;

use crate::command::Slot;
use crate::forward::rtp::AudioLevel;
use crate::ids::{Kind, ParticipantId, Source, TrackId};

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
    /// The maps of those subscribers in whose slots somebody else is now.
    pub maps: Vec<SlotMap>,
    /// The list of speakers, loudest first, if it is another.
    pub speaking: Option<Vec<ParticipantId>>,
}

/// The participants of a room, their tracks and their slots.
#[derive(Debug, Default)]
pub struct Room {}

impl Room {
    /// An empty room.
    pub fn new() -> Self {
        Self::default()
    }

    /// A participant came, with these receiving slots. If it is here already, its slots are replaced and empty, its tracks stay.
    pub fn add(&mut self, _participant: ParticipantId, _slots: Vec<Slot>) {}

    /// A further offer added slots at the end: the whole new list. Slots that stay keep what they show.
    pub fn set_slots(&mut self, _participant: ParticipantId, _slots: Vec<Slot>) {}

    /// A participant left, with its tracks.
    pub fn remove(&mut self, _participant: ParticipantId) {}

    /// First packet of a track.
    pub fn track_started(
        &mut self,
        _participant: ParticipantId,
        _track: TrackId,
        _source: Source,
        _kind: Kind,
    ) {
    }

    /// A track is over.
    pub fn track_ended(&mut self, _track: TrackId) {}

    /// A source is muted or not; also said before its track starts, also kept over a reconnection.
    pub fn set_muted(&mut self, _participant: ParticipantId, _source: Source, _muted: bool) {}

    /// Keeps one face in a slot of `subscriber` whoever speaks.
    pub fn pin(&mut self, _subscriber: ParticipantId, _pinned: Option<ParticipantId>) {}

    /// The loudness of one packet of a participant's microphone.
    pub fn audio_level(&mut self, _participant: ParticipantId, _level: AudioLevel, _now: Instant) {}

    /// Decides anew where something changed. Call after every command and every 100 ms.
    pub fn update(&mut self, _now: Instant) -> Changes {
        Changes::default()
    }

    /// Whether nobody is here.
    pub fn is_empty(&self) -> bool {
        true
    }

    /// Who speaks, loudest first.
    pub fn speaking(&self) -> &[ParticipantId] {
        &[]
    }
}
