//! Facts about a slot.
#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

use super::super::dependency::Descriptor;
use super::super::dependency::tests::{L3T3, bytes};
use super::super::layering::Reader;
use super::super::packet::Packet;
use super::super::picture_ids::PictureIds;
use super::super::rtcp::{ReportBlock, SenderInfo};
use super::super::rtp::{AudioLevel, RtpView};
use super::super::rtx;
use super::*;
use crate::ids::Codec;

const A: StreamId = StreamId {
    track: TrackId(1),
    ssrc: 0xa,
    layer: 0,
};
const B: StreamId = StreamId {
    track: TrackId(2),
    ssrc: 0xb,
    layer: 0,
};
const MS: Duration = Duration::from_millis(1);

fn slot(kind: Kind, rtx: Option<u8>, now: Instant) -> Downstream {
    let mut payload_types = PayloadTypes::default();
    payload_types.set(
        Codec::Vp8,
        PayloadType {
            media: 100,
            rtx,
            red: None,
        },
    );
    payload_types.set(
        Codec::H264,
        PayloadType {
            media: 102,
            rtx,
            red: None,
        },
    );
    payload_types.set(
        Codec::Opus,
        PayloadType {
            media: 109,
            rtx: None,
            red: None,
        },
    );
    let config = DownstreamConfig {
        kind,
        mid: "4".into(),
        ssrc: 0x5107,
        rtx_ssrc: 0x5108,
        first_sequence: 1000,
        first_rtx_sequence: 2000,
        first_timestamp: 50_000,
        payload_types,
        extensions: ExtensionIds {
            mid: None,
            audio_level: Some(6),
            transport_cc: None,
            dependencies: None,
        },
    };
    Downstream::new(config, now)
}

/// A VP8 packet with long ids; 30 pictures a second, one packet each.
fn picture(stream: StreamId, index: u64, keyframe: bool, bytes: &mut [u8; 7]) -> Packet<'_> {
    let [high, low] = (index as u16).to_be_bytes();
    *bytes = [
        0x90,
        0xc0,
        0x80 | high,
        low,
        low,
        u8::from(!keyframe),
        stream.ssrc as u8,
    ];
    Packet {
        stream,
        codec: Codec::Vp8,
        index,
        behind: 0,
        timestamp: index as u32 * 3000,
        marker: true,
        keyframe,
        level: None,
        shape: Default::default(),
        payload: &bytes[..],
        received: Instant::now(),
    }
}

/// Sends a picture through the slot; gives what went out.
fn send(
    slot: &mut Downstream,
    stream: StreamId,
    index: u64,
    keyframe: bool,
    now: Instant,
) -> Option<(Written, Vec<u8>)> {
    let mut bytes = [0; 7];
    let packet = picture(stream, index, keyframe, &mut bytes);
    let mut out = Vec::new();
    slot.forward(&packet, now, &mut out)
        .map(|written| (written, out))
}

fn ids(bytes: &[u8]) -> (Option<u16>, Option<u8>) {
    let payload = RtpView::parse(bytes).unwrap().payload();
    let numbers = PictureIds::find(Codec::Vp8, payload).numbers(payload);
    (numbers.picture_id, numbers.tl0)
}

#[test]
fn an_empty_slot_sends_nothing_and_rule_7_asks_for_nothing() {
    let now = Instant::now();
    let mut slot = slot(Kind::Video, Some(101), now);
    assert_eq!(send(&mut slot, A, 70_000, true, now), None);
    assert_eq!(slot.keyframe_wanted_by_viewer(), None);
    assert_eq!(slot.needs_keyframe(), None);
    slot.want(Some(A.track), now);
    send(&mut slot, A, 70_001, true, now).unwrap();
    assert_eq!(slot.keyframe_wanted_by_viewer(), Some(A.layer_id()));
    slot.want(None, now);
    assert_eq!(slot.keyframe_wanted_by_viewer(), None);
    assert_eq!(send(&mut slot, A, 70_002, true, now), None);
}

#[test]
fn a_picture_begins_at_a_keyframe_with_the_slots_own_numbers() {
    let now = Instant::now();
    let mut slot = slot(Kind::Video, Some(101), now);
    slot.want(Some(A.track), now);
    assert_eq!(slot.needs_keyframe(), Some(A.layer_id()));
    assert_eq!(send(&mut slot, A, 70_000, false, now), None);
    let (written, bytes) = send(&mut slot, A, 70_001, true, now).unwrap();
    assert_eq!(slot.needs_keyframe(), None);
    assert!(written.switched);
    assert_eq!((written.index, written.ssrc), (1000, 0x5107));
    let view = RtpView::parse(&bytes).unwrap();
    assert_eq!(
        (
            view.ssrc(),
            view.payload_type(),
            view.sequence(),
            view.timestamp()
        ),
        (0x5107, 100, 1000, 50_000)
    );
    assert!(view.marker());
    let (written, bytes) = send(&mut slot, A, 70_002, false, now).unwrap();
    assert!(!written.switched);
    assert_eq!(RtpView::parse(&bytes).unwrap().timestamp(), 53_000);
}

#[test]
fn rule_5_a_switch_goes_on_with_number_timestamp_and_vp8_ids() {
    let start = Instant::now();
    let mut slot = slot(Kind::Video, Some(101), start);
    slot.want(Some(A.track), start);
    send(&mut slot, A, 70_000, true, start).unwrap();
    let (_, last) = send(&mut slot, A, 70_001, false, start + 33 * MS).unwrap();
    slot.want(Some(B.track), start + 40 * MS);
    assert_eq!(slot.needs_keyframe(), Some(B.layer_id()));
    assert_eq!(
        send(&mut slot, B, 90_000, false, start + 50 * MS),
        None,
        "no keyframe"
    );
    let (old, last_of_old) = send(&mut slot, A, 70_002, false, start + 66 * MS).unwrap();
    assert_eq!(old.index, 1002, "the old one goes on until then");
    let (new, first) = send(&mut slot, B, 90_001, true, start + 166 * MS).unwrap();
    assert!(new.switched);
    assert_eq!(new.index, 1003);
    let timestamp = |bytes: &[u8]| RtpView::parse(bytes).unwrap().timestamp();
    assert_eq!(timestamp(&first) - timestamp(&last_of_old), 9000, "100 ms");
    let (id, tl0) = ids(&last_of_old);
    assert_eq!(
        ids(&first),
        (
            id.map(|id| (id + 1) & 0x7fff),
            tl0.map(|tl0| tl0.wrapping_add(1))
        )
    );
    assert_ne!(ids(&last), ids(&last_of_old));
    assert_eq!(
        send(&mut slot, A, 70_003, false, start + 170 * MS),
        None,
        "the old one is over"
    );
    assert_eq!(
        send(&mut slot, B, 90_000, false, start + 170 * MS),
        None,
        "from before the switch"
    );
}

#[test]
fn late_packets_keep_their_place() {
    let now = Instant::now();
    let mut slot = slot(Kind::Video, Some(101), now);
    slot.want(Some(A.track), now);
    send(&mut slot, A, 70_000, true, now).unwrap();
    assert_eq!(
        send(&mut slot, A, 70_002, false, now).unwrap().0.index,
        1002
    );
    let (late, bytes) = send(&mut slot, A, 70_001, false, now).unwrap();
    assert_eq!(late.index, 1001);
    assert_eq!(RtpView::parse(&bytes).unwrap().timestamp(), 53_000);
    slot.want(Some(B.track), now);
    let (first, _) = send(&mut slot, B, 90_000, true, now).unwrap();
    assert_eq!(
        first.index, 1003,
        "goes on after the highest, not after the last"
    );
}

#[test]
fn rule_1_the_same_packet_does_not_go_out_twice() {
    let now = Instant::now();
    let mut slot = slot(Kind::Video, Some(101), now);
    slot.want(Some(A.track), now);
    send(&mut slot, A, 70_000, true, now).unwrap();
    assert_eq!(send(&mut slot, A, 70_000, true, now), None);
}

#[test]
fn rule_1_a_stale_keyframe_is_not_switched_to() {
    let now = Instant::now();
    let mut slot = slot(Kind::Video, Some(101), now);
    slot.want(Some(A.track), now);
    let (mut bytes, mut out) = ([0; 7], Vec::new());
    let mut packet = picture(A, 70_000, true, &mut bytes);
    packet.behind = 500;
    assert_eq!(slot.forward(&packet, now, &mut out), None);
    assert!(out.is_empty());
    packet.behind = 3;
    assert!(slot.forward(&packet, now, &mut out).is_some());
}

#[test]
fn the_old_picture_is_let_go_when_the_new_one_does_not_come() {
    let start = Instant::now();
    let mut slot = slot(Kind::Video, Some(101), start);
    slot.want(Some(A.track), start);
    send(&mut slot, A, 70_000, true, start).unwrap();
    slot.want(Some(B.track), start);
    assert!(send(&mut slot, A, 70_001, false, start + HANDOVER).is_some());
    assert_eq!(
        send(&mut slot, A, 70_002, false, start + HANDOVER + MS),
        None
    );
    slot.want(Some(A.track), start + 2 * HANDOVER);
    assert_eq!(
        slot.needs_keyframe(),
        Some(A.layer_id()),
        "it missed packets meanwhile"
    );
}

#[test]
fn a_track_that_goes_on_under_another_ssrc_needs_a_keyframe() {
    let now = Instant::now();
    let again = StreamId {
        track: A.track,
        ssrc: 0xaa,
        layer: 0,
    };
    let mut slot = slot(Kind::Video, Some(101), now);
    slot.want(Some(A.track), now);
    send(&mut slot, A, 70_000, true, now).unwrap();
    assert_eq!(send(&mut slot, again, 80_000, false, now), None);
    assert_eq!(slot.needs_keyframe(), Some(A.layer_id()));
    assert_eq!(
        send(&mut slot, again, 80_001, true, now).unwrap().0.index,
        1001
    );
    assert_eq!(slot.needs_keyframe(), None);
}

#[test]
fn sound_changes_with_the_next_packet_and_brings_its_level() {
    let start = Instant::now();
    let mut slot = slot(Kind::Audio, None, start);
    let level = AudioLevel {
        voice: true,
        level: 30,
    };
    let sound = |stream, index: u64| Packet {
        stream,
        codec: Codec::Opus,
        index,
        behind: 0,
        timestamp: (index as u32).wrapping_mul(960),
        marker: false,
        keyframe: false,
        level: Some(level),
        shape: Default::default(),
        payload: b"opus",
        received: start,
    };
    let mut out = Vec::new();
    slot.want(Some(A.track), start);
    slot.forward(&sound(A, 70_000), start, &mut out).unwrap();
    slot.want(Some(B.track), start);
    out.clear();
    slot.forward(&sound(B, 5_000_000), start + 20 * MS, &mut out)
        .unwrap();
    let view = RtpView::parse(&out).unwrap();
    assert_eq!(
        (view.sequence(), view.timestamp(), view.payload_type()),
        (1001, 50_960, 109)
    );
    assert_eq!(view.extension(6), Some(&[level.to_byte()][..]));
    assert_eq!(slot.needs_keyframe(), None);
}

#[test]
fn another_codec_changes_only_the_payload_type() {
    let now = Instant::now();
    let mut slot = slot(Kind::Video, Some(101), now);
    slot.want(Some(A.track), now);
    send(&mut slot, A, 70_000, true, now).unwrap();
    slot.want(Some(B.track), now);
    let mut bytes = [0; 7];
    let mut packet = picture(B, 90_000, true, &mut bytes);
    packet.codec = Codec::H264;
    let mut out = Vec::new();
    slot.forward(&packet, now, &mut out).unwrap();
    let view = RtpView::parse(&out).unwrap();
    assert_eq!((view.payload_type(), view.sequence()), (102, 1001));
    assert_eq!(view.payload(), packet.payload, "not VP8: untouched");
    packet.codec = Codec::Av1;
    packet.index += 1;
    assert_eq!(slot.forward(&packet, now, &mut out), None, "not negotiated");
}

#[test]
fn padding_is_sent_on_but_never_switched_to() {
    let now = Instant::now();
    let mut slot = slot(Kind::Video, Some(101), now);
    slot.want(Some(A.track), now);
    let mut bytes = [0; 7];
    let mut padding = picture(A, 70_000, true, &mut bytes);
    padding.payload = &[];
    let mut out = Vec::new();
    assert_eq!(slot.forward(&padding, now, &mut out), None);
    send(&mut slot, A, 70_001, true, now).unwrap();
    padding.index = 70_002;
    let written = slot.forward(&padding, now, &mut out).unwrap();
    assert_eq!((written.index, written.len), (1001, written.header_len));
}

#[test]
fn a_nack_is_answered_over_rtx_once_a_round_trip() {
    let start = Instant::now();
    let mut slot = slot(Kind::Video, Some(101), start);
    slot.want(Some(A.track), start);
    send(&mut slot, A, 70_000, true, start).unwrap();
    let (_, first) = send(&mut slot, A, 70_001, false, start).unwrap();
    slot.want(Some(B.track), start);
    send(&mut slot, B, 90_000, true, start).unwrap();
    let mut kept = [0; 7];
    let kept = picture(A, 70_001, false, &mut kept);
    let ask = |slot: &mut Downstream, sequence, now| {
        let mut out = Vec::new();
        let cached = |stream, index| {
            assert_eq!((stream, index), (A, 70_001));
            Some(kept)
        };
        slot.resend(sequence, cached, now, &mut out)
            .map(|written| (written, out))
    };
    let (written, mut bytes) = ask(&mut slot, 1001, start).unwrap();
    assert_eq!((written.ssrc, written.index), (0x5108, 2000));
    assert_eq!(RtpView::parse(&bytes).unwrap().payload_type(), 101);
    let rtx::Unwrapped::Original(original) = rtx::unwrap(&mut bytes, 100, 0x5107).unwrap() else {
        panic!("there was a payload");
    };
    assert_eq!(original, first, "the same bytes as the first time");
    assert_eq!(ask(&mut slot, 1001, start + 5 * MS), None, "too soon");
    let (written, _) = ask(&mut slot, 1001, start + 30 * MS).unwrap();
    assert_eq!(written.index, 2001);
}

#[test]
fn a_nack_for_what_was_never_sent_is_not_answered() {
    let now = Instant::now();
    let mut slot = slot(Kind::Video, Some(101), now);
    let mut out = Vec::new();
    let none = |_, _| -> Option<Packet<'static>> { panic!("not asked for") };
    assert_eq!(slot.resend(1000, none, now, &mut out), None);
    slot.want(Some(A.track), now);
    send(&mut slot, A, 70_000, true, now).unwrap();
    for sequence in [999, 1001, 40_000] {
        assert_eq!(slot.resend(sequence, none, now, &mut out), None);
    }
    assert_eq!(slot.resend(1000, |_, _| None, now, &mut out), None);
}

#[test]
fn without_rtx_the_same_bytes_go_out_again_and_never_others() {
    let now = Instant::now();
    let mut slot = slot(Kind::Video, None, now);
    slot.want(Some(A.track), now);
    let (_, first) = send(&mut slot, A, 70_000, true, now).unwrap();
    let mut out = Vec::new();
    let mut kept = [0; 7];
    let kept = picture(A, 70_000, true, &mut kept);
    let kept = |_, _| Some(kept);
    let written = slot.resend(1000, kept, now, &mut out).unwrap();
    assert_eq!((written.ssrc, written.index), (0x5107, 1000));
    assert_eq!(out, first);
    slot.renegotiate(slot.config.payload_types, ExtensionIds::default());
    assert_eq!(
        slot.resend(1000, kept, now + 100 * MS, &mut out),
        None,
        "another header under the same number would break the cipher"
    );
}

#[test]
fn rule_8_a_sender_report_is_shifted_like_the_stream() {
    let start = Instant::now();
    let mut slot = slot(Kind::Video, Some(101), start);
    let info = SenderInfo {
        ntp: 0x0000_1234_5678_0000,
        rtp: 70_000 * 3000 + 90,
        packets: 999,
        octets: 999,
    };
    slot.want(Some(A.track), start);
    assert_eq!(slot.sender_report(A, &info, start), None);
    send(&mut slot, A, 70_000, true, start).unwrap();
    assert_eq!(slot.sender_report(B, &info, start), None);
    let report = slot.sender_report(A, &info, start).unwrap();
    assert_eq!(
        report,
        SenderInfo {
            ntp: info.ntp,
            rtp: 50_090,
            packets: 1,
            octets: 7
        }
    );
    let block = ReportBlock {
        ssrc: 0x5107,
        last_sr: 0x1234_5678,
        ..ReportBlock::default()
    };
    slot.on_report_block(&block, start + 25 * MS);
    assert_eq!(slot.rtt(), Some(25 * MS));
}

fn layer(layer: u8) -> StreamId {
    StreamId {
        ssrc: 0xc0 + u32::from(layer),
        layer,
        ..A
    }
}

#[test]
fn a_slot_changes_its_layer_at_a_keyframe_and_the_old_one_goes_on_until_then() {
    let now = Instant::now();
    let mut slot = slot(Kind::Video, Some(101), now);
    slot.want(Some(A.track), now);
    slot.set_target(2);
    assert_eq!(slot.needs_keyframe(), Some(layer(2).layer_id()));
    let (first, _) = send(&mut slot, layer(1), 70_000, true, now).unwrap();
    assert_eq!(
        slot.needs_keyframe(),
        Some(layer(2).layer_id()),
        "any is better than none, but it is not what is wanted"
    );
    assert_eq!(send(&mut slot, layer(0), 60_000, true, now), None);
    assert_eq!(send(&mut slot, layer(2), 80_000, false, now), None);
    let later = now + 10 * HANDOVER;
    let (second, bytes) = send(&mut slot, layer(1), 70_001, false, later).unwrap();
    let (id, tl0) = ids(&bytes);
    let (third, bytes) = send(&mut slot, layer(2), 80_001, true, later).unwrap();
    assert!(first.switched && !second.switched && third.switched);
    assert_eq!(
        (second.index, third.index),
        (first.index + 1, first.index + 2)
    );
    let next = (id.map(|id| id + 1), tl0.map(|tl0| tl0.wrapping_add(1)));
    assert_eq!(ids(&bytes), next, "rule 5");
    assert_eq!(send(&mut slot, layer(1), 70_002, true, later), None);
    assert_eq!(slot.needs_keyframe(), None);
}

#[test]
fn a_slot_follows_what_it_shows_and_what_it_may_switch_to() {
    let now = Instant::now();
    let mut slot = slot(Kind::Video, Some(101), now);
    slot.want(Some(A.track), now);
    slot.set_target(1);
    let followed = |slot: &Downstream| [0, 1, 2].map(|number| slot.follows(layer(number)));
    assert_eq!(followed(&slot), [true, true, false]);
    send(&mut slot, layer(1), 70_000, true, now).unwrap();
    assert_eq!(followed(&slot), [false, true, false]);
    slot.set_target(2);
    assert_eq!(followed(&slot), [false, true, true]);
    assert_eq!(slot.keyframe_wanted_by_viewer(), Some(layer(1).layer_id()));
    slot.want(Some(B.track), now);
    assert_eq!(
        followed(&slot),
        [false, true, false],
        "until the other comes"
    );
    assert!(slot.follows(B));
}

/// A VP8 picture of two speeds in one packet; every second one is fast, and the keyframe comes first.
fn of_two_speeds(reader: &mut Reader, index: u64) -> (Packet<'static>, Vec<u8>) {
    let fast = index % 2 == 1;
    let [high, low] = (index as u16 & 0x7fff).to_be_bytes();
    let inter = u8::from(index > 70_000);
    let payload = vec![
        0x90,
        0xe0,
        0x80 | high,
        low,
        9,
        u8::from(fast) * 0x60,
        inter,
        0,
    ];
    let mut bytes = [0; 7];
    let mut packet = picture(A, index, inter == 0, &mut bytes).with_payload(&[]);
    packet.shape.layering = reader.read(Codec::Vp8, &payload, true, None);
    (packet, payload)
}

#[test]
fn a_slower_stream_has_no_gaps_and_is_sent_again_as_it_was() {
    let now = Instant::now();
    let mut slot = slot(Kind::Video, Some(97), now);
    slot.want(Some(A.track), now);
    let mut reader = Reader::default();
    let (mut sent, mut numbers) = (Vec::new(), Vec::new());
    for index in 70_000..70_040 {
        if index == 70_010 {
            slot.set_speed(Some(0));
        }
        if index == 70_030 {
            slot.set_speed(None);
        }
        let (packet, payload) = of_two_speeds(&mut reader, index);
        let mut out = Vec::new();
        if let Some(written) = slot.forward(&packet.with_payload(&payload), now, &mut out) {
            let view = RtpView::parse(&out).unwrap();
            numbers.push((written.index, ids(&out).0.unwrap(), view.timestamp()));
            sent.push(index);
        }
    }
    let slow = |index: &u64| !(70_010..70_030).contains(index) || index.is_multiple_of(2);
    assert_eq!(sent, (70_000..70_040).filter(slow).collect::<Vec<_>>());
    for pair in numbers.windows(2) {
        assert_eq!(pair[1].0, pair[0].0 + 1, "no number is missing");
        assert_eq!(pair[1].1, (pair[0].1 + 1) & 0x7fff, "no picture is missing");
    }
    let (last, picture, timestamp) = numbers[sent.len() - 12];
    let mut reader = Reader::default();
    let kept: Vec<_> = (70_000..70_040)
        .map(|index| of_two_speeds(&mut reader, index))
        .collect();
    let cached = |_, index: u64| {
        let (packet, payload) = &kept[index as usize - 70_000];
        Some(packet.with_payload(payload))
    };
    let mut out = Vec::new();
    slot.resend(last as u16, cached, now, &mut out).unwrap();
    let mut unwrapped = out.clone();
    let rtx::Unwrapped::Original(original) = rtx::unwrap(&mut unwrapped, 100, 1).unwrap() else {
        panic!("there was a payload");
    };
    assert_eq!(ids(original).0, Some(picture));
    assert_eq!(RtpView::parse(original).unwrap().timestamp(), timestamp);
}

#[test]
fn a_fast_picture_that_comes_too_late_to_be_left_out_goes_out_empty() {
    let now = Instant::now();
    let mut slot = slot(Kind::Video, Some(97), now);
    slot.want(Some(A.track), now);
    slot.set_speed(Some(0));
    let mut reader = Reader::default();
    let all: Vec<_> = (70_000..70_006)
        .map(|index| of_two_speeds(&mut reader, index))
        .collect();
    let mut numbers = Vec::new();
    for place in [0, 2, 1, 4, 3, 5] {
        let (packet, payload) = &all[place];
        let mut out = Vec::new();
        if let Some(written) = slot.forward(&packet.with_payload(payload), now, &mut out) {
            let view = RtpView::parse(&out).unwrap();
            numbers.push((written.index - 1000, view.payload().is_empty()));
        }
    }
    assert_eq!(
        numbers,
        [(0, false), (2, false), (1, true), (4, false), (3, true)]
    );
}

#[test]
fn sound_that_is_repeated_goes_to_who_understands_it_and_has_room() {
    let now = Instant::now();
    let payload = [0xef, 0x0f, 0x00, 0x03, 0x6f, 1, 2, 3, 8, 9];
    for (red, lean, expected) in [
        (
            Some(63),
            false,
            (63, &[0xed, 0x0f, 0x00, 0x03, 0x6d, 1, 2, 3, 8, 9][..]),
        ),
        (Some(63), true, (109, &[8, 9][..])),
        (None, false, (109, &[8, 9][..])),
    ] {
        let mut slot = slot(Kind::Audio, None, now);
        let mut types = slot.config().payload_types;
        types.set(
            Codec::Opus,
            PayloadType {
                media: 109,
                rtx: None,
                red,
            },
        );
        slot.renegotiate(types, slot.config().extensions);
        slot.want(Some(A.track), now);
        slot.set_lean(lean);
        let mut bytes = [0; 7];
        let mut packet = picture(A, 70_000, false, &mut bytes);
        packet.codec = Codec::Opus;
        packet.shape.primary_at = 8;
        let mut out = Vec::new();
        slot.forward(&packet.with_payload(&payload), now, &mut out)
            .unwrap();
        let view = RtpView::parse(&out).unwrap();
        assert_eq!((view.payload_type(), view.payload()), expected);
    }
}

#[test]
fn frame_numbers_go_on_over_a_switch_and_a_long_descriptor_fits() {
    let now = Instant::now();
    let mut slot = slot(Kind::Video, Some(97), now);
    let mut extensions = slot.config().extensions;
    extensions.dependencies = Some(12);
    slot.renegotiate(slot.config().payload_types, extensions);
    let mut numbers = Vec::new();
    for (stream, number) in [(A, 65_535u16), (B, 7), (A, 1)] {
        slot.want(Some(stream.track), now);
        let mut value = bytes(L3T3);
        value[1..3].copy_from_slice(&number.to_be_bytes());
        let mut bytes = [0; 7];
        let mut packet = picture(stream, 70_000 + u64::from(number), true, &mut bytes);
        packet.shape.layering =
            Reader::default().read(Codec::Vp8, packet.payload, true, Some(&value));
        packet.shape.set_dependencies(&value);
        slot.set_size(Some(0));
        let mut out = Vec::new();
        slot.forward(&packet, now, &mut out).unwrap();
        let view = RtpView::parse(&out).unwrap();
        let written = view.extension(12).unwrap();
        assert!(written.len() > 16);
        let descriptor = Descriptor::parse(written, None).unwrap();
        numbers.push(descriptor.number);
        assert_ne!(written[3] & 0x40, 0, "says which sizes remain");
    }
    assert_eq!(numbers, [65_535, 0, 1]);
}
