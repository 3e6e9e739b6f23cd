//! ICE-lite (RFC 8445 section 2.5) for one participant: answers authenticated checks and says which path media takes.
//!
//! It starts no checks of its own. Any authenticated check gives a provisional path, because Chromium sends media
//! before it nominates; the newest authenticated USE-CANDIDATE then decides, so that a client whose network changes is followed.
//! Firefox nominates once only: when its address changes underneath (a NAT forgets), its consent checks come from elsewhere
//! while the path is silent, and are followed as well.
//!
//! Of the user name of a check only our own half has to be right (RFC 8445 section 7.3): who restarts ICE because the network
//! changed checks with a new half of its own at once, over the new network and long before the offer arrives. So media goes on
//! without waiting for the signalling, whose line is broken at that moment, too.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use rtc_crypto::RTCCrypto;
use rtc_stun::attributes::{
    ATTR_FINGERPRINT, ATTR_MESSAGE_INTEGRITY, ATTR_USE_CANDIDATE, ATTR_USERNAME,
};
use rtc_stun::fingerprint::FINGERPRINT;
use rtc_stun::integrity::MessageIntegrity;
use rtc_stun::message::{BINDING_REQUEST, BINDING_SUCCESS, MESSAGE_HEADER_SIZE, Message};
use rtc_stun::xoraddr::XorMappedAddress;

/// Longest STUN message that is read; a browser's check has about 100 bytes.
const MAX_STUN_BYTES: usize = 1_280;
/// A path from which nothing authentic came for this long is left for one from which a check comes. Live ones carry media,
/// or feedback about it, several times a second; who neither sends nor receives loses nothing by another of its paths.
const SILENT_PATH: Duration = Duration::from_secs(1);
/// Checks whose transaction ids are remembered, against replay from another address.
const REMEMBERED_CHECKS: usize = 64;

/// A binding request that names somebody; not authenticated yet.
pub(crate) struct Check {
    message: Message,
    local: String,
}

impl Check {
    /// Reads a binding request. `Err` holds the stable reason of the refusal.
    pub(crate) fn parse(datagram: &[u8]) -> Result<Self, &'static str> {
        if datagram.len() > MAX_STUN_BYTES {
            return Err("stun_malformed");
        }
        let mut message = Message::new();
        message
            .unmarshal_binary(datagram)
            .map_err(|_| "stun_malformed")?;
        if message.typ != BINDING_REQUEST {
            return Err("stun_not_a_request");
        }
        // What the crate's checks take for granted: nothing behind the message, one integrity of 20 bytes, and a
        // fingerprint of 4 bytes that is last.
        if message.raw.len() != MESSAGE_HEADER_SIZE + message.length as usize {
            return Err("stun_malformed");
        }
        let mut integrity = message
            .attributes
            .0
            .iter()
            .filter(|attribute| attribute.typ == ATTR_MESSAGE_INTEGRITY);
        if integrity.next().is_none_or(|first| first.length != 20) || integrity.next().is_some() {
            return Err("stun_integrity");
        }
        if !message
            .attributes
            .0
            .last()
            .is_some_and(|last| last.typ == ATTR_FINGERPRINT && last.length == 4)
        {
            return Err("stun_fingerprint");
        }
        let username = message.get(ATTR_USERNAME).map_err(|_| "stun_username")?;
        let username = String::from_utf8(username).map_err(|_| "stun_username")?;
        let (local, _) = username.split_once(':').ok_or("stun_username")?;
        Ok(Self {
            local: local.to_owned(),
            message,
        })
    }

    /// The ufrag of ours that the request names (RFC 8445 section 7.2.2).
    pub(crate) fn ufrag(&self) -> &str {
        &self.local
    }
}

/// A user name fragment and its password, one side's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Credentials {
    /// 4 to 256 characters.
    pub(crate) ufrag: String,
    /// 22 to 256 characters.
    pub(crate) password: String,
}

struct Generation {
    local: Credentials,
    remote_ufrag: String,
}

/// What an authenticated check led to.
pub(crate) struct Answer {
    /// The success response, to be sent back where the check came from.
    pub(crate) response: Vec<u8>,
    /// The path of media is another one than before.
    pub(crate) moved: bool,
    /// It leads to another host: another network, of which nothing is known.
    pub(crate) elsewhere: bool,
}

/// The ICE agent of one participant.
pub(crate) struct IceLite {
    current: Generation,
    /// Before an ICE restart; its checks keep the old path alive until the new generation nominates one.
    previous: Option<Generation>,
    path: Option<SocketAddr>,
    path_heard: Instant,
    nominated: bool,
    last_check: Instant,
    seen: VecDeque<([u8; 12], SocketAddr)>,
}

impl IceLite {
    /// An agent that waits for its first check since `now`.
    pub(crate) fn new(local: Credentials, remote_ufrag: &str, now: Instant) -> Self {
        Self {
            current: Generation {
                local,
                remote_ufrag: remote_ufrag.to_owned(),
            },
            previous: None,
            path: None,
            path_heard: now,
            nominated: false,
            last_check: now,
            seen: VecDeque::new(),
        }
    }

    /// Our credentials for the answer.
    pub(crate) fn local(&self) -> &Credentials {
        &self.current.local
    }

    /// The ufrags that checks may name: before the new generation of a restart nominates, also the old one.
    pub(crate) fn ufrags(&self) -> impl Iterator<Item = &str> {
        let generations = std::iter::once(&self.current).chain(&self.previous);
        generations.map(|generation| generation.local.ufrag.as_str())
    }

    /// Whether an offer with this ufrag asks for a restart.
    pub(crate) fn is_restart(&self, remote_ufrag: &str) -> bool {
        self.current.remote_ufrag != remote_ufrag
    }

    /// Begins a new generation (RFC 8445 section 9). The path stays until the new one nominates its own.
    pub(crate) fn restart(&mut self, local: Credentials, remote_ufrag: &str) {
        let next = Generation {
            local,
            remote_ufrag: remote_ufrag.to_owned(),
        };
        self.previous = Some(std::mem::replace(&mut self.current, next));
        self.nominated = false;
    }

    /// Where media goes.
    pub(crate) fn path(&self) -> Option<SocketAddr> {
        self.path
    }

    /// Notes that something authentic came from an address.
    pub(crate) fn heard(&mut self, from: SocketAddr, now: Instant) {
        if self.path == Some(from) {
            self.path_heard = now;
        }
    }

    /// Whether the peer is gone: nothing authentic from it for `consent`, neither a check nor media on its path. Browsers
    /// check all the time (RFC 7675); GStreamer's ICE agent does not after its first nomination, but its media and its
    /// reports are as hard to forge.
    pub(crate) fn expired(&self, now: Instant, consent: Duration) -> bool {
        now.saturating_duration_since(self.last_check.max(self.path_heard)) >= consent
    }

    /// Authenticates a check and answers it. `Err` holds the stable reason of the refusal.
    pub(crate) fn answer(
        &mut self,
        mut check: Check,
        from: SocketAddr,
        now: Instant,
        crypto: &dyn RTCCrypto,
    ) -> Result<Answer, &'static str> {
        let is_current = self.current.matches(&check);
        let generation = if is_current {
            &self.current
        } else {
            let previous = self.previous.as_ref();
            previous
                .filter(|g| g.matches(&check))
                .ok_or("stun_username")?
        };
        let password = generation.local.password.clone();
        FINGERPRINT
            .check(&check.message)
            .map_err(|_| "stun_fingerprint")?;
        MessageIntegrity::check(&mut check.message, password.as_bytes(), crypto)
            .map_err(|_| "stun_integrity")?;
        self.remember(check.message.transaction_id.0, from)?;
        self.last_check = now;
        let before = self.path;
        let moved = self.follow(&check, from, is_current, now);
        self.heard(from, now);
        let response = respond(&check.message, from, password, crypto)?;
        Ok(Answer {
            response,
            moved,
            elsewhere: moved && before.is_none_or(|path| path.ip() != from.ip()),
        })
    }

    /// Refuses a captured check that somebody sends again from elsewhere.
    fn remember(&mut self, transaction: [u8; 12], from: SocketAddr) -> Result<(), &'static str> {
        match self.seen.iter().find(|(seen, _)| *seen == transaction) {
            Some((_, first)) if *first != from => return Err("stun_replay"),
            Some(_) => return Ok(()),
            None => {}
        }
        if self.seen.len() == REMEMBERED_CHECKS {
            self.seen.pop_front();
        }
        self.seen.push_back((transaction, from));
        Ok(())
    }

    fn follow(&mut self, check: &Check, from: SocketAddr, is_current: bool, now: Instant) -> bool {
        // Until the new generation nominates a path, the one before it may: its client may have no other that works.
        let nominates =
            (is_current || !self.nominated) && check.message.contains(ATTR_USE_CANDIDATE);
        if nominates && is_current {
            self.nominated = true;
            self.previous = None;
        }
        let provisional = is_current && !self.nominated && self.path.is_none();
        let silent = now.saturating_duration_since(self.path_heard) >= SILENT_PATH;
        if (nominates || provisional || (is_current && silent)) && self.path != Some(from) {
            self.path = Some(from);
            return true;
        }
        false
    }
}

impl Generation {
    fn matches(&self, check: &Check) -> bool {
        self.local.ufrag == check.local
    }
}

fn respond(
    request: &Message,
    from: SocketAddr,
    password: String,
    crypto: &dyn RTCCrypto,
) -> Result<Vec<u8>, &'static str> {
    let mut response = Message::new();
    response
        .build(&[
            Box::new(request.clone()),
            Box::new(BINDING_SUCCESS),
            Box::new(XorMappedAddress {
                ip: from.ip().to_canonical(),
                port: from.port(),
            }),
            Box::new(MessageIntegrity::new_short_term_integrity_with_provider(
                password, crypto,
            )),
            Box::new(FINGERPRINT),
        ])
        .map_err(|_| "stun_response")?;
    Ok(response.raw)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]
    use super::super::front_door::check_bytes;
    use super::*;
    use rtc_crypto::RTCCryptoProvider;
    use rtc_crypto::providers::AwsLcRsProvider;

    fn credentials(ufrag: &str) -> Credentials {
        Credentials {
            ufrag: ufrag.to_owned(),
            password: format!("{ufrag}-password-of-24-chars"),
        }
    }

    fn send(
        ice: &mut IceLite,
        bytes: &[u8],
        from: SocketAddr,
        now: Instant,
    ) -> Result<Answer, &'static str> {
        let provider = AwsLcRsProvider::new();
        ice.answer(Check::parse(bytes)?, from, now, provider.crypto())
    }

    fn here(port: u16) -> SocketAddr {
        SocketAddr::from(([192, 0, 2, 1], port))
    }

    #[test]
    fn an_authenticated_check_is_answered_with_the_address_that_it_came_from() {
        let now = Instant::now();
        let mut ice = IceLite::new(credentials("ours"), "theirs", now);
        let bytes = check_bytes("ours:theirs", &ice.local().password, false, 1);
        let answer = send(&mut ice, &bytes, here(1000), now).unwrap();
        let mut response = Message::new();
        response.unmarshal_binary(&answer.response).unwrap();
        assert_eq!(response.typ, BINDING_SUCCESS);
        assert_eq!(response.transaction_id.0, [1; 12]);
        let mut address = XorMappedAddress::default();
        rtc_stun::message::Getter::get_from(&mut address, &response).unwrap();
        assert_eq!((address.ip, address.port), (here(1000).ip(), 1000));
        let provider = AwsLcRsProvider::new();
        FINGERPRINT.check(&response).unwrap();
        let password = ice.local().password.clone();
        MessageIntegrity::check(&mut response, password.as_bytes(), provider.crypto()).unwrap();
    }

    #[test]
    fn a_check_without_use_candidate_gives_a_provisional_path() {
        let now = Instant::now();
        let mut ice = IceLite::new(credentials("ours"), "theirs", now);
        let password = ice.local().password.clone();
        let first = check_bytes("ours:theirs", &password, false, 1);
        assert!(send(&mut ice, &first, here(1000), now).unwrap().moved);
        let second = check_bytes("ours:theirs", &password, false, 2);
        assert!(!send(&mut ice, &second, here(2000), now).unwrap().moved);
        assert_eq!(ice.path(), Some(here(1000)));
    }

    #[test]
    fn a_late_use_candidate_from_a_new_address_is_followed() {
        let now = Instant::now();
        let mut ice = IceLite::new(credentials("ours"), "theirs", now);
        let password = ice.local().password.clone();
        for (transaction, port) in [(1, 1000), (2, 2000), (3, 1000)] {
            let bytes = check_bytes("ours:theirs", &password, true, transaction);
            assert!(send(&mut ice, &bytes, here(port), now).unwrap().moved);
            assert_eq!(ice.path(), Some(here(port)));
        }
    }

    #[test]
    fn a_check_from_elsewhere_is_followed_only_when_the_path_is_silent() {
        let now = Instant::now();
        let mut ice = IceLite::new(credentials("ours"), "theirs", now);
        let password = ice.local().password.clone();
        let first = check_bytes("ours:theirs", &password, true, 1);
        send(&mut ice, &first, here(1000), now).unwrap();
        ice.heard(here(1000), now + Duration::from_secs(2));
        let second = check_bytes("ours:theirs", &password, false, 2);
        let later = now + Duration::from_millis(2_900);
        assert!(!send(&mut ice, &second, here(2000), later).unwrap().moved);
        let third = check_bytes("ours:theirs", &password, false, 3);
        let later = now + Duration::from_secs(3);
        assert!(send(&mut ice, &third, here(2000), later).unwrap().moved);
        assert_eq!(ice.path(), Some(here(2000)));
    }

    #[test]
    fn a_captured_use_candidate_sent_again_from_elsewhere_moves_nothing() {
        let now = Instant::now();
        let mut ice = IceLite::new(credentials("ours"), "theirs", now);
        let bytes = check_bytes("ours:theirs", &ice.local().password, true, 1);
        send(&mut ice, &bytes, here(1000), now).unwrap();
        assert_eq!(
            send(&mut ice, &bytes, here(6666), now).err(),
            Some("stun_replay")
        );
        assert_eq!(ice.path(), Some(here(1000)));
    }

    #[test]
    fn whatever_is_not_authenticated_is_refused_with_its_reason() {
        let now = Instant::now();
        let mut ice = IceLite::new(credentials("ours"), "theirs", now);
        let password = ice.local().password.clone();
        let good = check_bytes("ours:theirs", &password, true, 1);
        let wrong_password = check_bytes("ours:theirs", "something else altogether", true, 1);
        let wrong_peer = check_bytes("somebody:theirs", &password, true, 1);
        let mut tampered = good.clone();
        tampered[25] ^= 1;
        let mut trailing = good.clone();
        trailing.push(0);
        let mut bare = Message::new();
        bare.set_type(BINDING_REQUEST);
        bare.write_header();
        for (bytes, reason) in [
            (wrong_password, "stun_integrity"),
            (wrong_peer, "stun_username"),
            (tampered, "stun_username"),
            (trailing, "stun_malformed"),
            (bare.raw, "stun_integrity"),
            (good[..30].to_vec(), "stun_malformed"),
            (vec![0; 20], "stun_malformed"),
        ] {
            assert_eq!(send(&mut ice, &bytes, here(1), now).err(), Some(reason));
        }
        assert_eq!(ice.path(), None);
    }

    #[test]
    fn authentic_media_on_the_path_is_a_sign_of_life_and_media_from_elsewhere_is_none() {
        let now = Instant::now();
        let mut ice = IceLite::new(credentials("ours"), "theirs", now);
        let consent = Duration::from_secs(30);
        let bytes = check_bytes("ours:theirs", &ice.local().password, true, 1);
        send(&mut ice, &bytes, here(1), now).unwrap();
        let later = now + Duration::from_secs(29);
        ice.heard(here(2), later);
        assert!(ice.expired(now + consent, consent));
        ice.heard(here(1), later);
        assert!(!ice.expired(now + consent, consent));
        assert!(ice.expired(later + consent, consent));
    }

    #[test]
    fn consent_expires_without_authenticated_checks() {
        let now = Instant::now();
        let mut ice = IceLite::new(credentials("ours"), "theirs", now);
        let consent = Duration::from_secs(30);
        let bytes = check_bytes("ours:theirs", &ice.local().password, true, 1);
        let later = now + Duration::from_secs(20);
        send(&mut ice, &bytes, here(1), later).unwrap();
        let forged = check_bytes("ours:theirs", "not the password at all", true, 2);
        assert!(send(&mut ice, &forged, here(1), later + Duration::from_secs(20)).is_err());
        assert!(!ice.expired(later + Duration::from_secs(29), consent));
        assert!(ice.expired(later + Duration::from_secs(30), consent));
    }

    #[test]
    fn a_restart_keeps_the_old_path_until_the_new_generation_nominates() {
        let now = Instant::now();
        let mut ice = IceLite::new(credentials("ours"), "theirs", now);
        let old = ice.local().password.clone();
        let bytes = check_bytes("ours:theirs", &old, true, 1);
        send(&mut ice, &bytes, here(1000), now).unwrap();
        assert!(ice.is_restart("theirs2") && !ice.is_restart("theirs"));
        ice.restart(credentials("ours2"), "theirs2");
        // The browser's consent checks of the old generation are still answered; the path stays.
        let bytes = check_bytes("ours:theirs", &old, true, 2);
        assert!(!send(&mut ice, &bytes, here(1000), now).unwrap().moved);
        let new = ice.local().password.clone();
        let bytes = check_bytes("ours2:theirs2", &new, false, 3);
        send(&mut ice, &bytes, here(2000), now).unwrap();
        assert_eq!(ice.path(), Some(here(1000)));
        let bytes = check_bytes("ours2:theirs2", &new, true, 4);
        assert!(send(&mut ice, &bytes, here(2000), now).unwrap().moved);
        let bytes = check_bytes("ours:theirs", &old, true, 5);
        assert!(send(&mut ice, &bytes, here(1000), now).is_err());
    }

    #[test]
    fn a_client_that_restarts_is_followed_before_its_offer_arrives() {
        let now = Instant::now();
        let mut ice = IceLite::new(credentials("ours"), "theirs", now);
        let password = ice.local().password.clone();
        let bytes = check_bytes("ours:theirs", &password, true, 1);
        send(&mut ice, &bytes, here(1000), now).unwrap();
        let bytes = check_bytes("ours:theirs2", &password, true, 2);
        assert!(send(&mut ice, &bytes, here(2000), now).unwrap().moved);
        assert_eq!(ice.path(), Some(here(2000)));
    }

    #[test]
    fn before_the_new_generation_nominates_the_old_one_may_move() {
        let now = Instant::now();
        let mut ice = IceLite::new(credentials("ours"), "theirs", now);
        let old = ice.local().password.clone();
        let bytes = check_bytes("ours:theirs", &old, true, 1);
        send(&mut ice, &bytes, here(1000), now).unwrap();
        ice.restart(credentials("ours2"), "theirs2");
        let bytes = check_bytes("ours:theirs", &old, true, 2);
        assert!(send(&mut ice, &bytes, here(1001), now).unwrap().moved);
        let bytes = check_bytes("ours2:theirs2", &ice.local().password.clone(), true, 3);
        assert!(send(&mut ice, &bytes, here(2000), now).unwrap().moved);
    }
}
