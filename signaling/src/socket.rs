//! One WebSocket: reads messages, checks their shape, the ticket and the pace, and passes on what the hub says.
//! It works on any stream and sink, so that it is tested without a network and with a clock that is turned by hand.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, close_code};
use futures_util::{Sink, SinkExt, Stream, StreamExt};
use sfu::RoomId;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, timeout, timeout_at};

use crate::hub::outgoing::{Inbox, Outgoing, encode, outgoing};
use crate::hub::{Action, Command, Enter, Refused, Who};
use crate::message::{
    ClientMessage, ErrorCode, MAX_MESSAGE_BYTES, MAX_TILES, ServerMessage, VERSION,
};
use crate::rate::Rate;
use crate::refusals::Refusals;
use crate::ticket::{TicketError, TicketKey, unix_now_s};

/// Without a message for so long, the browser is taken for dead; it pings every 5 s.
pub(crate) const IDLE: Duration = Duration::from_secs(15);

/// Refused messages in a row after which the socket is closed.
pub(crate) const STRIKES: u32 = 10;

/// A browser that does not take one message in so long is taken for dead.
const WRITE_WITHIN: Duration = Duration::from_secs(15);

/// How long what still waits, and the closing handshake, may take once it is decided that the socket ends.
const END_WITHIN: Duration = Duration::from_secs(2);

/// Answers of the socket itself that may wait. Nothing is dropped: when it is full the socket is closed as too slow.
const REPLIES: usize = 32;

/// Longest explanation sent with an error, in bytes.
const MAX_EXPLANATION_BYTES: usize = 200;

/// What every socket needs.
#[derive(Debug)]
pub(crate) struct Door {
    pub(crate) key: TicketKey,
    pub(crate) commands: mpsc::Sender<Command>,
    /// Becomes `true` when the server ends.
    pub(crate) stop: watch::Sender<bool>,
    pub(crate) connections: AtomicU64,
    pub(crate) refusals: Arc<Refusals>,
}

impl Door {
    /// A number that no other socket or session has.
    pub(crate) fn next_connection(&self) -> u64 {
        self.connections.fetch_add(1, Ordering::Relaxed)
    }
}

/// What comes in, whatever carries it.
#[derive(Debug)]
pub(crate) enum Incoming {
    Text(Utf8Bytes),
    /// A binary message: there are none in this protocol.
    Binary,
    /// A WebSocket ping or pong: a sign of life.
    Life,
    /// A message that was not read because of its size. Nothing can be read after it.
    TooLarge,
}

/// Why a socket ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum End {
    /// The browser closed it, or the network did.
    Gone,
    /// The seat was given up by its holder.
    Left,
    /// Something fatal was refused.
    Refused,
    TooLarge,
    /// No sign of life.
    Idle,
    /// The hub let go of it: closed, replaced, too slow.
    ByHub,
}

impl End {
    /// The WebSocket close code (RFC 6455 section 7.4.1).
    fn code(self) -> u16 {
        match self {
            End::Gone | End::Left | End::ByHub => close_code::NORMAL,
            End::Refused => close_code::POLICY,
            End::TooLarge => close_code::SIZE,
            End::Idle => close_code::AWAY,
        }
    }
}

/// Serves one socket until it ends.
pub(crate) async fn serve<In, Out>(door: Arc<Door>, mut incoming: In, mut out: Out)
where
    In: Stream<Item = Incoming> + Unpin,
    Out: Sink<Message> + Unpin,
{
    let (outgoing, inbox) = outgoing();
    let (replies, replies_end) = mpsc::channel(REPLIES);
    let mut reader = Reader {
        connection: door.next_connection(),
        door,
        replies,
        outgoing: Some(outgoing),
        who: None,
        strikes: 0,
        rate: Rate::new(Instant::now()),
        deadline: Instant::now() + IDLE,
    };
    let end = {
        let mut writer = std::pin::pin!(write(inbox, replies_end, &mut out));
        let end = tokio::select! {
            end = reader.read(&mut incoming) => Some(end),
            () = &mut writer => None,
        };
        reader.part().await;
        if end.is_some() {
            // The hub has let go, or will at once: what waits is sent, then the writer ends by itself.
            let _ = timeout(END_WITHIN, writer).await;
        }
        end.unwrap_or(End::ByHub)
    };
    let frame = CloseFrame {
        code: end.code(),
        reason: Utf8Bytes::default(),
    };
    let _ = timeout(END_WITHIN, async {
        if out.send(Message::Close(Some(frame))).await.is_ok() {
            linger(&mut incoming, end).await;
        }
    })
    .await;
}

/// Waits for the browser's close, so that it reads what was sent last before the network forgets it.
async fn linger<In: Stream<Item = Incoming> + Unpin>(incoming: &mut In, end: End) {
    if end == End::TooLarge {
        // The rest of that message stands between here and the browser's close: leave it the whole time.
        return std::future::pending().await;
    }
    while incoming.next().await.is_some() {}
}

/// Sends what the hub and the reader say, until both have let go or the browser takes nothing any more.
async fn write<Out: Sink<Message> + Unpin>(
    mut inbox: Inbox,
    mut replies: mpsc::Receiver<Utf8Bytes>,
    out: &mut Out,
) {
    loop {
        let text = tokio::select! {
            biased;
            Some(reply) = replies.recv() => reply,
            text = inbox.next() => match text {
                Some(text) => text,
                None => break,
            },
        };
        if !send(out, text).await {
            return;
        }
    }
    while let Ok(reply) = replies.try_recv() {
        if !send(out, reply).await {
            return;
        }
    }
}

async fn send<Out: Sink<Message> + Unpin>(out: &mut Out, text: Utf8Bytes) -> bool {
    matches!(
        timeout(WRITE_WITHIN, out.send(Message::Text(text))).await,
        Ok(Ok(()))
    )
}

/// A code and its explanation.
type Refusal = (ErrorCode, &'static str);

/// The reading half.
struct Reader {
    door: Arc<Door>,
    connection: u64,
    replies: mpsc::Sender<Utf8Bytes>,
    /// Given to the hub with `join`.
    outgoing: Option<Outgoing>,
    /// The seat, once there is one.
    who: Option<Who>,
    strikes: u32,
    rate: Rate,
    /// When the browser is taken for dead. Before a seat is taken only a `join` moves it.
    deadline: Instant,
}

impl Reader {
    /// Reads until something ends the socket.
    async fn read<In: Stream<Item = Incoming> + Unpin>(&mut self, incoming: &mut In) -> End {
        let mut stop = self.door.stop.subscribe();
        loop {
            let next = tokio::select! {
                next = timeout_at(self.deadline, incoming.next()) => next,
                // Whoever has a seat is told by the hub.
                _ = stop.wait_for(|stop| *stop), if self.who.is_none() => return End::ByHub,
            };
            let step = match next {
                Err(_) => Err(End::Idle),
                Ok(None) => Err(End::Gone),
                Ok(Some(incoming)) => {
                    if self.who.is_some() {
                        self.deadline = Instant::now() + IDLE;
                    }
                    self.take(incoming).await
                }
            };
            if let Err(end) = step {
                return end;
            }
        }
    }

    async fn take(&mut self, incoming: Incoming) -> Result<(), End> {
        let parsed = match incoming {
            Incoming::TooLarge => {
                let most = format!("a message has at most {MAX_MESSAGE_BYTES} bytes");
                self.refuse(ErrorCode::MessageTooLarge, &most, false)?;
                return Err(End::TooLarge);
            }
            _ if !self.rate.take(Instant::now()) => {
                return self.strike(ErrorCode::TooManyMessages, "too many messages a second");
            }
            Incoming::Life => return Ok(()),
            Incoming::Binary => return self.strike(ErrorCode::BadMessage, "not a text message"),
            Incoming::Text(text) => parse(&text),
        };
        match parsed {
            Ok(message) => {
                self.strikes = 0;
                self.handle(message).await
            }
            Err(why) => self.strike(ErrorCode::BadMessage, &why),
        }
    }

    async fn handle(&mut self, message: ClientMessage) -> Result<(), End> {
        let action = match message {
            ClientMessage::Ping { nonce } => return self.reply(&ServerMessage::Pong { nonce }),
            ClientMessage::Join { .. } if self.who.is_some() => {
                let why = "this socket has a seat";
                return self.refuse(ErrorCode::AlreadyJoined, why, false);
            }
            ClientMessage::Join { .. } => return self.join(message).await,
            _ if self.who.is_none() => {
                let why = "the first message is join";
                return self.refuse(ErrorCode::NotJoined, why, false);
            }
            ClientMessage::Offer { sdp, fresh, tracks } => {
                let (done, answered) = oneshot::channel::<()>();
                self.act(Action::Offer {
                    sdp,
                    fresh,
                    tracks,
                    done,
                })
                .await?;
                // It is dropped rather than sent: the answer goes through the hub's queue, in its order.
                let _ = answered.await;
                return Ok(());
            }
            ClientMessage::Mute { source, muted } => Action::Mute { source, muted },
            ClientMessage::Pin { seat } => Action::Pin { seat },
            ClientMessage::View { tiles } if tiles.len() > MAX_TILES => {
                return self.strike(ErrorCode::BadMessage, "more than 128 tiles");
            }
            ClientMessage::View { tiles } => Action::View { tiles },
            ClientMessage::Record { on } => Action::Record { on },
            ClientMessage::Leave => {
                self.act(Action::Leave).await?;
                self.who = None;
                return Err(End::Left);
            }
        };
        self.act(action).await
    }

    /// Checks the version and the ticket, then asks the hub for a seat.
    async fn join(&mut self, message: ClientMessage) -> Result<(), End> {
        let (command, answered) = match self.ask(message) {
            Ok(asked) => asked,
            Err((code, why)) => return self.refuse(code, why, true),
        };
        self.send(command).await?;
        match answered.await {
            Ok(Ok(who)) => self.who = Some(who),
            Ok(Err(Refused { code, outgoing })) => {
                // Held until the refusal is queued: without it the writer would end.
                self.outgoing = Some(outgoing);
                return self.refuse(code, "no seat was given", true);
            }
            Err(_) => return Err(End::ByHub),
        }
        self.deadline = Instant::now() + IDLE;
        Ok(())
    }

    /// The command for a `join`, or why it is refused before the hub hears of it.
    fn ask(
        &mut self,
        message: ClientMessage,
    ) -> Result<(Command, oneshot::Receiver<Result<Who, Refused>>), Refusal> {
        let ClientMessage::Join {
            version,
            ticket,
            room,
            resume,
            microphone_muted,
            camera_muted,
        } = message
        else {
            return Err((ErrorCode::BadMessage, "not a join"));
        };
        if version != VERSION {
            return Err((
                ErrorCode::VersionUnsupported,
                "this server speaks version 1",
            ));
        }
        let key = &self.door.key;
        let (read, expired) = match key.verify(&ticket, unix_now_s()) {
            // A call may last longer than a ticket: for the same seat again its age does not matter.
            Err(TicketError::Expired) if resume.is_some() => (key.verify(&ticket, 0), true),
            read => (read, false),
        };
        let ticket = read.map_err(|error| match error {
            TicketError::Expired => (ErrorCode::TicketExpired, "the ticket has expired"),
            TicketError::Invalid => (ErrorCode::TicketInvalid, "the ticket is not valid"),
        })?;
        let room = ticket
            .room_for(room.as_deref())
            .ok_or((ErrorCode::RoomMismatch, "the ticket is not for this room"))?;
        let outgoing = self
            .outgoing
            .take()
            .ok_or((ErrorCode::AlreadyJoined, "this socket has a seat"))?;
        let (answer, answered) = oneshot::channel::<Result<Who, Refused>>();
        let enter = Enter {
            room: RoomId::new(&room),
            ticket,
            expired,
            resume,
            microphone_muted,
            camera_muted,
            connection: self.connection,
            outgoing,
        };
        Ok((Command::Enter { enter, answer }, answered))
    }

    /// Tells the hub that this socket is over, so that the seat is kept.
    async fn part(mut self) {
        if self.who.is_some() {
            let _ = self.act(Action::Broken).await;
        }
    }

    async fn act(&mut self, action: Action) -> Result<(), End> {
        match self.who.clone() {
            Some(who) => self.send(Command::Act { who, action }).await,
            None => Ok(()),
        }
    }

    async fn send(&mut self, command: Command) -> Result<(), End> {
        let sent = self.door.commands.send(command).await;
        sent.map_err(|_| End::ByHub)
    }

    /// Refuses a message that should not have been sent at all; too many in a row end the socket.
    fn strike(&mut self, code: ErrorCode, why: &str) -> Result<(), End> {
        self.strikes += 1;
        self.refuse(code, why, false)?;
        if self.strikes < STRIKES {
            return Ok(());
        }
        tracing::info!(
            ?code,
            "socket closed after {STRIKES} refused messages in a row"
        );
        Err(End::Refused)
    }

    fn refuse(&mut self, code: ErrorCode, why: &str, fatal: bool) -> Result<(), End> {
        self.door.refusals.count(code);
        self.reply(&ServerMessage::Error {
            code,
            message: why.to_owned(),
            fatal,
        })?;
        if fatal {
            tracing::info!(?code, "join refused");
            return Err(End::Refused);
        }
        Ok(())
    }

    fn reply(&mut self, message: &ServerMessage) -> Result<(), End> {
        let queued = self.replies.try_send(encode(message));
        queued.map_err(|_| End::Gone)
    }
}

/// Reads a message; the error says what is wrong with it, shortly.
pub(crate) fn parse(text: &str) -> Result<ClientMessage, String> {
    if text.len() > MAX_MESSAGE_BYTES {
        return Err("too long".to_owned());
    }
    serde_json::from_str(text).map_err(|error| {
        let mut why = error.to_string();
        let end = (0..=MAX_EXPLANATION_BYTES.min(why.len()))
            .rev()
            .find(|at| why.is_char_boundary(*at));
        why.truncate(end.unwrap_or(0));
        why
    })
}
