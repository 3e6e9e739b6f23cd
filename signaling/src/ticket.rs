//! Signed join tickets: who, which room, what they may do, until when. Signaling asks nobody else.
//!
//! A ticket is a JWT (RFC 7519) signed with HMAC-SHA-256. An anonymous ticket holds no name and no account: only the
//! room, the grants, two times and a random id, so that nothing in it can be traced back.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::{Deserialize, Serialize};

use crate::message::{Grant, Identified};

/// Size of a key (RFC 7518 section 3.2: at least the hash's).
pub const KEY_BYTES: usize = 32;

/// Longest name of a room, in bytes.
pub const MAX_ROOM_BYTES: usize = 128;

/// What a ticket says.
#[derive(Clone, PartialEq, Debug)]
pub struct Ticket {
    /// The room's name; ending in `*` it is good for every room that begins so.
    pub room: String,
    /// What the holder is called; `None`: an anonymous voice, numbered by the room.
    pub name: Option<String>,
    /// How whoever is called so was identified: everyone in the room sees it.
    pub identified: Option<Identified>,
    /// Whose name it is, for whoever keeps the civic record; nobody in the room sees it. Nothing of who has no name.
    pub account: Option<String>,
    /// The holder was identified elsewhere, and it is not said who they are: only which use of a right this is, so that one
    /// right is one seat at a time, however often the ticket is shown.
    pub verified: Option<String>,
    /// What the holder may do.
    pub grants: Vec<Grant>,
    /// Seconds since the Unix epoch after which it is refused.
    pub expires_s: u64,
}

impl Ticket {
    /// The room that is meant: the ticket's, or `wanted` when the ticket is for several and `wanted` is among them.
    /// `None`: the ticket is not good for that room, or does not say which one, or that is no room's name
    /// (letters, digits, `-`, `_`, `.`, `~`, `:`, at most [`MAX_ROOM_BYTES`]).
    pub fn room_for(&self, wanted: Option<&str>) -> Option<String> {
        let room = match (self.room.strip_suffix('*'), wanted) {
            (None, None) => &self.room,
            (None, Some(wanted)) if wanted == self.room => wanted,
            (Some(prefix), Some(wanted)) if wanted.starts_with(prefix) => wanted,
            _ => return None,
        };
        is_room_name(room).then(|| room.to_owned())
    }
}

/// Room names are written into logs and paths, so they are plain.
fn is_room_name(name: &str) -> bool {
    (1..=MAX_ROOM_BYTES).contains(&name.len())
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_.~:".contains(&b))
}

/// Why a ticket is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TicketError {
    /// Not signed by us, or changed.
    #[error("the ticket is not valid")]
    Invalid,
    /// Too old.
    #[error("the ticket has expired")]
    Expired,
}

/// The key that signs tickets (HMAC-SHA-256).
#[derive(Clone)]
pub struct TicketKey {
    encoding: EncodingKey,
    decoding: DecodingKey,
}

impl std::fmt::Debug for TicketKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TicketKey(…)")
    }
}

/// What is signed. `deny_unknown_fields` is left out on purpose: a later server may add claims.
#[derive(Serialize, Deserialize)]
struct Claims {
    room: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    identified: Option<Identified>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    verified: Option<String>,
    grants: Vec<Grant>,
    exp: u64,
    iat: u64,
    jti: String,
}

impl TicketKey {
    /// A key from a kept secret of 32 bytes.
    pub fn new(secret: &[u8; KEY_BYTES]) -> Self {
        Self {
            encoding: EncodingKey::from_secret(secret),
            decoding: DecodingKey::from_secret(secret),
        }
    }

    /// A new key, good until this process ends.
    pub fn random() -> Self {
        Self::new(&random())
    }

    /// Signs a ticket.
    pub fn sign(&self, ticket: &Ticket) -> String {
        let claims = Claims {
            room: ticket.room.clone(),
            name: ticket.name.clone(),
            identified: ticket.identified,
            account: ticket.account.clone(),
            verified: ticket.verified.clone(),
            grants: ticket.grants.clone(),
            exp: ticket.expires_s,
            iat: unix_now_s(),
            jti: random_text(),
        };
        encode(&Header::new(Algorithm::HS256), &claims, &self.encoding)
            .expect("strings and numbers have a JSON form, and HMAC takes a key of any length")
    }

    /// Checks and reads a ticket. `now_s` is in seconds since the Unix epoch; the signature is compared in constant
    /// time, and no algorithm but HS256 is accepted, whatever the header says (RFC 8725 section 3.1).
    pub fn verify(&self, token: &str, now_s: u64) -> Result<Ticket, TicketError> {
        let mut validation = Validation::new(Algorithm::HS256);
        // The library would read the clock: the time is an argument here, and the expiry is compared below.
        validation.validate_exp = false;
        let claims = decode::<Claims>(token, &self.decoding, &validation)
            .map_err(|_| TicketError::Invalid)?
            .claims;
        if claims.exp <= now_s {
            return Err(TicketError::Expired);
        }
        Ok(Ticket {
            room: claims.room,
            name: claims.name,
            identified: claims.identified,
            account: claims.account,
            verified: claims.verified,
            grants: claims.grants,
            expires_s: claims.exp,
        })
    }
}

/// Seconds since the Unix epoch.
pub(crate) fn unix_now_s() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

/// 256 random bits as text: ticket ids and the secrets of seats.
pub(crate) fn random_text() -> String {
    URL_SAFE_NO_PAD.encode(random::<32>())
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    aws_lc_rs::rand::fill(&mut bytes).expect("the operating system gives random numbers");
    bytes
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test says by panicking")]
    use super::*;

    fn ticket() -> Ticket {
        Ticket {
            room: "conference-1".into(),
            name: Some("Ona".into()),
            identified: None,
            account: None,
            verified: None,
            grants: vec![Grant::Publish, Grant::Subscribe],
            expires_s: 1_000,
        }
    }

    fn part(token: &str, index: usize) -> String {
        let bytes = URL_SAFE_NO_PAD
            .decode(token.split('.').nth(index).unwrap())
            .unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_signed_ticket_is_read_as_it_was_written() {
        let key = TicketKey::random();
        assert_eq!(key.verify(&key.sign(&ticket()), 999), Ok(ticket()));
    }

    #[test]
    fn an_expired_ticket_says_so() {
        let key = TicketKey::random();
        let token = key.sign(&ticket());
        assert_eq!(key.verify(&token, 1_000), Err(TicketError::Expired));
    }

    #[test]
    fn another_key_or_a_changed_ticket_is_refused() {
        let key = TicketKey::random();
        let token = key.sign(&ticket());
        assert_eq!(
            TicketKey::random().verify(&token, 0),
            Err(TicketError::Invalid)
        );
        let claims = part(&token, 1).replace("conference-1", "conference-2");
        let mut parts: Vec<_> = token.split('.').map(str::to_owned).collect();
        parts[1] = URL_SAFE_NO_PAD.encode(claims);
        assert_eq!(key.verify(&parts.join("."), 0), Err(TicketError::Invalid));
        for garbage in ["", ".", "..", "a.b.c", "ąčę"] {
            assert_eq!(key.verify(garbage, 0), Err(TicketError::Invalid));
        }
    }

    #[test]
    fn another_algorithm_is_refused_even_with_the_right_key() {
        let secret = [7u8; KEY_BYTES];
        let key = TicketKey::new(&secret);
        let claims: serde_json::Value =
            serde_json::from_str(&part(&key.sign(&ticket()), 1)).unwrap();
        let other = encode(
            &Header::new(Algorithm::HS512),
            &claims,
            &EncodingKey::from_secret(&secret),
        )
        .unwrap();
        assert_eq!(key.verify(&other, 0), Err(TicketError::Invalid));
        let unsigned = format!(
            "{}.{}.",
            URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#),
            URL_SAFE_NO_PAD.encode(claims.to_string())
        );
        assert_eq!(key.verify(&unsigned, 0), Err(TicketError::Invalid));
    }

    #[test]
    fn an_anonymous_ticket_holds_no_name_and_differs_each_time() {
        let key = TicketKey::random();
        let anonymous = Ticket {
            name: None,
            ..ticket()
        };
        let token = key.sign(&anonymous);
        let claims: serde_json::Value = serde_json::from_str(&part(&token, 1)).unwrap();
        let mut names: Vec<_> = claims.as_object().unwrap().keys().cloned().collect();
        names.sort();
        assert_eq!(names, ["exp", "grants", "iat", "jti", "room"]);
        assert_ne!(token, key.sign(&anonymous));
    }

    #[test]
    fn a_verified_ticket_says_so_and_nothing_more() {
        let key = TicketKey::random();
        let verified = Ticket {
            name: None,
            verified: Some("use".into()),
            ..ticket()
        };
        let token = key.sign(&verified);
        assert_eq!(key.verify(&token, 0), Ok(verified));
        let claims: serde_json::Value = serde_json::from_str(&part(&token, 1)).unwrap();
        assert_eq!(claims["verified"], "use");
        assert_eq!(claims.as_object().unwrap().len(), 6);
    }

    #[test]
    fn a_key_is_never_shown() {
        let key = TicketKey::new(&[1; KEY_BYTES]);
        assert_eq!(format!("{key:?}"), "TicketKey(…)");
    }

    #[test]
    fn a_starred_ticket_is_good_for_the_rooms_that_begin_so() {
        let one = ticket();
        assert_eq!(one.room_for(None).as_deref(), Some("conference-1"));
        assert_eq!(
            one.room_for(Some("conference-1")).as_deref(),
            Some("conference-1")
        );
        assert_eq!(one.room_for(Some("conference-2")), None);
        let many = Ticket {
            room: "bench-*".into(),
            ..ticket()
        };
        assert_eq!(many.room_for(None), None);
        assert_eq!(many.room_for(Some("bench-7")).as_deref(), Some("bench-7"));
        assert_eq!(many.room_for(Some("conference-1")), None);
        assert_eq!(many.room_for(Some("bench-\n7")), None);
        assert_eq!(
            many.room_for(Some(&format!("bench-{}", "7".repeat(200)))),
            None
        );
    }
}
