//! What the headers of a request say, and the headers that every answer has.

use std::time::Duration;

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use futures_util::StreamExt;
use tokio::time::timeout;

use super::MAX_BODY_BYTES;
use super::refusal::Refusal;
use super::session::IfMatch;
use crate::message::IceServer;
use crate::ticket::TicketError;

/// RFC 8866.
pub(crate) const SDP: &str = "application/sdp";
/// RFC 8840.
pub(crate) const SDP_FRAGMENT: &str = "application/trickle-ice-sdpfrag";

/// How long a body may take to arrive.
const BODY_WITHIN: Duration = Duration::from_secs(10);

/// So much of a body that is too large is read and thrown away: a client that is still sending when the connection is
/// closed would not hear why.
const DISCARDED_BYTES: usize = 1024 * 1024;

/// Entity tags that one `If-Match` may have.
const MAX_TAGS: usize = 16;

impl From<TicketError> for Refusal {
    fn from(error: TicketError) -> Self {
        match error {
            TicketError::Invalid => Self::TicketInvalid,
            TicketError::Expired => Self::TicketExpired,
        }
    }
}

/// The ticket (RFC 6750 section 2.1).
pub(crate) fn bearer(headers: &HeaderMap) -> Result<String, Refusal> {
    let value = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .ok_or(Refusal::TicketMissing)?;
    match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
            Ok(token.trim().to_owned())
        }
        _ => Err(Refusal::TicketMissing),
    }
}

/// Whether the body is said to be of this type; parameters do not matter.
pub(crate) fn is_of_type(headers: &HeaderMap, wanted: &'static str) -> Result<(), Refusal> {
    let said = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next());
    if said.is_some_and(|said| said.trim().eq_ignore_ascii_case(wanted)) {
        Ok(())
    } else {
        Err(Refusal::BodyType(wanted))
    }
}

/// Whether an SDP answer is welcome (RFC 9110 section 12.5.1). Without `Accept`, anything is.
pub(crate) fn accepts_sdp(headers: &HeaderMap) -> Result<(), Refusal> {
    let mut said = headers.get_all(header::ACCEPT).iter().peekable();
    if said.peek().is_none() {
        return Ok(());
    }
    let welcome = said
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|range| {
            let mut parts = range.split(';').map(str::trim);
            let range = parts.next().unwrap_or_default().to_ascii_lowercase();
            let refused = parts.any(|parameter| {
                let quality = parameter.strip_prefix("q=").map(str::parse::<f32>);
                matches!(quality, Some(Ok(quality)) if quality <= 0.0)
            });
            !refused && [SDP, "application/*", "*/*"].contains(&range.as_str())
        });
    if welcome {
        Ok(())
    } else {
        Err(Refusal::NotAcceptable)
    }
}

/// The precondition (RFC 9110 section 13.1.1). The examples of both protocols write `"*"` for `*`; both are taken.
pub(crate) fn if_match(headers: &HeaderMap) -> Result<IfMatch, Refusal> {
    let mut said = headers.get_all(header::IF_MATCH).iter().peekable();
    if said.peek().is_none() {
        return Err(Refusal::EtagMissing);
    }
    let tags: Vec<String> = said
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|tag| tag.trim().to_owned())
        .take(MAX_TAGS)
        .collect();
    if tags.iter().any(|tag| tag == "*" || tag == "\"*\"") {
        Ok(IfMatch::Any)
    } else {
        Ok(IfMatch::Tags(tags))
    }
}

/// The body, as text.
pub(crate) async fn body(request: Request) -> Result<String, Refusal> {
    let mut parts = request.into_body().into_data_stream();
    let mut bytes: Vec<u8> = Vec::new();
    let mut over = 0;
    let read = async {
        // A connection that breaks ends the body; what came of it will be no offer.
        while let Some(Ok(part)) = parts.next().await {
            if over == 0 && bytes.len() + part.len() <= MAX_BODY_BYTES {
                bytes.extend_from_slice(&part);
                continue;
            }
            over += part.len();
            if over > DISCARDED_BYTES {
                break;
            }
        }
    };
    let read = timeout(BODY_WITHIN, read).await;
    if over > 0 {
        return Err(Refusal::BodyTooLarge);
    }
    read.map_err(|_| Refusal::BodyTooSlow)?;
    String::from_utf8(bytes).map_err(|_| Refusal::SdpInvalid("not UTF-8".to_owned()))
}

/// One `Link` value (RFC 8288) for each URL, as RFC 9725 section 4.6 has it.
pub(crate) fn links(server: &IceServer) -> impl Iterator<Item = String> {
    let quoted = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"");
    let credentials = format!(
        "username=\"{}\"; credential=\"{}\"; credential-type=\"password\"",
        quoted(&server.username),
        quoted(&server.credential)
    );
    let urls = server.urls.iter().map(|url| url.replace('>', "%3E"));
    urls.map(move |url| format!("<{url}>; rel=\"ice-server\"; {credentials}"))
}

/// Pages of any origin may use these addresses (CORS): a ticket is sent by the page itself, never by the browser for it.
/// And nothing that is answered here may be kept.
pub(crate) fn open_to_all(headers: &mut HeaderMap) {
    const ALL: [(&str, &str); 7] = [
        ("access-control-allow-origin", "*"),
        (
            "access-control-allow-methods",
            "POST, PATCH, DELETE, GET, HEAD, OPTIONS",
        ),
        (
            "access-control-allow-headers",
            "Authorization, Content-Type, If-Match",
        ),
        (
            "access-control-expose-headers",
            "Location, ETag, Link, Allow, Accept-Post, Accept-Patch, Retry-After, WWW-Authenticate",
        ),
        ("access-control-max-age", "86400"),
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
    ];
    for (name, value) in ALL {
        headers.insert(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test says by panicking")]
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn a_ticket_is_a_bearer_token_and_nothing_else() {
        let read = |value| bearer(&headers(&[("authorization", value)])).ok();
        assert_eq!(read("Bearer abc").as_deref(), Some("abc"));
        assert_eq!(read("bearer  abc ").as_deref(), Some("abc"));
        assert_eq!(read("Basic abc"), None);
        assert_eq!(read("abc"), None);
        assert_eq!(bearer(&HeaderMap::new()), Err(Refusal::TicketMissing));
    }

    #[test]
    fn a_precondition_names_tags_or_anything() {
        let read = |values: &[&'static str]| {
            let pairs: Vec<_> = values.iter().map(|value| ("if-match", *value)).collect();
            if_match(&headers(&pairs))
        };
        assert_eq!(read(&[]), Err(Refusal::EtagMissing));
        assert_eq!(read(&["*"]), Ok(IfMatch::Any));
        assert_eq!(read(&["\"*\""]), Ok(IfMatch::Any));
        let tags = IfMatch::Tags(vec!["\"a\"".into(), "W/\"b\"".into(), "\"c\"".into()]);
        assert_eq!(read(&["\"a\", W/\"b\"", "\"c\""]), Ok(tags));
    }

    #[test]
    fn an_answer_in_sdp_has_to_be_welcome() {
        let welcome = |value| accepts_sdp(&headers(&[("accept", value)])).is_ok();
        assert!(accepts_sdp(&HeaderMap::new()).is_ok());
        assert!(welcome("*/*") && welcome("application/json, application/sdp;q=0.5"));
        assert!(welcome("Application/SDP") && welcome("application/*"));
        assert!(!welcome("application/json") && !welcome("application/sdp;q=0"));
    }

    #[test]
    fn a_turn_server_is_linked_with_its_credentials() {
        let turn = IceServer {
            urls: vec!["turn:a.example?transport=udp".into(), "turns:b>".into()],
            username: "user".into(),
            credential: "a\"b".into(),
        };
        let credentials = "username=\"user\"; credential=\"a\\\"b\"; credential-type=\"password\"";
        let links: Vec<_> = links(&turn).collect();
        assert_eq!(
            links,
            [
                format!("<turn:a.example?transport=udp>; rel=\"ice-server\"; {credentials}"),
                format!("<turns:b%3E>; rel=\"ice-server\"; {credentials}"),
            ]
        );
    }
}
