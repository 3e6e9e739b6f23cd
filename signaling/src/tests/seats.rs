//! Who gets which seat, for how long, and what the others see of it.

use std::time::Duration;

use tokio::time::advance;

use super::double::Call;
use super::{HOST, House, ROOM, TALK};
use crate::RoomEvent;
use crate::message::{ClientMessage, ErrorCode, Identified, Label, Level, ServerMessage, Way};
use crate::ticket::Ticket;

fn named(name: &str) -> Label {
    Label::Named { name: name.into() }
}

#[tokio::test(start_paused = true)]
async fn two_people_see_each_other_come_and_go() {
    let mut house = House::new();
    let mut ona = house.named("Ona").await;
    let mut jonas = house.named("Jonas").await;
    assert_eq!((ona.seat, jonas.seat), (1, 2));
    assert_eq!(ona.participants.len(), 1);
    let seen: Vec<_> = jonas.participants.iter().map(|p| &p.label).collect();
    assert_eq!(seen, [&named("Ona"), &named("Jonas")]);
    assert!(
        jonas
            .participants
            .iter()
            .all(|p| p.connected && p.publish && !p.host)
    );
    let ServerMessage::ParticipantJoined { participant } = ona.next().await.unwrap() else {
        unreachable!("Jonas came");
    };
    assert_eq!(participant.label, named("Jonas"));
    ona.send(&ClientMessage::Leave).await;
    assert_eq!(
        jonas.next().await,
        Some(ServerMessage::ParticipantLeft { seat: 1 })
    );
    assert_eq!(ona.closed().await, Some(1000));
    let participant = house.participant().await;
    house.participant().await;
    assert_eq!(
        house.event().await,
        RoomEvent::Left {
            room: ROOM.into(),
            seat: 1
        }
    );
    assert_eq!(house.media.calls(), [Call::Leave(participant)]);
}

#[tokio::test(start_paused = true)]
async fn a_right_is_one_seat_however_often_its_ticket_is_shown() {
    let house = House::new();
    let mut ona = house.named("Ona").await;
    let ticket = house.verified_ticket("one use");
    let mut first = house.browser();
    first.join(&ticket).await;
    let mut other = house.browser();
    other.join(&house.verified_ticket("another use")).await;
    let mut again = house.browser();
    again.join(&ticket).await;
    let reason = first.until(|message| match message {
        ServerMessage::Closing { reason, .. } => Some(reason.clone()),
        _ => None,
    });
    assert_eq!(reason.await, "replaced");
    let verified = again.participants.iter().filter(|p| p.verified).count();
    assert_eq!((verified, again.participants.len()), (2, 3));
    let left = ona.until(|message| match message {
        ServerMessage::ParticipantLeft { seat } => Some(*seat),
        _ => None,
    });
    assert_eq!(left.await, first.seat);
}

#[tokio::test(start_paused = true)]
async fn an_anonymous_voice_is_a_number_by_order_of_coming() {
    let mut house = House::new();
    let ona = house.named("Ona").await;
    let mut voices = Vec::new();
    for number in 1..=2 {
        let mut voice = house.browser();
        voice.join(&house.ticket(None, TALK)).await;
        let own = voice
            .participants
            .iter()
            .find(|p| p.seat == voice.seat)
            .unwrap();
        assert_eq!(own.label, Label::Anonymous { number });
        voices.push(voice);
    }
    voices[0].send(&ClientMessage::Leave).await;
    voices[0].closed().await;
    let mut third = house.browser();
    third.join(&house.ticket(None, TALK)).await;
    assert_eq!(third.seat, 4);
    assert_eq!(
        third.participants.last().unwrap().label,
        Label::Anonymous { number: 3 }
    );
    drop(ona);
    let RoomEvent::Joined { label, host, .. } = house.event().await else {
        unreachable!("Ona came first");
    };
    assert_eq!((label, host), (named("Ona"), false));
}

#[tokio::test(start_paused = true)]
async fn a_broken_connection_takes_the_same_seat_again() {
    let house = House::new();
    let mut ona = house.named("Ona").await;
    let jonas = house.named("Jonas").await;
    let (seat, secret) = (jonas.seat, jonas.secret.clone());
    drop(jonas);
    assert!(!ona.change_of(seat).await.connected);
    advance(Duration::from_secs(14)).await;
    ona.ping().await;
    advance(Duration::from_secs(14)).await;
    ona.ping().await;
    let mut back = house.browser();
    back.ask(&house.ticket(Some("Jonas"), HOST), Some(&secret))
        .await;
    back.welcome().await;
    assert_eq!((back.seat, back.resumed), (seat, true));
    let seen = ona.change_of(seat).await;
    assert!(seen.connected && seen.host);
    // The seat is not given up at the time at which it would have been.
    advance(Duration::from_secs(5)).await;
    back.ping().await;
    assert_eq!(ona.ping().await, []);
}

#[tokio::test(start_paused = true)]
async fn a_seat_is_given_up_after_thirty_seconds() {
    let mut house = House::new();
    let mut ona = house.named("Ona").await;
    let jonas = house.named("Jonas").await;
    let (seat, secret) = (jonas.seat, jonas.secret.clone());
    drop(jonas);
    assert!(!ona.change_of(seat).await.connected);
    for _ in 0..6 {
        assert_eq!(ona.ping().await, []);
        advance(Duration::from_secs(5)).await;
    }
    assert_eq!(
        ona.next().await,
        Some(ServerMessage::ParticipantLeft { seat })
    );
    let mut late = house.browser();
    late.ask(&house.ticket(Some("Jonas"), TALK), Some(&secret))
        .await;
    late.welcome().await;
    assert_eq!((late.seat, late.resumed), (3, false));
    assert_eq!(late.error().await, ErrorCode::ResumeUnknown);
    house.participant().await;
    house.participant().await;
    assert!(matches!(
        house.event().await,
        RoomEvent::Left { seat: 2, .. }
    ));
}

#[tokio::test(start_paused = true)]
async fn a_second_socket_replaces_the_first() {
    let house = House::new();
    let mut first = house.named("Ona").await;
    let mut second = house.browser();
    second
        .ask(&house.ticket(Some("Ona"), TALK), Some(&first.secret))
        .await;
    second.welcome().await;
    assert!(second.resumed);
    assert_eq!(
        first.next().await,
        Some(ServerMessage::Closing {
            reason: "replaced".into(),
            in_ms: 0
        })
    );
    assert_eq!(first.closed().await, Some(1000));
    // That the first socket is gone means nothing to the seat any more.
    second.ping().await;
    assert_eq!(second.ping().await, []);
    assert_eq!(house.signaling.rooms().await, [(ROOM.to_owned(), 1)]);
}

#[tokio::test(start_paused = true)]
async fn a_secret_with_another_name_is_no_seat() {
    let house = House::new();
    let ona = house.named("Ona").await;
    for name in [None, Some("Petras")] {
        let mut other = house.browser();
        other
            .ask(&house.ticket(name, TALK), Some(&ona.secret))
            .await;
        other.welcome().await;
        assert!(!other.resumed);
    }
}

#[tokio::test(start_paused = true)]
async fn an_old_ticket_is_good_for_the_same_seat_only() {
    let house = House::new();
    let ona = house.named("Ona").await;
    let secret = ona.secret.clone();
    let mut back = house.browser();
    back.ask(&house.old_ticket(Some("Ona")), Some(&secret))
        .await;
    back.welcome().await;
    assert!(back.resumed);
    for resume in [None, Some("no such secret")] {
        let mut other = house.browser();
        other.ask(&house.old_ticket(Some("Ona")), resume).await;
        assert_eq!(other.error().await, ErrorCode::TicketExpired);
        assert_eq!(other.closed().await, Some(1008));
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_browser_is_taken_for_dead_and_one_that_pings_is_not() {
    let house = House::new();
    let mut ona = house.named("Ona").await;
    let mut silent = house.named("Jonas").await;
    for _ in 0..2 {
        advance(Duration::from_secs(7)).await;
        ona.ping().await;
    }
    advance(Duration::from_secs(2)).await;
    assert!(!ona.change_of(silent.seat).await.connected);
    assert_eq!(silent.closed().await, Some(1001));
}

#[tokio::test(start_paused = true)]
async fn a_full_room_takes_nobody() {
    let house = House::with_seats(1);
    let _ona = house.named("Ona").await;
    let mut other = house.browser();
    other.ask(&house.ticket(Some("Jonas"), TALK), None).await;
    assert_eq!(other.error().await, ErrorCode::RoomFull);
    assert_eq!(other.closed().await, Some(1008));
}

#[tokio::test(start_paused = true)]
async fn numbers_are_not_given_twice_when_everyone_was_gone() {
    let mut house = House::new();
    let mut ona = house.named("Ona").await;
    ona.send(&ClientMessage::Leave).await;
    ona.closed().await;
    assert_eq!(house.signaling.rooms().await, []);
    house.participant().await;
    house.event().await;
    assert_eq!(
        house.event().await,
        RoomEvent::RoomEmpty { room: ROOM.into() }
    );
    assert_eq!(house.named("Ona").await.seat, 2);
}

fn surely() -> Identified {
    Identified {
        way: Way::Viisp,
        level: Some(Level::Substantial),
    }
}

/// A ticket that knows all that a ticket can know.
fn knowing(name: Option<&str>, verified: Option<&str>) -> Ticket {
    Ticket {
        room: ROOM.into(),
        name: name.map(str::to_owned),
        identified: Some(surely()),
        account: Some("0190-account".into()),
        verified: verified.map(str::to_owned),
        grants: TALK.to_vec(),
        expires_s: u64::MAX,
    }
}

#[tokio::test(start_paused = true)]
async fn others_see_how_a_name_was_identified_and_of_a_voice_only_that_it_was() {
    let mut house = House::new();
    let mut host = house.host().await;
    for ticket in [
        knowing(Some("Ona"), None),
        knowing(None, Some("one use")),
        knowing(None, None),
    ] {
        house.browser().join(&house.key.sign(&ticket)).await;
    }
    let mut seen = Vec::new();
    while seen.len() < 3 {
        if let Some(ServerMessage::ParticipantJoined { participant }) = host.next().await {
            seen.push(serde_json::to_value(&participant).unwrap());
        }
    }
    let mark = |index: usize| {
        (
            seen[index]["identified"].clone(),
            seen[index]["verified"].clone(),
        )
    };
    let told = serde_json::json!({ "way": "viisp", "level": "substantial" });
    assert_eq!(mark(0), (told, false.into()));
    assert_eq!(mark(1), (serde_json::Value::Null, true.into()));
    assert_eq!(mark(2), (serde_json::Value::Null, false.into()));
    assert!(!serde_json::to_string(&seen).unwrap().contains("account"));
    let mut accounts = Vec::new();
    while accounts.len() < 4 {
        if let RoomEvent::Joined { account, .. } = house.event().await {
            accounts.push(account);
        }
    }
    assert_eq!(
        accounts,
        [None, Some("0190-account".to_owned()), None, None],
        "no record of an anonymous seat knows whose it is"
    );
}
