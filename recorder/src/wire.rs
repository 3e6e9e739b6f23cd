//! The words between the two processes, as length-prefixed binary frames: `u32` length, then a type byte and its fields,
//! all little-endian. Both ends come from one binary; a version byte in the first frame catches a replaced one.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use sfu::{Codec, FeedItem, FeedPacket, ParticipantId, Source, TrackId};

/// The wire's version: both sides say it first.
pub(crate) const VERSION: u8 = 1;
/// No frame is longer: an RTP payload is at most 64 KiB.
pub(crate) const MAX_FRAME: usize = 128 << 10;
/// Of more speakers only the loudest are sent.
const MAX_SPEAKERS: usize = 64;

/// A frame that is none of ours: the connection is closed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("malformed frame between the server and the recorder")]
pub(crate) struct WireError;

/// What the server says.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum ToProcess {
    /// First frame.
    Hello { version: u8 },
    /// A recording begins, or goes on after a restart. `handle` is its short name on this wire.
    Open { handle: u32, id: String },
    /// After a restart: where a track's clock was anchored.
    Anchor {
        handle: u32,
        track: TrackId,
        at_us: u64,
        timestamp: u32,
    },
    /// One item of the feed. `seq` grows by one per item of a recording.
    Item {
        handle: u32,
        seq: u64,
        item: FeedItem,
    },
    /// The recording is over, at this Unix time.
    Close { handle: u32, seq: u64, at_us: u64 },
    /// A recording that a crash had left: finish it.
    Finish { id: String },
}

/// What the recorder process says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum ToServer {
    /// First frame.
    Hello { version: u8 },
    /// Every item up to `seq` is on disk, or never will be.
    Ack { handle: u32, seq: u64 },
    /// The first frame is on disk.
    Started { handle: u32 },
    /// A video track can only go on with a keyframe.
    Keyframe { handle: u32, track: TrackId },
    /// Nothing more is written. `kept`: what is there will be closed and finished.
    Failed {
        handle: u32,
        fault: Fault,
        kept: bool,
    },
    /// All pieces are closed.
    Closed { handle: u32 },
    /// The manifest on disk says finished.
    Finished { id: String },
}

/// Why a recording cannot go on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fault {
    /// No space left.
    DiskFull,
    /// Anything else that the disk says.
    DiskError,
}

impl Fault {
    /// The stable code of `RecorderEvent::Failed`.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Fault::DiskFull => "disk_full",
            Fault::DiskError => "disk_error",
        }
    }
}

/// A message of either direction.
pub(crate) trait Message: Sized {
    /// Appends the body, without its length.
    fn put(&self, out: &mut BytesMut);
    /// Reads a whole body.
    fn get(body: &mut Bytes) -> Result<Self, WireError>;
}

/// Appends one frame.
pub(crate) fn encode(message: &impl Message, out: &mut BytesMut) {
    let start = out.len();
    out.put_u32_le(0);
    message.put(out);
    let length = (out.len() - start - 4) as u32;
    out[start..start + 4].copy_from_slice(&length.to_le_bytes());
}

/// Takes the first whole frame off the buffer, if there is one.
pub(crate) fn decode<M: Message>(buffer: &mut BytesMut) -> Result<Option<M>, WireError> {
    let Some(prefix) = buffer.first_chunk::<4>() else {
        return Ok(None);
    };
    let length = u32::from_le_bytes(*prefix) as usize;
    if length > MAX_FRAME {
        return Err(WireError);
    }
    if buffer.len() < 4 + length {
        return Ok(None);
    }
    buffer.advance(4);
    let mut body = buffer.split_to(length).freeze();
    let message = M::get(&mut body)?;
    if body.has_remaining() {
        return Err(WireError);
    }
    Ok(Some(message))
}

impl Message for ToProcess {
    fn put(&self, out: &mut BytesMut) {
        match self {
            Self::Hello { version } => {
                out.put_u8(0);
                out.put_u8(*version);
            }
            Self::Open { handle, id } => {
                out.put_u8(1);
                out.put_u32_le(*handle);
                put_text(out, id);
            }
            Self::Anchor {
                handle,
                track,
                at_us,
                timestamp,
            } => {
                out.put_u8(2);
                out.put_u32_le(*handle);
                out.put_u64_le(track.0);
                out.put_u64_le(*at_us);
                out.put_u32_le(*timestamp);
            }
            Self::Item { handle, seq, item } => {
                out.put_u8(3);
                out.put_u32_le(*handle);
                out.put_u64_le(*seq);
                put_item(out, item);
            }
            Self::Close { handle, seq, at_us } => {
                out.put_u8(4);
                out.put_u32_le(*handle);
                out.put_u64_le(*seq);
                out.put_u64_le(*at_us);
            }
            Self::Finish { id } => {
                out.put_u8(5);
                put_text(out, id);
            }
        }
    }

    fn get(body: &mut Bytes) -> Result<Self, WireError> {
        Ok(match u8_of(body)? {
            0 => Self::Hello {
                version: u8_of(body)?,
            },
            1 => Self::Open {
                handle: u32_of(body)?,
                id: text_of(body)?,
            },
            2 => Self::Anchor {
                handle: u32_of(body)?,
                track: TrackId(u64_of(body)?),
                at_us: u64_of(body)?,
                timestamp: u32_of(body)?,
            },
            3 => Self::Item {
                handle: u32_of(body)?,
                seq: u64_of(body)?,
                item: item_of(body)?,
            },
            4 => Self::Close {
                handle: u32_of(body)?,
                seq: u64_of(body)?,
                at_us: u64_of(body)?,
            },
            5 => Self::Finish { id: text_of(body)? },
            _ => return Err(WireError),
        })
    }
}

impl Message for ToServer {
    fn put(&self, out: &mut BytesMut) {
        match self {
            Self::Hello { version } => {
                out.put_u8(0);
                out.put_u8(*version);
            }
            Self::Ack { handle, seq } => {
                out.put_u8(1);
                out.put_u32_le(*handle);
                out.put_u64_le(*seq);
            }
            Self::Started { handle } => {
                out.put_u8(2);
                out.put_u32_le(*handle);
            }
            Self::Keyframe { handle, track } => {
                out.put_u8(3);
                out.put_u32_le(*handle);
                out.put_u64_le(track.0);
            }
            Self::Failed {
                handle,
                fault,
                kept,
            } => {
                out.put_u8(4);
                out.put_u32_le(*handle);
                out.put_u8(u8::from(*fault == Fault::DiskFull));
                out.put_u8(u8::from(*kept));
            }
            Self::Closed { handle } => {
                out.put_u8(5);
                out.put_u32_le(*handle);
            }
            Self::Finished { id } => {
                out.put_u8(6);
                put_text(out, id);
            }
        }
    }

    fn get(body: &mut Bytes) -> Result<Self, WireError> {
        Ok(match u8_of(body)? {
            0 => Self::Hello {
                version: u8_of(body)?,
            },
            1 => Self::Ack {
                handle: u32_of(body)?,
                seq: u64_of(body)?,
            },
            2 => Self::Started {
                handle: u32_of(body)?,
            },
            3 => Self::Keyframe {
                handle: u32_of(body)?,
                track: TrackId(u64_of(body)?),
            },
            4 => Self::Failed {
                handle: u32_of(body)?,
                fault: match u8_of(body)? {
                    1 => Fault::DiskFull,
                    _ => Fault::DiskError,
                },
                kept: u8_of(body)? != 0,
            },
            5 => Self::Closed {
                handle: u32_of(body)?,
            },
            6 => Self::Finished { id: text_of(body)? },
            _ => return Err(WireError),
        })
    }
}

fn put_item(out: &mut BytesMut, item: &FeedItem) {
    match item {
        FeedItem::TrackStarted {
            track,
            participant,
            source,
            codec,
            at_us,
        } => {
            out.put_u8(0);
            out.put_u64_le(track.0);
            out.put_u64_le(participant.0);
            out.put_u8(SOURCES.iter().position(|s| s == source).unwrap_or(0) as u8);
            out.put_u8(CODECS.iter().position(|c| c == codec).unwrap_or(0) as u8);
            out.put_u64_le(*at_us);
        }
        FeedItem::Packet(packet) => {
            out.put_u8(1);
            out.put_u64_le(packet.track.0);
            out.put_u64_le(packet.at_us);
            out.put_u16_le(packet.sequence);
            out.put_u32_le(packet.timestamp);
            out.put_u8(u8::from(packet.marker) | u8::from(packet.keyframe) << 1);
            out.put_slice(&packet.payload);
        }
        FeedItem::TrackEnded { track, at_us } => {
            out.put_u8(2);
            out.put_u64_le(track.0);
            out.put_u64_le(*at_us);
        }
        FeedItem::Speaking { speakers, at_us } => {
            out.put_u8(3);
            out.put_u64_le(*at_us);
            for speaker in speakers.iter().take(MAX_SPEAKERS) {
                out.put_u64_le(speaker.0);
            }
        }
    }
}

fn item_of(body: &mut Bytes) -> Result<FeedItem, WireError> {
    Ok(match u8_of(body)? {
        0 => FeedItem::TrackStarted {
            track: TrackId(u64_of(body)?),
            participant: ParticipantId(u64_of(body)?),
            source: *SOURCES.get(usize::from(u8_of(body)?)).ok_or(WireError)?,
            codec: *CODECS.get(usize::from(u8_of(body)?)).ok_or(WireError)?,
            at_us: u64_of(body)?,
        },
        1 => {
            let (track, at_us) = (TrackId(u64_of(body)?), u64_of(body)?);
            let (sequence, timestamp) = (u16_of(body)?, u32_of(body)?);
            let flags = u8_of(body)?;
            FeedItem::Packet(FeedPacket {
                track,
                at_us,
                sequence,
                timestamp,
                marker: flags & 1 != 0,
                keyframe: flags & 2 != 0,
                payload: body.split_off(0),
            })
        }
        2 => FeedItem::TrackEnded {
            track: TrackId(u64_of(body)?),
            at_us: u64_of(body)?,
        },
        3 => {
            let at_us = u64_of(body)?;
            let mut speakers = Vec::new();
            while body.has_remaining() {
                if speakers.len() == MAX_SPEAKERS {
                    return Err(WireError);
                }
                speakers.push(ParticipantId(u64_of(body)?));
            }
            FeedItem::Speaking { speakers, at_us }
        }
        _ => return Err(WireError),
    })
}

const SOURCES: [Source; 3] = [Source::Microphone, Source::Camera, Source::Screen];
const CODECS: [Codec; 5] = [Codec::Opus, Codec::Vp8, Codec::Vp9, Codec::H264, Codec::Av1];

fn put_text(out: &mut BytesMut, text: &str) {
    out.put_slice(text.as_bytes());
}

/// A text runs to the end of its frame.
fn text_of(body: &mut Bytes) -> Result<String, WireError> {
    String::from_utf8(body.split_off(0).to_vec()).map_err(|_| WireError)
}

fn u8_of(body: &mut Bytes) -> Result<u8, WireError> {
    body.try_get_u8().map_err(|_| WireError)
}

fn u16_of(body: &mut Bytes) -> Result<u16, WireError> {
    body.try_get_u16_le().map_err(|_| WireError)
}

fn u32_of(body: &mut Bytes) -> Result<u32, WireError> {
    body.try_get_u32_le().map_err(|_| WireError)
}

fn u64_of(body: &mut Bytes) -> Result<u64, WireError> {
    body.try_get_u64_le().map_err(|_| WireError)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]
    use super::*;
    use proptest::prelude::*;

    fn items() -> impl Strategy<Value = FeedItem> {
        prop_oneof![
            (
                any::<u64>(),
                any::<u64>(),
                0..3usize,
                0..5usize,
                any::<u64>()
            )
                .prop_map(|(track, participant, source, codec, at_us)| {
                    FeedItem::TrackStarted {
                        track: TrackId(track),
                        participant: ParticipantId(participant),
                        source: SOURCES[source],
                        codec: CODECS[codec],
                        at_us,
                    }
                }),
            (
                (any::<u64>(), any::<u64>(), any::<u16>(), any::<u32>()),
                (any::<bool>(), any::<bool>()),
                proptest::collection::vec(any::<u8>(), 0..2000),
            )
                .prop_map(|(numbers, (marker, keyframe), payload)| {
                    let (track, at_us, sequence, timestamp) = numbers;
                    FeedItem::Packet(FeedPacket {
                        track: TrackId(track),
                        at_us,
                        sequence,
                        timestamp,
                        marker,
                        keyframe,
                        payload: payload.into(),
                    })
                }),
            (any::<u64>(), any::<u64>()).prop_map(|(track, at_us)| FeedItem::TrackEnded {
                track: TrackId(track),
                at_us
            }),
            (proptest::collection::vec(any::<u64>(), 0..64), any::<u64>()).prop_map(
                |(speakers, at_us)| FeedItem::Speaking {
                    speakers: speakers.into_iter().map(ParticipantId).collect(),
                    at_us,
                }
            ),
        ]
    }

    fn round_trip<M: Message + PartialEq + std::fmt::Debug>(message: M) {
        let mut buffer = BytesMut::new();
        encode(&message, &mut buffer);
        for cut in 0..buffer.len() {
            let mut part = BytesMut::from(&buffer[..cut]);
            assert!(matches!(decode::<M>(&mut part), Ok(None)));
        }
        assert_eq!(decode(&mut buffer), Ok(Some(message)));
        assert!(buffer.is_empty());
    }

    proptest! {
        #[test]
        fn an_item_crosses_unchanged(handle: u32, seq: u64, item in items()) {
            round_trip(ToProcess::Item { handle, seq, item });
        }

        #[test]
        fn every_other_word_crosses_unchanged(handle: u32, n: u64, track: u64, id in "[a-z0-9-]{1,64}", ts: u32) {
            let track = TrackId(track);
            round_trip(ToProcess::Hello { version: VERSION });
            round_trip(ToProcess::Open { handle, id: id.clone() });
            round_trip(ToProcess::Anchor { handle, track, at_us: n, timestamp: ts });
            round_trip(ToProcess::Close { handle, seq: n, at_us: n });
            round_trip(ToProcess::Finish { id: id.clone() });
            round_trip(ToServer::Hello { version: VERSION });
            round_trip(ToServer::Ack { handle, seq: n });
            round_trip(ToServer::Started { handle });
            round_trip(ToServer::Keyframe { handle, track });
            round_trip(ToServer::Failed { handle, fault: Fault::DiskFull, kept: true });
            round_trip(ToServer::Failed { handle, fault: Fault::DiskError, kept: false });
            round_trip(ToServer::Closed { handle });
            round_trip(ToServer::Finished { id });
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let mut buffer = BytesMut::from(&bytes[..]);
            while let Ok(Some(_)) = decode::<ToProcess>(&mut buffer) {}
            let mut framed = BytesMut::new();
            framed.put_u32_le(bytes.len() as u32);
            framed.put_slice(&bytes);
            let _ = decode::<ToServer>(&mut framed.clone());
            let _ = decode::<ToProcess>(&mut framed);
        }
    }

    #[test]
    fn a_frame_too_long_is_refused_before_it_is_read() {
        let mut buffer = BytesMut::new();
        buffer.put_u32_le(MAX_FRAME as u32 + 1);
        assert_eq!(decode::<ToProcess>(&mut buffer), Err(WireError));
    }
}
