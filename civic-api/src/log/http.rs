//! The civic log over HTTP: public, because it holds nothing personal and is there to be checked.

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

pub(crate) use super::events::{__path_listen, listen};
use super::{Consistency, Head, Inclusion, Published, PublishedKey, Record};
use crate::error::Problem;
use crate::extract::{Id, Parameters};
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

/// Reads one record.
#[utoipa::path(
    get,
    path = "/api/v1/log/records/{seq}",
    params(("seq" = i64, Path, description = "The record's number")),
    responses(
        (status = 200, description = "The record", body = Record),
        (status = 404, description = "`not_found`", body = Problem),
    )
)]
pub(crate) async fn one(
    State(civic): State<Civic>,
    Id(seq): Id<i64>,
) -> Result<Json<Record>, Error> {
    // Anyone may read the log.
    Ok(Json(super::record(&civic.db, seq).await?))
}

/// The newest signed checkpoint, as text.
#[utoipa::path(
    get,
    path = "/api/v1/log/checkpoint",
    responses(
        (status = 200, description = "C2SP tlog-checkpoint", content_type = "text/plain", body = String),
        (status = 404, description = "`not_found`: nothing is signed yet", body = Problem),
    )
)]
pub(crate) async fn checkpoint(State(civic): State<Civic>) -> Result<impl IntoResponse, Error> {
    // Anyone may read the log.
    let newest = super::checkpoint(&civic.db).await?.ok_or(Error::NotFound)?;
    Ok((
        [(header::CONTENT_TYPE, "text/plain; charset=utf-8")],
        newest.note,
    ))
}

/// Which checkpoints.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhichCheckpoints {
    /// Those of more records than this.
    #[serde(default)]
    #[param(required = false, default = 0)]
    after: i64,
}

/// Checkpoints.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Checkpoints {
    /// The shortest first, at most 500.
    checkpoints: Vec<Published>,
}

/// Lists the signed checkpoints.
#[utoipa::path(
    get,
    path = "/api/v1/log/checkpoints",
    params(WhichCheckpoints),
    responses(
        (status = 200, description = "Checkpoints of more than `after` records", body = Checkpoints),
        (status = 400, description = "`malformed_parameter`", body = Problem),
    )
)]
pub(crate) async fn checkpoints(
    State(civic): State<Civic>,
    Parameters(which): Parameters<WhichCheckpoints>,
) -> Result<Json<Checkpoints>, Error> {
    // Anyone may read the log.
    let checkpoints = super::checkpoints_after(&civic.db, which.after).await?;
    Ok(Json(Checkpoints { checkpoints }))
}

/// The keys of the log.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Keys {
    /// The first one first.
    keys: Vec<PublishedKey>,
}

/// Lists the keys that have signed checkpoints.
#[utoipa::path(
    get,
    path = "/api/v1/log/keys",
    responses((status = 200, description = "C2SP verifier keys", body = Keys))
)]
pub(crate) async fn keys(State(civic): State<Civic>) -> Result<Json<Keys>, Error> {
    // Anyone may check the log.
    Ok(Json(Keys {
        keys: super::keys(&civic.db).await?,
    }))
}

/// Of which record, in which log.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Included {
    /// The record's number.
    seq: i64,
    /// How many records the log had: the size of a checkpoint.
    size: i64,
}

/// Proves that a record is in the log.
#[utoipa::path(
    get,
    path = "/api/v1/log/proofs/inclusion",
    params(Included),
    responses(
        (status = 200, description = "RFC 9162 section 2.1.3", body = Inclusion),
        (status = 400, description = "`malformed_parameter`", body = Problem),
        (status = 422, description = "`invalid_field`: there is no such record or size", body = Problem),
    )
)]
pub(crate) async fn inclusion(
    State(civic): State<Civic>,
    Parameters(of): Parameters<Included>,
) -> Result<Json<Inclusion>, Error> {
    // Anyone may check the log.
    Ok(Json(super::inclusion(&civic.db, of.seq, of.size).await?))
}

/// Of which two sizes.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Sizes {
    /// Of the shorter log.
    first: i64,
    /// Of the longer one.
    second: i64,
}

/// Proves that the log was only added to.
#[utoipa::path(
    get,
    path = "/api/v1/log/proofs/consistency",
    params(Sizes),
    responses(
        (status = 200, description = "RFC 9162 section 2.1.4", body = Consistency),
        (status = 400, description = "`malformed_parameter`", body = Problem),
        (status = 422, description = "`invalid_field`: there are no such sizes", body = Problem),
    )
)]
pub(crate) async fn consistency(
    State(civic): State<Civic>,
    Parameters(of): Parameters<Sizes>,
) -> Result<Json<Consistency>, Error> {
    // Anyone may check the log.
    Ok(Json(
        super::consistency(&civic.db, of.first, of.second).await?,
    ))
}
