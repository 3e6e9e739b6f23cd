//! The media plane's answer on its way to a WHIP or WHEP client: whether it takes everything, and what this door adds.

use super::refusal::Refusal;

/// An answer, as the client gets it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Answer {
    /// The SDP.
    pub(crate) sdp: String,
    /// The strong entity tag of its ICE session (RFC 9725 section 4.3.1), with its quotes.
    pub(crate) etag: String,
}

impl Answer {
    /// Reads our own answer. An m-line that is not taken refuses the whole offer (RFC 9725 section 4.2: no session that
    /// works only in part).
    pub(crate) fn read(sdp: &str) -> Result<Self, Refusal> {
        let refused = sdp.lines().any(|line| {
            line == "a=inactive" || line.starts_with("m=") && line.split(' ').nth(1) == Some("0")
        });
        if refused {
            return Err(Refusal::OfferUnsupported(
                "an m-line has no codec that is forwarded here (Opus, VP8, H.264, VP9, AV1)",
            ));
        }
        let ufrag = value(sdp, "a=ice-ufrag:").ok_or(Refusal::MediaUnavailable)?;
        Ok(Self {
            etag: format!("\"{ufrag}\""),
            sdp: dressed(sdp),
        })
    }

    /// The new ICE session alone, for the answer to a restart (RFC 9725 section 4.3.3, RFC 8840 section 9).
    pub(crate) fn fragment(&self) -> String {
        let mut out = String::from("a=ice-lite\r\na=ice-options:trickle\r\n");
        let mut lines = self.sdp.lines();
        let group = lines.by_ref().find(|line| line.starts_with("a=group:"));
        let media = lines.by_ref().find(|line| line.starts_with("m="));
        // The first m-line is the bundle's; what follows belongs to others.
        let ice = lines
            .take_while(|line| !line.starts_with("m="))
            .filter(|line| {
                ["a=mid:", "a=ice-ufrag:", "a=ice-pwd:", "a=candidate:"]
                    .iter()
                    .any(|name| line.starts_with(name))
            });
        for line in group.into_iter().chain(media).chain(ice) {
            out.push_str(line);
            out.push_str("\r\n");
        }
        out.push_str("a=end-of-candidates\r\n");
        out
    }
}

fn value<'a>(sdp: &'a str, name: &str) -> Option<&'a str> {
    sdp.lines().find_map(|line| line.strip_prefix(name))
}

/// What WHIP and WHEP ask of an answer beyond a browser's call: that candidates may be trickled, that nothing but one
/// port is used (RFC 8858), and one `MediaStream` for sound and picture (WHEP section 4.6.2): a player that shows the
/// stream of the last track would lose the other one.
fn dressed(sdp: &str) -> String {
    let mut out = String::with_capacity(sdp.len() + 128);
    for line in sdp.lines() {
        let rest = line
            .strip_prefix("a=msid:")
            .map(|rest| ("a=msid:".to_owned(), rest))
            .or_else(|| {
                let (ssrc, rest) = line.strip_prefix("a=ssrc:")?.split_once(" msid:")?;
                Some((format!("a=ssrc:{ssrc} msid:"), rest))
            });
        match rest
            .as_ref()
            .and_then(|(start, rest)| Some((start, rest.split_once(' ')?.1)))
        {
            Some((start, track)) => out.push_str(&format!("{start}aikste {track}")),
            None => out.push_str(line),
        }
        out.push_str("\r\n");
        match line {
            "a=ice-lite" => out.push_str("a=ice-options:trickle\r\n"),
            "a=rtcp-mux" => out.push_str("a=rtcp-mux-only\r\n"),
            _ => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test says by panicking")]
    use super::*;

    const ANSWER: &str = "v=0\r\na=ice-lite\r\na=group:BUNDLE 0 1\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=ice-ufrag:abcd\r\n\
        a=ice-pwd:0123456789\r\na=mid:0\r\na=rtcp-mux\r\na=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\na=sendonly\r\n\
        a=msid:slot0 slot0t\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\na=ice-ufrag:abcd\r\na=msid:slot1 slot1t\r\n\
        a=ssrc:7 cname:sfu\r\na=ssrc:7 msid:slot1 slot1t\r\n";

    #[test]
    fn sound_and_picture_are_one_stream_and_the_tag_is_the_ice_session() {
        let answer = Answer::read(ANSWER).unwrap();
        assert_eq!(answer.etag, "\"abcd\"");
        for line in [
            "a=msid:aikste slot0t",
            "a=msid:aikste slot1t",
            "a=ssrc:7 msid:aikste slot1t",
            "a=rtcp-mux-only",
        ] {
            assert!(
                answer.sdp.contains(&format!("{line}\r\n")),
                "{}",
                answer.sdp
            );
        }
    }

    #[test]
    fn a_restart_is_answered_with_the_bundles_ice_and_nothing_else() {
        assert_eq!(
            Answer::read(ANSWER).unwrap().fragment(),
            "a=ice-lite\r\na=ice-options:trickle\r\na=group:BUNDLE 0 1\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n\
             a=ice-ufrag:abcd\r\na=ice-pwd:0123456789\r\na=mid:0\r\na=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n\
             a=end-of-candidates\r\n"
        );
    }

    #[test]
    fn an_answer_that_takes_only_a_part_is_a_refusal() {
        for part in [
            ANSWER.replace("m=video 9", "m=video 0"),
            ANSWER.replace("a=sendonly", "a=inactive"),
        ] {
            assert_eq!(Answer::read(&part).unwrap_err().code(), "offer_unsupported");
        }
    }
}
