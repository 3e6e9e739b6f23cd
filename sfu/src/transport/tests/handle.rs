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
    for shards in [1, 2] {
        the_last_handle_ends(several(shards)).await;
    }
}

async fn the_last_handle_ends(config: SfuConfig) {
    let (sfu, mut events) = Sfu::start(config.clone()).unwrap();
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

    let (sfu, mut events) = Sfu::start(config).unwrap();
    drop(sfu);
    assert_eq!(events.recv().await, None);
}

/// A media plane of several shards on free ports.
fn several(shards: usize) -> SfuConfig {
    SfuConfig {
        shards,
        ..loopback()
    }
}

#[tokio::test]
async fn each_shard_has_its_port_and_each_answer_names_the_right_one() {
    let (sfu, _events) = Sfu::start(several(3)).unwrap();
    let ports: Vec<_> = sfu.local_addrs().iter().map(SocketAddr::port).collect();
    assert_eq!(ports.len(), 3);
    let mut used = [0; 3];
    for participant in 0..90 {
        let joined = sfu.join(join(participant, CHROMIUM)).await.unwrap();
        let named = |port: &u16| {
            joined
                .answer
                .contains(&format!(" 127.0.0.1 {port} typ host"))
        };
        let named: Vec<_> = (0..3).filter(|&shard| named(&ports[shard])).collect();
        assert_eq!(named.len(), 1, "one port for UDP and TCP");
        used[named[0]] += 1;
        // Coming back changes nothing of that.
        let again = sfu.join(join(participant, CHROMIUM)).await.unwrap();
        assert!(
            again
                .answer
                .contains(&format!(" {} typ host", ports[named[0]]))
        );
    }
    assert!(
        used.iter().all(|count| (14..=46).contains(count)),
        "{used:?}"
    );
    let each = sfu.shard_stats().await.unwrap();
    assert_eq!(
        each.iter().map(|stats| stats.shard).collect::<Vec<_>>(),
        [0, 1, 2]
    );
    assert_eq!(sfu.stats().await.unwrap().rooms, 1);
    for participant in 0..90 {
        sfu.leave(ParticipantId(participant));
    }
    sfu.close_room(&RoomId::new("room"));
    // Commands are done in order: the counters come after them.
    sfu.shard_stats().await.unwrap();
    assert_eq!(sfu.stats().await.unwrap().rooms, 0);
    let error = sfu
        .reoffer(ParticipantId(3), CHROMIUM.to_owned(), Vec::new())
        .await;
    assert_eq!(error.unwrap_err(), SfuError::UnknownParticipant);
    sfu.shutdown().await;
}

#[tokio::test]
async fn a_range_of_ports_is_shared_by_the_shards_and_a_small_one_means_fewer_shards() {
    let (first, _events) = Sfu::start(loopback()).unwrap();
    let taken = first.local_addr();
    let mut config = several(2);
    config.listen = taken;
    config.last_port = taken.port().saturating_add(40);
    let (second, _events) = Sfu::start(config.clone()).unwrap();
    let ports: Vec<_> = second.local_addrs().iter().map(SocketAddr::port).collect();
    assert!(taken.port() < ports[0] && ports[0] < ports[1] && ports[1] <= config.last_port);
    config.last_port = ports[0];
    drop((first, second));
    // Whoever asks for two gets two or none; whoever leaves it to us gets what there is.
    config.listen.set_port(ports[0]);
    let free = std::net::TcpListener::bind(config.listen).is_ok();
    let refused = Sfu::start(config.clone()).map(|_| ());
    assert_eq!(refused.unwrap_err().code(), "media_socket");
    config.shards = 0;
    match Sfu::start(config) {
        Ok((by_itself, _events)) => assert_eq!(by_itself.local_addrs().len(), 1),
        Err(error) => assert!(!free, "{error}"),
    }
}
