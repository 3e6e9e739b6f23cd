//! A browser without a network: what it sends and reads goes through channels of one place each.

use axum::extract::ws::Message;
use futures_util::{sink, stream};
use serde_json::json;
use tokio::sync::mpsc;

use crate::Signaling;
use crate::message::{ClientMessage, ErrorCode, Participant, ServerMessage, VERSION};
use crate::socket::{self, Incoming};

/// One page. Dropping it breaks the connection.
pub(super) struct Browser {
    to: mpsc::Sender<Incoming>,
    from: mpsc::Receiver<Message>,
    /// Of the last `welcome`.
    pub(super) seat: u32,
    pub(super) secret: String,
    pub(super) resumed: bool,
    pub(super) participants: Vec<Participant>,
}

impl Browser {
    pub(super) fn open(signaling: &Signaling) -> Self {
        // Full: the socket waits, as it does for a network.
        let (to, incoming) = mpsc::channel(1);
        let (out, from) = mpsc::channel(1);
        let incoming = stream::unfold(incoming, async |mut incoming| {
            Some((incoming.recv().await?, incoming))
        });
        let out = sink::unfold(out, async |out: mpsc::Sender<Message>, message| {
            out.send(message).await.map(|()| out)
        });
        let door = signaling.door.clone();
        tokio::spawn(socket::serve(door, Box::pin(incoming), Box::pin(out)));
        Self {
            to,
            from,
            seat: 0,
            secret: String::new(),
            resumed: false,
            participants: Vec::new(),
        }
    }

    pub(super) async fn raw(&self, incoming: Incoming) {
        self.to.send(incoming).await.unwrap();
    }

    pub(super) async fn text(&self, text: &str) {
        self.raw(Incoming::Text(text.into())).await;
    }

    pub(super) async fn send(&self, message: &ClientMessage) {
        self.text(&serde_json::to_string(message).unwrap()).await;
    }

    pub(super) async fn offer(&self, sdp: &str, fresh: bool) {
        self.send(&ClientMessage::Offer {
            sdp: sdp.into(),
            fresh,
            tracks: Vec::new(),
        })
        .await;
    }

    /// The next message; `None` when the socket was closed.
    pub(super) async fn next(&mut self) -> Option<ServerMessage> {
        match self.from.recv().await? {
            Message::Text(text) => Some(serde_json::from_str(&text).unwrap()),
            _ => None,
        }
    }

    /// The close code; whatever was said before it is passed over.
    pub(super) async fn closed(&mut self) -> Option<u16> {
        loop {
            match self.from.recv().await {
                Some(Message::Close(frame)) => return Some(frame.unwrap().code),
                Some(_) => {}
                None => return None,
            }
        }
    }

    /// The next message that `wanted` takes; others are passed over.
    pub(super) async fn until<T>(&mut self, wanted: impl Fn(&ServerMessage) -> Option<T>) -> T {
        loop {
            let message = self.next().await.unwrap();
            if let Some(found) = wanted(&message) {
                return found;
            }
        }
    }

    /// The next refusal's code.
    pub(super) async fn error(&mut self) -> ErrorCode {
        self.until(|message| match message {
            ServerMessage::Error { code, .. } => Some(*code),
            _ => None,
        })
        .await
    }

    pub(super) async fn ask(&mut self, ticket: &str, resume: Option<&str>) {
        let join = json!({
            "type": "join", "version": VERSION, "ticket": ticket, "resume": resume,
        });
        self.text(&join.to_string()).await;
    }

    pub(super) async fn join(&mut self, ticket: &str) {
        self.ask(ticket, None).await;
        self.welcome().await;
    }

    pub(super) async fn welcome(&mut self) {
        match self.next().await.unwrap() {
            ServerMessage::Welcome {
                seat,
                resume,
                resumed,
                participants,
                ..
            } => {
                self.seat = seat;
                self.secret = resume;
                self.resumed = resumed;
                self.participants = participants;
            }
            other => unreachable!("{other:?} instead of a welcome"),
        }
    }

    /// How a seat is, from the next message that says it changed.
    pub(super) async fn change_of(&mut self, seat: u32) -> Participant {
        self.until(|message| match message {
            ServerMessage::ParticipantChanged { participant } if participant.seat == seat => {
                Some(participant.clone())
            }
            _ => None,
        })
        .await
    }

    /// Shows life, and reads everything that was said before the answer to it.
    pub(super) async fn ping(&mut self) -> Vec<ServerMessage> {
        let nonce = 4_000_000_000;
        self.send(&ClientMessage::Ping { nonce }).await;
        let mut before = Vec::new();
        loop {
            match self.next().await.unwrap() {
                ServerMessage::Pong { nonce: answered } if answered == nonce => return before,
                other => before.push(other),
            }
        }
    }
}
