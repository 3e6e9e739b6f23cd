//! Acting with a resident, over HTTP.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum_extra::extract::CookieJar;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Assistance, Beginning};
use crate::accounts::Facts;
use crate::error::Problem;
use crate::extract::{Body, Id};
use crate::identity::session_cookie;
use crate::residence::Eldership;
use crate::roles::{self, Act, On};
use crate::{AssistanceId, Civic, Error, Viewer};

/// A worker's counter.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Counter {
    /// With whom they act now, in this session.
    current: Option<Assistance>,
    /// What they did today, latest first.
    today: Vec<Assistance>,
}

/// Shows what who asks does at the counter.
#[utoipa::path(
    get,
    path = "/api/v1/assistance",
    responses(
        (status = 200, description = "What is open, and what was done today", body = Counter),
        (status = 401, description = "`sign_in_required`", body = Problem),
        (status = 403, description = "`not_allowed`", body = Problem),
    )
)]
pub(crate) async fn counter(
    State(civic): State<Civic>,
    viewer: Viewer,
    jar: CookieJar,
) -> Result<Json<Counter>, Error> {
    roles::require(&civic, &viewer, Act::AssistResident, On::Whole).await?;
    Ok(Json(Counter {
        today: super::today(&civic, &viewer).await?,
        current: super::current(&civic, &viewer, session_cookie(&jar)).await?,
    }))
}

/// Begins to act with a resident who is present and has shown a document.
#[utoipa::path(
    post,
    path = "/api/v1/assistance",
    request_body = Beginning,
    responses(
        (status = 201, description = "Begun: for a quarter of an hour at most", body = Assistance),
        (status = 400, description = "`malformed_body`", body = Problem),
        (status = 401, description = "`sign_in_required`", body = Problem),
        (status = 403, description = "`not_allowed`; `assistance_own`, `assistance_office`, `assistance_other_name`, `assistance_made_up`", body = Problem),
        (status = 404, description = "`sign_in_not_offered`: this server knows nobody by a personal code", body = Problem),
        (status = 409, description = "`assistance_open`, `assistance_elsewhere`", body = Problem),
        (status = 422, description = "`invalid_field`: `personal_code`, `name`", body = Problem),
        (status = 429, description = "`too_many_requests`", body = Problem),
    )
)]
pub(crate) async fn begin(
    State(civic): State<Civic>,
    viewer: Viewer,
    jar: CookieJar,
    Body(new): Body<Beginning>,
) -> Result<(StatusCode, Json<Assistance>), Error> {
    // A worker at the counter: `begin` looks at the rules.
    let begun = super::begin(&civic, &viewer, session_cookie(&jar), &new).await?;
    Ok((StatusCode::CREATED, Json(begun)))
}

/// Where the resident says that they live.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Lives {
    /// Where; `null`: they say nothing.
    eldership: Option<Eldership>,
}

/// Writes down where the resident says that they live.
#[utoipa::path(
    put,
    path = "/api/v1/assistance/{id}/residence",
    params(("id" = AssistanceId, Path, description = "Which")),
    request_body = Lives,
    responses(
        (status = 204, description = "It is kept as declared"),
        (status = 400, description = "`malformed_body`", body = Problem),
        (status = 401, description = "`sign_in_required`", body = Problem),
        (status = 403, description = "`not_allowed`, `assistance_other_purpose`, `assistance_office`", body = Problem),
        (status = 409, description = "`assistance_none`, `assistance_full`", body = Problem),
    )
)]
pub(crate) async fn declare(
    State(civic): State<Civic>,
    viewer: Viewer,
    jar: CookieJar,
    Id(id): Id<AssistanceId>,
    Body(lives): Body<Lives>,
) -> Result<StatusCode, Error> {
    // In an assistance of one's own: `declare_residence` looks at the rules.
    super::declare_residence(&civic, &viewer, session_cookie(&jar), id, lives.eldership).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Shows what the city knows about the resident. Each time is an act of its own.
#[utoipa::path(
    post,
    path = "/api/v1/assistance/{id}/facts",
    params(("id" = AssistanceId, Path, description = "Which")),
    responses(
        (status = 200, description = "As the resident sees it, without passkeys", body = Facts),
        (status = 401, description = "`sign_in_required`", body = Problem),
        (status = 403, description = "`not_allowed`, `assistance_other_purpose`, `assistance_office`", body = Problem),
        (status = 409, description = "`assistance_none`, `assistance_full`", body = Problem),
    )
)]
pub(crate) async fn facts(
    State(civic): State<Civic>,
    viewer: Viewer,
    jar: CookieJar,
    Id(id): Id<AssistanceId>,
) -> Result<Json<Facts>, Error> {
    // In an assistance of one's own: `facts` looks at the rules.
    super::facts(&civic, &viewer, session_cookie(&jar), id)
        .await
        .map(Json)
}

/// Ends every session of the resident.
#[utoipa::path(
    post,
    path = "/api/v1/assistance/{id}/sessions/end",
    params(("id" = AssistanceId, Path, description = "Which")),
    responses(
        (status = 204, description = "They are signed in nowhere"),
        (status = 401, description = "`sign_in_required`", body = Problem),
        (status = 403, description = "`not_allowed`, `assistance_other_purpose`, `assistance_office`", body = Problem),
        (status = 409, description = "`assistance_none`, `assistance_full`", body = Problem),
    )
)]
pub(crate) async fn end_sessions(
    State(civic): State<Civic>,
    viewer: Viewer,
    jar: CookieJar,
    Id(id): Id<AssistanceId>,
) -> Result<StatusCode, Error> {
    // In an assistance of one's own: `end_sessions` looks at the rules.
    super::end_sessions(&civic, &viewer, session_cookie(&jar), id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends it.
#[utoipa::path(
    post,
    path = "/api/v1/assistance/{id}/end",
    params(("id" = AssistanceId, Path, description = "Which")),
    responses(
        (status = 204, description = "It is over"),
        (status = 401, description = "`sign_in_required`", body = Problem),
        (status = 409, description = "`assistance_none`", body = Problem),
    )
)]
pub(crate) async fn end(
    State(civic): State<Civic>,
    viewer: Viewer,
    jar: CookieJar,
    Id(id): Id<AssistanceId>,
) -> Result<StatusCode, Error> {
    // Only one's own: the account and the session are part of what is looked for.
    super::end(&civic, &viewer, session_cookie(&jar), id).await?;
    Ok(StatusCode::NO_CONTENT)
}
