//! One outgoing slot: follows one track after another as a single unbroken RTP stream.
//!
//! Its numbers never repeat: each incoming stream is de-duplicated, is shifted as a whole onto numbers above all that
//! went out before ([`Splice`]), and a window refuses what would go out twice all the same.

use std::time::{Duration, Instant};

use super::layers::Wish;
use super::packet::{LayerId, Packet, StreamId};
use super::picture_ids::{Numbers, PictureIds, Shift};
use super::resend::ResendLimit;
use super::rtcp::{ReportBlock, SenderInfo};
use super::rtp::{ExtensionIds, Header, write_header};
use super::rtt::RoundTrip;
use super::rtx;
pub use super::slot::{DownstreamConfig, PayloadType, PayloadTypes, Written};
use super::splice::{Splice, Splices};
use super::window::{Seen, Window, extend};
use crate::ids::{Kind, TrackId};

/// How long the old picture goes on while the wanted one has no keyframe yet.
pub const HANDOVER: Duration = Duration::from_secs(1);
/// A keyframe that comes when the stream is already this many packets ahead is not switched to: it shows the past.
const STALE_BEHIND: u64 = 100;
/// Least advance of the timestamp over a switch: pictures must not share one.
const MIN_ADVANCE: Duration = Duration::from_millis(10);

/// What went out last, by number: where the next stream goes on.
#[derive(Clone, Copy, Debug)]
struct Last {
    index: u64,
    timestamp: u32,
    at: Instant,
}

/// One outgoing slot.
#[derive(Debug)]
pub struct Downstream {
    config: DownstreamConfig,
    wanted: Option<TrackId>,
    /// The layer of the wanted track to switch to.
    target: u8,
    wish: Wish,
    /// The network does not carry this slot's picture now.
    paused: bool,
    /// The transport-wide number that the next packet carries.
    transport_sequence: u16,
    /// Since when something else is wanted than what is shown.
    wanted_since: Instant,
    current: Option<StreamId>,
    /// The wanted track goes on under another SSRC than the one that is shown.
    ssrc_changed: bool,
    splices: Splices,
    went_out: Window,
    last: Option<Last>,
    last_picture: Numbers,
    next_rtx: u64,
    /// Below this number a resend under the same number could have other bytes than the first time.
    resendable_from: u64,
    limit: ResendLimit,
    round_trip: RoundTrip,
    packets: u32,
    octets: u32,
}

impl Downstream {
    /// An empty slot.
    pub fn new(config: DownstreamConfig, now: Instant) -> Self {
        Self {
            wanted: None,
            target: 0,
            wish: Wish::default(),
            paused: false,
            transport_sequence: 0,
            wanted_since: now,
            current: None,
            ssrc_changed: false,
            splices: Splices::default(),
            went_out: Window::default(),
            last: None,
            last_picture: Numbers::default(),
            next_rtx: u64::from(config.first_rtx_sequence & 0x7fff),
            resendable_from: 0,
            limit: ResendLimit::new(now),
            round_trip: RoundTrip::default(),
            packets: 0,
            octets: 0,
            config,
        }
    }

    /// What it was made with.
    pub fn config(&self) -> &DownstreamConfig {
        &self.config
    }

    /// Takes over what a further offer negotiated. SSRCs and numbers stay.
    pub fn renegotiate(&mut self, payload_types: PayloadTypes, extensions: ExtensionIds) {
        if (payload_types, extensions) != (self.config.payload_types, self.config.extensions) {
            self.config.payload_types = payload_types;
            self.config.extensions = extensions;
            self.resendable_from = self.last.map_or(0, |last| last.index + 1);
        }
    }

    /// Says what the slot should show from now on. Sound changes with the next packet; a picture at the wanted track's next
    /// keyframe, and until then ([`HANDOVER`] at most) the old one goes on. `None` empties the slot at once. The target
    /// layer is the smallest until [`Self::set_target`].
    pub fn want(&mut self, track: Option<TrackId>, now: Instant) {
        if track != self.wanted {
            self.wanted = track;
            self.target = 0;
            self.wanted_since = now;
            self.ssrc_changed = false;
        }
        if track.is_none() {
            self.current = None;
        }
    }

    /// Which layer of the wanted track the slot should show: it switches at that layer's next keyframe, and until then the
    /// one that is shown goes on. A track that is not shown yet begins with any layer up to it.
    pub fn set_target(&mut self, layer: u8) {
        self.target = layer;
    }

    /// The layer the slot should show.
    pub fn target(&self) -> u8 {
        self.target
    }

    /// What the viewer can use.
    pub fn wish(&self) -> Wish {
        self.wish
    }

    /// The height of the slot's tile in device pixels; `None`: not known, so the best is good enough.
    pub fn set_lines(&mut self, lines: Option<u16>) {
        self.wish.lines = lines;
    }

    /// The best layer that the receiver's network carries; `None`: any.
    pub fn set_most(&mut self, layer: Option<u8>) {
        self.wish.most = layer;
    }

    /// Stops the picture because the receiver's network does not carry it, or lets it go on with the next keyframe.
    pub fn set_paused(&mut self, paused: bool) {
        self.paused = paused && self.config.kind == Kind::Video;
        if self.paused {
            self.current = None;
        }
    }

    /// Whether the receiver's network does not carry the picture that should be here.
    pub fn is_paused(&self) -> bool {
        self.paused && self.wanted.is_some()
    }

    /// Says which transport-wide number the next packet carries, where that was negotiated.
    pub fn number(&mut self, transport_sequence: u16) {
        self.transport_sequence = transport_sequence;
    }

    /// Whether [`Self::pad`] writes anything: a picture was shown, and there is a stream for retransmissions.
    pub fn can_pad(&self) -> bool {
        self.last.is_some() && self.config.payload_types.rtx().is_some()
    }

    /// Appends a packet of padding alone, of at most so many bytes, as a probe on the retransmission stream; `None` where
    /// there is none, or nothing was ever shown.
    pub fn pad(&mut self, bytes: usize, out: &mut Vec<u8>) -> Option<Written> {
        let last = self.last?;
        let payload_type = self.config.payload_types.rtx()?;
        let index = self.next_rtx;
        self.next_rtx += 1;
        let header = Header {
            marker: false,
            payload_type,
            sequence: index as u16,
            timestamp: last.timestamp,
            ssrc: self.config.rtx_ssrc,
        };
        let start = out.len();
        let number = self.transport_sequence.to_be_bytes();
        let id = self.config.extensions.transport_cc.unwrap_or(0);
        let header_len = write_header(out, &header, &[(id, &number)]);
        // RFC 3550 section 5.1: the last byte counts the padding, itself included.
        out[start] |= 0x20;
        let padding = bytes.saturating_sub(header_len).clamp(1, 255);
        out.resize(out.len() + padding - 1, 0);
        out.push(padding as u8);
        Some(Written {
            ssrc: self.config.rtx_ssrc,
            index,
            header_len,
            len: out.len() - start,
            switched: false,
        })
    }

    /// What the slot should show.
    pub fn wanted(&self) -> Option<TrackId> {
        self.wanted
    }

    /// What the slot shows.
    pub fn current(&self) -> Option<StreamId> {
        self.current
    }

    /// The layer a keyframe of which is needed before the slot can show it. Ask after [`Self::want`], [`Self::set_target`]
    /// and after a [`Self::forward`] that gave `None`.
    pub fn needs_keyframe(&self) -> Option<LayerId> {
        let target = self.target_id().filter(|_| !self.paused)?;
        let shown = self.current.map(StreamId::layer_id);
        let needed = shown != Some(target) || self.ssrc_changed;
        needed.then_some(target)
    }

    fn target_id(&self) -> Option<LayerId> {
        let track = self.wanted.filter(|_| self.config.kind == Kind::Video)?;
        let layer = self.target;
        Some(LayerId { track, layer })
    }

    /// The receiver asks for a keyframe (PLI, FIR): of which layer. `None` for an empty slot, which keeps its last picture
    /// and may ask for another for ever (rule 7), and for sound.
    pub fn keyframe_wanted_by_viewer(&self) -> Option<LayerId> {
        let target = self.target_id().filter(|_| !self.paused)?;
        let shown = self.current.map(StreamId::layer_id);
        Some(
            shown
                .filter(|shown| shown.track == target.track)
                .unwrap_or(target),
        )
    }

    /// Whether packets of this stream may interest the slot (cheap; ask before [`Self::forward`]).
    pub fn follows(&self, stream: StreamId) -> bool {
        if self.paused {
            return false;
        }
        let shown = self.current.map(StreamId::layer_id);
        shown == Some(stream.layer_id())
            || (self.wanted == Some(stream.track)
                && (stream.layer == self.target
                    || (stream.layer < self.target
                        && shown.is_none_or(|shown| shown.track != stream.track))))
    }

    /// Appends the packet as this slot sends it; `None`: not for this slot, or not now.
    pub fn forward(
        &mut self,
        packet: &Packet<'_>,
        now: Instant,
        out: &mut Vec<u8>,
    ) -> Option<Written> {
        let payload_type = self.config.payload_types.get(packet.codec)?.media;
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
        let splice = *self.splices.newest()?;
        let index = splice.out_index(packet.index)?;
        if self.went_out.note(index) != Seen::New {
            return None;
        }
        self.splices.went_out(index);
        let header = Header {
            marker: packet.marker,
            payload_type,
            sequence: index as u16,
            timestamp: packet.timestamp.wrapping_add(splice.timestamp_shift),
            ssrc: self.config.ssrc,
        };
        let start = out.len();
        let header_len = self.write(&header, None, packet, out);
        let pictures = PictureIds::find(packet.codec, packet.payload);
        let numbers = pictures.shift(&mut out[start + header_len..], splice.pictures);
        self.note_last(index, header.timestamp, numbers, now);
        self.packets = self.packets.wrapping_add(1);
        self.octets = self.octets.wrapping_add(packet.payload.len() as u32);
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
        let payload_type = self.config.payload_types.get(packet.codec)?;
        if payload_type.rtx.is_none() && index < self.resendable_from {
            return None;
        }
        let rtt = self.round_trip.smoothed();
        if !self.limit.take(index, packet.payload.len(), rtt, now) {
            return None;
        }
        let timestamp = packet.timestamp.wrapping_add(splice.timestamp_shift);
        let (payload_type, ssrc, index, original) = match payload_type.rtx {
            Some(rtx) => {
                let next = self.next_rtx;
                self.next_rtx += 1;
                (rtx, self.config.rtx_ssrc, next, Some(sequence))
            }
            None => {
                // One that came too late to be forwarded may go out here for the first time.
                self.went_out.note(index);
                (payload_type.media, self.config.ssrc, index, None)
            }
        };
        let header = Header {
            marker: packet.marker,
            payload_type,
            sequence: index as u16,
            timestamp,
            ssrc,
        };
        let start = out.len();
        let header_len = self.write(&header, original, &packet, out);
        let payload_at = out.len() - packet.payload.len();
        PictureIds::find(packet.codec, packet.payload)
            .shift(&mut out[payload_at..], splice.pictures);
        Some(Written {
            ssrc,
            index,
            header_len,
            len: out.len() - start,
            switched: false,
        })
    }

    /// A sender report of `stream` as this slot sends it on; `None` unless the slot shows that stream. Write it with
    /// [`super::rtcp_write::sender_report`] and this slot's SSRC. The NTP time stays the publisher's, so that its face and its
    /// voice keep a common clock (rule 8).
    pub fn sender_report(
        &mut self,
        stream: StreamId,
        info: &SenderInfo,
        now: Instant,
    ) -> Option<SenderInfo> {
        let splice = self
            .splices
            .newest()
            .filter(|splice| self.current == Some(stream) && splice.stream == stream)?;
        self.round_trip.sent(info.ntp, now);
        Some(SenderInfo {
            ntp: info.ntp,
            rtp: info.rtp.wrapping_add(splice.timestamp_shift),
            packets: self.packets,
            octets: self.octets,
        })
    }

    /// The receiver's report about this slot: gives the round trip time. Reports about other SSRCs are ignored.
    pub fn on_report_block(&mut self, block: &ReportBlock, now: Instant) {
        if block.ssrc == self.config.ssrc {
            self.round_trip.on_report(block, now);
        }
    }

    /// Smoothed round trip time to the receiver, once it is known.
    pub fn rtt(&self) -> Option<Duration> {
        self.round_trip.smoothed()
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
        let pictures = PictureIds::find(packet.codec, packet.payload);
        self.splices.begin(Splice {
            stream: packet.stream,
            first_in: packet.index,
            first_out,
            last_out: first_out,
            timestamp_shift: timestamp.wrapping_sub(packet.timestamp),
            pictures: Shift::continuing(self.last_picture, pictures.numbers(packet.payload)),
        });
        self.current = Some(packet.stream);
        self.ssrc_changed = false;
    }

    /// Appends header, extensions and payload; gives the header's length.
    fn write(
        &self,
        header: &Header,
        original_sequence: Option<u16>,
        packet: &Packet<'_>,
        out: &mut Vec<u8>,
    ) -> usize {
        let level = [packet.level.map_or(0, |level| level.to_byte())];
        let number = self.transport_sequence.to_be_bytes();
        // Id 0 is nobody's: the writer leaves such an element out.
        let extensions = [
            (
                self.config.extensions.mid.unwrap_or(0),
                self.config.mid.as_bytes(),
            ),
            (
                packet
                    .level
                    .and(self.config.extensions.audio_level)
                    .unwrap_or(0),
                &level[..],
            ),
            (
                self.config.extensions.transport_cc.unwrap_or(0),
                &number[..],
            ),
        ];
        let len = match original_sequence {
            Some(original) => rtx::write_wrapped(out, header, &extensions, original),
            None => write_header(out, header, &extensions),
        };
        out.extend_from_slice(packet.payload);
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
}

#[cfg(test)]
#[path = "tests/downstream.rs"]
mod tests;
