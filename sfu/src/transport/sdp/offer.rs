//! A browser's offer, as far as it concerns us. Written by strangers: sizes are limited, nothing is taken on trust.

use super::section::{Section, fingerprint};
use crate::MAX_SDP_BYTES;
use crate::error::SfuError;
use crate::ids::{Codec, Kind};

/// M-lines in one offer.
const MAX_MEDIA: usize = 128;

/// `urn:ietf:params:rtp-hdrext:sdes:mid` (RFC 9143).
pub(crate) const MID: &str = "urn:ietf:params:rtp-hdrext:sdes:mid";
/// The rid of a simulcast layer (RFC 8852).
pub(crate) const RID: &str = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id";
/// The rid whose packets are sent again (RFC 8852).
pub(crate) const REPAIRED_RID: &str = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id";
/// RFC 6464.
pub(crate) const AUDIO_LEVEL: &str = "urn:ietf:params:rtp-hdrext:ssrc-audio-level";
/// The dependency descriptor: which frames a frame needs, and who needs it (AV1 RTP specification, appendix A).
pub(crate) const DEPENDENCIES: &str =
    "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension";
/// draft-holmer-rmcat-transport-wide-cc-extensions-01.
pub(crate) const TRANSPORT_CC: &str =
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";

/// Who sends on an m-line, as the offerer sees it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Direction {
    /// The offerer sends and receives.
    SendRecv,
    /// The offerer sends.
    SendOnly,
    /// The offerer receives.
    RecvOnly,
    /// Nobody sends.
    Inactive,
}

/// The hash of a certificate fingerprint (RFC 8122).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum FingerprintHash {
    /// SHA-256, which browsers use.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

/// What the peer's certificate must hash to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Fingerprint {
    /// By which hash.
    pub(crate) hash: FingerprintHash,
    /// The digest.
    pub(crate) digest: Vec<u8>,
}

/// Who begins DTLS, as the offerer wants it (RFC 5763 section 5).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Setup {
    /// Either.
    ActPass,
    /// The offerer.
    Active,
    /// We.
    Passive,
}

/// A codec of ours that an m-line offers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct OfferedCodec {
    /// Which.
    pub(crate) codec: Codec,
    /// The offerer's payload type for it.
    pub(crate) payload_type: u8,
    /// That of its retransmissions (RFC 4588).
    pub(crate) rtx: Option<u8>,
    /// That of its packets with earlier ones repeated in front (RED, RFC 2198).
    pub(crate) red: Option<u8>,
    /// `rtpmap`, e.g. `VP8/90000`.
    pub(crate) name: String,
    /// `fmtp`, empty without.
    pub(crate) parameters: String,
    /// `rtcp-fb` values.
    pub(crate) feedback: Vec<String>,
}

/// An m-line.
#[derive(Clone, Debug)]
pub(crate) struct Media {
    /// `audio`, `video`, or something that is not ours, verbatim.
    pub(crate) name: String,
    /// Sound or picture over SRTP; `None` for anything else.
    pub(crate) kind: Option<Kind>,
    /// The transport protocol, verbatim.
    pub(crate) protocol: String,
    /// The formats, verbatim, for rejecting it.
    pub(crate) formats: String,
    /// Its identification (RFC 5888).
    pub(crate) mid: String,
    /// Offered with port 0 and without `bundle-only`: not there any more.
    pub(crate) stopped: bool,
    /// Who sends.
    pub(crate) direction: Direction,
    /// Codecs of ours, in the offerer's order.
    pub(crate) codecs: Vec<OfferedCodec>,
    /// Header extensions: id and URI.
    pub(crate) extensions: Vec<(u8, String)>,
    /// SSRCs that carry media.
    pub(crate) ssrcs: Vec<u32>,
    /// SSRCs that carry retransmissions, and of which.
    pub(crate) retransmissions: Vec<(u32, u32)>,
    /// The rids of its simulcast layers, at most [`crate::forward::layers::MAX_LAYERS`], the smallest first; empty without simulcast.
    pub(crate) rids: Vec<String>,
}

impl Media {
    /// The id of a header extension.
    pub(crate) fn extension(&self, uri: &str) -> Option<u8> {
        let found = self.extensions.iter().find(|(_, known)| known == uri);
        found.map(|(id, _)| *id)
    }
}

/// An offer.
#[derive(Clone, Debug)]
pub(crate) struct Offer {
    /// The offerer's ICE username fragment.
    pub(crate) ufrag: String,
    /// What its certificate must hash to.
    pub(crate) fingerprint: Fingerprint,
    /// Who begins DTLS.
    pub(crate) setup: Setup,
    /// The m-lines.
    pub(crate) media: Vec<Media>,
}

impl Offer {
    /// Reads an offer of at most [`MAX_SDP_BYTES`].
    pub(crate) fn parse(text: &str) -> Result<Self, SfuError> {
        if text.len() > MAX_SDP_BYTES {
            return Err(SfuError::SdpTooLarge);
        }
        if !text.starts_with("v=0") {
            return Err(invalid("it does not begin with v=0"));
        }
        let mut sections = vec![Section::default()];
        for line in text.lines().map(str::trim_end) {
            if let Some(media) = line.strip_prefix("m=") {
                if sections.len() > MAX_MEDIA {
                    return Err(invalid("more than 128 m-lines"));
                }
                sections.push(Section::of(media));
            } else if let (Some(attribute), Some(section)) =
                (line.strip_prefix("a="), sections.last_mut())
            {
                section.take(attribute);
            }
        }
        Self::understand(&sections)
    }

    /// Puts the codecs of every m-line into this order, which the answer follows: a browser sends the first that it can.
    /// What is not named comes after, as the offerer has it.
    pub(crate) fn prefer(&mut self, order: &[Codec]) {
        let rank = |codec: Codec| order.iter().position(|wanted| *wanted == codec);
        for media in &mut self.media {
            media
                .codecs
                .sort_by_key(|offered| rank(offered.codec).unwrap_or(order.len()));
        }
    }

    fn understand(sections: &[Section<'_>]) -> Result<Self, SfuError> {
        // An attribute of the session holds for every m-line without its own; bundled ones all say the same.
        let ufrag = sections.iter().rev().find_map(|s| s.ufrag);
        let ufrag = ufrag.ok_or_else(|| invalid("no ice-ufrag"))?;
        if !(4..=256).contains(&ufrag.len())
            || !ufrag.bytes().all(|b| b.is_ascii_graphic() && b != b':')
        {
            return Err(invalid("ice-ufrag"));
        }
        let mut fingerprints = sections.iter().flat_map(|s| &s.fingerprints);
        let fingerprint = fingerprints
            .find_map(|text| fingerprint(text))
            .ok_or_else(|| invalid("no fingerprint with SHA-256, SHA-384 or SHA-512"))?;
        let setup = match sections.iter().find_map(|s| s.setup) {
            Some("actpass") => Setup::ActPass,
            Some("active") => Setup::Active,
            Some("passive") => Setup::Passive,
            _ => return Err(invalid("setup")),
        };
        let session = sections[0].direction;
        let mut media: Vec<Media> = Vec::with_capacity(sections.len());
        for (place, section) in sections[1..].iter().enumerate() {
            let line = section.media(session);
            let line = line.ok_or_else(|| invalid(&format!("m-line {}", place + 1)))?;
            if media.iter().any(|before| before.mid == line.mid) {
                return Err(invalid("the same mid twice"));
            }
            media.push(line);
        }
        if media.is_empty() {
            return Err(invalid("no m-line"));
        }
        Ok(Self {
            ufrag: ufrag.to_owned(),
            fingerprint,
            setup,
            media,
        })
    }
}

fn invalid(what: &str) -> SfuError {
    SfuError::SdpInvalid(what.to_owned())
}

#[cfg(test)]
pub(crate) mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]
    use super::*;

    /// What Chromium 156 offers: microphone, camera with three rids, one slot of each kind.
    pub(crate) const CHROMIUM: &str =
        include_str!("../../../tests/fixtures/offer-chromium-156.sdp");
    /// What Firefox ESR 153 offers for the same.
    pub(crate) const FIREFOX: &str = include_str!("../../../tests/fixtures/offer-firefox-153.sdp");

    fn payload_types(media: &Media) -> Vec<(Codec, u8, Option<u8>)> {
        let codecs = media.codecs.iter();
        codecs.map(|c| (c.codec, c.payload_type, c.rtx)).collect()
    }

    #[test]
    fn chromium_is_read() {
        let offer = Offer::parse(CHROMIUM).unwrap();
        assert_eq!(
            (offer.ufrag.as_str(), offer.setup),
            ("/Epb", Setup::ActPass)
        );
        assert_eq!(offer.fingerprint.digest[..3], [0xfc, 0x3a, 0x58]);
        let directions: Vec<_> = offer.media.iter().map(|m| m.direction).collect();
        let (send, receive) = (Direction::SendOnly, Direction::RecvOnly);
        assert_eq!(directions, [send, send, receive, receive]);
        assert_eq!(payload_types(&offer.media[0]), [(Codec::Opus, 111, None)]);
        assert_eq!(
            payload_types(&offer.media[1]),
            [
                (Codec::Vp8, 96, Some(97)),
                (Codec::H264, 102, Some(103)),
                (Codec::H264, 108, Some(109)),
                (Codec::Av1, 45, Some(46)),
                (Codec::Vp9, 98, Some(99)),
            ]
        );
        assert_eq!(offer.media[1].extension(MID), Some(4));
        assert_eq!(offer.media[1].extension(TRANSPORT_CC), Some(3));
        assert_eq!(offer.media[0].extension(AUDIO_LEVEL), Some(1));
        assert_eq!(offer.media[0].ssrcs, [2_149_126_258]);
        assert!(offer.media[1].ssrcs.is_empty(), "simulcast has no a=ssrc");
    }

    #[test]
    fn firefox_is_read_though_fmtp_precedes_rtpmap_and_ports_are_zero() {
        let offer = Offer::parse(FIREFOX).unwrap();
        assert_eq!(offer.ufrag, "d4a4f299");
        assert_eq!(offer.fingerprint.digest[..3], [0x19, 0x28, 0xc3]);
        assert!(
            offer.media.iter().all(|m| !m.stopped),
            "bundle-only is not stopped"
        );
        assert_eq!(payload_types(&offer.media[0]), [(Codec::Opus, 109, None)]);
        assert_eq!(
            payload_types(&offer.media[3]),
            [
                (Codec::Vp8, 120, Some(124)),
                (Codec::Vp9, 121, Some(125)),
                (Codec::Av1, 99, Some(100)),
            ]
        );
        assert_eq!(
            offer.media[0].codecs[0].parameters,
            "maxplaybackrate=48000;stereo=1;useinbandfec=1"
        );
        assert_eq!(offer.media[1].extension(MID), Some(3));
        assert_eq!(
            offer.media[1].ssrcs,
            [4_264_036_088, 27_813_361, 242_770_223]
        );
        assert_eq!(
            offer.media[1].retransmissions[0],
            (4_236_984_009, 4_264_036_088)
        );
    }

    #[test]
    fn both_browsers_offer_three_layers() {
        for text in [CHROMIUM, FIREFOX] {
            let offer = Offer::parse(text).unwrap();
            assert_eq!(offer.media[1].rids, ["q", "h", "f"]);
            assert!(offer.media[0].rids.is_empty() && offer.media[3].rids.is_empty());
        }
    }

    #[test]
    fn layers_are_read_as_far_as_they_make_sense() {
        for (list, rids) in [
            ("send a", &["a"][..]),
            ("send lo,x;~hi", &["lo", "hi"]),
            ("recv x;y send 1;2", &["1", "2"]),
            ("send a;b;c;d", &["a", "b", "c"]),
            ("send a;a", &[]),
            ("send a;;b", &[]),
            ("send a;b\tc", &[]),
            ("recv a;b", &[]),
            ("send", &[]),
            ("", &[]),
        ] {
            let text = CHROMIUM.replace("a=simulcast:send q;h;f", &format!("a=simulcast:{list}"));
            let offer = Offer::parse(&text).unwrap();
            assert_eq!(offer.media[1].rids, rids, "{list}");
        }
    }

    #[test]
    fn an_offer_of_a_megabyte_is_refused_unread() {
        let text = format!("{CHROMIUM}a=x:{}\r\n", "y".repeat(1 << 20));
        assert_eq!(Offer::parse(&text).err(), Some(SfuError::SdpTooLarge));
    }

    #[test]
    fn what_cannot_be_answered_is_refused_with_the_line_that_is_wrong() {
        let without = |prefix: &str| {
            let lines = CHROMIUM.lines().filter(|line| !line.starts_with(prefix));
            lines.collect::<Vec<_>>().join("\r\n")
        };
        let cases = [
            (String::new(), "v=0"),
            ("v=0\r\n".to_owned(), "ice-ufrag"),
            (without("a=ice-ufrag"), "ice-ufrag"),
            (without("a=fingerprint"), "fingerprint"),
            (without("a=setup"), "setup"),
            (without("a=mid:2"), "m-line 3"),
            (CHROMIUM.replace("a=mid:1", "a=mid:0"), "the same mid twice"),
            (CHROMIUM.replace("a=mid:1", "a=mid:with space"), "m-line 2"),
            (CHROMIUM.replace("m=video 9 ", "m=video many "), "m-line 2"),
            (CHROMIUM.replace("FC:3A:", "3A:"), "fingerprint"),
            (
                format!("{CHROMIUM}{}", "m=audio 9 RTP/SAVPF 0\r\n".repeat(200)),
                "128 m-lines",
            ),
        ];
        for (text, expected) in cases {
            match Offer::parse(&text) {
                Err(SfuError::SdpInvalid(why)) => assert!(why.contains(expected), "{why}"),
                other => panic!("{expected}: {other:?}"),
            }
        }
    }
}
