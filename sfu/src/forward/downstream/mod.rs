//! One outgoing slot: follows one track after another as a single unbroken RTP stream.
//!
//! Its numbers never repeat: each incoming stream is de-duplicated, is shifted as a whole onto numbers above all that
//! went out before ([`Splice`]), and a window refuses what would go out twice all the same.

mod beside;
mod forwarding;

use std::time::{Duration, Instant};

use super::layering::{Level, Sieve};
use super::layers::Wish;
use super::packet::{LayerId, StreamId};
use super::picture_ids::Numbers;
use super::resend::ResendLimit;
use super::rtp::ExtensionIds;
use super::rtt::RoundTrip;
pub use super::slot::{DownstreamConfig, PayloadType, PayloadTypes, Written};
use super::splice::Splices;
use super::window::Window;
use crate::ids::{Kind, TrackId};

/// How long the old picture goes on while the wanted one has no keyframe yet.
pub const HANDOVER: Duration = Duration::from_secs(1);

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
    /// The newest frame's number (dependency descriptor).
    last_frame: Option<u16>,
    /// What it gets of a stream that has levels.
    sieve: Sieve,
    /// The receiver's network has no room for what is not needed.
    lean: bool,
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
            last_frame: None,
            sieve: Sieve::default(),
            lean: false,
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

    /// Which size of pictures the slot should show of a stream that has several; `None`: the largest. It changes where the
    /// stream lets it.
    pub fn set_size(&mut self, spatial: Option<u8>) {
        let most = Level::TOP.spatial;
        self.sieve.wanted.spatial = spatial.map_or(most, |size| size.min(most));
    }

    /// How fast the pictures should follow one another, where there is a choice; `None`: as fast as they come.
    pub fn set_speed(&mut self, temporal: Option<u8>) {
        let most = Level::TOP.temporal;
        self.sieve.wanted.temporal = temporal.map_or(most, |speed| speed.min(most));
    }

    /// Which size and speed it shows now, of a stream that has several.
    pub fn level(&self) -> Level {
        self.sieve.on()
    }

    /// Says whether the receiver's network has no room for what is not needed, such as sound that is repeated.
    pub fn set_lean(&mut self, lean: bool) {
        self.lean = lean;
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
        let needed = shown != Some(target) || self.ssrc_changed || self.sieve.needs_keyframe();
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
}

#[cfg(test)]
#[path = "../tests/downstream.rs"]
mod tests;
