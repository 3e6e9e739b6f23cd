//! Our answer, written from the offer's own numbers: its payload types, its extension ids, its order of m-lines.
//! Simulcast is taken as it is offered, by rid.

use std::fmt::Write;
use std::net::SocketAddr;

use super::offer::{
    AUDIO_LEVEL, DEPENDENCIES, MID, Media, Offer, OfferedCodec, REPAIRED_RID, RID, TRANSPORT_CC,
};
use crate::ids::{Codec, Kind};

/// Where Chromium's estimate begins, in kbit/s. Below 500 it throws away most pictures of its first second and starts
/// at a quarter of the size; a link that carries less is found out by feedback within a second.
const START_BITRATE: &str = "x-google-start-bitrate=600";

/// What we do with an m-line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Role {
    /// Refused for good: port 0, outside the bundle.
    Rejected,
    /// Kept, but nobody sends.
    Inactive,
    /// The browser sends, we receive.
    Publisher,
    /// We send into it.
    Slot {
        /// Our SSRC for media.
        ssrc: u32,
        /// Our SSRC for retransmissions.
        rtx_ssrc: u32,
    },
}

/// Where we receive.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Candidate {
    /// By UDP.
    Udp(SocketAddr),
    /// By TCP, as the passive side (RFC 6544).
    Tcp(SocketAddr),
}

/// What an answer says beyond the offer.
pub(crate) struct Answer<'a> {
    /// What is answered.
    pub(crate) offer: &'a Offer,
    /// Our ICE username fragment.
    pub(crate) ufrag: &'a str,
    /// Our ICE password.
    pub(crate) password: &'a str,
    /// SHA-256 of our certificate.
    pub(crate) fingerprint: &'a str,
    /// We begin DTLS.
    pub(crate) active: bool,
    /// Where we receive.
    pub(crate) candidates: &'a [Candidate],
    /// How many answers this connection had before (RFC 3264 section 8: the version grows).
    pub(crate) version: u64,
    /// One for each m-line.
    pub(crate) roles: &'a [Role],
}

impl Answer<'_> {
    /// The answer's text.
    pub(crate) fn write(&self) -> String {
        let mut out = String::with_capacity(1_500 * self.roles.len());
        self.session(&mut out);
        let mut candidates = self.candidates;
        for (media, role) in self.offer.media.iter().zip(self.roles) {
            if *role == Role::Rejected {
                line(
                    &mut out,
                    format_args!("m={} 0 {} {}", media.name, media.protocol, media.formats),
                );
                line(&mut out, format_args!("c=IN IP4 0.0.0.0"));
                line(&mut out, format_args!("a=mid:{}", media.mid));
                continue;
            }
            self.media(&mut out, media, role, std::mem::take(&mut candidates));
        }
        out
    }

    fn session(&self, out: &mut String) {
        let roles = self.offer.media.iter().zip(self.roles);
        let bundled: Vec<_> = roles
            .filter(|(_, role)| **role != Role::Rejected)
            .map(|(media, _)| media.mid.as_str())
            .collect();
        line(out, format_args!("v=0"));
        line(
            out,
            format_args!("o=- 1 {} IN IP4 127.0.0.1", self.version + 1),
        );
        line(out, format_args!("s=-"));
        line(out, format_args!("t=0 0"));
        line(out, format_args!("a=ice-lite"));
        line(out, format_args!("a=group:BUNDLE {}", bundled.join(" ")));
        line(out, format_args!("a=extmap-allow-mixed"));
        line(out, format_args!("a=msid-semantic: WMS *"));
    }

    fn media(&self, out: &mut String, media: &Media, role: &Role, candidates: &[Candidate]) {
        let codecs = &media.codecs;
        let formats: Vec<_> = codecs
            .iter()
            .flat_map(|offered| [offered.red, Some(offered.payload_type), offered.rtx])
            .flatten()
            .map(|payload_type| payload_type.to_string())
            .collect();
        line(
            out,
            format_args!(
                "m={} 9 {} {}",
                media.name,
                media.protocol,
                formats.join(" ")
            ),
        );
        line(out, format_args!("c=IN IP4 0.0.0.0"));
        line(out, format_args!("a=ice-ufrag:{}", self.ufrag));
        line(out, format_args!("a=ice-pwd:{}", self.password));
        line(
            out,
            format_args!("a=fingerprint:sha-256 {}", self.fingerprint),
        );
        let setup = if self.active { "active" } else { "passive" };
        line(out, format_args!("a=setup:{setup}"));
        line(out, format_args!("a=mid:{}", media.mid));
        line(out, format_args!("a=rtcp-mux"));
        line(out, format_args!("a=rtcp-rsize"));
        write_candidates(out, candidates);
        let direction = match role {
            Role::Publisher => "recvonly",
            Role::Slot { .. } => "sendonly",
            Role::Inactive | Role::Rejected => "inactive",
        };
        line(out, format_args!("a={direction}"));
        let publishes = *role == Role::Publisher;
        for (id, uri) in &media.extensions {
            let taken = match uri.as_str() {
                MID => true,
                AUDIO_LEVEL => media.kind == Some(Kind::Audio),
                TRANSPORT_CC => true,
                DEPENDENCIES => media.kind == Some(Kind::Video),
                RID | REPAIRED_RID => publishes && !media.rids.is_empty(),
                _ => false,
            };
            if taken {
                line(out, format_args!("a=extmap:{id} {uri}"));
            }
        }
        for offered in codecs {
            write_codec(out, offered, publishes);
        }
        if publishes && !media.rids.is_empty() {
            for rid in &media.rids {
                line(out, format_args!("a=rid:{rid} recv"));
            }
            let rids = media.rids.join(";");
            line(out, format_args!("a=simulcast:recv {rids}"));
        }
        if let Role::Slot { ssrc, rtx_ssrc } = role {
            let repaired = media.codecs.iter().any(|offered| offered.rtx.is_some());
            write_slot(out, &media.mid, *ssrc, repaired.then_some(*rtx_ssrc));
        }
    }
}

/// Host candidates (RFC 8839 section 5.1); the first address is preferred, and UDP to TCP: a lower type preference, and the
/// direction preference of the passive side (RFC 6544 section 4.2).
fn write_candidates(out: &mut String, candidates: &[Candidate]) {
    for (place, candidate) in candidates.iter().enumerate() {
        let (foundation, later) = (place + 1, place as u32);
        let (transport, address, preferences, end) = match candidate {
            Candidate::Udp(at) => ("udp", at, (126, 65_535 - later), ""),
            Candidate::Tcp(at) => (
                "tcp",
                at,
                (90, (4 << 13) + 8_191 - later),
                " tcptype passive",
            ),
        };
        let priority = (preferences.0 << 24) + (preferences.1 << 8) + 255;
        let (ip, port) = (address.ip(), address.port());
        line(
            out,
            format_args!(
                "a=candidate:{foundation} 1 {transport} {priority} {ip} {port} typ host{end}"
            ),
        );
    }
    if !candidates.is_empty() {
        line(out, format_args!("a=end-of-candidates"));
    }
}

fn write_codec(out: &mut String, offered: &OfferedCodec, publishes: bool) {
    let payload_type = offered.payload_type;
    line(
        out,
        format_args!("a=rtpmap:{payload_type} {}", offered.name),
    );
    let parameters = match offered.codec {
        Codec::Opus => "minptime=10;useinbandfec=1",
        Codec::Vp8 => "",
        Codec::Vp9 => "profile-id=0",
        Codec::H264 | Codec::Av1 => &offered.parameters,
    };
    if publishes && offered.codec.kind() == Kind::Video {
        let between = if parameters.is_empty() { "" } else { ";" };
        line(
            out,
            format_args!("a=fmtp:{payload_type} {parameters}{between}{START_BITRATE}"),
        );
    } else if !parameters.is_empty() {
        line(out, format_args!("a=fmtp:{payload_type} {parameters}"));
    }
    for feedback in &offered.feedback {
        let taken = match feedback.as_str() {
            "nack" | "nack pli" | "ccm fir" => offered.codec.kind() == Kind::Video,
            "transport-cc" => true,
            _ => false,
        };
        if taken {
            line(out, format_args!("a=rtcp-fb:{payload_type} {feedback}"));
        }
    }
    if let Some(red) = offered.red {
        line(out, format_args!("a=rtpmap:{red} red/48000/2"));
        line(
            out,
            format_args!("a=fmtp:{red} {payload_type}/{payload_type}"),
        );
    }
    if let Some(rtx) = offered.rtx {
        line(
            out,
            format_args!("a=rtpmap:{rtx} rtx/{}", offered.codec.clock_rate()),
        );
        line(out, format_args!("a=fmtp:{rtx} apt={payload_type}"));
    }
}

/// Each slot is a stream of its own, with SSRCs that stay (RFC 5576, RFC 8830).
fn write_slot(out: &mut String, mid: &str, ssrc: u32, rtx_ssrc: Option<u32>) {
    line(out, format_args!("a=msid:slot{mid} slot{mid}t"));
    if let Some(rtx_ssrc) = rtx_ssrc {
        line(out, format_args!("a=ssrc-group:FID {ssrc} {rtx_ssrc}"));
    }
    for ssrc in [Some(ssrc), rtx_ssrc].into_iter().flatten() {
        line(out, format_args!("a=ssrc:{ssrc} cname:sfu"));
        line(out, format_args!("a=ssrc:{ssrc} msid:slot{mid} slot{mid}t"));
    }
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing into a String cannot fail.
    let _ = out.write_fmt(text);
    out.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]
    use super::super::offer::tests::{CHROMIUM, FIREFOX};
    use super::*;

    fn answer(offer: &str, roles: &[Role]) -> String {
        let mut offer = Offer::parse(offer).unwrap();
        offer.prefer(&crate::SfuConfig::default().codecs);
        Answer {
            offer: &offer,
            ufrag: "ourufrag",
            password: "our password of enough chars",
            fingerprint: "AA:BB",
            active: false,
            candidates: &[
                Candidate::Udp("192.0.2.7:5000".parse().unwrap()),
                Candidate::Udp("[2001:db8::1]:5000".parse().unwrap()),
                Candidate::Tcp("192.0.2.7:5000".parse().unwrap()),
            ],
            version: 0,
            roles,
        }
        .write()
    }

    fn sections(answer: &str) -> Vec<String> {
        answer.split("m=").skip(1).map(str::to_owned).collect()
    }

    const SLOT: Role = Role::Slot {
        ssrc: 7,
        rtx_ssrc: 8,
    };

    #[test]
    fn both_browsers_get_their_own_numbers_back() {
        let roles = [Role::Publisher, Role::Publisher, SLOT, SLOT];
        for (offer, audio, video) in [
            (
                CHROMIUM,
                "audio 9 UDP/TLS/RTP/SAVPF 63 111\r\n",
                "video 9 UDP/TLS/RTP/SAVPF 96 97 102 103 108 109 98 99 45 46\r\n",
            ),
            (
                FIREFOX,
                "audio 9 UDP/TLS/RTP/SAVPF 109\r\n",
                "video 9 UDP/TLS/RTP/SAVPF 120 124 121 125 99 100\r\n",
            ),
        ] {
            let text = answer(offer, &roles);
            assert!(text.contains("a=ice-lite\r\n"));
            assert!(text.contains("a=group:BUNDLE 0 1 2 3\r\n"));
            let sections = sections(&text);
            assert!(sections[0].starts_with(audio) && sections[2].starts_with(audio));
            assert!(sections[1].starts_with(video), "{}", sections[1]);
            for section in &sections {
                assert!(
                    section.contains("a=setup:passive\r\n") && section.contains("a=rtcp-mux\r\n")
                );
                assert_eq!(section.contains("a=candidate"), section == &sections[0]);
            }
            assert!(sections[1].contains("a=recvonly") && sections[1].contains("transport-cc"));
            assert!(sections[1].contains(START_BITRATE) && !sections[3].contains(START_BITRATE));
            assert!(sections[1].contains(TRANSPORT_CC) && sections[3].contains("transport-cc"));
            let layers =
                "a=rid:q recv\r\na=rid:h recv\r\na=rid:f recv\r\na=simulcast:recv q;h;f\r\n";
            assert!(sections[1].contains(layers) && sections[1].contains(REPAIRED_RID));
            for other in [0, 2, 3] {
                assert!(!sections[other].contains("rid"));
            }
            assert!(sections[3].contains("a=sendonly\r\n"));
            assert!(sections[3].contains("a=ssrc-group:FID 7 8\r\na=ssrc:7 cname:sfu\r\n"));
            assert!(sections[3].contains("a=msid:slot3 slot3t\r\n"));
            assert!(
                !sections[2].contains("ssrc-group"),
                "sound has no retransmission here"
            );
        }
    }

    #[test]
    fn the_first_address_has_the_highest_priority() {
        let text = answer(CHROMIUM, &[Role::Publisher, SLOT, SLOT, SLOT]);
        assert!(text.contains("a=candidate:1 1 udp 2130706431 192.0.2.7 5000 typ host\r\n"));
        assert!(text.contains("a=candidate:2 1 udp 2130706175 2001:db8::1 5000 typ host\r\n"));
        let tcp = "a=candidate:3 1 tcp 1520434687 192.0.2.7 5000 typ host tcptype passive\r\n";
        assert!(text.contains(tcp), "UDP is preferred");
    }

    #[test]
    fn a_rejected_line_leaves_the_bundle_and_the_candidates_move_on() {
        let text = answer(CHROMIUM, &[Role::Rejected, Role::Inactive, SLOT, SLOT]);
        assert!(text.contains("a=group:BUNDLE 1 2 3\r\n"));
        let sections = sections(&text);
        assert!(sections[0].starts_with("audio 0 UDP/TLS/RTP/SAVPF 111 63 "));
        assert!(!sections[0].contains("ice-ufrag"));
        assert!(sections[1].contains("a=candidate") && sections[1].contains("a=inactive"));
    }
}
