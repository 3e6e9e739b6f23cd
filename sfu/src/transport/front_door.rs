//! The shard's front door without a socket behind it: what fuzzing throws bytes and offers at.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::mpsc::sync_channel;
use std::time::Instant;

use rtc_stun::attributes::{ATTR_USE_CANDIDATE, ATTR_USERNAME};
use rtc_stun::fingerprint::FINGERPRINT;
use rtc_stun::integrity::MessageIntegrity;
use rtc_stun::message::{BINDING_REQUEST, Message, Setter};
use rtc_stun::textattrs::TextAttribute;

use super::across::Across;
use super::dtls::Identity;
use super::handle::{Control, JoinCommand};
use super::rooms::Clock;
use super::sdp::{Candidate, Offer};
use super::shard::{NewShard, Shard};
use super::udp;
use crate::command::Joined;
use crate::error::SfuError;
use crate::ids::{ParticipantId, RoomId};
use crate::{MAX_SDP_BYTES, SfuConfig};

/// An address that an authenticated check came from, and one that nobody knows.
const KNOWN: SocketAddr = SocketAddr::new(
    std::net::IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1)),
    1,
);
const UNKNOWN: SocketAddr = SocketAddr::new(
    std::net::IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 2)),
    2,
);
const OFFER: &str = "v=0\r\na=group:BUNDLE 0 1 2\r\na=ice-ufrag:visitor\r\na=setup:actpass\r\n\
    a=fingerprint:sha-256 00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:12:13:14:15:16:17:18:19:1A:1B:1C:1D:1E:1F\r\n\
    m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=sendonly\r\na=rtpmap:111 opus/48000/2\r\na=ssrc:1 cname:x\r\n\
    m=video 9 UDP/TLS/RTP/SAVPF 96 97 102\r\na=mid:1\r\na=sendrecv\r\na=rtpmap:96 VP8/90000\r\na=fmtp:97 apt=96\r\n\
    a=rtpmap:97 rtx/90000\r\na=rtcp-fb:96 nack pli\r\na=extmap:4/sendonly urn:ietf:params:rtp-hdrext:sdes:mid\r\n\
    a=ssrc-group:FID 2 3\r\na=rtpmap:102 H264/90000\r\na=fmtp:102 packetization-mode=1;profile-level-id=42e01f\r\n\
    m=video 0 UDP/TLS/RTP/SAVPF 45\r\na=bundle-only\r\na=mid:2\r\na=recvonly\r\na=rtpmap:45 AV1/90000\r\n";

/// A shard with one visitor whose handshake has not begun.
pub(crate) struct FrontDoor {
    shard: Shard,
    check: Vec<u8>,
}

impl FrontDoor {
    /// Opens it.
    pub(crate) fn open() -> Result<Self, SfuError> {
        let mut door = Self {
            shard: lone_shard(Arc::new(Identity::generate()?))?,
            check: Vec::new(),
        };
        let answer = door.join(OFFER)?.answer;
        let username = format!("{}:visitor", find(&answer, "a=ice-ufrag:"));
        door.check = check_bytes(&username, &find(&answer, "a=ice-pwd:"), true, 1);
        let mut check = door.check.clone();
        door.knock(KNOWN, &mut check);
        Ok(door)
    }

    fn join(&mut self, offer: &str) -> Result<Joined, SfuError> {
        let join = JoinCommand {
            room: RoomId::new("room"),
            participant: ParticipantId(1),
            offer: Offer::parse(offer)?,
            publish: true,
            subscribe: true,
            sources: Vec::new(),
            place: None,
        };
        self.shard.join(join, Instant::now())
    }

    fn knock(&mut self, from: SocketAddr, bytes: &mut [u8]) {
        self.shard.on_datagram(bytes, from, Instant::now());
        self.shard.tick(Instant::now());
        self.shard.outbox.discard();
    }

    /// Throws a datagram at it: the first byte says from where and what as.
    pub(crate) fn datagram(&mut self, data: &[u8]) {
        let Some((how, data)) = data.split_first() else {
            return;
        };
        let mut bytes = data.to_vec();
        if how & 2 != 0 {
            // A check that was authentic once, with some of its bytes changed, added or cut.
            bytes = self.check.clone();
            let at = usize::from(how >> 2) % bytes.len();
            let over = data.len().min(bytes.len() - at);
            bytes[at..at + over].copy_from_slice(&data[..over]);
            bytes.extend_from_slice(&data[over..]);
        }
        let from = if how & 1 == 0 { UNKNOWN } else { KNOWN };
        self.knock(from, &mut bytes);
        assert!(
            self.shard.outlook.refused.len() < 64,
            "reasons are constants"
        );
    }

    /// Shows it an offer: a real one in which each two bytes of `data` move, double, cut or spoil a line.
    pub(crate) fn offer(&mut self, data: &[u8]) {
        let mut lines: Vec<String> = OFFER.lines().map(str::to_owned).collect();
        for pair in data.chunks_exact(2) {
            let at = usize::from(pair[0]) % lines.len();
            match pair[1] % 4 {
                0 if lines.len() > 1 => drop(lines.remove(at)),
                1 if lines.len() < 400 => lines.insert(at, lines[lines.len() - 1 - at].clone()),
                2 => lines.swap(at, 0),
                _ => {
                    let cut = usize::from(pair[1]) % (lines[at].len() + 1);
                    lines[at].insert(cut, char::from((pair[1] ^ pair[0]) & 0x7f));
                }
            }
        }
        let text = lines.join("\r\n");
        if let Ok(joined) = self.join(&text) {
            let asked = text.lines().filter(|line| line.starts_with("m=")).count();
            let answered = joined.answer.matches("\r\nm=").count();
            assert_eq!(asked, answered, "each m-line has its answer");
            assert!(joined.answer.len() < MAX_SDP_BYTES);
            assert!(
                joined
                    .answer
                    .lines()
                    .all(|line| line.as_bytes().get(1) == Some(&b'='))
            );
        }
        let _ = self.join(&String::from_utf8_lossy(data));
        self.shard.outbox.discard();
    }
}

/// A shard on a socket that nobody knows; no events and no commands.
pub(super) fn lone_shard(identity: Arc<Identity>) -> Result<Shard, SfuError> {
    let failed = |error: std::io::Error| SfuError::Socket(error.to_string());
    // Bounded, and nobody is at the other ends: every event is dropped.
    let (_, commands) = sync_channel(1);
    let (events, _) = tokio::sync::mpsc::channel(1);
    let new = NewShard {
        config: SfuConfig::default(),
        identity,
        candidates: vec![Candidate::Udp(UNKNOWN)],
        tcp: None,
        socket: udp::bind(SocketAddr::from(([127, 0, 0, 1], 0))).map_err(failed)?,
        control: Arc::new(Control::new().map_err(failed)?),
        commands,
        events,
        track_ids: Arc::new(AtomicU64::new(1)),
        across: Across::default(),
        clock: Clock::start(Instant::now()),
    };
    Ok(Shard::new(new, Instant::now()))
}

/// The value of the answer's first line that begins so.
pub(super) fn find(answer: &str, name: &str) -> String {
    let found = answer.lines().find_map(|line| line.strip_prefix(name));
    found.unwrap_or_default().to_owned()
}

/// A check as a browser sends it.
pub(crate) fn check_bytes(
    username: &str,
    password: &str,
    nominate: bool,
    transaction: u8,
) -> Vec<u8> {
    let provider = rtc_crypto::providers::AwsLcRsProvider::new();
    let mut message = Message::new();
    message.set_type(BINDING_REQUEST);
    message.transaction_id.0 = [transaction; 12];
    message.write_header();
    let username = TextAttribute::new(ATTR_USERNAME, username.to_owned());
    let integrity = MessageIntegrity::new_short_term_integrity_with_provider(
        password.to_owned(),
        rtc_crypto::RTCCryptoProvider::crypto(&provider),
    );
    let mut whole = username.add_to(&mut message).is_ok();
    if nominate {
        message.add(ATTR_USE_CANDIDATE, &[]);
    }
    whole &= integrity.add_to(&mut message).is_ok() && FINGERPRINT.add_to(&mut message).is_ok();
    assert!(whole, "a check of constants can be written");
    message.raw
}
