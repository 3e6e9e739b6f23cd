//! Bodies of fuzz tests, run by `cargo-fuzz` where there is one and by `proptest` everywhere: whatever comes in, they
//! must not panic.

use crate::message::ClientMessage;
use crate::ticket::{KEY_BYTES, TicketKey};

/// Any bytes as a message from a browser: they are refused with a short reason, or mean the same when written and
/// read again.
pub fn client_message(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    match crate::socket::parse(text) {
        Ok(message) => {
            let written = serde_json::to_string(&message).expect("a message has a JSON form");
            let read: Result<ClientMessage, _> = serde_json::from_str(&written);
            assert_eq!(read.ok(), Some(message));
        }
        Err(why) => assert!(why.len() <= 200),
    }
}

/// Any bytes as a ticket: they are refused.
pub fn ticket(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        assert!(TicketKey::new(&[7; KEY_BYTES]).verify(text, 0).is_err());
    }
}

/// Any bytes as an offer or a fragment of WHIP or WHEP: refused, or passed on in one direction and one bundle.
pub fn whip_body(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        crate::whip::fuzz(text);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_bytes_are_no_reason_to_panic(data in prop::collection::vec(any::<u8>(), 0..512)) {
            super::client_message(&data);
            super::ticket(&data);
            super::whip_body(&data);
        }

        #[test]
        fn almost_offers_are_no_reason_to_panic(
            cut in 0_usize..400, at in 0_usize..400, words in "[a-z=:0-9 \"\r\nąm*]{0,40}",
        ) {
            let offer = crate::whip::tests::offer("sendrecv");
            let (start, _) = offer.split_at(at.min(offer.len()));
            let (_, end) = offer.split_at((at + cut).min(offer.len()));
            super::whip_body(format!("{start}{words}{end}").as_bytes());
            super::whip_body(format!("a=ice-ufrag:{words}\r\na=candidate:{words}").as_bytes());
        }

        #[test]
        fn almost_messages_are_no_reason_to_panic(
            kind in "join|offer|mute|pin|record|ping|leave|[a-zą]{0,8}",
            field in "version|ticket|room|sdp|tracks|source|seat|on|nonce|[a-z_]{0,8}",
            value in "null|true|-1|1e99|4294967296|\\[\\]|\\{\\}|\"[a-zčė\\\\u]{0,300}\"|\\[{0,200}",
        ) {
            super::client_message(format!(r#"{{"type":"{kind}","{field}":{value}}}"#).as_bytes());
            super::ticket(format!("{kind}.{field}.{value}").as_bytes());
        }
    }
}
