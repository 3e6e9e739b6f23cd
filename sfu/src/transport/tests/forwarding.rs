//! How media goes from one to the other, and what comes back.

use super::client::{DELTA, FACE_SSRC, KEYFRAME, VOICE_SSRC, Wish};
use super::network::Network;
use crate::event::Event;
use crate::feed::{Feed, FeedItem};
use crate::forward::rtcp::{Rtcp, SenderInfo, packets};
use crate::forward::rtcp_write;
use crate::ids::{ParticipantId, RoomId, Source};

/// Compounds that the double in `place` got, as short words with the SSRC they are about.
fn control(network: &mut Network, place: usize) -> Vec<(&'static str, u32)> {
    let mut words = Vec::new();
    for compound in std::mem::take(&mut network.clients[place].rtcp) {
        for packet in packets(&compound) {
            match packet.unwrap() {
                Rtcp::Pli { ssrc } => words.push(("pli", ssrc)),
                Rtcp::Nack { ssrc, .. } => words.push(("nack", ssrc)),
                Rtcp::ReceiverReport { blocks, .. } => {
                    words.extend(blocks.map(|block| ("report", block.ssrc)));
                }
                Rtcp::SenderReport { ssrc, .. } => words.push(("clocks", ssrc)),
                Rtcp::TransportFeedback(_) => words.push(("feedback", 0)),
                _ => {}
            }
        }
    }
    words
}

fn has(words: &[(&str, u32)], word: &str) -> bool {
    words.iter().any(|(known, _)| *known == word)
}

/// Two doubles that are ready for video.
fn pair() -> (Network, usize, usize) {
    let mut network = Network::new();
    let a = network.connected(&Wish::default());
    let b = network.connected(&Wish::default());
    network.run(400);
    (network, a, b)
}

#[test]
fn voice_and_face_arrive_in_the_slots_of_the_answer() {
    let (mut network, a, b) = pair();
    for sequence in 1..=5 {
        network.clients[a].speak(sequence);
        network.clients[a].show(sequence, if sequence == 1 { KEYFRAME } else { DELTA });
        network.run(20);
    }
    let (voice, face) = (
        network.clients[b].slot_ssrc("2"),
        network.clients[b].slot_ssrc("4"),
    );
    let voices = network.clients[b].heard(voice);
    let faces = network.clients[b].heard(face);
    assert_eq!((voices.len(), faces.len()), (5, 5));
    assert_eq!(voices[0].1, b"opus");
    assert_eq!(
        (faces[0].1.as_slice(), faces[1].1.as_slice()),
        (KEYFRAME, DELTA)
    );
    let gaps = voices.windows(2).all(|two| two[1].0 == two[0].0 + 1);
    assert!(gaps, "one unbroken stream");
    assert!(network.clients[a].rtp.is_empty(), "nobody gets himself");
    assert_eq!(
        (
            network.shard.stats.packets_in,
            network.shard.stats.packets_out
        ),
        (10, 10)
    );
    let maps = network.events();
    assert!(maps.iter().any(
        |event| matches!(event, Event::SlotMap { participant: ParticipantId(2), slots }
        if slots.contains(&("4".to_owned(), Some(ParticipantId(1)))))
    ));
}

#[test]
fn a_duplicate_over_rtx_is_not_sent_on() {
    let (mut network, a, b) = pair();
    network.clients[a].show(1, KEYFRAME);
    network.clients[a].show(2, DELTA);
    network.run(10);
    let face = network.clients[b].slot_ssrc("4");
    // Chromium probes for bandwidth by sending history again, and with packets of nothing.
    for probe in 1..=20 {
        network.clients[a].show_again(
            probe,
            1 + probe % 2,
            if probe % 2 == 0 { KEYFRAME } else { DELTA },
        );
    }
    network.run(10);
    assert_eq!(network.clients[b].heard(face).len(), 2);
    assert_eq!(network.refused("rtp_duplicate"), 20);
    // What was truly missing is taken.
    network.clients[a].show(4, DELTA);
    network.clients[a].show_again(21, 3, DELTA);
    network.run(10);
    assert_eq!(network.clients[b].heard(face).len(), 4);
}

#[test]
fn video_waits_until_the_browser_was_heard_and_sound_does_not() {
    let mut network = Network::new();
    let a = network.connected(&Wish::default());
    network.run(400);
    network.clients[a].show(1, KEYFRAME);
    network.clients[a].speak(1);
    network.run(10);
    let b = network.connected(&Wish::default());
    network.run(50);
    control(&mut network, a);
    network.clients[a].show(2, KEYFRAME);
    network.clients[a].speak(2);
    network.run(50);
    assert!(
        !has(&control(&mut network, a), "pli"),
        "nobody could use a keyframe yet"
    );
    let (voice, face) = (
        network.clients[b].slot_ssrc("2"),
        network.clients[b].slot_ssrc("4"),
    );
    assert_eq!(network.clients[b].heard(voice).len(), 1);
    assert_eq!(network.clients[b].heard(face).len(), 0);
    // Its first packet is the sign; the keyframe is asked for at once.
    network.clients[b].control(&[0x80, 201, 0, 1, 0, 0, 0, 5]);
    network.run(10);
    assert_eq!(
        control(&mut network, a)
            .iter()
            .filter(|(w, _)| *w == "pli")
            .count(),
        1
    );
    network.clients[a].show(3, KEYFRAME);
    network.run(10);
    assert_eq!(network.clients[b].heard(face).len(), 1);
}

#[test]
fn a_silent_browser_is_taken_for_ready_after_300_ms() {
    let mut network = Network::new();
    let a = network.connected(&Wish::default());
    network.run(400);
    network.clients[a].show(1, KEYFRAME);
    network.run(10);
    network.connected(&Wish::default());
    network.clients[a].show(2, DELTA);
    network.run(280);
    assert!(!has(&control(&mut network, a), "pli"));
    network.run(60);
    assert!(has(&control(&mut network, a), "pli"));
}

#[test]
fn a_viewers_pli_reaches_the_publisher_but_not_from_an_empty_slot() {
    let (mut network, a, b) = pair();
    network.clients[a].show(1, KEYFRAME);
    network.run(10);
    control(&mut network, a);
    let (shown, empty) = (
        network.clients[b].slot_ssrc("4"),
        network.clients[b].slot_ssrc("5"),
    );
    let mut compound = Vec::new();
    rtcp_write::pli(&mut compound, 5, empty);
    network.clients[b].control(&compound);
    network.run(600);
    assert!(!has(&control(&mut network, a), "pli"));
    network.clients[a].show(2, DELTA);
    compound.clear();
    rtcp_write::pli(&mut compound, 5, shown);
    network.clients[b].control(&compound);
    network.run(20);
    assert!(control(&mut network, a).contains(&("pli", FACE_SSRC)));
}

#[test]
fn the_ssrc_is_latched_so_that_mid_may_disappear() {
    for announce in [false, true] {
        let mut network = Network::new();
        let wish = Wish {
            announce,
            ..Wish::default()
        };
        let a = network.connected(&wish);
        let b = network.connected(&wish);
        network.run(400);
        network.clients[a].without_mid = announce;
        network.clients[a].speak(1);
        network.clients[a].show(1, KEYFRAME);
        network.run(10);
        network.clients[a].without_mid = true;
        network.clients[a].speak(2);
        network.clients[a].show(2, DELTA);
        network.clients[a].show_again(1, 3, DELTA);
        network.run(10);
        let (voice, face) = (
            network.clients[b].slot_ssrc("2"),
            network.clients[b].slot_ssrc("4"),
        );
        assert_eq!(network.clients[b].heard(voice).len(), 2);
        assert_eq!(network.clients[b].heard(face).len(), 3);
    }
}

#[test]
fn what_a_viewer_misses_is_sent_again_over_rtx() {
    let (mut network, a, b) = pair();
    for sequence in 1..=4 {
        network.clients[a].show(sequence, if sequence == 1 { KEYFRAME } else { DELTA });
    }
    network.run(10);
    let face = network.clients[b].slot_ssrc("4");
    let heard = network.clients[b].heard(face);
    let mut compound = Vec::new();
    rtcp_write::nack(&mut compound, 5, face, &[heard[1].0, heard[2].0]);
    network.clients[b].control(&compound);
    network.run(10);
    assert_eq!(network.shard.stats.retransmitted, 2);
    let again = network.clients[b].rtp.split_off(4);
    let views: Vec<_> = again
        .iter()
        .map(|bytes| crate::forward::rtp::RtpView::parse(bytes).unwrap())
        .collect();
    assert!(
        views
            .iter()
            .all(|view| view.payload_type() == 97 && view.ssrc() != face)
    );
    assert_eq!(views[0].payload()[..2], heard[1].0.to_be_bytes());
    assert_eq!(&views[0].payload()[2..], DELTA);
}

#[test]
fn the_publisher_hears_what_arrived_and_what_is_missing() {
    let (mut network, a, _) = pair();
    network.clients[a].show(1, KEYFRAME);
    network.clients[a].show(2, DELTA);
    network.clients[a].show(5, DELTA);
    network.run(100);
    let words = control(&mut network, a);
    assert!(has(&words, "feedback"), "{words:?}");
    assert!(words.contains(&("nack", FACE_SSRC)), "{words:?}");
    network.clients[a].speak(1);
    network.run(1_100);
    let words = control(&mut network, a);
    assert!(words.contains(&("report", FACE_SSRC)), "{words:?}");
    assert!(words.contains(&("report", VOICE_SSRC)), "{words:?}");
}

#[test]
fn a_senders_clocks_reach_the_slot_under_its_ssrc() {
    let (mut network, a, b) = pair();
    network.clients[a].show(1, KEYFRAME);
    network.run(10);
    let mut compound = Vec::new();
    rtcp_write::sender_report(
        &mut compound,
        FACE_SSRC,
        &SenderInfo {
            ntp: 1 << 40,
            rtp: 3_000,
            packets: 1,
            octets: 13,
        },
    );
    network.clients[a].control(&compound);
    network.run(10);
    let face = network.clients[b].slot_ssrc("4");
    assert!(control(&mut network, b).contains(&("clocks", face)));
}

#[test]
fn a_muted_camera_leaves_its_slot() {
    let (mut network, a, b) = pair();
    network.clients[a].show(1, KEYFRAME);
    network.run(10);
    let room = RoomId::new("room");
    let state = network.shard.rooms.get_mut(&room).unwrap();
    state.plan.set_muted(ParticipantId(1), Source::Camera, true);
    let now = network.now;
    network.shard.update_room(&room, now);
    network.clients[a].show(2, DELTA);
    network.run(10);
    let face = network.clients[b].slot_ssrc("4");
    assert_eq!(network.clients[b].heard(face).len(), 1);
}

fn items(feed: &mut Feed) -> Vec<FeedItem> {
    std::iter::from_fn(|| feed.try_next()).collect()
}

#[test]
fn a_feed_begins_with_what_runs_and_gets_each_packet_once() {
    let (mut network, a, _) = pair();
    network.clients[a].speak(1);
    network.run(10);
    let now = network.now;
    let mut feed = network
        .shard
        .open_feed(RoomId::new("room"), None, now)
        .unwrap();
    network.clients[a].show(7, KEYFRAME);
    network.clients[a].show_again(1, 7, KEYFRAME);
    network.clients[a].speak(2);
    network.run(10);
    network.shard.remove(ParticipantId(1), network.now);
    let items = items(&mut feed);
    let starts = items
        .iter()
        .filter(|item| matches!(item, FeedItem::TrackStarted { .. }));
    let ends = items
        .iter()
        .filter(|item| matches!(item, FeedItem::TrackEnded { .. }));
    assert_eq!((starts.count(), ends.count()), (2, 2));
    assert!(matches!(
        items[0],
        FeedItem::TrackStarted {
            source: Source::Microphone,
            ..
        }
    ));
    let packets: Vec<_> = items
        .iter()
        .filter_map(|item| match item {
            FeedItem::Packet(packet) => {
                Some((packet.sequence, packet.keyframe, &packet.payload[..]))
            }
            _ => None,
        })
        .collect();
    assert_eq!(packets, [(7, true, KEYFRAME), (2, false, &b"opus"[..])]);
    let times: Vec<_> = items.iter().map(at_us).collect();
    assert!(times.is_sorted(), "{times:?}");
}

fn at_us(item: &FeedItem) -> u64 {
    match item {
        FeedItem::TrackStarted { at_us, .. }
        | FeedItem::TrackEnded { at_us, .. }
        | FeedItem::Speaking { at_us, .. } => *at_us,
        FeedItem::Packet(packet) => packet.at_us,
    }
}

#[test]
fn a_feed_may_wait_for_a_room_and_outlives_its_last_participant_until_it_is_closed() {
    let mut network = Network::new();
    let now = network.now;
    let room = RoomId::new("room");
    let mut feed = network.shard.open_feed(room.clone(), None, now).unwrap();
    let a = network.connected(&Wish::default());
    network.clients[a].speak(1);
    network.run(10);
    network.shard.remove(ParticipantId(1), network.now);
    network.run(1_000);
    assert!(items(&mut feed).len() >= 3);
    assert!(!feed.is_over());
    network.shard.close_room(&room, network.now);
    assert!(feed.is_over());
    let feed = network.shard.open_feed(room, None, network.now).unwrap();
    assert_eq!(network.shard.rooms.len(), 1);
    drop(feed);
    network.run(200);
    assert_eq!(
        network.shard.rooms.len(),
        0,
        "nobody is there, nobody listens"
    );
}
