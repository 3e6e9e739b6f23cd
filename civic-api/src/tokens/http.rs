//! Rights over HTTP: which there are, and tokens for them. Spending is where the right is used: a seat is taken with one.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Issued, Request, Right};
use crate::error::Problem;
use crate::extract::Body;
use crate::{Civic, Error, Viewer};

/// Rights.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Rights {
    /// Those for which tokens are issued now.
    rights: Vec<Right>,
}

/// Lists the rights for which tokens are issued. The answer is the same for everyone.
#[utoipa::path(
    get,
    path = "/api/v1/rights",
    responses((status = 200, description = "Rights and their public keys", body = Rights))
)]
pub(crate) async fn list(State(civic): State<Civic>) -> Result<Json<Rights>, Error> {
    // Anyone may know the keys.
    Ok(Json(Rights {
        rights: super::open_rights(&civic).await?,
    }))
}

/// Blinded messages.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Requests {
    /// At most 32.
    requests: Vec<Request>,
}

/// Blind signatures.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Signatures {
    /// One for each request, in order.
    tokens: Vec<Issued>,
}

/// Signs blinded messages: one for each right and person (RFC 9474).
#[utoipa::path(
    post,
    path = "/api/v1/rights/tokens",
    request_body = Requests,
    responses(
        (status = 200, description = "Signatures, or `refused`: `right_closed`, `not_of_eldership`, `token_already_issued`, `invalid_field`", body = Signatures),
        (status = 400, description = "`malformed_body`", body = Problem),
        (status = 401, description = "`sign_in_required`", body = Problem),
        (status = 403, description = "`verification_required`, `at_terminal`", body = Problem),
        (status = 429, description = "`too_many_requests`", body = Problem),
        (status = 422, description = "`invalid_field`: none, or more than 32", body = Problem),
    )
)]
pub(crate) async fn issue(
    State(civic): State<Civic>,
    viewer: Viewer,
    Body(body): Body<Requests>,
) -> Result<Json<Signatures>, Error> {
    // Only for whom the city has identified, and not at a terminal: `issue` asks the rule.
    let account = viewer.at_home()?;
    let tokens = super::issue(&civic, account, body.requests).await?;
    Ok(Json(Signatures { tokens }))
}
