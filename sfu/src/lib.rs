//! The media plane. It knows rooms, participants, tracks and packets; it knows nothing of cities.
//!
//! [`Sfu::start`] opens the sockets and starts the shards' threads. Commands go in through the cheap, cloneable
//! [`Sfu`]; [`Event`]s come out of one bounded channel; packets for a recorder come out of a [`Feed`].

pub mod command;
pub mod congestion;
pub mod error;
pub mod event;
pub mod feed;
pub mod forward;
#[doc(hidden)]
pub mod fuzz;
pub mod ids;
pub mod report;
pub mod room;
pub mod speaker;
mod transport;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use tokio::sync::mpsc;

use transport::handle::{Command, Handle};

pub use command::{Join, Joined, Slot};
pub use error::SfuError;
pub use event::{Event, GoneReason};
pub use feed::{Feed, FeedItem, FeedPacket};
pub use ids::{Codec, Kind, ParticipantId, RoomId, Source, TrackId};
pub use report::{RoomReport, SeatReport, ShardReport};
pub use transport::MAX_SHARDS;

/// Largest SDP offer that is read, in bytes.
pub const MAX_SDP_BYTES: usize = 256 * 1024;

/// How the media plane is set up.
#[derive(Clone, Debug)]
pub struct SfuConfig {
    /// Where the UDP socket of the first shard listens, and on TCP at the same port. Port 0 takes a free one for each shard.
    pub listen: SocketAddr,
    /// Last port to try: each shard takes the next free one of the range.
    pub last_port: u16,
    /// Threads that carry media, each on a port of its own, at most 64. 0: one for each core, at most 8, and no more than
    /// there are ports.
    pub shards: usize,
    /// Addresses written into the candidates; empty: those of this machine's interfaces, loopback included.
    pub public_addresses: Vec<IpAddr>,
    /// Listen on TCP, too, for networks that let no UDP through (RFC 6544).
    pub tcp: bool,
    /// `host:port` of a STUN server that is asked for our external address at the start (for at most 3.5 s). Whether or not
    /// it answers, we start.
    pub stun_server: Option<String>,
    /// The order in which codecs of pictures are asked of who sends: a browser sends the first of it that it can. What is not
    /// named comes after.
    pub codecs: Vec<Codec>,
    /// Participants that may be connected at once.
    pub max_participants: usize,
    /// Seconds without an authenticated STUN check or packet after which a connection is over (RFC 7675 says 30).
    pub consent_s: u64,
}

impl Default for SfuConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([0, 0, 0, 0], 0)),
            last_port: 0,
            shards: 1,
            public_addresses: Vec::new(),
            tcp: true,
            stun_server: None,
            // What every browser can show comes first, the cheapest to make before the others.
            codecs: vec![Codec::Vp8, Codec::H264, Codec::Vp9, Codec::Av1],
            max_participants: 2_000,
            consent_s: 30,
        }
    }
}

/// The handle to the running media plane. Dropping the last one ends it.
#[derive(Clone, Debug)]
pub struct Sfu {
    handle: Arc<Handle>,
}

impl Sfu {
    /// Opens the sockets and starts the shards. The receiver gets every [`Event`].
    pub fn start(config: SfuConfig) -> Result<(Self, mpsc::Receiver<Event>), SfuError> {
        let (handle, events) = Handle::start(config)?;
        let handle = Arc::new(handle);
        Ok((Self { handle }, events))
    }

    /// Where the first shard receives media.
    pub fn local_addr(&self) -> SocketAddr {
        self.handle.local()
    }

    /// Where each shard receives media.
    pub fn local_addrs(&self) -> Vec<SocketAddr> {
        self.handle.locals()
    }

    /// Answers a browser's first offer, or that of a browser that comes back.
    pub async fn join(&self, join: Join) -> Result<Joined, SfuError> {
        self.handle.join(join).await
    }

    /// Answers a further offer on the same connection: an ICE restart, or more m-lines at the end.
    pub async fn reoffer(
        &self,
        participant: ParticipantId,
        offer: String,
        sources: Vec<(String, Source)>,
    ) -> Result<Joined, SfuError> {
        self.handle.reoffer(participant, &offer, sources).await
    }

    /// Ends a participant's connection.
    pub fn leave(&self, participant: ParticipantId) {
        self.handle.tell(participant, Command::Leave(participant));
    }

    /// Ends every connection and feed of a room.
    pub fn close_room(&self, room: &RoomId) {
        self.handle.tell_all(|| Command::CloseRoom(room.clone()));
    }

    /// Says that a source sends nothing worth a slot for now (camera off, microphone muted), or does again.
    pub fn set_muted(&self, participant: ParticipantId, source: Source, muted: bool) {
        let command = Command::SetMuted(participant, source, muted);
        self.handle.tell(participant, command);
    }

    /// Keeps one face in a slot whoever speaks; `None` lets go.
    pub fn pin(&self, subscriber: ParticipantId, pinned: Option<ParticipantId>) {
        self.handle
            .tell(subscriber, Command::Pin(subscriber, pinned));
    }

    /// How high a subscriber's page shows its slots, by mid, in device pixels: a small tile gets a small layer. A slot of
    /// which nothing is said gets the best.
    pub fn view(&self, subscriber: ParticipantId, tiles: Vec<(String, u16)>) {
        self.handle
            .tell(subscriber, Command::View(subscriber, tiles));
    }

    /// Asks a video track's sender for a keyframe; throttled, deferred when too early, never dropped.
    pub fn request_keyframe(&self, track: TrackId) {
        self.handle.tell_all(|| Command::Keyframe(track));
    }

    /// Opens a room's feed: first a `TrackStarted` for each stream that runs, then what happens. The room need not exist
    /// yet; its feed stays open until [`Sfu::close_room`].
    pub async fn feed(&self, room: &RoomId) -> Result<Feed, SfuError> {
        self.handle.feed(room).await
    }

    /// Counters since the start, of all shards together.
    pub async fn stats(&self) -> Result<Stats, SfuError> {
        let each = self.handle.stats().await?;
        let mut all = each.into_iter().fold(Stats::default(), Stats::plus);
        all.rooms = self.handle.rooms();
        Ok(all)
    }

    /// Counters since the start, of each shard that runs. A room that several shards have is counted by each.
    pub async fn shard_stats(&self) -> Result<Vec<Stats>, SfuError> {
        self.handle.stats().await
    }

    /// How each shard and its rooms are doing now. Bounded: [`report::MAX_ROOMS`].
    pub async fn report(&self) -> Result<Vec<ShardReport>, SfuError> {
        self.handle.reports(None).await
    }

    /// How one room and its seats are doing now, by shard; nothing where the room is not. Bounded: [`report::MAX_SEATS`].
    pub async fn room_report(&self, room: &RoomId) -> Result<Vec<RoomReport>, SfuError> {
        let reports = self.handle.reports(Some(room)).await?;
        Ok(reports
            .into_iter()
            .flat_map(|report| report.rooms)
            .collect())
    }

    /// Ends the shards after closing every connection (DTLS close_notify); waits for them.
    pub async fn shutdown(&self) {
        self.handle.shutdown().await;
    }
}

/// Counters of one shard since its start, or of all of them. `refused` is by stable reason ("stun_integrity", "srtp_replay", "rtp_unknown_ssrc" …).
#[derive(Clone, Debug, Default, serde::Serialize)]
pub struct Stats {
    /// The shard's number; 0 in the sum.
    pub shard: usize,
    /// Rooms open now.
    pub rooms: usize,
    /// Participants connected now.
    pub participants: usize,
    /// RTP packets that came in and were accepted.
    pub packets_in: u64,
    /// RTP packets that were sent to subscribers, retransmissions not counted.
    pub packets_out: u64,
    /// Bytes of the datagrams that came in, whatever they were; UDP's own headers not counted.
    pub bytes_in: u64,
    /// Bytes of the datagrams that the kernel was handed.
    pub bytes_out: u64,
    /// Packets that subscribers asked for again (RFC 4585 section 6.2.1), found or not.
    pub nacked: u64,
    /// Keyframes that subscribers asked for (RFC 4585 section 6.3.1, RFC 5104 section 4.3.1).
    pub keyframes_wanted: u64,
    /// Keyframes that publishers sent.
    pub keyframes_in: u64,
    /// Packets sent again.
    pub retransmitted: u64,
    /// Messages that the kernel was handed: datagrams for the same address that left together count as one.
    pub messages_out: u64,
    /// CPU time of the shard's thread, in µs.
    pub cpu_us: u64,
    /// Packets given to other shards, once for each of them.
    pub crossed_out: u64,
    /// Packets that came from other shards.
    pub crossed_in: u64,
    /// What was refused, by reason.
    pub refused: std::collections::BTreeMap<&'static str, u64>,
}

impl Stats {
    /// Both together.
    fn plus(mut self, other: Self) -> Self {
        self.rooms += other.rooms;
        self.participants += other.participants;
        let pairs = [
            (&mut self.packets_in, other.packets_in),
            (&mut self.packets_out, other.packets_out),
            (&mut self.bytes_in, other.bytes_in),
            (&mut self.bytes_out, other.bytes_out),
            (&mut self.nacked, other.nacked),
            (&mut self.keyframes_wanted, other.keyframes_wanted),
            (&mut self.keyframes_in, other.keyframes_in),
            (&mut self.retransmitted, other.retransmitted),
            (&mut self.messages_out, other.messages_out),
            (&mut self.cpu_us, other.cpu_us),
            (&mut self.crossed_out, other.crossed_out),
            (&mut self.crossed_in, other.crossed_in),
        ];
        for (sum, more) in pairs {
            *sum += more;
        }
        for (reason, count) in other.refused {
            *self.refused.entry(reason).or_default() += count;
        }
        self
    }
}
