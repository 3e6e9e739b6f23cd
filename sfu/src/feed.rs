//! The bounded track feed of a room: what a recorder gets, the same packets as any subscriber.
//!
//! The channel holds [`FEED_ITEMS`] items. When it is full, packets are dropped and counted (a recording never
//! slows a call); track starts and ends are never dropped: the feed is closed instead, and its reader opens a new one.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use tokio::sync::mpsc;

use crate::ids::{Codec, ParticipantId, Source, TrackId};

/// Items in a feed's channel: about 4 s of a room with ten faces.
pub const FEED_ITEMS: usize = 8192;

/// What happened in a room, with the media plane's clock: microseconds since the Unix epoch, never going back.
#[derive(Clone, PartialEq, Debug)]
pub enum FeedItem {
    /// A stream begins, or was there already when the feed was opened.
    TrackStarted {
        /// The stream.
        track: TrackId,
        /// Who sends it.
        participant: ParticipantId,
        /// Where it comes from.
        source: Source,
        /// What it is.
        codec: Codec,
        /// When, in Unix µs.
        at_us: u64,
    },
    /// One RTP packet as it was sent: decrypted, retransmissions unwrapped, duplicates gone, order as it arrived.
    Packet(FeedPacket),
    /// A stream is over.
    TrackEnded {
        /// The stream.
        track: TrackId,
        /// When, in Unix µs.
        at_us: u64,
    },
    /// Who speaks from now on, loudest first.
    Speaking {
        /// The speakers.
        speakers: Vec<ParticipantId>,
        /// When, in Unix µs.
        at_us: u64,
    },
}

/// One packet of one stream.
#[derive(Clone, PartialEq, Debug)]
pub struct FeedPacket {
    /// The stream.
    pub track: TrackId,
    /// When it arrived, in Unix µs.
    pub at_us: u64,
    /// RTP sequence number, as sent.
    pub sequence: u16,
    /// RTP timestamp, as sent, in ticks of the codec's clock.
    pub timestamp: u32,
    /// RTP marker bit.
    pub marker: bool,
    /// Begins a picture that needs no other.
    pub keyframe: bool,
    /// The payload, without header, extensions and padding; never empty.
    pub payload: Bytes,
}

/// The receiving end of a room's feed.
#[derive(Debug)]
pub struct Feed {
    items: mpsc::Receiver<FeedItem>,
    dropped: Arc<AtomicU64>,
}

impl Feed {
    /// The next item; `None` when the room is closed or the feed fell too far behind.
    pub async fn next(&mut self) -> Option<FeedItem> {
        self.items.recv().await
    }

    /// The next item if there is one already.
    pub fn try_next(&mut self) -> Option<FeedItem> {
        self.items.try_recv().ok()
    }

    /// Whether nothing comes any more.
    pub fn is_over(&self) -> bool {
        self.items.is_closed() && self.items.is_empty()
    }

    /// Packets that were dropped since the feed was opened because its reader was slow.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}

/// The sending end, held by the room.
#[derive(Debug)]
pub struct FeedSender {
    items: mpsc::Sender<FeedItem>,
    dropped: Arc<AtomicU64>,
}

impl FeedSender {
    /// How many items it takes now before it drops one.
    pub fn capacity(&self) -> usize {
        self.items.capacity()
    }

    /// Hands over an item. `false` says that the feed is over: let go of this end.
    pub fn send(&self, item: FeedItem) -> bool {
        let droppable = matches!(item, FeedItem::Packet(_));
        match self.items.try_send(item) {
            Ok(()) => true,
            Err(mpsc::error::TrySendError::Full(_)) if droppable => {
                self.dropped.fetch_add(1, Ordering::Relaxed);
                true
            }
            Err(_) => false,
        }
    }
}

impl FeedSender {
    /// Whether the reader has gone.
    pub fn is_closed(&self) -> bool {
        self.items.is_closed()
    }
}

/// A feed's two ends.
pub fn feed() -> (FeedSender, Feed) {
    let (sender, items) = mpsc::channel(FEED_ITEMS);
    let dropped = Arc::new(AtomicU64::new(0));
    (
        FeedSender {
            items: sender,
            dropped: dropped.clone(),
        },
        Feed { items, dropped },
    )
}
