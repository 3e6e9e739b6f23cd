//! What a shard says of itself to those who look after it.

use super::client::{DELTA, KEYFRAME, Wish};
use super::network::Network;
use crate::ids::{Codec, ParticipantId, RoomId, Source};
use crate::report::{LayerCount, MAX_ROOMS};

/// Somebody who sends 50 small packets a second for a while, and one who only looks.
fn call() -> Network {
    let mut network = Network::new();
    network.connected(&Wish::default());
    network.connected(&Wish {
        feedback: true,
        ..Wish::default()
    });
    network.run(400);
    for sequence in 1..=150 {
        let payload = if sequence == 1 { KEYFRAME } else { DELTA };
        network.clients[0].show(sequence, payload);
        network.run(20);
    }
    network
}

#[test]
fn a_room_is_reported_as_a_whole_and_its_seats_only_when_asked_for() {
    let network = call();
    let report = network.shard.report(None, network.now);
    assert_eq!((report.stats.rooms, report.rooms.len()), (1, 1));
    let room = &report.rooms[0];
    assert_eq!((room.connected, room.fed, room.seats.len()), (2, false, 0));
    assert_eq!((room.received.packets, room.sent.packets), (50, 50));
    assert!(room.sent.bits > 5_000, "{:?}", room.sent);
    let layers = LayerCount { sent: 1, wanted: 1 };
    assert_eq!((room.layers, room.paused), (layers, 0));
    assert!(room.worst.estimate_bps.is_some());

    let report = network
        .shard
        .report(Some(&RoomId::new("room")), network.now);
    let [publisher, viewer] = &report.rooms[0].seats[..] else {
        panic!("two seats: {report:?}");
    };
    assert_eq!(publisher.participant, ParticipantId(1));
    assert_eq!(publisher.received.packets, 50);
    assert_eq!(publisher.tracks.len(), 1);
    let track = &publisher.tracks[0];
    assert_eq!((track.source, track.codec), (Source::Camera, Codec::Vp8));
    assert!(track.layers[0].sent && track.layers[0].bits > 0);
    assert_eq!((viewer.tracks.len(), viewer.sent.packets), (0, 50));
    assert_eq!((viewer.tcp, viewer.paused, viewer.shown), (false, 0, 1));
    assert!(viewer.path.loss_down.is_some());
    let nowhere = RoomId::new("nowhere");
    let nothing = network.shard.report(Some(&nowhere), network.now);
    assert!(nothing.rooms.is_empty());
}

#[test]
fn however_many_rooms_there_are_a_report_is_bounded() {
    let mut network = Network::new();
    let mut feeds = Vec::new();
    for room in 0..MAX_ROOMS + 3 {
        let name = RoomId::new(&room.to_string());
        feeds.push(network.shard.open_feed(name, None, network.now).unwrap());
    }
    let report = network.shard.report(None, network.now);
    assert_eq!((report.rooms.len(), report.more_rooms), (MAX_ROOMS, 3));
}
