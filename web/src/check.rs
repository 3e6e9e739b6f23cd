//! The check before joining: a ticket for a room of one's own, in which a browser tries the ways to the media plane, and
//! bytes with which it measures its line. Anyone may ask, so all of it together is limited; nothing is kept.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use aws_lc_rs::rand;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::json;
use signaling::{Grant, Ticket};

use crate::state::AppState;

/// Seconds for which a ticket is good.
const TICKET_S: u64 = 60;
/// After that the room is closed, whoever sits in it: it is for checking, not for talking.
const ROOM: Duration = Duration::from_secs(90);
/// How the names of these rooms begin.
pub const ROOM_PREFIX: &str = "patikra-";
/// Bytes of the download.
const DOWN_BYTES: usize = 1024 * 1024;
/// One request in so many milliseconds, of everyone together …
const EVERY_MS: u64 = 250;
/// … and so many at once before that counts.
const BURST: u64 = 60;

/// The routes of the check.
pub fn router(state: AppState) -> Router {
    let check = Check {
        state,
        gate: Arc::new(Gate::default()),
        began: Instant::now(),
    };
    Router::new()
        .route("/patikra/bilietas", post(ticket))
        .route("/patikra/srautas", get(down).post(up))
        .with_state(check)
}

#[derive(Clone)]
struct Check {
    state: AppState,
    gate: Arc<Gate>,
    began: Instant,
}

impl Check {
    fn admit(&self) -> Result<(), TooMany> {
        let now_ms = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.gate.admit(now_ms).then_some(()).ok_or(TooMany)
    }
}

/// Later it will be let through.
#[derive(Clone, Copy, Debug)]
struct TooMany;

impl IntoResponse for TooMany {
    fn into_response(self) -> Response {
        let retry = [(header::RETRY_AFTER, "60")];
        let body = Json(json!({ "status": 429, "code": "too_many_checks" }));
        (StatusCode::TOO_MANY_REQUESTS, retry, body).into_response()
    }
}

/// Lets [`BURST`] requests through at once, then one each [`EVERY_MS`].
#[derive(Debug, Default)]
struct Gate {
    /// When the next request would come if they came evenly, in ms.
    due_ms: AtomicU64,
}

impl Gate {
    fn admit(&self, now_ms: u64) -> bool {
        let next = |due: u64| {
            let due = due.max(now_ms);
            (due - now_ms <= (BURST - 1) * EVERY_MS).then_some(due + EVERY_MS)
        };
        self.due_ms
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, next)
            .is_ok()
    }
}

/// Who: anyone. What: a ticket for a room that nobody else knows.
async fn ticket(State(check): State<Check>) -> Result<Response, TooMany> {
    check.admit()?;
    let mut name = [0u8; 16];
    if rand::fill(&mut name).is_err() {
        return Ok(StatusCode::SERVICE_UNAVAILABLE.into_response());
    }
    let state = check.state;
    let room = format!("{ROOM_PREFIX}{}", hex::encode(name));
    let now_s = u64::try_from(state.civic.now().as_second()).unwrap_or_default();
    let ticket = state.secrets.ticket_key().sign(&Ticket {
        room: room.clone(),
        name: None,
        identified: None,
        account: None,
        verified: None,
        grants: vec![Grant::Publish, Grant::Subscribe],
        expires_s: now_s + TICKET_S,
    });
    // Relays are tried as a call would use them: with credentials of this room's own, which say nothing of who asks.
    let holder = u64::from_be_bytes(name[..8].try_into().unwrap_or_default());
    let relays = state.signaling.relays(holder);
    let body = json!({ "ticket": ticket, "room": room, "socket": "/call", "ice_servers": relays });
    tokio::spawn(async move {
        tokio::time::sleep(ROOM).await;
        state.signaling.close_room(&room, "ended");
    });
    Ok(Json(body).into_response())
}

/// Who: anyone. What: bytes that cannot be made smaller on the way.
async fn down(State(check): State<Check>) -> Result<Response, TooMany> {
    check.admit()?;
    let mut bytes = vec![0u8; DOWN_BYTES];
    if rand::fill(&mut bytes).is_err() {
        return Ok(StatusCode::SERVICE_UNAVAILABLE.into_response());
    }
    // An encoding that is named is not compressed again: it would cost us time and make the measure wrong.
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream"),
        (header::CONTENT_ENCODING, "identity"),
    ];
    Ok((headers, bytes).into_response())
}

/// Who: anyone. What: takes the bytes, and forgets them.
async fn up(State(check): State<Check>, _: Bytes) -> Result<StatusCode, TooMany> {
    check.admit()?;
    Ok(StatusCode::NO_CONTENT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_let_through_and_then_one_after_the_other() {
        let gate = Gate::default();
        let admitted = |now: u64| (0..1_000).filter(|_| gate.admit(now)).count() as u64;
        assert_eq!(admitted(1_000), BURST);
        assert_eq!(admitted(1_000 + EVERY_MS - 1), 0);
        assert_eq!(admitted(1_000 + 3 * EVERY_MS), 3);
        assert_eq!(admitted(10_000_000), BURST);
    }
}
