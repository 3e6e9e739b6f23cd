//! A packet on its way through a slot: chosen, renumbered, written; and written again when it was lost.

use std::time::{Duration, Instant};

use super::{Downstream, HANDOVER, Last, Written};
use crate::forward::dependency::{self, MAX_BYTES};
use crate::forward::layering::Level;
use crate::forward::packet::{Packet, StreamId};
use crate::forward::picture_ids::{Numbers, PictureIds, Shift};
use crate::forward::rtp::{Header, write_header};
use crate::forward::slot::PayloadType;
use crate::forward::splice::Splice;
use crate::forward::window::{Seen, extend};
use crate::forward::{red, rtx};
use crate::ids::Kind;

/// A keyframe that comes when the stream is already this many packets ahead is not switched to: it shows the past.
const STALE_BEHIND: u64 = 100;

/// Least advance of the timestamp over a switch: pictures must not share one.
const MIN_ADVANCE: Duration = Duration::from_millis(10);

/// A packet's dependency descriptor as the slot sends it; empty where the receiver wants none.
struct Dependencies {
    bytes: [u8; MAX_BYTES + 8],
    len: usize,
}

impl Downstream {
    /// Appends the packet as this slot sends it; `None`: not for this slot, or not now.
    pub fn forward(
        &mut self,
        packet: &Packet<'_>,
        now: Instant,
        out: &mut Vec<u8>,
    ) -> Option<Written> {
        let types = self.config.payload_types.get(packet.codec)?;
        if packet.codec.kind() != self.config.kind {
            return None;
        }
        let switched = self.current != Some(packet.stream);
        if switched {
            if !self.may_switch_to(packet) {
                return None;
            }
            self.switch(packet, now);
        } else if self.wanted != Some(packet.stream.track)
            && now.duration_since(self.wanted_since) > HANDOVER
        {
            self.current = None;
            return None;
        }
        let verdict = self.sieve.judge(&packet.shape.layering);
        let index = self.splices.newest_mut()?.admit(packet, verdict.needed)?;
        if self.went_out.note(index) != Seen::New {
            return None;
        }
        let splice = *self.splices.newest()?;
        let (payload_type, mut payload) = self.body(packet, types);
        if !verdict.needed {
            // Too late to leave it out: its number is missed otherwise.
            payload = &[];
        }
        let header = Header {
            marker: (packet.marker || verdict.last) && verdict.needed,
            payload_type,
            sequence: index as u16,
            timestamp: packet.timestamp.wrapping_add(splice.timestamp_shift),
            ssrc: self.config.ssrc,
        };
        let changed = packet.shape.layering.begins && self.sieve.take_changed();
        let dependencies = self.dependencies(packet, splice.frames, changed);
        let start = out.len();
        let header_len = self.write(&header, None, (packet, payload), &dependencies, out);
        let numbers = self.finish(packet, types, &splice, &mut out[start + header_len..]);
        self.note_last(index, header.timestamp, numbers, now);
        if let Some(number) = packet.shape.layering.number {
            self.note_frame(number.wrapping_add(splice.frames));
        }
        self.packets = self.packets.wrapping_add(1);
        self.octets = self.octets.wrapping_add(payload.len() as u32);
        let len = out.len() - start;
        self.limit.earn(len);
        Some(Written {
            ssrc: self.config.ssrc,
            index,
            header_len,
            len,
            switched,
        })
    }

    /// Answers a NACK for one sequence number of this slot: appends the retransmission. `cached` finds the packet in
    /// [`super::upstream::Upstream::cached`] of that stream. `None`: not ours, no longer kept, sent again within the last
    /// round trip, or the budget (half of what was sent, and a burst) is spent.
    pub fn resend<'a>(
        &mut self,
        sequence: u16,
        cached: impl FnOnce(StreamId, u64) -> Option<Packet<'a>>,
        now: Instant,
        out: &mut Vec<u8>,
    ) -> Option<Written> {
        let index = extend(Some(self.last?.index), sequence);
        let (splice, in_index) = self.splices.find(index)?;
        let splice = *splice;
        let packet = cached(splice.stream, in_index)
            .filter(|packet| packet.stream == splice.stream && packet.index == in_index)?;
        let types = self.config.payload_types.get(packet.codec)?;
        if types.rtx.is_none() && index < self.resendable_from {
            return None;
        }
        let rtt = self.round_trip.smoothed();
        if !self.limit.take(index, packet.payload.len(), rtt, now) {
            return None;
        }
        let timestamp = packet.timestamp.wrapping_add(splice.timestamp_shift);
        let (payload_type, ssrc, index, original) = match types.rtx {
            Some(rtx) => {
                let next = self.next_rtx;
                self.next_rtx += 1;
                (rtx, self.config.rtx_ssrc, next, Some(sequence))
            }
            None => {
                // One that came too late to be forwarded may go out here for the first time.
                self.went_out.note(index);
                (types.media, self.config.ssrc, index, None)
            }
        };
        let header = Header {
            // What ends the picture is what is followed by a larger size that was left out.
            marker: packet.marker
                || (packet.shape.layering.ends && splice.left_out.is_skipped(in_index + 1)),
            payload_type,
            sequence: index as u16,
            timestamp,
            ssrc,
        };
        let start = out.len();
        let dependencies = self.dependencies(&packet, splice.frames, false);
        let body = (&packet, packet.primary());
        let header_len = self.write(&header, original, body, &dependencies, out);
        let payload_at = out.len() - packet.primary().len();
        self.finish(&packet, types, &splice, &mut out[payload_at..]);
        Some(Written {
            ssrc,
            index,
            header_len,
            len: out.len() - start,
            switched: false,
        })
    }

    /// Whether a packet of a stream that is not shown can be the first of it here.
    fn may_switch_to(&mut self, packet: &Packet<'_>) -> bool {
        if self.wanted != Some(packet.stream.track) || packet.payload.is_empty() {
            return false;
        }
        if self.config.kind == Kind::Audio {
            return true;
        }
        let layer = packet.stream.layer;
        let shown = self
            .current
            .filter(|shown| Some(shown.track) == self.wanted);
        let suits = match shown {
            None => layer <= self.target,
            Some(shown) if shown.layer == layer => {
                self.ssrc_changed = true;
                true
            }
            Some(_) => layer == self.target,
        };
        suits && packet.keyframe && packet.behind <= STALE_BEHIND
    }

    /// Lets the packet's stream go on where the slot's stream stopped.
    fn switch(&mut self, packet: &Packet<'_>, now: Instant) {
        let (first_out, timestamp) = match self.last {
            None => (
                u64::from(self.config.first_sequence & 0x7fff),
                self.config.first_timestamp,
            ),
            Some(last) => {
                let advance = now.duration_since(last.at).max(MIN_ADVANCE).as_micros()
                    * u128::from(packet.codec.clock_rate())
                    / 1_000_000;
                (last.index + 1, last.timestamp.wrapping_add(advance as u32))
            }
        };
        let numbers = PictureIds::find(packet.codec, packet.payload).numbers(packet.payload);
        let layering = &packet.shape.layering;
        let frames = match (self.last_frame, layering.number) {
            (Some(last), Some(number)) => last.wrapping_add(1).wrapping_sub(number),
            _ => 0,
        };
        let shift = timestamp.wrapping_sub(packet.timestamp);
        self.splices.begin(Splice {
            pictures: Shift::continuing(self.last_picture, numbers),
            frames,
            ..Splice::new(packet.stream, packet.index, first_out, shift)
        });
        self.sieve.restart(layering);
        self.current = Some(packet.stream);
        self.ssrc_changed = false;
    }

    /// Payload type and payload: earlier sound is repeated for a receiver that understands it and whose network has room.
    fn body<'a>(&self, packet: &Packet<'a>, types: PayloadType) -> (u8, &'a [u8]) {
        match types.red {
            Some(red) if packet.shape.primary_at > 0 && !self.lean => (red, packet.payload),
            _ => (types.media, packet.primary()),
        }
    }

    /// The packet's dependency descriptor with this slot's frame numbers, and with the levels that remain where that is news.
    fn dependencies(&self, packet: &Packet<'_>, shift: u16, changed: bool) -> Dependencies {
        let mut written = Dependencies {
            bytes: [0; MAX_BYTES + 8],
            len: 0,
        };
        let value = packet.shape.dependencies();
        if self.config.extensions.dependencies.is_none() || value.is_empty() {
            return written;
        }
        let layering = &packet.shape.layering;
        let (all, mask) = (layering.mask(Level::TOP), layering.mask(self.sieve.on()));
        let news = changed || (mask != all && dependency::has_structure(value));
        let masked = (news && layering.targets > 0)
            .then(|| dependency::with_mask(value, mask, layering.targets, &mut written.bytes))
            .flatten();
        written.len = masked.unwrap_or_else(|| {
            written.bytes[..value.len()].copy_from_slice(value);
            value.len()
        });
        dependency::shift_number(&mut written.bytes[..written.len], shift);
        written
    }

    /// Puts this slot's numbers into a payload that was written.
    fn finish(
        &self,
        packet: &Packet<'_>,
        types: PayloadType,
        splice: &Splice,
        payload: &mut [u8],
    ) -> Numbers {
        if packet.codec.kind() == Kind::Audio {
            if payload.len() > packet.primary().len() {
                red::retype(payload, types.media);
            }
            return Numbers::default();
        }
        let pictures = PictureIds::find(packet.codec, payload);
        let shift = splice.pictures_at(pictures.long(payload));
        pictures.shift(payload, shift)
    }

    /// Appends header, extensions and payload; gives the header's length.
    fn write(
        &self,
        header: &Header,
        original_sequence: Option<u16>,
        (packet, payload): (&Packet<'_>, &[u8]),
        dependencies: &Dependencies,
        out: &mut Vec<u8>,
    ) -> usize {
        let level = [packet.level.map_or(0, |level| level.to_byte())];
        let number = self.transport_sequence.to_be_bytes();
        let ids = &self.config.extensions;
        // Id 0 is nobody's: the writer leaves such an element out.
        let extensions = [
            (ids.mid.unwrap_or(0), self.config.mid.as_bytes()),
            (packet.level.and(ids.audio_level).unwrap_or(0), &level[..]),
            (ids.transport_cc.unwrap_or(0), &number[..]),
            (
                ids.dependencies.unwrap_or(0),
                &dependencies.bytes[..dependencies.len],
            ),
        ];
        let len = match original_sequence {
            Some(original) => rtx::write_wrapped(out, header, &extensions, original),
            None => write_header(out, header, &extensions),
        };
        out.extend_from_slice(payload);
        len
    }

    fn note_last(&mut self, index: u64, timestamp: u32, numbers: Numbers, now: Instant) {
        if self.last.is_none_or(|last| index > last.index) {
            self.last = Some(Last {
                index,
                timestamp,
                at: now,
            });
            self.last_picture = Numbers {
                picture_id: numbers.picture_id.or(self.last_picture.picture_id),
                tl0: numbers.tl0.or(self.last_picture.tl0),
            };
        }
    }

    fn note_frame(&mut self, number: u16) {
        let ahead = |last: u16| number.wrapping_sub(last) < 0x8000;
        if self.last_frame.is_none_or(ahead) {
            self.last_frame = Some(number);
        }
    }
}
