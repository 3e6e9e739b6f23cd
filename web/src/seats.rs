//! A seat in a reception: asks the civic rules whether this visitor may enter, and signs the join ticket if so.
//! This is where a name is left behind: an anonymous ticket holds none. A seat by token is given to whoever holds the token:
//! its handler reads no cookie, and does not know who asks.

use aws_lc_rs::hmac;
use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use axum_extra::extract::CookieJar;
use civic_api::conferences::rules::{EnterAs, SeatGrant, may_enter, may_enter_verified};
use civic_api::error::Problem;
use civic_api::extract::{Body, Id};
use civic_api::identity::{Assurance, Begun, Provider};
use civic_api::residence::{self, Residence};
use civic_api::{Account, ConferenceId, Error, Viewer, conferences, identity, roles, tokens};
use serde::{Deserialize, Serialize};
use signaling::{Grant, Identified, Level, Ticket, Way};
use utoipa::{OpenApi, ToSchema};

use crate::pages::ways::Asker;
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
        (status = 403, description = "`not_of_eldership`", body = Problem),
        (status = 404, description = "`not_found`", body = Problem),
        (status = 409, description = "`conference_ended`, `conference_not_open`", body = Problem),
    )
)]
async fn take(
    State(state): State<AppState>,
    viewer: Viewer,
    jar: CookieJar,
    Id(id): Id<ConferenceId>,
    Body(request): Body<SeatRequest>,
) -> Result<Json<SeatResponse>, Error> {
    let conference = conferences::get(&state.civic, id).await?;
    let lives = match (conference.eldership, viewer.account()) {
        (Some(_), Some(account)) => residence::of(&state.civic, account.id).await?,
        _ => Residence::default(),
    };
    let held = roles::held(&state.civic, &viewer).await?;
    let grant = may_enter(&viewer, &held, &lives, &conference, request.r#as)?;
    let mut verified = None;
    if request.verified && request.r#as == EnterAs::Anonymous {
        // One such seat for each account: the same count as of tokens. Asked again, it is the same use, and the same seat.
        let right = tokens::seat_in(id);
        let account = viewer.signed_in()?;
        tokens::use_by_session(&state.civic, account, &right).await?;
        verified = Some(use_of(&state, &right, &account.id.to_string()));
    }
    let mut ticket = ticket(&state, grant);
    ticket.verified = verified;
    if let Some(account) = viewer.account().filter(|_| ticket.name.is_some()) {
        ticket.account = Some(account.id.to_string());
        let cookie = jar
            .get(identity::COOKIE)
            .map_or("", |cookie| cookie.value());
        let begun = identity::session_begun(&state.civic, cookie).await?;
        ticket.identified = mark(account, begun);
    }
    Ok(Json(signed(&state, &ticket)))
}

/// What others see beside a name: how this session's holder was identified, not what else the city knows of the account.
fn mark(account: &Account, begun: Begun) -> Option<Identified> {
    if account.demo {
        return Some(Identified {
            way: Way::Demonstration,
            level: None,
        });
    }
    Some(Identified {
        way: match begun.provider? {
            Provider::Viisp => Way::Viisp,
            Provider::Oidc => Way::Oidc,
            Provider::Eticket => Way::Eticket,
            // No session begins there.
            Provider::Counter => return None,
        },
        level: Some(match begun.assurance? {
            Assurance::Low => Level::Low,
            Assurance::Substantial => Level::Substantial,
            Assurance::High => Level::High,
        }),
    })
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
        (status = 429, description = "`too_many_requests`", body = Problem),
    )
)]
async fn take_by_token(
    State(state): State<AppState>,
    asker: Asker,
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
    tokens::spend_from(&state.civic, asker.address(), &request.token).await?;
    let mut ticket = ticket(&state, grant);
    ticket.verified = Some(use_of(
        &state,
        &request.token.right,
        &request.token.signature,
    ));
    Ok(Json(signed(&state, &ticket)))
}

/// A name for this use of a right, by which the call knows it again; without the server's key it says nothing of whoever uses it.
fn use_of(state: &AppState, right: &str, by: &str) -> String {
    let key = hmac::Key::new(
        hmac::HMAC_SHA256,
        &state.secrets.derive_session("verified-seat/1"),
    );
    hex::encode(hmac::sign(&key, format!("{right}\n{by}").as_bytes()))
}

fn ticket(state: &AppState, grant: SeatGrant) -> Ticket {
    let mut grants = vec![Grant::Publish, Grant::Subscribe];
    if grant.host {
        grants.push(Grant::Host);
    }
    let now_s = u64::try_from(state.civic.now().as_second()).unwrap_or_default();
    Ticket {
        room: grant.room,
        name: grant.name,
        identified: None,
        account: None,
        verified: None,
        grants,
        expires_s: now_s + TICKET_S,
    }
}

fn signed(state: &AppState, ticket: &Ticket) -> SeatResponse {
    SeatResponse {
        ticket: state.secrets.ticket_key().sign(ticket),
        room: ticket.room.clone(),
        socket: "/call",
    }
}
