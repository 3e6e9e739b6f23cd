//! A publisher, the forwarding parts and a viewer on a network that loses and reorders: what is lost is repaired on the leg
//! where it was lost. Seeded and with a clock of its own.
#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use sfu::forward::downstream::{Downstream, DownstreamConfig, PayloadType, PayloadTypes};
use sfu::forward::packet::StreamId;
use sfu::forward::rtcp::{Rtcp, packets};
use sfu::forward::rtcp_write;
use sfu::forward::rtp::{ExtensionIds, Header, RtpView, write_header};
use sfu::forward::rtx::{self, Unwrapped};
use sfu::forward::upstream::{Upstream, Via};
use sfu::{Codec, Kind, TrackId};

const MEDIA: u8 = 96;
const RTX: u8 = 97;
const SENT: u32 = 100;
const SENT_RTX: u32 = 101;
const SLOT: u32 = 200;
const SLOT_RTX: u32 = 201;

/// One direction of a path: what is under way, by arrival.
struct Leg {
    delay: Duration,
    loss_percent: u64,
    dice: u64,
    lost: usize,
    under_way: BTreeMap<(Instant, u64), Vec<u8>>,
}

impl Leg {
    fn new(delay_ms: u64, loss_percent: u64, seed: u64) -> Self {
        Self {
            delay: Duration::from_millis(delay_ms),
            loss_percent,
            dice: seed,
            lost: 0,
            under_way: BTreeMap::new(),
        }
    }

    /// Numerical Recipes' generator: good enough to lose packets with.
    fn roll(&mut self) -> u64 {
        self.dice = self
            .dice
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        self.dice >> 33
    }

    fn send(&mut self, bytes: &[u8], now: Instant) {
        if self.roll() % 100 < self.loss_percent {
            self.lost += 1;
            return;
        }
        let jitter = Duration::from_millis(self.roll() % 8);
        let order = self.roll();
        self.under_way
            .insert((now + self.delay + jitter, order), bytes.to_vec());
    }

    fn arrived(&mut self, now: Instant) -> Vec<Vec<u8>> {
        let later = self
            .under_way
            .split_off(&(now + Duration::from_nanos(1), 0));
        std::mem::replace(&mut self.under_way, later)
            .into_values()
            .collect()
    }
}

/// The publisher's side: what it sent, to send again.
struct Publisher {
    sent: Vec<Vec<u8>>,
    next_rtx: u16,
}

impl Publisher {
    fn packet(&mut self) -> Vec<u8> {
        let sequence = (self.sent.len() as u16).wrapping_add(65_000);
        let header = Header {
            marker: true,
            payload_type: MEDIA,
            sequence,
            timestamp: self.sent.len() as u32 * 450,
            ssrc: SENT,
        };
        let mut bytes = Vec::new();
        write_header(&mut bytes, &header, &[]);
        let first = self.sent.is_empty();
        bytes.extend_from_slice(&[0x10, u8::from(!first)]);
        bytes.extend_from_slice(&(self.sent.len() as u32).to_be_bytes());
        self.sent.push(bytes.clone());
        bytes
    }

    fn again(&mut self, sequence: u16) -> Vec<u8> {
        let bytes = &self.sent[usize::from(sequence.wrapping_sub(65_000))];
        let view = RtpView::parse(bytes).unwrap();
        let header = Header {
            marker: view.marker(),
            payload_type: RTX,
            sequence: self.next_rtx,
            timestamp: view.timestamp(),
            ssrc: SENT_RTX,
        };
        self.next_rtx = self.next_rtx.wrapping_add(1);
        let mut out = Vec::new();
        rtx::write_wrapped(&mut out, &header, &[], sequence);
        out.extend_from_slice(view.payload());
        out
    }
}

/// What a receiver takes from a leg, retransmissions unwrapped.
fn receive<'a>(
    bytes: &'a mut [u8],
    ssrc: u32,
    upstream: &mut Upstream,
    now: Instant,
) -> Option<sfu::forward::packet::Packet<'a>> {
    let again = RtpView::parse(bytes).unwrap().ssrc() != ssrc;
    let (bytes, via) = if again {
        match rtx::unwrap(bytes, MEDIA, ssrc).unwrap() {
            Unwrapped::Original(original) => (original, Via::Retransmission),
            Unwrapped::Padding => return None,
        }
    } else {
        (&*bytes, Via::Media)
    };
    let view = RtpView::parse(bytes).unwrap();
    upstream.receive(&view, Codec::Vp8, None, via, now).ok()
}

/// Sends what a receiver misses as a NACK.
fn ask(upstream: &mut Upstream, ssrc: u32, rtt: Duration, leg: &mut Leg, now: Instant) {
    let (mut lost, mut out) = (Vec::new(), Vec::new());
    upstream.nacks(now, rtt, &mut lost);
    rtcp_write::nack(&mut out, 1, ssrc, &lost);
    if !out.is_empty() {
        leg.send(&out, now);
    }
}

fn asked(bytes: &[u8]) -> Vec<u16> {
    packets(bytes)
        .flat_map(|packet| match packet.unwrap() {
            Rtcp::Nack { lost, .. } => lost.collect(),
            _ => Vec::new(),
        })
        .collect()
}

fn slot(now: Instant) -> Downstream {
    let mut payload_types = PayloadTypes::default();
    payload_types.set(
        Codec::Vp8,
        PayloadType {
            media: MEDIA,
            rtx: Some(RTX),
            red: None,
        },
    );
    let mut slot = Downstream::new(
        DownstreamConfig {
            kind: Kind::Video,
            mid: "1".into(),
            ssrc: SLOT,
            rtx_ssrc: SLOT_RTX,
            first_sequence: 32_000,
            first_rtx_sequence: 0,
            first_timestamp: 0,
            payload_types,
            extensions: ExtensionIds::default(),
        },
        now,
    );
    slot.want(Some(TrackId(1)), now);
    slot
}

const COUNT: usize = 4000;
const RTT: Duration = Duration::from_millis(60);

struct Scene {
    now: Instant,
    up: Leg,
    up_back: Leg,
    down: Leg,
    down_back: Leg,
    publisher: Publisher,
    incoming: Upstream,
    slot: Downstream,
    viewer: Upstream,
    /// The publisher's numbers that reached the viewer.
    seen: BTreeSet<u32>,
    /// What was sealed, by SSRC and index.
    sealed: BTreeSet<(u32, u64)>,
}

impl Scene {
    fn new(loss_percent: u64) -> Self {
        let now = Instant::now();
        let stream = |ssrc| StreamId {
            track: TrackId(1),
            ssrc,
            layer: 0,
        };
        Self {
            now,
            up: Leg::new(20, loss_percent, 1),
            up_back: Leg::new(20, loss_percent, 2),
            down: Leg::new(30, loss_percent, 3),
            down_back: Leg::new(30, loss_percent, 4),
            publisher: Publisher {
                sent: Vec::new(),
                next_rtx: 0,
            },
            incoming: Upstream::new(stream(SENT), Codec::Vp8),
            slot: slot(now),
            viewer: Upstream::new(stream(SLOT), Codec::Vp8),
            seen: BTreeSet::new(),
            sealed: BTreeSet::new(),
        }
    }

    fn publish(&mut self) {
        let packet = self.publisher.packet();
        if self.publisher.sent.len() == 1 {
            // The keyframe's begin is what everything hangs on; a PLI would repair it, which is not tried here.
            self.up.under_way.insert((self.now, 0), packet);
        } else {
            self.up.send(&packet, self.now);
        }
    }

    fn forward(&mut self) {
        let mut out = Vec::new();
        for mut bytes in self.up.arrived(self.now) {
            let Some(packet) = receive(&mut bytes, SENT, &mut self.incoming, self.now) else {
                continue;
            };
            out.clear();
            if let Some(written) = self.slot.forward(&packet, self.now, &mut out) {
                assert!(self.sealed.insert((written.ssrc, written.index)));
                self.down.send(&out, self.now);
            }
        }
    }

    fn view(&mut self) {
        for mut bytes in self.down.arrived(self.now) {
            if let Some(packet) = receive(&mut bytes, SLOT, &mut self.viewer, self.now) {
                let number = packet.payload.last_chunk::<4>().unwrap();
                let number = u32::from_be_bytes(*number);
                assert!(self.seen.insert(number), "seen twice");
            }
        }
    }

    fn repair(&mut self) {
        ask(&mut self.incoming, SENT, RTT, &mut self.up_back, self.now);
        ask(&mut self.viewer, SLOT, RTT, &mut self.down_back, self.now);
        for bytes in self.up_back.arrived(self.now) {
            for sequence in asked(&bytes) {
                let again = self.publisher.again(sequence);
                self.up.send(&again, self.now);
            }
        }
        let mut out = Vec::new();
        for bytes in self.down_back.arrived(self.now) {
            for sequence in asked(&bytes) {
                out.clear();
                let incoming = &self.incoming;
                let cached = |_, index| incoming.cached(index);
                if let Some(written) = self.slot.resend(sequence, cached, self.now, &mut out) {
                    assert!(self.sealed.insert((written.ssrc, written.index)));
                    self.down.send(&out, self.now);
                }
            }
        }
    }
}

#[test]
fn five_percent_loss_on_both_legs_is_repaired_by_rtx() {
    let mut scene = Scene::new(5);
    for ms in 0..COUNT * 5 + 2000 {
        scene.now += Duration::from_millis(1);
        if ms % 5 == 0 && scene.publisher.sent.len() < COUNT {
            scene.publish();
        }
        scene.forward();
        scene.view();
        scene.repair();
    }
    assert!(scene.up.lost > COUNT / 30 && scene.down.lost > COUNT / 30);
    // What is lost at the very end has no successor that shows the gap.
    let missing: Vec<_> = (0..COUNT as u32 - 20)
        .filter(|n| !scene.seen.contains(n))
        .collect();
    assert_eq!(missing, [0u32; 0], "every packet reached the viewer");
    let block = scene.viewer.report_block(scene.now).unwrap();
    assert!(
        block.cumulative_lost > COUNT as i32 / 30,
        "repairs do not hide the path's loss"
    );
}
