//! The last packets of one stream, in buffers that are used again: what a NACK is answered from.
//!
//! There is one cache per incoming stream, shared by all slots that show it: a slot keeps only how it renumbered the
//! stream, so a room of a hundred viewers keeps one copy of a packet.

use std::time::Instant;

use super::packet::{Packet, Shape, StreamId};
use super::rtp::AudioLevel;
use crate::ids::Codec;

/// Longest payload that is kept; a longer one does not fit into a datagram that crosses the internet.
const MAX_PAYLOAD: usize = 2048;

/// A ring of packets by their number. Memory: `capacity` payloads of at most 2 kB, taken as packets come; a new packet drops the
/// one that came `capacity` numbers before it.
#[derive(Debug)]
pub struct PacketCache {
    stream: StreamId,
    entries: Vec<Entry>,
}

#[derive(Debug, Default)]
struct Entry {
    meta: Option<Meta>,
    payload: Vec<u8>,
}

#[derive(Clone, Copy, Debug)]
struct Meta {
    codec: Codec,
    index: u64,
    timestamp: u32,
    marker: bool,
    keyframe: bool,
    level: Option<AudioLevel>,
    shape: Shape,
    received: Instant,
}

impl PacketCache {
    /// An empty cache for `capacity` packets (at least one).
    pub fn new(stream: StreamId, capacity: usize) -> Self {
        Self {
            stream,
            entries: std::iter::repeat_with(Entry::default)
                .take(capacity.max(1))
                .collect(),
        }
    }

    /// Keeps a packet, unless a newer one has its place.
    pub fn keep(&mut self, packet: &Packet<'_>) {
        let place = (packet.index % self.entries.len() as u64) as usize;
        let entry = &mut self.entries[place];
        if packet.payload.len() > MAX_PAYLOAD
            || entry.meta.is_some_and(|meta| meta.index >= packet.index)
        {
            return;
        }
        entry.meta = Some(Meta {
            codec: packet.codec,
            index: packet.index,
            timestamp: packet.timestamp,
            marker: packet.marker,
            keyframe: packet.keyframe,
            level: packet.level,
            shape: packet.shape,
            received: packet.received,
        });
        entry.payload.clear();
        entry.payload.extend_from_slice(packet.payload);
    }

    /// A packet that is still kept.
    pub fn get(&self, index: u64) -> Option<Packet<'_>> {
        let entry = &self.entries[(index % self.entries.len() as u64) as usize];
        let meta = entry.meta.filter(|meta| meta.index == index)?;
        Some(Packet {
            stream: self.stream,
            codec: meta.codec,
            index,
            behind: 0,
            timestamp: meta.timestamp,
            marker: meta.marker,
            keyframe: meta.keyframe,
            level: meta.level,
            shape: meta.shape,
            payload: &entry.payload,
            received: meta.received,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
    use super::*;
    use crate::ids::TrackId;

    fn packet(index: u64, payload: &[u8]) -> Packet<'_> {
        Packet {
            stream: StreamId {
                track: TrackId(1),
                ssrc: 2,
                layer: 0,
            },
            codec: Codec::Vp8,
            index,
            behind: 0,
            timestamp: 3,
            marker: true,
            keyframe: false,
            level: None,
            shape: Shape::default(),
            payload,
            received: Instant::now(),
        }
    }

    #[test]
    fn a_packet_is_kept_until_its_place_is_needed() {
        let first = packet(100, b"first");
        let mut cache = PacketCache::new(first.stream, 4);
        cache.keep(&first);
        assert_eq!(cache.get(100), Some(first));
        assert_eq!(cache.get(104), None);
        cache.keep(&packet(104, b"second"));
        assert_eq!(cache.get(100), None);
        cache.keep(&packet(100, b"late"));
        assert_eq!(cache.get(104).unwrap().payload, b"second");
    }

    #[test]
    fn a_giant_is_not_kept() {
        let giant = vec![0; MAX_PAYLOAD + 1];
        let mut cache = PacketCache::new(packet(0, b"").stream, 4);
        cache.keep(&packet(1, &giant));
        assert_eq!(cache.get(1), None);
    }
}
