//! The handle, its thread and its socket: everything real but the browser.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use rtc_stun::message::{BINDING_SUCCESS, Message};

use crate::transport::front_door::check_bytes;
use crate::transport::sdp::offer::tests::{CHROMIUM, FIREFOX};
use crate::{Event, Join, Kind, ParticipantId, RoomId, Sfu, SfuConfig, SfuError, Source};

fn loopback() -> SfuConfig {
    SfuConfig {
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        ..SfuConfig::default()
    }
}

fn join(participant: u64, offer: &str) -> Join {
    Join {
        room: RoomId::new("room"),
        participant: ParticipantId(participant),
        offer: offer.to_owned(),
        publish: true,
        subscribe: true,
        sources: Vec::new(),
    }
}

#[tokio::test]
async fn real_offers_are_answered_and_a_check_over_the_wire_too() {
    let (sfu, _events) = Sfu::start(loopback()).unwrap();
    for (participant, offer, ufrag) in [(1, CHROMIUM, "/Epb"), (2, FIREFOX, "d4a4f299")] {
        let joined = sfu.join(join(participant, offer)).await.unwrap();
        let kinds: Vec<_> = joined.slots.iter().map(|slot| slot.kind).collect();
        assert_eq!(kinds, [Kind::Audio, Kind::Video]);
        let candidate = format!(" 127.0.0.1 {} typ host", sfu.local_addr().port());
        assert!(joined.answer.contains(&candidate));
        let find = |name: &str| {
            let line = joined
                .answer
                .lines()
                .find_map(|line| line.strip_prefix(name));
            line.unwrap().to_owned()
        };
        let username = format!("{}:{ufrag}", find("a=ice-ufrag:"));
        let check = check_bytes(&username, &find("a=ice-pwd:"), true, participant as u8);
        let browser = UdpSocket::bind("127.0.0.1:0").unwrap();
        browser
            .set_read_timeout(Some(Duration::from_secs(10)))
            .unwrap();
        browser.send_to(&check, sfu.local_addr()).unwrap();
        let mut bytes = [0; 1_500];
        let length = browser.recv(&mut bytes).unwrap();
        let mut response = Message::new();
        response.unmarshal_binary(&bytes[..length]).unwrap();
        assert_eq!(response.typ, BINDING_SUCCESS);
    }
    let stats = sfu.stats().await.unwrap();
    assert_eq!((stats.rooms, stats.participants), (1, 0));
    assert!(stats.refused.is_empty(), "{:?}", stats.refused);
}

#[tokio::test]
async fn what_cannot_be_done_is_said_with_its_code() {
    let (sfu, _events) = Sfu::start(loopback()).unwrap();
    let huge = format!("{CHROMIUM}{}", "a=x:y\r\n".repeat(200_000));
    let error = sfu.join(join(1, &huge)).await.unwrap_err();
    assert_eq!(error.code(), "sdp_too_large");
    let error = sfu.join(join(1, "v=0\r\n")).await.unwrap_err();
    assert_eq!(error.code(), "sdp_invalid");
    let error = sfu
        .reoffer(ParticipantId(9), CHROMIUM.to_owned(), Vec::new())
        .await;
    assert_eq!(error.unwrap_err(), SfuError::UnknownParticipant);
    sfu.leave(ParticipantId(9));
    sfu.set_muted(ParticipantId(9), Source::Camera, true);
    sfu.pin(ParticipantId(9), Some(ParticipantId(8)));
    assert_eq!(sfu.stats().await.unwrap().participants, 0);
}

#[tokio::test]
async fn the_next_port_is_taken_when_the_first_is_not_free() {
    let (first, _events) = Sfu::start(loopback()).unwrap();
    let taken = first.local_addr();
    let mut config = loopback();
    config.listen = taken;
    config.last_port = taken.port();
    assert_eq!(
        Sfu::start(config.clone()).unwrap_err().code(),
        "media_socket"
    );
    config.last_port = taken.port().saturating_add(20);
    let (second, _events) = Sfu::start(config).unwrap();
    assert!(second.local_addr().port() > taken.port());
}

#[tokio::test]
async fn the_last_handle_ends_the_shard_and_shutdown_waits_for_it() {
    let (sfu, mut events) = Sfu::start(loopback()).unwrap();
    let copy = sfu.clone();
    let mut feed = sfu.feed(&RoomId::new("room")).await.unwrap();
    drop(sfu);
    copy.join(join(1, CHROMIUM)).await.unwrap();
    copy.shutdown().await;
    assert_eq!(feed.next().await, None);
    assert_eq!(copy.stats().await.unwrap_err(), SfuError::Unavailable);
    let left: Vec<Event> = std::iter::from_fn(|| events.try_recv().ok()).collect();
    assert!(
        left.iter()
            .all(|event| matches!(event, Event::SlotMap { .. }))
    );
    assert_eq!(
        events.recv().await,
        None,
        "the channel closes with the shard"
    );

    let (sfu, mut events) = Sfu::start(loopback()).unwrap();
    drop(sfu);
    assert_eq!(events.recv().await, None);
}
