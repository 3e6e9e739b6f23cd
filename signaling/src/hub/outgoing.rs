//! From the hub to one socket. Messages that say what changed wait in a bounded queue and are never dropped: when it
//! is full the socket is. Slots and speakers are whole states: of each only the newest waits.

use axum::extract::ws::Utf8Bytes;
use tokio::sync::{mpsc, watch};

use crate::message::{ErrorCode, ServerMessage};

/// Messages that may wait for one socket. When it is full, nothing is dropped: the browser is told `too_slow`, its
/// socket is closed and its seat kept, and it learns the whole state when it comes back.
pub(crate) const QUEUE: usize = 256;

/// The hub's end. Dropping it ends the socket, after what waits was sent.
pub(crate) struct Outgoing {
    queue: mpsc::Sender<Utf8Bytes>,
    slots: watch::Sender<Utf8Bytes>,
    speaking: watch::Sender<Utf8Bytes>,
}

/// The socket's end.
pub(crate) struct Inbox {
    queue: mpsc::Receiver<Utf8Bytes>,
    slots: watch::Receiver<Utf8Bytes>,
    speaking: watch::Receiver<Utf8Bytes>,
}

/// The queue was full: let go of this end.
#[derive(Debug)]
pub(crate) struct TooSlow;

/// Both ends.
pub(crate) fn outgoing() -> (Outgoing, Inbox) {
    // One place more than promised, for the word that says why the socket ends.
    let (queue, queue_end) = mpsc::channel(QUEUE + 1);
    let (slots, slots_end) = watch::channel(Utf8Bytes::default());
    let (speaking, speaking_end) = watch::channel(Utf8Bytes::default());
    let outgoing = Outgoing {
        queue,
        slots,
        speaking,
    };
    let inbox = Inbox {
        queue: queue_end,
        slots: slots_end,
        speaking: speaking_end,
    };
    (outgoing, inbox)
}

impl Outgoing {
    /// Queues a message that says what changed.
    pub(crate) fn push(&self, text: Utf8Bytes) -> Result<(), TooSlow> {
        if self.queue.capacity() > 1 {
            // A closed queue is a socket that is ending: its task says so itself.
            let _ = self.queue.try_send(text);
            return Ok(());
        }
        let _ = self.queue.try_send(encode(&ServerMessage::Error {
            code: ErrorCode::TooSlow,
            message: format!("{QUEUE} messages wait to be read"),
            fatal: false,
        }));
        Err(TooSlow)
    }

    /// Replaces the slot map that waits, if one does. It is sent after everything queued before.
    pub(crate) fn slots(&self, text: Utf8Bytes) {
        self.slots.send_replace(text);
    }

    /// Replaces the list of speakers that waits, if one does.
    pub(crate) fn speaking(&self, text: Utf8Bytes) {
        self.speaking.send_replace(text);
    }
}

impl Inbox {
    /// What to send next; `None` when the hub let go and everything queued was taken. Cancel safe.
    pub(crate) async fn next(&mut self) -> Option<Utf8Bytes> {
        // The queue first: a slot map never overtakes the arrival of someone it names.
        tokio::select! {
            biased;
            text = self.queue.recv() => text,
            Ok(()) = self.slots.changed() => Some(self.slots.borrow_and_update().clone()),
            Ok(()) = self.speaking.changed() => Some(self.speaking.borrow_and_update().clone()),
        }
    }
}

/// A message as it goes over the wire; made once for a whole room.
pub(crate) fn encode(message: &ServerMessage) -> Utf8Bytes {
    serde_json::to_string(message)
        .expect("strings, numbers and lists have a JSON form")
        .into()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test says by panicking")]
    use super::*;

    fn pong(nonce: u32) -> Utf8Bytes {
        encode(&ServerMessage::Pong { nonce })
    }

    #[tokio::test]
    async fn changes_are_never_dropped_and_states_never_pile_up() {
        let (out, mut inbox) = outgoing();
        for n in 0..100 {
            out.slots(format!("slots {n}").into());
            out.speaking(format!("speaking {n}").into());
            out.push(pong(n)).unwrap();
        }
        for n in 0..100 {
            assert_eq!(inbox.next().await, Some(pong(n)));
        }
        assert_eq!(inbox.next().await.unwrap().as_str(), "slots 99");
        assert_eq!(inbox.next().await.unwrap().as_str(), "speaking 99");
        drop(out);
        assert_eq!(inbox.next().await, None);
    }

    #[tokio::test]
    async fn a_full_queue_ends_with_the_reason() {
        let (out, mut inbox) = outgoing();
        let taken = (0..).find(|n| out.push(pong(*n)).is_err()).unwrap();
        assert_eq!(taken as usize, QUEUE);
        drop(out);
        for n in 0..taken {
            assert_eq!(inbox.next().await, Some(pong(n)));
        }
        assert!(inbox.next().await.unwrap().contains("too_slow"));
        assert_eq!(inbox.next().await, None);
    }
}
