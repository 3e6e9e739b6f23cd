//! The civic log over HTTP: public, because it holds nothing personal and is there to be checked.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Head, Record};
use crate::error::Problem;
use crate::extract::Parameters;
use crate::{Civic, Error};

/// Which records.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// Records after this number.
    #[serde(default)]
    #[param(required = false, default = 0)]
    after: i64,
    /// At most so many: 1 to 500.
    #[serde(default = "page")]
    #[param(required = false, default = 100, minimum = 1, maximum = 500)]
    limit: i64,
}

fn page() -> i64 {
    100
}

/// A piece of the log.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Records {
    /// In order; fewer than asked for: the log's end.
    records: Vec<Record>,
}

/// Reads the civic log.
#[utoipa::path(
    get,
    path = "/api/v1/log",
    params(Which),
    responses(
        (status = 200, description = "Records after `after`, in order", body = Records),
        (status = 400, description = "`malformed_parameter`", body = Problem),
    )
)]
pub(crate) async fn list(
    State(civic): State<Civic>,
    Parameters(which): Parameters<Which>,
) -> Result<Json<Records>, Error> {
    // Anyone may read the log.
    let records = super::after(&civic.db, which.after, which.limit).await?;
    Ok(Json(Records { records }))
}

/// Says where the civic log ends.
#[utoipa::path(
    get,
    path = "/api/v1/log/head",
    responses((status = 200, description = "The last record's number and hash", body = Head))
)]
pub(crate) async fn head(State(civic): State<Civic>) -> Result<Json<Head>, Error> {
    // Anyone may read the log.
    Ok(Json(super::head(&civic.db).await?))
}
