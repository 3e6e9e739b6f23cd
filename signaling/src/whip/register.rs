//! Which sessions there are, by their secret names, and how much each ticket has asked for. Everything here is bounded: a
//! session beyond [`MAX_SESSIONS`] or [`MAX_PER_TICKET`] is refused, and tickets that ask for nothing are forgotten.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_lc_rs::digest;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::Protocol;
use super::refusal::Refusal;
use super::session::Ask;
use crate::rate::Rate;
use crate::ticket::random_text;

/// Sessions at once, of all tickets.
pub(crate) const MAX_SESSIONS: usize = 4_096;

/// Sessions of one ticket at once.
pub(crate) const MAX_PER_TICKET: usize = 16;

/// Sessions that one ticket may open in a second, on average and after a silence.
const OPENED: (f64, f64) = (0.5, 20.0);

/// Requests to one session in a second, on average and after a silence.
const ASKED: (f64, f64) = (10.0, 50.0);

/// Tickets that are remembered because they opened a session lately.
const MAX_TICKETS: usize = 8_192;

/// After so long without a session a ticket's pace is forgotten: it would be allowed the most again.
const FORGOTTEN: Duration = Duration::from_secs(60);

/// SHA-256 of a ticket, as it was sent.
pub(crate) type TicketDigest = [u8; digest::SHA256_OUTPUT_LEN];

/// The digest of a ticket.
pub(crate) fn digest_of(ticket: &str) -> TicketDigest {
    let mut out = TicketDigest::default();
    out.copy_from_slice(digest::digest(&digest::SHA256, ticket.as_bytes()).as_ref());
    out
}

/// All sessions.
#[derive(Debug, Default)]
pub(crate) struct Register {
    // Held for a look-up at a time, and never while anything is waited for.
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    sessions: HashMap<String, Entry>,
    tickets: HashMap<TicketDigest, Usage>,
}

#[derive(Debug)]
struct Entry {
    protocol: Protocol,
    room: String,
    ticket: TicketDigest,
    rate: Rate,
    asks: mpsc::Sender<Ask>,
}

#[derive(Debug)]
struct Usage {
    sessions: usize,
    opened: Rate,
    last: Instant,
}

/// A session's place in the register; it is given back when this is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    register: Arc<Register>,
    /// The session's secret name.
    pub(crate) id: String,
    ticket: TicketDigest,
}

impl Register {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        // What is inside is whole at every moment at which a panic could be.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for a new session, which is reached through `asks`.
    pub(crate) fn open(
        self: &Arc<Self>,
        protocol: Protocol,
        room: &str,
        ticket: TicketDigest,
        asks: mpsc::Sender<Ask>,
        now: Instant,
    ) -> Result<Place, Refusal> {
        let mut inner = self.inner();
        if inner.sessions.len() >= MAX_SESSIONS {
            return Err(Refusal::MediaFull);
        }
        if inner.tickets.len() >= MAX_TICKETS {
            inner
                .tickets
                .retain(|_, usage| usage.sessions > 0 || now < usage.last + FORGOTTEN);
        }
        if inner.tickets.len() >= MAX_TICKETS && !inner.tickets.contains_key(&ticket) {
            return Err(Refusal::MediaUnavailable);
        }
        let usage = inner.tickets.entry(ticket).or_insert_with(|| Usage {
            sessions: 0,
            opened: Rate::of(OPENED.0, OPENED.1, now),
            last: now,
        });
        usage.last = now;
        if usage.sessions >= MAX_PER_TICKET {
            return Err(Refusal::TooManySessions);
        }
        if !usage.opened.take(now) {
            return Err(Refusal::TooManyRequests);
        }
        usage.sessions += 1;
        let id = random_text();
        let entry = Entry {
            protocol,
            room: room.to_owned(),
            ticket,
            rate: Rate::of(ASKED.0, ASKED.1, now),
            asks,
        };
        inner.sessions.insert(id.clone(), entry);
        Ok(Place {
            register: self.clone(),
            id,
            ticket,
        })
    }

    /// The way to a session, for whoever shows the ticket that opened it.
    pub(crate) fn find(
        &self,
        protocol: Protocol,
        room: &str,
        id: &str,
        ticket: &TicketDigest,
        now: Instant,
    ) -> Result<mpsc::Sender<Ask>, Refusal> {
        let mut inner = self.inner();
        let entry = inner
            .sessions
            .get_mut(id)
            .filter(|entry| entry.protocol == protocol && entry.room == room)
            .ok_or(Refusal::SessionUnknown)?;
        if entry.ticket != *ticket {
            return Err(Refusal::SessionForeign);
        }
        if !entry.rate.take(now) {
            return Err(Refusal::TooManyRequests);
        }
        Ok(entry.asks.clone())
    }

    #[cfg(test)]
    fn sizes(&self) -> (usize, usize) {
        let inner = self.inner();
        (inner.sessions.len(), inner.tickets.len())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut inner = self.register.inner();
        inner.sessions.remove(&self.id);
        if let Some(usage) = inner.tickets.get_mut(&self.ticket) {
            usage.sessions = usage.sessions.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test says by panicking")]
    use super::*;

    fn open(register: &Arc<Register>, ticket: &str, now: Instant) -> Result<Place, &'static str> {
        let (asks, _) = mpsc::channel(1);
        let ticket = digest_of(ticket);
        let place = register.open(Protocol::Whip, "room", ticket, asks, now);
        place.map_err(|refusal| refusal.code())
    }

    #[test]
    fn a_ticket_has_so_many_sessions_and_opens_them_so_fast() {
        let (register, now) = (Arc::new(Register::default()), Instant::now());
        let mut places: Vec<_> = (0..MAX_PER_TICKET)
            .map(|_| open(&register, "a", now).unwrap())
            .collect();
        assert_eq!(open(&register, "a", now).unwrap_err(), "too_many_sessions");
        let other = open(&register, "b", now).unwrap();
        places.clear();
        for _ in MAX_PER_TICKET..OPENED.1 as usize {
            drop(open(&register, "a", now).unwrap());
        }
        assert_eq!(open(&register, "a", now).unwrap_err(), "too_many_requests");
        let later = now + Duration::from_secs(2);
        assert!(open(&register, "a", later).is_ok());
        assert_eq!(register.sizes().0, 1);
        drop(other);
    }

    #[test]
    fn a_session_is_found_by_its_own_ticket_at_its_own_address_only() {
        let (register, now) = (Arc::new(Register::default()), Instant::now());
        let place = open(&register, "a", now).unwrap();
        let find = |protocol, room: &str, id: &str, ticket: &str| {
            let found = register.find(protocol, room, id, &digest_of(ticket), now);
            found.err().map_or("", |refusal| refusal.code())
        };
        assert_eq!(find(Protocol::Whip, "room", &place.id, "a"), "");
        assert_eq!(
            find(Protocol::Whip, "room", &place.id, "b"),
            "session_foreign"
        );
        assert_eq!(
            find(Protocol::Whep, "room", &place.id, "a"),
            "session_unknown"
        );
        assert_eq!(
            find(Protocol::Whip, "other", &place.id, "a"),
            "session_unknown"
        );
        assert_eq!(find(Protocol::Whip, "room", "", "a"), "session_unknown");
        for _ in 0..ASKED.1 as usize {
            find(Protocol::Whip, "room", &place.id, "a");
        }
        assert_eq!(
            find(Protocol::Whip, "room", &place.id, "a"),
            "too_many_requests"
        );
    }

    #[test]
    fn tickets_that_ask_for_nothing_are_forgotten() {
        let (register, now) = (Arc::new(Register::default()), Instant::now());
        let kept = open(&register, "kept", now).unwrap();
        for n in 1..MAX_TICKETS {
            drop(open(&register, &n.to_string(), now).unwrap());
        }
        assert_eq!(
            open(&register, "more", now).unwrap_err(),
            "media_unavailable"
        );
        drop(open(&register, "more", now + FORGOTTEN).unwrap());
        assert_eq!(register.sizes(), (1, 2));
        drop(kept);
    }
}
