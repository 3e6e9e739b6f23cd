//! WHIP (RFC 9725) and WHEP (draft-ietf-wish-whep-03): publishing into a room and playing it by HTTP, for programs that
//! know WebRTC and nothing of ours (OBS, GStreamer, players). `/whip/{room}` takes an offer of one sound and one picture
//! that are sent, `/whep/{room}` one of those that are received. A session is a seat in the room like any other.

mod answer;
mod asking;
mod fragment;
mod offer;
mod refusal;
mod register;
mod session;
#[cfg(test)]
pub(crate) use offer::tests;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use sfu::RoomId;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use crate::message::Grant;
use crate::socket::Door;
use crate::ticket::{Ticket, unix_now_s};
use crate::turn::TurnServers;
use asking::{SDP, SDP_FRAGMENT};
use fragment::Fragment;
use offer::Offer;
use refusal::Refusal;
pub(crate) use register::Register;
use register::TicketDigest;
use session::{ASKS, Ask, Opening, Patched};

/// Largest body that is read, in bytes.
pub(crate) const MAX_BODY_BYTES: usize = 64 * 1024;

/// The seat in the name of relay credentials: a session has none yet when it is told of them.
const NOBODY: u64 = 0;

/// Which of the two.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Protocol {
    /// The client sends.
    Whip,
    /// The client receives.
    Whep,
}

impl Protocol {
    fn name(self) -> &'static str {
        match self {
            Self::Whip => "whip",
            Self::Whep => "whep",
        }
    }

    /// What a ticket must grant, and all that a session is granted.
    pub(crate) fn grant(self) -> Grant {
        match self {
            Self::Whip => Grant::Publish,
            Self::Whep => Grant::Subscribe,
        }
    }

    /// The direction of every m-line of an offer.
    pub(crate) fn direction(self) -> &'static str {
        match self {
            Self::Whip => "sendonly",
            Self::Whep => "recvonly",
        }
    }

    pub(crate) fn direction_needed(self) -> &'static str {
        match self {
            Self::Whip => "an m-line is neither sendonly nor sendrecv",
            Self::Whep => "an m-line is neither recvonly nor sendrecv",
        }
    }
}

/// What the handlers need.
#[derive(Clone)]
pub(crate) struct Porch {
    pub(crate) door: Arc<Door>,
    pub(crate) register: Arc<Register>,
    pub(crate) turn: TurnServers,
}

/// The routes.
pub(crate) fn router(porch: Porch) -> Router {
    // `any`: what a method means is decided below, so that every answer has its code and its CORS headers.
    Router::new()
        .route("/whip/{room}", any(whip))
        .route("/whep/{room}", any(whep))
        .route("/whip/{room}/{session}", any(whip_session))
        .route("/whep/{room}/{session}", any(whep_session))
        .with_state(porch)
}

async fn whip(State(porch): State<Porch>, Path(room): Path<String>, request: Request) -> Response {
    porch.endpoint(Protocol::Whip, &room, request).await
}

async fn whep(State(porch): State<Porch>, Path(room): Path<String>, request: Request) -> Response {
    porch.endpoint(Protocol::Whep, &room, request).await
}

async fn whip_session(
    State(porch): State<Porch>,
    Path((room, session)): Path<(String, String)>,
    request: Request,
) -> Response {
    porch
        .session(Protocol::Whip, &room, &session, request)
        .await
}

async fn whep_session(
    State(porch): State<Porch>,
    Path((room, session)): Path<(String, String)>,
    request: Request,
) -> Response {
    porch
        .session(Protocol::Whep, &room, &session, request)
        .await
}

impl Porch {
    async fn endpoint(&self, protocol: Protocol, room: &str, request: Request) -> Response {
        const ALLOWED: &str = "POST, GET, HEAD, OPTIONS";
        let answer = match *request.method() {
            Method::POST => self.open(protocol, room, request).await,
            Method::OPTIONS => {
                let accepts = header::HeaderName::from_static("accept-post");
                let mut response = options(ALLOWED, accepts, SDP);
                // A client that gathers candidates before it offers asks here (GStreamer can); a preflight has no ticket.
                if self.ticket(protocol, room, request.headers()).is_ok() {
                    self.add_ice_servers(response.headers_mut());
                }
                Ok(response)
            }
            // WHEP section 4.2: how a player finds out what this address is. Nothing else can be got here.
            Method::GET | Method::HEAD => Ok(match protocol {
                Protocol::Whip => StatusCode::NO_CONTENT.into_response(),
                Protocol::Whep => [(header::CONTENT_TYPE, SDP)].into_response(),
            }),
            _ => Err(Refusal::MethodNotAllowed(ALLOWED)),
        };
        self.finish(answer)
    }

    async fn session(
        &self,
        protocol: Protocol,
        room: &str,
        id: &str,
        request: Request,
    ) -> Response {
        const ALLOWED: &str = "PATCH, DELETE, GET, HEAD, OPTIONS";
        let answer = match *request.method() {
            Method::OPTIONS => Ok(options(
                ALLOWED,
                header::HeaderName::from_static("accept-patch"),
                SDP_FRAGMENT,
            )),
            Method::PATCH => match self.find(protocol, room, id, request.headers()) {
                Ok(session) => self.patch(&session, request).await,
                Err(refusal) => Err(refusal),
            },
            Method::DELETE => match self.find(protocol, room, id, request.headers()) {
                Ok(session) => end(&session).await,
                Err(refusal) => Err(refusal),
            },
            Method::GET | Method::HEAD => self
                .find(protocol, room, id, request.headers())
                .map(|_| StatusCode::NO_CONTENT.into_response()),
            _ => Err(Refusal::MethodNotAllowed(ALLOWED)),
        };
        self.finish(answer)
    }

    /// Who: whoever has a ticket for this room that grants it. What: a session. Answer: the SDP answer and where it is.
    async fn open(
        &self,
        protocol: Protocol,
        room: &str,
        request: Request,
    ) -> Result<Response, Refusal> {
        let (ticket, digest, room) = self.ticket(protocol, room, request.headers())?;
        asking::accepts_sdp(request.headers())?;
        asking::is_of_type(request.headers(), SDP)?;
        let body = asking::body(request).await?;
        let offer = Offer::read(&body, protocol)?;
        if *self.door.stop.borrow() {
            return Err(Refusal::MediaUnavailable);
        }
        let (asks, asked) = mpsc::channel(ASKS);
        let place = self
            .register
            .open(protocol, &room, digest, asks, Instant::now())?;
        let (opened, is_opened) = oneshot::channel();
        let opening = Opening {
            door: self.door.clone(),
            protocol,
            room: RoomId::new(&room),
            ticket,
            offer,
            place,
            asks: asked,
        };
        // A task of its own: a client that hangs up while it waits leaves no seat behind.
        tokio::spawn(session::run(opening, opened));
        let (id, answer) = is_opened.await.map_err(|_| Refusal::MediaUnavailable)??;
        let mut headers = HeaderMap::new();
        set(
            &mut headers,
            header::LOCATION,
            &format!("/{}/{room}/{id}", protocol.name()),
        );
        set(&mut headers, header::ETAG, &answer.etag);
        self.add_ice_servers(&mut headers);
        let typed = [(header::CONTENT_TYPE, SDP)];
        Ok((StatusCode::CREATED, typed, headers, answer.sdp).into_response())
    }

    /// The ticket of a request, if it is good for this room and protocol now; its digest, and the room's name.
    fn ticket(
        &self,
        protocol: Protocol,
        room: &str,
        headers: &HeaderMap,
    ) -> Result<(Ticket, TicketDigest, String), Refusal> {
        let token = asking::bearer(headers)?;
        let ticket = self.door.key.verify(&token, unix_now_s())?;
        let room = ticket.room_for(Some(room)).ok_or(Refusal::RoomMismatch)?;
        if !ticket.grants.contains(&protocol.grant()) {
            return Err(Refusal::NotAllowed);
        }
        Ok((ticket, register::digest_of(&token), room))
    }

    fn add_ice_servers(&self, headers: &mut HeaderMap) {
        let servers = self.turn.credentials(NOBODY, unix_now_s());
        let links = servers.iter().flat_map(asking::links);
        for link in links.filter_map(|link| HeaderValue::from_str(&link).ok()) {
            headers.append(header::LINK, link);
        }
    }

    /// Who: whoever shows the ticket that opened it, however old it is by now.
    fn find(
        &self,
        protocol: Protocol,
        room: &str,
        id: &str,
        headers: &HeaderMap,
    ) -> Result<mpsc::Sender<Ask>, Refusal> {
        let token = asking::bearer(headers)?;
        self.door.key.verify(&token, 0)?;
        let digest = register::digest_of(&token);
        self.register
            .find(protocol, room, id, &digest, Instant::now())
    }

    /// What: candidates, or a new ICE session. Answer: nothing, or our side of it.
    async fn patch(
        &self,
        session: &mpsc::Sender<Ask>,
        request: Request,
    ) -> Result<Response, Refusal> {
        asking::is_of_type(request.headers(), SDP_FRAGMENT)?;
        let matches = asking::if_match(request.headers())?;
        let fragment = Fragment::read(&asking::body(request).await?)?;
        let (reply, patched) = oneshot::channel();
        let ask = Ask::Patch {
            matches,
            fragment,
            reply,
        };
        session.try_send(ask).map_err(not_taken)?;
        match patched.await.map_err(|_| Refusal::SessionUnknown)?? {
            Patched::Noted => Ok(StatusCode::NO_CONTENT.into_response()),
            Patched::Restarted(answer) => {
                let mut headers = HeaderMap::new();
                set(&mut headers, header::ETAG, &answer.etag);
                let typed = [(header::CONTENT_TYPE, SDP_FRAGMENT)];
                Ok((typed, headers, answer.fragment()).into_response())
            }
        }
    }

    /// What every answer has.
    fn finish(&self, answer: Result<Response, Refusal>) -> Response {
        let mut response = answer.unwrap_or_else(|refusal| {
            if let Some(code) = refusal.counted() {
                self.door.refusals.count(code);
            }
            refusal.into_response()
        });
        asking::open_to_all(response.headers_mut());
        response
    }
}

/// `DELETE`: answered when the seat is given up. The entity tag does not matter (RFC 9725 section 4.3.1).
async fn end(session: &mpsc::Sender<Ask>) -> Result<Response, Refusal> {
    let (reply, ended) = oneshot::channel();
    session.try_send(Ask::End(reply)).map_err(not_taken)?;
    // Without an answer the session has ended by itself meanwhile, which is what was asked for.
    let _ = ended.await;
    Ok(StatusCode::OK.into_response())
}

fn not_taken(error: mpsc::error::TrySendError<Ask>) -> Refusal {
    match error {
        mpsc::error::TrySendError::Full(_) => Refusal::TooManyRequests,
        mpsc::error::TrySendError::Closed(_) => Refusal::SessionUnknown,
    }
}

fn options(allowed: &'static str, accepts: header::HeaderName, what: &'static str) -> Response {
    let allowed = HeaderValue::from_static(allowed);
    let headers = [
        (header::ALLOW, allowed),
        (accepts, HeaderValue::from_static(what)),
    ];
    (headers, Body::empty()).into_response()
}

fn set(headers: &mut HeaderMap, name: header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

/// What must hold of any body, for [`crate::fuzz`].
pub(crate) fn fuzz(text: &str) {
    for protocol in [Protocol::Whip, Protocol::Whep] {
        if let Ok(offer) = Offer::read(text, protocol) {
            let again = Offer::read(&offer.text, protocol);
            assert_eq!(again.as_ref(), Ok(&offer), "what is passed on is an offer");
            let next = offer.with_ice("abcd", "0123456789abcdefghijkl");
            assert!(Offer::read(&next.text, protocol).is_ok_and(|next| next.ufrag == "abcd"));
        }
    }
    if let Ok(Fragment {
        credentials: Some((ufrag, password)),
    }) = Fragment::read(text)
    {
        assert!(!format!("{ufrag}{password}").contains(['\r', '\n']));
    }
}
