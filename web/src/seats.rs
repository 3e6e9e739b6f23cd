//! A seat in a reception: asks the civic rules whether this visitor may enter, and signs the join ticket if so.
//! This is where a name is left behind: an anonymous ticket holds none.

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use civic_api::conferences;
use civic_api::conferences::rules::{EnterAs, may_enter};
use civic_api::error::Problem;
use civic_api::extract::{Body, Id};
use civic_api::{ConferenceId, Error, Viewer};
use serde::{Deserialize, Serialize};
use signaling::{Grant, Ticket};
use utoipa::{OpenApi, ToSchema};

use crate::state::AppState;

/// Seconds for which a join ticket is good: long enough to come back to a reception after a break in the network.
const TICKET_S: u64 = 4 * 60 * 60;

/// `POST /api/v1/conferences/{id}/seat`.
pub fn router() -> Router<AppState> {
    Router::new().route("/api/v1/conferences/{id}/seat", post(take))
}

/// What the API's description says of it.
pub fn described() -> utoipa::openapi::OpenApi {
    #[derive(OpenApi)]
    #[openapi(paths(take))]
    struct Description;
    Description::openapi()
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SeatRequest {
    /// `name` or `anonymous`.
    r#as: EnterAs,
}

#[derive(Serialize, ToSchema)]
struct SeatResponse {
    /// What `join` on the socket takes.
    ticket: String,
    /// The room's name.
    room: String,
    /// Where the socket is.
    socket: &'static str,
}

/// Gives a seat in a reception, by name or anonymous: the ticket for the call's door.
#[utoipa::path(
    post,
    path = "/api/v1/conferences/{id}/seat",
    params(("id" = ConferenceId, Path, description = "The reception")),
    request_body = SeatRequest,
    responses(
        (status = 200, description = "A seat may be taken", body = SeatResponse),
        (status = 400, description = "`malformed_body`", body = Problem),
        (status = 401, description = "`identification_required`, `name_requires_sign_in`", body = Problem),
        (status = 404, description = "`not_found`", body = Problem),
        (status = 409, description = "`conference_ended`, `conference_not_open`", body = Problem),
    )
)]
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
