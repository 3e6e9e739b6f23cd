//! What happens in a room: media, muting, recording, ends.

use std::time::Duration;

use sfu::{Event, GoneReason, RoomId, Source};

use super::double::Call;
use super::{House, ROOM, TALK};
use crate::message::{
    ClientMessage, ErrorCode, Grant, LostReason, MediaSource, RecordingState, RecordingStatus,
    SentTrack, ServerMessage, SlotSeat, Tile,
};
use crate::{RoomEvent, Signaling};

fn slots(video: Option<u32>) -> ServerMessage {
    ServerMessage::Slots {
        slots: vec![
            SlotSeat {
                mid: "a".into(),
                seat: None,
            },
            SlotSeat {
                mid: "v".into(),
                seat: video,
            },
        ],
    }
}

fn state(status: RecordingStatus) -> RecordingState {
    RecordingState {
        status,
        since_ms: None,
        reason: None,
    }
}

fn closing(reason: &str) -> Option<ServerMessage> {
    Some(ServerMessage::Closing {
        reason: reason.into(),
        in_ms: 0,
    })
}

#[tokio::test(start_paused = true)]
async fn an_offer_is_answered_then_slots_then_who_speaks() {
    let mut house = House::new();
    let mut ona = house.named("Ona").await;
    let (first, mut jonas) = (house.participant().await, house.named("Jonas").await);
    let second = house.participant().await;
    jonas
        .send(&ClientMessage::Offer {
            sdp: "v=0".into(),
            fresh: true,
            tracks: vec![SentTrack {
                mid: "0".into(),
                source: MediaSource::Camera,
            }],
        })
        .await;
    let ServerMessage::Answer {
        sdp,
        slots: offered,
    } = jonas.next().await.unwrap()
    else {
        unreachable!("the answer comes first");
    };
    assert_eq!((sdp.as_str(), offered.len()), ("answer to v=0", 2));
    assert_eq!(jonas.next().await, Some(slots(None)));
    house
        .media_says(Event::SlotMap {
            participant: second,
            slots: vec![("a".into(), None), ("v".into(), Some(first))],
        })
        .await;
    assert_eq!(jonas.next().await, Some(slots(Some(1))));
    house
        .media_says(Event::Speaking {
            room: RoomId::new(ROOM),
            speakers: vec![second, first],
        })
        .await;
    let speaking = Some(ServerMessage::Speaking { seats: vec![2, 1] });
    assert_eq!(jonas.next().await, speaking);
    ona.next().await;
    assert_eq!(ona.next().await, speaking);
    assert_eq!(
        house.media.calls(),
        [
            Call::Join {
                participant: second,
                publish: true,
                subscribe: true,
                sources: vec![("0".into(), Source::Camera)],
            },
            Call::Muted(second, Source::Microphone, false),
            Call::Muted(second, Source::Camera, false),
        ]
    );
    // Whoever comes later, or again, is told the same.
    let mut again = house.browser();
    again
        .ask(&house.ticket(Some("Jonas"), TALK), Some(&jonas.secret))
        .await;
    again.welcome().await;
    again.change_of(2).await;
    assert_eq!(again.next().await, Some(slots(Some(1))));
    assert_eq!(again.next().await, speaking);
}

#[tokio::test(start_paused = true)]
async fn tiles_reach_the_media_plane_and_layers_the_page_also_when_it_comes_back() {
    let house = House::new();
    let mut ona = house.named("Ona").await;
    ona.offer("v=0", true).await;
    ona.next().await;
    ona.next().await;
    let participant = house.media.calls().iter().find_map(|call| match call {
        Call::Join { participant, .. } => Some(*participant),
        _ => None,
    });
    let participant = participant.unwrap();
    let tile = |mid: &str, lines| Tile {
        mid: mid.into(),
        lines,
    };
    let tiles = vec![tile("v", 180), tile("w", 0)];
    ona.send(&ClientMessage::View { tiles }).await;
    let many = vec![tile("v", 1); 129];
    ona.send(&ClientMessage::View { tiles: many }).await;
    assert_eq!(ona.error().await, ErrorCode::BadMessage);
    let told = vec![("v".to_owned(), 180), ("w".to_owned(), 0)];
    assert_eq!(house.media.calls(), [Call::View(participant, told)]);
    house
        .media_says(Event::LayersWanted {
            room: RoomId::new(ROOM),
            participant,
            source: Source::Camera,
            layers: vec!["q".into(), "h".into()],
        })
        .await;
    let layers = Some(ServerMessage::Layers {
        source: MediaSource::Camera,
        rids: vec!["q".into(), "h".into()],
    });
    assert_eq!(ona.next().await, layers);
    let mut again = house.browser();
    again
        .ask(&house.ticket(Some("Ona"), TALK), Some(&ona.secret))
        .await;
    again.welcome().await;
    assert_eq!(again.next().await, layers);
}

#[tokio::test(start_paused = true)]
async fn a_refused_offer_has_a_code_and_ends_nothing() {
    let house = House::new();
    let mut ona = house.named("Ona").await;
    for (offer, code) in [
        ("not sdp", ErrorCode::SdpInvalid),
        ("one too many", ErrorCode::MediaFull),
    ] {
        ona.offer(offer, true).await;
        assert_eq!(ona.error().await, code);
    }
    ona.offer("never answered", false).await;
    assert_eq!(ona.error().await, ErrorCode::MediaUnavailable);
    ona.offer("v=0", false).await;
    assert!(matches!(
        ona.next().await,
        Some(ServerMessage::Answer { .. })
    ));
}

#[tokio::test(start_paused = true)]
async fn an_answer_for_a_seat_that_was_given_up_ends_its_media() {
    let mut house = House::new();
    let mut ona = house.named("Ona").await;
    let participant = house.participant().await;
    ona.offer("never answered", true).await;
    // A second browser's seat: then the hub has the offer.
    house.named("Jonas").await;
    house.signaling.close_room(ROOM, "ended");
    ona.until(|message| matches!(message, ServerMessage::Closing { .. }).then_some(()))
        .await;
    tokio::time::advance(Duration::from_secs(11)).await;
    // The hub reads a command after everything else.
    house.named("Jonas").await;
    let leaves = |calls: &[Call]| {
        let leave = Call::Leave(participant);
        calls.iter().filter(|call| **call == leave).count()
    };
    assert_eq!(leaves(&house.media.calls()), 2);
}

#[tokio::test(start_paused = true)]
async fn lost_media_is_told_and_found_again() {
    let mut house = House::new();
    let mut ona = house.named("Ona").await;
    let participant = house.participant().await;
    let mut jonas = house.named("Jonas").await;
    ona.offer("v=0", true).await;
    ona.until(|message| matches!(message, ServerMessage::Slots { .. }).then_some(()))
        .await;
    let gone = Event::Gone {
        room: RoomId::new(ROOM),
        participant,
        reason: GoneReason::ConsentExpired,
    };
    house.media_says(gone.clone()).await;
    assert_eq!(
        ona.next().await,
        Some(ServerMessage::MediaLost {
            reason: LostReason::ConsentExpired
        })
    );
    assert!(!jonas.change_of(1).await.connected);
    // Said again it is old news.
    house.media_says(gone).await;
    ona.offer("v=0", true).await;
    let connected = Event::Connected {
        room: RoomId::new(ROOM),
        participant,
    };
    house.media_says(connected).await;
    assert!(jonas.change_of(1).await.connected);
}

#[tokio::test(start_paused = true)]
async fn the_end_of_the_connection_before_does_not_end_the_new_one() {
    let mut house = House::new();
    let mut ona = house.named("Ona").await;
    let participant = house.participant().await;
    ona.offer("v=0", true).await;
    ona.ping().await;
    ona.offer("never answered", true).await;
    // A second browser's seat: then the hub has the offer.
    house.named("Jonas").await;
    let (room, reason) = (RoomId::new(ROOM), GoneReason::Closed);
    house
        .media_says(Event::Gone {
            room,
            participant,
            reason,
        })
        .await;
    let code = ona
        .until(|message| match message {
            ServerMessage::MediaLost { .. } => unreachable!("that was the connection before"),
            ServerMessage::Error { code, .. } => Some(*code),
            _ => None,
        })
        .await;
    assert_eq!(code, ErrorCode::MediaUnavailable);
}

#[tokio::test(start_paused = true)]
async fn muting_is_seen_by_everyone_and_told_the_media_plane() {
    let mut house = House::new();
    let mut ona = house.named("Ona").await;
    let participant = house.participant().await;
    let mut jonas = house.named("Jonas").await;
    for source in [MediaSource::Microphone, MediaSource::Camera] {
        let muted = true;
        ona.send(&ClientMessage::Mute { source, muted }).await;
        let seen = jonas.change_of(1).await;
        assert!(seen.microphone_muted);
        assert_eq!(seen.camera_muted, source == MediaSource::Camera);
    }
    ona.ping().await;
    assert_eq!(
        house.media.calls(),
        [
            Call::Muted(participant, Source::Microphone, true),
            Call::Muted(participant, Source::Camera, true)
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_pin_is_passed_on_and_kept_for_the_next_connection() {
    let mut house = House::new();
    let mut ona = house.named("Ona").await;
    let _jonas = house.named("Jonas").await;
    let (first, second) = (house.participant().await, house.participant().await);
    ona.send(&ClientMessage::Pin { seat: Some(7) }).await;
    assert_eq!(ona.error().await, ErrorCode::SeatUnknown);
    ona.send(&ClientMessage::Pin { seat: Some(2) }).await;
    ona.offer("v=0", true).await;
    ona.until(|message| matches!(message, ServerMessage::Answer { .. }).then_some(()))
        .await;
    house.signaling.rooms().await;
    let pin = Call::Pin(first, Some(second));
    let calls = house.media.calls();
    assert_eq!(calls.first(), Some(&pin));
    assert_eq!(calls.last(), Some(&pin));
}

#[tokio::test(start_paused = true)]
async fn only_a_host_starts_the_recording_and_everyone_sees_it_at_once() {
    let mut house = House::new();
    let host = house.host().await;
    let mut ona = house.named("Ona").await;
    ona.send(&ClientMessage::Record { on: true }).await;
    assert_eq!(ona.error().await, ErrorCode::NotAllowed);
    host.send(&ClientMessage::Record { on: true }).await;
    host.send(&ClientMessage::Record { on: true }).await;
    let recording = |status| ServerMessage::Recording {
        recording: state(status),
    };
    assert_eq!(ona.next().await, Some(recording(RecordingStatus::Starting)));
    house.participant().await;
    house.participant().await;
    let requested = |on| RoomEvent::RecordRequested {
        room: ROOM.into(),
        seat: 1,
        on,
    };
    assert_eq!(house.event().await, requested(true));
    house
        .signaling
        .set_recording(ROOM, state(RecordingStatus::On));
    assert_eq!(ona.next().await, Some(recording(RecordingStatus::On)));
    let mut late = house.browser();
    late.ask(&house.ticket(None, TALK), None).await;
    let Some(ServerMessage::Welcome { recording, .. }) = late.next().await else {
        unreachable!("the welcome comes first");
    };
    assert_eq!(recording.status, RecordingStatus::On);
    house.participant().await;
    host.send(&ClientMessage::Record { on: false }).await;
    assert_eq!(house.event().await, requested(false));
}

#[tokio::test(start_paused = true)]
async fn without_a_grant_nothing_is_sent_received_or_muted() {
    let house = House::new();
    let mut mute = house.browser();
    mute.join(&house.ticket(None, &[])).await;
    mute.offer("v=0", true).await;
    assert_eq!(mute.error().await, ErrorCode::NotAllowed);
    mute.send(&ClientMessage::Pin { seat: None }).await;
    assert_eq!(mute.error().await, ErrorCode::NotAllowed);
    let (source, muted) = (MediaSource::Camera, true);
    mute.send(&ClientMessage::Mute { source, muted }).await;
    assert_eq!(mute.error().await, ErrorCode::NotAllowed);
    assert_eq!(house.media.calls(), []);
    let mut listener = house.browser();
    listener
        .join(&house.ticket(None, &[Grant::Subscribe]))
        .await;
    listener.offer("v=0", true).await;
    assert!(matches!(
        listener.next().await,
        Some(ServerMessage::Answer { .. })
    ));
    assert!(matches!(
        house.media.calls()[0],
        Call::Join {
            publish: false,
            subscribe: true,
            ..
        }
    ));
}

#[tokio::test(start_paused = true)]
async fn the_end_of_a_room_is_told_and_frees_its_seats() {
    let mut house = House::new();
    let mut ona = house.named("Ona").await;
    let mut jonas = house.named("Jonas").await;
    ona.next().await;
    house.signaling.close_room(ROOM, "ended");
    for browser in [&mut ona, &mut jonas] {
        assert_eq!(browser.next().await, closing("ended"));
        assert_eq!(browser.closed().await, Some(1000));
    }
    let (first, second) = (house.participant().await, house.participant().await);
    for seat in [1, 2] {
        let room = ROOM.to_owned();
        assert_eq!(house.event().await, RoomEvent::Left { room, seat });
    }
    assert_eq!(
        house.event().await,
        RoomEvent::RoomEmpty { room: ROOM.into() }
    );
    assert_eq!(
        house.media.calls(),
        [
            Call::Leave(first),
            Call::Leave(second),
            Call::CloseRoom(ROOM.into())
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn the_end_of_the_server_is_told_to_every_room_before_it_happens() {
    let mut house = House::new();
    let mut ona = house.named("Ona").await;
    let signaling: Signaling = house.signaling.clone();
    let ended = tokio::spawn(async move { signaling.shutdown(Duration::from_secs(5)).await });
    assert_eq!(ona.next().await, closing("server_restart"));
    assert_eq!(ona.closed().await, Some(1000));
    ended.await.unwrap();
    house.participant().await;
    assert!(matches!(house.event().await, RoomEvent::Left { .. }));
    assert!(matches!(house.event().await, RoomEvent::RoomEmpty { .. }));
    assert_eq!(house.events.recv().await, None);
    assert_eq!(house.browser().closed().await, Some(1000));
}

#[tokio::test(start_paused = true)]
async fn a_recording_that_runs_before_anyone_comes_is_known_to_the_first() {
    let house = House::new();
    house
        .signaling
        .set_recording(ROOM, state(RecordingStatus::On));
    house
        .signaling
        .set_recording("elsewhere", state(RecordingStatus::Off));
    assert_eq!(house.signaling.rooms().await, []);
    let mut ona = house.browser();
    ona.ask(&house.ticket(Some("Ona"), TALK), None).await;
    let Some(ServerMessage::Welcome { recording, .. }) = ona.next().await else {
        unreachable!("the welcome comes first");
    };
    assert_eq!(recording.status, RecordingStatus::On);
}

#[tokio::test(start_paused = true)]
async fn whoever_reads_no_events_makes_sockets_wait_and_not_this_server() {
    let mut house = House::new();
    let ticket = house.ticket(None, TALK);
    let mut came = 0;
    loop {
        let mut browser = house.browser();
        browser.ask(&ticket, None).await;
        if tokio::time::timeout(Duration::from_secs(1), browser.welcome())
            .await
            .is_err()
        {
            break;
        }
        browser.send(&ClientMessage::Leave).await;
        browser.closed().await;
        came += 1;
    }
    assert!((400..500).contains(&came), "{came}");
    assert_eq!(house.signaling.rooms().await, []);
    for _ in 0..came {
        house.participant().await;
    }
    house.named("Ona").await;
}

#[tokio::test(start_paused = true)]
async fn whoever_sits_down_gets_credentials_of_their_own_for_the_relays() {
    let house = House::new();
    let mut given = Vec::new();
    for name in ["Ona", "Jonas"] {
        let mut browser = house.browser();
        browser.ask(&house.ticket(Some(name), TALK), None).await;
        let Some(ServerMessage::Welcome { ice_servers, .. }) = browser.next().await else {
            unreachable!("the welcome comes first");
        };
        assert_eq!(ice_servers[0].urls, ["turn:turn.example"]);
        assert!(!ice_servers[0].username.contains(name));
        given.push(ice_servers);
    }
    assert_ne!(given[0][0].credential, given[1][0].credential);
}
