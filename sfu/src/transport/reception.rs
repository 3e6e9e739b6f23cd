//! What one participant sends: which m-line a packet belongs to, retransmissions unwrapped, duplicates gone.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::negotiation::{IncomingExtensions, Payload, Plan, SendingLine};
use crate::congestion::feedback::FeedbackCollector;
use crate::forward::keyframes::KeyframeRequests;
use crate::forward::packet::{Packet, StreamId};
use crate::forward::rtcp::SenderInfo;
use crate::forward::rtcp_write;
use crate::forward::rtp::{AudioLevel, RtpView};
use crate::forward::rtx::{self, Unwrapped};
use crate::forward::upstream::{Upstream, Via};
use crate::ids::{Codec, Kind, Source, TrackId};

/// SSRCs that are remembered with their m-line; a browser has at most two per m-line.
const MAX_LATCHED: usize = 64;

/// One sending m-line and what comes on it.
pub(crate) struct Line {
    /// What was negotiated.
    pub(crate) plan: SendingLine,
    /// The stream that comes, since its first packet.
    pub(crate) running: Option<Running>,
}

/// A stream that comes.
pub(crate) struct Running {
    /// Its name for everybody else.
    pub(crate) track: TrackId,
    /// What it is.
    pub(crate) codec: Codec,
    /// Its packets.
    pub(crate) upstream: Upstream,
    /// Who waits for a keyframe of it.
    pub(crate) keyframes: KeyframeRequests,
}

/// A change of which tracks run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum TrackChange {
    /// First packet.
    Started {
        /// The track.
        track: TrackId,
        /// Where it comes from.
        source: Source,
        /// What it is.
        codec: Codec,
    },
    /// No more packets.
    Ended(TrackId),
}

/// A packet that was accepted.
pub(crate) struct Taken<'a> {
    /// The packet.
    pub(crate) packet: Packet<'a>,
    /// Where it comes from.
    pub(crate) source: Source,
}

/// What one participant sends.
pub(crate) struct Reception {
    /// Its sending m-lines.
    pub(crate) lines: Vec<Line>,
    extensions: IncomingExtensions,
    latched: HashMap<u32, usize>,
    feedback: FeedbackCollector,
    ids: Arc<AtomicU64>,
    /// Tracks that began or ended since somebody looked.
    pub(crate) changes: Vec<TrackChange>,
}

impl Reception {
    /// Nothing came yet. `ids` is where this process takes its track ids from.
    pub(crate) fn new(plan: &Plan, ids: Arc<AtomicU64>, now: Instant) -> Self {
        let mut reception = Self {
            lines: Vec::new(),
            extensions: plan.extensions,
            latched: HashMap::new(),
            feedback: FeedbackCollector::new(now),
            ids,
            changes: Vec::new(),
        };
        reception.renegotiate(plan);
        reception
    }

    /// Takes over a further offer: lines that are gone end their tracks, the others go on.
    pub(crate) fn renegotiate(&mut self, plan: &Plan) {
        self.extensions = plan.extensions;
        let latched = std::mem::take(&mut self.latched);
        let mut before = std::mem::take(&mut self.lines);
        for line in &plan.sending {
            let same = |old: &Line| old.plan.mid == line.mid && old.plan.source == line.source;
            let mut running = None;
            if let Some(old) = before.iter().position(same) {
                running = before[old].running.take();
                // Its SSRCs stay latched, those of retransmissions too: no MID will say again whose they are.
                let place = self.lines.len();
                let its = latched.iter().filter(|(_, place)| **place == old);
                self.latched.extend(its.map(|(ssrc, _)| (*ssrc, place)));
            }
            self.lines.push(Line {
                plan: line.clone(),
                running,
            });
        }
        self.changes.extend(
            before
                .iter()
                .filter_map(|old| old.running.as_ref())
                .map(ended),
        );
    }

    /// Ends every track.
    pub(crate) fn end(&mut self) {
        for line in &mut self.lines {
            self.changes.extend(line.running.take().as_ref().map(ended));
        }
    }

    /// Takes a decrypted packet. `Err` holds the stable reason why it goes no further.
    pub(crate) fn take<'a>(
        &mut self,
        bytes: &'a mut [u8],
        now: Instant,
    ) -> Result<Taken<'a>, &'static str> {
        let view = RtpView::parse(bytes).map_err(|error| error.code())?;
        if let Some(sequence) = self.extension(&view, self.extensions.transport_cc)
            && let [high, low, ..] = *sequence
        {
            self.feedback.received(u16::from_be_bytes([high, low]), now);
        }
        let place = self.place(&view)?;
        let payload = self.lines[place].plan.payloads.get(&view.payload_type());
        match *payload.ok_or("rtp_unknown_payload_type")? {
            Payload::Media(codec) => {
                let view = RtpView::parse(bytes).map_err(|error| error.code())?;
                self.accept(place, view, codec, Via::Media, now)
            }
            Payload::Rtx(of) => {
                let line = &self.lines[place];
                let Some(Payload::Media(codec)) = line.plan.payloads.get(&of).copied() else {
                    return Err("rtp_unknown_payload_type");
                };
                let running = line.running.as_ref().ok_or("rtx_before_media")?;
                // A probe replays history, also from before a change of codec: it must not bring the old track back.
                if running.codec != codec {
                    return Err("rtx_of_another_codec");
                }
                let ssrc = running.upstream.stream().ssrc;
                match rtx::unwrap(bytes, of, ssrc).map_err(|error| error.code())? {
                    Unwrapped::Padding => Err("rtx_padding"),
                    Unwrapped::Original(original) => {
                        let view = RtpView::parse(original).map_err(|error| error.code())?;
                        self.accept(place, view, codec, Via::Retransmission, now)
                    }
                }
            }
        }
    }

    fn extension<'a>(&self, view: &RtpView<'a>, id: Option<u8>) -> Option<&'a [u8]> {
        id.and_then(|id| view.extension(id))
    }

    /// The m-line of a packet. Its SSRC is latched (rule 4): browsers stop sending MID once reports reach them.
    fn place(&mut self, view: &RtpView<'_>) -> Result<usize, &'static str> {
        let ssrc = view.ssrc();
        let mid = self.extension(view, self.extensions.mid);
        let by_mid = mid.and_then(|mid| self.find(|plan| plan.mid.as_bytes() == mid));
        if let Some(place) = by_mid.or_else(|| self.latched.get(&ssrc).copied()) {
            self.latch(ssrc, place);
            return Ok(place);
        }
        if mid.is_some() {
            return Err("rtp_unknown_mid");
        }
        let payload_type = view.payload_type();
        let mut alike = self.lines.iter().enumerate();
        let mut alike = alike
            .by_ref()
            .filter(|(_, line)| line.plan.payloads.contains_key(&payload_type));
        // RFC 8843 section 9.2: else by announced SSRC, else by a payload type that only one m-line has.
        let place = self
            .find(|plan| plan.ssrcs.contains(&ssrc))
            .or_else(|| match (alike.next(), alike.next()) {
                (Some((place, _)), None) => Some(place),
                _ => None,
            })
            .ok_or("rtp_unknown_ssrc")?;
        self.latch(ssrc, place);
        Ok(place)
    }

    fn find(&self, is: impl Fn(&SendingLine) -> bool) -> Option<usize> {
        self.lines.iter().position(|line| is(&line.plan))
    }

    fn latch(&mut self, ssrc: u32, place: usize) {
        if self.latched.len() >= MAX_LATCHED && !self.latched.contains_key(&ssrc) {
            // Screens that were shared before: what runs now stays.
            let lines = &self.lines;
            let runs = |ssrc| {
                let mut running = lines.iter().filter_map(|line| line.running.as_ref());
                running.any(|running| running.upstream.stream().ssrc == ssrc)
            };
            self.latched.retain(|ssrc, _| runs(*ssrc));
        }
        self.latched.insert(ssrc, place);
    }

    fn accept<'a>(
        &mut self,
        place: usize,
        view: RtpView<'a>,
        codec: Codec,
        via: Via,
        now: Instant,
    ) -> Result<Taken<'a>, &'static str> {
        let level = self.extension(&view, self.extensions.audio_level);
        let level = level.and_then(|value| value.first().copied().map(AudioLevel::from_byte));
        self.run(place, view.ssrc(), codec, now)?;
        let line = &mut self.lines[place];
        let running = line.running.as_mut().ok_or("rtp_unknown_ssrc")?;
        let level = level.filter(|_| line.plan.kind == Kind::Audio);
        let packet = running.upstream.receive(&view, codec, level, via, now);
        let packet = packet.map_err(|refused| refused.code())?;
        Ok(Taken {
            packet,
            source: line.plan.source,
        })
    }

    /// Makes sure that the stream of this SSRC and codec runs on this line: another codec is another track, another SSRC
    /// the same track's next stream once the one before is silent.
    fn run(
        &mut self,
        place: usize,
        ssrc: u32,
        codec: Codec,
        now: Instant,
    ) -> Result<(), &'static str> {
        let line = &mut self.lines[place];
        let mut track = None;
        if let Some(running) = &line.running {
            let same_ssrc = running.upstream.stream().ssrc == ssrc;
            if same_ssrc && running.codec == codec {
                return Ok(());
            }
            if !same_ssrc && running.upstream.is_active(now) {
                return Err("rtp_second_stream");
            }
            if running.codec == codec {
                track = Some(running.track);
            } else {
                self.changes.push(ended(running));
            }
        }
        let track = track.unwrap_or_else(|| {
            let track = TrackId(self.ids.fetch_add(1, Ordering::Relaxed));
            self.changes.push(TrackChange::Started {
                track,
                source: line.plan.source,
                codec,
            });
            track
        });
        line.running = Some(Running {
            track,
            codec,
            upstream: Upstream::new(StreamId { track, ssrc }, codec),
            keyframes: KeyframeRequests::default(),
        });
        Ok(())
    }

    /// The line on which a track runs.
    pub(crate) fn running(&self, track: TrackId) -> Option<&Running> {
        let mut running = self.lines.iter().filter_map(|line| line.running.as_ref());
        running.find(|running| running.track == track)
    }

    /// Notes that somebody needs a keyframe of a track.
    pub(crate) fn request_keyframe(&mut self, track: TrackId) {
        if let Some(running) = self.running_mut(track)
            && running.codec.kind() == Kind::Video
        {
            running.keyframes.request();
        }
    }

    /// Notes that a keyframe of a track reached everybody who could take it.
    pub(crate) fn keyframe_served(&mut self, track: TrackId) {
        if let Some(running) = self.running_mut(track) {
            running.keyframes.on_keyframe();
        }
    }

    fn running_mut(&mut self, track: TrackId) -> Option<&mut Running> {
        let lines = self.lines.iter_mut();
        let mut running = lines.filter_map(|line| line.running.as_mut());
        running.find(|running| running.track == track)
    }

    /// A sender report: whose track's stream it is about.
    pub(crate) fn on_sender_report(
        &mut self,
        ssrc: u32,
        info: &SenderInfo,
        now: Instant,
    ) -> Option<StreamId> {
        let mut running = self
            .lines
            .iter_mut()
            .filter_map(|line| line.running.as_mut());
        let running = running.find(|running| running.upstream.stream().ssrc == ssrc)?;
        running.upstream.on_sender_report(info, now);
        Some(running.upstream.stream())
    }

    /// Appends what is due for the sender: transport-wide feedback, NACKs and PLIs.
    pub(crate) fn feedback(&mut self, ours: u32, rtt: Duration, now: Instant, out: &mut Vec<u8>) {
        let streams = self.lines.iter().filter_map(|line| line.running.as_ref());
        let media = streams.map(|running| running.upstream.stream().ssrc).max();
        if let Some(media) = media {
            while self.feedback.poll(now, ours, media, out) {}
        }
        let mut lost = Vec::new();
        for line in &mut self.lines {
            let Some(running) = &mut line.running else {
                continue;
            };
            let ssrc = running.upstream.stream().ssrc;
            if line.plan.kind == Kind::Video {
                lost.clear();
                running.upstream.nacks(now, rtt, &mut lost);
                if !lost.is_empty() {
                    rtcp_write::nack(out, ours, ssrc, &lost);
                }
                if running.keyframes.poll(running.upstream.is_active(now), now) {
                    rtcp_write::pli(out, ours, ssrc);
                }
            }
        }
    }

    /// Appends a receiver report about every stream.
    pub(crate) fn report(&mut self, ours: u32, now: Instant, out: &mut Vec<u8>) {
        let running = self
            .lines
            .iter_mut()
            .filter_map(|line| line.running.as_mut());
        let blocks: Vec<_> = running
            .filter_map(|running| running.upstream.report_block(now))
            .collect();
        if !blocks.is_empty() {
            rtcp_write::receiver_report(out, ours, &blocks);
        }
    }
}

fn ended(running: &Running) -> TrackChange {
    TrackChange::Ended(running.track)
}
