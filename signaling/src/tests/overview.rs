//! What those see who look after the server.

use std::time::Duration;

use super::{House, ROOM};
use crate::message::{Grant, RecordingStatus};
use crate::overview::{RoomOverview, SeatRole};

#[tokio::test(start_paused = true)]
async fn an_overview_counts_and_names_nobody() {
    let house = House::new();
    let _host = house.host().await;
    tokio::time::advance(Duration::from_secs(60)).await;
    let _ona = house.named("Ona").await;
    let mut viewer = house.browser();
    viewer
        .join(&house.ticket(Some("Jonas"), &[Grant::Subscribe]))
        .await;
    let all = house.signaling.overview(None).await;
    let expected = RoomOverview {
        room: ROOM.to_owned(),
        open_for: Duration::from_secs(60),
        recording: RecordingStatus::Off,
        participants: 2,
        viewers: 1,
        seats: Vec::new(),
    };
    assert_eq!(all, [expected]);
    let one = house.signaling.overview(Some(ROOM)).await;
    let seats: Vec<_> = one[0].seats.iter().map(|s| (s.seat, s.role)).collect();
    assert_eq!(
        seats,
        [
            (1, SeatRole::Host),
            (2, SeatRole::Participant),
            (3, SeatRole::Viewer)
        ]
    );
    let text = format!("{one:?}");
    assert!(!text.contains("Ona") && !text.contains("Jonas"), "{text}");
    assert!(house.signaling.overview(Some("nowhere")).await.is_empty());
}
