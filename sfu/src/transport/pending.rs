//! Packets of one room that wait for a moment to be forwarded together: each subscriber's state is then fetched into the
//! processor once for all of them, and what it gets leaves side by side.

use std::ops::Range;

use crate::forward::packet::{Packet, StreamId};
use crate::ids::ParticipantId;

/// So many packets do not wait for more.
const FULL: usize = 256;

/// Waiting packets, in the order they came. Nothing is dropped: whoever pushes forwards when it [`is_full`](Self::is_full).
#[derive(Default)]
pub(crate) struct Pending {
    bytes: Vec<u8>,
    waiting: Vec<Waiting>,
}

struct Waiting {
    from: ParticipantId,
    /// The packet without its payload, which is in `place`.
    packet: Packet<'static>,
    place: Range<usize>,
}

impl Pending {
    /// Keeps a packet of `from`.
    pub(crate) fn push(&mut self, from: ParticipantId, packet: &Packet<'_>) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(packet.payload);
        self.waiting.push(Waiting {
            from,
            packet: packet.with_payload(&[]),
            place: start..self.bytes.len(),
        });
    }

    /// Whether nothing waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Whether no more should wait.
    pub(crate) fn is_full(&self) -> bool {
        self.waiting.len() >= FULL
    }

    /// What waits, for everybody but its own sender.
    pub(crate) fn for_others_than(
        &self,
        member: ParticipantId,
    ) -> impl Iterator<Item = Packet<'_>> {
        let others = self.waiting.iter().filter(move |one| one.from != member);
        others.map(|one| one.packet.with_payload(&self.bytes[one.place.clone()]))
    }

    /// The senders and streams of the keyframes among what waits.
    pub(crate) fn keyframes(&self) -> impl Iterator<Item = (ParticipantId, StreamId)> {
        let keyframes = self.waiting.iter().filter(|one| one.packet.keyframe);
        keyframes.map(|one| (one.from, one.packet.stream))
    }

    /// Forgets what waited; the buffers stay.
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.waiting.clear();
    }
}
