//! A browser's offer, as far as it concerns us. Written by strangers: sizes are limited, nothing is taken on trust.

use std::collections::BTreeMap;

use crate::MAX_SDP_BYTES;
use crate::error::SfuError;
use crate::forward::layers::MAX_LAYERS;
use crate::ids::{Codec, Kind};

/// M-lines in one offer.
const MAX_MEDIA: usize = 128;
/// SSRCs that one m-line may announce: three simulcast layers with retransmissions, twice over.
const MAX_SSRCS: usize = 12;
/// Header extensions of one m-line (RFC 8285 has ids 1 to 14 in the one-byte form).
const MAX_EXTENSIONS: usize = 32;

/// `urn:ietf:params:rtp-hdrext:sdes:mid` (RFC 9143).
pub(crate) const MID: &str = "urn:ietf:params:rtp-hdrext:sdes:mid";
/// The rid of a simulcast layer (RFC 8852).
pub(crate) const RID: &str = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id";
/// The rid whose packets are sent again (RFC 8852).
pub(crate) const REPAIRED_RID: &str = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id";
/// RFC 6464.
pub(crate) const AUDIO_LEVEL: &str = "urn:ietf:params:rtp-hdrext:ssrc-audio-level";
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
    /// The rids of its simulcast layers, at most [`MAX_LAYERS`], the smallest first; empty without simulcast.
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

/// The lines of one section (the session, or one m-line), before they are understood.
#[derive(Default)]
struct Section<'a> {
    line: &'a str,
    ufrag: Option<&'a str>,
    fingerprints: Vec<&'a str>,
    setup: Option<&'a str>,
    mid: Option<&'a str>,
    direction: Option<Direction>,
    bundle_only: bool,
    maps: BTreeMap<u8, &'a str>,
    parameters: BTreeMap<u8, &'a str>,
    feedback: BTreeMap<u8, Vec<&'a str>>,
    extensions: Vec<(u8, &'a str)>,
    ssrcs: Vec<u32>,
    groups: Vec<(u32, u32)>,
    simulcast: Option<&'a str>,
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
                sections.push(Section {
                    line: media,
                    ..Section::default()
                });
            } else if let (Some(attribute), Some(section)) =
                (line.strip_prefix("a="), sections.last_mut())
            {
                section.take(attribute);
            }
        }
        Self::understand(&sections)
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

impl<'a> Section<'a> {
    /// Notes one attribute; what is not understood is passed over.
    fn take(&mut self, attribute: &'a str) {
        let (name, value) = attribute.split_once(':').unwrap_or((attribute, ""));
        match name {
            "ice-ufrag" => self.ufrag = Some(value),
            "fingerprint" if self.fingerprints.len() < 4 => self.fingerprints.push(value),
            "setup" => self.setup = Some(value),
            "mid" => self.mid = Some(value),
            "sendrecv" => self.direction = Some(Direction::SendRecv),
            "sendonly" => self.direction = Some(Direction::SendOnly),
            "recvonly" => self.direction = Some(Direction::RecvOnly),
            "inactive" => self.direction = Some(Direction::Inactive),
            "bundle-only" => self.bundle_only = true,
            "rtpmap" => {
                if let Some((payload_type, text)) = numbered(value) {
                    self.maps.insert(payload_type, text);
                }
            }
            "fmtp" => {
                if let Some((payload_type, text)) = numbered(value) {
                    self.parameters.insert(payload_type, text);
                }
            }
            "rtcp-fb" => {
                if let Some((payload_type, text)) = numbered(value) {
                    let feedback = self.feedback.entry(payload_type).or_default();
                    if feedback.len() < 16 {
                        feedback.push(text);
                    }
                }
            }
            "simulcast" => self.simulcast = Some(value),
            "extmap" => self.take_extension(value),
            "ssrc" => {
                let number = value.split(' ').next().and_then(|n| n.parse().ok());
                if let Some(ssrc) = number.filter(|ssrc| !self.ssrcs.contains(ssrc))
                    && self.ssrcs.len() < MAX_SSRCS
                {
                    self.ssrcs.push(ssrc);
                }
            }
            "ssrc-group" => {
                let mut words = value.split(' ');
                let fid = words.next() == Some("FID");
                let mut next = || words.next().and_then(|n| n.parse::<u32>().ok());
                if let (true, Some(media), Some(rtx)) = (fid, next(), next())
                    && self.groups.len() < MAX_SSRCS
                {
                    self.groups.push((media, rtx));
                }
            }
            _ => {}
        }
    }

    /// `extmap:4/sendonly urn:… attributes` (RFC 8285 section 8).
    fn take_extension(&mut self, value: &'a str) {
        let Some((id, rest)) = value.split_once(' ') else {
            return;
        };
        let id = id.split('/').next().and_then(|id| id.parse().ok());
        if let Some(id) = id
            && self.extensions.len() < MAX_EXTENSIONS
        {
            self.extensions
                .push((id, rest.split(' ').next().unwrap_or(rest)));
        }
    }

    fn media(&self, session: Option<Direction>) -> Option<Media> {
        let mut words = self.line.splitn(4, ' ');
        let (name, port) = (words.next()?, words.next()?);
        let (protocol, formats) = (words.next()?, words.next()?);
        let mid = self.mid.filter(|mid| is_token(mid) && mid.len() <= 16)?;
        let port: u16 = port.split('/').next()?.parse().ok()?;
        let secure = protocol.ends_with("RTP/SAVPF") || protocol.ends_with("RTP/SAVP");
        let kind = match name {
            "audio" if secure => Some(Kind::Audio),
            "video" if secure => Some(Kind::Video),
            _ => None,
        };
        if !is_token(name) || !protocol.split('/').all(is_token) || formats.len() > 1_024 {
            return None;
        }
        let rtx: Vec<u32> = self.groups.iter().map(|(_, rtx)| *rtx).collect();
        let direction = self.direction.or(session).unwrap_or(Direction::SendRecv);
        Some(Media {
            name: name.to_owned(),
            kind,
            protocol: protocol.to_owned(),
            formats: formats.to_owned(),
            mid: mid.to_owned(),
            stopped: port == 0 && !self.bundle_only,
            direction,
            codecs: kind.map_or_else(Vec::new, |kind| self.codecs(kind, formats)),
            extensions: self
                .extensions
                .iter()
                .map(|(id, uri)| (*id, (*uri).to_owned()))
                .collect(),
            ssrcs: self
                .ssrcs
                .iter()
                .copied()
                .filter(|ssrc| !rtx.contains(ssrc))
                .collect(),
            retransmissions: self
                .groups
                .iter()
                .map(|(media, rtx)| (*rtx, *media))
                .collect(),
            rids: kind.map_or_else(Vec::new, |kind| self.rids(kind)),
        })
    }

    /// `simulcast:send q;h;~f,g` (RFC 8853): of alternatives the first; `~` is one that is paused at first. The offerer
    /// says the smallest layer first, as our page does.
    fn rids(&self, kind: Kind) -> Vec<String> {
        let mut words = self.simulcast.unwrap_or_default().split(' ');
        let mut lists = std::iter::from_fn(|| Some((words.next()?, words.next()?)));
        let Some((_, list)) = lists.find(|(direction, _)| *direction == "send") else {
            return Vec::new();
        };
        let first = |alternatives: &'a str| {
            let first = alternatives.split(',').next().unwrap_or_default();
            first.trim_start_matches('~')
        };
        let rids: Vec<&str> = list.split(';').map(first).take(MAX_LAYERS).collect();
        let named = |rid: &&str| {
            let letters = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
            (1..=16).contains(&rid.len()) && rid.bytes().all(letters)
        };
        let distinct = (1..rids.len()).all(|place| !rids[..place].contains(&rids[place]));
        if kind == Kind::Video && distinct && rids.iter().all(named) {
            rids.into_iter().map(str::to_owned).collect()
        } else {
            Vec::new()
        }
    }

    fn codecs(&self, kind: Kind, formats: &str) -> Vec<OfferedCodec> {
        let mut codecs: Vec<OfferedCodec> = Vec::new();
        for payload_type in formats.split(' ').filter_map(|format| format.parse().ok()) {
            let (Some(name), parameters) = (
                self.maps.get(&payload_type),
                self.parameters
                    .get(&payload_type)
                    .copied()
                    .unwrap_or_default(),
            ) else {
                continue;
            };
            let Some(codec) = codec(name, parameters).filter(|codec| codec.kind() == kind) else {
                continue;
            };
            if codecs.len() == 16 || codecs.iter().any(|c| c.payload_type == payload_type) {
                continue;
            }
            let is_rtx = |rtx: &u8| {
                self.maps
                    .get(rtx)
                    .is_some_and(|n| n.to_ascii_lowercase().starts_with("rtx/"))
            };
            let apt = format!("apt={payload_type}");
            let mut retransmissions = self.parameters.iter();
            let feedback = self.feedback.get(&payload_type);
            codecs.push(OfferedCodec {
                codec,
                payload_type,
                rtx: retransmissions
                    .find(|(rtx, text)| is_rtx(rtx) && text.split(';').any(|p| p.trim() == apt))
                    .map(|(rtx, _)| *rtx),
                name: (*name).to_owned(),
                parameters: parameters.to_owned(),
                feedback: feedback
                    .into_iter()
                    .flatten()
                    .map(|text| (*text).to_owned())
                    .collect(),
            });
        }
        codecs
    }
}

/// Which codec of ours a payload type is (RFC 7587, 7741, 6184, 9628 and the AV1 RTP specification).
fn codec(name: &str, parameters: &str) -> Option<Codec> {
    let parameter = |wanted: &str| {
        parameters.split(';').find_map(|pair| {
            let (key, value) = pair.trim().split_once('=')?;
            (key == wanted).then_some(value)
        })
    };
    let (encoding, clock) = name.split_once('/')?;
    match (encoding.to_ascii_lowercase().as_str(), clock) {
        ("opus", "48000/2") => Some(Codec::Opus),
        ("vp8", "90000") => Some(Codec::Vp8),
        ("vp9", "90000") => {
            matches!(parameter("profile-id"), None | Some("0")).then_some(Codec::Vp9)
        }
        ("av1", "90000") => matches!(parameter("profile"), None | Some("0")).then_some(Codec::Av1),
        ("h264", "90000") => {
            // RFC 6184 section 8.1: what says no profile is Baseline at level 1.
            let profile = parameter("profile-level-id").unwrap_or("42000a");
            (parameter("packetization-mode") == Some("1") && is_baseline(profile))
                .then_some(Codec::H264)
        }
        _ => None,
    }
}

/// Baseline or Constrained Baseline (RFC 6184 table 5): which of the constraints besides an encoder keeps (`42e0` in a
/// browser, `42c0` in GStreamer) makes no difference to a decoder.
fn is_baseline(profile: &str) -> bool {
    matches!(profile.as_bytes(), [b'4', b'2', constraints, b'0', _, _] if constraints.is_ascii_hexdigit())
}

/// `sha-256 AB:CD:…`, of the hash's length.
fn fingerprint(text: &str) -> Option<Fingerprint> {
    let (hash, digest) = text.split_once(' ')?;
    let (hash, bytes) = match hash.to_ascii_lowercase().as_str() {
        "sha-256" => (FingerprintHash::Sha256, 32),
        "sha-384" => (FingerprintHash::Sha384, 48),
        "sha-512" => (FingerprintHash::Sha512, 64),
        _ => return None,
    };
    let digest: Option<Vec<u8>> = digest
        .trim()
        .split(':')
        .take(bytes + 1)
        .map(|pair| {
            u8::from_str_radix(pair, 16)
                .ok()
                .filter(|_| pair.len() == 2)
        })
        .collect();
    let digest = digest.filter(|digest| digest.len() == bytes)?;
    Some(Fingerprint { hash, digest })
}

/// `96 something` with a payload type below 128.
fn numbered(value: &str) -> Option<(u8, &str)> {
    let (number, text) = value.split_once(' ')?;
    let number = number.parse().ok().filter(|number| *number < 128)?;
    Some((number, text))
}

/// RFC 8866 `token`, so that it may be written into an answer.
fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 64
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`{|}~".contains(&b))
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
    fn h264_is_taken_with_any_constraints_of_baseline_and_no_other_profile() {
        let taken = |parameters: &str| codec("H264/90000", parameters).is_some();
        for profile in ["42e01f", "42001f", "42c00d", "42C01F"] {
            let parameters = format!("packetization-mode=1;profile-level-id={profile}");
            assert!(taken(&parameters), "{profile}");
        }
        assert!(taken("packetization-mode=1"));
        for profile in ["4d001f", "640028", "42ef1f", "42", ""] {
            let parameters = format!("packetization-mode=1;profile-level-id={profile}");
            assert!(!taken(&parameters), "{profile}");
        }
        assert!(
            !taken("profile-level-id=42e01f"),
            "single NAL units are no mode of ours"
        );
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
