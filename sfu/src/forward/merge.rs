//! Several layers of one track as one unbroken stream, for a reader that takes one: always the best layer that runs.

use std::time::{Duration, Instant};

use super::layers::MAX_LAYERS;
use super::packet::{LayerId, Packet};
use super::splice::Splice;
use crate::ids::TrackId;

/// After so long without a packet the layer that is taken counts as switched off: the next smaller one is taken.
const SILENT_AFTER: Duration = Duration::from_millis(500);
/// A keyframe that comes when its stream is already this many packets ahead shows the past.
const STALE_BEHIND: u64 = 100;
/// Least advance of the timestamp over a switch.
const MIN_ADVANCE: Duration = Duration::from_millis(10);

/// The one stream.
#[derive(Debug, Default)]
pub struct Merge {
    splice: Option<Splice>,
    last: Option<(u64, u32, Instant)>,
    seen: [Option<Instant>; MAX_LAYERS],
}

impl Merge {
    /// Sequence number and timestamp under which a packet belongs to the stream; `None`: not this layer, or not yet.
    /// The first layer keeps its own numbers, every further one goes on where the one before stopped.
    pub fn take(&mut self, packet: &Packet<'_>, now: Instant) -> Option<(u16, u32)> {
        let stream = packet.stream;
        *self.seen.get_mut(usize::from(stream.layer))? = Some(now);
        let current = self.splice.filter(|splice| splice.stream == stream);
        let splice = match current {
            Some(splice) => splice,
            None if self.may_switch_to(packet, now) => self.switch(packet, now),
            None => return None,
        };
        let index = splice.out_index(packet.index)?;
        let timestamp = packet.timestamp.wrapping_add(splice.timestamp_shift);
        if self.last.is_none_or(|(last, ..)| index > last) {
            self.last = Some((index, timestamp, now));
        }
        Some((index as u16, timestamp))
    }

    /// The layer whose keyframe would make the stream better, or go on at all.
    pub fn needs_keyframe(&self, track: TrackId, now: Instant) -> Option<LayerId> {
        let best = (0..MAX_LAYERS).rev().find(|&layer| self.runs(layer, now))?;
        let layer = best as u8;
        let current = self.splice.map(|splice| splice.stream.layer);
        (current != Some(layer)).then_some(LayerId { track, layer })
    }

    fn runs(&self, layer: usize, now: Instant) -> bool {
        self.seen[layer].is_some_and(|seen| now.duration_since(seen) < SILENT_AFTER)
    }

    fn may_switch_to(&self, packet: &Packet<'_>, now: Instant) -> bool {
        let better = self.splice.is_none_or(|splice| {
            let current = splice.stream.layer;
            packet.stream.layer >= current || !self.runs(usize::from(current), now)
        });
        better && packet.keyframe && packet.behind <= STALE_BEHIND
    }

    fn switch(&mut self, packet: &Packet<'_>, now: Instant) -> Splice {
        let (first_out, timestamp) = match self.last {
            None => (packet.index, packet.timestamp),
            Some((index, timestamp, at)) => {
                let advance = now.duration_since(at).max(MIN_ADVANCE).as_micros()
                    * u128::from(packet.codec.clock_rate())
                    / 1_000_000;
                (index + 1, timestamp.wrapping_add(advance as u32))
            }
        };
        let shift = timestamp.wrapping_sub(packet.timestamp);
        let splice = Splice::new(packet.stream, packet.index, first_out, shift);
        self.splice = Some(splice);
        splice
    }
}

#[cfg(test)]
mod tests {
    use super::super::packet::StreamId;
    use super::*;
    use crate::ids::Codec;

    const MS: Duration = Duration::from_millis(1);

    fn packet(layer: u8, index: u64, keyframe: bool) -> Packet<'static> {
        Packet {
            stream: StreamId {
                track: TrackId(1),
                ssrc: u32::from(layer),
                layer,
            },
            codec: Codec::Vp8,
            index,
            behind: 0,
            timestamp: index as u32 * 3000,
            marker: true,
            keyframe,
            level: None,
            shape: Default::default(),
            payload: b"picture",
            received: Instant::now(),
        }
    }

    #[test]
    fn one_layer_alone_goes_through_as_it_is() {
        let now = Instant::now();
        let mut merge = Merge::default();
        assert_eq!(merge.take(&packet(0, 70_000, false), now), None);
        for index in 70_001..70_010 {
            let taken = merge.take(&packet(0, index, index == 70_001), now);
            assert_eq!(taken, Some((index as u16, index as u32 * 3000)));
        }
    }

    #[test]
    fn a_better_layer_goes_on_in_the_same_numbers_from_its_keyframe() {
        let start = Instant::now();
        let mut merge = Merge::default();
        let (first, _) = merge
            .take(&packet(0, 70_000, true), start)
            .unwrap_or((0, 0));
        let now = start + 33 * MS;
        assert_eq!(merge.take(&packet(2, 90_000, false), now), None);
        let wanted = merge.needs_keyframe(TrackId(1), now).map(|id| id.layer);
        assert_eq!(wanted, Some(2));
        let taken = merge.take(&packet(2, 90_001, true), now);
        let timestamp = 70_000 * 3000 + 2970;
        assert_eq!(taken, Some((first + 1, timestamp)));
        assert_eq!(merge.take(&packet(0, 70_001, true), now), None);
        assert_eq!(
            merge.take(&packet(2, 90_002, false), now),
            Some((first + 2, timestamp + 3000))
        );
        assert_eq!(merge.needs_keyframe(TrackId(1), now), None);
    }

    #[test]
    fn a_layer_that_stops_is_followed_by_the_next_smaller() {
        let start = Instant::now();
        let mut merge = Merge::default();
        merge.take(&packet(2, 70_000, true), start);
        let now = start + SILENT_AFTER;
        assert_eq!(merge.take(&packet(1, 80_000, false), now), None);
        let wanted = merge.needs_keyframe(TrackId(1), now).map(|id| id.layer);
        assert_eq!(wanted, Some(1));
        let taken = merge.take(&packet(1, 80_001, true), now);
        assert_eq!(taken.map(|(sequence, _)| sequence), Some(70_001u64 as u16));
    }
}
