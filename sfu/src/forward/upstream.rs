//! One incoming stream: duplicates refused, losses found, quality measured, the last packets kept.

use std::time::{Duration, Instant};

use super::cache::PacketCache;
use super::codec::{begins_keyframe, keyframe_lines};
use super::layering::{Level, Levels, Reader};
use super::layers::{LayerState, MAX_LAYERS};
use super::losses::Losses;
use super::packet::{Packet, Shape, StreamId};
use super::quality::Quality;
use super::rates::Rates;
use super::rtcp::{ReportBlock, SenderInfo};
use super::rtp::{AudioLevel, RtpView};
use super::window::{Seen, Window, extend};
use crate::ids::{Codec, Kind};

/// How long after its last packet a stream counts as sent.
pub const ACTIVE_FOR: Duration = Duration::from_secs(1);

/// Video packets that are kept: 3 s at 3 Mbit/s.
const VIDEO_CACHE: usize = 1024;
/// Sound packets that are kept: 1.3 s.
const AUDIO_CACHE: usize = 64;

/// How a packet came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Via {
    /// On its own SSRC.
    Media,
    /// Unwrapped from the retransmission stream.
    Retransmission,
}

/// Why a packet is not forwarded.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// Was here before: browsers replay history as bandwidth probes (rule 1).
    #[error("duplicate")]
    Duplicate,
    /// So old that nobody can say whether it was here before.
    #[error("too old")]
    TooOld,
}

impl Refused {
    /// The stable code under which it is counted.
    pub fn code(self) -> &'static str {
        match self {
            Self::Duplicate => "rtp_duplicate",
            Self::TooOld => "rtp_too_old",
        }
    }
}

/// One incoming stream.
#[derive(Debug)]
pub struct Upstream {
    stream: StreamId,
    kind: Kind,
    window: Window,
    cache: PacketCache,
    losses: Losses,
    quality: Quality,
    last_media: Option<Instant>,
    rates: Rates,
    lines: u16,
    levels: Reader,
    /// The sizes and speeds that are in it.
    exist: Levels,
}

/// What came beside a packet's payload.
#[derive(Clone, Copy, Default, Debug)]
pub struct Beside<'a> {
    /// Its audio level (RFC 6464).
    pub level: Option<AudioLevel>,
    /// Where its own sound begins; see [`Shape::primary_at`].
    pub primary_at: u16,
    /// The value of its dependency descriptor.
    pub dependencies: Option<&'a [u8]>,
}

impl Upstream {
    /// A stream of which nothing came yet. `codec` decides the clock and how many packets are kept.
    pub fn new(stream: StreamId, codec: Codec) -> Self {
        let kept = match codec.kind() {
            Kind::Audio => AUDIO_CACHE,
            Kind::Video => VIDEO_CACHE,
        };
        Self {
            stream,
            kind: codec.kind(),
            window: Window::default(),
            cache: PacketCache::new(stream, kept),
            losses: Losses::default(),
            quality: Quality::new(codec.clock_rate()),
            last_media: None,
            rates: Rates::default(),
            lines: 0,
            levels: Reader::default(),
            exist: Levels::default(),
        }
    }

    /// Its name.
    pub fn stream(&self) -> StreamId {
        self.stream
    }

    /// Takes a packet of this stream: decides whether it is new, measures, notes what is missing, keeps a copy.
    /// `codec` is that of the packet's payload type, `level` its audio-level extension.
    pub fn receive<'a>(
        &mut self,
        rtp: &RtpView<'a>,
        codec: Codec,
        level: Option<AudioLevel>,
        via: Via,
        now: Instant,
    ) -> Result<Packet<'a>, Refused> {
        let beside = Beside {
            level,
            ..Beside::default()
        };
        self.receive_with(rtp, codec, beside, via, now)
    }

    /// The same for a packet of which more is known.
    pub fn receive_with<'a>(
        &mut self,
        rtp: &RtpView<'a>,
        codec: Codec,
        beside: Beside<'_>,
        via: Via,
        now: Instant,
    ) -> Result<Packet<'a>, Refused> {
        let before = self.window.highest();
        let index = extend(before, rtp.sequence());
        match self.window.note(index) {
            Seen::New => {}
            Seen::Before => return Err(Refused::Duplicate),
            Seen::TooOld => return Err(Refused::TooOld),
        }
        if self.kind == Kind::Video {
            match before {
                Some(highest) if index > highest => self.losses.skipped(highest + 1, index, now),
                _ => self.losses.arrived(index),
            }
        }
        if via == Via::Media {
            self.quality.received(index, rtp.timestamp(), now);
        }
        let payload = rtp.payload();
        if !payload.is_empty() {
            self.last_media = Some(now);
        }
        let shape = self.shape(rtp, codec, beside);
        self.rates.add(shape.layering.needed, payload.len(), now);
        let packet = Packet {
            stream: self.stream,
            codec,
            index,
            behind: before.map_or(0, |highest| highest.saturating_sub(index)),
            timestamp: rtp.timestamp(),
            marker: rtp.marker(),
            keyframe: begins_keyframe(codec, payload),
            level: beside.level,
            shape,
            payload,
            received: now,
        };
        if packet.keyframe {
            self.lines = keyframe_lines(codec, payload).unwrap_or(self.lines);
        }
        self.cache.keep(&packet);
        Ok(packet)
    }

    fn shape(&mut self, rtp: &RtpView<'_>, codec: Codec, beside: Beside<'_>) -> Shape {
        let mut shape = Shape::default();
        shape.primary_at = beside.primary_at;
        if self.kind == Kind::Video {
            let (payload, marker) = (rtp.payload(), rtp.marker());
            shape.layering = self
                .levels
                .read(codec, payload, marker, beside.dependencies);
            shape.set_dependencies(beside.dependencies.unwrap_or_default());
            self.exist = match shape.layering.exist {
                levels if levels.is_choice() => levels,
                // A retransmission may come without its descriptor.
                _ if payload.is_empty() || beside.dependencies.is_none() => self.exist,
                levels => levels,
            };
        }
        shape
    }

    /// A packet that was received, as long as it is kept.
    pub fn cached(&self, index: u64) -> Option<Packet<'_>> {
        self.cache.get(index)
    }

    /// Appends the sequence numbers to ask for now, ascending, and counts them as asked. `rtt` is that of the sender's path.
    /// Sound is never asked for: it would come too late to be heard.
    pub fn nacks(&mut self, now: Instant, rtt: Duration, out: &mut Vec<u16>) {
        self.losses.ask(now, rtt, out);
    }

    /// When to call [`Self::nacks`] next; `None`: nothing is missing.
    pub fn nacks_due_at(&self) -> Option<Instant> {
        self.losses.due_at()
    }

    /// Packets that were missing and never came.
    pub fn given_up(&self) -> u64 {
        self.losses.given_up()
    }

    /// The sender's clocks.
    pub fn on_sender_report(&mut self, info: &SenderInfo, now: Instant) {
        self.quality.on_sender_report(info, now);
    }

    /// The sender's clocks now, carried on from its last report; `None` before the first. Pass it through
    /// [`super::downstream::Downstream::sender_report`] when a slot switched, so that the viewer need not wait for the next.
    pub fn sender_now(&self, now: Instant) -> Option<SenderInfo> {
        self.quality.sender_now(now)
    }

    /// What to report to the sender; `None` before the first packet. Begins a new interval for the fraction lost.
    pub fn report_block(&mut self, now: Instant) -> Option<ReportBlock> {
        self.quality.report(self.stream.ssrc, now)
    }

    /// Share of packets lost on the way here between the last two reports, 0–1.
    pub fn lost_lately(&self) -> f64 {
        self.quality.lost_lately()
    }

    /// What is known of it as a layer.
    pub fn state(&self, now: Instant) -> LayerState {
        self.state_of(None, now)
    }

    /// How many sizes of pictures are in it.
    pub fn sizes(&self) -> u8 {
        let largest = self.exist.iter().map(|level| level.spatial).max();
        largest
            .map_or(1, |largest| largest + 1)
            .min(MAX_LAYERS as u8)
    }

    /// What is known of one of its sizes; `None`: of all together.
    pub fn state_of(&self, size: Option<u8>, now: Instant) -> LayerState {
        let largest = self.sizes() - 1;
        let spatial = size.unwrap_or(largest);
        let speeds = self.exist.iter().filter(|level| level.spatial == spatial);
        let speeds = speeds.map(|level| level.temporal + 1).max().unwrap_or(1);
        let rate = |temporal: u8| {
            let level = Level { spatial, temporal };
            if self.exist.is_choice() {
                self.rates.bits_per_second(level)
            } else {
                self.rates.all()
            }
        };
        LayerState {
            runs: self.is_active(now) && (speeds == 1 || rate(speeds - 1) > 0 || spatial == 0),
            bitrate: rate(speeds - 1),
            lines: match self.levels.lines(spatial) {
                Some(lines) => lines,
                None if spatial == largest => self.lines,
                None => 0,
            },
            speeds,
            slower: std::array::from_fn(|temporal| rate(temporal as u8)),
        }
    }

    /// Whether a packet with a payload came within the last second: only then may a keyframe be asked for (rule 3).
    pub fn is_active(&self, now: Instant) -> bool {
        self.last_media
            .is_some_and(|last| now.duration_since(last) < ACTIVE_FOR)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]
    use super::super::rtp::{Header, write_header};
    use super::*;
    use crate::ids::TrackId;

    const STREAM: StreamId = StreamId {
        track: TrackId(1),
        ssrc: 7,
        layer: 0,
    };

    fn bytes(sequence: u16, payload: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let header = Header {
            marker: false,
            payload_type: 96,
            sequence,
            timestamp: 0,
            ssrc: STREAM.ssrc,
        };
        write_header(&mut bytes, &header, &[]);
        bytes.extend_from_slice(payload);
        bytes
    }

    fn receive(
        upstream: &mut Upstream,
        sequence: u16,
        via: Via,
        now: Instant,
    ) -> Result<u64, Refused> {
        let bytes = bytes(sequence, &[0x10, 0x01]);
        let view = RtpView::parse(&bytes).unwrap();
        upstream
            .receive(&view, Codec::Vp8, None, via, now)
            .map(|packet| packet.index)
    }

    #[test]
    fn rule_1_history_replayed_over_rtx_is_refused() {
        let now = Instant::now();
        let mut upstream = Upstream::new(STREAM, Codec::Vp8);
        for sequence in 65_000..=65_535 {
            receive(&mut upstream, sequence, Via::Media, now).unwrap();
        }
        receive(&mut upstream, 3, Via::Media, now).unwrap();
        for sequence in 65_000..=65_535 {
            assert_eq!(
                receive(&mut upstream, sequence, Via::Retransmission, now),
                Err(Refused::Duplicate)
            );
        }
        assert!(
            receive(&mut upstream, 1, Via::Retransmission, now).is_ok(),
            "was missing"
        );
        assert_eq!(
            receive(&mut upstream, 1, Via::Media, now),
            Err(Refused::Duplicate)
        );
    }

    #[test]
    fn rule_1_what_is_older_than_the_window_is_refused() {
        let now = Instant::now();
        let mut upstream = Upstream::new(STREAM, Codec::Vp8);
        receive(&mut upstream, 100, Via::Media, now).unwrap();
        receive(&mut upstream, 9_000, Via::Media, now).unwrap();
        assert_eq!(
            receive(&mut upstream, 101, Via::Media, now),
            Err(Refused::TooOld)
        );
    }

    #[test]
    fn a_missing_packet_is_asked_for_until_it_comes() {
        let now = Instant::now();
        let rtt = Duration::from_millis(30);
        let mut upstream = Upstream::new(STREAM, Codec::Vp8);
        receive(&mut upstream, 65_534, Via::Media, now).unwrap();
        receive(&mut upstream, 1, Via::Media, now).unwrap();
        let due = upstream.nacks_due_at().unwrap();
        let mut lost = Vec::new();
        upstream.nacks(due, rtt, &mut lost);
        assert_eq!(lost, [65_535, 0]);
        receive(&mut upstream, 65_535, Via::Retransmission, due).unwrap();
        lost.clear();
        upstream.nacks(due + 2 * rtt, rtt, &mut lost);
        assert_eq!(lost, [0]);
        receive(&mut upstream, 0, Via::Retransmission, due).unwrap();
        assert_eq!(upstream.nacks_due_at(), None);
    }

    #[test]
    fn repaired_packets_count_as_lost_to_the_sender() {
        let now = Instant::now();
        let mut upstream = Upstream::new(STREAM, Codec::Vp8);
        for sequence in [10, 11, 13] {
            receive(&mut upstream, sequence, Via::Media, now).unwrap();
        }
        receive(&mut upstream, 12, Via::Retransmission, now).unwrap();
        assert_eq!(upstream.report_block(now).unwrap().cumulative_lost, 1);
    }

    #[test]
    fn rule_3_a_stream_is_active_for_a_second_after_its_last_packet() {
        let now = Instant::now();
        let mut upstream = Upstream::new(STREAM, Codec::Vp8);
        assert!(!upstream.is_active(now));
        receive(&mut upstream, 1, Via::Media, now).unwrap();
        assert!(upstream.is_active(now + Duration::from_millis(999)));
        assert!(!upstream.is_active(now + ACTIVE_FOR));
        let padding = bytes(2, &[]);
        let view = RtpView::parse(&padding).unwrap();
        upstream
            .receive(&view, Codec::Vp8, None, Via::Media, now + ACTIVE_FOR)
            .unwrap();
        assert!(
            !upstream.is_active(now + ACTIVE_FOR),
            "padding shows nothing"
        );
    }

    #[test]
    fn what_was_received_is_kept_as_it_was() {
        let now = Instant::now();
        let mut upstream = Upstream::new(STREAM, Codec::Vp8);
        let bytes = bytes(5, &[0x10, 0x00, 0x9d]);
        let view = RtpView::parse(&bytes).unwrap();
        let packet = upstream
            .receive(&view, Codec::Vp8, None, Via::Media, now)
            .unwrap();
        assert!(packet.keyframe);
        assert_eq!(upstream.cached(packet.index), Some(packet));
        assert_eq!(upstream.cached(packet.index + 1), None);
    }
}
