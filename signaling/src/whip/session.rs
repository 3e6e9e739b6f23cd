//! One WHIP or WHEP session: a seat like any other, held by a task instead of a socket. What the hub would tell a browser
//! comes here; most of it means nothing to a client of these protocols, which hears nothing after its answer.

use std::sync::Arc;
use std::time::Duration;

use sfu::RoomId;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::Protocol;
use super::answer::Answer;
use super::fragment::Fragment;
use super::offer::Offer;
use super::refusal::Refusal;
use super::register::Place;
use crate::hub::outgoing::{Inbox, outgoing};
use crate::hub::{Action, Command, Enter, Who};
use crate::message::{ErrorCode, ServerMessage};
use crate::socket::Door;
use crate::ticket::Ticket;

/// Requests to one session that may wait for it; a further one is refused as too many.
pub(crate) const ASKS: usize = 8;

/// How long the seat may take to be given up.
const LEAVE_WITHIN: Duration = Duration::from_secs(5);

/// What a request asks of a session.
#[derive(Debug)]
pub(crate) enum Ask {
    /// `PATCH`.
    Patch {
        /// The tags of `If-Match`.
        matches: IfMatch,
        fragment: Fragment,
        reply: oneshot::Sender<Result<Patched, Refusal>>,
    },
    /// `DELETE`: answered when the seat is given up.
    End(oneshot::Sender<()>),
}

/// The `If-Match` of a request (RFC 9110 section 13.1.1).
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum IfMatch {
    /// Whatever it is.
    Any,
    /// One of these, with their quotes. Weak ones match nothing.
    Tags(Vec<String>),
}

/// What became of a `PATCH`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Patched {
    /// Candidates were noted.
    Noted,
    /// A new ICE session.
    Restarted(Answer),
}

/// What a session is opened with.
pub(crate) struct Opening {
    pub(crate) door: Arc<Door>,
    pub(crate) protocol: Protocol,
    pub(crate) room: RoomId,
    pub(crate) ticket: Ticket,
    pub(crate) offer: Offer,
    pub(crate) place: Place,
    pub(crate) asks: mpsc::Receiver<Ask>,
}

/// A session that has its seat.
struct Session {
    door: Arc<Door>,
    who: Who,
    inbox: Inbox,
    offer: Offer,
    etag: String,
    /// The media connection is over.
    over: bool,
}

/// Opens a session, answers `opened`, and keeps the session until it is over.
pub(crate) async fn run(
    opening: Opening,
    opened: oneshot::Sender<Result<(String, Answer), Refusal>>,
) {
    let Opening {
        door,
        protocol,
        room,
        ticket,
        offer,
        place,
        mut asks,
    } = opening;
    let mut session = match Session::enter(door, protocol, room, ticket, offer).await {
        Ok(session) => session,
        Err(refusal) => return drop(opened.send(Err(refusal))),
    };
    let answered = session.negotiate(true).await;
    let failed = answered.is_err();
    let told = opened.send(answered.map(|answer| (place.id.clone(), answer)));
    // Whoever does not hear where the session is cannot end it either.
    if failed || told.is_err() {
        return session.leave().await;
    }
    let ended = session.serve(&mut asks).await;
    session.leave().await;
    // From here on nobody finds it; then whoever asked for the end may know.
    drop(place);
    if let Some(ended) = ended {
        let _ = ended.send(());
    }
}

impl Session {
    /// Takes a seat.
    async fn enter(
        door: Arc<Door>,
        protocol: Protocol,
        room: RoomId,
        mut ticket: Ticket,
        offer: Offer,
    ) -> Result<Self, Refusal> {
        // Of what the ticket grants, a session has what it is for.
        ticket.grants.retain(|grant| *grant == protocol.grant());
        let sends = protocol == Protocol::Whip;
        let (outgoing, inbox) = outgoing();
        let (answer, answered) = oneshot::channel();
        let enter = Enter {
            room,
            ticket,
            expired: false,
            resume: None,
            microphone_muted: !(sends && offer.audio),
            camera_muted: !(sends && offer.video),
            connection: door.next_connection(),
            outgoing,
        };
        let asked = door.commands.send(Command::Enter { enter, answer }).await;
        asked.map_err(|_| Refusal::MediaUnavailable)?;
        match answered.await {
            Ok(Ok(who)) => Ok(Self {
                door,
                who,
                inbox,
                offer,
                etag: String::new(),
                over: false,
            }),
            Ok(Err(refused)) => Err(refusal(refused.code, String::new())),
            Err(_) => Err(Refusal::MediaUnavailable),
        }
    }

    /// Has the media plane answer the offer.
    async fn negotiate(&mut self, fresh: bool) -> Result<Answer, Refusal> {
        // Dropped by the hub when its answer is queued; the answer itself is waited for.
        let (done, _answered) = oneshot::channel();
        self.act(Action::Offer {
            sdp: self.offer.text.clone(),
            fresh,
            tracks: Vec::new(),
            done,
        })
        .await?;
        while let Some(text) = self.inbox.next().await {
            match read(&text) {
                Some(ServerMessage::Answer { sdp, .. }) => {
                    let answer = Answer::read(&sdp)?;
                    self.etag = answer.etag.clone();
                    return Ok(answer);
                }
                Some(ServerMessage::Error { code, message, .. }) => {
                    return Err(refusal(code, message));
                }
                // The refusal of the offer follows.
                Some(ServerMessage::MediaLost { .. }) => self.over = true,
                _ => {}
            }
        }
        Err(Refusal::MediaUnavailable)
    }

    /// Until the client ends it, its connection is over, or the seat was taken away. Gives back who waits for the end.
    async fn serve(&mut self, asks: &mut mpsc::Receiver<Ask>) -> Option<oneshot::Sender<()>> {
        while !self.over {
            tokio::select! {
                biased;
                text = self.inbox.next() => match text.as_deref().map(read) {
                    None | Some(Some(ServerMessage::MediaLost { .. })) => return None,
                    // What happens to others, and who is in a slot.
                    Some(_) => {}
                },
                ask = asks.recv() => match ask? {
                    Ask::Patch { matches, fragment, reply } => {
                        let patched = self.patch(&matches, fragment).await;
                        let _ = reply.send(patched);
                    }
                    Ask::End(reply) => return Some(reply),
                },
            }
        }
        None
    }

    /// Candidates are noted by doing nothing (ICE-lite); other credentials than before restart ICE. A restart that fails
    /// leaves the session as it was.
    async fn patch(&mut self, matches: &IfMatch, fragment: Fragment) -> Result<Patched, Refusal> {
        if let IfMatch::Tags(tags) = matches
            && !tags.contains(&self.etag)
        {
            return Err(Refusal::EtagStale);
        }
        let Some((ufrag, password)) = fragment
            .credentials
            .filter(|(ufrag, _)| *ufrag != self.offer.ufrag)
        else {
            return Ok(Patched::Noted);
        };
        let next = self.offer.with_ice(&ufrag, &password);
        let before = std::mem::replace(&mut self.offer, next);
        let answered = self.negotiate(false).await;
        if answered.is_err() {
            self.offer = before;
        }
        answered.map(Patched::Restarted)
    }

    async fn act(&self, action: Action) -> Result<(), Refusal> {
        let who = self.who.clone();
        let sent = self.door.commands.send(Command::Act { who, action }).await;
        sent.map_err(|_| Refusal::MediaUnavailable)
    }

    /// Gives up the seat, and waits until the hub has let go of it.
    async fn leave(mut self) {
        let left = async {
            if self.act(Action::Leave).await.is_ok() {
                while self.inbox.next().await.is_some() {}
            }
        };
        if timeout(LEAVE_WITHIN, left).await.is_err() {
            tracing::warn!("a session's seat was not given up in time");
        }
    }
}

fn read(text: &str) -> Option<ServerMessage> {
    serde_json::from_str(text).ok()
}

/// The hub's word for it, in this door's words.
fn refusal(code: ErrorCode, message: String) -> Refusal {
    match code {
        ErrorCode::SdpInvalid => Refusal::SdpInvalid(message),
        ErrorCode::SdpTooLarge => Refusal::BodyTooLarge,
        ErrorCode::NotAllowed => Refusal::NotAllowed,
        ErrorCode::RoomFull => Refusal::RoomFull,
        ErrorCode::TicketExpired => Refusal::TicketExpired,
        ErrorCode::MediaFull => Refusal::MediaFull,
        _ => Refusal::MediaUnavailable,
    }
}
