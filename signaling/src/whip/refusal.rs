//! What is refused at this door, and how that is said: `application/problem+json` (RFC 9457) with a stable code.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::message::ErrorCode;

/// Why a request is refused. The codes are stable; `docs/API.md` lists them, and a test compares.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Refusal {
    /// The offer cannot be read; the text says which line.
    SdpInvalid(String),
    /// The fragment cannot be read; the text says why.
    FragmentInvalid(&'static str),
    /// No `Authorization: Bearer …`.
    TicketMissing,
    /// Not signed by this server, or changed.
    TicketInvalid,
    /// Too old.
    TicketExpired,
    /// For another room.
    RoomMismatch,
    /// The ticket does not grant it.
    NotAllowed,
    /// The session was opened with another ticket.
    SessionForeign,
    /// No such session (any more).
    SessionUnknown,
    /// The method means nothing here; these do.
    MethodNotAllowed(&'static str),
    /// The client does not accept the only type there is.
    NotAcceptable,
    /// The body did not arrive in time.
    BodyTooSlow,
    /// This ticket has as many sessions as it may.
    TooManySessions,
    /// `If-Match` names an ICE session that is over.
    EtagStale,
    /// The body is larger than may be.
    BodyTooLarge,
    /// The body is of another type; this one is read.
    BodyType(&'static str),
    /// The offer can be read, but is not what this door is for; the text says why.
    OfferUnsupported(&'static str),
    /// No `If-Match`.
    EtagMissing,
    /// Faster than may be.
    TooManyRequests,
    /// All seats of the room are taken.
    RoomFull,
    /// The media plane takes no more connections.
    MediaFull,
    /// The media plane, or this server, does not answer now.
    MediaUnavailable,
}

/// One of each, for what has to hold for all of them.
#[cfg(test)]
pub(crate) const ALL: [Refusal; 22] = [
    Refusal::SdpInvalid(String::new()),
    Refusal::FragmentInvalid(""),
    Refusal::TicketMissing,
    Refusal::TicketInvalid,
    Refusal::TicketExpired,
    Refusal::RoomMismatch,
    Refusal::NotAllowed,
    Refusal::SessionForeign,
    Refusal::SessionUnknown,
    Refusal::MethodNotAllowed("GET"),
    Refusal::NotAcceptable,
    Refusal::BodyTooSlow,
    Refusal::TooManySessions,
    Refusal::EtagStale,
    Refusal::BodyTooLarge,
    Refusal::BodyType("application/sdp"),
    Refusal::OfferUnsupported(""),
    Refusal::EtagMissing,
    Refusal::TooManyRequests,
    Refusal::RoomFull,
    Refusal::MediaFull,
    Refusal::MediaUnavailable,
];

impl Refusal {
    /// The stable code.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::SdpInvalid(_) => "sdp_invalid",
            Self::FragmentInvalid(_) => "fragment_invalid",
            Self::TicketMissing => "ticket_missing",
            Self::TicketInvalid => "ticket_invalid",
            Self::TicketExpired => "ticket_expired",
            Self::RoomMismatch => "room_mismatch",
            Self::NotAllowed => "not_allowed",
            Self::SessionForeign => "session_foreign",
            Self::SessionUnknown => "session_unknown",
            Self::MethodNotAllowed(_) => "method_not_allowed",
            Self::NotAcceptable => "not_acceptable",
            Self::BodyTooSlow => "body_too_slow",
            Self::TooManySessions => "too_many_sessions",
            Self::EtagStale => "etag_stale",
            Self::BodyTooLarge => "body_too_large",
            Self::BodyType(_) => "body_type",
            Self::OfferUnsupported(_) => "offer_unsupported",
            Self::EtagMissing => "etag_missing",
            Self::TooManyRequests => "too_many_requests",
            Self::RoomFull => "room_full",
            Self::MediaFull => "media_full",
            Self::MediaUnavailable => "media_unavailable",
        }
    }

    /// The status.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::SdpInvalid(_) | Self::FragmentInvalid(_) => StatusCode::BAD_REQUEST,
            Self::TicketMissing | Self::TicketInvalid | Self::TicketExpired => {
                StatusCode::UNAUTHORIZED
            }
            Self::RoomMismatch | Self::NotAllowed | Self::SessionForeign => StatusCode::FORBIDDEN,
            Self::SessionUnknown => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
            Self::BodyTooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::TooManySessions => StatusCode::CONFLICT,
            Self::EtagStale => StatusCode::PRECONDITION_FAILED,
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BodyType(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::OfferUnsupported(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::EtagMissing => StatusCode::PRECONDITION_REQUIRED,
            Self::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
            Self::RoomFull | Self::MediaFull | Self::MediaUnavailable => {
                StatusCode::SERVICE_UNAVAILABLE
            }
        }
    }

    /// For a developer, in English.
    fn title(&self) -> &'static str {
        match self {
            Self::SdpInvalid(_) => "The offer cannot be answered",
            Self::FragmentInvalid(_) => "The SDP fragment cannot be read",
            Self::TicketMissing => "A ticket is needed: Authorization: Bearer …",
            Self::TicketInvalid => "The ticket is not valid",
            Self::TicketExpired => "The ticket has expired",
            Self::RoomMismatch => "The ticket is not for this room",
            Self::NotAllowed => "The ticket does not grant this",
            Self::SessionForeign => "The session was opened with another ticket",
            Self::SessionUnknown => "There is no such session",
            Self::MethodNotAllowed(_) => "This method is not allowed here",
            Self::NotAcceptable => "Only application/sdp can be had here",
            Self::BodyTooSlow => "The body did not arrive in time",
            Self::TooManySessions => "This ticket has too many sessions",
            Self::EtagStale => "If-Match is not the ETag of the current ICE session",
            Self::BodyTooLarge => "The body is too large",
            Self::BodyType(_) => "This type of body is not read here",
            Self::OfferUnsupported(_) => "The offer asks for what there is not",
            Self::EtagMissing => "If-Match is needed",
            Self::TooManyRequests => "Too many requests",
            Self::RoomFull => "All seats of the room are taken",
            Self::MediaFull => "The media plane is full",
            Self::MediaUnavailable => "The media plane is not available",
        }
    }

    fn detail(&self) -> Option<&str> {
        match self {
            Self::SdpInvalid(why) => Some(why),
            Self::FragmentInvalid(why) | Self::OfferUnsupported(why) => Some(why),
            _ => None,
        }
    }

    /// As it is counted beside the refusals of the sockets, where those have the same word.
    pub(crate) fn counted(&self) -> Option<ErrorCode> {
        match self {
            Self::TicketInvalid => Some(ErrorCode::TicketInvalid),
            Self::TicketExpired => Some(ErrorCode::TicketExpired),
            Self::RoomMismatch => Some(ErrorCode::RoomMismatch),
            Self::NotAllowed => Some(ErrorCode::NotAllowed),
            Self::RoomFull => Some(ErrorCode::RoomFull),
            Self::TooManyRequests => Some(ErrorCode::TooManyMessages),
            // What the hub refuses it counts itself.
            _ => None,
        }
    }

    /// Headers that the status asks for (RFC 9110 sections 11.6.1, 15.5.6, 15.5.16 and 10.2.3).
    fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let mut set = |name: &'static str, value: &'static str| {
            headers.insert(name, HeaderValue::from_static(value));
        };
        match self {
            Self::TicketMissing => set("www-authenticate", "Bearer realm=\"aikste\""),
            Self::TicketInvalid | Self::TicketExpired => set(
                "www-authenticate",
                "Bearer realm=\"aikste\", error=\"invalid_token\"",
            ),
            Self::RoomMismatch | Self::NotAllowed => set(
                "www-authenticate",
                "Bearer realm=\"aikste\", error=\"insufficient_scope\"",
            ),
            Self::MethodNotAllowed(allowed) => set("allow", allowed),
            Self::BodyType("application/sdp") => set("accept-post", "application/sdp"),
            Self::BodyType(read) => set("accept-patch", read),
            Self::TooManyRequests => set("retry-after", "2"),
            Self::TooManySessions | Self::RoomFull | Self::MediaFull | Self::MediaUnavailable => {
                set("retry-after", "5");
            }
            _ => {}
        }
        headers
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let code = self.code();
        tracing::info!(code, "a WHIP or WHEP request was refused");
        let status = self.status();
        let mut body = serde_json::json!({
            "type": format!("about:blank#{code}"),
            "title": self.title(),
            "status": status.as_u16(),
            "code": code,
        });
        if let Some(detail) = self.detail() {
            body["detail"] = detail.into();
        }
        (
            status,
            [(header::CONTENT_TYPE, "application/problem+json")],
            self.headers(),
            body.to_string(),
        )
            .into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_refusal_has_a_code_of_its_own_that_is_written_down() {
        let document = include_str!("../../../docs/API.md");
        let codes: BTreeSet<_> = ALL.iter().map(Refusal::code).collect();
        assert_eq!(codes.len(), ALL.len());
        for refusal in &ALL {
            let row = format!("| `{}` | {} |", refusal.code(), refusal.status().as_u16());
            assert!(document.contains(&row), "docs/API.md lacks {row}");
        }
    }
}
