//! `application/trickle-ice-sdpfrag` (RFC 8840): candidates of a client, or its new ICE session. The media plane is
//! ICE-lite, it asks nobody at a candidate's address: candidates are looked at for their shape and then let go.

use super::offer::are_credentials;
use super::refusal::Refusal;

/// Lines of one fragment that are read.
const MAX_LINES: usize = 1_024;

/// What a fragment says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Fragment {
    /// The client's ICE user name fragment and password, where it says them.
    pub(crate) credentials: Option<(String, String)>,
}

impl Fragment {
    /// Reads a fragment.
    pub(crate) fn read(text: &str) -> Result<Self, Refusal> {
        let (mut ufrag, mut password, mut says) = (None, None, false);
        for (place, line) in text.lines().map(str::trim_end).enumerate() {
            if place == MAX_LINES {
                return Err(Refusal::FragmentInvalid("too many lines"));
            }
            let Some((kind, value)) = line.split_once('=') else {
                if line.is_empty() {
                    continue;
                }
                return Err(Refusal::FragmentInvalid("a line is no line of SDP"));
            };
            match (kind, value.split_once(':')) {
                ("a", Some(("ice-ufrag", value))) => ufrag = ufrag.or(Some(value)),
                ("a", Some(("ice-pwd", value))) => password = password.or(Some(value)),
                ("a", Some(("candidate", value))) => {
                    is_candidate(value)?;
                    says = true;
                }
                ("a", None) if value == "end-of-candidates" => says = true,
                // `m`, `mid`, `group`, `ice-options` and what a later RFC adds.
                _ if kind.len() == 1 => {}
                _ => return Err(Refusal::FragmentInvalid("a line is no line of SDP")),
            }
        }
        let credentials = match (ufrag, password) {
            (None, None) if says => None,
            (None, None) => return Err(Refusal::FragmentInvalid("nothing about ICE")),
            (Some(ufrag), Some(password)) if are_credentials(ufrag, password) => {
                Some((ufrag.to_owned(), password.to_owned()))
            }
            _ => return Err(Refusal::FragmentInvalid("ice-ufrag and ice-pwd")),
        };
        Ok(Self { credentials })
    }
}

/// RFC 8839 section 5.1: foundation, component, transport, priority, address, port, `typ`, type. The transport and the
/// address may be of a kind that nobody here knows.
fn is_candidate(value: &str) -> Result<(), Refusal> {
    let words: Vec<_> = value.split_ascii_whitespace().take(8).collect();
    let [_, component, _, priority, _, port, "typ", _] = words[..] else {
        return Err(Refusal::FragmentInvalid("candidate"));
    };
    if component.parse::<u16>().is_ok()
        && priority.parse::<u32>().is_ok()
        && port.parse::<u16>().is_ok()
    {
        Ok(())
    } else {
        Err(Refusal::FragmentInvalid("candidate"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test says by panicking")]
    use super::*;

    #[test]
    fn candidates_and_new_sessions_are_told_apart() {
        let candidates = "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n\
            a=candidate:1 1 udp 2122260223 4f.local 61764 typ host generation 0\r\na=end-of-candidates\r\n";
        assert_eq!(Fragment::read(candidates).unwrap().credentials, None);
        assert_eq!(
            Fragment::read("a=end-of-candidates").unwrap().credentials,
            None
        );
        let restart =
            format!("a=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n{candidates}");
        let credentials = Fragment::read(&restart).unwrap().credentials;
        assert_eq!(credentials.unwrap().0, "EsAw");
    }

    #[test]
    fn what_is_no_fragment_is_refused() {
        for text in [
            "",
            "\r\n",
            "hello",
            "hello=you",
            "a=mid:0",
            "a=candidate:1 1 udp",
            "a=candidate:1 1 udp x 192.0.2.1 9 typ host",
            "a=ice-ufrag:EsAw",
            "a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1",
            "a=ice-ufrag:E w\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1",
            "a=ice-ufrag:EsAw\r\na=ice-pwd:short",
        ] {
            assert_eq!(
                Fragment::read(text).unwrap_err().code(),
                "fragment_invalid",
                "{text}"
            );
        }
        assert!(Fragment::read(&"a=end-of-candidates\r\n".repeat(2_000)).is_err());
    }
}
