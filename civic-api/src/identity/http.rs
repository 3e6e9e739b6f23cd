//! Signing in and out over HTTP.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum_extra::extract::CookieJar;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Account, COOKIE, demonstration as demo, removal_cookie};
use crate::error::Problem;
use crate::extract::Body;
use crate::{AccountId, Civic, Error, Viewer};

/// Who is signed in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Session {
    /// The account; `null`: nobody is signed in.
    account: Option<Account>,
}

/// How one signs in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignIn {
    /// One of the demonstration accounts.
    account: AccountId,
}

/// Accounts one can sign in as.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Accounts {
    /// Hosts first.
    accounts: Vec<Account>,
}

/// Says who is signed in.
#[utoipa::path(
    get,
    path = "/api/v1/session",
    responses((status = 200, description = "Who is signed in", body = Session))
)]
pub(crate) async fn who(viewer: Viewer) -> Json<Session> {
    // Everyone may know who they are.
    Json(Session {
        account: viewer.account().cloned(),
    })
}

/// Signs in as one of the fictional people of the demonstration city.
#[utoipa::path(
    post,
    path = "/api/v1/session",
    request_body = SignIn,
    responses(
        (status = 200, description = "Signed in: sets the cookie `aikste_session`", body = Session),
        (status = 400, description = "`malformed_body`", body = Problem),
        (status = 403, description = "`demonstration_off`", body = Problem),
        (status = 404, description = "`not_found`", body = Problem),
    )
)]
pub(crate) async fn sign_in(
    State(civic): State<Civic>,
    jar: CookieJar,
    Body(sign_in): Body<SignIn>,
) -> Result<(CookieJar, Json<Session>), Error> {
    // Anyone may, while the operator's switch is on: `identify` asks it.
    let identified = demo::identify(&civic, sign_in.account).await?;
    let account = identified.account().clone();
    // Whoever was signed in here before is no more.
    if let Some(old) = jar.get(COOKIE) {
        super::sign_out(&civic, old.value()).await?;
    }
    let token = super::sign_in(&civic, identified).await?;
    let session = Session {
        account: Some(account),
    };
    Ok((jar.add(token.cookie(&civic.settings)), Json(session)))
}

/// Signs out.
#[utoipa::path(
    delete,
    path = "/api/v1/session",
    responses((status = 204, description = "Signed out, also when nobody was signed in"))
)]
pub(crate) async fn sign_out(
    State(civic): State<Civic>,
    jar: CookieJar,
) -> Result<(StatusCode, CookieJar), Error> {
    // Anyone may end the session whose cookie they hold.
    if let Some(cookie) = jar.get(COOKIE) {
        super::sign_out(&civic, cookie.value()).await?;
    }
    Ok((
        StatusCode::NO_CONTENT,
        jar.add(removal_cookie(&civic.settings)),
    ))
}

/// Lists the fictional people one can sign in as; none while the operator's switch is off.
#[utoipa::path(
    get,
    path = "/api/v1/demonstration/accounts",
    responses((status = 200, description = "Fictional people, hosts first", body = Accounts))
)]
pub(crate) async fn demonstration(State(civic): State<Civic>) -> Result<Json<Accounts>, Error> {
    // Anyone may see who can be played.
    let accounts = demo::accounts(&civic).await?;
    Ok(Json(Accounts { accounts }))
}
