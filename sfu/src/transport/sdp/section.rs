//! One section of an offer: its lines, collected and then understood as an m-line.

use std::collections::BTreeMap;

use super::offer::{Direction, Fingerprint, FingerprintHash, Media, OfferedCodec};
use crate::forward::layers::MAX_LAYERS;
use crate::ids::{Codec, Kind};

/// SSRCs that one m-line may announce: three simulcast layers with retransmissions, twice over.
const MAX_SSRCS: usize = 12;
/// Header extensions of one m-line (RFC 8285 has ids 1 to 14 in the one-byte form).
const MAX_EXTENSIONS: usize = 32;

/// The lines of one section (the session, or one m-line), before they are understood.
#[derive(Default)]
pub(super) struct Section<'a> {
    line: &'a str,
    pub(super) ufrag: Option<&'a str>,
    pub(super) fingerprints: Vec<&'a str>,
    pub(super) setup: Option<&'a str>,
    mid: Option<&'a str>,
    pub(super) direction: Option<Direction>,
    bundle_only: bool,
    maps: BTreeMap<u8, &'a str>,
    parameters: BTreeMap<u8, &'a str>,
    feedback: BTreeMap<u8, Vec<&'a str>>,
    /// Id, who sends it if not both, and URI.
    extensions: Vec<(u8, Option<Direction>, &'a str)>,
    ssrcs: Vec<u32>,
    groups: Vec<(u32, u32)>,
    simulcast: Option<&'a str>,
}

impl<'a> Section<'a> {
    /// The section of an m-line.
    pub(super) fn of(line: &'a str) -> Self {
        Self {
            line,
            ..Self::default()
        }
    }

    /// Notes one attribute; what is not understood is passed over.
    pub(super) fn take(&mut self, attribute: &'a str) {
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
        let (id, direction) = id.split_once('/').unwrap_or((id, ""));
        let direction = match direction {
            "sendonly" => Some(Direction::SendOnly),
            "recvonly" => Some(Direction::RecvOnly),
            "inactive" => Some(Direction::Inactive),
            _ => None,
        };
        let id = id.parse().ok();
        if let Some(id) = id
            && self.extensions.len() < MAX_EXTENSIONS
        {
            self.extensions
                .push((id, direction, rest.split(' ').next().unwrap_or(rest)));
        }
    }

    pub(super) fn media(&self, session: Option<Direction>) -> Option<Media> {
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
                .filter(|(_, way, _)| way.is_none_or(|way| is_used(way, direction)))
                .map(|(id, _, uri)| (*id, (*uri).to_owned()))
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

    /// Whether `red` is RED (RFC 2198) of one payload type alone: `111/111`.
    fn repeats(&self, red: u8, parameters: &str, payload_type: u8) -> bool {
        let name = self.maps.get(&red).map(|name| name.to_ascii_lowercase());
        let blocks = parameters.split('/').map(|block| block.trim().parse());
        name.as_deref() == Some("red/48000/2") && blocks.eq([Ok(payload_type), Ok(payload_type)])
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
            let mut redundant = self.parameters.iter();
            let feedback = self.feedback.get(&payload_type);
            codecs.push(OfferedCodec {
                codec,
                payload_type,
                rtx: retransmissions
                    .find(|(rtx, text)| is_rtx(rtx) && text.split(';').any(|p| p.trim() == apt))
                    .map(|(rtx, _)| *rtx),
                red: redundant
                    .find(|(red, text)| {
                        codec == Codec::Opus && self.repeats(**red, text, payload_type)
                    })
                    .map(|(red, _)| *red),
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
pub(super) fn fingerprint(text: &str) -> Option<Fingerprint> {
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

/// Whether an extension that goes this way alone is of use on an m-line (RFC 8285 §6).
fn is_used(way: Direction, line: Direction) -> bool {
    way == line || (line == Direction::SendRecv && way != Direction::Inactive)
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
