//! What comes in wrong, too often, or is never read.

use std::time::Duration;

use super::{House, TALK};
use crate::hub::outgoing::QUEUE;
use crate::message::{ClientMessage, ErrorCode, MediaSource, ServerMessage};
use crate::socket::{Incoming, STRIKES};

#[tokio::test(start_paused = true)]
async fn a_message_of_the_wrong_shape_is_answered_and_ends_nothing() {
    let house = House::new();
    let mut ona = house.named("Ona").await;
    for wrong in [
        "",
        "{",
        "[]",
        "null",
        r#"{"type":"dance"}"#,
        r#"{"type":"ping"}"#,
        r#"{"type":"ping","nonce":-1}"#,
        r#"{"type":"ping","nonce":1,"more":2}"#,
        r#"{"type":"pin","seat":"1"}"#,
    ] {
        ona.text(wrong).await;
        assert_eq!(ona.error().await, ErrorCode::BadMessage, "{wrong}");
    }
    ona.ping().await;
    ona.raw(Incoming::Binary).await;
    assert_eq!(ona.error().await, ErrorCode::BadMessage);
    ona.raw(Incoming::Life).await;
    ona.ping().await;
}

#[tokio::test(start_paused = true)]
async fn ten_wrong_messages_in_a_row_end_the_socket_and_keep_the_seat() {
    let house = House::new();
    let mut ona = house.named("Ona").await;
    let mut jonas = house.named("Jonas").await;
    for _ in 0..STRIKES {
        jonas.text("{}").await;
        assert_eq!(jonas.error().await, ErrorCode::BadMessage);
    }
    assert_eq!(jonas.closed().await, Some(1008));
    assert!(!ona.change_of(jonas.seat).await.connected);
}

#[tokio::test(start_paused = true)]
async fn an_explanation_is_short_whatever_it_explains() {
    let house = House::new();
    let mut ona = house.named("Ona").await;
    ona.text(&format!(r#"{{"type":"{}"}}"#, "ą".repeat(10_000)))
        .await;
    let explained = ona
        .until(|message| match message {
            ServerMessage::Error { message, .. } => Some(message.len()),
            _ => None,
        })
        .await;
    assert!(explained <= 200);
}

#[tokio::test(start_paused = true)]
async fn before_a_seat_is_taken_only_a_join_or_a_ping_is_heard() {
    let house = House::new();
    let mut early = house.browser();
    early.ping().await;
    early.send(&ClientMessage::Record { on: true }).await;
    assert_eq!(early.error().await, ErrorCode::NotJoined);
    let ticket = house.ticket(None, TALK);
    early.join(&ticket).await;
    early.ask(&ticket, None).await;
    assert_eq!(early.error().await, ErrorCode::AlreadyJoined);
    // Pings do not keep a socket without a seat open.
    let mut idle = house.browser();
    for _ in 0..3 {
        idle.ping().await;
        tokio::time::advance(Duration::from_secs(5)).await;
    }
    assert_eq!(idle.closed().await, Some(1001));
}

#[tokio::test(start_paused = true)]
async fn a_join_that_cannot_be_is_refused_for_good() {
    let house = House::new();
    let ticket = house.ticket(Some("Ona"), TALK);
    let other_house = House::new().ticket(Some("Ona"), TALK);
    let join = |version: u32, ticket: &str, room: &str| {
        format!(r#"{{"type":"join","version":{version},"ticket":"{ticket}","room":"{room}"}}"#)
    };
    for (wrong, code) in [
        (join(2, &ticket, super::ROOM), ErrorCode::VersionUnsupported),
        (join(1, "forged", super::ROOM), ErrorCode::TicketInvalid),
        (join(1, &other_house, super::ROOM), ErrorCode::TicketInvalid),
        (
            join(1, &house.old_ticket(None), super::ROOM),
            ErrorCode::TicketExpired,
        ),
        (join(1, &ticket, "conference-2"), ErrorCode::RoomMismatch),
    ] {
        let mut browser = house.browser();
        browser.text(&wrong).await;
        let fatal = browser
            .until(|message| match message {
                ServerMessage::Error {
                    code: said, fatal, ..
                } if *said == code => Some(*fatal),
                _ => None,
            })
            .await;
        assert!(fatal);
        assert_eq!(browser.closed().await, Some(1008));
    }
    assert_eq!(house.signaling.rooms().await, []);
    assert_eq!(house.signaling.refused()[&ErrorCode::TicketInvalid], 2);
}

#[tokio::test(start_paused = true)]
async fn too_many_messages_are_refused_then_end_the_socket() {
    let house = House::new();
    let mut ona = house.named("Ona").await;
    // The join was the first of the two hundred.
    for nonce in 1..200 {
        ona.send(&ClientMessage::Ping { nonce }).await;
        assert_eq!(ona.next().await, Some(ServerMessage::Pong { nonce }));
    }
    for _ in 0..STRIKES {
        ona.send(&ClientMessage::Ping { nonce: 0 }).await;
        assert_eq!(ona.error().await, ErrorCode::TooManyMessages);
    }
    assert_eq!(ona.closed().await, Some(1008));
}

#[tokio::test(start_paused = true)]
async fn a_message_too_large_to_read_ends_the_socket_with_its_reason() {
    let house = House::new();
    let mut ona = house.named("Ona").await;
    ona.raw(Incoming::TooLarge).await;
    assert_eq!(ona.error().await, ErrorCode::MessageTooLarge);
    assert_eq!(ona.closed().await, Some(1009));
}

#[tokio::test(start_paused = true)]
async fn whoever_does_not_read_is_let_go_and_slows_nobody() {
    let house = House::new();
    let mut ona = house.named("Ona").await;
    let mut stuck = house.named("Jonas").await;
    ona.next().await;
    let mut changes = 0;
    // Ona hears every change at once; what waits for Jonas fills his queue, until he is gone.
    loop {
        let source = MediaSource::Camera;
        let muted = changes % 2 == 0;
        ona.send(&ClientMessage::Mute { source, muted }).await;
        let Some(ServerMessage::ParticipantChanged { participant }) = ona.next().await else {
            unreachable!("every change is told");
        };
        if participant.seat == stuck.seat {
            assert!(!participant.connected);
            break;
        }
        changes += 1;
        if changes > 150 {
            tokio::time::advance(Duration::from_millis(20)).await;
        }
    }
    assert!((QUEUE..QUEUE + 8).contains(&changes), "{changes}");
    assert_eq!(stuck.error().await, ErrorCode::TooSlow);
    assert_eq!(stuck.closed().await, Some(1000));
}
