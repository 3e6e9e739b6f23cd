//! Passkeys over HTTP.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum_extra::extract::CookieJar;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Answer, Asked, Created, Purpose, Reason};
use crate::error::Problem;
use crate::extract::{Body, Id};
use crate::identity::session_cookie;
use crate::{AccountId, Civic, Error, PasskeyId, Viewer};

/// What to ask an authenticator for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ask {
    /// To add a passkey, or to show one.
    purpose: Purpose,
}

/// A passkey that was added.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AddedKey {
    /// Its id.
    id: PasskeyId,
    /// With the first one ten recovery codes, which nobody can show again.
    recovery_codes: Vec<String>,
}

/// Recovery codes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Codes {
    /// Ten, which nobody can show again.
    recovery_codes: Vec<String>,
}

/// A recovery code.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Code {
    /// As it was typed.
    code: String,
}

/// Why someone begins anew.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reset {
    /// Why.
    reason: Reason,
}

/// Makes a challenge for this session: good for one answer within five minutes.
#[utoipa::path(
    post,
    path = "/api/v1/passkeys/challenge",
    request_body = Ask,
    responses(
        (status = 200, description = "What to ask the authenticator", body = Asked),
        (status = 401, description = "`sign_in_required`", body = Problem),
        (status = 403, description = "`not_allowed`: holds no office; `verification_required`: a first key needs more than a card; `confirmation_required`: another key needs one shown before", body = Problem),
        (status = 409, description = "`passkey_none`, `passkeys_full`", body = Problem),
    )
)]
pub(crate) async fn ask(
    State(civic): State<Civic>,
    viewer: Viewer,
    jar: CookieJar,
    Body(body): Body<Ask>,
) -> Result<Json<Asked>, Error> {
    // Who holds an office, for themselves: `ask` looks at the rules.
    let account = viewer.at_home()?;
    let asked = super::ask(&civic, account, session_cookie(&jar), body.purpose).await?;
    Ok(Json(asked))
}

/// Adds a passkey; the session has then shown it.
#[utoipa::path(
    post,
    path = "/api/v1/passkeys",
    request_body = Created,
    responses(
        (status = 201, description = "Added; sets the session's cookie anew", body = AddedKey),
        (status = 401, description = "`sign_in_required`", body = Problem),
        (status = 403, description = "`passkey_refused`, and as for the challenge", body = Problem),
        (status = 409, description = "`passkeys_full`", body = Problem),
        (status = 422, description = "`invalid_field`: the name", body = Problem),
    )
)]
pub(crate) async fn add(
    State(civic): State<Civic>,
    viewer: Viewer,
    jar: CookieJar,
    Body(body): Body<Created>,
) -> Result<(StatusCode, CookieJar, Json<AddedKey>), Error> {
    // Who holds an office, for themselves: `add` looks at the rules.
    let account = viewer.at_home()?;
    let added = super::add(&civic, account, session_cookie(&jar), &body).await?;
    let body = AddedKey {
        id: added.id,
        recovery_codes: added.codes,
    };
    let jar = jar.add(added.token.cookie(&civic.settings));
    Ok((StatusCode::CREATED, jar, Json(body)))
}

/// Shows a passkey: the session has its office's rights from then on, and may do dangerous acts for ten minutes.
#[utoipa::path(
    post,
    path = "/api/v1/passkeys/confirmation",
    request_body = Answer,
    responses(
        (status = 204, description = "Shown; sets the session's cookie anew"),
        (status = 401, description = "`sign_in_required`", body = Problem),
        (status = 403, description = "`passkey_refused`, `not_allowed`", body = Problem),
    )
)]
pub(crate) async fn confirm(
    State(civic): State<Civic>,
    viewer: Viewer,
    jar: CookieJar,
    Body(body): Body<Answer>,
) -> Result<(StatusCode, CookieJar), Error> {
    // Who holds an office, for themselves: `confirm` looks at the rules.
    let account = viewer.at_home()?;
    let token = super::confirm(&civic, account, session_cookie(&jar), &body).await?;
    Ok((
        StatusCode::NO_CONTENT,
        jar.add(token.cookie(&civic.settings)),
    ))
}

/// Spends a recovery code instead.
#[utoipa::path(
    post,
    path = "/api/v1/passkeys/recovery",
    request_body = Code,
    responses(
        (status = 204, description = "Spent; sets the session's cookie anew"),
        (status = 401, description = "`sign_in_required`", body = Problem),
        (status = 403, description = "`recovery_refused`, `not_allowed`", body = Problem),
        (status = 429, description = "`sign_in_locked`: five wrong ones in a quarter of an hour", body = Problem),
    )
)]
pub(crate) async fn recover(
    State(civic): State<Civic>,
    viewer: Viewer,
    jar: CookieJar,
    Body(body): Body<Code>,
) -> Result<(StatusCode, CookieJar), Error> {
    // Who holds an office, for themselves: `recover` looks at the rules.
    let account = viewer.at_home()?;
    let token = super::recover(&civic, account, session_cookie(&jar), &body.code).await?;
    Ok((
        StatusCode::NO_CONTENT,
        jar.add(token.cookie(&civic.settings)),
    ))
}

/// Makes new recovery codes; those before are void.
#[utoipa::path(
    post,
    path = "/api/v1/passkeys/recovery-codes",
    responses(
        (status = 201, description = "Ten codes", body = Codes),
        (status = 401, description = "`sign_in_required`", body = Problem),
        (status = 403, description = "`confirmation_required`, `not_allowed`", body = Problem),
        (status = 409, description = "`passkey_none`", body = Problem),
    )
)]
pub(crate) async fn new_codes(
    State(civic): State<Civic>,
    viewer: Viewer,
    jar: CookieJar,
) -> Result<(StatusCode, Json<Codes>), Error> {
    // Who holds an office and has just shown a passkey, for themselves: `new_codes` looks at the rules.
    let account = viewer.at_home()?;
    let recovery_codes = super::new_codes(&civic, account, session_cookie(&jar)).await?;
    Ok((StatusCode::CREATED, Json(Codes { recovery_codes })))
}

/// Removes a passkey of one's own; never the last one.
#[utoipa::path(
    delete,
    path = "/api/v1/passkeys/{id}",
    params(("id" = PasskeyId, Path, description = "Which one")),
    responses(
        (status = 204, description = "Removed"),
        (status = 401, description = "`sign_in_required`", body = Problem),
        (status = 403, description = "`confirmation_required`, `not_allowed`", body = Problem),
        (status = 404, description = "`not_found`", body = Problem),
        (status = 409, description = "`passkey_last`", body = Problem),
    )
)]
pub(crate) async fn remove(
    State(civic): State<Civic>,
    viewer: Viewer,
    jar: CookieJar,
    Id(id): Id<PasskeyId>,
) -> Result<StatusCode, Error> {
    // Only one's own: the account is part of what is looked for.
    let account = viewer.at_home()?;
    super::remove(&civic, account, session_cookie(&jar), id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Gives somebody who has lost their passkeys and codes a new beginning: takes all of them away and ends their sessions.
#[utoipa::path(
    post,
    path = "/api/v1/accounts/{id}/passkeys/reset",
    params(("id" = AccountId, Path, description = "Whose")),
    request_body = Reset,
    responses(
        (status = 204, description = "Done, and in the log"),
        (status = 401, description = "`sign_in_required`", body = Problem),
        (status = 403, description = "`not_allowed`: no administrator, or oneself; `confirmation_required`", body = Problem),
        (status = 404, description = "`not_found`", body = Problem),
    )
)]
pub(crate) async fn reset(
    State(civic): State<Civic>,
    viewer: Viewer,
    jar: CookieJar,
    Id(id): Id<AccountId>,
    Body(body): Body<Reset>,
) -> Result<StatusCode, Error> {
    // Another administrator who has just shown a passkey: `reset` looks at the rules.
    super::reset(&civic, &viewer, session_cookie(&jar), id, body.reason).await?;
    Ok(StatusCode::NO_CONTENT)
}
