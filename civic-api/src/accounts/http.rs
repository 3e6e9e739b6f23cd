//! What the city knows about someone, over HTTP.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum_extra::extract::CookieJar;

use super::Facts;
use crate::error::Problem;
use crate::extract::Id;
use crate::identity::session_cookie;
use crate::{Civic, Error, SessionId, Viewer};

/// Says everything the city knows about who asks.
#[utoipa::path(
    get,
    path = "/api/v1/account",
    responses(
        (status = 200, description = "Everything", body = Facts),
        (status = 401, description = "`sign_in_required`", body = Problem),
        (status = 403, description = "`at_terminal`", body = Problem),
    )
)]
pub(crate) async fn facts(
    State(civic): State<Civic>,
    viewer: Viewer,
    jar: CookieJar,
) -> Result<Json<Facts>, Error> {
    // Everyone may know this of themselves, and of nobody else.
    let account = viewer.at_home()?;
    super::facts(&civic, account, session_cookie(&jar))
        .await
        .map(Json)
}

/// Ends one of one's own sessions; one that is over already is none.
#[utoipa::path(
    delete,
    path = "/api/v1/account/sessions/{id}",
    params(("id" = SessionId, Path, description = "Which one")),
    responses(
        (status = 204, description = "It is over"),
        (status = 401, description = "`sign_in_required`", body = Problem),
        (status = 403, description = "`at_terminal`", body = Problem),
    )
)]
pub(crate) async fn end_session(
    State(civic): State<Civic>,
    viewer: Viewer,
    jar: CookieJar,
    Id(id): Id<SessionId>,
) -> Result<StatusCode, Error> {
    // Only one's own: the account is part of what is looked for.
    let account = viewer.at_home()?;
    super::end_sessions(&civic, account, Some(id), session_cookie(&jar)).await?;
    Ok(StatusCode::NO_CONTENT)
}
