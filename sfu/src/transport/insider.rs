//! A participant who means harm, for fuzzing: connected, with keys of its own, so that what it sends is authentic and reaches
//! the parts that strangers never reach. Another participant sits beside it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::dtls::{Dtls, DtlsEvent, Identity, RtcDtls};
use super::front_door::{check_bytes, find, lone_shard};
use super::handle::JoinCommand;
use super::sdp::{Fingerprint, FingerprintHash, Offer};
use super::shard::Shard;
use super::srtp::{Inbound, Outbound, contexts};
use crate::error::SfuError;
use crate::forward::rtp::{Header, RtpView, write_header};
use crate::ids::{ParticipantId, RoomId};

const RECEIVING: &str = "a=rtpmap:111 opus/48000/2\r\n";
const CODECS: &str = "a=rtpmap:96 VP8/90000\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\na=rtpmap:98 VP9/90000\r\n\
    a=fmtp:98 profile-id=0\r\na=rtpmap:102 H264/90000\r\n\
    a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f\r\na=rtpmap:45 AV1/90000\r\n\
    a=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\na=rtcp-fb:96 transport-cc\r\n";
const EXTENSIONS: &str = "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n\
    a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n\
    a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\na=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\n\
    a=extmap:11 urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id\r\n";
const PAYLOAD_TYPES: [u8; 8] = [111, 96, 97, 98, 102, 45, 96, 13];
/// Virtual time in which everybody is connected.
const PATIENCE: u32 = 400;

/// One end of a connection to the shard.
struct Member {
    address: SocketAddr,
    dtls: RtcDtls,
    media: Option<(Inbound, Outbound)>,
    slots: Vec<u32>,
    sequence: u16,
}

/// Two members of a room; the first means harm.
pub(crate) struct Insider {
    shard: Shard,
    members: Vec<Member>,
    now: Instant,
}

impl Insider {
    /// Connects both.
    pub(crate) fn enter() -> Result<Self, SfuError> {
        let identity = Arc::new(Identity::generate()?);
        let mut insider = Self {
            shard: lone_shard(identity.clone())?,
            members: Vec::new(),
            now: Instant::now(),
        };
        for port in 1..=2 {
            insider.join(port, &identity)?;
        }
        for _ in 0..PATIENCE {
            insider.pass(5);
        }
        let whole = insider.members.iter().all(|member| member.media.is_some());
        assert!(whole, "both are connected");
        Ok(insider)
    }

    fn join(&mut self, port: u16, identity: &Arc<Identity>) -> Result<(), SfuError> {
        let print = &identity.fingerprint;
        let mut offer = format!(
            "v=0\r\na=ice-ufrag:user{port}\r\na=setup:actpass\r\na=fingerprint:sha-256 {print}\r\n"
        );
        let simulcast =
            "a=rid:q send\r\na=rid:h send\r\na=rid:f send\r\na=simulcast:send q;h;f\r\n";
        for (mid, kind, direction, more) in [
            (0, "audio", "sendonly", ""),
            (
                1,
                "video",
                "sendonly",
                if port == 1 { simulcast } else { "" },
            ),
            (2, "video", "sendonly", ""),
            (3, "audio", "recvonly", ""),
            (4, "video", "recvonly", ""),
        ] {
            let (formats, codecs) = match kind {
                "audio" => ("111", RECEIVING),
                _ => ("96 97 98 102 45", CODECS),
            };
            offer += &format!(
                "m={kind} 9 UDP/TLS/RTP/SAVPF {formats}\r\na=mid:{mid}\r\na={direction}\r\n{codecs}{EXTENSIONS}{more}"
            );
        }
        let join = JoinCommand {
            room: RoomId::new("room"),
            participant: ParticipantId(port.into()),
            offer: Offer::parse(&offer)?,
            publish: true,
            subscribe: true,
            sources: Vec::new(),
            place: None,
        };
        let answer = self.shard.join(join, self.now)?.answer;
        let digest = find(&answer, "a=fingerprint:sha-256 ");
        let digest = digest
            .split(':')
            .filter_map(|pair| u8::from_str_radix(pair, 16).ok());
        let expected = Fingerprint {
            hash: FingerprintHash::Sha256,
            digest: digest.collect(),
        };
        let is_client = answer.contains("a=setup:passive");
        let mut dtls = RtcDtls::new(identity.clone(), expected, is_client, self.now);
        dtls.start(self.now)
            .map_err(|why| SfuError::Socket(why.to_owned()))?;
        let ssrcs = answer
            .lines()
            .filter_map(|line| line.strip_prefix("a=ssrc:"));
        let ssrcs = ssrcs.filter_map(|line| line.split(' ').next()?.parse().ok());
        let member = Member {
            address: SocketAddr::from(([192, 0, 2, 9], port)),
            dtls,
            media: None,
            slots: ssrcs.collect(),
            sequence: 0,
        };
        let username = format!("{}:user{port}", find(&answer, "a=ice-ufrag:"));
        let mut check = check_bytes(&username, &find(&answer, "a=ice-pwd:"), true, port as u8);
        self.shard.on_datagram(&mut check, member.address, self.now);
        self.members.push(member);
        Ok(())
    }

    /// Lets time pass: what waits is carried, timers run.
    fn pass(&mut self, ms: u64) {
        self.now += Duration::from_millis(ms);
        self.shard.tick(self.now);
        for (to, datagram) in self.shard.outbox.take() {
            let mut members = self.members.iter_mut();
            let Some(member) = members.find(|member| member.address == to) else {
                continue;
            };
            match (datagram.first(), &mut member.media) {
                (Some(20..=63), _) => {
                    for event in member.dtls.read(&datagram, self.now).unwrap_or_default() {
                        if let DtlsEvent::Connected(keys) = event {
                            let provider = rtc_crypto::providers::AwsLcRsProvider::new();
                            member.media = contexts(&keys, &{ Arc::new(provider) as _ }).ok();
                        }
                    }
                }
                (Some(128..), Some((inbound, _))) => {
                    let mut datagram = datagram;
                    if (192..=223).contains(&datagram[1]) {
                        assert!(inbound.open_rtcp(&datagram).is_ok(), "what leaves is sound");
                    } else {
                        let plain = inbound.open_rtp(&mut datagram);
                        let plain = plain.expect("what leaves is sound, and once");
                        assert!(RtpView::parse(plain).is_ok(), "what leaves is a packet");
                    }
                }
                _ => {}
            }
        }
        for place in 0..self.members.len() {
            let member = &mut self.members[place];
            member.dtls.tick(self.now);
            while let Some(datagram) = self.members[place].dtls.transmit() {
                self.arrive(place, datagram.to_vec());
            }
        }
    }

    fn arrive(&mut self, place: usize, mut datagram: Vec<u8>) {
        let from = self.members[place].address;
        self.shard.on_datagram(&mut datagram, from, self.now);
    }

    /// Seals and sends what is written in plain: media from `header` bytes on is secret.
    fn rtp(&mut self, place: usize, mut plain: Vec<u8>) {
        let Some((_, outbound)) = &mut self.members[place].media else {
            return;
        };
        let Ok(view) = RtpView::parse(&plain) else {
            return;
        };
        let (header, index) = (view.header_len(), u64::from(view.sequence()));
        if (192..=223).contains(&plain[1]) {
            return;
        }
        if outbound.seal_rtp(&mut plain, 0, header, index).is_ok() {
            self.arrive(place, plain);
        }
    }

    fn rtcp(&mut self, place: usize, plain: &[u8]) {
        let Some((_, outbound)) = &mut self.members[place].media else {
            return;
        };
        let mut sealed = Vec::new();
        if plain.len() >= 8 && outbound.seal_rtcp(plain, &mut sealed).is_ok() {
            self.arrive(place, sealed);
        }
    }

    /// Does what the bytes say, one act after another.
    pub(crate) fn act(&mut self, data: &[u8]) {
        let mut rest = data;
        while let [act, a, b, more @ ..] = rest {
            let (bytes, after) = more.split_at(usize::from(*b).min(more.len()));
            rest = match act % 8 {
                0 | 1 => {
                    self.media(0, act >> 3, *a, bytes);
                    after
                }
                2 => {
                    let mut plain = bytes.to_vec();
                    if let [first, ..] = plain.as_mut_slice() {
                        *first = *first & 0x3f | 0x80;
                    }
                    self.rtp(0, plain);
                    after
                }
                3 => {
                    let mut plain = bytes.to_vec();
                    if let [first, kind, high, low, ..] = plain.as_mut_slice() {
                        *first = *first & 0x3f | 0x80;
                        *kind = 200 + *kind % 8;
                        (*high, *low) = (0, *low % 64);
                    }
                    self.rtcp(0, &plain);
                    after
                }
                4 => {
                    self.about_slot(*act >> 3, *a, bytes);
                    after
                }
                5 => {
                    self.media(
                        1,
                        act >> 3,
                        *a,
                        &[0x10, u8::from(a % 8 != 0), 0, 0, 0x9d, 1, 0x2a],
                    );
                    more
                }
                6 => {
                    let request = super::super::forward::packet::LayerId {
                        track: crate::ids::TrackId(u64::from(*b)),
                        layer: a % 4,
                    };
                    self.shard.request_keyframe(&RoomId::new("room"), request);
                    more
                }
                _ => {
                    self.pass(u64::from(*a));
                    more
                }
            };
        }
        self.pass(5);
        let peers = self.shard.peers.len();
        assert!(peers <= 2 && self.shard.outlook.refused.len() < 64);
    }

    /// Whether both are still there.
    pub(crate) fn is_whole(&self) -> bool {
        self.shard.peers.len() == 2
    }

    /// A packet with a proper header: which m-line, layer, codec and distance from the last number the bits say.
    fn media(&mut self, place: usize, what: u8, how: u8, payload: &[u8]) {
        let member = &mut self.members[place];
        let payload_type = PAYLOAD_TYPES[usize::from(what & 7)];
        let (line, layer) = (usize::from(how & 1), usize::from(how >> 1 & 3));
        member.sequence = member.sequence.wrapping_add(u16::from(how >> 3));
        let header = Header {
            marker: how & 16 == 0,
            payload_type,
            sequence: member.sequence,
            timestamp: u32::from(member.sequence) * 900,
            ssrc: (1 + place * 100 + line * 10 + layer) as u32,
        };
        let (number, loudness) = (member.sequence.to_be_bytes(), [how]);
        let mid = [["0", "1"], ["0", "2"]][line][usize::from(payload_type != 111)];
        let rid = ["q", "h", "f", "x"][layer];
        let rid_id = if payload_type == 97 { 11 } else { 10 };
        let mut all: Vec<(u8, &[u8])> = vec![(4, mid.as_bytes()), (3, &number), (1, &loudness)];
        if mid == "1" {
            all.push((rid_id, rid.as_bytes()));
        }
        let mut plain = Vec::new();
        write_header(&mut plain, &header, &all);
        plain.extend_from_slice(payload);
        self.rtp(place, plain);
    }

    /// Control packets about what the shard sends: NACK, PLI, FIR, REMB, feedback, reports, with a real SSRC in them.
    fn about_slot(&mut self, which: u8, kind: u8, bytes: &[u8]) {
        let slots = &self.members[0].slots;
        let Some(&slot) = slots.get(usize::from(which) % slots.len().max(1)) else {
            return;
        };
        let (format, packet_type) =
            [(1, 205), (15, 205), (1, 206), (4, 206), (15, 206), (1, 201)][usize::from(kind) % 6];
        let words = bytes.len() / 4;
        let mut plain = vec![0x80 | format, packet_type, 0, 2 + words as u8, 0, 0, 0, 1];
        plain.extend(slot.to_be_bytes());
        plain.extend_from_slice(&bytes[..words * 4]);
        self.rtcp(0, &plain);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]
    use super::*;

    /// VP8, the beginning of a keyframe.
    const KEYFRAME: [u8; 11] = [0x10, 0, 0, 0, 0x9d, 1, 0x2a, 0x80, 2, 0x68, 1];

    #[test]
    fn an_insider_gets_further_than_a_stranger() {
        let mut insider = Insider::enter().unwrap();
        let act = |act: u8, how: u8, bytes: &[u8]| [&[act, how, bytes.len() as u8], bytes].concat();
        let media = |line: u8| act(1 << 3, 8 | line, &KEYFRAME);
        let mut data = [media(1), media(1), media(0), media(0)].concat();
        data.extend(act(0, 8, b"opus"));
        data.extend([7, 100, 0]);
        // The other's media, and what the insider says of it: lost, a keyframe wanted.
        data.extend([13, 8, 0, 13, 8, 0, 7, 10, 0]);
        for slot in 0..2 {
            data.extend(act(4 | slot << 3, 0, &[0, 1, 0xff, 0xff]));
            data.extend(act(4 | slot << 3, 2, &[]));
        }
        insider.act(&data);
        let stats = &insider.shard.stats;
        assert!(stats.packets_in >= 5 && stats.packets_out >= 3, "{stats:?}");
        assert!(stats.nacked > 0 && stats.keyframes_wanted > 0, "{stats:?}");
        assert!(insider.is_whole());
    }
}
