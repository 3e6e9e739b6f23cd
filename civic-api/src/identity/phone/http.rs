//! What a terminal's page asks while it waits, and while somebody uses it.

use axum::Json;
use axum::extract::State;
use axum_extra::extract::CookieJar;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::COOKIE;
use crate::error::Problem;
use crate::identity::session_cookie;
use crate::{Civic, Error, Viewer};

/// How a terminal's sign-in stands.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PhoneSignIn {
    /// `null`: nothing was begun in this browser, or its time is over.
    state: Option<super::State>,
}

/// Says how the sign-in stands that this browser has begun by showing a code.
#[utoipa::path(
    get,
    path = "/api/v1/phone-sign-in",
    responses((status = 200, description = "How it stands, by the cookie `aikste_terminalas`", body = PhoneSignIn))
)]
pub(crate) async fn state(
    State(civic): State<Civic>,
    jar: CookieJar,
) -> Result<Json<PhoneSignIn>, Error> {
    // Anyone may know it of their own browser: the cookie's secret is what is looked for.
    let browser = jar.get(COOKIE).map_or("", |cookie| cookie.value());
    let shown = super::shown(&civic, browser).await?;
    Ok(Json(PhoneSignIn {
        state: shown.map(|shown| shown.state),
    }))
}

/// A terminal's session that goes on.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TerminalSession {
    /// Until when at most.
    #[schema(value_type = String, format = DateTime)]
    until: Timestamp,
}

/// Says that somebody uses a terminal: its session goes on for a minute, up to its end.
#[utoipa::path(
    post,
    path = "/api/v1/phone-sign-in/activity",
    responses(
        (status = 200, description = "It goes on", body = TerminalSession),
        (status = 401, description = "`sign_in_required`: it is over", body = Problem),
        (status = 404, description = "`not_found`: this is no terminal's session", body = Problem),
    )
)]
pub(crate) async fn used(
    State(civic): State<Civic>,
    viewer: Viewer,
    jar: CookieJar,
) -> Result<Json<TerminalSession>, Error> {
    // Only the session whose cookie comes along.
    viewer.signed_in()?;
    let until = super::used(&civic, session_cookie(&jar)).await?;
    Ok(Json(TerminalSession {
        until: until.ok_or(Error::NotFound)?,
    }))
}
