//! A seat in a reception: asks the civic rules whether this visitor may enter, and signs the join ticket if so.
//! This is where a name is left behind: an anonymous ticket holds none. A seat by token is given to whoever holds the token:
//! its handler reads no cookie, and does not know who asks.

use aws_lc_rs::hmac;
use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use civic_api::conferences::rules::{EnterAs, SeatGrant, may_enter_verified, may_enter_with};
use civic_api::error::Problem;
use civic_api::extract::{Body, Id};
use civic_api::{ConferenceId, Error, Viewer};
use civic_api::{conferences, roles, tokens};
use serde::{Deserialize, Serialize};
use signaling::{Grant, Ticket};
use utoipa::{OpenApi, ToSchema};

use crate::state::AppState;

/// Seconds for which a join ticket is good: long enough to come back to a reception after a break in the network.
const TICKET_S: u64 = 4 * 60 * 60;

/// `POST /api/v1/conferences/{id}/seat` and `…/seat-by-token`.
pub fn router() -> Router<AppState> {
    Router::new()
        .route("/api/v1/conferences/{id}/seat", post(take))
        .route(
            "/api/v1/conferences/{id}/seat-by-token",
            post(take_by_token),
        )
}

/// What the API's description says of it.
pub fn described() -> utoipa::openapi::OpenApi {
    #[derive(OpenApi)]
    #[openapi(paths(take, take_by_token))]
    struct Description;
    Description::openapi()
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SeatRequest {
    /// `name` or `anonymous`.
    r#as: EnterAs,
    /// Anonymous, and yet seen to be identified: for browsers that cannot keep tokens. The server knows at this moment who
    /// asks.
    #[serde(default)]
    verified: bool,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TokenSeatRequest {
    /// A token for a seat in this reception.
    token: tokens::Token,
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
    let held = roles::held(&state.civic, &viewer).await?;
    let grant = may_enter_with(&viewer, &held, &conference, request.r#as)?;
    let mut verified = None;
    if request.verified && request.r#as == EnterAs::Anonymous {
        // One such seat for each account: the same count as of tokens. Asked again, it is the same use, and the same seat.
        let right = tokens::seat_in(id);
        let account = viewer.signed_in()?;
        tokens::use_by_session(&state.civic, account, &right).await?;
        verified = Some(use_of(&state, &right, &account.id.to_string()));
    }
    Ok(Json(signed(&state, grant, verified)))
}

/// Gives an anonymous seat in a reception to whoever spends a token for it: seen to be identified, and nobody knows who. Send no
/// cookie: then no token against forgery is needed either.
#[utoipa::path(
    post,
    path = "/api/v1/conferences/{id}/seat-by-token",
    params(("id" = ConferenceId, Path, description = "The reception")),
    request_body = TokenSeatRequest,
    responses(
        (status = 200, description = "A seat may be taken", body = SeatResponse),
        (status = 400, description = "`malformed_body`", body = Problem),
        (status = 403, description = "`token_invalid`", body = Problem),
        (status = 404, description = "`not_found`", body = Problem),
        (status = 409, description = "`token_spent`, `conference_ended`, `conference_not_open`", body = Problem),
    )
)]
async fn take_by_token(
    State(state): State<AppState>,
    Id(id): Id<ConferenceId>,
    Body(request): Body<TokenSeatRequest>,
) -> Result<Json<SeatResponse>, Error> {
    // Whoever holds a token for this reception may: there is no viewer here.
    let conference = conferences::get(&state.civic, id).await?;
    // Asked first: a token is not spent for a seat that nobody gets.
    let grant = may_enter_verified(&conference)?;
    if request.token.right != tokens::seat_in(id) {
        return Err(Error::TokenInvalid);
    }
    tokens::spend(&state.civic, &request.token).await?;
    let verified = use_of(&state, &request.token.right, &request.token.signature);
    Ok(Json(signed(&state, grant, Some(verified))))
}

/// A name for this use of a right, by which the call knows it again; without the server's key it says nothing of whoever uses it.
fn use_of(state: &AppState, right: &str, by: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, &state.secrets.derive("verified-seat/1"));
    hex::encode(hmac::sign(&key, format!("{right}\n{by}").as_bytes()))
}

fn signed(state: &AppState, grant: SeatGrant, verified: Option<String>) -> SeatResponse {
    let mut grants = vec![Grant::Publish, Grant::Subscribe];
    if grant.host {
        grants.push(Grant::Host);
    }
    let now_s = u64::try_from(state.civic.now().as_second()).unwrap_or_default();
    let ticket = Ticket {
        room: grant.room.clone(),
        name: grant.name,
        verified,
        grants,
        expires_s: now_s + TICKET_S,
    };
    SeatResponse {
        ticket: state.secrets.ticket_key().sign(&ticket),
        room: grant.room,
        socket: "/call",
    }
}
