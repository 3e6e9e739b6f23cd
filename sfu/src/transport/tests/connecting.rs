//! How connections begin, move and end.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use super::client::{DELTA, KEYFRAME, Wish};
use super::network::Network;
use crate::SfuConfig;
use crate::error::SfuError;
use crate::event::{Event, GoneReason};
use crate::ids::{ParticipantId, RoomId};
use crate::transport::srtp::Profile;

fn gone(reason: GoneReason) -> Event {
    Event::Gone {
        room: RoomId::new("room"),
        participant: ParticipantId(1),
        reason,
    }
}

#[test]
fn a_client_that_lists_gcm_gets_it() {
    let mut network = Network::new();
    let a = network.connected(&Wish::default());
    assert_eq!(network.clients[a].profile, Some(Profile::Gcm));
    let events = network.events();
    assert!(events.contains(&Event::Connected {
        room: RoomId::new("room"),
        participant: ParticipantId(1)
    }));
}

#[test]
fn a_client_without_gcm_gets_aes_cm_and_hears_the_others() {
    let mut network = Network::new();
    let a = network.connected(&Wish::default());
    let b = network.client();
    network.join(b, &Wish::default()).unwrap();
    network.clients[b].offer_only_cm();
    network.begin(b);
    network.run(400);
    assert_eq!(network.clients[b].profile, Some(Profile::Cm));
    network.clients[a].show(1, KEYFRAME);
    network.clients[a].speak(1);
    network.clients[b].speak(1);
    network.run(10);
    for (place, mid) in [(b, "2"), (b, "4"), (a, "2")] {
        let ssrc = network.clients[place].slot_ssrc(mid);
        assert_eq!(network.clients[place].heard(ssrc).len(), 1);
    }
}

#[test]
fn a_browser_that_wants_to_be_called_is_called() {
    let wish = Wish {
        passive: true,
        ..Wish::default()
    };
    for lost in [None, Some(0), Some(1), Some(2), Some(3)] {
        let mut network = Network::new();
        let place = network.client();
        let joined = network.join(place, &wish).unwrap();
        assert!(joined.answer.contains("a=setup:active\r\n"));
        let mut count = 0;
        network.loses = Box::new(move |_, _, datagram| {
            let is_dtls = (20..64).contains(&datagram[0]);
            count += u32::from(is_dtls);
            is_dtls && Some(count - 1) == lost
        });
        network.begin(place);
        network.run(2_000);
        let client = &network.clients[place];
        assert_eq!(client.profile, Some(Profile::Gcm), "{lost:?}");
        assert!(
            network.shard.peers[&ParticipantId(1)].is_connected(),
            "{lost:?}"
        );
    }
}

/// The crate's handshake stands still for ever when a datagram of a flight is lost; ours must not.
#[test]
fn each_datagram_of_the_handshake_may_be_lost_once() {
    let mut lost = 0;
    for nth in 0.. {
        let mut network = Network::new();
        let place = network.client();
        network.join(place, &Wish::default()).unwrap();
        let seen = Rc::new(Cell::new(0));
        let count = seen.clone();
        network.loses = Box::new(move |_, _, datagram| {
            let is_dtls = (20..64).contains(&datagram[0]);
            count.set(count.get() + u32::from(is_dtls));
            is_dtls && count.get() == nth + 1
        });
        network.begin(place);
        network.run(1_500);
        let server = &network.shard.peers[&ParticipantId(1)];
        assert!(
            network.clients[place].is_connected(),
            "client, datagram {nth}"
        );
        assert!(server.is_connected(), "server, datagram {nth}");
        if seen.get() <= nth {
            break;
        }
        lost += 1;
    }
    assert!(
        lost >= 4,
        "a handshake has at least four datagrams, here {lost}"
    );
}

#[test]
fn a_third_of_all_datagrams_may_be_lost() {
    for seed in 0..20u32 {
        let mut network = Network::new();
        let place = network.client();
        network.join(place, &Wish::default()).unwrap();
        let mut state = seed;
        network.loses = Box::new(move |_, _, datagram| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (20..64).contains(&datagram[0]) && (state >> 16) % 3 == 0
        });
        network.begin(place);
        network.run(10_000);
        assert!(network.clients[place].is_connected(), "client, seed {seed}");
        assert!(
            network.shard.peers[&ParticipantId(1)].is_connected(),
            "server, seed {seed}"
        );
    }
}

#[test]
fn a_certificate_that_is_not_the_sdps_ends_the_connection() {
    let mut network = Network::new();
    let place = network.client();
    let offer = network.clients[place].offer(&Wish::default());
    let (head, tail) = offer.split_once("sha-256 ").unwrap();
    let other = if tail.starts_with("00") { "11" } else { "00" };
    let offer = format!("{head}sha-256 {other}{}", &tail[2..]);
    network.join_with(place, 1, &offer, true, true).unwrap();
    network.begin(place);
    network.run(100);
    let events = network.events();
    assert!(
        events.contains(&gone(GoneReason::HandshakeFailed)),
        "{events:?}"
    );
    assert!(
        !events
            .iter()
            .any(|event| matches!(event, Event::Connected { .. }))
    );
    assert!(network.shard.peers.is_empty() && network.shard.rooms.is_empty());
}

#[test]
fn a_handshake_that_never_ends_is_given_up() {
    let mut network = Network::new();
    let place = network.client();
    network.join(place, &Wish::default()).unwrap();
    network.loses = Box::new(|_, to_server, datagram| !to_server && datagram[0] >= 20);
    network.begin(place);
    for _ in 0..31 {
        network.clients[place].send_check(true);
        network.run(1_000);
    }
    assert!(
        network
            .events()
            .contains(&gone(GoneReason::HandshakeFailed))
    );
}

#[test]
fn a_seat_that_never_checks_or_stops_checking_expires() {
    let mut network = Network::new();
    let place = network.client();
    network.join(place, &Wish::default()).unwrap();
    network.run(29_900);
    assert!(!network.shard.peers.is_empty());
    network.run(200);
    assert_eq!(
        network.events().last(),
        Some(&gone(GoneReason::ConsentExpired))
    );

    let mut network = Network::with(SfuConfig {
        consent_s: 5,
        ..SfuConfig::default()
    });
    let place = network.connected(&Wish::default());
    for _ in 0..3 {
        network.run(4_000);
        network.clients[place].send_check(false);
    }
    network.run(4_900);
    assert!(!network.shard.peers.is_empty());
    network.run(200);
    assert!(network.events().contains(&gone(GoneReason::ConsentExpired)));
}

#[test]
fn goodbye_is_told_and_everything_of_the_seat_ends() {
    let mut network = Network::new();
    let a = network.connected(&Wish::default());
    network.clients[a].speak(1);
    network.run(10);
    network.events();
    let now = network.now;
    network.clients[a].close(now);
    network.run(10);
    let events = network.events();
    assert!(matches!(events[0], Event::TrackEnded { .. }), "{events:?}");
    assert_eq!(events.last(), Some(&gone(GoneReason::Closed)));
    assert!(network.shard.peers.is_empty() && network.shard.rooms.is_empty());
}

#[test]
fn leaving_says_goodbye_to_the_browser() {
    let mut network = Network::new();
    let a = network.connected(&Wish::default());
    network.shard.remove(ParticipantId(1), network.now);
    network.run(10);
    assert!(network.clients[a].closed);
    assert!(
        !network
            .events()
            .iter()
            .any(|event| matches!(event, Event::Gone { .. }))
    );
}

#[test]
fn media_follows_a_nomination_from_a_new_address() {
    let mut network = Network::new();
    let a = network.connected(&Wish::default());
    let b = network.connected(&Wish::default());
    network.clients[b].send_check(true);
    network.clients[a].speak(1);
    network.run(10);
    let ssrc = network.clients[b].slot_ssrc("2");
    assert_eq!(network.clients[b].heard(ssrc).len(), 1);
    // The client's network changes; nothing else of the connection does.
    network.clients[b].address = "198.51.100.9:7777".parse().unwrap();
    network.clients[b].send_check(true);
    network.run(10);
    network.clients[a].speak(2);
    network.run(10);
    assert_eq!(network.clients[b].heard(ssrc).len(), 2);
    // And what it sends from there is taken.
    network.clients[b].speak(1);
    network.run(10);
    assert_eq!(
        network.clients[a]
            .heard(network.clients[a].slot_ssrc("2"))
            .len(),
        1
    );
}

#[test]
fn media_follows_a_client_that_never_nominates_again() {
    let mut network = Network::new();
    let a = network.connected(&Wish::default());
    let b = network.connected(&Wish::default());
    network.clients[a].speak(1);
    network.run(10);
    // Its address changes underneath, as when a NAT forgets; Firefox goes on with its consent checks.
    network.clients[b].address = "198.51.100.9:7777".parse().unwrap();
    for sequence in 2..=6 {
        network.run(1_000);
        network.clients[b].send_check(false);
        network.clients[a].speak(sequence);
        network.run(10);
    }
    let ssrc = network.clients[b].slot_ssrc("2");
    // What was said in the second after which the silent path was given up is lost.
    assert_eq!(network.clients[b].heard(ssrc).len(), 5);
}

#[test]
fn a_seat_that_joins_again_gets_a_new_connection_and_new_tracks() {
    let mut network = Network::new();
    let a = network.connected(&Wish::default());
    let b = network.connected(&Wish::default());
    network.clients[a].speak(1);
    network.run(10);
    network.events();
    let again = network.client();
    let offer = network.clients[again].offer(&Wish::default());
    network.join_with(again, 1, &offer, true, true).unwrap();
    network.begin(again);
    network.run(10);
    network.clients[again].speak(1);
    network.run(10);
    let events = network.events();
    assert!(
        !events
            .iter()
            .any(|event| matches!(event, Event::Gone { .. }))
    );
    let tracks: Vec<_> = events
        .iter()
        .filter_map(|event| match event {
            Event::TrackEnded { track, .. } => Some((false, track.0)),
            Event::TrackStarted { track, .. } => Some((true, track.0)),
            _ => None,
        })
        .collect();
    assert_eq!(tracks, [(false, 1), (true, 2)]);
    assert!(network.clients[a].closed, "the old connection is told");
    let ssrc = network.clients[b].slot_ssrc("2");
    assert_eq!(network.clients[b].heard(ssrc).len(), 2);
    assert_eq!(network.shard.rooms[&RoomId::new("room")].members.len(), 2);
}

#[test]
fn more_seats_than_the_operator_allows_are_refused() {
    let mut network = Network::with(SfuConfig {
        max_participants: 1,
        ..SfuConfig::default()
    });
    let a = network.connected(&Wish::default());
    let b = network.client();
    assert_eq!(
        network.join(b, &Wish::default()).err(),
        Some(SfuError::Full)
    );
    network.join(a, &Wish::default()).unwrap();
}

#[test]
fn an_ice_restart_keeps_keys_and_media() {
    let mut network = Network::new();
    let a = network.connected(&Wish::default());
    let b = network.connected(&Wish::default());
    network.clients[a].speak(1);
    network.run(10);
    network.clients[b].ufrag = "restarted".to_owned();
    let offer = crate::transport::sdp::Offer::parse(&network.clients[b].offer(&Wish::default()));
    let now = network.now;
    let joined = network
        .shard
        .reoffer(ParticipantId(2), &offer.unwrap(), &[], now)
        .unwrap();
    let before = network.clients[b].server_ufrag.clone();
    network.clients[b].take_answer(&joined.answer, now);
    assert_ne!(network.clients[b].server_ufrag, before);
    network.clients[b].address = "198.51.100.9:7777".parse().unwrap();
    network.clients[b].send_check(true);
    network.run(10);
    network.clients[a].speak(2);
    network.run(10);
    let ssrc = network.clients[b].slot_ssrc("2");
    assert_eq!(network.clients[b].heard(ssrc).len(), 2);
}

#[test]
fn a_further_offer_adds_slots_and_keeps_what_is_there() {
    let mut network = Network::new();
    let a = network.connected(&Wish::default());
    let b = network.connected(&Wish {
        faces: 0,
        ..Wish::default()
    });
    network.clients[a].show(1, KEYFRAME);
    network.run(10);
    let voice = network.clients[b].slot_ssrc("2");
    let offer = network.clients[b].offer(&Wish::default());
    let offer = crate::transport::sdp::Offer::parse(&offer).unwrap();
    let now = network.now;
    let joined = network
        .shard
        .reoffer(ParticipantId(2), &offer, &[], now)
        .unwrap();
    network.clients[b].take_answer(&joined.answer, now);
    assert_eq!(network.clients[b].slot_ssrc("2"), voice);
    assert_eq!(joined.slots.len(), 4);
    network.run(400);
    network.clients[a].show(2, DELTA);
    network.clients[a].show(3, KEYFRAME);
    network.run(10);
    let face = network.clients[b].slot_ssrc("4");
    assert_eq!(network.clients[b].heard(face).len(), 1);
}

#[test]
fn a_further_offer_forgets_no_ssrc_though_mid_has_disappeared() {
    let mut network = Network::new();
    let a = network.connected(&Wish::default());
    let b = network.connected(&Wish::default());
    network.run(400);
    network.clients[a].show(1, KEYFRAME);
    network.clients[a].show_again(1, 1, KEYFRAME);
    network.run(10);
    // A second camera makes the payload type say nothing.
    let offer = network.clients[a].offer(&Wish::default());
    let second = offer
        .split("m=")
        .nth(2)
        .unwrap()
        .replace("a=mid:1", "a=mid:9");
    let offer = crate::transport::sdp::Offer::parse(&format!("{offer}m={second}")).unwrap();
    let now = network.now;
    network
        .shard
        .reoffer(ParticipantId(1), &offer, &[], now)
        .unwrap();
    network.clients[a].without_mid = true;
    network.clients[a].show(3, DELTA);
    network.clients[a].show_again(2, 2, DELTA);
    network.run(10);
    let face = network.clients[b].slot_ssrc("4");
    assert_eq!(network.clients[b].heard(face).len(), 3);
}

#[test]
fn a_further_offer_with_another_certificate_is_refused_and_changes_nothing() {
    let mut network = Network::new();
    let a = network.connected(&Wish::default());
    let offer = network.clients[a].offer(&Wish::default());
    let (head, tail) = offer.split_once("sha-256 ").unwrap();
    let other = if tail.starts_with("00") { "11" } else { "00" };
    let offer = format!("{head}sha-256 {other}{}", &tail[2..]);
    let offer = crate::transport::sdp::Offer::parse(&offer).unwrap();
    let now = network.now;
    let refused = network.shard.reoffer(ParticipantId(1), &offer, &[], now);
    assert_eq!(refused.unwrap_err().code(), "sdp_invalid");
    network.clients[a].speak(1);
    network.run(10);
    let started = |event: &Event| matches!(event, Event::TrackStarted { .. });
    assert!(network.events().iter().any(started));
}

#[test]
fn a_sending_line_that_is_gone_ends_its_track() {
    let mut network = Network::new();
    let a = network.connected(&Wish::default());
    network.clients[a].speak(1);
    network.clients[a].show(1, KEYFRAME);
    network.run(10);
    network.events();
    let offer = network.clients[a].offer(&Wish::default());
    let (before, video) = offer.split_once("m=video").unwrap();
    let offer = format!(
        "{before}m=video{}",
        video.replacen("a=sendonly", "a=inactive", 1)
    );
    let offer = crate::transport::sdp::Offer::parse(&offer).unwrap();
    let now = network.now;
    network
        .shard
        .reoffer(ParticipantId(1), &offer, &[], now)
        .unwrap();
    let ended = network.events();
    assert!(
        matches!(ended[..], [Event::TrackEnded { .. }, ..]),
        "{ended:?}"
    );
    network.clients[a].speak(2);
    network.run(10);
    assert!(network.events().is_empty(), "the voice goes on");
}

#[test]
fn time_from_join_to_keys_is_three_round_trips() {
    let mut network = Network::new();
    let place = network.client();
    network.join(place, &Wish::default()).unwrap();
    network.begin(place);
    network.run(5);
    assert!(network.clients[place].is_connected());
    assert!(network.now - network.began <= Duration::from_millis(5));
}
