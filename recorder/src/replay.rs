//! What was sent to the recorder process and is not yet known to be on disk: sent again after the process died.
//! Pure. The state of the tracks at the point of the last acknowledgement is kept beside it, so that a new process can go on from there.

use std::collections::{BTreeMap, VecDeque};

use sfu::{FeedItem, TrackId};

/// More bytes than this are never kept for one recording: two minutes of a speaker's face, several seconds of a full room.
const KEEP_BYTES: usize = 32 << 20;
/// What a packet takes beside its payload.
const PACKET_BYTES: usize = 160;
/// So many track starts, track ends and speaker changes are kept; beyond it the recording fails.
const KEEP_CONTROL: usize = 16_384;

/// One thing to tell the process.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Entry {
    /// An item of the feed.
    Item(FeedItem),
    /// The end, at this Unix time.
    Close(u64),
}

/// The buffer of one recording. When it is full (32 MB) the oldest packets are dropped and counted; track
/// starts, ends and speakers are kept, up to 16,384, beyond which `push` says that the recording is over.
#[derive(Debug, Default)]
pub(crate) struct Replay {
    entries: VecDeque<(u64, Entry)>,
    /// How many of `entries` were sent on this connection.
    sent: usize,
    next_seq: u64,
    bytes: usize,
    packets: usize,
    dropped: u64,
    /// The tracks that are on at the point of the last acknowledgement, as they were announced.
    tracks: BTreeMap<TrackId, FeedItem>,
    /// Who spoke at that point.
    speaking: Option<FeedItem>,
    /// Arrival and timestamp of each track's first packet.
    anchors: BTreeMap<TrackId, (u64, u32)>,
}

impl Replay {
    /// Adds an entry. `false`: too much of what may not be dropped is waiting.
    pub(crate) fn push(&mut self, entry: Entry) -> bool {
        if let Entry::Item(FeedItem::Packet(packet)) = &entry {
            self.anchors
                .entry(packet.track)
                .or_insert((packet.at_us, packet.timestamp));
            self.bytes += packet.payload.len() + PACKET_BYTES;
            self.packets += 1;
            self.entries.push_back((self.next_seq, entry));
            self.next_seq += 1;
            self.trim();
            return true;
        }
        if let Entry::Item(FeedItem::TrackStarted { track, .. }) = &entry {
            self.anchors.remove(track);
        }
        self.entries.push_back((self.next_seq, entry));
        self.next_seq += 1;
        self.entries.len() - self.packets <= KEEP_CONTROL
    }

    /// The next entry that was not sent on this connection.
    pub(crate) fn next(&mut self) -> Option<(u64, &Entry)> {
        let (seq, entry) = self.entries.get(self.sent)?;
        self.sent += 1;
        Some((*seq, entry))
    }

    /// Everything up to `seq` is on disk. Says whether that was news.
    pub(crate) fn ack(&mut self, seq: u64) -> bool {
        let before = self.entries.len();
        while self.sent > 0 && self.entries.front().is_some_and(|(first, _)| *first <= seq) {
            let Some((_, entry)) = self.entries.pop_front() else {
                break;
            };
            self.sent -= 1;
            self.settle(entry);
        }
        self.entries.len() != before
    }

    /// The process is another one: what must be told to it before the entries, which all will be sent again.
    pub(crate) fn rewind(&mut self) -> Vec<(FeedItem, Option<(u64, u32)>)> {
        self.sent = 0;
        let tracks = self.tracks.iter();
        tracks
            .map(|(track, started)| (started.clone(), self.anchors.get(track).copied()))
            .chain(self.speaking.clone().map(|speaking| (speaking, None)))
            .collect()
    }

    /// Gives up every packet that is waiting: one of them kills the process.
    pub(crate) fn drop_packets(&mut self) {
        let before = self.entries.len();
        self.entries.retain(|(_, entry)| !is_packet(entry));
        self.dropped += (before - self.entries.len()) as u64;
        (self.sent, self.bytes, self.packets) = (0, 0, 0);
    }

    /// The video tracks that are on.
    pub(crate) fn videos(&self) -> Vec<TrackId> {
        let mut on = BTreeMap::new();
        let waiting = self.entries.iter().filter_map(|(_, entry)| match entry {
            Entry::Item(item) => Some(item),
            Entry::Close(_) => None,
        });
        for item in self.tracks.values().chain(waiting) {
            match item {
                FeedItem::TrackStarted { track, codec, .. } => {
                    on.insert(*track, codec.kind() == sfu::Kind::Video);
                }
                FeedItem::TrackEnded { track, .. } => {
                    on.remove(track);
                }
                _ => {}
            }
        }
        on.into_iter()
            .filter(|(_, video)| *video)
            .map(|(track, _)| track)
            .collect()
    }

    /// Packets that were never sent because the process was away or slow.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped
    }

    fn settle(&mut self, entry: Entry) {
        match entry {
            Entry::Item(FeedItem::Packet(packet)) => {
                self.bytes -= packet.payload.len() + PACKET_BYTES;
                self.packets -= 1;
            }
            Entry::Item(FeedItem::TrackEnded { track, .. }) => {
                self.tracks.remove(&track);
                self.anchors.remove(&track);
            }
            Entry::Item(item) => match item {
                FeedItem::TrackStarted { track, .. } => {
                    self.tracks.insert(track, item);
                }
                _ => self.speaking = Some(item),
            },
            Entry::Close(_) => {}
        }
    }

    fn trim(&mut self) {
        let mut index = 0;
        while self.bytes > KEEP_BYTES
            && let Some((_, entry)) = self.entries.get(index)
        {
            let Entry::Item(FeedItem::Packet(packet)) = entry else {
                index += 1;
                continue;
            };
            self.bytes -= packet.payload.len() + PACKET_BYTES;
            self.packets -= 1;
            self.entries.remove(index);
            if index < self.sent {
                self.sent -= 1;
            } else {
                self.dropped += 1;
            }
        }
    }
}

fn is_packet(entry: &Entry) -> bool {
    matches!(entry, Entry::Item(FeedItem::Packet(_)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use sfu::{Codec, FeedPacket, ParticipantId, Source};

    fn started(track: u64) -> Entry {
        Entry::Item(FeedItem::TrackStarted {
            track: TrackId(track),
            participant: ParticipantId(1),
            source: Source::Camera,
            codec: Codec::Vp8,
            at_us: 0,
        })
    }

    fn packet(track: u64, at_us: u64, size: usize) -> Entry {
        Entry::Item(FeedItem::Packet(FeedPacket {
            track: TrackId(track),
            at_us,
            sequence: 0,
            timestamp: at_us as u32,
            marker: true,
            keyframe: false,
            payload: vec![0; size].into(),
        }))
    }

    fn drain(replay: &mut Replay) -> Vec<u64> {
        std::iter::from_fn(|| replay.next().map(|(seq, _)| seq)).collect()
    }

    #[test]
    fn what_is_not_acknowledged_is_sent_again() {
        let mut replay = Replay::default();
        replay.push(started(1));
        for at in 0..5 {
            replay.push(packet(1, at, 10));
        }
        assert_eq!(drain(&mut replay), [0, 1, 2, 3, 4, 5]);
        assert!(replay.ack(3));
        assert!(!replay.ack(3), "no news");
        let tracks = replay.rewind();
        assert_eq!(tracks.len(), 1, "the track is announced again");
        assert_eq!(tracks[0].1, Some((0, 0)), "with its anchor");
        assert_eq!(drain(&mut replay), [4, 5]);
    }

    #[test]
    fn a_start_that_was_not_acknowledged_comes_in_its_place() {
        let mut replay = Replay::default();
        replay.push(started(1));
        drain(&mut replay);
        assert!(replay.rewind().is_empty());
        assert_eq!(drain(&mut replay), [0]);
    }

    #[test]
    fn the_video_tracks_that_are_on_are_known() {
        let mut replay = Replay::default();
        replay.push(started(1));
        replay.push(started(2));
        drain(&mut replay);
        replay.ack(0);
        assert_eq!(replay.videos(), [TrackId(1), TrackId(2)]);
        replay.push(Entry::Item(FeedItem::TrackEnded {
            track: TrackId(1),
            at_us: 9,
        }));
        assert_eq!(replay.videos(), [TrackId(2)]);
    }

    #[test]
    fn an_ended_track_is_not_announced_again() {
        let mut replay = Replay::default();
        replay.push(started(1));
        replay.push(Entry::Item(FeedItem::TrackEnded {
            track: TrackId(1),
            at_us: 9,
        }));
        drain(&mut replay);
        replay.ack(0);
        assert_eq!(replay.rewind().len(), 1, "its end is still to come");
        drain(&mut replay);
        replay.ack(1);
        assert!(replay.rewind().is_empty());
    }

    #[test]
    fn only_packets_that_were_sent_can_be_acknowledged() {
        let mut replay = Replay::default();
        replay.push(packet(1, 0, 1));
        assert!(!replay.ack(100));
        assert_eq!(drain(&mut replay), [0]);
    }

    #[test]
    fn the_oldest_packets_are_dropped_but_no_control() {
        let mut replay = Replay::default();
        replay.push(started(1));
        for at_us in 0..40 {
            replay.push(packet(1, at_us, 1 << 20));
        }
        assert!(replay.bytes <= KEEP_BYTES);
        assert_eq!(replay.dropped(), 9);
        assert_eq!(drain(&mut replay)[..3], [0, 10, 11]);
        replay.push(packet(1, 40, 1 << 20));
        assert_eq!(replay.dropped(), 9, "it was sent");
        assert_eq!(drain(&mut replay), [41]);
    }

    #[test]
    fn too_much_control_ends_it() {
        let mut replay = Replay::default();
        let fits = (0..20_000).take_while(|_| replay.push(started(1))).count();
        assert_eq!(fits, KEEP_CONTROL);
    }

    #[test]
    fn poison_can_be_given_up() {
        let mut replay = Replay::default();
        replay.push(started(1));
        replay.push(packet(1, 0, 1));
        replay.push(Entry::Close(1));
        drain(&mut replay);
        replay.drop_packets();
        assert_eq!(drain(&mut replay), [0, 2]);
        assert_eq!(replay.dropped(), 1);
    }
}
