//! A browser's double: offers, checks, shakes hands, sends and opens media. It has no logic of a browser's own.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use crate::congestion::FeedbackCollector;
use crate::forward::rtp::{Header, RtpView, write_header};
use crate::transport::dtls::{Dtls, DtlsEvent, Identity, RtcDtls};
use crate::transport::front_door::check_bytes;
use crate::transport::sdp::offer::{REPAIRED_RID, RID, TRANSPORT_CC};
use crate::transport::sdp::{Fingerprint, FingerprintHash};
use crate::transport::srtp::{Inbound, Outbound, Profile, contexts};

pub(super) const OPUS: u8 = 111;
pub(super) const VP8: u8 = 96;
pub(super) const RTX: u8 = 97;
pub(super) const VOICE_SSRC: u32 = 1_001;
pub(super) const FACE_SSRC: u32 = 2_001;
pub(super) const FACE_RTX_SSRC: u32 = 2_002;
const RIDS: &[u8] = b"qhf";
/// A VP8 payload that begins a keyframe, and one that does not.
pub(super) const KEYFRAME: &[u8] = &[
    0x10, 0, 0, 0, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01, 9, 9,
];
pub(super) const DELTA: &[u8] = &[0x10, 1, 0, 0, 7, 7, 7, 7];

/// What a double offers.
#[derive(Clone)]
pub(super) struct Wish {
    pub(super) send: bool,
    pub(super) voices: usize,
    pub(super) faces: usize,
    /// Announce SSRCs in the offer.
    pub(super) announce: bool,
    /// Wait for the server to begin DTLS.
    pub(super) passive: bool,
    /// Send the camera in the layers q, h and f.
    pub(super) layers: bool,
    /// Say what arrives, by transport-wide feedback.
    pub(super) feedback: bool,
}

impl Default for Wish {
    fn default() -> Self {
        Self {
            send: true,
            voices: 2,
            faces: 2,
            announce: false,
            passive: false,
            layers: false,
            feedback: false,
        }
    }
}

pub(super) struct Client {
    pub(super) address: SocketAddr,
    pub(super) ufrag: String,
    pub(super) server_ufrag: String,
    pub(super) server_password: String,
    pub(super) answer: String,
    identity: Arc<Identity>,
    dtls: Option<RtcDtls>,
    media: Option<(Inbound, Outbound)>,
    pub(super) profile: Option<Profile>,
    /// Forget MID, as browsers do once reports reach them.
    pub(super) without_mid: bool,
    pub(super) rtp: Vec<Vec<u8>>,
    pub(super) rtcp: Vec<Vec<u8>>,
    pub(super) closed: bool,
    pub(super) out: Vec<Vec<u8>>,
    arrivals: Option<FeedbackCollector>,
    transaction: u8,
}

impl Client {
    pub(super) fn new(port: u16, identity: Arc<Identity>) -> Self {
        Self {
            address: SocketAddr::from(([192, 0, 2, 1], port)),
            ufrag: format!("client{port}"),
            server_ufrag: String::new(),
            server_password: String::new(),
            answer: String::new(),
            identity,
            dtls: None,
            media: None,
            profile: None,
            without_mid: false,
            rtp: Vec::new(),
            rtcp: Vec::new(),
            closed: false,
            out: Vec::new(),
            arrivals: None,
            transaction: 0,
        }
    }

    /// An offer with Chromium's numbers.
    pub(super) fn offer(&self, wish: &Wish) -> String {
        let mut lines = vec!["v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0"]
            .into_iter()
            .map(str::to_owned)
            .collect::<Vec<_>>();
        let mut mid = 0;
        let mut line = |kind: &str, direction: &str, ssrcs: &str| {
            let (formats, codecs) = match kind {
                "audio" => (
                    "111",
                    "a=rtpmap:111 opus/48000/2\r\na=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level",
                ),
                _ => (
                    "96 97",
                    "a=rtpmap:96 VP8/90000\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\na=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\na=rtcp-fb:96 transport-cc",
                ),
            };
            let (ufrag, fingerprint) = (&self.ufrag, &self.identity.fingerprint);
            let setup = if wish.passive { "passive" } else { "actpass" };
            let numbered = direction == "sendonly" || wish.feedback;
            let twcc = if numbered {
                format!("a=extmap:3 {TRANSPORT_CC}\r\n")
            } else {
                String::new()
            };
            lines.push(format!(
                "m={kind} 9 UDP/TLS/RTP/SAVPF {formats}\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:{ufrag}\r\na=ice-pwd:not needed by a lite agent\r\n\
                 a=fingerprint:sha-256 {fingerprint}\r\na=setup:{setup}\r\na=mid:{mid}\r\na={direction}\r\na=rtcp-mux\r\n\
                 a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n{twcc}{codecs}{ssrcs}"
            ));
            mid += 1;
        };
        if wish.send {
            let announced = format!(
                "\r\na=ssrc-group:FID {FACE_SSRC} {FACE_RTX_SSRC}\r\na=ssrc:{FACE_SSRC} cname:x\r\na=ssrc:{FACE_RTX_SSRC} cname:x"
            );
            let voice = format!("\r\na=ssrc:{VOICE_SSRC} cname:x");
            let layers = format!(
                "\r\na=extmap:10 {RID}\r\na=extmap:11 {REPAIRED_RID}\r\na=rid:q send\r\na=rid:h send\r\na=rid:f send\r\na=simulcast:send q;h;f"
            );
            line("audio", "sendonly", if wish.announce { &voice } else { "" });
            line(
                "video",
                "sendonly",
                match wish {
                    Wish { layers: true, .. } => &layers,
                    Wish { announce: true, .. } => &announced,
                    _ => "",
                },
            );
        }
        for _ in 0..wish.voices {
            line("audio", "recvonly", "");
        }
        for _ in 0..wish.faces {
            line("video", "recvonly", "");
        }
        lines.push(String::new());
        lines.join("\r\n")
    }

    /// Reads the answer.
    pub(super) fn take_answer(&mut self, answer: &str, now: Instant) {
        self.answer = answer.to_owned();
        let find = |name: &str| {
            let line = answer.lines().find_map(|line| line.strip_prefix(name));
            line.unwrap().to_owned()
        };
        self.server_ufrag = find("a=ice-ufrag:");
        // It tells of what it was promised numbers for.
        let mut slots = answer
            .split("m=")
            .filter(|section| section.contains("a=sendonly"));
        if slots.any(|section| section.contains(TRANSPORT_CC)) {
            self.arrivals = Some(FeedbackCollector::new(now));
        }
        self.server_password = find("a=ice-pwd:");
        let is_client = answer.contains("a=setup:passive");
        if self.dtls.is_none() {
            let digest = find("a=fingerprint:sha-256 ");
            let digest = digest
                .split(':')
                .map(|pair| u8::from_str_radix(pair, 16).unwrap());
            let expected = Fingerprint {
                hash: FingerprintHash::Sha256,
                digest: digest.collect(),
            };
            self.dtls = Some(RtcDtls::new(
                self.identity.clone(),
                expected,
                is_client,
                now,
            ));
        }
    }

    /// The SSRC of the slot with this mid, from the answer.
    pub(super) fn slot_ssrc(&self, mid: &str) -> u32 {
        let section = self
            .answer
            .split("m=")
            .find(|s| s.contains(&format!("a=mid:{mid}\r\n")));
        let line = section
            .unwrap()
            .lines()
            .find_map(|line| line.strip_prefix("a=ssrc:"));
        line.unwrap().split(' ').next().unwrap().parse().unwrap()
    }

    pub(super) fn check(&mut self, nominate: bool) -> Vec<u8> {
        self.transaction = self.transaction.wrapping_add(1);
        let username = format!("{}:{}", self.server_ufrag, self.ufrag);
        // Every double has its own transaction ids, as random ones would be.
        check_bytes(&username, &self.server_password, nominate, self.transaction)
    }

    pub(super) fn send_check(&mut self, nominate: bool) {
        let check = self.check(nominate);
        self.out.push(check);
    }

    /// Knows no GCM.
    pub(super) fn offer_only_cm(&mut self) {
        self.dtls.as_mut().unwrap().offered = Profile::Cm;
    }

    pub(super) fn start_dtls(&mut self, now: Instant) {
        self.dtls.as_mut().unwrap().start(now).unwrap();
    }

    pub(super) fn close(&mut self, now: Instant) {
        self.dtls.as_mut().unwrap().close(now);
    }

    pub(super) fn is_connected(&self) -> bool {
        self.media.is_some()
    }

    /// Moves DTLS on and gives what leaves.
    pub(super) fn turn(&mut self, now: Instant) -> Vec<Vec<u8>> {
        let mut feedback = Vec::new();
        if let Some(arrivals) = &mut self.arrivals {
            while arrivals.poll(now, 1, 2, &mut feedback) {}
        }
        if !feedback.is_empty() {
            self.control(&feedback);
        }
        if let Some(dtls) = &mut self.dtls {
            dtls.tick(now);
            while let Some(datagram) = dtls.transmit() {
                self.out.push(datagram.to_vec());
            }
        }
        std::mem::take(&mut self.out)
    }

    pub(super) fn receive(&mut self, datagram: &[u8], now: Instant) {
        match datagram[0] {
            0..=3 => {}
            20..=63 => {
                let events = self.dtls.as_mut().unwrap().read(datagram, now);
                for event in events.unwrap_or_default() {
                    match event {
                        DtlsEvent::Connected(keys) => {
                            self.profile = Some(keys.profile);
                            self.media = Some(contexts(&keys, &self.identity.provider).unwrap());
                        }
                        DtlsEvent::Closed => self.closed = true,
                    }
                }
            }
            _ => {
                let Some((inbound, _)) = &mut self.media else {
                    return;
                };
                if (192..=223).contains(&datagram[1]) {
                    self.rtcp
                        .push(inbound.open_rtcp(datagram).unwrap().to_vec());
                } else {
                    self.rtp
                        .push(inbound.open_rtp(&mut datagram.to_vec()).unwrap().to_vec());
                    let numbers = self.numbers();
                    if let (Some(arrivals), Some(&number)) = (&mut self.arrivals, numbers.last()) {
                        arrivals.received(number, now);
                    }
                }
            }
        }
    }

    /// Seals a packet; `extensions` come after MID.
    pub(super) fn seal(
        &mut self,
        mid: &str,
        header: Header,
        extensions: &[(u8, &[u8])],
        payload: &[u8],
    ) -> Vec<u8> {
        let mut all: Vec<(u8, &[u8])> = Vec::new();
        if !self.without_mid {
            all.push((4, mid.as_bytes()));
        }
        all.extend_from_slice(extensions);
        let mut packet = Vec::new();
        let length = write_header(&mut packet, &header, &all);
        packet.extend_from_slice(payload);
        let (_, outbound) = self.media.as_mut().unwrap();
        outbound
            .seal_rtp(&mut packet, 0, length, u64::from(header.sequence))
            .unwrap();
        packet
    }

    /// Sends a packet of its microphone, at −20 dBov.
    pub(super) fn speak(&mut self, sequence: u16) {
        let header = header(OPUS, VOICE_SSRC, sequence, u32::from(sequence) * 960);
        let packet = self.seal("0", header, &[(1, &[0x80 | 20])], b"opus");
        self.out.push(packet);
    }

    /// Sends a packet of its camera.
    pub(super) fn show(&mut self, sequence: u16, payload: &[u8]) {
        let header = header(VP8, FACE_SSRC, sequence, u32::from(sequence) * 3_000);
        let packet = self.seal("1", header, &[(3, &sequence.to_be_bytes())], payload);
        self.out.push(packet);
    }

    /// Sends a packet of one layer of its camera.
    pub(super) fn show_layer(&mut self, layer: u8, sequence: u16, payload: &[u8]) {
        let ssrc = layer_ssrc(layer);
        let header = header(VP8, ssrc, sequence, u32::from(sequence) * 3_000);
        let rid = (10, &RIDS[usize::from(layer)..][..1]);
        let extensions = if self.without_mid {
            &[][..]
        } else {
            &[rid][..]
        };
        let packet = self.seal("1", header, extensions, payload);
        self.out.push(packet);
    }

    /// Sends a packet of one layer again.
    pub(super) fn show_layer_again(&mut self, layer: u8, rtx: u16, sequence: u16, payload: &[u8]) {
        let ssrc = layer_ssrc(layer) + 1;
        let header = header(RTX, ssrc, rtx, u32::from(sequence) * 3_000);
        let payload = [&sequence.to_be_bytes()[..], payload].concat();
        let rid = (11, &RIDS[usize::from(layer)..][..1]);
        let packet = self.seal("1", header, &[rid], &payload);
        self.out.push(packet);
    }

    /// Sends a packet of its camera again, as browsers do on a NACK or as a bandwidth probe.
    pub(super) fn show_again(&mut self, rtx_sequence: u16, sequence: u16, payload: &[u8]) {
        let header = header(
            RTX,
            FACE_RTX_SSRC,
            rtx_sequence,
            u32::from(sequence) * 3_000,
        );
        let payload = [&sequence.to_be_bytes()[..], payload].concat();
        let packet = self.seal("1", header, &[], &payload);
        self.out.push(packet);
    }

    pub(super) fn control(&mut self, compound: &[u8]) {
        let mut packet = Vec::new();
        let (_, outbound) = self.media.as_mut().unwrap();
        outbound.seal_rtcp(compound, &mut packet).unwrap();
        self.out.push(packet);
    }

    /// The transport-wide number of every packet that came.
    pub(super) fn numbers(&self) -> Vec<u16> {
        let views = self.rtp.iter().map(|bytes| RtpView::parse(bytes).unwrap());
        views
            .filter_map(|view| view.extension(3)?.first_chunk().copied())
            .map(u16::from_be_bytes)
            .collect()
    }

    /// What came on one SSRC: sequence number and payload.
    pub(super) fn heard(&self, ssrc: u32) -> Vec<(u16, Vec<u8>)> {
        let views = self.rtp.iter().map(|bytes| RtpView::parse(bytes).unwrap());
        views
            .filter(|view| view.ssrc() == ssrc)
            .map(|view| (view.sequence(), view.payload().to_vec()))
            .collect()
    }
}

/// The SSRC of a layer; the next one is that of its retransmissions.
pub(super) fn layer_ssrc(layer: u8) -> u32 {
    3_000 + 10 * u32::from(layer)
}

fn header(payload_type: u8, ssrc: u32, sequence: u16, timestamp: u32) -> Header {
    Header {
        marker: true,
        payload_type,
        sequence,
        timestamp,
        ssrc,
    }
}
