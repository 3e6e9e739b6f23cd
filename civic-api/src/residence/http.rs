//! Saying over HTTP where one lives. What the register says is among the facts of the account.

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::Eldership;
use crate::error::Problem;
use crate::extract::Body;
use crate::{Civic, Error, Viewer};

/// Where one lives, as one says oneself.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Declaration {
    /// Where; `null`: one says nothing.
    eldership: Option<Eldership>,
}

/// Says in which eldership one lives.
#[utoipa::path(
    put,
    path = "/api/v1/account/residence",
    request_body = Declaration,
    responses(
        (status = 204, description = "It is kept as declared; rights go by what the register confirms"),
        (status = 400, description = "`malformed_body`", body = Problem),
        (status = 401, description = "`sign_in_required`", body = Problem),
    )
)]
pub(crate) async fn declare(
    State(civic): State<Civic>,
    viewer: Viewer,
    Body(declaration): Body<Declaration>,
) -> Result<StatusCode, Error> {
    // Everyone may say this of themselves, and of nobody else.
    let account = viewer.signed_in()?;
    super::declare(&civic, account, declaration.eldership).await?;
    Ok(StatusCode::NO_CONTENT)
}
