//! The whole crate from outside: browsers in memory with a clock turned by hand, and real WebSockets over loopback.

#![allow(clippy::unwrap_used, reason = "a test says by panicking")]

mod browser;
mod document;
mod double;
mod hostile;
mod limited;
mod logs;
mod loopback;
mod overview;
mod real_media;
mod rooms;
mod seats;
mod whip;

use std::time::Duration;

use sfu::{Event, ParticipantId};
use tokio::sync::mpsc;

use crate::message::Grant;
use crate::ticket::{Ticket, TicketKey, unix_now_s};
use crate::{RoomEvent, Signaling, SignalingConfig, TurnServers};
use browser::Browser;
use double::Double;

const ROOM: &str = "conference-1";
const TALK: &[Grant] = &[Grant::Publish, Grant::Subscribe];
const HOST: &[Grant] = &[Grant::Publish, Grant::Subscribe, Grant::Host];

/// A running door with a media plane that only remembers.
struct House {
    signaling: Signaling,
    events: mpsc::Receiver<RoomEvent>,
    media: Double,
    media_events: mpsc::Sender<Event>,
    key: TicketKey,
}

impl House {
    fn new() -> Self {
        Self::with_seats(100)
    }

    fn with_seats(max_seats: usize) -> Self {
        let key = TicketKey::random();
        let config = SignalingConfig {
            ticket_key: key.clone(),
            seat_kept: Duration::from_secs(30),
            max_seats,
            turn: TurnServers {
                urls: vec!["turn:turn.example".into()],
                secret: "north".into(),
            },
        };
        let media = Double::default();
        let (media_events, media_end) = mpsc::channel(64);
        let (signaling, events) = Signaling::start_with(config, media.clone(), media_end);
        Self {
            signaling,
            events,
            media,
            media_events,
            key,
        }
    }

    fn ticket(&self, name: Option<&str>, grants: &[Grant]) -> String {
        self.key.sign(&Ticket {
            room: ROOM.into(),
            name: name.map(str::to_owned),
            identified: None,
            account: None,
            verified: None,
            grants: grants.to_vec(),
            expires_s: unix_now_s() + 600,
        })
    }

    fn verified_ticket(&self, right: &str) -> String {
        self.key.sign(&Ticket {
            room: ROOM.into(),
            name: None,
            identified: None,
            account: None,
            verified: Some(right.to_owned()),
            grants: TALK.to_vec(),
            expires_s: unix_now_s() + 600,
        })
    }

    fn old_ticket(&self, name: Option<&str>) -> String {
        self.key.sign(&Ticket {
            room: ROOM.into(),
            name: name.map(str::to_owned),
            identified: None,
            account: None,
            verified: None,
            grants: TALK.to_vec(),
            expires_s: unix_now_s() - 1,
        })
    }

    fn browser(&self) -> Browser {
        Browser::open(&self.signaling)
    }

    async fn named(&self, name: &str) -> Browser {
        let mut browser = self.browser();
        browser.join(&self.ticket(Some(name), TALK)).await;
        browser
    }

    async fn host(&self) -> Browser {
        let mut browser = self.browser();
        browser.join(&self.ticket(Some("Host"), HOST)).await;
        browser
    }

    async fn event(&mut self) -> RoomEvent {
        self.events.recv().await.unwrap()
    }

    /// The next `Joined`, as the media plane's id of the seat.
    async fn participant(&mut self) -> ParticipantId {
        loop {
            if let RoomEvent::Joined { participant, .. } = self.event().await {
                return ParticipantId(participant);
            }
        }
    }

    async fn media_says(&self, event: Event) {
        self.media_events.send(event).await.unwrap();
    }
}
