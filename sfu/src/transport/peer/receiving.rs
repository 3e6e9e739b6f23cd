//! What one participant's network carries towards it: feedback in, probes out, and a share of it for each slot.

use std::time::{Duration, Instant};

use super::super::limiting::Told;
use super::super::outbox::Outbox;
use super::Peer;
use crate::congestion::allocate::{Allocator, Layer, LayerRate, VideoSlot};
use crate::congestion::sent::Purpose;
use crate::congestion::{Bandwidth, Feedback, Limits};
use crate::forward::layers::{Layers, MAX_LAYERS, MAX_SPEEDS};
use crate::ids::{Kind, TrackId};

/// After the connection began, so long is no picture taken away: nothing is known of the network yet.
const GRACE: Duration = Duration::from_secs(3);
/// After the network showed that it is too narrow, the estimate is believed for this long; each time that this happens
/// again soon, for twice as long.
const BELIEVED: Duration = Duration::from_secs(15);
const LONGEST_BELIEVED: Duration = Duration::from_secs(120);
/// So many looks in a row must say so; there are ten a second.
const PRESSED_LOOKS: u8 = 4;
/// In so many, where it is plain: a queue stands and what does not fit into it is lost.
const FLOODED_LOOKS: u8 = 2;
const FLOODED_LOSS: f64 = 0.10;
const FLOODED_QUEUE: Duration = Duration::from_millis(80);
/// A budget for as much as there is.
const PLENTY_BPS: u64 = 1_000_000_000;
/// Padding packets that one look may send.
const MAX_PADDING: usize = 64;

/// The estimate, and how it is shared. Exists where transport-wide feedback was negotiated.
pub(crate) struct Receiving {
    /// The estimate.
    pub(crate) bandwidth: Bandwidth,
    allocator: Allocator,
    /// What each picture slot showed when its share was decided.
    shared: Vec<Option<TrackId>>,
    /// Which slots have a smaller layer than their tiles would show.
    pub(crate) reduced: Vec<bool>,
    /// What the subscriber knows of it.
    pub(crate) told: Told,
    since: Instant,
    /// Until when the estimate limits what is sent, and for how long it did so the last time.
    believed_until: Option<Instant>,
    believed_for: Duration,
    /// In how many looks one after another the network was too narrow.
    pressed: u8,
    /// Whether it was plainly so in the last look.
    flooded: bool,
}

impl Receiving {
    /// Nothing is known yet.
    pub(super) fn new(now: Instant) -> Self {
        Self {
            bandwidth: Bandwidth::new(Limits::default(), now),
            allocator: Allocator::default(),
            shared: Vec::new(),
            reduced: Vec::new(),
            told: Told::default(),
            since: now,
            believed_until: None,
            believed_for: Duration::ZERO,
            pressed: 0,
            flooded: false,
        }
    }

    /// What may be shared. The estimate grows only as far as it is tried, and a busy receiver's clock lowers it without
    /// reason; so it limits nothing until the network itself shows that it is too narrow.
    fn budget_bps(&mut self, now: Instant) -> u64 {
        // A receiver that was busy for a moment is no narrow network.
        self.pressed = if self.bandwidth.is_pressed(now) {
            self.pressed.saturating_add(1)
        } else {
            0
        };
        let path = self.bandwidth.path();
        self.flooded = path.loss > FLOODED_LOSS && path.queue > FLOODED_QUEUE;
        let enough = if self.flooded {
            FLOODED_LOOKS
        } else {
            PRESSED_LOOKS
        };
        if self.pressed >= enough {
            let again = |until| now < until + self.believed_for;
            self.believed_for = match self.believed_until {
                Some(until) if now < until => self.believed_for,
                Some(until) if again(until) => (self.believed_for * 2).min(LONGEST_BELIEVED),
                _ => BELIEVED,
            };
            self.believed_until = Some(now + self.believed_for);
        }
        if self.believed_until.is_some_and(|until| now < until) {
            self.bandwidth.budget_bps(now)
        } else {
            PLENTY_BPS
        }
    }
}

impl Peer {
    /// Transport-wide feedback came.
    pub(crate) fn on_feedback(&mut self, body: &[u8], now: Instant) -> Result<(), &'static str> {
        let feedback = Feedback::parse(body).map_err(|error| error.code())?;
        if let Some(receiving) = &mut self.receiving {
            receiving.bandwidth.on_feedback(&feedback, now);
        }
        Ok(())
    }

    /// The browser's own estimate came.
    pub(crate) fn on_remb(&mut self, bitrate_bps: u64, now: Instant) {
        if let Some(receiving) = &mut self.receiving {
            receiving.bandwidth.on_remb(bitrate_bps, now);
        }
    }

    /// Whether probes are on their way: then timers are short.
    pub(super) fn is_probing(&self, now: Instant) -> bool {
        let soon = now + Duration::from_millis(50);
        let receiving = self.receiving.as_ref();
        receiving.is_some_and(|receiving| receiving.bandwidth.due_at(now) < soon)
    }

    /// Ticks the estimate, and sends the padding that its probes want.
    pub(super) fn tick_bandwidth(&mut self, now: Instant, outbox: &mut Outbox) {
        let (Some(receiving), Some(path)) = (&mut self.receiving, self.ice.path()) else {
            return;
        };
        let Some(secure) = &mut self.secure else {
            return;
        };
        receiving.bandwidth.tick(now);
        // Without a picture there is nothing to pad: the probe waits for it.
        let mut slots = self.slots.iter_mut();
        let Some(slot) = slots.find(|slot| slot.can_pad()) else {
            return;
        };
        for _ in 0..MAX_PADDING {
            let Some(request) = receiving.bandwidth.padding(now) else {
                break;
            };
            slot.number(receiving.bandwidth.next_sequence());
            let mut bytes = 0;
            let sent = outbox.write(path, |out| {
                let start = out.len();
                slot.pad(request.bytes, out).is_some_and(|written| {
                    bytes = written.len;
                    let (header, index) = (written.header_len, written.index);
                    secure.outbound.seal_rtp(out, start, header, index).is_ok()
                })
            });
            if !sent {
                break;
            }
            receiving.bandwidth.on_sent(bytes, Purpose::Padding, now);
        }
    }

    /// Shares the estimate among the picture slots. `sources` has one entry for each slot, `None` for a slot of sound or
    /// without a source.
    pub(crate) fn share(&mut self, sources: &[Option<SlotSource>], now: Instant) {
        let Some(receiving) = &mut self.receiving else {
            return;
        };
        let shown = |place: usize| self.slots[place].wanted();
        receiving.shared.resize(sources.len(), None);
        for place in 0..sources.len().min(self.slots.len()) {
            if receiving.shared[place] != shown(place) {
                receiving.shared[place] = shown(place);
                receiving.allocator.forget(place);
            }
        }
        let slots: Vec<VideoSlot<'_>> = sources.iter().map(video_slot).collect();
        let voices = self.slots.iter();
        let voices =
            voices.filter(|slot| slot.config().kind == Kind::Audio && slot.wanted().is_some());
        let budget_bps = receiving.budget_bps(now);
        let audio = voices.map(|_| None);
        let shares = receiving.allocator.allocate(budget_bps, audio, &slots, now);
        receiving.bandwidth.shared(&shares);
        let unknown = now < receiving.since + GRACE;
        receiving.reduced.clear();
        receiving.reduced.resize(sources.len(), false);
        for (place, slot) in self.slots.iter_mut().enumerate() {
            // Where pictures are given up, sound is not sent twice.
            slot.set_lean(budget_bps < PLENTY_BPS);
            let Some(Some(source)) = sources.get(place) else {
                continue;
            };
            let layer = receiving.allocator.layer(place);
            if let Some(layer) = layer {
                receiving.reduced[place] = layer.spatial < source.max_spatial && !unknown;
            }
            let most = layer.map_or(0, |layer| layer.spatial);
            // The old layer is not watched until the new one has a keyframe: it is broken by now, and would keep the queue
            // full in which that keyframe has to wait.
            let shown = slot
                .current()
                .filter(|shown| Some(shown.track) == slot.wanted());
            if receiving.flooded && shown.is_some_and(|shown| shown.layer > most) {
                slot.set_paused(true);
            }
            slot.set_paused(layer.is_none() && !unknown);
            slot.set_most(Some(most));
            let slower = layer.filter(|layer| !source.is_fastest(*layer));
            slot.set_speed(slower.map(|layer| layer.temporal));
        }
    }
}

/// Where a picture slot's packets come from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SlotSource {
    /// Who comes first.
    pub(crate) priority: crate::congestion::allocate::Priority,
    /// A shared screen.
    pub(crate) screen: bool,
    /// The best layer that the tile can show.
    pub(crate) max_spatial: u8,
    /// What each layer costs at each of its speeds; the first `count` are meant.
    pub(crate) rates: [LayerRate; MAX_RUNGS],
    /// How many there are.
    pub(crate) count: usize,
}

/// Layers and speeds of one track.
const MAX_RUNGS: usize = MAX_LAYERS * MAX_SPEEDS;

impl SlotSource {
    /// What a track costs at each of its layers and speeds.
    pub(crate) fn rates(layers: &Layers) -> ([LayerRate; MAX_RUNGS], usize) {
        let nothing = Layer {
            spatial: 0,
            temporal: 0,
        };
        let mut rates = [LayerRate {
            layer: nothing,
            bitrate_bps: 0,
        }; MAX_RUNGS];
        let rungs = (0..layers.count).flat_map(|spatial| {
            let speeds = 0..layers.speeds(spatial);
            speeds.map(move |temporal| Layer { spatial, temporal })
        });
        let mut count = 0;
        for (rate, layer) in rates.iter_mut().zip(rungs) {
            *rate = LayerRate {
                layer,
                bitrate_bps: layers.bitrate_at(layer.spatial, layer.temporal),
            };
            count += 1;
        }
        (rates, count)
    }

    /// Whether a layer has nothing faster.
    fn is_fastest(&self, layer: Layer) -> bool {
        let mut others = self.rates[..self.count].iter().map(|rate| rate.layer);
        others.all(|other| other.spatial != layer.spatial || other.temporal <= layer.temporal)
    }
}

fn video_slot(source: &Option<SlotSource>) -> VideoSlot<'_> {
    use crate::congestion::allocate::Priority;
    match source {
        Some(source) => VideoSlot {
            priority: source.priority,
            screen: source.screen,
            max_spatial: source.max_spatial,
            layers: &source.rates[..source.count],
        },
        None => VideoSlot {
            priority: Priority::Rest,
            screen: false,
            max_spatial: 0,
            layers: &[],
        },
    }
}
