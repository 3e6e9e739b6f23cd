//! Bad input: each is refused and counted, and the call goes on.

use super::client::{KEYFRAME, Wish};
use super::network::Network;
use crate::event::Event;
use crate::forward::rtp::Header;
use crate::ids::ParticipantId;

/// The call of the first two doubles still works.
fn goes_on(network: &mut Network, sequence: u16) {
    network.clients[0].speak(sequence);
    let ssrc = network.clients[1].slot_ssrc("2");
    let before = network.clients[1].heard(ssrc).len();
    network.run(10);
    assert_eq!(network.clients[1].heard(ssrc).len(), before + 1);
}

fn call() -> Network {
    let mut network = Network::new();
    network.connected(&Wish::default());
    network.connected(&Wish::default());
    network.run(400);
    goes_on(&mut network, 1);
    network
}

#[test]
fn datagrams_of_nobody_and_of_nothing_are_counted() {
    let mut network = call();
    network.inject("198.51.100.1:1", &[]);
    network.inject("198.51.100.1:1", &[255; 40]);
    network.inject("198.51.100.1:1", &[0x80; 40]);
    network.inject("198.51.100.1:1", &[22; 40]);
    network.inject("198.51.100.1:1", &[0; 40]);
    assert_eq!(network.refused("datagram_unknown"), 2);
    assert_eq!(network.refused("datagram_of_nobody"), 2);
    assert_eq!(network.refused("stun_malformed"), 1);
    goes_on(&mut network, 2);
}

#[test]
fn a_check_without_the_right_password_opens_no_door() {
    let mut network = call();
    let username = format!(
        "{}:{}",
        network.clients[0].server_ufrag, network.clients[0].ufrag
    );
    let forged =
        crate::transport::front_door::check_bytes(&username, "a guess of some length..", true, 9);
    network.inject("198.51.100.1:1", &forged);
    network.inject("198.51.100.1:1", &[0x80; 40]);
    assert_eq!(network.refused("stun_integrity"), 1);
    assert_eq!(network.refused("datagram_of_nobody"), 1);
    goes_on(&mut network, 2);
}

#[test]
fn replayed_and_tampered_media_is_counted_and_goes_nowhere() {
    let mut network = call();
    let header = Header {
        marker: false,
        payload_type: 111,
        sequence: 2,
        timestamp: 1,
        ssrc: super::client::VOICE_SSRC,
    };
    let packet = network.clients[0].seal("0", header, &[], b"opus");
    let mut tampered = packet.clone();
    let last = tampered.len() - 1;
    tampered[last] ^= 1;
    let from = network.clients[0].address.to_string();
    network.inject(&from, &tampered);
    network.inject(&from, &packet);
    network.inject(&from, &packet);
    network.inject(&from, &packet[..20]);
    network.run(10);
    assert_eq!(network.refused("srtp_auth"), 1);
    assert_eq!(network.refused("srtp_replay"), 2);
    let ssrc = network.clients[1].slot_ssrc("2");
    assert_eq!(network.clients[1].heard(ssrc).len(), 2);
    goes_on(&mut network, 3);
}

#[test]
fn media_before_the_handshake_is_counted_and_does_no_harm() {
    let mut network = call();
    let place = network.client();
    network.join(place, &Wish::default()).unwrap();
    network.clients[place].send_check(false);
    network.run(5);
    let from = network.clients[place].address.to_string();
    network.inject(&from, &[0x80; 60]);
    assert_eq!(network.refused("rtp_before_dtls"), 1);
    network.begin(place);
    network.run(20);
    assert!(network.clients[place].is_connected());
    goes_on(&mut network, 2);
}

#[test]
fn media_of_an_unknown_ssrc_mid_or_payload_type_is_counted() {
    let mut network = call();
    let mut header = Header {
        marker: false,
        payload_type: 45,
        sequence: 1,
        timestamp: 1,
        ssrc: 4_711,
    };
    let unknown_mid = network.clients[0].seal("9", header, &[], KEYFRAME);
    header.ssrc += 1;
    let unknown_type = network.clients[0].seal("1", header, &[], KEYFRAME);
    network.clients[0].without_mid = true;
    header.ssrc += 1;
    let unknown_ssrc = network.clients[0].seal("", header, &[], KEYFRAME);
    network.clients[0]
        .out
        .extend([unknown_mid, unknown_type, unknown_ssrc]);
    network.run(10);
    for reason in [
        "rtp_unknown_mid",
        "rtp_unknown_payload_type",
        "rtp_unknown_ssrc",
    ] {
        assert_eq!(network.refused(reason), 1, "{reason}");
    }
    goes_on(&mut network, 2);
}

#[test]
fn who_may_not_publish_is_not_heard() {
    let mut network = call();
    let place = network.client();
    let offer = network.clients[place].offer(&Wish::default());
    let joined = network.join_with(place, 3, &offer, false, true).unwrap();
    assert_eq!(joined.answer.matches("a=inactive").count(), 2);
    network.begin(place);
    network.run(20);
    network.events();
    network.clients[place].speak(1);
    network.run(20);
    let started = |event: &Event| matches!(event, Event::TrackStarted { .. });
    assert!(!network.events().iter().any(started));
    assert!(network.refused("rtp_unknown_mid") == 1);
    goes_on(&mut network, 2);
}

#[test]
fn who_may_not_subscribe_has_no_slots() {
    let mut network = call();
    let place = network.client();
    let offer = network.clients[place].offer(&Wish::default());
    let joined = network.join_with(place, 3, &offer, true, false).unwrap();
    assert!(joined.slots.is_empty());
    assert_eq!(joined.answer.matches("a=inactive").count(), 4);
}

#[test]
fn an_offer_of_nothing_that_can_be_taken_is_refused_and_changes_nothing() {
    let mut network = call();
    let offer = network.clients[0]
        .offer(&Wish::default())
        .replace(" 9 UDP", " 0 UDP");
    let error = network.join_with(0, 1, &offer, true, true).unwrap_err();
    assert_eq!(error.code(), "sdp_invalid");
    assert!(network.shard.peers.contains_key(&ParticipantId(1)));
    goes_on(&mut network, 2);
}

#[test]
fn a_flood_of_future_dtls_records_is_refused_unread() {
    let mut network = call();
    let from = network.clients[0].address.to_string();
    let mut record = vec![23, 0xfe, 0xfd, 0, 2, 0, 0, 0, 0, 0, 1, 0, 20];
    record.extend([0; 20]);
    for _ in 0..1_000 {
        network.inject(&from, &record);
    }
    let mut plain = vec![22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 1, 0, 20];
    plain.extend([1; 20]);
    for _ in 0..1_000 {
        network.inject(&from, &plain);
    }
    assert!(network.refused("dtls_refused") >= 1_900);
    goes_on(&mut network, 2);
}
