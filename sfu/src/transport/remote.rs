//! What one shard knows of a room's participants who are connected to other shards: their tracks, the layers of these, and
//! the last packets, shared with whoever else has them, so that a NACK is answered here.

use std::sync::Arc;
use std::time::Instant;

use rustc_hash::FxHashMap;

use super::reception::TrackChange;
use super::rooms::RoomState;
use crate::forward::layers::Layers;
use crate::forward::packet::{Packet, StreamId};
use crate::ids::{Codec, Kind, ParticipantId, RoomId, Source, TrackId};

const SOURCES: [Source; 3] = [Source::Microphone, Source::Camera, Source::Screen];
/// Packets that are kept of a stream; as many as its own shard keeps.
const VIDEO_KEPT: usize = 1_024;
const AUDIO_KEPT: usize = 64;
/// Streams of one track that packets are kept of: one for each layer.
const STREAMS: usize = crate::forward::layers::MAX_LAYERS;

/// A decrypted packet that several shards hold: one payload in memory.
#[derive(Clone, Debug)]
pub(crate) struct Shared {
    packet: Packet<'static>,
    payload: Arc<[u8]>,
}

impl Shared {
    /// Copies a packet, once for all shards.
    pub(crate) fn new(packet: &Packet<'_>) -> Self {
        Self {
            packet: packet.with_payload(&[]),
            payload: Arc::from(packet.payload),
        }
    }

    /// As it was.
    pub(crate) fn packet(&self) -> Packet<'_> {
        self.packet.with_payload(&self.payload)
    }
}

/// Another shard that has the same room.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Other {
    /// Which.
    pub(crate) shard: usize,
    /// Since when it has the room.
    pub(crate) born: Instant,
}

/// A participant as another shard tells of them.
#[derive(Clone, Debug)]
pub(crate) struct Described {
    /// The seat.
    pub(crate) participant: ParticipantId,
    /// What is muted.
    pub(crate) muted: Vec<Source>,
    /// The tracks that run, each as its start, with what is known of its layers.
    pub(crate) tracks: Vec<(TrackChange, Layers)>,
}

/// A participant who is connected to another shard.
#[derive(Debug)]
pub(crate) struct Remote {
    /// To which.
    pub(crate) shard: usize,
    /// What they send.
    pub(crate) tracks: Vec<RemoteTrack>,
}

/// A track of theirs.
#[derive(Debug)]
pub(crate) struct RemoteTrack {
    /// The track.
    pub(crate) track: TrackId,
    /// Where it comes from.
    pub(crate) source: Source,
    codec: Codec,
    /// What its own shard last measured of its layers.
    pub(crate) layers: Layers,
    /// Which layers its own shard was told that we use.
    pub(crate) told: Option<u8>,
    kept: Vec<Kept>,
}

#[derive(Debug)]
struct Kept {
    stream: StreamId,
    packets: Box<[Option<Shared>]>,
}

impl RemoteTrack {
    /// A track that started; `None` for one that ended.
    pub(crate) fn started(change: TrackChange, layers: Layers) -> Option<Self> {
        match change {
            TrackChange::Started {
                track,
                source,
                codec,
                ..
            } => Some(Self {
                track,
                source,
                codec,
                layers,
                told: None,
                kept: Vec::new(),
            }),
            TrackChange::Ended(_) => None,
        }
    }

    /// Whether it is a picture.
    pub(crate) fn is_picture(&self) -> bool {
        self.codec.kind() == Kind::Video
    }

    /// Keeps a packet for those who will ask for it again.
    pub(crate) fn keep(&mut self, shared: &Shared) {
        let stream = shared.packet.stream;
        let place = match self
            .kept
            .iter()
            .position(|k| k.stream.layer == stream.layer)
        {
            Some(place) => place,
            None if self.kept.len() < STREAMS => {
                self.kept.push(Kept::new(stream, self.codec));
                self.kept.len() - 1
            }
            None => return,
        };
        if self.kept[place].stream != stream {
            // The layer goes on under another SSRC: nobody asks for the one before for long.
            self.kept[place] = Kept::new(stream, self.codec);
        }
        self.kept[place].keep(shared);
    }

    /// A packet that is still kept.
    pub(crate) fn cached(&self, stream: StreamId, index: u64) -> Option<Packet<'_>> {
        let kept = self.kept.iter().find(|kept| kept.stream == stream)?;
        let place = (index % kept.packets.len() as u64) as usize;
        let shared = kept.packets[place].as_ref()?;
        (shared.packet.index == index).then(|| Packet {
            behind: 0,
            ..shared.packet()
        })
    }
}

impl Kept {
    fn new(stream: StreamId, codec: Codec) -> Self {
        let count = match codec.kind() {
            Kind::Audio => AUDIO_KEPT,
            Kind::Video => VIDEO_KEPT,
        };
        Self {
            stream,
            packets: vec![None; count].into_boxed_slice(),
        }
    }

    /// Keeps a packet, unless a newer one has its place.
    fn keep(&mut self, shared: &Shared) {
        let index = shared.packet.index;
        let count = self.packets.len() as u64;
        let place = &mut self.packets[(index % count) as usize];
        if place.as_ref().is_none_or(|old| old.packet.index < index) {
            *place = Some(shared.clone());
        }
    }
}

/// The part of a room that other shards have.
#[derive(Debug, Default)]
pub(crate) struct Elsewhere {
    /// Since when this shard has the room.
    pub(crate) born: Option<Instant>,
    /// The other shards that have it.
    pub(crate) others: Vec<Other>,
    /// Who is connected there.
    pub(crate) remotes: FxHashMap<ParticipantId, Remote>,
}

impl Elsewhere {
    /// Whether a shard is known to have the room.
    pub(crate) fn knows(&self, shard: usize) -> bool {
        self.others.iter().any(|other| other.shard == shard)
    }

    /// A participant, if it is this shard that they are connected to.
    pub(crate) fn remote(&mut self, shard: usize, id: ParticipantId) -> Option<&mut Remote> {
        let remote = self.remotes.get_mut(&id);
        remote.filter(|remote| remote.shard == shard)
    }

    /// A track and the shard that its sender is connected to.
    pub(crate) fn track(
        &mut self,
        owner: ParticipantId,
        track: TrackId,
    ) -> Option<(usize, &mut RemoteTrack)> {
        let remote = self.remotes.get_mut(&owner)?;
        let shard = remote.shard;
        let mut tracks = remote.tracks.iter_mut();
        Some((shard, tracks.find(|known| known.track == track)?))
    }

    /// A packet of somebody who is connected elsewhere.
    pub(crate) fn cached(
        &self,
        owner: ParticipantId,
        stream: StreamId,
        index: u64,
    ) -> Option<Packet<'_>> {
        let tracks = &self.remotes.get(&owner)?.tracks;
        let track = tracks.iter().find(|known| known.track == stream.track)?;
        track.cached(stream, index)
    }

    /// Whether this shard speaks for the room where one must: the one that has had it for longest.
    pub(crate) fn leads(&self, shard: usize) -> bool {
        let ours = self.born.map(|born| (born, shard));
        let mut others = self.others.iter();
        others.all(|other| ours.is_some_and(|ours| ours < (other.born, other.shard)))
    }
}

impl RoomState {
    /// Somebody came to another shard, or has a new connection there.
    pub(super) fn remote_joined(
        &mut self,
        room: &RoomId,
        shard: usize,
        id: ParticipantId,
        at_us: u64,
    ) {
        if self
            .elsewhere
            .remotes
            .get(&id)
            .is_some_and(|remote| remote.shard != shard)
        {
            self.end_remote(room, id, at_us);
        }
        let remote = self.elsewhere.remotes.entry(id);
        remote.or_insert(Remote {
            shard,
            tracks: Vec::new(),
        });
        self.plan.add(id, Vec::new());
    }

    /// Somebody left another shard.
    pub(super) fn remote_left(
        &mut self,
        room: &RoomId,
        shard: usize,
        id: ParticipantId,
        at_us: u64,
    ) {
        if self.elsewhere.remote(shard, id).is_some() {
            self.end_remote(room, id, at_us);
        }
    }

    /// Forgets a participant of another shard with their tracks: they left it, or came here.
    pub(super) fn end_remote(&mut self, room: &RoomId, id: ParticipantId, at_us: u64) {
        let Some(remote) = self.elsewhere.remotes.remove(&id) else {
            return;
        };
        for track in remote.tracks {
            self.change_track(room, id, TrackChange::Ended(track.track), at_us, None);
        }
        self.plan.remove(id);
    }

    /// A track of somebody on another shard began or ended.
    pub(super) fn remote_track(
        &mut self,
        room: &RoomId,
        shard: usize,
        id: ParticipantId,
        (change, layers): (TrackChange, Layers),
        at_us: u64,
    ) {
        let Some(remote) = self.elsewhere.remote(shard, id) else {
            return;
        };
        match change {
            TrackChange::Started { track, .. } => {
                if let Some(known) = remote.tracks.iter_mut().find(|known| known.track == track) {
                    known.layers = layers;
                    return;
                }
                remote.tracks.extend(RemoteTrack::started(change, layers));
            }
            TrackChange::Ended(track) => {
                let before = remote.tracks.len();
                remote.tracks.retain(|known| known.track != track);
                if remote.tracks.len() == before {
                    return;
                }
            }
        }
        self.change_track(room, id, change, at_us, None);
    }

    /// All that is known of somebody on another shard.
    pub(super) fn remote_is(&mut self, room: &RoomId, shard: usize, is: Described, at_us: u64) {
        let id = is.participant;
        self.remote_joined(room, shard, id, at_us);
        for source in SOURCES {
            self.plan.set_muted(id, source, is.muted.contains(&source));
        }
        let runs = |track: TrackId| {
            let mut starts = is.tracks.iter();
            starts.any(|(start, _)| matches!(start, TrackChange::Started { track: its, .. } if *its == track))
        };
        let remote = self.elsewhere.remote(shard, id);
        let known = remote.into_iter().flat_map(|remote| &remote.tracks);
        let ended = known.map(|track| track.track).filter(|track| !runs(*track));
        let ended: Vec<_> = ended.collect();
        for track in ended {
            let change = (TrackChange::Ended(track), Layers::default());
            self.remote_track(room, shard, id, change, at_us);
        }
        for start in is.tracks {
            self.remote_track(room, shard, id, start, at_us);
        }
    }
}
