//! What someone is told of pictures that their network does not carry.

use sfu::{Event, ParticipantId};

use super::{House, TALK};
use crate::message::ServerMessage;

fn limited(reduced: &[&str], paused: &[&str]) -> Option<ServerMessage> {
    let owned = |mids: &[&str]| mids.iter().map(|mid| (*mid).to_owned()).collect();
    Some(ServerMessage::Limited {
        reduced: owned(reduced),
        paused: owned(paused),
    })
}

fn event(participant: ParticipantId, paused: &[&str]) -> Event {
    Event::Limited {
        participant,
        reduced: vec!["v".into()],
        paused: paused.iter().map(|mid| (*mid).to_owned()).collect(),
    }
}

#[tokio::test(start_paused = true)]
async fn a_seat_learns_what_its_network_does_not_carry_and_again_when_it_comes_back() {
    let mut house = House::new();
    let mut ona = house.named("Ona").await;
    let participant = house.participant().await;
    // Of a connection that is not agreed on nothing is told.
    house.media_says(event(participant, &["x"])).await;
    ona.offer("v=0", true).await;
    let answer = ona.next().await;
    assert!(matches!(answer, Some(ServerMessage::Answer { .. })));
    let slots = ona.next().await;
    assert!(matches!(slots, Some(ServerMessage::Slots { .. })));
    house.media_says(event(participant, &["w"])).await;
    assert_eq!(ona.next().await, limited(&["v"], &["w"]));
    let mut again = house.browser();
    again
        .ask(&house.ticket(Some("Ona"), TALK), Some(&ona.secret))
        .await;
    again.welcome().await;
    assert_eq!(again.next().await, limited(&["v"], &["w"]));
}
