//! Whatever was refused, counted by the minute until it is written: by route pattern, method, reason and account. Bounded:
//! when a minute has more different refusals than [`LINES`] of one sort, the rest of them shares one line that only says how
//! many; when nothing can be written for [`MINUTES`], what comes then is dropped.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use axum::extract::{MatchedPath, Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use jiff::Timestamp;

use super::{Kind, Line, store};
use crate::clock::from_micros;
use crate::{AccountId, AuditId, Civic, Error};

/// Different refusals of a minute that get a line of their own: so many of strangers, and so many of who is signed in, so
/// that the one does not hide the other.
const LINES: usize = 32;
/// Minutes that wait to be written.
const MINUTES: usize = 15;
const MINUTE_US: i64 = 60_000_000;
/// Lines about refusals that are kept; the oldest are deleted.
const KEPT: i64 = 200_000;

/// Travels with a refusal's response: why.
#[derive(Clone, Copy, Debug)]
pub struct Code(pub &'static str);

/// Travels with a request: who was found to be looking.
#[derive(Clone, Debug, Default)]
pub struct Seen(Arc<OnceLock<AccountId>>);

impl Seen {
    /// Remembers who it is.
    pub(crate) fn set(&self, account: AccountId) {
        // The second time it is the same one.
        let _ = self.0.set(account);
    }
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Key {
    minute_us: i64,
    /// The pattern; `…`: one of many.
    route: String,
    method: &'static str,
    code: &'static str,
    account: Option<AccountId>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    /// Its row, when it has one.
    row: Option<AuditId>,
    /// What is not written yet.
    pending: i64,
}

/// The counts. Bounded: see the top of this file.
#[derive(Debug, Default)]
pub struct Refusals {
    counts: Mutex<HashMap<Key, Count>>,
    writing: tokio::sync::Mutex<()>,
}

impl Refusals {
    fn note(&self, mut key: Key) {
        // A panic while it is held is impossible; what the map says would still be right.
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if !counts.contains_key(&key) {
            let signed_in = key.account.is_some();
            let same = |other: &&Key| {
                other.minute_us == key.minute_us && other.account.is_some() == signed_in
            };
            if counts.keys().filter(same).count() >= LINES {
                key = Key {
                    route: "…".into(),
                    method: "",
                    code: "",
                    account: None,
                    ..key
                };
            }
            if counts.len() >= MINUTES * 2 * LINES && !counts.contains_key(&key) {
                return;
            }
        }
        counts.entry(key).or_default().pending += 1;
    }

    /// What is to be written now.
    fn pending(&self) -> Vec<(Key, Count)> {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let mut pending: Vec<_> = counts
            .iter()
            .filter(|(_, count)| count.pending > 0)
            .map(|(key, count)| (key.clone(), *count))
            .collect();
        pending.sort_by_key(|(key, _)| key.minute_us);
        pending
    }

    /// It is written; minutes that are over are forgotten.
    fn written(&self, done: &[(Key, Count)], now: Timestamp) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        for (key, count) in done {
            if let Some(kept) = counts.get_mut(key) {
                kept.row = count.row;
                kept.pending -= count.pending;
            }
        }
        let this = minute_of(now);
        counts.retain(|key, count| key.minute_us >= this || count.pending > 0);
    }
}

fn minute_of(at: Timestamp) -> i64 {
    at.as_microsecond().div_euclid(MINUTE_US) * MINUTE_US
}

/// Writes what waits into the audit. Called every second, and before the audit is read.
pub async fn flush(civic: &Civic) -> Result<(), Error> {
    let _alone = civic.refusals.writing.lock().await;
    let mut pending = civic.refusals.pending();
    if pending.is_empty() {
        return Ok(());
    }
    let mut tx = civic.write().await?;
    for (key, count) in &mut pending {
        match count.row {
            Some(id) => store::add_times(&mut tx, id, count.pending).await?,
            None => {
                let at = from_micros(key.minute_us);
                let id = AuditId::new(at);
                let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
                let line = Line {
                    kind: Kind::Refused,
                    actor: key.account,
                    subject: None,
                    what: some(&key.route),
                    place: some(key.method),
                    code: some(key.code),
                    times: count.pending,
                };
                store::insert(&mut tx, id, at, &line).await?;
                count.row = Some(id);
            }
        }
    }
    tx.commit().await?;
    civic.refusals.written(&pending, civic.now());
    Ok(())
}

/// Deletes the oldest refusals when there are more than are kept. Called every hour.
pub async fn forget(civic: &Civic) -> Result<(), Error> {
    let mut tx = civic.write().await?;
    store::forget_refusals(&mut tx, KEPT).await?;
    tx.commit().await
}

/// Middleware around every route: notes what it refused.
pub async fn watch(State(civic): State<Civic>, mut request: Request, next: Next) -> Response {
    let matched = request.extensions().get::<MatchedPath>();
    let route = matched.map_or("", MatchedPath::as_str).to_owned();
    let method = method_name(request.method());
    let seen = Seen::default();
    request.extensions_mut().insert(seen.clone());
    let response = next.run(request).await;
    let by_status = match response.status() {
        StatusCode::UNAUTHORIZED => "sign_in_required",
        StatusCode::FORBIDDEN => "not_allowed",
        StatusCode::TOO_MANY_REQUESTS => "too_many_requests",
        _ => return response,
    };
    let code = response.extensions().get::<Code>();
    civic.refusals.note(Key {
        minute_us: minute_of(civic.now()),
        route,
        method,
        code: code.map_or(by_status, |code| code.0),
        account: seen.0.get().copied(),
    });
    response
}

/// A client may name a method as it likes.
fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(route: usize, account: Option<u128>) -> Key {
        Key {
            minute_us: 0,
            route: format!("/{route}"),
            method: "GET",
            code: "not_allowed",
            account: account.map(|n| AccountId(uuid::Uuid::from_u128(n))),
        }
    }

    #[test]
    fn a_flood_shares_a_line_and_hides_nobody_who_is_signed_in() {
        let refusals = Refusals::default();
        for route in 0..1000 {
            refusals.note(refused(route, None));
        }
        refusals.note(refused(5, None));
        refusals.note(refused(7, Some(1)));
        let pending = refusals.pending();
        assert_eq!(pending.len(), LINES + 2);
        let of = |route: &str, signed_in: bool| {
            let mut found = pending.iter();
            found
                .find(|(key, _)| key.route == route && key.account.is_some() == signed_in)
                .map(|(_, count)| count.pending)
        };
        assert_eq!(of("/5", false), Some(2));
        assert_eq!(of("/7", true), Some(1));
        assert_eq!(of("…", false), Some(1000 - 32));
    }

    #[test]
    fn what_cannot_be_written_does_not_grow_for_ever() {
        let refusals = Refusals::default();
        for minute in 0..100 {
            for route in 0..100 {
                let minute_us = minute * MINUTE_US;
                refusals.note(Key {
                    minute_us,
                    ..refused(route, None)
                });
            }
        }
        assert!(refusals.pending().len() <= MINUTES * 2 * LINES);
    }

    #[test]
    fn what_is_written_is_not_written_again() {
        let refusals = Refusals::default();
        refusals.note(refused(1, None));
        let mut pending = refusals.pending();
        pending[0].1.row = Some(AuditId(uuid::Uuid::nil()));
        refusals.note(refused(1, None));
        refusals.written(&pending, Timestamp::UNIX_EPOCH);
        let left = refusals.pending();
        assert_eq!((left.len(), left[0].1.pending), (1, 1));
        assert!(left[0].1.row.is_some());
        refusals.written(&left, from_micros(MINUTE_US));
        assert!(refusals.pending().is_empty());
    }
}
