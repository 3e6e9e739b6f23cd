//! Bodies of the fuzz targets: whatever the bytes, nothing panics and what is promised holds. `cargo-fuzz` and `proptest`
//! share them.

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::congestion::{Feedback, FeedbackCollector};
use crate::forward::dependency::{Descriptor, MAX_BYTES, with_mask};
use crate::forward::downstream::{
    Downstream, DownstreamConfig, PayloadType, PayloadTypes, Written,
};
use crate::forward::layering::{Reader, Sieve};
use crate::forward::packet::StreamId;
use crate::forward::picture_ids::{PictureIds, Shift};
use crate::forward::rtcp::{Rtcp, packets};
use crate::forward::rtp::{ExtensionIds, Header, RtpView, write_header};
use crate::forward::upstream::{Upstream, Via};
use crate::forward::{codec, red, rtcp_write, rtx};
use crate::ids::{Codec, Kind, TrackId};
use crate::transport::front_door::FrontDoor;
use crate::transport::insider::Insider;
use crate::transport::{client_hello as hello, outside, tcp};

/// RTP headers, extensions, padding, and RTX unwrapping.
pub fn rtp(data: &[u8]) {
    if let Ok(view) = RtpView::parse(data) {
        let parts = view.header_len() + view.payload().len() + view.padding_len();
        assert_eq!(parts, data.len());
        for (id, value) in view.extensions() {
            assert!(value.len() < data.len());
            assert!(view.extension(id).is_some());
        }
    }
    let mut bytes = data.to_vec();
    if let Ok(rtx::Unwrapped::Original(original)) = rtx::unwrap(&mut bytes, 96, 0x0102_0304) {
        let view = RtpView::parse(original).expect("what was unwrapped is a packet");
        assert_eq!((view.payload_type(), view.ssrc()), (96, 0x0102_0304));
    }
}

/// RTCP compounds, with every list in them read to its end.
pub fn rtcp(data: &[u8]) {
    for packet in packets(data).flatten() {
        match packet {
            Rtcp::SenderReport { blocks, .. } | Rtcp::ReceiverReport { blocks, .. } => {
                assert!(blocks.count() <= 31);
            }
            Rtcp::Bye(ssrcs) => assert!(ssrcs.count() <= 31),
            Rtcp::Nack { lost, .. } => assert!(lost.count() <= data.len() / 4 * 17),
            Rtcp::Fir(entries) => assert!(entries.count() <= data.len() / 8),
            Rtcp::Remb { ssrcs, .. } => assert!(ssrcs.count() <= 255),
            Rtcp::TransportFeedback(body) => {
                if let Ok(feedback) = Feedback::parse(body) {
                    let told = feedback.arrivals().count();
                    assert_eq!(told, usize::from(feedback.packets));
                }
            }
            _ => {}
        }
    }
}

/// The VP8 and VP9 descriptors: shifting their numbers moves nothing, and shifting back restores them.
pub fn vp8(data: &[u8]) {
    let shift = Shift {
        picture_id: 0x1234,
        tl0: 77,
    };
    let back = Shift {
        picture_id: 0u16.wrapping_sub(0x1234) & 0x7fff,
        tl0: 0u8.wrapping_sub(77),
    };
    for codec in [Codec::Vp8, Codec::Vp9] {
        let ids = PictureIds::find(codec, data);
        let mut payload = data.to_vec();
        ids.shift(&mut payload, shift);
        assert_eq!(PictureIds::find(codec, &payload), ids);
        ids.shift(&mut payload, back);
        assert_eq!(payload, data);
    }
}

/// Keyframe detection of every codec.
pub fn keyframe(data: &[u8]) {
    for codec in [Codec::Opus, Codec::Vp8, Codec::Vp9, Codec::H264, Codec::Av1] {
        let begins = codec::begins_keyframe(codec, data);
        assert!(!begins || (codec != Codec::Opus && data.len() > 1));
    }
}

/// Dependency descriptors: read or refused, alone and after a structure; a mask that is put in changes nothing else.
pub fn dependencies(data: &[u8]) {
    let mut out = [0; MAX_BYTES + 8];
    let mut known = None;
    let parts = data.split_at(data.len() / 2);
    for value in [data, parts.0, parts.1, data] {
        let read = Descriptor::parse(value, known.as_deref());
        let Some(mut descriptor) = read.clone() else {
            continue;
        };
        known = descriptor.structure.take().or(known);
        let targets = known.as_ref().map_or(0, |known| known.targets().len());
        if let Some(len) = with_mask(value, 1, targets as u8, &mut out) {
            assert_eq!(
                Descriptor::parse(&out[..len], known.as_deref()).is_some(),
                len <= MAX_BYTES
            );
        }
    }
    let mut levels = Reader::default();
    let mut sieve = Sieve::default();
    for value in data.chunks(9) {
        for codec in [Codec::Vp8, Codec::Vp9, Codec::Av1] {
            let layering = levels.read(codec, value, true, (codec == Codec::Av1).then_some(value));
            let verdict = sieve.judge(&layering);
            assert!(verdict.needed || layering.exist.is_choice());
        }
    }
}

/// Sound with repetitions in front: what is taken keeps its length, and its own sound lies within it.
pub fn red(data: &[u8]) {
    if let Some(at) = red::primary_at(data, 111) {
        assert!(at > 0 && at < data.len());
        let mut other = data.to_vec();
        red::retype(&mut other, 63);
        assert_eq!(red::primary_at(&other, 63), Some(at));
    }
}

/// NACKs: what is packed is unpacked. Each two bytes are a sequence number.
pub fn nack(data: &[u8]) {
    let mut lost: Vec<u16> = data
        .chunks_exact(2)
        .map(|pair| u16::from_be_bytes([pair[0], pair[1]]))
        .collect();
    let Some(&first) = lost.first() else {
        return;
    };
    lost.sort_by_key(|sequence| sequence.wrapping_sub(first));
    lost.dedup();
    let mut out = Vec::new();
    rtcp_write::nack(&mut out, 1, 2, &lost);
    let Some(Ok(Rtcp::Nack {
        ssrc: 2,
        lost: read,
    })) = packets(&out).next()
    else {
        panic!("a NACK was written");
    };
    assert_eq!(read.collect::<Vec<_>>(), lost);
}

/// Transport-wide feedback: what arrived is told, with its time, and nothing else. Each two bytes are an arrival: how far the
/// sequence number moves, and how much time passes.
pub fn feedback(data: &[u8]) {
    let epoch = Instant::now();
    let mut collector = FeedbackCollector::new(epoch);
    let mut arrived: HashMap<u16, i64> = HashMap::new();
    let (mut sequence, mut us, mut out) = (65_500u16, 0u64, Vec::new());
    for pair in data.chunks_exact(2).take(10_000) {
        sequence = sequence.wrapping_add_signed(i16::from(pair[0] as i8) / 8);
        us += u64::from(pair[1]).pow(2) * 10;
        let now = epoch + Duration::from_micros(us);
        collector.received(sequence, now);
        arrived.entry(sequence).or_insert(us as i64 / 250);
        while collector.poll(now, 1, 2, &mut out) {
            let Some(Ok(Rtcp::TransportFeedback(body))) = packets(&out).next() else {
                panic!("feedback was written");
            };
            let feedback = Feedback::parse(body).expect("feedback that was written is read");
            for arrival in feedback.arrivals() {
                if let Some(ticks) = arrival.ticks {
                    assert_eq!(arrived.get(&arrival.sequence), Some(&ticks));
                }
            }
            assert!(out.len() < 1200);
            out.clear();
        }
        if arrived.len() > 1500 {
            return;
        }
    }
}

/// A slot through switches, loss, reordering, duplicates and NACKs: no number goes out twice with other bytes, numbers go on
/// without a gap over a switch, and timestamps grow over it. Each two bytes are an act and the time before it.
pub fn downstream(data: &[u8]) {
    let mut act = Act::new(data.first().is_some_and(|&first| first & 1 == 0));
    for pair in data.chunks_exact(2) {
        act.now += Duration::from_millis(u64::from(pair[1]) / 8);
        act.step(pair[0] & 7, usize::from(pair[0] >> 3) % SOURCES, pair[1]);
    }
}

const SOURCES: usize = 3;

struct Act {
    now: Instant,
    ups: Vec<Upstream>,
    next: [u16; SOURCES],
    held: Vec<(usize, Vec<u8>)>,
    down: Downstream,
    with_rtx: bool,
    out: HashMap<(u32, u64), Vec<u8>>,
    highest: Option<(u64, u32)>,
}

impl Act {
    fn new(with_rtx: bool) -> Self {
        let now = Instant::now();
        let mut payload_types = PayloadTypes::default();
        payload_types.set(
            Codec::Vp8,
            PayloadType {
                media: 96,
                rtx: with_rtx.then_some(97),
                red: None,
            },
        );
        let config = DownstreamConfig {
            kind: Kind::Video,
            mid: "3".into(),
            ssrc: 100,
            rtx_ssrc: 101,
            first_sequence: 32_700,
            first_rtx_sequence: 5,
            first_timestamp: 0xffff_f000,
            payload_types,
            extensions: ExtensionIds {
                mid: Some(4),
                audio_level: None,
                transport_cc: None,
                dependencies: None,
            },
        };
        let stream = |source: usize| StreamId {
            track: TrackId(source as u64),
            ssrc: source as u32,
            layer: 0,
        };
        Self {
            now,
            ups: (0..SOURCES)
                .map(|source| Upstream::new(stream(source), Codec::Vp8))
                .collect(),
            next: [65_530, 7, 30_000],
            held: Vec::new(),
            down: Downstream::new(config, now),
            with_rtx,
            out: HashMap::new(),
            highest: None,
        }
    }

    fn step(&mut self, act: u8, source: usize, extra: u8) {
        match act {
            0 => self.down.want(Some(TrackId(source as u64)), self.now),
            1 if extra == 0 => self.down.want(None, self.now),
            // Lost on the way.
            1 => self.next[source] = self.next[source].wrapping_add(u16::from(extra % 5)),
            2 => {
                let packet = self.packet(source, true);
                self.arrive(source, &packet);
            }
            3 => {
                let packet = self.packet(source, extra.is_multiple_of(4));
                self.held.push((source, packet));
            }
            4 if !self.held.is_empty() => {
                let (source, packet) = self.held.swap_remove(usize::from(extra) % self.held.len());
                self.arrive(source, &packet);
                self.arrive(source, &packet);
            }
            5 => self.resend(u64::from(extra)),
            _ => {
                let packet = self.packet(source, false);
                self.arrive(source, &packet);
            }
        }
    }

    fn packet(&mut self, source: usize, keyframe: bool) -> Vec<u8> {
        let sequence = self.next[source];
        self.next[source] = sequence.wrapping_add(1);
        let header = Header {
            marker: true,
            payload_type: 96,
            sequence,
            timestamp: u32::from(sequence) * 3000,
            ssrc: source as u32,
        };
        let mut bytes = Vec::new();
        write_header(&mut bytes, &header, &[]);
        let [high, low] = sequence.to_be_bytes();
        bytes.extend_from_slice(&[0x90, 0xc0, 0x80 | high, low, low, u8::from(!keyframe)]);
        bytes
    }

    fn arrive(&mut self, source: usize, bytes: &[u8]) {
        let view = RtpView::parse(bytes).expect("our own packet");
        let received = self.ups[source].receive(&view, Codec::Vp8, None, Via::Media, self.now);
        let Ok(packet) = received else {
            return;
        };
        let mut bytes = Vec::new();
        let Some(written) = self.down.forward(&packet, self.now, &mut bytes) else {
            return;
        };
        self.check(written, &bytes);
        assert!(
            self.out
                .insert((written.ssrc, written.index), bytes)
                .is_none(),
            "a number went out twice"
        );
    }

    fn check(&mut self, written: Written, bytes: &[u8]) {
        let view = RtpView::parse(bytes).expect("what goes out is a packet");
        assert_eq!(view.sequence(), written.index as u16);
        assert_eq!(
            (view.header_len(), bytes.len()),
            (written.header_len, written.len)
        );
        let (highest, timestamp) = self.highest.unwrap_or((written.index, view.timestamp()));
        if written.switched && self.highest.is_some() {
            assert_eq!(written.index, highest + 1, "no gap over a switch");
            let advance = view.timestamp().wrapping_sub(timestamp) as i32;
            assert!(advance > 0, "the timestamp goes on");
        }
        if written.index >= highest {
            self.highest = Some((written.index, view.timestamp()));
        }
    }

    fn resend(&mut self, back: u64) {
        let Some((highest, _)) = self.highest else {
            return;
        };
        let sequence = highest.wrapping_sub(back) as u16;
        let mut bytes = Vec::new();
        let ups = &self.ups;
        let cached = |stream: StreamId, index| ups[stream.ssrc as usize].cached(index);
        let Some(written) = self.down.resend(sequence, cached, self.now, &mut bytes) else {
            return;
        };
        assert_eq!(written.ssrc == 101, self.with_rtx);
        let before = self
            .out
            .insert((written.ssrc, written.index), bytes.clone());
        if self.with_rtx {
            assert_eq!(before, None, "a retransmission's number went out twice");
        } else if let Some(before) = before {
            assert_eq!(before, bytes, "a number went out twice with other bytes");
        }
    }
}

thread_local! {
    static DOOR: RefCell<Option<FrontDoor>> = const { RefCell::new(None) };
    static INSIDER: RefCell<Option<(Insider, u32)>> = const { RefCell::new(None) };
}

/// What one insider does before another takes its place, so that a finding stays short.
const ACTS_OF_ONE: u32 = 100;

/// Has the same door opened for many bodies: making a certificate for each would be most of the time.
fn at_the_door(act: impl FnOnce(&mut FrontDoor)) {
    DOOR.with_borrow_mut(|door| {
        let open = || FrontDoor::open().expect("a socket on loopback, a certificate");
        act(door.get_or_insert_with(open));
    });
}

/// Datagrams of strangers and of a visitor whose handshake has not begun: STUN, DTLS, anything.
pub fn demux(data: &[u8]) {
    at_the_door(|door| door.datagram(data));
}

/// Offers: the bytes as text, and a real offer spoilt by them. Each m-line of an offer that is taken has its answer.
pub fn sdp(data: &[u8]) {
    at_the_door(|door| door.offer(data));
}

/// A participant who means harm, with keys of its own: media of all codecs and layers, control packets of all kinds, time.
pub fn insider(data: &[u8]) {
    INSIDER.with_borrow_mut(|insider| {
        let known = insider
            .take()
            .filter(|(insider, acts)| *acts < ACTS_OF_ONE && insider.is_whole());
        let enter = || {
            (
                Insider::enter().expect("a socket on loopback, a certificate"),
                0,
            )
        };
        let (mut one, acts) = known.unwrap_or_else(enter);
        one.act(data);
        *insider = Some((one, acts + 1));
    });
}

/// A ClientHello in datagrams of any shape, before DTLS sees them.
pub fn client_hello(data: &[u8]) {
    hello::fuzz(data);
}

/// What comes on a TCP connection: lengths and frames (RFC 4571).
pub fn tcp_frames(data: &[u8]) {
    tcp::fuzz(data);
}

/// What a STUN server answers when it is asked for our address.
pub fn stun_answer(data: &[u8]) {
    outside::fuzz(data);
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    /// RTP-like bytes: a valid first byte makes the parser go further.
    fn packet_like() -> impl Strategy<Value = Vec<u8>> {
        (vec(any::<u8>(), 0..120), any::<u8>()).prop_map(|(mut bytes, kind)| {
            if let Some(first) = bytes.first_mut() {
                *first = *first & 0x3f | 0x80;
            }
            if kind & 1 == 0 && bytes.len() > 4 {
                bytes[1] = 200 + kind % 8;
                bytes[2] = 0;
                bytes[3] %= 30;
            }
            bytes
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        #[test]
        fn any_bytes_as_rtp(data in packet_like()) {
            super::rtp(&data);
        }

        #[test]
        fn any_bytes_as_rtcp(data in packet_like()) {
            super::rtcp(&data);
        }

        #[test]
        fn any_bytes_as_vp8_descriptor(data in vec(any::<u8>(), 0..12)) {
            super::vp8(&data);
        }

        #[test]
        fn any_bytes_as_payload(data in vec(any::<u8>(), 0..40)) {
            super::keyframe(&data);
        }

        #[test]
        fn any_bytes_as_dependencies(data in vec(any::<u8>(), 0..120)) {
            super::dependencies(&data);
        }

        #[test]
        fn any_bytes_as_repeated_sound(mut data in vec(any::<u8>(), 0..60)) {
            for at in (0..data.len()).step_by(4).take(3) {
                data[at] = data[at] & 0x80 | 111;
            }
            super::red(&data);
        }

        #[test]
        fn any_losses_as_nack(data in vec(any::<u8>(), 0..200)) {
            super::nack(&data);
        }

        #[test]
        fn any_arrivals_as_feedback(data in vec(any::<u8>(), 0..600)) {
            super::feedback(&data);
        }

        #[test]
        fn any_bytes_as_datagram(data in vec(any::<u8>(), 0..200)) {
            super::demux(&data);
        }

        #[test]
        fn any_bytes_as_dtls(mut data in vec(any::<u8>(), 15..200), kind in 20u8..26, parts in 1u16..4) {
            // From the known address, with a record header that holds.
            data[0] = 1;
            data[1] = kind;
            data[2..7].copy_from_slice(&[0xfe, 0xfd, 0, (parts % 2) as u8, 0]);
            let length = (data.len() - 14) as u16;
            data[12..14].copy_from_slice(&length.to_be_bytes());
            super::demux(&data);
        }

        #[test]
        fn any_bytes_as_offer(data in vec(any::<u8>(), 0..60)) {
            super::sdp(&data);
        }

        #[test]
        fn any_bytes_as_client_hello(data in vec(any::<u8>(), 0..200)) {
            super::client_hello(&data);
        }

        #[test]
        fn any_bytes_as_tcp(data in vec(any::<u8>(), 0..200)) {
            super::tcp_frames(&data);
        }

        #[test]
        fn any_bytes_as_stun_answer(data in vec(any::<u8>(), 0..200)) {
            super::stun_answer(&data);
        }

        #[test]
        fn any_acts_of_an_insider(data in vec(any::<u8>(), 0..600)) {
            super::insider(&data);
        }

        #[test]
        fn rule_1_no_number_goes_out_twice_whatever_happens(data in vec(any::<u8>(), 0..1200)) {
            super::downstream(&data);
        }
    }
}
