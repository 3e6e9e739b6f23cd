//! A client's offer, as far as this door must understand it: at most one sound and one picture, all in one bundle, all in
//! one direction. What is inside an m-line is the media plane's business.

use super::Protocol;
use super::refusal::Refusal;

/// M-lines that are looked at; two are allowed.
const MAX_LINES: usize = 16;

/// Lengths of `ice-ufrag` and `ice-pwd` (RFC 8839 section 5.4).
const UFRAG: std::ops::RangeInclusive<usize> = 4..=256;
const PASSWORD: std::ops::RangeInclusive<usize> = 22..=256;

/// An offer that this door can take.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Offer {
    /// The offer, every m-line in the one direction that the protocol knows.
    pub(crate) text: String,
    /// The client's ICE user name fragment.
    pub(crate) ufrag: String,
    /// It has sound.
    pub(crate) audio: bool,
    /// It has a picture.
    pub(crate) video: bool,
}

/// One m-line.
#[derive(Default)]
struct Section<'a> {
    lines: Vec<&'a str>,
}

impl<'a> Section<'a> {
    fn attribute(&self, name: &str) -> Option<&'a str> {
        let found = |line: &&'a str| line.strip_prefix("a=")?.strip_prefix(name);
        self.lines
            .iter()
            .find_map(found)?
            .strip_prefix(':')
            .map(str::trim)
    }

    fn has(&self, flag: &str) -> bool {
        self.lines
            .iter()
            .any(|line| line.strip_prefix("a=") == Some(flag))
    }

    fn direction(&self) -> Option<&'static str> {
        DIRECTIONS.into_iter().find(|direction| self.has(direction))
    }
}

const DIRECTIONS: [&str; 4] = ["sendrecv", "sendonly", "recvonly", "inactive"];

fn invalid(why: &str) -> Refusal {
    Refusal::SdpInvalid(why.to_owned())
}

impl Offer {
    /// Reads an offer for one of the two protocols (RFC 9725 sections 4.2 and 4.4, WHEP sections 4.2 and 4.6).
    pub(crate) fn read(text: &str, protocol: Protocol) -> Result<Self, Refusal> {
        if !text.starts_with("v=0") {
            return Err(invalid("it does not begin with v=0"));
        }
        let sections = sections(text);
        let Some((session, media)) = sections
            .split_first()
            .filter(|(_, media)| !media.is_empty())
        else {
            return Err(invalid("no m-line"));
        };
        let (mut audio, mut video) = (false, false);
        for section in media {
            let line = section.lines[0];
            let seen = match line.split(' ').next() {
                Some("m=audio") => &mut audio,
                Some("m=video") => &mut video,
                _ => return Err(unsupported("an m-line is neither sound nor picture")),
            };
            if std::mem::replace(seen, true) {
                return Err(unsupported("more than one m-line of a kind"));
            }
            if line.split(' ').nth(1) == Some("0") && !section.has("bundle-only") {
                return Err(unsupported("an m-line is stopped"));
            }
            let direction = section.direction().or(session.direction());
            match (direction.unwrap_or("sendrecv"), protocol) {
                ("sendrecv", _) | ("sendonly", Protocol::Whip) | ("recvonly", Protocol::Whep) => {}
                _ => return Err(unsupported(protocol.direction_needed())),
            }
        }
        is_one_bundle(session, media)?;
        let ufrag = ice(&sections, "ice-ufrag", UFRAG)?;
        ice(&sections, "ice-pwd", PASSWORD)?;
        Ok(Self {
            ufrag: ufrag.to_owned(),
            text: directed(text, protocol.direction()),
            audio,
            video,
        })
    }

    /// The same offer with other ICE credentials: what a further offer of the same connection would be.
    pub(crate) fn with_ice(&self, ufrag: &str, password: &str) -> Self {
        let mut text = String::with_capacity(self.text.len());
        for line in self.text.lines() {
            match line.split_once(':') {
                Some(("a=ice-ufrag", _)) => text.push_str(&format!("a=ice-ufrag:{ufrag}")),
                Some(("a=ice-pwd", _)) => text.push_str(&format!("a=ice-pwd:{password}")),
                // Candidates of the session before.
                Some(("a=candidate", _)) => continue,
                _ => text.push_str(line),
            }
            text.push_str("\r\n");
        }
        Self {
            text,
            ufrag: ufrag.to_owned(),
            ..self.clone()
        }
    }
}

fn unsupported(why: &'static str) -> Refusal {
    Refusal::OfferUnsupported(why)
}

/// The session's part and each m-line's.
fn sections(text: &str) -> Vec<Section<'_>> {
    let mut sections = vec![Section::default()];
    for line in text.lines().map(str::trim_end) {
        if line.starts_with("m=") {
            if sections.len() > MAX_LINES {
                break;
            }
            sections.push(Section::default());
        }
        if let Some(section) = sections.last_mut() {
            section.lines.push(line);
        }
    }
    sections
}

/// RFC 9725 section 4.4.1: everything in one bundle. With one m-line there is nothing to bundle.
fn is_one_bundle(session: &Section<'_>, media: &[Section<'_>]) -> Result<(), Refusal> {
    if media.len() < 2 {
        return Ok(());
    }
    // Encoders say which m-lines belong together by lip (RFC 5888), too: another group.
    let bundle = session
        .lines
        .iter()
        .find_map(|line| line.strip_prefix("a=group:BUNDLE "));
    let all = bundle.is_some_and(|bundle| {
        media.iter().all(|section| {
            section
                .attribute("mid")
                .is_some_and(|mid| bundle.split(' ').any(|other| other == mid))
        })
    });
    if all {
        Ok(())
    } else {
        Err(unsupported(
            "not all m-lines are in one bundle (max-bundle)",
        ))
    }
}

fn ice<'a>(
    sections: &[Section<'a>],
    name: &str,
    lengths: std::ops::RangeInclusive<usize>,
) -> Result<&'a str, Refusal> {
    // Bundled m-lines all say the same, or the session says it for them.
    let found = sections.iter().rev().find_map(|s| s.attribute(name));
    found
        .filter(|text| is_ice_text(text, &lengths))
        .ok_or_else(|| invalid(&format!("no {name}, or none that may be")))
}

/// `ice-char` of RFC 8839; that the media plane takes a little more is no reason to.
fn is_ice_text(text: &str, lengths: &std::ops::RangeInclusive<usize>) -> bool {
    lengths.contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_graphic() && !b"\":".contains(&b))
}

/// Whether these may be written into an offer.
pub(crate) fn are_credentials(ufrag: &str, password: &str) -> bool {
    is_ice_text(ufrag, &UFRAG) && is_ice_text(password, &PASSWORD)
}

/// The text with this direction in every m-line, and nowhere else.
fn directed(text: &str, direction: &str) -> String {
    let mut out = String::with_capacity(text.len() + 64);
    let mut in_media = false;
    let end = |out: &mut String, in_media: bool| {
        if in_media {
            out.push_str(&format!("a={direction}\r\n"));
        }
    };
    for line in text.lines().map(str::trim_end).filter(|l| !l.is_empty()) {
        if line.starts_with("m=") {
            end(&mut out, in_media);
            in_media = true;
        }
        let is_direction = line
            .strip_prefix("a=")
            .is_some_and(|attribute| DIRECTIONS.contains(&attribute));
        if !is_direction {
            out.push_str(line);
            out.push_str("\r\n");
        }
    }
    end(&mut out, in_media);
    out
}

#[cfg(test)]
pub(crate) mod tests {
    #![allow(clippy::unwrap_used, reason = "a test says by panicking")]
    use super::*;

    /// The smallest offer with sound and picture; `@` stands for the direction.
    const OFFER: &str = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n\
        m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=ice-ufrag:abcd\r\na=ice-pwd:0123456789abcdefghijkl\r\na=@\r\n\
        m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\na=@\r\na=ice-ufrag:abcd\r\na=ice-pwd:0123456789abcdefghijkl\r\n";

    /// The offer with this direction.
    pub(crate) fn offer(direction: &str) -> String {
        OFFER.replace('@', direction)
    }

    fn code(text: &str, protocol: Protocol) -> &'static str {
        Offer::read(text, protocol).err().map_or("", |r| r.code())
    }

    #[test]
    fn both_ways_of_saying_the_direction_are_read_and_one_is_passed_on() {
        for said in ["sendonly", "sendrecv"] {
            let read = Offer::read(&offer(said), Protocol::Whip).unwrap();
            assert_eq!(read.text.matches("a=sendonly\r\n").count(), 2);
            assert!(!read.text.contains("sendrecv"));
            assert!(read.audio && read.video);
            assert_eq!(read.ufrag, "abcd");
        }
        let unsaid = OFFER.replace("a=@\r\n", "");
        let read = Offer::read(&unsaid, Protocol::Whep).unwrap();
        assert_eq!(read.text.matches("a=recvonly\r\n").count(), 2);
        assert_eq!(
            code(&offer("recvonly"), Protocol::Whip),
            "offer_unsupported"
        );
        assert_eq!(
            code(&offer("sendonly"), Protocol::Whep),
            "offer_unsupported"
        );
        assert_eq!(
            code(&offer("inactive"), Protocol::Whep),
            "offer_unsupported"
        );
    }

    #[test]
    fn what_is_not_one_of_each_in_one_bundle_is_unsupported() {
        let whip = offer("sendonly");
        for changed in [
            whip.replace("m=audio", "m=video"),
            whip.replace("m=audio", "m=application"),
            whip.replace("BUNDLE 0 1", "BUNDLE 0"),
            whip.replace("a=group:BUNDLE 0 1\r\n", ""),
            whip.replace("m=video 9", "m=video 0"),
        ] {
            assert_eq!(code(&changed, Protocol::Whip), "offer_unsupported");
        }
        let lips = whip.replace("a=group", "a=group:LS 0 1\r\na=group");
        assert_eq!(code(&lips, Protocol::Whip), "");
        let only = whip.replace("a=mid:1\r\n", "a=mid:1\r\na=bundle-only\r\n");
        assert_eq!(
            code(&only.replace("m=video 9", "m=video 0"), Protocol::Whip),
            ""
        );
    }

    #[test]
    fn what_is_no_offer_is_invalid() {
        let whip = offer("sendonly");
        for text in [
            String::new(),
            "v=0\r\n".to_owned(),
            whip.replace("abcd", "a"),
            whip.replace("abcd", "a\"cd"),
            whip.replace("a=ice-pwd", "a=x"),
        ] {
            assert_eq!(code(&text, Protocol::Whip), "sdp_invalid");
        }
    }

    #[test]
    fn other_credentials_replace_all_and_drop_the_candidates() {
        let text = format!(
            "{}a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n",
            offer("sendonly")
        );
        let read = Offer::read(&text, Protocol::Whip).unwrap();
        let next = read.with_ice("wxyz", "zyxwvutsrqponmlkjihgfe");
        assert_eq!(next.text.matches("a=ice-ufrag:wxyz\r\n").count(), 2);
        assert_eq!(next.text.matches("a=ice-pwd:zyxw").count(), 2);
        assert!(!next.text.contains("abcd") && !next.text.contains("candidate"));
        assert_eq!(next.ufrag, "wxyz");
    }
}
