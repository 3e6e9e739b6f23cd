//! What one participant sends: which m-line a packet belongs to, retransmissions unwrapped, duplicates gone.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::negotiation::{IncomingExtensions, Payload, Plan, SendingLine};
use super::running::{Layer, Running};
use crate::congestion::feedback::FeedbackCollector;
use crate::forward::layers::Wanted;
use crate::forward::packet::{Packet, StreamId};
use crate::forward::red;
use crate::forward::rtcp::SenderInfo;
use crate::forward::rtcp_write;
use crate::forward::rtp::{AudioLevel, RtpView};
use crate::forward::rtx::{self, Unwrapped};
use crate::forward::upstream::{Beside, Upstream, Via};
use crate::ids::{Codec, Kind, Source, TrackId};

/// SSRCs that are remembered with their m-line and layer; a browser has at most two per m-line, or two per layer.
const MAX_LATCHED: usize = 64;

/// One sending m-line and what comes on it.
pub(crate) struct Line {
    /// What was negotiated.
    pub(crate) plan: SendingLine,
    /// The track that comes, since its first packet.
    pub(crate) running: Option<Running>,
}

impl Line {
    /// How many layers it may have.
    pub(super) fn layers(&self) -> u8 {
        self.plan.rids.len().max(1) as u8
    }
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
        /// How many simulcast layers it may have; 1 without simulcast.
        layers: u8,
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
    latched: HashMap<u32, (usize, u8)>,
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
            let same = |old: &Line| {
                let (old, new) = (&old.plan, line);
                (&old.mid, old.source, &old.rids) == (&new.mid, new.source, &new.rids)
            };
            let mut running = None;
            if let Some(old) = before.iter().position(same) {
                running = before[old].running.take();
                // Its SSRCs stay latched, those of retransmissions too: no MID will say again whose they are.
                let place = self.lines.len();
                let its = latched.iter().filter(|(_, known)| known.0 == old);
                self.latched
                    .extend(its.map(|(ssrc, known)| (*ssrc, (place, known.1))));
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
        let (place, layer) = self.place(&view)?;
        let payload = self.lines[place].plan.payloads.get(&view.payload_type());
        match *payload.ok_or("rtp_unknown_payload_type")? {
            Payload::Media(codec) => {
                let view = RtpView::parse(bytes).map_err(|error| error.code())?;
                self.accept((place, layer), view, (codec, 0), Via::Media, now)
            }
            Payload::Red(of) => {
                let Some(Payload::Media(codec)) = self.lines[place].plan.payloads.get(&of).copied()
                else {
                    return Err("rtp_unknown_payload_type");
                };
                let view = RtpView::parse(bytes).map_err(|error| error.code())?;
                let at = red::primary_at(view.payload(), of).ok_or("red_malformed")?;
                self.accept((place, layer), view, (codec, at), Via::Media, now)
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
                let repaired = running.layer(layer).ok_or("rtx_before_media")?;
                let ssrc = repaired.upstream.stream().ssrc;
                match rtx::unwrap(bytes, of, ssrc).map_err(|error| error.code())? {
                    Unwrapped::Padding => Err("rtx_padding"),
                    Unwrapped::Original(original) => {
                        let view = RtpView::parse(original).map_err(|error| error.code())?;
                        self.accept((place, layer), view, (codec, 0), Via::Retransmission, now)
                    }
                }
            }
        }
    }

    fn extension<'a>(&self, view: &RtpView<'a>, id: Option<u8>) -> Option<&'a [u8]> {
        id.and_then(|id| view.extension(id))
    }

    /// The m-line and the layer of a packet. Its SSRC is latched (rule 4): browsers stop sending MID and RID once reports
    /// reach them.
    fn place(&mut self, view: &RtpView<'_>) -> Result<(usize, u8), &'static str> {
        let ssrc = view.ssrc();
        let mid = self.extension(view, self.extensions.mid);
        let known = self.latched.get(&ssrc).copied();
        let by_mid = mid.and_then(|mid| self.find(|plan| plan.mid.as_bytes() == mid));
        let place = match by_mid.or(known.map(|(place, _)| place)) {
            Some(place) => place,
            None if mid.is_some() => return Err("rtp_unknown_mid"),
            None => self.guess(view)?,
        };
        let layer = self.layer(place, view, known)?;
        self.latch(ssrc, (place, layer));
        Ok((place, layer))
    }

    /// RFC 8843 section 9.2: else by announced SSRC, else by a payload type that only one m-line has.
    fn guess(&self, view: &RtpView<'_>) -> Result<usize, &'static str> {
        let (ssrc, payload_type) = (view.ssrc(), view.payload_type());
        let mut alike = self.lines.iter().enumerate();
        let mut alike = alike
            .by_ref()
            .filter(|(_, line)| line.plan.payloads.contains_key(&payload_type));
        self.find(|plan| plan.ssrcs.contains(&ssrc))
            .or_else(|| match (alike.next(), alike.next()) {
                (Some((place, _)), None) => Some(place),
                _ => None,
            })
            .ok_or("rtp_unknown_ssrc")
    }

    /// Which of the m-line's layers a packet belongs to: by its rid, or that of what it repairs, else as its SSRC before.
    fn layer(
        &self,
        place: usize,
        view: &RtpView<'_>,
        known: Option<(usize, u8)>,
    ) -> Result<u8, &'static str> {
        let rids = &self.lines[place].plan.rids;
        if rids.is_empty() {
            return Ok(0);
        }
        let rid = self
            .extension(view, self.extensions.rid)
            .or_else(|| self.extension(view, self.extensions.repaired_rid));
        match rid {
            Some(rid) => rids
                .iter()
                .position(|known| known.as_bytes() == rid)
                .map(|layer| layer as u8)
                .ok_or("rtp_unknown_rid"),
            None => known
                .filter(|(latched, _)| *latched == place)
                .map(|(_, layer)| layer)
                .ok_or("rtp_without_rid"),
        }
    }

    fn find(&self, is: impl Fn(&SendingLine) -> bool) -> Option<usize> {
        self.lines.iter().position(|line| is(&line.plan))
    }

    fn latch(&mut self, ssrc: u32, place: (usize, u8)) {
        if self.latched.len() >= MAX_LATCHED && !self.latched.contains_key(&ssrc) {
            // Screens that were shared before: what runs now stays.
            let lines = &self.lines;
            let runs = |ssrc| {
                let mut running = lines.iter().filter_map(|line| line.running.as_ref());
                running.any(|running| {
                    let mut layers = running.layers.iter();
                    layers.any(|layer| layer.upstream.stream().ssrc == ssrc)
                })
            };
            self.latched.retain(|ssrc, _| runs(*ssrc));
        }
        self.latched.insert(ssrc, place);
    }

    fn accept<'a>(
        &mut self,
        (place, layer): (usize, u8),
        view: RtpView<'a>,
        (codec, primary_at): (Codec, usize),
        via: Via,
        now: Instant,
    ) -> Result<Taken<'a>, &'static str> {
        let dependencies = self.extension(&view, self.extensions.dependencies);
        let level = self.extension(&view, self.extensions.audio_level);
        let level = level.and_then(|value| value.first().copied().map(AudioLevel::from_byte));
        self.run((place, layer), view.ssrc(), codec, now)?;
        let line = &mut self.lines[place];
        let running = line.running.as_mut().ok_or("rtp_unknown_ssrc")?;
        let layer = running.layer_mut(layer).ok_or("rtp_unknown_ssrc")?;
        let level = level.filter(|_| line.plan.kind == Kind::Audio);
        let beside = Beside {
            level,
            primary_at: primary_at as u16,
            dependencies,
        };
        let packet = layer.upstream.receive_with(&view, codec, beside, via, now);
        let packet = packet.map_err(|refused| refused.code())?;
        Ok(Taken {
            packet,
            source: line.plan.source,
        })
    }

    /// Makes sure that the stream of this SSRC and codec runs as this layer of this line: another codec is another track,
    /// another SSRC the same track's next stream once the one before is silent.
    fn run(
        &mut self,
        (place, layer): (usize, u8),
        ssrc: u32,
        codec: Codec,
        now: Instant,
    ) -> Result<(), &'static str> {
        let line = &mut self.lines[place];
        let layers = line.layers();
        if let Some(running) = &mut line.running {
            let active = |layer: &&Layer| layer.upstream.is_active(now);
            if running.codec == codec {
                let track = running.track;
                let stream = StreamId { track, ssrc, layer };
                match running.layer_mut(layer) {
                    Some(known) if known.upstream.stream().ssrc == ssrc => {}
                    Some(known) if active(&&*known) => return Err("rtp_second_stream"),
                    Some(known) => *known = Layer::new(stream, codec),
                    None => running.layers.push(Layer::new(stream, codec)),
                }
                return Ok(());
            }
            // Only the stream that itself changes its codec may do so while it is sent.
            let mut others = running
                .layers
                .iter()
                .filter(|known| known.upstream.stream().ssrc != ssrc);
            if others.any(|known| active(&known)) {
                return Err("rtp_second_stream");
            }
            self.changes.push(ended(running));
        }
        let track = TrackId(self.ids.fetch_add(1, Ordering::Relaxed));
        self.changes.push(TrackChange::Started {
            track,
            source: line.plan.source,
            codec,
            layers,
        });
        line.running = Some(Running {
            track,
            codec,
            layers: vec![Layer::new(StreamId { track, ssrc, layer }, codec)],
            wanted: Wanted::default(),
        });
        Ok(())
    }

    /// A stream that comes, by its name.
    pub(crate) fn upstream(&self, stream: StreamId) -> Option<&Upstream> {
        let running = self.all_running().find(|r| r.track == stream.track)?;
        let upstream = &running.layer(stream.layer)?.upstream;
        (upstream.stream() == stream).then_some(upstream)
    }

    fn all_running(&self) -> impl Iterator<Item = &Running> {
        self.lines.iter().filter_map(|line| line.running.as_ref())
    }

    /// A track that runs.
    pub(super) fn running_mut(&mut self, track: TrackId) -> Option<&mut Running> {
        let lines = self.lines.iter_mut();
        let mut running = lines.filter_map(|line| line.running.as_mut());
        running.find(|running| running.track == track)
    }

    fn all_layers(&mut self) -> impl Iterator<Item = &mut Layer> {
        let lines = self.lines.iter_mut();
        let running = lines.filter_map(|line| line.running.as_mut());
        running.flat_map(|running| &mut running.layers)
    }

    /// A sender report: whose track's stream it is about.
    pub(crate) fn on_sender_report(
        &mut self,
        ssrc: u32,
        info: &SenderInfo,
        now: Instant,
    ) -> Option<StreamId> {
        let mut layers = self.all_layers();
        let layer = layers.find(|layer| layer.upstream.stream().ssrc == ssrc)?;
        layer.upstream.on_sender_report(info, now);
        Some(layer.upstream.stream())
    }

    /// Appends what is due for the sender: transport-wide feedback, NACKs and PLIs.
    pub(crate) fn feedback(&mut self, ours: u32, rtt: Duration, now: Instant, out: &mut Vec<u8>) {
        let layers = self.all_layers();
        let media = layers.map(|layer| layer.upstream.stream().ssrc).max();
        if let Some(media) = media {
            while self.feedback.poll(now, ours, media, out) {}
        }
        let mut lost = Vec::new();
        for layer in self.all_layers() {
            let ssrc = layer.upstream.stream().ssrc;
            // Sound is never missing and never asked for a keyframe.
            lost.clear();
            layer.upstream.nacks(now, rtt, &mut lost);
            if !lost.is_empty() {
                rtcp_write::nack(out, ours, ssrc, &lost);
            }
            if layer.keyframes.poll(layer.upstream.is_active(now), now) {
                rtcp_write::pli(out, ours, ssrc);
            }
        }
    }

    /// Appends a receiver report about every stream.
    pub(crate) fn report(&mut self, ours: u32, now: Instant, out: &mut Vec<u8>) {
        let blocks: Vec<_> = self
            .all_layers()
            .filter_map(|layer| layer.upstream.report_block(now))
            .collect();
        if !blocks.is_empty() {
            rtcp_write::receiver_report(out, ours, &blocks);
        }
    }
}

fn ended(running: &Running) -> TrackChange {
    TrackChange::Ended(running.track)
}
