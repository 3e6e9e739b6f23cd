//! Forwarding allocates nothing once it is warm: what costs memory per packet would cost time per packet too.
#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

use std::time::{Duration, Instant};

use sfu::congestion::FeedbackCollector;
use sfu::forward::downstream::{Downstream, DownstreamConfig, PayloadType, PayloadTypes};
use sfu::forward::packet::StreamId;
use sfu::forward::rtcp_write;
use sfu::forward::rtp::{ExtensionIds, Header, RtpView, write_header};
use sfu::forward::upstream::{Upstream, Via};
use sfu::{Codec, Kind, TrackId};

const VIEWERS: usize = 20;
const PAYLOAD: usize = 1150;
const RTT: Duration = Duration::from_millis(40);

/// One publisher and its viewers, with every buffer that is used again.
struct Scene {
    now: Instant,
    upstream: Upstream,
    feedback: FeedbackCollector,
    slots: Vec<Downstream>,
    incoming: Vec<u8>,
    out: Vec<u8>,
    lost: Vec<u16>,
    forwarded: u64,
    resent: u64,
}

impl Scene {
    fn new() -> Self {
        let now = Instant::now();
        let stream = StreamId {
            track: TrackId(1),
            ssrc: 7,
            layer: 0,
        };
        let mut payload_types = PayloadTypes::default();
        payload_types.set(
            Codec::Vp8,
            PayloadType {
                media: 96,
                rtx: Some(97),
                red: None,
            },
        );
        let slot = |viewer: usize| {
            let config = DownstreamConfig {
                kind: Kind::Video,
                mid: "4".into(),
                ssrc: 100 + viewer as u32,
                rtx_ssrc: 200 + viewer as u32,
                first_sequence: 1,
                first_rtx_sequence: 1,
                first_timestamp: 1,
                payload_types,
                extensions: ExtensionIds {
                    mid: Some(4),
                    audio_level: Some(1),
                    transport_cc: None,
                    dependencies: None,
                },
            };
            let mut slot = Downstream::new(config, now);
            slot.want(Some(stream.track), now);
            slot
        };
        Self {
            now,
            upstream: Upstream::new(stream, Codec::Vp8),
            feedback: FeedbackCollector::new(now),
            slots: (0..VIEWERS).map(slot).collect(),
            incoming: Vec::with_capacity(1500),
            out: Vec::with_capacity(4096),
            lost: Vec::with_capacity(1024),
            forwarded: 0,
            resent: 0,
        }
    }

    /// One packet in, out to every viewer. Each hundredth comes a little late, and each viewer loses some.
    fn packet(&mut self, n: u16) {
        self.now += Duration::from_millis(5);
        let sequence = match n % 100 {
            50 => n.wrapping_add(1),
            51 => n.wrapping_sub(1),
            _ => n,
        };
        let header = Header {
            marker: true,
            payload_type: 96,
            sequence,
            timestamp: u32::from(n) * 450,
            ssrc: 7,
        };
        self.incoming.clear();
        write_header(&mut self.incoming, &header, &[(3, &sequence.to_be_bytes())]);
        let [high, low] = sequence.to_be_bytes();
        let delta = u8::from(!n.is_multiple_of(500));
        self.incoming
            .extend_from_slice(&[0x90, 0xc0, 0x80 | high, low, low, delta]);
        self.incoming.resize(PAYLOAD, 0xaa);

        let view = RtpView::parse(&self.incoming).unwrap();
        self.feedback.received(sequence, self.now);
        let packet = self
            .upstream
            .receive(&view, Codec::Vp8, None, Via::Media, self.now)
            .unwrap();
        for slot in &mut self.slots {
            self.out.clear();
            let written = slot.forward(&packet, self.now, &mut self.out);
            self.forwarded += u64::from(written.is_some());
            if n % 40 == 20 {
                let lost = written.unwrap().index as u16;
                self.out.clear();
                let upstream = &self.upstream;
                let cached = |_, index| upstream.cached(index);
                let written = slot.resend(lost, cached, self.now, &mut self.out);
                self.resent += u64::from(written.is_some());
            }
        }
        self.out.clear();
        self.lost.clear();
        self.upstream.nacks(self.now, RTT, &mut self.lost);
        rtcp_write::nack(&mut self.out, 1, 7, &self.lost);
        while self.feedback.poll(self.now, 1, 7, &mut self.out) {}
        if n.is_multiple_of(200) {
            let block = self.upstream.report_block(self.now).unwrap();
            rtcp_write::receiver_report(&mut self.out, 1, &[block]);
        }
    }
}

#[test]
fn a_forwarded_packet_allocates_nothing_once_everything_is_warm() {
    let mut scene = Scene::new();
    for n in 0..3000 {
        scene.packet(n);
    }
    let control = allocation_counter::measure(|| drop(std::hint::black_box(vec![0u8; 9])));
    assert_eq!(control.count_total, 1, "the counter counts");
    let (forwarded, resent) = (scene.forwarded, scene.resent);
    let counted = allocation_counter::measure(|| {
        for n in 3000..5000 {
            scene.packet(n);
        }
    });
    assert_eq!(scene.forwarded - forwarded, 2000 * VIEWERS as u64);
    assert_eq!(scene.resent - resent, 50 * VIEWERS as u64);
    assert_eq!(counted.count_total, 0, "{counted:?}");
}
