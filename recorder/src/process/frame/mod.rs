//! From a track's packets, in order, to what a file holds: whole frames. Pure. One file per codec knows its payload format;
//! here is what they share: a picture is the packets of one timestamp, and after a loss only a keyframe helps.

mod av1;
mod bits;
mod h264;
mod opus;
mod vp8;
mod vp9;

use bytes::Bytes;
use sfu::{Codec, Kind};

use super::reorder::Ordered;

pub(crate) use opus::{concealment, duration_us};

/// A picture of more packets is given up.
const PACKETS: usize = 4096;
/// And one of more bytes.
const BYTES: usize = 8 << 20;

/// What a file must know before its first frame.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Format {
    /// Width in pixels; 0 for sound.
    pub(crate) width: u32,
    /// Height in pixels; 0 for sound.
    pub(crate) height: u32,
    /// The decoder's configuration (`avcC`, `av1C`), empty where the codec has none. When it changes, a new file begins.
    pub(crate) codec_data: Bytes,
}

/// A whole frame.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Frame {
    /// As it stands in a file.
    pub(crate) data: Bytes,
    /// Given with keyframes and with sound: a file can begin here.
    pub(crate) format: Option<Format>,
    /// RTP timestamp.
    pub(crate) timestamp: u32,
    /// When its first packet arrived.
    pub(crate) at_us: u64,
}

/// What one packet brought.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// The frames that are whole now: two when a picture without marker ended and the next is one packet.
    pub(crate) frames: Vec<Frame>,
}

/// A picture as its codec's file makes it.
type Picture = (Bytes, Option<Format>);

/// Collects one track's frames.
#[derive(Debug)]
pub(crate) struct Assembler {
    codec: Codec,
    /// The packets of the picture that is not whole yet. Bounded: one picture of at most 4,096 packets and 8 MB.
    open: Vec<Ordered>,
    bytes: usize,
    /// Only a keyframe can come next.
    needs_key: bool,
}

impl Assembler {
    /// For a track that begins.
    pub(crate) fn new(codec: Codec) -> Self {
        Self {
            codec,
            open: Vec::new(),
            bytes: 0,
            needs_key: codec.kind() == Kind::Video,
        }
    }

    /// Whether everything is dropped until a keyframe comes.
    pub(crate) fn needs_key(&self) -> bool {
        self.needs_key
    }

    /// Drops everything until a keyframe comes.
    pub(crate) fn need_key(&mut self) {
        self.needs_key = self.codec.kind() == Kind::Video;
    }

    /// The number of the oldest item that is held.
    pub(crate) fn oldest(&self) -> Option<u64> {
        self.open.iter().map(|ordered| ordered.arrived.seq).min()
    }

    /// Takes the next packet in order.
    pub(crate) fn push(&mut self, ordered: Ordered) -> Outcome {
        let mut outcome = Outcome::default();
        let packet = &ordered.arrived.packet;
        if self.codec == Codec::Opus {
            outcome
                .frames
                .extend(duration_us(&packet.payload).map(|_| Frame {
                    data: packet.payload.clone(),
                    format: Some(Format::default()),
                    timestamp: packet.timestamp,
                    at_us: packet.at_us,
                }));
            return outcome;
        }
        if ordered.gap {
            self.lose();
        }
        let other = self
            .open
            .first()
            .is_some_and(|first| first.arrived.packet.timestamp != packet.timestamp);
        if other {
            outcome.frames.extend(self.complete());
        }
        let last = packet.marker;
        self.bytes += packet.payload.len();
        self.open.push(ordered);
        if last {
            outcome.frames.extend(self.complete());
        } else if self.open.len() > PACKETS || self.bytes > BYTES {
            self.lose();
        }
        outcome
    }

    fn lose(&mut self) {
        self.open.clear();
        self.bytes = 0;
        self.need_key();
    }

    fn complete(&mut self) -> Option<Frame> {
        let packets: Vec<Bytes> = self
            .open
            .iter()
            .map(|ordered| ordered.arrived.packet.payload.clone())
            .collect();
        let (timestamp, at_us) = self
            .open
            .first()
            .map(|ordered| &ordered.arrived.packet)
            .map(|packet| (packet.timestamp, packet.at_us))?;
        self.open.clear();
        self.bytes = 0;
        let picture = match self.codec {
            Codec::Vp8 => vp8::picture(&packets),
            Codec::Vp9 => vp9::picture(&packets),
            Codec::H264 => h264::picture(&packets),
            Codec::Av1 => av1::picture(&packets),
            Codec::Opus => None,
        };
        let Some((data, format)) = picture.filter(|(data, _)| !data.is_empty()) else {
            self.need_key();
            return None;
        };
        if self.needs_key && format.is_none() {
            return None;
        }
        self.needs_key = false;
        Some(Frame {
            data,
            format,
            timestamp,
            at_us,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::reorder::Arrived;
    use proptest::prelude::*;
    use sfu::{FeedPacket, TrackId};

    const KEY: &[u8] = &[
        0x10, 0x50, 0x01, 0x00, 0x9d, 0x01, 0x2a, 0x40, 0x01, 0xf0, 0x00, 0xaa,
    ];
    const DELTA: &[u8] = &[0x10, 0x31, 0x01, 0x00, 0xbb];

    fn push(assembler: &mut Assembler, payload: &[u8], timestamp: u32, gap: bool) -> Outcome {
        assembler.push(Ordered {
            arrived: Arrived {
                seq: 0,
                packet: FeedPacket {
                    track: TrackId(1),
                    at_us: 0,
                    sequence: 0,
                    timestamp,
                    marker: true,
                    keyframe: false,
                    payload: Bytes::copy_from_slice(payload),
                },
            },
            gap,
        })
    }

    #[test]
    fn after_a_loss_only_a_keyframe_helps() {
        let mut vp8 = Assembler::new(Codec::Vp8);
        assert!(push(&mut vp8, DELTA, 0, false).frames.is_empty());
        let key = push(&mut vp8, KEY, 1, false).frames;
        assert_eq!(
            key[0].format.as_ref().map(|f| (f.width, f.height)),
            Some((320, 240))
        );
        assert_eq!(push(&mut vp8, DELTA, 2, false).frames.len(), 1);
        assert!(push(&mut vp8, DELTA, 3, true).frames.is_empty());
        assert!(vp8.needs_key());
        assert!(push(&mut vp8, DELTA, 4, false).frames.is_empty());
        assert_eq!(push(&mut vp8, KEY, 5, true).frames.len(), 1);
    }

    proptest! {
        #[test]
        fn any_payload_is_taken_or_refused(
            codec in 0..5usize,
            packets in proptest::collection::vec(
                (proptest::collection::vec(any::<u8>(), 0..80), 0..3u32, any::<bool>(), any::<bool>()), 0..40),
        ) {
            let codec = [Codec::Opus, Codec::Vp8, Codec::Vp9, Codec::H264, Codec::Av1][codec];
            let mut assembler = Assembler::new(codec);
            for (payload, timestamp, marker, gap) in packets {
                let packet = FeedPacket {
                    track: TrackId(1), at_us: 0, sequence: 0, timestamp, marker, keyframe: false, payload: payload.into(),
                };
                let outcome = assembler.push(Ordered { arrived: Arrived { seq: 0, packet }, gap });
                prop_assert!(outcome.frames.len() <= 2);
            }
        }
    }
}
