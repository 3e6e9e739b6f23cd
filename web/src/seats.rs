//! A seat in a reception: asks the civic rules whether this visitor may enter, and signs the join ticket if so.
//! This is where a name is left behind: an anonymous ticket holds none.

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use civic_api::conferences;
use civic_api::conferences::rules::{EnterAs, may_enter};
use civic_api::extract::{Body, Id};
use civic_api::{ConferenceId, Error, Viewer};
use serde::{Deserialize, Serialize};
use signaling::{Grant, Ticket};

use crate::state::AppState;

/// Seconds for which a join ticket is good: long enough to come back to a reception after a break in the network.
const TICKET_S: u64 = 4 * 60 * 60;

/// `POST /api/v1/conferences/{id}/seat`.
pub fn router() -> Router<AppState> {
    Router::new().route("/api/v1/conferences/{id}/seat", post(take))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SeatRequest {
    /// `name` or `anonymous`.
    r#as: EnterAs,
}

#[derive(Serialize)]
struct SeatResponse {
    ticket: String,
    room: String,
    socket: &'static str,
}

/// Who: whoever the reception is open to. What: one seat, by name or anonymous. Answer: the ticket for the call's door.
async fn take(
    State(state): State<AppState>,
    viewer: Viewer,
    Id(id): Id<ConferenceId>,
    Body(request): Body<SeatRequest>,
) -> Result<Json<SeatResponse>, Error> {
    let conference = conferences::get(&state.civic, id).await?;
    let grant = may_enter(&viewer, &conference, request.r#as)?;
    let mut grants = vec![Grant::Publish, Grant::Subscribe];
    if grant.host {
        grants.push(Grant::Host);
    }
    let now_s = u64::try_from(state.civic.now().as_second()).unwrap_or_default();
    let ticket = Ticket {
        room: grant.room.clone(),
        name: grant.name,
        grants,
        expires_s: now_s + TICKET_S,
    };
    Ok(Json(SeatResponse {
        ticket: state.secrets.ticket_key().sign(&ticket),
        room: grant.room,
        socket: "/call",
    }))
}
