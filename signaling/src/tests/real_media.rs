//! The hub before the real media plane: what it refuses arrives with its code.

use std::net::SocketAddr;
use std::time::Duration;

use sfu::{MAX_SDP_BYTES, Sfu, SfuConfig};

use super::{ROOM, TALK};
use crate::message::ErrorCode;
use crate::tests::browser::Browser;
use crate::ticket::{Ticket, TicketKey, unix_now_s};
use crate::{Signaling, SignalingConfig, TurnServers};

/// An offer that can be answered.
const OFFER: &str = include_str!("../../../sfu/tests/fixtures/offer-chromium-156.sdp");

#[tokio::test]
async fn offers_that_cannot_be_answered_are_refused_with_their_codes() {
    let config = SfuConfig {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        ..SfuConfig::default()
    };
    let (sfu, events) = Sfu::start(config).unwrap();
    let key = TicketKey::random();
    let config = SignalingConfig {
        ticket_key: key.clone(),
        seat_kept: Duration::from_secs(30),
        max_seats: 2,
        turn: TurnServers::default(),
    };
    let (signaling, _events) = Signaling::start(config, sfu.clone(), events);
    let mut browser = Browser::open(&signaling);
    let ticket = Ticket {
        room: ROOM.into(),
        name: None,
        identified: None,
        account: None,
        verified: None,
        grants: TALK.to_vec(),
        expires_s: unix_now_s() + 60,
    };
    browser.join(&key.sign(&ticket)).await;
    for (offer, fresh, code) in [
        ("not sdp".to_owned(), true, ErrorCode::SdpInvalid),
        ("v".repeat(MAX_SDP_BYTES + 1), true, ErrorCode::SdpTooLarge),
    ] {
        browser.offer(&offer, fresh).await;
        assert_eq!(browser.error().await, code);
    }
    sfu.shutdown().await;
    browser.offer(OFFER, true).await;
    assert_eq!(browser.error().await, ErrorCode::MediaUnavailable);
}
